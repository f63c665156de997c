//! Machines that the cloud keeps locked until their owner settles something: an overdue account, a breach of its rules.
//!
//! Such a machine is refused with the word for one that is busy (Alibaba Cloud; whether it is at all is not documented).
//! A task ends by itself and this does not, so that an attach comes back at the slow beat, and at once when the lock is
//! seen gone. A detach keeps its beat: the object waits for it.

use super::{Beat, Denial, MachineSeen, Refusal, Sighting};
use crate::api::{Operation, Reason};

/// A refusal of a busy machine, for one that is seen locked.
pub(super) fn explained(denial: Denial, operation: Operation, sighting: &Sighting) -> Denial {
    let Some(lock) = lock(sighting).filter(|_| denial.reason == Reason::InstanceBusy) else { return denial };
    let beat = match operation {
        Operation::Attach => Beat::Slow,
        Operation::Detach => denial.beat,
    };
    let words = [format!("locked: {lock}"), denial.message].into_iter().filter(|words| !words.is_empty());
    Denial { reason: Reason::InstanceNotReady, message: words.collect::<Vec<_>>().join("; "), beat }
}

/// Whether what stood in the way was a lock, and is seen gone.
pub(super) fn is_gone(refusal: Option<&Refusal>, sighting: &Sighting) -> bool {
    let of_lock = refusal.is_some_and(|refusal| refusal.reason == Reason::InstanceNotReady);
    of_lock && matches!(&sighting.machine, MachineSeen::Listed(machine) if machine.lock.is_none())
}

fn lock(sighting: &Sighting) -> Option<&str> {
    match &sighting.machine {
        MachineSeen::Listed(machine) => machine.lock.as_deref(),
        MachineSeen::Unlooked | MachineSeen::NeverSeen | MachineSeen::Missing { .. } | MachineSeen::Gone => None,
    }
}
