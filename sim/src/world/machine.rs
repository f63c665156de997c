//! Machines.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::{InstanceId, Link, VpcId};
use crate::clock::Millis;

/// A virtual machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Orders lists by insertion.
    pub serial: u64,
    /// Its id.
    pub id: InstanceId,
    /// What people call it.
    pub name: String,
    /// Its private address; none while it has none.
    pub ip: Option<Ipv4Addr>,
    /// Where it lives.
    pub network: Network,
    /// What it is doing.
    pub status: MachineStatus,
    /// Another operation on it is under way.
    pub busy: bool,
    /// Why it is locked (Alibaba).
    pub locks: Vec<Lock>,
    /// Its security groups (Alibaba).
    pub security_groups: Vec<String>,
    /// Cut off by the cloud; a link survives that (215/5002).
    pub isolation: Option<Isolation>,
    /// Returned, but not destroyed yet.
    pub in_recycle_bin: bool,
    /// The number of its zone.
    pub zone: u32,
    /// The number of its project.
    pub project: u32,
    /// When it was made.
    pub created_at: Millis,
    /// When its status changed last.
    pub status_at: Millis,
}

impl Machine {
    /// A record is dead when the address it was made for is not the machine's present one (215/5002); one that was made
    /// for the machine itself is never.
    pub fn voids(&self, link: &Link) -> bool {
        !link.follows_machine && self.ip.is_some_and(|ip| ip != link.recorded_ip)
    }
}

/// The network a machine lives in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// The classic network.
    Classic,
    /// A VPC.
    Vpc(VpcId),
}

/// Why a machine is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// The bill was not paid.
    Arrears,
    /// It was attacked or misbehaved.
    Security,
}

/// Why a machine is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lock {
    /// The bill was not paid.
    Financial,
    /// It was attacked or misbehaved.
    Security,
    /// It is about to be released.
    #[serde(alias = "Recycling")]
    Recycling,
}

/// What a machine is doing: the states that Tencent's documents name (213/831). Alibaba's
/// five are understood in its own spelling, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MachineStatus {
    CreationFailed,
    Faulty,
    #[default]
    #[serde(alias = "Running")]
    Running,
    #[serde(alias = "Pending")]
    Creating,
    #[serde(alias = "Stopped")]
    Stopped,
    Returned,
    Returning,
    Rebooting,
    #[serde(alias = "Starting")]
    Starting,
    #[serde(alias = "Stopping")]
    Stopping,
    ResettingPassword,
    Formatting,
    MakingImage,
    SettingBandwidth,
    Reinstalling,
    BindingDomain,
    UnbindingDomain,
    BindingBalancer,
    UnbindingBalancer,
    Upgrading,
    IssuingKey,
    Maintenance,
}
