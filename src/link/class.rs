//! What each word means for the conditions, by the table of the API's documentation.

use crate::api::{ConditionType, Reason};

/// A condition's status, and whether someone works on it or has to act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Class {
    /// As wanted.
    Good,
    /// Not as wanted, and work goes on.
    Working,
    /// Not known, and work goes on.
    Looking,
    /// Not as wanted, and someone has to act.
    Stalled,
    /// Not known, and someone has to act.
    Blind,
    /// Not known, and nothing is done about it yet.
    Pending,
}

impl Class {
    pub(super) const fn status(self) -> &'static str {
        match self {
            Self::Good => "True",
            Self::Working | Self::Stalled => "False",
            Self::Looking | Self::Blind | Self::Pending => "Unknown",
        }
    }

    pub(super) const fn progress(self) -> Option<ConditionType> {
        match self {
            Self::Good | Self::Pending => None,
            Self::Working | Self::Looking => Some(ConditionType::Reconciling),
            Self::Stalled | Self::Blind => Some(ConditionType::Stalled),
        }
    }
}

/// What a word means for `Ready`, by the table of the API's documentation.
pub(super) fn class(reason: Reason) -> Class {
    match reason {
        Reason::Linked | Reason::AddressUnverified | Reason::Accepted => Class::Good,
        Reason::Attaching
        | Reason::Moving
        | Reason::Relinking
        | Reason::Detaching
        | Reason::InstanceBusy
        | Reason::InstanceNotReady => Class::Working,
        Reason::Throttled | Reason::ProviderUnavailable | Reason::InstanceMissing => Class::Looking,
        Reason::CredentialsMissing
        | Reason::CredentialsIncomplete
        | Reason::CredentialsRejected
        | Reason::PermissionDenied
        | Reason::ApiRetired => Class::Blind,
        Reason::InvalidId
        | Reason::InstanceNotFound
        | Reason::InstanceNotClassic
        | Reason::VpcNotFound
        | Reason::CidrNotSupported
        | Reason::ClassicLinkDisabled
        | Reason::RegionNotSupported
        | Reason::QuotaExceeded
        | Reason::LinkedElsewhere
        | Reason::NotOurs
        | Reason::ExistingLinkRefused
        | Reason::Refused
        | Reason::ClaimedByOther
        | Reason::NamespaceNotAllowed
        | Reason::AccountNotFound
        | Reason::AccountNotReady
        | Reason::AccountTerminating
        | Reason::AccountChanged
        | Reason::MassReturnSuspected
        | Reason::MassRelinkSuspected
        | Reason::DetachHeld
        | Reason::InstanceReturned
        | Reason::Differs
        | Reason::Suspended => Class::Stalled,
        // Words of Events: never a reason of Ready.
        Reason::Pending
        | Reason::PrivateIpChanged
        | Reason::AddressRules
        | Reason::LinkLost
        | Reason::FoundExistingLink
        | Reason::LeftInPlace
        | Reason::ForceReleased
        | Reason::Attached
        | Reason::Detached => Class::Pending,
    }
}
