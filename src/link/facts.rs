//! What a cloud lists: plain facts, as of the moment a look began.

use std::net::IpAddr;

use super::VpcId;

/// A row of the list of links.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkRow {
    /// The VPC that the machine is linked to.
    pub vpc: VpcId,
    /// The machine's private address as recorded with the link; not every API tells it.
    pub private_ip: Option<IpAddr>,
}

/// A row of the list of machines.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Machine {
    /// The private addresses that it has now. Empty means that the list did not say, never that it has none.
    pub addresses: Vec<IpAddr>,
    /// The network that it belongs to.
    pub network: Network,
    /// Whether its state allows a link.
    pub state: MachineState,
    /// Why the cloud keeps it locked until its owner settles that (an overdue account, say), in the cloud's words. Such a
    /// machine is where it was; whether it can be linked is the cloud's to say.
    pub lock: Option<String>,
}

impl Machine {
    /// Whether both have the same addresses, in whichever order they are listed.
    pub(super) fn has_addresses_of(&self, other: &Self) -> bool {
        let all_in = |some: &Self, others: &Self| some.addresses.iter().all(|ip| others.addresses.contains(ip));
        all_in(self, other) && all_in(other, self)
    }
}

/// The network of a machine.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Network {
    /// The classic network: can be linked.
    Classic,
    /// A VPC: can never be linked (again).
    Vpc,
}

/// What the state of a machine means for a link.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum MachineState {
    /// It can be linked: running, stopped, and every state that the cloud does not name as an obstacle.
    Linkable,
    /// It cannot be linked now: being made, or its making failed.
    NotReady,
    /// It is being returned to the cloud: in the recycle bin or being destroyed.
    Returning,
}

/// A VPC.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Vpc {
    /// Whether its address range can be linked; `None` where only the cloud can tell.
    pub cidr_allowed: Option<bool>,
    /// Its primary address range as the cloud writes it, for messages.
    pub cidr: String,
    /// Whether ClassicLink is switched on for it; `true` where the cloud knows no such switch.
    pub classic_link_enabled: bool,
}

/// The cloud's name of a task.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct TaskId(pub String);

/// What the cloud says of a task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TaskState {
    /// It runs.
    Running,
    /// It ended well; the list may still lag.
    Succeeded,
    /// It failed; the cloud's text, shown to people and never parsed.
    Failed(String),
    /// The cloud does not know it: not yet visible, or forgotten. Settled by reading.
    Unknown,
}
