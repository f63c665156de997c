//! What is wanted: the specification, the deletion stamp, and what was judged of claim, account and namespace.

use super::VpcId;
use crate::api::{DeletionPolicy, ExistingLink, InstanceReturnPolicy, ManagementPolicy, Reason};

/// Why, in the operator's word and in a sentence that says what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// The word.
    pub reason: Reason,
    /// The sentence.
    pub message: String,
}

impl Notice {
    /// A word and its sentence.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

/// What one object wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// The generation of the specification.
    pub generation: i64,
    /// The VPC; `None` if what is written is none (then [`Standing::Refused`] says so).
    pub vpc: Option<VpcId>,
    /// The object is being deleted: nothing is wanted.
    pub terminating: bool,
    /// The object is being deleted, and shall go without asking the cloud.
    pub forced: bool,
    /// The policies.
    pub policy: Policy,
    /// Whether the object may act.
    pub standing: Standing,
    /// What the messages call things.
    pub names: Names,
}

/// What the messages call things: a wrong region looks like a missing machine, so each is always named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    /// The machine.
    pub instance: String,
    /// The VPC that is written in the specification.
    pub vpc: String,
    /// The region.
    pub region: String,
    /// The account.
    pub account: String,
}

/// The policies of one object.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Policy {
    /// Manage or observe.
    pub management: ManagementPolicy,
    /// No change for the time being.
    pub suspend: bool,
    /// What becomes of the link on deletion.
    pub deletion: DeletionPolicy,
    /// What to do with a link that was there before.
    pub existing: ExistingLink,
    /// What becomes of the object when the machine was returned.
    pub on_return: InstanceReturnPolicy,
}

/// Whether the object may act: its claim, its account, its namespace.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It may.
    Good,
    /// Another object has the claim to the machine; its name.
    Claimed(String),
    /// The specification cannot be read, or the account cannot be used, or not from this namespace.
    Refused(Notice),
    /// The account has another account's keys: looks go on, and nothing is changed.
    Foreign(Notice),
}

impl Desired {
    /// Why the policies keep the object from changing anything, if they do.
    #[must_use]
    pub fn hands_off(&self) -> Option<Reason> {
        match (self.policy.management, self.policy.suspend) {
            (ManagementPolicy::Observe, _) => Some(Reason::Differs),
            (ManagementPolicy::Manage, true) => Some(Reason::Suspended),
            (ManagementPolicy::Manage, false) => None,
        }
    }
}
