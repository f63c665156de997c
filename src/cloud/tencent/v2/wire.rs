//! The words of the API v2: its actions, its short regions and its answers, in its own spelling.
//!
//! Tolerant where its documents contradict each other: numbers come as text, an id goes by two names, an object comes as
//! a list of one. Strict where a default would be a lie: a task without a status has not succeeded, and a machine without
//! a network is not of the classic one.

mod regions;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

pub(super) use self::regions::region;
use crate::{
    cloud::{
        Action,
        tencent::{
            lenient::{self, address, count, instance, list, number, one, positive, text},
            links, machines, vpcs,
        },
    },
    link::{InstanceId, LinkRow, Machine, MachineState, Network, VpcId},
};

/// The cloud's name of an action.
pub(super) const fn name(action: Action) -> &'static str {
    match action {
        Action::Attach => "AttachClassicLinkVpc",
        Action::Detach => "DetachClassicLinkVpc",
        Action::ListLinks => "DescribeVpcClassicLink",
        Action::ListMachines => "DescribeInstances",
        Action::ReadVpc => "DescribeVpcEx",
        Action::ReadTask => "DescribeVpcTaskResult",
        // The API v2 does not tell: never sent.
        Action::ReadQuota => "",
    }
}

/// An answer that is no success.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Failure {
    /// It is not what is documented.
    Unreadable(String),
    /// It says what was wrong.
    Refused {
        /// The number, as text.
        code: String,
        /// The business name, if the answer has one.
        code_desc: Option<String>,
        /// Free text, often Chinese.
        message: String,
    },
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Head {
    #[serde(deserialize_with = "text")]
    code: Option<String>,
    #[serde(deserialize_with = "text")]
    code_desc: Option<String>,
    #[serde(deserialize_with = "text")]
    message: Option<String>,
}

/// Reads the answer to a call.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    // An object, nothing else: to serde a list of values could be one too.
    let answer: Map<String, Value> = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let head = Head::deserialize(&answer).map_err(|error| unreadable(&error))?;
    let code = head.code.ok_or_else(|| Failure::Unreadable("an answer without a code".to_owned()))?;
    let code_desc = head.code_desc.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("Success"));
    if code != "0" || code_desc.is_some() {
        return Err(Failure::Refused { code, code_desc, message: head.message.unwrap_or_default() });
    }
    T::deserialize(Value::Object(answer)).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::Unreadable(lenient::unreadable(error))
}

/// The answer to a change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Started {
    /// Positive: a task has a number.
    #[serde(deserialize_with = "positive")]
    pub(super) task_id: u64,
}

/// A page of links.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkPage {
    /// How many links there are, over all pages.
    #[serde(deserialize_with = "count")]
    pub(super) total_count: usize,
    /// The rows; not sent or null by some for an empty list.
    #[serde(default, deserialize_with = "list")]
    pub(super) data: Vec<LinkItem>,
}

impl LinkPage {
    /// What it says, whichever API says it.
    pub(super) fn page(&self) -> links::Page {
        links::Page { total: self.total_count, rows: self.data.iter().map(LinkItem::row).collect() }
    }
}

/// A link.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LinkItem {
    #[serde(deserialize_with = "text")]
    instance_id: Option<String>,
    #[serde(flatten)]
    vpc: VpcName,
    #[serde(deserialize_with = "text")]
    lan_ip: Option<String>,
}

impl LinkItem {
    /// Which machine is linked, and to what; `None` if the row names either by no id that can be used.
    pub(super) fn row(&self) -> Option<(InstanceId, LinkRow)> {
        let instance = instance(self.instance_id.as_deref())?;
        let private_ip = self.lan_ip.as_deref().and_then(address);
        Some((instance, LinkRow { vpc: self.vpc.id()?, private_ip }))
    }
}

/// The names of a VPC: the new id goes by one name in the tables and another in the samples (215/2112), and the old id
/// (`gz_vpc_245`) is of no use, unless the new one stands in its place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct VpcName {
    #[serde(rename = "unVpcId", deserialize_with = "text")]
    table: Option<String>,
    #[serde(rename = "uniqVpcId", deserialize_with = "text")]
    sample: Option<String>,
    #[serde(rename = "vpcId", deserialize_with = "text")]
    old: Option<String>,
}

impl VpcName {
    /// The new id; `None` if there is none, or two that differ.
    fn id(&self) -> Option<VpcId> {
        let names = [&self.table, &self.sample, &self.old];
        let mut ids = names.into_iter().flatten().filter_map(|name| VpcId::new(name).ok());
        let first = ids.next()?;
        ids.all(|other| other == first).then_some(first)
    }
}

/// Machines.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MachinePage {
    /// How many machines match, over all pages.
    #[serde(deserialize_with = "count")]
    pub(super) total_count: usize,
    /// The rows.
    #[serde(default, deserialize_with = "list")]
    pub(super) instance_set: Vec<MachineItem>,
}

impl MachinePage {
    /// What it says, whichever API says it.
    pub(super) fn page(&self) -> machines::Page {
        let row = |item: &MachineItem| machines::Row { id: item.id(), machine: item.machine() };
        machines::Page { total: self.total_count, rows: self.instance_set.iter().map(row).collect() }
    }
}

/// A machine. Its `instanceId` is the old id (`qcvm…`) and is not read: matching by it would find another machine.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MachineItem {
    #[serde(deserialize_with = "text")]
    un_instance_id: Option<String>,
    #[serde(deserialize_with = "text")]
    lan_ip: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "text")]
    vpc_id: Option<String>,
}

impl MachineItem {
    /// Its new id.
    pub(super) fn id(&self) -> Option<InstanceId> {
        instance(self.un_instance_id.as_deref())
    }

    /// What it is; `None` if the row does not say of which network or in which state.
    pub(super) fn machine(&self) -> Option<Machine> {
        let network = match self.vpc_id.as_deref()? {
            "" => return None,
            // 213/831: 0 is the classic network.
            "0" => Network::Classic,
            _ => Network::Vpc,
        };
        let addresses = self.lan_ip.as_deref().and_then(address).into_iter().collect();
        Some(Machine { addresses, network, state: state(self.status.as_deref()?.parse().ok()?), lock: None })
    }
}

/// 213/831. Stopped, rebooting, under maintenance: no document names these as obstacles to a link, so the cloud decides.
const fn state(status: i64) -> MachineState {
    match status {
        // Its making failed; it is being made.
        -1 | 3 => MachineState::NotReady,
        // Returned; being returned.
        5 | 6 => MachineState::Returning,
        _ => MachineState::Linkable,
    }
}

/// VPCs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VpcPage {
    /// How many VPCs match, over all pages.
    #[serde(deserialize_with = "count")]
    pub(super) total_count: usize,
    /// The rows.
    #[serde(default, deserialize_with = "list")]
    pub(super) data: Vec<VpcItem>,
}

impl VpcPage {
    /// What it says, whichever API says it.
    pub(super) fn page(&self) -> vpcs::Page {
        let row = |item: &VpcItem| vpcs::Row { id: item.id(), cidr: item.cidr().to_owned() };
        vpcs::Page { total: self.total_count, rows: self.data.iter().map(row).collect() }
    }
}

/// A VPC.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct VpcItem {
    #[serde(flatten)]
    name: VpcName,
    #[serde(deserialize_with = "text")]
    cidr_block: Option<String>,
}

impl VpcItem {
    /// Its new id.
    pub(super) fn id(&self) -> Option<VpcId> {
        self.name.id()
    }

    /// Its primary address range as the cloud writes it.
    pub(super) fn cidr(&self) -> &str {
        self.cidr_block.as_deref().unwrap_or_default()
    }
}

/// A task. 0 is success (215/5094), so the status has no default.
#[derive(Debug, Deserialize)]
pub(super) struct TaskAnswer {
    #[serde(default, deserialize_with = "text")]
    message: Option<String>,
    #[serde(deserialize_with = "one")]
    data: TaskItem,
}

#[derive(Debug, Deserialize)]
struct TaskItem {
    #[serde(deserialize_with = "number")]
    status: i64,
    #[serde(default)]
    output: Value,
}

impl TaskAnswer {
    /// 0 success, 1 failure, 2 in progress.
    pub(super) const fn status(&self) -> i64 {
        self.data.status
    }

    /// What the cloud says about it, if it says anything. The form of `output` is documented nowhere.
    pub(super) fn text(&self) -> &str {
        let output = self.data.output.get("errorMsg").unwrap_or(&self.data.output).as_str();
        output.filter(|text| !text.is_empty()).or(self.message.as_deref()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
