//! `DescribeInstances` (213/15728).

use serde_json::{Value, json};

use super::admission::Caller;
use super::codes;
use super::envelope::{Failure, Fields};
use super::filters::{Filters, Of};
use super::page::{Documented, Page};
use super::params::Params;
use super::settings::ClassicShape;
use super::uuid;
use crate::sim::Sim;
use crate::tencent::time;
use crate::world::{InstanceId, Isolation, Machine, MachineFilter, MachineStatus, Network, Place, Refusal};

/// So many ids may be named in one call.
const MOST_NAMED: usize = 100;

pub(super) fn list(sim: &Sim, caller: &Caller, params: &Params) -> Result<Fields, Failure> {
    let page = Page::asked(params, Documented::Numbers, &sim.tencent_v3)?;
    let ids = params.texts("InstanceIds")?.filter(|texts| !texts.is_empty());
    let filters = Filters::asked(params, Of::Cvm, is_filter)?;
    if ids.is_some() && filters.is_some() {
        return Err(Failure::new("InvalidParameter", "`InstanceIds` and `Filters` cannot be given together."));
    }
    let ids = ids.unwrap_or_default();
    if ids.len() > MOST_NAMED {
        return Err(Failure::too_much("InstanceIds", MOST_NAMED));
    }
    let filters = filters.unwrap_or_default();
    check_values(&filters)?;
    let machines = found(sim, caller, &ids)?.into_iter();
    let fits = |machine: &&Machine| filters.hold(|name, value| has(&caller.place, machine, name, value));
    let machines: Vec<&Machine> = machines.filter(fits).collect();
    let rows: Vec<Value> = page.of(&machines).iter().map(|machine| row(sim, &caller.place, machine)).collect();
    Ok(Fields::from_iter([("TotalCount".into(), json!(machines.len())), ("InstanceSet".into(), rows.into())]))
}

fn found<'a>(sim: &'a Sim, caller: &Caller, ids: &[&str]) -> Result<Vec<&'a Machine>, Failure> {
    let parse = |text: &&str| {
        let malformed = |_| Failure::new("InvalidInstanceId.Malformed", format!("`{text}` has an invalid format."));
        InstanceId::try_from((*text).to_owned()).map_err(malformed)
    };
    let ids = ids.iter().map(parse).collect::<Result<_, _>>()?;
    let listed = sim.world.list_machines(&caller.place, &MachineFilter { ids, ..MachineFilter::default() });
    listed.map_err(|refusal| {
        if refusal == Refusal::MachineNotFound {
            return Failure::new("InvalidInstanceId.NotFound", "The instance does not exist.");
        }
        codes::failure(refusal, &sim.tencent_v3)
    })
}

fn is_filter(name: &str) -> bool {
    ["instance-id", "instance-name", "instance-state", "private-ip-address", "vpc-id", "zone"].contains(&name)
}

fn check_values(filters: &Filters<'_>) -> Result<(), Failure> {
    let is_id = |text: &&str| InstanceId::try_from((*text).to_owned()).is_ok();
    let is_address = |text: &&str| text.parse::<std::net::Ipv4Addr>().is_ok();
    if !filters.values("instance-id").unwrap_or_default().iter().all(is_id) {
        return Err(Failure::new("InvalidParameterValue.InstanceIdMalformed", "An instance id has an invalid format."));
    }
    if !filters.values("private-ip-address").unwrap_or_default().iter().all(is_address) {
        return Err(Failure::new("InvalidParameterValue.IPAddressMalformed", "An address has an invalid format."));
    }
    Ok(())
}

fn has(place: &Place, machine: &Machine, name: &str, value: &str) -> bool {
    match name {
        "instance-id" => machine.id.to_string() == value,
        "instance-name" => machine.name == value,
        "instance-state" => state(machine.status).0 == value,
        "private-ip-address" => machine.ip.is_some_and(|ip| ip.to_string() == value),
        "vpc-id" => matches!(&machine.network, Network::Vpc(vpc) if vpc.to_string() == value),
        "zone" => zone(place, machine) == value,
        _ => false,
    }
}

/// The state of a machine, and the operation that it is in the middle of. What it does without a state of its own leaves
/// it running.
fn state(status: MachineStatus) -> (&'static str, Option<&'static str>) {
    match status {
        MachineStatus::Creating => ("PENDING", Some("RunInstances")),
        MachineStatus::CreationFailed => ("LAUNCH_FAILED", None),
        MachineStatus::Stopped | MachineStatus::Faulty => ("STOPPED", None),
        MachineStatus::Returned => ("SHUTDOWN", None),
        MachineStatus::Returning => ("TERMINATING", Some("TerminateInstances")),
        MachineStatus::Rebooting => ("REBOOTING", Some("RebootInstances")),
        MachineStatus::Starting => ("STARTING", Some("StartInstances")),
        MachineStatus::Stopping => ("STOPPING", Some("StopInstances")),
        MachineStatus::Maintenance => ("SERVICE_LIVE_MIGRATE", None),
        MachineStatus::ResettingPassword => ("RUNNING", Some("ResetInstancesPassword")),
        MachineStatus::MakingImage => ("RUNNING", Some("CreateImage")),
        MachineStatus::SettingBandwidth => ("RUNNING", Some("ResetInstancesInternetMaxBandwidth")),
        MachineStatus::Formatting | MachineStatus::Reinstalling => ("RUNNING", Some("ResetInstance")),
        MachineStatus::Upgrading => ("RUNNING", Some("ResetInstancesType")),
        MachineStatus::IssuingKey => ("RUNNING", Some("AssociateInstancesKeyPairs")),
        MachineStatus::Running
        | MachineStatus::BindingDomain
        | MachineStatus::UnbindingDomain
        | MachineStatus::BindingBalancer
        | MachineStatus::UnbindingBalancer => ("RUNNING", None),
    }
}

/// How far the machine is cut off, and by what.
fn isolation(machine: &Machine) -> (&'static str, &'static str) {
    match (machine.isolation, machine.in_recycle_bin) {
        (Some(Isolation::Arrears), _) => ("EXPIRED", "ARREAR"),
        (Some(Isolation::Security), true) => ("PROTECTIVELY_ISOLATED", "MANMADE"),
        (Some(Isolation::Security), false) => ("PROTECTIVELY_ISOLATED", "NOTISOLATED"),
        (None, true) => ("NORMAL", "MANMADE"),
        (None, false) => ("NORMAL", "NOTISOLATED"),
    }
}

fn zone(place: &Place, machine: &Machine) -> String {
    format!("{}-{}", place.region, machine.zone)
}

fn row(sim: &Sim, place: &Place, machine: &Machine) -> Value {
    let (state, operation) = state(machine.status);
    let (restriction, isolated_by) = isolation(machine);
    let mut row = json!({
        "InstanceId": machine.id,
        "InstanceName": machine.name,
        "Uuid": uuid::of(&machine.id.to_string()),
        "InstanceState": state,
        "RestrictState": restriction,
        "IsolatedSource": isolated_by,
        "PrivateIpAddresses": machine.ip.into_iter().collect::<Vec<_>>(),
        "PublicIpAddresses": null,
        "LatestOperation": operation,
        "LatestOperationState": operation.map(|_| "OPERATING"),
        "LatestOperationRequestId": null,
        "LatestOperationErrorMsg": null,
        "Placement": { "Zone": zone(place, machine), "ProjectId": machine.project },
        "Tags": [],
        "CreatedTime": time::moment(machine.created_at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    if let Some(network) = network(&machine.network, sim.tencent_v3.classic_shape) {
        row["VirtualPrivateCloud"] = network;
    }
    row
}

/// The network of a machine; none if the field is left out. Subnets are not played: a VPC has one, of its own name.
fn network(network: &Network, shape: ClassicShape) -> Option<Value> {
    let cloud = |vpc: Value, subnet: &str| json!({ "VpcId": vpc, "SubnetId": subnet, "AsVpcGateway": false });
    match (network, shape) {
        (Network::Vpc(vpc), _) => Some(cloud(json!(vpc), &vpc.to_string().replacen("vpc-", "subnet-", 1))),
        (Network::Classic, ClassicShape::EmptyVpcId) => Some(cloud("".into(), "")),
        (Network::Classic, ClassicShape::NullVpcId) => Some(cloud(Value::Null, "")),
        (Network::Classic, ClassicShape::Null) => Some(Value::Null),
        (Network::Classic, ClassicShape::Absent) => None,
    }
}
