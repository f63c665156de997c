//! Links, with the short past that lagging reads are answered from.
//!
//! A row is never changed once it is there: it has a moment from which and a moment until which it was listed. So the
//! set of any moment can be read without keeping copies of it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::Ipv4Addr;

use super::{InstanceId, VpcId};
use crate::clock::Millis;

/// How long an ended row is kept for lagging reads: twice the longest list delay that may be set.
const KEEP_ENDED: Millis = 2 * super::settings::LONGEST_LIST_DELAY;

/// A machine joined to a VPC, or the void record of it.
#[derive(Debug, Clone)]
pub struct Link {
    /// Orders lists by insertion.
    pub serial: u64,
    /// The VPC's side.
    pub vpc: VpcId,
    /// The machine's side.
    pub machine: InstanceId,
    /// The machine's private address when the link was made.
    pub recorded_ip: Ipv4Addr,
    /// Whether it was made for the machine rather than for the address, and so outlives that (Alibaba).
    pub follows_machine: bool,
    /// When it was made.
    pub since: Millis,
    /// When it went.
    pub until: Option<Millis>,
}

impl Link {
    /// The cloud's name for the link.
    pub fn id(&self) -> String {
        format!("vcx-{:08}", self.serial)
    }

    fn stood_at(&self, moment: Millis) -> bool {
        self.since <= moment && self.until.is_none_or(|end| moment < end)
    }
}

/// The links of one account and region.
#[derive(Debug, Default)]
pub struct Links {
    rows: BTreeMap<u64, Link>,
    standing: HashMap<InstanceId, u64>,
    per_vpc: HashMap<VpcId, usize>,
    ended: VecDeque<(Millis, u64)>,
}

impl Links {
    /// The record of a machine; there is one at most (215/5002).
    pub fn of(&self, machine: &InstanceId) -> Option<&Link> {
        self.standing.get(machine).and_then(|serial| self.rows.get(serial))
    }

    /// How many records a VPC has.
    pub fn count(&self, vpc: &VpcId) -> usize {
        self.per_vpc.get(vpc).copied().unwrap_or(0)
    }

    /// The records of a moment, in the order in which they were made.
    pub fn at(&self, moment: Millis) -> impl Iterator<Item = &Link> {
        self.rows.values().filter(move |row| row.stood_at(moment))
    }

    /// The records of now.
    pub fn standing(&self) -> impl Iterator<Item = &Link> {
        self.rows.values().filter(|row| row.until.is_none())
    }

    pub(super) fn add(&mut self, link: Link) {
        self.end(&link.machine, link.since);
        self.standing.insert(link.machine.clone(), link.serial);
        *self.per_vpc.entry(link.vpc.clone()).or_default() += 1;
        self.rows.insert(link.serial, link);
    }

    pub(super) fn end(&mut self, machine: &InstanceId, at: Millis) {
        let Some(serial) = self.standing.remove(machine) else { return };
        let Some(row) = self.rows.get_mut(&serial) else { return };
        row.until = Some(at);
        if let Some(count) = self.per_vpc.get_mut(&row.vpc) {
            *count = count.saturating_sub(1);
        }
        self.ended.push_back((at, serial));
        self.forget(at.saturating_sub(KEEP_ENDED));
    }

    pub(super) fn end_all_of(&mut self, vpc: &VpcId, at: Millis) {
        let linked: Vec<InstanceId> =
            self.standing().filter(|link| link.vpc == *vpc).map(|link| link.machine.clone()).collect();
        for machine in &linked {
            self.end(machine, at);
        }
    }

    pub(super) fn machine_of(&self, serial: u64) -> Option<&InstanceId> {
        self.rows.get(&serial).filter(|row| row.until.is_none()).map(|row| &row.machine)
    }

    fn forget(&mut self, before: Millis) {
        while self.ended.front().is_some_and(|(at, _)| *at < before) {
            if let Some((_, serial)) = self.ended.pop_front() {
                self.rows.remove(&serial);
            }
        }
    }
}
