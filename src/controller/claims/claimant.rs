//! What the claim table knows of one object.

use kube::ResourceExt;

use super::super::status::version;
use crate::{
    api::{ClassicLink, ManagementPolicy, Operation},
    cloud::broker::Owner,
    link::{Record, VpcId},
};

/// What the table knows of one object.
#[derive(Clone, Debug)]
pub struct Claimant {
    /// The object.
    pub owner: Owner,
    /// Its account, by name.
    pub account: String,
    /// The machine: region and id.
    pub machine: (String, String),
    /// When it was created, seconds since the epoch.
    created: i64,
    /// What it has on record.
    pub record: Record,
    /// The resource version that this was read from.
    pub(super) version: u64,
    /// It is no more, but a change of it is under way.
    pub vanished: bool,
    /// By itself it could act: manages, not suspended, not being deleted.
    pub(super) acts: bool,
    /// What this process knows of it besides.
    pub(super) memory: Memory,
}

/// What no version of the object tells. It does not outlive the process.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    /// We are taking our finalizer off: nothing of ours is left to be done.
    pub(super) released: bool,
    /// Its link went, by a detach of ours or by itself, and is about to be made again.
    pub(super) heals: bool,
}

impl Claimant {
    /// What an object says of itself.
    #[must_use]
    pub fn of(link: &ClassicLink) -> Self {
        let record = link.status.as_ref().map(Record::read).unwrap_or_default();
        let spec = &link.spec;
        Self {
            owner: owner(link),
            account: spec.account_ref.name.clone(),
            machine: (spec.region.clone(), spec.instance_id.clone()),
            created: link.creation_timestamp().map_or(i64::MAX, |created| created.0.as_second()),
            record,
            version: version(link),
            vanished: false,
            acts: spec.management_policy == ManagementPolicy::Manage
                && !spec.suspend
                && link.metadata.deletion_timestamp.is_none(),
            memory: Memory::default(),
        }
    }

    /// Whether something in the cloud is, or may become, its own; also while a link of its own is being made again.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.record.holds() || self.memory.heals
    }

    /// What others call it.
    #[must_use]
    pub fn called(&self) -> String {
        let gone = if self.vanished { " (removed, but a change of it is under way)" } else { "" };
        format!("{}{gone}", self.name())
    }

    /// Its name, with the namespace.
    #[must_use]
    pub fn name(&self) -> String {
        let Owner { namespace, name, .. } = &self.owner;
        format!("{namespace}/{name}")
    }

    /// Where a link of its own may be left behind by an object that went with this `record`; unless we let it go.
    #[must_use]
    pub fn leaves<'r>(&self, record: &'r Record) -> Option<&'r VpcId> {
        let attach = record.task.as_ref().filter(|task| task.operation == Operation::Attach);
        let vpc = record.our_link().map(|link| &link.vpc).or_else(|| attach.map(|task| &task.vpc));
        vpc.filter(|_| !self.memory.released)
    }

    /// Lower goes first.
    pub(super) fn rank(&self) -> (bool, bool, i64, &str) {
        (!self.holds(), self.record.link.is_none() && !self.holds(), self.created, &self.owner.uid)
    }

    /// What concerns its rivals.
    pub(super) fn standing(&self) -> (bool, bool, i64, &str, bool, bool) {
        let (free, unlinked, created, uid) = self.rank();
        (free, unlinked, created, uid, self.acts, self.record.task.is_some())
    }
}

/// The name of an object, as the broker keeps it.
#[must_use]
pub fn owner(link: &ClassicLink) -> Owner {
    Owner {
        namespace: link.namespace().unwrap_or_default(),
        name: link.name_any(),
        uid: link.uid().unwrap_or_default(),
    }
}
