//! How the world behaves where the documents leave it open: one switch for each open question, and the speeds.
//!
//! The first setting of each switch is the default. Numbers like (215/5002) are document pages of the vendor.

use serde::{Deserialize, Serialize};

use super::{AlibabaRules, MachineStatus};
use crate::clock::Millis;

/// The longest delay of lists that may be set: longer ones would need a longer memory of links that went.
pub const LONGEST_LIST_DELAY: Millis = 600_000;

/// Everything about the world that can be set.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Speeds.
    pub timing: Timing,
    /// Quotas.
    pub limits: LinkRules,
    /// What the documents leave open.
    pub switches: Switches,
    /// What is different for accounts at Alibaba.
    pub alibaba: AlibabaRules,
}

/// Speeds of the world, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name that users write")]
pub struct Timing {
    /// From a write to its effect.
    pub task_duration_ms: Millis,
    /// From a write until its task can be asked for.
    pub task_visible_after_ms: Millis,
    /// From the end of a task until it is forgotten; `null`: never.
    pub task_lifetime_ms: Option<Millis>,
    /// How far lists of links are behind the truth.
    pub list_delay_ms: Millis,
    /// From the moment a record dies until it goes by itself; `null`: never.
    pub dead_record_lifetime_ms: Option<Millis>,
    /// From the refused detach of a dead record until it goes, with `not-found-then-vanishes`.
    pub vanish_after_ms: Millis,
    /// From the return of a machine to its destruction; `null`: never by itself.
    pub recycle_bin_ms: Option<Millis>,
    /// How long a temporary key is good, whatever was asked for; `null`: as asked.
    pub session_lifetime_ms: Option<Millis>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            task_duration_ms: 1_000,
            task_visible_after_ms: 0,
            task_lifetime_ms: None,
            list_delay_ms: 0,
            dead_record_lifetime_ms: None,
            vanish_after_ms: 2_000,
            recycle_bin_ms: None,
            session_lifetime_ms: None,
        }
    }
}

/// Quotas of the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LinkRules {
    /// Linked machines per VPC, unless the VPC has a quota of its own.
    pub links_per_vpc: usize,
    /// Machines in one write; `null`: any number (undocumented).
    pub instances_per_call: Option<usize>,
}

impl Default for LinkRules {
    fn default() -> Self {
        // 215/5002 and 215/537: 100 unless raised by ticket.
        Self { links_per_vpc: 100, instances_per_call: None }
    }
}

/// What the documents leave open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Switches {
    /// Attaching a machine to the VPC it is linked to.
    pub attach_same_vpc_again: Attach,
    /// Attaching a machine that has a dead record.
    pub attach_over_dead_record: Attach,
    /// Whether a dead record takes a place of the VPC's quota.
    pub dead_record_in_quota: DeadRecordInQuota,
    /// Detaching what is not linked.
    pub detach_without_link: DetachWithoutLink,
    /// Detaching a dead record.
    pub detach_of_dead_record: DetachOfDeadRecord,
    /// When a write is checked against the state of the world.
    pub business_checks: Checked,
    /// Attaching a machine of a VPC.
    pub not_classic: NotClassic,
    /// Attaching to a VPC whose range cannot be linked.
    pub unsupported_cidr: Checked,
    /// Whether a range wider than /16 that covers linkable space can be linked.
    pub wide_cidr: Accepted,
    /// A write for several machines of which some are refused.
    pub batch_with_bad_item: BatchWithBadItem,
    /// A write for a machine that another task is running for.
    pub write_while_task_runs: WriteWhileTaskRuns,
    /// States of a machine in which it is locked (`ActionLocked`, 245/4924); which ones is undocumented.
    pub locked_statuses: Vec<MachineStatus>,
    /// A write for a machine that was returned and not destroyed yet.
    pub write_in_recycle_bin: WriteInRecycleBin,
    /// When the return of a machine unlinks it (215/5002 does not say at which step).
    pub unlink_on_return: UnlinkOnReturn,
    /// The status a machine shows in the recycle bin.
    pub recycle_bin_status: RecycleBinStatus,
    /// What a list filter by private address is compared with.
    pub address_filter: AddressFilter,
    /// Listing the links of a VPC that does not exist.
    pub unknown_vpc_in_list: Found,
    /// Listing by an address that no link has.
    pub unknown_address_in_list: Found,
    /// Looking up a VPC that does not exist.
    pub unknown_vpc: Found,
    /// Looking up a machine that does not exist.
    pub unknown_machine: UnknownMachine,
    /// The order of lists when none was asked for.
    pub list_order: ListOrder,
}

/// A switch: something that is one of a few settings.
pub trait Switch: Copy + Serialize + 'static {
    /// Its settings, the default first.
    const SETTINGS: &'static [Self];
}

/// Declares switches: an enum in kebab-case, the first setting being the default.
macro_rules! switch {
    ($($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$other_doc:meta])* $other:ident),+ })+) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $(#[$first_doc])*
            #[default]
            $first,
            $($(#[$other_doc])* $other),+
        }

        impl $crate::world::Switch for $name {
            const SETTINGS: &'static [Self] = &[Self::$first, $(Self::$other),+];
        })+
    };
}
pub(crate) use switch;

switch! {
    /// What an attach meets that finds a record of the machine.
    Attach {
        /// It succeeds; a dead record is replaced by one with the present address.
        Success,
        /// It is refused.
        AlreadyLinked
    }
    /// Whether dead records count.
    DeadRecordInQuota {
        /// They do.
        Counts,
        /// They do not.
        Free
    }
    /// Detaching what is not linked.
    DetachWithoutLink {
        /// A task that succeeds.
        Success,
        /// A refusal at once.
        NotFound,
        /// A task that fails.
        TaskFailed
    }
    /// Detaching a dead record.
    DetachOfDeadRecord {
        /// A task that removes it.
        Success,
        /// A refusal at once; the record goes a little later.
        NotFoundThenVanishes
    }
    /// When a check is made.
    Checked {
        /// At once: the call is refused.
        Immediate,
        /// Later: the call is accepted and its task fails.
        InTask
    }
    /// Attaching a machine of a VPC.
    NotClassic {
        /// Refused at once.
        Immediate,
        /// The call is accepted and its task fails.
        InTask,
        /// Refused at once as if the machine did not exist.
        InstanceNotFound
    }
    /// Whether something is accepted.
    Accepted {
        /// It is.
        Accepted,
        /// It is not.
        Refused
    }
    /// A write for several machines of which some are refused.
    BatchWithBadItem {
        /// Nothing is done for any of them.
        Refused,
        /// It is done for the others, and the answer says that it was done in part.
        PartlyDone
    }
    /// A write for a machine that another task is running for.
    WriteWhileTaskRuns {
        /// Refused: wait for the earlier operation (245/4924).
        Locked,
        /// Accepted; both take effect when they are due.
        Accepted
    }
    /// A write for a machine in the recycle bin.
    WriteInRecycleBin {
        /// Refused as if the machine did not exist.
        NotFound,
        /// Accepted.
        Accepted
    }
    /// When the return of a machine unlinks it.
    UnlinkOnReturn {
        /// With the return.
        AtRecycleBin,
        /// When it is destroyed.
        AtDestruction
    }
    /// The status a machine shows in the recycle bin.
    RecycleBinStatus {
        /// Returned.
        Returned,
        /// Still returning.
        Returning
    }
    /// What a filter by private address is compared with.
    AddressFilter {
        /// The address on record.
        Recorded,
        /// The address the machine has now.
        Present
    }
    /// What is answered when nothing is found.
    Found {
        /// The documented error.
        Error,
        /// An empty list.
        Empty
    }
    /// What is answered for machines that do not exist.
    UnknownMachine {
        /// They are left out.
        LeftOut,
        /// The whole look is refused.
        Error
    }
    /// The order of lists.
    ListOrder {
        /// Oldest first.
        Insertion,
        /// Another one in each answer.
        Random
    }
}
