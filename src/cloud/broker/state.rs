//! What the broker remembers, as plain data behind one lock that is never held across a call.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    Known, Owner,
    entry::{Entry, Shown, worded},
    plan::{Asked, Plan},
    requests::Batch,
    usage::Usage,
};
use crate::{
    api::Reason,
    cloud::{LinkList, MachineList, Nature},
    link::{
        Attempt, Caution, Census, InstanceId, Lane, LinkLook, MachineLook, Notice, Sighting, TaskId, Tempo, VpcId,
        VpcSeen, Watch,
    },
};

/// Up to so many links one list of all is as cheap as the list of a single VPC.
const ALL_IS_CHEAP: usize = 100;

/// No look takes longer: a thousand pages at the slowest pace.
const LONGEST_LOOK: Duration = Duration::from_hours(2);

#[derive(Default)]
pub(super) struct State {
    pub(super) machines: HashMap<InstanceId, Entry>,
    vpcs: HashMap<VpcId, (Timestamp, VpcSeen)>,
    cautions: HashMap<VpcId, Caution>,
    pub(super) batches: HashMap<u64, Batch>,
    pub(super) asking: BTreeSet<String>,
    pub(super) health: Option<Notice>,
    links: Option<usize>,
    pub(super) usage: Usage,
    /// Of machines whose object went: the looks that began before this are stale for whoever names one next.
    departed: HashMap<InstanceId, Timestamp>,
    pub(super) next_batch: u64,
}

impl State {
    pub(super) fn observe(
        &mut self,
        instance: &InstanceId,
        owner: &Owner,
        known: &Known,
        nature: Nature,
        tempo: Tempo,
    ) -> (Sighting, Option<Attempt>) {
        let vpc = known.vpc.as_ref().map_or(VpcSeen::Unlooked, |vpc| worded(self.vpc(vpc, tempo)));
        let caution = known.vpc.as_ref().filter(|_| nature.has_cautions).map_or(Caution::None, |vpc| self.caution(vpc));
        let departed = &mut self.departed;
        let entry = self.machines.entry(instance.clone()).or_insert_with(|| {
            let mut entry = Entry::new(owner.clone());
            departed.remove(instance).into_iter().for_each(|at| entry.trail.stale(at));
            entry
        });
        if entry.owner != *owner {
            entry.owner = owner.clone();
            entry.watch = None;
        }
        entry.trail.remember(known.remembered);
        let sighting =
            Sighting { vpc, caution, ..entry.sighting(known.recorded, nature.links_die_with_address, tempo) };
        entry.shown = Some(Shown::of(&sighting));
        (sighting, entry.attempt_of(known.task))
    }

    pub(super) fn attend(&mut self, instance: &InstanceId, owner: &Owner, watch: Watch) {
        let Some(entry) = self.machines.get_mut(instance).filter(|entry| entry.owner == *owner) else { return };
        let same = entry.watch.as_ref().and_then(|old| old.need.as_ref()) == watch.need.as_ref();
        if !same {
            entry.needed = 0;
            entry.need_looked = None;
        }
        if entry.watch.as_ref().and_then(|old| old.follow.as_ref()) != watch.follow.as_ref() {
            entry.asked = None;
        }
        let over = |attempt: &Attempt| Some(attempt.started_at) != watch.attempt && attempt.answer.is_some();
        if entry.attempt.as_ref().is_some_and(over) {
            entry.attempt = None;
        }
        entry.watch = Some(watch);
    }

    pub(super) fn forget(&mut self, instance: &InstanceId, uid: &str) {
        if self.machines.get(instance).is_some_and(|entry| entry.owner.uid == uid) {
            self.take_back(instance);
            let entry = self.machines.remove(instance);
            if let Some(at) = entry.and_then(|entry| entry.trail.stale_before()) {
                self.departed.insert(instance.clone(), at);
            }
        }
    }

    pub(super) fn look_again(&mut self) {
        for entry in self.machines.values_mut() {
            entry.needed = 0;
            entry.need_looked = None;
        }
    }

    /// What is known of a VPC. What was seen more than two sweeps ago, while nobody asked, is looked at again.
    fn vpc(&self, vpc: &VpcId, tempo: Tempo) -> VpcSeen {
        let fresh = |looked: Timestamp| crate::clock::until(looked, crate::clock::now()) <= tempo.sweep() * 2;
        match self.vpcs.get(vpc) {
            Some((looked, seen)) if fresh(*looked) => self.usage.judge(vpc, seen.clone(), (crate::clock::now(), tempo)),
            Some(_) | None => VpcSeen::Unlooked,
        }
    }

    /// The range of a VPC does not change: what was read once is known for good.
    fn caution(&self, vpc: &VpcId) -> Caution {
        self.cautions.get(vpc).copied().unwrap_or(Caution::Unread)
    }

    /// Takes what was seen of a VPC, and what it is a reason for; a failed look says nothing about that.
    pub(super) fn take_vpc(&mut self, vpc: &VpcId, begun: Timestamp, seen: VpcSeen, caution: Option<Caution>) {
        self.vpcs.insert(vpc.clone(), (begun, seen));
        if let Some(caution) = caution {
            self.cautions.insert(vpc.clone(), caution);
        }
    }

    /// The looks that are due, and how long until the next one is. Where links are asked for machine by machine, that is
    /// never dearer than the list of a VPC, and says more.
    pub(super) fn due(&mut self, now: Timestamp, nature: Nature, tempo: Tempo) -> (Plan, Option<Duration>) {
        let mut plan = Plan::default();
        let mut next: Option<Timestamp> = None;
        let all = !nature.lists_all_links || self.links.is_none_or(|links| links <= ALL_IS_CHEAP);
        let wanted: BTreeSet<VpcId> =
            self.machines.values().filter_map(|entry| entry.watch.as_ref()?.vpc.clone()).collect();
        plan.vpcs = wanted.into_iter().filter(|vpc| self.vpc(vpc, tempo) == VpcSeen::Unlooked).collect();
        for (instance, entry) in &mut self.machines {
            let Some(watch) = &entry.watch else { continue };
            let Some(need) = &watch.need else { continue };
            let again = entry.need_looked.map_or(Timestamp::MIN, |looked| {
                looked.checked_add(tempo.confirm_gap(entry.needed)).unwrap_or(Timestamp::MAX)
            });
            let at = need.after.max(again);
            if at > now {
                next = Some(next.map_or(at, |next| next.min(at)));
                continue;
            }
            entry.needed = entry.needed.saturating_add(1);
            entry.need_looked = Some(now);
            if entry.waits() {
                entry.trail.doubt();
            }
            plan.machines.insert(instance.clone());
            plan.scopes.insert(need.vpc.clone().filter(|_| !all));
            plan.lane = Some(plan.lane.map_or(watch.lane, |lane| lane.min(watch.lane)));
        }
        if plan.scopes.contains(&None) {
            plan.scopes = BTreeSet::from([None]);
        }
        (plan, next.map(|next| crate::clock::until(now, next)))
    }

    /// Everything there is to look at. VPCs that nobody asked about for long are forgotten.
    pub(super) fn everything(&mut self, tempo: Tempo) -> Plan {
        let now = crate::clock::now();
        self.vpcs.retain(|_, (looked, _)| crate::clock::until(*looked, now) <= tempo.sweep() * 3);
        self.departed.retain(|_, at| crate::clock::until(*at, now) <= LONGEST_LOOK.max(tempo.sweep()));
        let watches = self.machines.values().filter_map(|entry| entry.watch.as_ref());
        let used: HashSet<&VpcId> = watches.clone().flat_map(Watch::vpcs).collect();
        self.cautions.retain(|vpc, _| used.contains(vpc));
        Plan {
            machines: self.machines.keys().cloned().collect(),
            scopes: BTreeSet::from([None]),
            vpcs: watches.filter_map(|watch| watch.vpc.clone()).collect(),
            lane: Some(Lane::Sweep),
        }
    }

    /// VPCs that have to be asked one by one, because an incomplete list did not hold machines that it was asked for.
    pub(super) fn missing_from(&self, asked: Asked<'_>, list: &LinkList) -> BTreeSet<VpcId> {
        let open = |instance, entry| !list.rows.contains_key(instance) && asked.absence(instance, entry).is_some();
        let absent = self.machines.iter().filter(|(instance, entry)| open(instance, entry));
        absent.filter_map(|(_, entry)| entry.place()).collect()
    }

    /// Takes a list of links. Machines that are not in it and of which it says nothing are left as they were.
    /// So are those that are not in it while absences are not believed.
    pub(super) fn take_links(
        &mut self,
        begun: Timestamp,
        asked: Asked<'_>,
        list: &LinkList,
        (tempo, believed): (Tempo, bool),
    ) {
        if matches!(asked, Asked::Everything) && list.complete {
            self.links = Some(list.rows.len());
        }
        // Where no list holds every link, a count would never be renewed.
        if list.complete && self.links.is_some() {
            self.usage.take(asked, list, (begun, tempo));
        }
        for (instance, entry) in &mut self.machines {
            let absence = || asked.absence(instance, entry).filter(|_| list.complete && believed);
            let Some(look) = list.rows.get(instance).cloned().map(LinkLook::Row).or_else(absence) else { continue };
            entry.trail.link(begun, look);
            entry.link_trouble = None;
            entry.good_at(begun);
        }
    }

    /// Takes a list of machines.
    pub(super) fn take_machines(
        &mut self,
        begun: Timestamp,
        asked: &BTreeSet<InstanceId>,
        list: &MachineList,
        (tempo, believed): (Tempo, bool),
    ) {
        for instance in asked {
            let Some(entry) = self.machines.get_mut(instance) else { continue };
            if let Some(error) = list.unknown.get(instance) {
                entry.machine_trouble = Some(super::looks::notice(error));
                continue;
            }
            let look = match list.found.get(instance) {
                Some(machine) => MachineLook::Listed(machine.clone()),
                None if !believed => continue,
                None => MachineLook::NotListed { others_seen: !list.found.is_empty() },
            };
            entry.trail.machine(begun, look, tempo);
            entry.machine_trouble = None;
            entry.good_at(begun);
        }
    }

    /// A list failed: what was seen of these machines is not renewed.
    pub(super) fn links_failed(&mut self, asked: Asked<'_>, notice: &Notice) {
        for (instance, entry) in &mut self.machines {
            if asked.absence(instance, entry).is_some() {
                entry.link_trouble = Some(notice.clone());
            }
        }
    }

    pub(super) fn machines_failed(&mut self, asked: &BTreeSet<InstanceId>, notice: &Notice) {
        for instance in asked {
            if let Some(entry) = self.machines.get_mut(instance) {
                entry.machine_trouble = Some(notice.clone());
            }
        }
    }

    /// Counts whose machine is missing and whose link is dead.
    pub(super) fn count(&self, census: &mut Census, dies: bool, tempo: Tempo) {
        let now = crate::clock::now();
        for (instance, entry) in &self.machines {
            if let Some(begun) = entry.trail.listed() {
                census.whose.saw(instance.as_str(), begun, now);
            }
            let recorded = entry.watch.as_ref().is_some_and(|watch| watch.recorded);
            census.note(&entry.owner.uid, recorded, &entry.sighting(recorded, dies, tempo), now);
        }
        census.prune(tempo, now);
    }

    /// Those who have to be told: what they were shown is no longer so, or they wait for each look.
    pub(super) fn news(&self, looked: &BTreeSet<InstanceId>, dies: bool, tempo: Tempo) -> Vec<Owner> {
        let told = self.machines.iter().filter(|(instance, entry)| {
            let waits = looked.contains(*instance) && entry.waits();
            let recorded = entry.watch.as_ref().is_some_and(|watch| watch.recorded);
            let vpc = entry.watch.as_ref().and_then(|watch| watch.vpc.as_ref());
            let mut seen = Shown::of(&entry.sighting(recorded, dies, tempo));
            let Some(shown) = &entry.shown else { return waits };
            // Of a VPC that nobody asks about there is no news.
            seen.vpc = vpc.map_or_else(|| shown.vpc.clone(), |vpc| self.vpc(vpc, tempo));
            waits || *shown != seen
        });
        told.map(|(_, entry)| entry.owner.clone()).collect()
    }

    /// Whether the account has something new to tell of its links.
    pub(super) fn tell_usage(&mut self, now: Timestamp, tempo: Tempo) -> bool {
        let refused = self.health.as_ref().is_some_and(|health| health.reason == Reason::RegionNotSupported);
        let supported = if refused { Some(false) } else { self.links.map(|_| true) };
        let watches = self.machines.values().filter_map(|entry| entry.watch.as_ref());
        let in_use = watches.flat_map(|watch| watch.place.iter().chain(&watch.vpc).cloned()).collect();
        self.usage.tell((now, tempo), supported, &in_use)
    }

    /// Those who follow this task.
    pub(super) fn followers(&self, id: &TaskId) -> Vec<InstanceId> {
        let follows = |entry: &Entry| {
            entry.watch.as_ref().and_then(|watch| watch.follow.as_ref()).is_some_and(|(follow, _)| follow == id)
        };
        self.machines.iter().filter(|(_, entry)| follows(entry)).map(|(instance, _)| instance.clone()).collect()
    }
}
