//! The right to a machine between the halves of a heal or a move.
//!
//! A link that is made again is first seen gone and then attached, and in between its object has nothing on record. It
//! keeps the claim to its machine, and its account, for as long as it is on the way to the second half; a refusal, a
//! policy that forbids it and a deletion end that.

use crate::{
    api::Reason,
    link::{Decision, Desired, Record, Row, Standing},
};

/// Why a link cannot be made at all until somebody changes something in the cloud: waiting for that is no healing.
const RULES: [Reason; 5] = [
    Reason::InstanceNotClassic,
    Reason::VpcNotFound,
    Reason::CidrNotSupported,
    Reason::ClassicLinkDisabled,
    Reason::QuotaExceeded,
];

/// Whether the link of its own that the object had on record goes from it with this decision.
#[must_use]
pub fn begins(before: &Record, decision: &Decision) -> bool {
    before.our_link().is_some() && !decision.record.holds()
}

/// Whether the object is still on the way to a link of its own.
#[must_use]
pub fn goes_on(desired: &Desired, decision: &Decision) -> bool {
    !desired.terminating
        && desired.hands_off().is_none()
        && decision.denied.is_none()
        && is_on_the_way(&decision.row, &desired.standing)
}

fn is_on_the_way(row: &Row, standing: &Standing) -> bool {
    match row {
        Row::Unsettled(_)
        | Row::Stuck(_)
        | Row::Held(_)
        | Row::Unknown(_)
        | Row::Missing(_)
        | Row::Suspect
        | Row::Move(_)
        | Row::Dead(_)
        | Row::NoVpc(None)
        | Row::Attach => true,
        // A holder keeps its claim whatever its account and namespace became; not against another holder.
        Row::NotAccepted(_) => !matches!(standing, Standing::Claimed(_)),
        Row::NotLinkable(notice) | Row::NoVpc(Some(notice)) => !RULES.contains(&notice.reason),
        Row::Forced
        | Row::LeftInPlace
        | Row::NothingOurs
        | Row::Blocked(_)
        | Row::Gone
        | Row::Vanishing
        | Row::Detach
        | Row::Returned
        | Row::NotFound
        | Row::Refusing
        | Row::Linked { .. }
        | Row::Elsewhere(_)
        | Row::DeadFound
        | Row::Lost
        | Row::Refused
        | Row::HandsOff(_) => false,
    }
}

#[cfg(test)]
mod tests;
