//! The clouds: what each must answer ([`Provider`]), and the broker that asks.
//!
//! A provider states facts and carries out single calls. It never sleeps, polls or repeats, and it decides nothing:
//! a list says what is listed, an answer says what was answered, and either may lag the truth.
//!
//! `broker` looks and batches, within the budget that `pace` keeps; `credentials` keeps the keys; `endpoint` says where a
//! service is called, `http` calls it, once; `asking` finds the id that makes a list fail, `rows` says when a list of links
//! is complete, `clean` hides what must not leave, and `error` says what a failure means. Each API has the same files, in
//! the vendor's folder, or in one of its own where the vendor has two: `mod` (the provider), `sign`, `wire` (the vendor's
//! words, seen nowhere else) and `codes` (the vendor's codes and what they mean).

pub mod alibaba;
mod asking;
pub mod broker;
mod clean;
pub mod credentials;
pub mod endpoint;
pub mod error;
pub mod http;
pub mod pace;
mod rows;
pub mod tencent;

#[cfg(fuzzing)]
pub mod fuzzing;

#[cfg(test)]
mod documented;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod recorded;

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use async_trait::async_trait;

pub use error::{CloudError, Kind};

pub use crate::link::Lane;
use crate::link::{InstanceId, LinkRow, Machine, TaskId, TaskState, Vpc, VpcId};

/// What is asked of a cloud; a budget of calls is kept for each.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Action {
    /// Make links.
    Attach,
    /// Remove links.
    Detach,
    /// List links.
    ListLinks,
    /// List machines.
    ListMachines,
    /// Read a VPC.
    ReadVpc,
    /// Ask about a task.
    ReadTask,
    /// Read how many links a VPC may have.
    ReadQuota,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 7] = [
        Self::Attach,
        Self::Detach,
        Self::ListLinks,
        Self::ListMachines,
        Self::ReadVpc,
        Self::ReadTask,
        Self::ReadQuota,
    ];

    /// Whether it changes something.
    #[must_use]
    pub const fn is_change(self) -> bool {
        match self {
            Self::Attach | Self::Detach => true,
            Self::ListLinks | Self::ListMachines | Self::ReadVpc | Self::ReadTask | Self::ReadQuota => false,
        }
    }

    /// What an answer that cannot be read, or none at all, means: a change may have been carried out.
    #[must_use]
    pub const fn unreadable(self) -> Kind {
        if self.is_change() { Kind::Unclear } else { Kind::Transient }
    }

    /// The label in metrics and logs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Attach => "Attach",
            Self::Detach => "Detach",
            Self::ListLinks => "ListLinks",
            Self::ListMachines => "ListMachines",
            Self::ReadVpc => "ReadVpc",
            Self::ReadTask => "ReadTask",
            Self::ReadQuota => "ReadQuota",
        }
    }
}

/// Which links a list shall hold.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum LinkScope {
    /// Every link of the account and region.
    All,
    /// The links of one VPC.
    Vpc(VpcId),
}

/// Links as listed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LinkList {
    /// A row for each machine listed.
    pub rows: HashMap<InstanceId, LinkRow>,
    /// Whether a machine that is not in `rows` was not linked: the list was one page, or held as many distinct rows as
    /// a total that did not change while it was read.
    pub complete: bool,
}

/// Machines as listed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MachineList {
    /// The machines that were listed.
    pub found: HashMap<InstanceId, Machine>,
    /// The machines that were asked for and about which this answer says nothing, with what went wrong: not listed is
    /// a fact, this is none.
    pub unknown: HashMap<InstanceId, CloudError>,
}

/// The answer to a change that the cloud took on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Taken {
    /// It runs as this task.
    Task(TaskId),
    /// It was carried out at once (to be confirmed by reading).
    Done,
}

/// How this cloud's links behave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Nature {
    /// Whether a link dies when the machine's address changes and stays listed as a dead record (Tencent Cloud).
    pub links_die_with_address: bool,
    /// How many machines one change may name; 1 where the API takes no batches.
    pub max_batch: usize,
    /// Whether one list holds every link of the account and region; else links are asked for machine by machine
    /// ([`Provider::links_of`]).
    pub lists_all_links: bool,
    /// Whether some VPCs are a reason for caution ([`Provider::caution`]).
    pub has_cautions: bool,
}

/// One account and region of a cloud.
///
/// # Contract
/// - Facts, not commands: an answer says what was listed or answered, never what to do about it.
/// - Idempotent in meaning: "already linked" and "already gone" are kinds of answer ([`Kind::Conflict`],
///   [`Kind::AlreadyGone`]), to be confirmed by reading.
/// - Nothing sleeps, polls or sends again inside. Looks take their place in the budget page by page
///   ([`pace::Pace::permit`]); a change brings its own, taken before it was admitted.
/// - Bounded: each call ends within [`crate::link::CALL_DEADLINE`] and reads a bounded answer.
/// - The answer may lag the truth by seconds, in both directions.
/// - No secret leaves, in an error least of all.
///
/// `tests/contract` holds every provider to it.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// How this cloud's links behave.
    fn nature(&self) -> Nature;

    /// Lists links.
    ///
    /// # Errors
    /// The first call that failed.
    async fn links(&self, scope: &LinkScope, lane: Lane) -> Result<LinkList, CloudError>;

    /// Lists the links of these machines, wherever they lead. This is the look at everything: where one list holds every
    /// link ([`Nature::lists_all_links`]), all are listed, and rows of other machines may be among them; a cloud that has
    /// no such list answers for the ids, a page of them at a time, and [`LinkList::complete`] then speaks of these machines
    /// only. An id that makes a call fail is found by halving; where the code says that there is no such machine, it has
    /// no link, and any other one leaves the list incomplete.
    ///
    /// # Errors
    /// A call that failed for a reason that concerns no single machine.
    async fn links_of(&self, ids: &BTreeSet<InstanceId>, lane: Lane) -> Result<LinkList, CloudError> {
        let _ = ids;
        self.links(&LinkScope::All, lane).await
    }

    /// Lists the links of one VPC at these addresses of machines; `None` where the cloud cannot be asked that, or need not be
    /// because its lists tell the addresses. Whether a link is at the address that it was made for, or at the one that its
    /// machine has now, is the cloud's affair.
    ///
    /// # Errors
    /// The first call that failed.
    async fn links_at(
        &self,
        vpc: &VpcId,
        addresses: &BTreeSet<IpAddr>,
        lane: Lane,
    ) -> Result<Option<LinkList>, CloudError> {
        let _ = (vpc, addresses, lane);
        Ok(None)
    }

    /// Lists these machines, a page of ids at a time. An id that makes a call fail is found by halving and comes back in
    /// [`MachineList::unknown`] or, where the code says that it does not exist, as not listed; the others are answered.
    ///
    /// # Errors
    /// A call that failed for a reason that concerns no single machine.
    async fn machines(&self, ids: &BTreeSet<InstanceId>, lane: Lane) -> Result<MachineList, CloudError>;

    /// Reads a VPC; `None` if there is none of this id in the account and region.
    ///
    /// # Errors
    /// The call failed.
    async fn vpc(&self, id: &VpcId, lane: Lane) -> Result<Option<Vpc>, CloudError>;

    /// Reads how many links a VPC may have; `None` where the cloud does not tell.
    ///
    /// # Errors
    /// The call failed.
    async fn quota(&self, lane: Lane) -> Result<Option<usize>, CloudError> {
        let _ = lane;
        Ok(None)
    }

    /// What has to be told beside a link to this VPC, as a half sentence: a rule for addresses that cannot be checked here,
    /// and that is no reason to refuse.
    fn caution(&self, vpc: &Vpc) -> Option<&'static str> {
        let _ = vpc;
        None
    }

    /// Asks for links. Sent exactly once.
    ///
    /// # Errors
    /// The call failed; [`Kind::may_have_happened`] says whether it may have been carried out all the same.
    async fn attach(&self, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError>;

    /// Asks for the removal of links. Sent exactly once.
    ///
    /// # Errors
    /// As [`Self::attach`].
    async fn detach(&self, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError>;

    /// Asks about a task. A task that the cloud does not know is [`TaskState::Unknown`], not an error.
    ///
    /// # Errors
    /// The call failed.
    async fn task(&self, id: &TaskId) -> Result<TaskState, CloudError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_whose_answer_is_unreadable_may_have_happened_and_a_look_is_just_repeated() {
        for action in Action::ALL {
            let is_change = matches!(action, Action::Attach | Action::Detach);
            assert_eq!(action.unreadable(), if is_change { Kind::Unclear } else { Kind::Transient });
        }
    }
}
