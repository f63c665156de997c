//! What lists of machines say about the machines that were asked for.
//!
//! A machine that a list may have left out is unknown, never absent.

use std::collections::BTreeSet;

use crate::{
    cloud::{
        CloudError, Kind, MachineList,
        asking::{Alone, Asking, Blame},
    },
    link::{InstanceId, Machine},
};

/// What to say of a machine about which an answer says nothing.
pub(super) const UNTOLD: &str = "the list does not say what this machine is";

/// The answer to one call.
pub(super) struct Page {
    /// How many machines match, by the cloud's own count.
    pub(super) total: usize,
    pub(super) rows: Vec<Row>,
}

/// A row: the machine's id and what it is, each only where the row says so.
pub(super) struct Row {
    pub(super) id: Option<InstanceId>,
    pub(super) machine: Option<Machine>,
}

/// A list that is being read: names the machines to ask for, takes what came, until there is nothing more to ask.
pub(super) struct Reading<'a> {
    asking: Asking<'a>,
    list: MachineList,
}

impl<'a> Reading<'a> {
    pub(super) fn new(ids: &'a BTreeSet<InstanceId>, alone: &'a Alone) -> Self {
        Self { asking: Asking::new(ids, alone), list: MachineList::default() }
    }

    /// The machines to ask for next; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Vec<&'a InstanceId>> {
        self.asking.next()
    }

    /// Takes the answer to what was asked last; `unclear` is what to say of a machine that it does not tell about.
    pub(super) fn take(
        &mut self,
        asked: &[&'a InstanceId],
        answer: Result<Page, CloudError>,
        unclear: &CloudError,
    ) -> Result<(), CloudError> {
        match answer.map_err(|error| self.asking.blame(asked, error)) {
            Ok(page) => {
                self.asking.answered(asked);
                let some = sorted(asked, page, unclear);
                self.list.found.extend(some.found);
                self.list.unknown.extend(some.unknown);
            }
            Err(Blame::Call(error)) => return Err(error),
            Err(Blame::Open) => {}
            // By itself: the cloud says that there is no such machine.
            Err(Blame::Machine(_, error)) if error.kind == Kind::Missing => {}
            Err(Blame::Machine(id, error)) => drop(self.list.unknown.insert(id.clone(), error)),
        }
        Ok(())
    }

    /// What was read.
    pub(super) fn finish(self) -> MachineList {
        self.list
    }
}

/// What a list says about the machines that were asked for.
fn sorted(asked: &[&InstanceId], page: Page, unclear: &CloudError) -> MachineList {
    let mut list = MachineList::default();
    // A row that was left out, or one without an id, may be of any machine that is not seen.
    let leaves_out = page.rows.len() < page.total || page.rows.iter().any(|row| row.id.is_none());
    for (id, machine) in page.rows.into_iter().filter_map(|row| Some((row.id?, row.machine))) {
        match machine {
            _ if !asked.contains(&&id) => {}
            Some(machine) => drop(list.found.insert(id, machine)),
            None => drop(list.unknown.insert(id, unclear.clone())),
        }
    }
    list.found.retain(|id, _| !list.unknown.contains_key(id));
    if leaves_out {
        let unseen = asked.iter().copied().filter(|id| !list.found.contains_key(*id));
        list.unknown.extend(unseen.map(|id| (id.clone(), unclear.clone())));
    }
    list
}
