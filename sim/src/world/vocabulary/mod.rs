//! How machines, VPCs, links and accounts (`access`) are described to the simulator: by a seed file and by the control API alike.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Deserializer};

mod access;

pub use access::{AccountChange, IdentityChange, KeyChange, NewAccount, NewIdentity, NewKey, NewRole, RoleChange};

use super::{InstanceId, Lock, MachineStatus, VpcId, VpcStatus};

/// A change to something that may be there or not.
#[derive(Debug, Default)]
pub enum Change<T> {
    /// Left out: it stays as it is.
    #[default]
    Keep,
    /// `null`: it goes.
    Clear,
    /// It becomes this.
    To(T),
}

impl<T> Change<T> {
    pub(in crate::world) fn change(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::To(value) => *field = Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::To))
    }
}

/// A VPC to be made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewVpc {
    /// Whose it is.
    pub account: String,
    /// Where it is.
    pub region: String,
    /// Its id; left out: one is made up.
    pub id: Option<VpcId>,
    /// Its range.
    pub cidr: Ipv4Net,
    /// What people call it; left out: its id.
    pub name: Option<String>,
    /// How many machines may be linked; left out: the general limit.
    pub quota: Option<usize>,
    /// Whether ClassicLink is on (Alibaba).
    #[serde(default)]
    pub classic_link_enabled: bool,
    /// Routes of its own, by destination (Alibaba).
    #[serde(default)]
    pub routes: Vec<Ipv4Net>,
    /// Further ranges, which no link reaches (Alibaba).
    #[serde(default)]
    pub secondary_cidrs: Vec<Ipv4Net>,
    /// Whether it is ready (Alibaba).
    #[serde(default)]
    pub status: VpcStatus,
}

/// A change to a VPC; what is left out stays, `null` clears.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VpcChange {
    /// What people call it.
    pub name: Option<String>,
    /// How many machines may be linked; `null`: the general limit.
    #[serde(default)]
    pub quota: Change<usize>,
    /// Whether ClassicLink is on; nothing is checked.
    pub classic_link_enabled: Option<bool>,
    /// Routes of its own, by destination.
    pub routes: Option<Vec<Ipv4Net>>,
    /// Whether it is ready.
    pub status: Option<VpcStatus>,
}

/// A machine to be made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMachine {
    /// Whose it is.
    pub account: String,
    /// Where it is.
    pub region: String,
    /// Its id; left out: one is made up.
    pub id: Option<InstanceId>,
    /// Its private address; left out: it has none yet.
    pub ip: Option<Ipv4Addr>,
    /// The network it lives in.
    #[serde(default)]
    pub network: NetworkKind,
    /// With network `vpc`: which.
    pub vpc_id: Option<VpcId>,
    /// What it is doing.
    #[serde(default)]
    pub status: MachineStatus,
    /// What people call it; left out: its id.
    pub name: Option<String>,
    /// The number of its zone.
    #[serde(default)]
    pub zone: u32,
    /// The number of its project.
    #[serde(default)]
    pub project: u32,
    /// Another operation is under way.
    #[serde(default)]
    pub busy: bool,
    /// Why it is locked (Alibaba).
    #[serde(default)]
    pub locks: Vec<Lock>,
    /// Its security groups (Alibaba).
    #[serde(default)]
    pub security_groups: Vec<String>,
}

/// The kind of network a machine lives in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkKind {
    /// The classic network.
    #[default]
    Classic,
    /// A VPC.
    Vpc,
}

/// A link that somebody makes at the console.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLink {
    /// The machine's side.
    pub instance_id: InstanceId,
    /// The VPC's side.
    pub vpc_id: VpcId,
    /// The address on record; left out: the machine's. Another one makes a dead record (Tencent).
    pub recorded_ip: Option<Ipv4Addr>,
}
