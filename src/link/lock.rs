//! Machines that the cloud keeps locked until their owner settles something: an overdue account, a breach of its rules.
//!
//! Alibaba Cloud has one word for that, if it refuses such a machine at all (not documented), and for one that another
//! task holds. A task ends by itself; what the machine is listed as locked for does not. So an attach comes back at the
//! slow beat, and at once when the lock is seen gone. A detach keeps its beat: the object waits for it. Both count as on
//! their way: the machine may be unlocked any time, and the object need not change for that.

use super::{Beat, Denial, MachineSeen, Refusal, Sighting};
use crate::api::{Operation, Reason};

/// A refusal of a locked machine, for one that is listed with the reason.
pub(super) fn explained(denial: Denial, operation: Operation, sighting: &Sighting) -> Denial {
    let Some(lock) = lock(sighting).filter(|_| denial.locked) else { return denial };
    let beat = match operation {
        Operation::Attach => Beat::Slow,
        Operation::Detach => denial.beat,
    };
    let words = [format!("locked: {lock}"), denial.message].into_iter().filter(|words| !words.is_empty());
    Denial { reason: Reason::InstanceNotReady, message: words.collect::<Vec<_>>().join("; "), beat, locked: true }
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
