//! Whose cloud an account is in, and what is different there.
//!
//! At Tencent a write is a task and a link is made for an address. At Alibaba a write takes effect at once and a link
//! is made for a machine: it outlives a change of address. The rules of attaching are in `rules` and `alibaba`.

use serde::{Deserialize, Serialize};

use super::settings::switch;
use super::{MachineStatus, Mistake, World};
use crate::clock::Millis;

/// The cloud that an account belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cloud {
    /// Tencent's.
    #[default]
    Tencent,
    /// Alibaba's.
    Alibaba,
}

/// What Alibaba's documents leave open about machines, VPCs and links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AlibabaRules {
    /// Linked machines per VPC, unless the VPC has a quota of its own.
    pub links_per_vpc: usize,
    /// A link whose machine gets another private address.
    pub link_on_address_change: Survival,
    /// A link whose machine is released.
    pub link_on_release: Fate,
    /// A link whose machine moves into a VPC.
    pub link_on_migration: Fate,
    /// Removing a VPC that has links.
    pub vpc_removal_with_links: VpcRemoval,
    /// Attaching and detaching a machine that is locked for debt or security.
    pub locked_machine: LockedMachine,
    /// Regions that have no ClassicLink.
    pub regions_without_classic_link: Vec<String>,
}

impl Default for AlibabaRules {
    fn default() -> Self {
        Self {
            // The overview of ClassicLink and the error table of attaching agree on it.
            links_per_vpc: 1_000,
            link_on_address_change: Survival::default(),
            link_on_release: Fate::default(),
            link_on_migration: Fate::default(),
            vpc_removal_with_links: VpcRemoval::default(),
            locked_machine: LockedMachine::default(),
            regions_without_classic_link: Vec::new(),
        }
    }
}

switch! {
    /// What becomes of a link that may outlive an event.
    Survival {
        /// It stays.
        Stays,
        /// It ends.
        Ends
    }
    /// What becomes of a link that an event probably ends.
    Fate {
        /// It ends.
        Ends,
        /// It stays, also where its machine is no more.
        Stays
    }
    /// Removing a VPC that has links.
    VpcRemoval {
        /// Refused.
        Refused,
        /// Its links end.
        EndsLinks
    }
    /// A write for a machine that is locked for debt or security.
    LockedMachine {
        /// As for any other machine.
        Accepted,
        /// As for a busy machine.
        Busy
    }
}

impl Cloud {
    /// Machines of Alibaba know five states alone.
    fn has(self, status: MachineStatus) -> bool {
        self == Self::Tencent || ALIBABA_STATES.contains(&status)
    }

    pub(super) fn expect_status(self, status: MachineStatus) -> Result<(), Mistake> {
        if self.has(status) {
            return Ok(());
        }
        let known = "creating, running, starting, stopping and stopped (Pending, Running, Starting, Stopping, Stopped)";
        Err(Mistake::Invalid(format!("a machine of Alibaba knows {known} alone")))
    }
}

const ALIBABA_STATES: [MachineStatus; 5] = [
    MachineStatus::Creating,
    MachineStatus::Running,
    MachineStatus::Starting,
    MachineStatus::Stopping,
    MachineStatus::Stopped,
];

impl World {
    /// The cloud of an account; Tencent's for an account that is not there.
    pub fn cloud(&self, account: &str) -> Cloud {
        self.accounts.get(account).map(|account| account.cloud).unwrap_or_default()
    }

    /// How long a write of an account is on its way.
    pub(super) fn task_duration(&self, account: &str) -> Millis {
        match self.cloud(account) {
            Cloud::Tencent => self.rules.timing.task_duration_ms,
            Cloud::Alibaba => 0,
        }
    }

    /// Refuses what a machine of Alibaba does not know.
    pub(super) fn expect_tencent(&self, account: &str, what: &str) -> Result<(), Mistake> {
        match self.cloud(account) {
            Cloud::Tencent => Ok(()),
            Cloud::Alibaba => Err(Mistake::Forbidden(format!("a machine of Alibaba has no {what}: see its locks"))),
        }
    }
}
