//! How many links VPCs have, and how many they may have: what a new link must not exceed, and what the account tells.
//!
//! The quota that the cloud tells may be the general one, while that of a single VPC was raised by ticket: no document says
//! which. So a VPC that is full by the numbers is tried all the same every now and then, at the slow beat of a refusal.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::plan::Asked;
use crate::{
    api::{RegionUse, VpcUse},
    clock,
    cloud::LinkList,
    link::{Beat, Tempo, VpcId, VpcSeen},
};

/// What is known of the region's links as a whole.
#[derive(Default)]
pub(super) struct Usage {
    /// By VPC, as complete lists said last; those of others included.
    links: BTreeMap<VpcId, usize>,
    /// How many a VPC may have, where the cloud tells, and when that was asked last.
    quota: Option<usize>,
    asked: Option<Timestamp>,
    /// Since when a VPC is full by these numbers, or was tried all the same.
    full: BTreeMap<VpcId, Timestamp>,
    /// What the account was told, and when.
    told: Option<(Timestamp, RegionUse)>,
}

impl Usage {
    /// Takes a complete list of links: of everything, or of one VPC. What is asked for by machines counts nothing.
    pub(super) fn take(&mut self, asked: Asked<'_>, list: &LinkList, (now, tempo): (Timestamp, Tempo)) {
        match asked {
            Asked::Everything => self.links.clear(),
            Asked::Vpc(vpc) => drop(self.links.remove(vpc)),
            Asked::Machines(_) => return,
        }
        for row in list.rows.values() {
            *self.links.entry(row.vpc.clone()).or_default() += 1;
        }
        self.count((now, tempo));
    }

    fn count(&mut self, (now, tempo): (Timestamp, Tempo)) {
        let Some(most) = self.quota else { return };
        let full = self.links.iter().filter(|(_, links)| **links >= most).map(|(vpc, _)| vpc);
        let since = |vpc: &VpcId| {
            let tried = |since: &Timestamp| clock::until(*since, now) > tempo.beat(Beat::Slow).0 + tempo.sweep() * 2;
            self.full.get(vpc).copied().filter(|since| !tried(since)).unwrap_or(now)
        };
        self.full = full.map(|vpc| (vpc.clone(), since(vpc))).collect();
    }

    /// Whether the quota has to be asked for: not more than once in two sweeps.
    pub(super) fn is_due(&self, now: Timestamp, tempo: Tempo) -> bool {
        self.asked.is_none_or(|asked| clock::until(asked, now) > tempo.sweep() * 2)
    }

    /// The quota was asked for; nothing where it could not be read.
    pub(super) fn take_quota(&mut self, asked: Timestamp, quota: Option<usize>, tempo: Tempo) {
        self.asked = Some(asked);
        self.quota = quota.or(self.quota);
        self.count((asked, tempo));
    }

    /// What was seen of a VPC, or that it has all the links that it may have: only by numbers that were read.
    pub(super) fn judge(&self, vpc: &VpcId, seen: VpcSeen, (now, tempo): (Timestamp, Tempo)) -> VpcSeen {
        let untried = |since: &&Timestamp| clock::until(**since, now) < tempo.beat(Beat::Slow).0;
        match (seen, self.quota, self.full.get(vpc).filter(untried)) {
            (VpcSeen::Seen(facts), Some(most), Some(_))
                if facts.cidr_allowed != Some(false) && facts.classic_link_enabled =>
            {
                VpcSeen::Full { most }
            }
            (seen, _, _) => seen,
        }
    }

    /// Whether there is something new for the account to tell: of the VPCs in use, and at most twice a minute.
    pub(super) fn tell(
        &mut self,
        (now, tempo): (Timestamp, Tempo),
        supported: Option<bool>,
        in_use: &BTreeSet<VpcId>,
    ) -> bool {
        if self.told.as_ref().is_some_and(|(told, _)| clock::until(*told, now) < tempo.usage_gap()) {
            return false;
        }
        let known = self.links.iter().filter(|(vpc, _)| in_use.contains(vpc));
        let quota = self.quota.and_then(|quota| i64::try_from(quota).ok());
        let count = |links: &usize| i64::try_from(*links).unwrap_or(i64::MAX);
        let vpcs = known.map(|(vpc, links)| (vpc.to_string(), VpcUse { links: count(links), quota })).collect();
        let next = RegionUse { supported, vpcs };
        let news = self.told.as_ref().is_none_or(|(_, told)| *told != next);
        if news {
            self.told = Some((now, next));
        }
        news
    }

    /// What the account may tell.
    pub(super) fn told(&self) -> Option<RegionUse> {
        self.told.as_ref().map(|(_, told)| told.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Duration};

    use super::*;
    use crate::link::{InstanceId, LinkRow, Vpc};

    fn vpc(number: usize) -> VpcId {
        VpcId::new(&format!("vpc-0000000{number}")).unwrap()
    }

    /// A list of links to these VPCs.
    fn list(vpcs: &[usize]) -> LinkList {
        let row = |(at, number): (usize, &usize)| {
            let instance = InstanceId::new(&format!("ins-0000000{at}")).unwrap();
            (instance, LinkRow { vpc: vpc(*number), private_ip: None })
        };
        LinkList { rows: vpcs.iter().enumerate().map(row).collect::<HashMap<_, _>>(), complete: true }
    }

    fn seen() -> VpcSeen {
        VpcSeen::Seen(Vpc { cidr_allowed: Some(true), cidr: "10.0.0.0/16".into(), classic_link_enabled: true })
    }

    /// A tempo of minutes, at this moment.
    fn moment() -> (Timestamp, Tempo) {
        (clock::now(), Tempo::new(1.0, Duration::from_mins(1)))
    }

    fn judged(usage: &Usage, number: usize) -> VpcSeen {
        usage.judge(&vpc(number), seen(), moment())
    }

    #[tokio::test(start_paused = true)]
    async fn a_vpc_is_full_by_numbers_that_were_read_and_by_no_others() {
        let (mut usage, (now, tempo)) = (Usage::default(), moment());
        usage.take(Asked::Everything, &list(&[1, 1, 2]), moment());
        assert_eq!(judged(&usage, 1), seen(), "no quota was read");
        usage.take_quota(now, Some(2), tempo);
        assert_eq!(judged(&usage, 1), VpcSeen::Full { most: 2 });
        assert_eq!(judged(&usage, 2), seen());
        assert_eq!(judged(&usage, 3), seen(), "nothing is listed of it");
        usage.take_quota(now, None, tempo);
        assert_eq!(judged(&usage, 1), VpcSeen::Full { most: 2 }, "a failure says nothing");
        usage.take(Asked::Vpc(&vpc(1)), &list(&[1]), moment());
        assert_eq!(judged(&usage, 1), seen(), "there is room again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_vpc_that_is_full_by_the_numbers_is_tried_all_the_same_every_ten_minutes() {
        let (mut usage, (now, tempo)) = (Usage::default(), moment());
        usage.take_quota(now, Some(1), tempo);
        let mut tried = Vec::new();
        for minute in 0..25 {
            usage.take(Asked::Everything, &list(&[1]), moment());
            if judged(&usage, 1) == seen() {
                tried.push(minute);
            }
            clock::sleep(Duration::from_mins(1)).await;
        }
        assert_eq!(tried, [10, 11, 12, 23, 24]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_account_tells_changes_at_most_twice_a_minute_and_only_when_it_differs() {
        let (mut usage, in_use) = (Usage::default(), BTreeSet::from([vpc(1)]));
        let tell = |usage: &mut Usage| usage.tell(moment(), Some(true), &in_use);
        usage.take(Asked::Everything, &list(&[1, 2]), moment());
        assert!(tell(&mut usage));
        usage.take(Asked::Everything, &list(&[1, 1]), moment());
        assert!(!tell(&mut usage), "too soon");
        clock::sleep(Duration::from_secs(31)).await;
        assert!(tell(&mut usage));
        clock::sleep(Duration::from_secs(31)).await;
        assert!(!tell(&mut usage), "nothing is new");
        assert_eq!(
            usage.told().unwrap().vpcs,
            BTreeMap::from([(vpc(1).to_string(), VpcUse { links: 2, quota: None })])
        );
    }
}
