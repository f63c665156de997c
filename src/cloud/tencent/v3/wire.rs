//! The words of API 3.0: its actions and its answers, in its own spelling.
//!
//! Tolerant of what is not known: fields and states. Strict where a default would be a lie: a change without a request id
//! has no task, a task without a status has not succeeded, an error of any form is no success (`envelope`).

mod envelope;

use std::net::IpAddr;

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

pub(in crate::cloud::tencent) use self::envelope::{Failure, read};

use crate::{
    cloud::{
        Action,
        tencent::{
            lenient::{address, count, instance, list, text},
            links, machines, vpcs,
        },
    },
    link::{InstanceId, LinkRow, Machine, MachineState, Network, VpcId},
};

/// The most characters of a request id, which goes into a status: documented ones have 36.
const REQUEST_ID_LENGTH: usize = 128;

/// The cloud's name of an action.
pub(super) const fn name(action: Action) -> &'static str {
    match action {
        Action::Attach => "AttachClassicLinkVpc",
        Action::Detach => "DetachClassicLinkVpc",
        Action::ListLinks => "DescribeClassicLinkInstances",
        Action::ListMachines => "DescribeInstances",
        Action::ReadVpc => "DescribeVpcs",
        Action::ReadTask => "DescribeVpcTaskResult",
        Action::ReadQuota => "DescribeVpcLimits",
    }
}

/// The answer to a change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Started {
    /// The id of the change, which is that of its task (215/59037).
    #[serde(deserialize_with = "task_id")]
    pub(super) request_id: String,
}

/// A page of links.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LinkPage {
    #[serde(deserialize_with = "count")]
    total_count: usize,
    #[serde(default, deserialize_with = "list")]
    classic_link_instance_set: Vec<LinkItem>,
}

/// A link: no address, no time, no state (215/15776).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct LinkItem {
    #[serde(deserialize_with = "text")]
    vpc_id: Option<String>,
    #[serde(deserialize_with = "text")]
    instance_id: Option<String>,
}

impl LinkPage {
    /// What it says, whichever API says it.
    pub(super) fn page(&self) -> links::Page {
        links::Page {
            total: self.total_count,
            rows: self.classic_link_instance_set.iter().map(LinkItem::row).collect(),
        }
    }
}

impl LinkItem {
    /// Which machine is linked, and to what; `None` if the row names either by no id that can be used.
    fn row(&self) -> Option<(InstanceId, LinkRow)> {
        let instance = instance(self.instance_id.as_deref())?;
        Some((instance, LinkRow { vpc: VpcId::new(self.vpc_id.as_deref()?).ok()?, private_ip: None }))
    }
}

/// Machines.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MachinePage {
    #[serde(deserialize_with = "count")]
    total_count: usize,
    #[serde(default, deserialize_with = "list")]
    instance_set: Vec<MachineItem>,
}

/// A machine. Who isolated it (`IsolatedSource`) is not read: a machine returned by hand is told by its state.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MachineItem {
    #[serde(deserialize_with = "text")]
    instance_id: Option<String>,
    #[serde(deserialize_with = "text")]
    instance_state: Option<String>,
    private_ip_addresses: Value,
    virtual_private_cloud: Value,
}

impl MachinePage {
    /// What it says, whichever API says it.
    pub(super) fn page(&self) -> machines::Page {
        let row = |item: &MachineItem| {
            let (id, machine) = (instance(item.instance_id.as_deref()), item.machine());
            machines::Row { id, machine }
        };
        machines::Page { total: self.total_count, rows: self.instance_set.iter().map(row).collect() }
    }
}

impl MachineItem {
    /// What it is; `None` if the row does not say of which network or in which state.
    fn machine(&self) -> Option<Machine> {
        let state = state(self.instance_state.as_deref().filter(|state| !state.is_empty())?);
        let addresses = addresses(&self.private_ip_addresses).unwrap_or_default();
        Some(Machine { addresses, network: network(&self.virtual_private_cloud)?, state, lock: None })
    }
}

/// Every address, or nothing: with one that cannot be read the machine may have the one that a link was made for.
fn addresses(list: &Value) -> Option<Vec<IpAddr>> {
    list.as_array()?.iter().map(|item| address(item.as_str()?)).collect()
}

/// How a machine of the classic network looks is documented nowhere: one without a VPC is one, in whichever of four ways
/// the cloud says that. What has another form than documented says nothing.
fn network(cloud: &Value) -> Option<Network> {
    let vpc = match cloud {
        Value::Null => return Some(Network::Classic),
        Value::Object(cloud) => cloud.get("VpcId").unwrap_or(&Value::Null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return None,
    };
    match vpc {
        Value::Null => Some(Network::Classic),
        Value::String(id) if id.trim().is_empty() => Some(Network::Classic),
        Value::String(_) => Some(Network::Vpc),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// 213/15728. Stopped, in rescue, migrating and states that are not known: no document names these as obstacles to a link,
/// so the cloud decides.
fn state(name: &str) -> MachineState {
    match name {
        "PENDING" | "LAUNCH_FAILED" => MachineState::NotReady,
        // In the recycle bin; being destroyed.
        "SHUTDOWN" | "TERMINATING" => MachineState::Returning,
        _ => MachineState::Linkable,
    }
}

/// VPCs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VpcPage {
    #[serde(deserialize_with = "count")]
    total_count: usize,
    #[serde(default, deserialize_with = "list")]
    vpc_set: Vec<VpcItem>,
}

/// A VPC. Whether its further ranges (`AssistantCidrSet`) matter for a link is documented nowhere: the cloud decides.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VpcItem {
    #[serde(deserialize_with = "text")]
    vpc_id: Option<String>,
    #[serde(deserialize_with = "text")]
    cidr_block: Option<String>,
}

impl VpcPage {
    /// What it says, whichever API says it.
    pub(super) fn page(self) -> vpcs::Page {
        let row = |item: VpcItem| vpcs::Row {
            id: item.vpc_id.and_then(|id| VpcId::new(&id).ok()),
            cidr: item.cidr_block.unwrap_or_default(),
        };
        vpcs::Page { total: self.total_count, rows: self.vpc_set.into_iter().map(row).collect() }
    }
}

/// The limits that were asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LimitPage {
    #[serde(default, deserialize_with = "list")]
    vpc_limit_set: Vec<LimitItem>,
}

/// A limit, as a number or a text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct LimitItem {
    #[serde(deserialize_with = "text")]
    limit_type: Option<String>,
    #[serde(deserialize_with = "text")]
    limit_value: Option<String>,
}

impl LimitPage {
    /// The value of this limit, if it is there and a number.
    pub(super) fn value(&self, of: &str) -> Option<usize> {
        let item = self.vpc_limit_set.iter().find(|item| item.limit_type.as_deref() == Some(of))?;
        item.limit_value.as_deref()?.parse().ok()
    }
}

/// A task (215/59037). Its status has no default, and one that is not known is none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TaskAnswer {
    pub(super) status: TaskStatus,
    /// Free text, without a documented form.
    #[serde(default, deserialize_with = "text")]
    pub(super) output: Option<String>,
}

/// What becomes of a task.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum TaskStatus {
    /// It ended well.
    Success,
    /// It ended badly.
    Failed,
    /// It has not ended.
    Running,
}

fn task_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let is_id =
        |id: &String| (1..=REQUEST_ID_LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    text(deserializer)?.filter(is_id).ok_or_else(|| D::Error::custom("expected a request id"))
}

#[cfg(test)]
mod tests;
