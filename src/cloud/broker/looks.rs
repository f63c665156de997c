//! Looking: the looks that decisions need, and the sweep over everything.

use std::{collections::BTreeSet, sync::Arc};

use futures::future::{join, join_all};
use jiff::Timestamp;

use super::{
    Inner,
    plan::{Asked, Plan},
};
use crate::{
    api::Reason,
    clock,
    cloud::{CloudError, Kind, LinkList, LinkScope},
    link::{Caution, InstanceId, Lane, Notice, VpcId, VpcSeen},
};

/// Looks as decisions need it, one round at a time: what is asked for during a round makes the next one, so that looks
/// for the same thing are merged.
pub(super) async fn needs(inner: Arc<Inner>) {
    loop {
        let (plan, next) = inner.state().due(clock::now(), inner.provider.nature(), inner.tempo);
        if plan.is_empty() {
            let asked = inner.look.notified();
            match next {
                Some(wait) => {
                    let _ = tokio::time::timeout(wait, asked).await;
                }
                None => asked.await,
            }
        } else {
            inner.look(plan).await;
        }
    }
}

/// Looks at everything, again and again.
pub(super) async fn sweeps(inner: Arc<Inner>) {
    loop {
        clock::sleep(inner.tempo.sweep()).await;
        let plan = inner.state().everything(inner.tempo);
        if !plan.is_empty() {
            inner.look(plan).await;
        }
    }
}

impl Inner {
    /// Makes one round of looks and tells those whose world changed.
    async fn look(&self, plan: Plan) {
        let begun = clock::now();
        let lane = plan.lane.unwrap_or(Lane::NewLink);
        let vpcs = join_all(plan.vpcs.iter().map(|vpc| self.look_at_vpc(begun, vpc, lane)));
        let asked = plan.scopes.iter().map(|scope| self.asked(scope.as_ref(), &plan.machines));
        let links = join_all(asked.map(|asked| self.look_at_links(begun, asked, &plan.machines, lane)));
        let machines = self.look_at_machines(begun, &plan.machines, lane);
        let vpcs = join(vpcs, self.look_at_quota(&plan, begun, lane));
        let ((links, _), machines) = join(join(links, vpcs), machines).await;
        // Who asked for nothing learnt nothing about the region.
        if !plan.machines.is_empty() {
            self.fares(links.into_iter().flatten().chain(machines).next());
        }
        let dies = self.provider.nature().links_die_with_address;
        let mut state = self.state();
        // Counted before anyone is told: who is told first must know of all the others.
        let mut census = self.census();
        state.count(&mut census, dies, self.tempo);
        if census.whose.has_news() {
            // Nobody listens any more when the process ends.
            let _ = self.wake.account.send(self.wake.name.clone());
        }
        drop(census);
        let owners = state.news(&plan.machines, dies, self.tempo);
        let usage = state.tell_usage(begun, self.tempo);
        drop(state);
        self.tell(owners);
        self.probe.notify_one();
        if usage {
            self.tell_account();
        }
    }

    /// Returns why it failed, if it did.
    async fn look_at_machines(&self, begun: Timestamp, asked: &BTreeSet<InstanceId>, lane: Lane) -> Option<Notice> {
        if asked.is_empty() {
            return None;
        }
        match self.provider.machines(asked, lane).await {
            Ok(list) => {
                let believed = self.census().whose.believes(begun);
                self.state().take_machines(begun, asked, &list, (self.tempo, believed));
                // Where a list without permission is empty, nothing but this says so.
                list.unknown.values().find(|error| error.kind == Kind::PermissionDenied).map(notice)
            }
            Err(error) => {
                self.state().machines_failed(asked, &notice(&error));
                Some(notice(&error))
            }
        }
    }

    /// What is asked for by the list of this VPC, or by the look at everything.
    fn asked<'a>(&self, vpc: Option<&'a VpcId>, machines: &'a BTreeSet<InstanceId>) -> Asked<'a> {
        match vpc {
            Some(vpc) => Asked::Vpc(vpc),
            None if self.provider.nature().lists_all_links => Asked::Everything,
            None => Asked::Machines(machines),
        }
    }

    /// Returns why it failed, if it did.
    async fn look_at_links(
        &self,
        begun: Timestamp,
        asked: Asked<'_>,
        machines: &BTreeSet<InstanceId>,
        lane: Lane,
    ) -> Option<Notice> {
        let list = match asked {
            Asked::Everything | Asked::Machines(_) => self.provider.links_of(machines, lane).await,
            Asked::Vpc(vpc) => return self.look_at_links_to(begun, vpc, lane).await,
        };
        let missing = match self.take_links(begun, asked, list) {
            Ok(list) if list.complete => return None,
            Ok(list) => self.state().missing_from(asked, &list),
            Err(notice) => return Some(notice),
        };
        let listed = join_all(missing.iter().map(|vpc| self.look_at_links_to(begun, vpc, lane))).await;
        listed.into_iter().flatten().next()
    }

    /// Returns why it failed, if it did.
    async fn look_at_links_to(&self, begun: Timestamp, vpc: &VpcId, lane: Lane) -> Option<Notice> {
        let list = self.provider.links(&LinkScope::Vpc(vpc.clone()), lane).await;
        self.take_links(begun, Asked::Vpc(vpc), list).err()
    }

    fn take_links(
        &self,
        begun: Timestamp,
        asked: Asked<'_>,
        list: Result<LinkList, CloudError>,
    ) -> Result<LinkList, Notice> {
        match list {
            Ok(list) => {
                let believed = self.census().whose.believes(begun);
                self.state().take_links(begun, asked, &list, (self.tempo, believed));
                Ok(list)
            }
            Err(error) => {
                self.state().links_failed(asked, &notice(&error));
                Err(notice(&error))
            }
        }
    }

    async fn look_at_vpc(&self, begun: Timestamp, id: &VpcId, lane: Lane) {
        let (seen, caution) = match self.provider.vpc(id, lane).await {
            Ok(Some(vpc)) => {
                let caution = self.provider.caution(&vpc).map_or(Caution::None, Caution::Say);
                (VpcSeen::Seen(vpc), Some(caution))
            }
            Ok(None) => (VpcSeen::Missing, Some(Caution::None)),
            Err(error) => (VpcSeen::Unknown(notice(&error)), None),
        };
        self.state().take_vpc(id, begun, seen, caution);
    }

    /// The quota is read together with the VPC that someone wants, and is no more than an advice: a failure says nothing.
    async fn look_at_quota(&self, plan: &Plan, begun: Timestamp, lane: Lane) {
        if !plan.vpcs.is_empty() && self.state().usage.is_due(begun, self.tempo) {
            let quota = self.provider.quota(lane).await.unwrap_or_default();
            self.state().usage.take_quota(begun, quota, self.tempo);
        }
    }

    fn tell_account(&self) {
        // Nobody listens any more when the process ends.
        let _ = self.wake.account.send(self.wake.name.clone());
    }

    /// Keeps the health of the region's looks, which is the account's: what the whole round came to.
    fn fares(&self, health: Option<Notice>) {
        let mut state = self.state();
        if state.health.as_ref().map(|old| old.reason) != health.as_ref().map(|new| new.reason) {
            state.health = health;
            self.tell_account();
        }
    }
}

/// What a failed look says to users. The request id differs in each call and stays out.
pub(super) fn notice(error: &CloudError) -> Notice {
    let (reason, advice) = match error.kind {
        Kind::Throttled => (error.kind.reason(), "the cloud asks to slow down"),
        Kind::KeyDenied => {
            (error.kind.reason(), "the keys are not accepted; replace them in the Secret that the account names")
        }
        Kind::PermissionDenied => (error.kind.reason(), "the keys may not do this; extend their policy"),
        Kind::Offline => (error.kind.reason(), "the cloud no longer offers this API"),
        Kind::Refused(reason @ Reason::RegionNotSupported) => {
            (reason, "the region is misspelt, or has no such service")
        }
        Kind::Transient
        | Kind::Busy
        | Kind::Locked
        | Kind::Quota
        | Kind::Missing
        | Kind::Conflict
        | Kind::AlreadyGone
        | Kind::Partial
        | Kind::Refused(_)
        | Kind::Unclear => (Reason::ProviderUnavailable, "the cloud cannot be read at the moment"),
    };
    Notice::new(reason, format!("{advice}: {error}"))
}
