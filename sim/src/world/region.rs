//! What one account has in one region.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::link::Links;
use super::{InstanceId, Machine, Vpc, VpcId};

/// One region of one account: nothing in it is seen from another (215/5002).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The account's id.
    pub account: String,
    /// The region's long name.
    pub region: String,
}

/// The things in a place.
#[derive(Debug, Default)]
pub struct Region {
    /// Machines in the order in which they were made.
    pub machines: Shelf<InstanceId, Machine>,
    /// VPCs in the order in which they were made.
    pub vpcs: Shelf<VpcId, Vpc>,
    /// Links.
    pub links: Links,
}

/// Things that are listed in the order in which they were made, and found by id.
#[derive(Debug)]
pub struct Shelf<Id, Thing> {
    rows: BTreeMap<u64, Thing>,
    by_id: HashMap<Id, u64>,
}

impl<Id, Thing> Default for Shelf<Id, Thing> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), by_id: HashMap::new() }
    }
}

impl<Id: Hash + Eq, Thing> Shelf<Id, Thing> {
    /// The thing with this id.
    pub fn of(&self, id: &Id) -> Option<&Thing> {
        self.by_id.get(id).and_then(|serial| self.rows.get(serial))
    }

    /// All, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Thing> {
        self.rows.values()
    }

    pub(super) fn of_mut(&mut self, id: &Id) -> Option<&mut Thing> {
        self.by_id.get(id).and_then(|serial| self.rows.get_mut(serial))
    }

    pub(super) fn add(&mut self, id: Id, serial: u64, thing: Thing) {
        self.by_id.insert(id, serial);
        self.rows.insert(serial, thing);
    }

    pub(super) fn remove(&mut self, id: &Id) -> Option<Thing> {
        self.by_id.remove(id).and_then(|serial| self.rows.remove(&serial))
    }
}
