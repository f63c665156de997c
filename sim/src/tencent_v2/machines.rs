//! `DescribeInstances` (229/831).

use serde_json::{Value, json};

use super::admission::Caller;
use super::codes;
use super::envelope::{Failure, Fields};
use super::page::{self, Page};
use crate::sim::Sim;
use crate::tencent::form::Form;
use crate::tencent::regions;
use crate::world::{InstanceId, Machine, MachineFilter, MachineStatus, Network, Place, Region};

const LIST_MAXIMUM: usize = 100;

/// The number of each status. What the documents do not number is under maintenance.
const STATUSES: [(MachineStatus, i64); 22] = [
    (MachineStatus::CreationFailed, -1),
    (MachineStatus::Faulty, 1),
    (MachineStatus::Running, 2),
    (MachineStatus::Creating, 3),
    (MachineStatus::Stopped, 4),
    (MachineStatus::Returned, 5),
    (MachineStatus::Returning, 6),
    (MachineStatus::Rebooting, 7),
    (MachineStatus::Starting, 8),
    (MachineStatus::Stopping, 9),
    (MachineStatus::ResettingPassword, 10),
    (MachineStatus::Formatting, 11),
    (MachineStatus::MakingImage, 12),
    (MachineStatus::SettingBandwidth, 13),
    (MachineStatus::Reinstalling, 14),
    (MachineStatus::BindingDomain, 15),
    (MachineStatus::UnbindingDomain, 16),
    (MachineStatus::BindingBalancer, 17),
    (MachineStatus::UnbindingBalancer, 18),
    (MachineStatus::Upgrading, 19),
    (MachineStatus::IssuingKey, 20),
    (MachineStatus::Maintenance, 21),
];

pub(super) fn list(sim: &Sim, caller: &Caller, params: &Form) -> Result<Fields, Failure> {
    let page = Page::asked(params, LIST_MAXIMUM, &sim.tencent_v2)?;
    let region = sim.world.region(&caller.place);
    let filter = MachineFilter {
        ids: ids(region, params)?,
        addresses: params.addresses("lanIps")?,
        word: params.text("searchWord").map(str::to_owned),
        status: params.number("status")?.map(status).transpose()?,
        zone: params.number("zoneId")?,
        project: params.number("projectId")?,
    };
    let listed = sim.world.list_machines(&caller.place, &filter);
    let machines = listed.map_err(|refusal| codes::failure(refusal, &sim.tencent_v2))?;
    let rows: Vec<Value> = page.of(&machines).iter().map(|machine| row(sim, &caller.place, machine)).collect();
    Ok(Fields::from_iter([("totalCount".into(), json!(machines.len())), ("instanceSet".into(), rows.into())]))
}

/// Ids of either form; an old one of no machine becomes a new one of no machine.
fn ids(region: Option<&Region>, params: &Form) -> Result<Vec<InstanceId>, Failure> {
    let resolve = |text: &str| {
        let Some(number) = text.strip_prefix("qcvm").and_then(|number| number.parse::<u64>().ok()) else {
            return InstanceId::try_from(text.to_owned());
        };
        let known = region.and_then(|region| region.machines.all().find(|machine| machine.serial == number));
        known.map_or_else(|| InstanceId::try_from(format!("ins-none{number}")), |machine| Ok(machine.id.clone()))
    };
    let ids: Result<_, _> = params.array("instanceIds")?.into_iter().map(resolve).collect();
    ids.map_err(|error| Failure::parameter(error.to_string()))
}

fn status(number: i64) -> Result<MachineStatus, Failure> {
    let found = STATUSES.iter().find(|(_, known)| *known == number);
    found.map(|(status, _)| *status).ok_or_else(|| Failure::parameter("status is unknown"))
}

fn status_number(status: MachineStatus) -> i64 {
    STATUSES.iter().find(|(known, _)| *known == status).map_or(1, |(_, number)| *number)
}

fn row(sim: &Sim, place: &Place, machine: &Machine) -> Value {
    let network = match &machine.network {
        // 229/831: 0 is the classic network.
        Network::Classic => 0,
        Network::Vpc(vpc) => sim.world.region(place).and_then(|region| region.vpcs.of(vpc)).map_or(0, |vpc| vpc.serial),
    };
    json!({
        "instanceName": machine.name,
        "unInstanceId": machine.id,
        "instanceId": format!("qcvm{:08}", machine.serial),
        "lanIp": machine.ip.map(|ip| ip.to_string()).unwrap_or_default(),
        "wanIpSet": [],
        "status": status_number(machine.status),
        "Region": regions::short(&place.region),
        "zoneId": machine.zone,
        "vpcId": network,
        // Subnets are not played: a VPC has one, of its own number.
        "subnetId": network,
        "isVpcGateway": 0,
        "projectId": machine.project,
        "createTime": page::time(machine.created_at, &sim.tencent_v2),
        "statusTime": page::time(machine.status_at, &sim.tencent_v2),
    })
}
