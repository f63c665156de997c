//! The world the simulator plays: accounts, VPCs, machines, links and tasks, and what may happen to them.
//!
//! It knows no API: a dialect turns a request into a call here and a [`Refusal`] into the codes of its vendor. It is
//! plain and synchronous, and is told the time, so that each rule is tested without waiting. Must never ask a clock,
//! speak HTTP, or hold a word of one vendor's wire format.
//!
//! Read next: `cloud` (what differs between clouds), `rules` (what may be linked), `writes` (tasks), `events` (what
//! befalls machines), `reads` (lists), `access` (accounts and keys), `roles` and `sessions` (temporary keys).

mod access;
mod agenda;
mod alibaba;
mod cloud;
mod events;
mod ids;
mod link;
mod machine;
mod reads;
mod refusal;
mod region;
mod roles;
mod rules;
mod sessions;
mod settings;
mod stock;
mod task;
#[cfg(test)]
mod tests;
mod vocabulary;
mod vpc;
mod writes;

use std::collections::BTreeMap;

use crate::clock::Millis;

pub use access::{Account, Key, Secret, user_number};
use agenda::{Agenda, Event};
pub use alibaba::SwitchRefusal;
pub use cloud::{AlibabaRules, Cloud};
pub use ids::{InstanceId, VpcId};
pub use link::Link;
pub use machine::{Isolation, Lock, Machine, MachineStatus, Network};
pub use reads::{LinkFilter, MachineFilter};
pub use refusal::{Mistake, Refusal};
pub use region::{Place, Region};
pub use roles::{Role, Stranger, WebIdentity};
pub use sessions::{Binding, Issued, Session};
pub(crate) use settings::switch;
pub use settings::{
    AddressFilter, BatchWithBadItem, Found, LONGEST_LIST_DELAY, LinkRules, ListOrder, RecycleBinStatus, Rules, Switch,
    Switches, Timing, UnknownMachine, UnlinkOnReturn,
};
pub use task::{Operation, Outcome, Overlap, Task};
pub use vocabulary::{
    AccountChange, IdentityChange, KeyChange, NewAccount, NewIdentity, NewKey, NewLink, NewMachine, NewRole, NewVpc,
    RoleChange, VpcChange,
};
pub use vpc::{Vpc, VpcStatus};
pub use writes::Order;

/// Everything there is, and what is going to happen.
#[derive(Debug, Default)]
pub struct World {
    /// How this world behaves where the documents leave it open, and how fast it is.
    pub rules: Rules,
    accounts: BTreeMap<String, Account>,
    bindings: Vec<Binding>,
    places: BTreeMap<Place, Region>,
    tasks: task::Tasks,
    agenda: Agenda,
    serial: u64,
}

impl World {
    /// Lets everything happen that is due, each at its own time and in order.
    pub fn advance(&mut self, now: Millis) {
        while let Some((at, event)) = self.agenda.pop_due(now) {
            match event {
                Event::TaskDue(task) => self.settle(task, at),
                Event::RecordVanishes { place, serial } => self.vanish(&place, serial, at),
                Event::BinEmptied(machine) => self.empty_bin(&machine, at),
            }
        }
    }

    /// All accounts, by id.
    pub fn accounts(&self) -> impl Iterator<Item = (&String, &Account)> {
        self.accounts.iter()
    }

    /// All places that hold something.
    pub fn places(&self) -> impl Iterator<Item = (&Place, &Region)> {
        self.places.iter()
    }

    /// Running tasks and the last ones that ended, oldest first.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.all()
    }

    /// How many writes of each account arrived for a machine while a task of that account still ran for it.
    pub fn overlap_counts(&self) -> &BTreeMap<String, u64> {
        self.tasks.overlap_counts()
    }

    /// The last of those writes, oldest first.
    pub fn last_overlaps(&self) -> impl Iterator<Item = &Overlap> {
        self.tasks.last_overlaps()
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}
