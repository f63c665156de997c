//! What a round of looks asks for, and what its answers say of those that they do not hold.

use std::collections::BTreeSet;

use super::entry::Entry;
use crate::link::{InstanceId, Lane, LinkLook, VpcId};

/// The looks of one round.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) machines: BTreeSet<InstanceId>,
    pub(super) scopes: BTreeSet<Option<VpcId>>,
    pub(super) vpcs: BTreeSet<VpcId>,
    pub(super) lane: Option<Lane>,
}

/// What a list of links was asked for.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    /// Every link of the account and region.
    Everything,
    /// The links of these machines.
    Machines(&'a BTreeSet<InstanceId>),
    /// The links of this VPC.
    Vpc(&'a VpcId),
}

impl Asked<'_> {
    /// What it says of a machine that such a list, if it is complete, does not hold; `None` if it says nothing.
    pub(super) fn absence(self, instance: &InstanceId, entry: &Entry) -> Option<LinkLook> {
        match self {
            Self::Everything => Some(LinkLook::Nowhere),
            Self::Machines(ids) => ids.contains(instance).then_some(LinkLook::Nowhere),
            Self::Vpc(vpc) => (entry.place().as_ref() == Some(vpc)).then(|| LinkLook::NotIn(vpc.clone())),
        }
    }
}

impl Plan {
    pub(super) fn is_empty(&self) -> bool {
        self.machines.is_empty() && self.vpcs.is_empty()
    }
}
