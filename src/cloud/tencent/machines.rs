//! What lists of machines say about the machines that were asked for.
//!
//! Ids are asked for a hundred at a time, which is the most that either API takes (213/831, 213/15728). One id that makes
//! a call fail is found by halving, so that it hides no other machine. A machine that a list may have left out is
//! unknown, never absent.

use std::collections::BTreeSet;

use crate::{
    api::Reason,
    cloud::{CloudError, Kind, MachineList},
    link::{InstanceId, Machine},
};

/// The most machines that one list holds.
pub(super) const PER_CALL: usize = 100;
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
    // Each entry is asked once and halved at most: fewer than twice as many calls as ids.
    open: Vec<Vec<&'a InstanceId>>,
    list: MachineList,
}

impl<'a> Reading<'a> {
    pub(super) fn new(ids: &'a BTreeSet<InstanceId>) -> Self {
        let ids: Vec<&InstanceId> = ids.iter().collect();
        Self { open: ids.chunks(PER_CALL).map(<[_]>::to_vec).collect(), list: MachineList::default() }
    }

    /// The machines to ask for next; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Vec<&'a InstanceId>> {
        self.open.pop()
    }

    /// Takes the answer to what was asked last; `unclear` is what to say of a machine that it does not tell about.
    pub(super) fn take(
        &mut self,
        asked: &[&'a InstanceId],
        answer: Result<Page, CloudError>,
        unclear: &CloudError,
    ) -> Result<(), CloudError> {
        match (answer, asked) {
            (Ok(page), _) => {
                let some = sorted(asked, page, unclear);
                self.list.found.extend(some.found);
                self.list.unknown.extend(some.unknown);
            }
            (Err(error), _) if !may_blame_one(error.kind) => return Err(error),
            // By itself: the cloud says that there is no such machine.
            (Err(error), [_]) if error.kind == Kind::Missing => {}
            (Err(error), [id]) => drop(self.list.unknown.insert((*id).clone(), error)),
            (Err(_), _) => {
                let (left, right) = asked.split_at(asked.len() / 2);
                self.open.extend([right.to_vec(), left.to_vec()]);
            }
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

/// Whether a failed list of machines may be the fault of one id in it. A missing permission is not, nor is a region that
/// is not served: they concern the call.
fn may_blame_one(kind: Kind) -> bool {
    kind.splits_batch() && !matches!(kind, Kind::PermissionDenied | Kind::Refused(Reason::RegionNotSupported))
}
