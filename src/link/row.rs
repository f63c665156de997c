//! The rows of the truth table, with what each carries for the step and the status.

use jiff::Timestamp;

use super::{LinkRow, Notice, VpcId};
use crate::api::{Operation, Reason};

/// The row of the table that matched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Row {
    /// A change is not settled.
    Unsettled(Operation),
    /// The same, and its task has run for half an hour.
    Stuck(Operation),
    /// Deleted: it goes without asking the cloud.
    Forced,
    /// A guard does not believe what is seen.
    Held(Notice),
    /// Deleted: the link stays.
    LeftInPlace,
    /// Deleted: nothing is ours.
    NothingOurs,
    /// Deleted: nothing can be seen.
    Blocked(Notice),
    /// Deleted: the link, or the machine, is proven gone.
    Gone,
    /// Deleted: the link was not seen in the last look.
    Vanishing,
    /// Deleted: our link is seen.
    Detach,
    /// The object may not act.
    NotAccepted(Notice),
    /// Nothing can be seen; `None` if no look was made yet.
    Unknown(Option<Notice>),
    /// The machine is proven gone.
    Returned,
    /// The machine was seen before and is not listed since then.
    Missing(Timestamp),
    /// The machine was never seen.
    NotFound,
    /// A found link, and the policy is to refuse it.
    Refusing,
    /// The wanted link is alive; whether its address is verified.
    Linked {
        /// Whether the address that it was made for is known to be the machine's.
        verified: bool,
    },
    /// The link was seen dead once.
    Suspect,
    /// The link leads elsewhere and is ours.
    Move(VpcId),
    /// The link leads elsewhere and is not ours.
    Elsewhere(VpcId),
    /// The link is dead and ours.
    Dead(LinkRow),
    /// The link is dead and not ours.
    DeadFound,
    /// The machine cannot be linked.
    NotLinkable(Notice),
    /// A found link was not seen in the last look.
    Lost,
    /// The VPC is missing or cannot be linked, or was not read yet (`None`).
    NoVpc(Option<Notice>),
    /// The cloud refused, and it is not yet time to try again.
    Refused,
    /// There is no link.
    Attach,
    /// A change is due that the policies forbid.
    HandsOff(Reason),
}

impl Row {
    /// Whether the object is being deleted.
    #[must_use]
    pub const fn is_of_deletion(&self) -> bool {
        matches!(
            self,
            Self::Forced
                | Self::LeftInPlace
                | Self::NothingOurs
                | Self::Blocked(_)
                | Self::Gone
                | Self::Vanishing
                | Self::Detach
        )
    }
}
