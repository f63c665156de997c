//! Why the world says no: to a cloud call, and to someone who arranges the scene.

use std::fmt::Display;

/// Why a cloud call is refused, in no vendor's words; each dialect has a code for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The VPC is unknown in this account and region.
    #[error("the VPC does not exist")]
    VpcNotFound,
    /// The machine is unknown in this account and region, or was returned.
    #[error("the instance does not exist")]
    MachineNotFound,
    /// The machine lives in a VPC.
    #[error("the instance is not in the classic network")]
    NotClassic,
    /// The range of the VPC may collide with the classic network.
    #[error("the CIDR block of the VPC does not support classic links")]
    CidrUnsupported,
    /// The machine has a link that is in the way.
    #[error("the instance is already linked")]
    AlreadyLinked,
    /// The machine is linked to the very VPC that it shall be linked to.
    #[error("the instance is linked to this VPC already")]
    LinkedToThisVpc,
    /// The machine belongs to another account.
    #[error("the instance belongs to another account")]
    MachineNotOwned,
    /// ClassicLink of the VPC is not switched on.
    #[error("ClassicLink of the VPC is off")]
    ClassicLinkOff,
    /// The machine is neither running nor stopped.
    #[error("the instance is neither running nor stopped")]
    WrongStatus,
    /// The region has no ClassicLink.
    #[error("the region does not support ClassicLink")]
    RegionUnsupported,
    /// The VPC has as many links as it may.
    #[error("the VPC has its maximum of linked instances")]
    QuotaReached,
    /// There is nothing to detach.
    #[error("the instance is not linked to the VPC")]
    NoLink,
    /// Another operation on the machine is under way.
    #[error("the resource is being operated on")]
    Busy,
    /// No link has the address that was asked for.
    #[error("no link has this private address")]
    AddressNotFound,
    /// No such task, not yet visible, or forgotten.
    #[error("the task does not exist")]
    TaskNotFound,
}

/// Why someone who arranges the scene is refused.
#[derive(Debug, thiserror::Error)]
pub enum Mistake {
    /// There is no such thing.
    #[error("there is no {kind} `{id}`")]
    Missing {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// There is one already.
    #[error("there is already a {kind} `{id}`")]
    Exists {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// A rule of the cloud forbids it.
    #[error("{0}")]
    Forbidden(String),
    /// The description contradicts itself.
    #[error("{0}")]
    Invalid(String),
}

impl Mistake {
    /// There is no such thing.
    pub fn missing(kind: &'static str, id: &dyn Display) -> Self {
        Self::Missing { kind, id: id.to_string() }
    }

    pub(super) fn exists(kind: &'static str, id: &dyn Display) -> Self {
        Self::Exists { kind, id: id.to_string() }
    }
}

impl From<Refusal> for Mistake {
    fn from(refusal: Refusal) -> Self {
        Self::Forbidden(refusal.to_string())
    }
}
