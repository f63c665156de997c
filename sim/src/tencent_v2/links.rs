//! Attach, detach, the list of links and the state of tasks.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::admission::Caller;
use super::envelope::{Failure, Fields};
use super::page::{self, Page};
use super::settings::{Presence, Settings, TaskData, TotalCount, VpcIdField};
use super::{codes, vpcs};
use crate::clock::Millis;
use crate::sim::Sim;
use crate::tencent::form::Form;
use crate::world::{InstanceId, Link, LinkFilter, Machine, Operation, Order, Outcome, Region, Task};

/// 215/2112
const LIST_MAXIMUM: usize = 50;

/// The machines that a write names, as far as they can be read; for noting what is in flight.
pub(super) fn named_machines(params: &Form) -> Vec<InstanceId> {
    let texts = params.array("instanceIds").unwrap_or_default();
    texts.into_iter().filter_map(|text| InstanceId::try_from(text.to_owned()).ok()).collect()
}

/// Attaches or detaches; `failure` makes the task fail.
pub(super) fn write(
    sim: &mut Sim,
    caller: &Caller,
    operation: Operation,
    params: &Form,
    failure: Option<String>,
    now: Millis,
) -> Result<Fields, Failure> {
    let machines = machines(params, sim.world.rules.limits.instances_per_call)?;
    let vpc = vpcs::resolve(sim, &caller.place, params.required("vpcId")?)?;
    let order = Order { place: caller.place.clone(), operation, vpc, machines, request_id: None };
    let submitted = sim.world.submit(order, failure, now);
    let receipt = submitted.map_err(|refusal| codes::failure(refusal, &sim.tencent_v2))?;
    match receipt.partly_refused {
        None => Ok(Fields::from_iter([("taskId".into(), json!(receipt.task))])),
        Some(refusal) => Err(Failure::new(5400, format!("done in part: {refusal}"))),
    }
}

pub(super) fn list(sim: &Sim, caller: &Caller, params: &Form, now: Millis) -> Result<Fields, Failure> {
    let page = Page::asked(params, LIST_MAXIMUM, &sim.tencent_v2)?;
    let filter = LinkFilter {
        vpcs: params
            .text("vpcId")
            .map(|text| vpcs::resolve(sim, &caller.place, text))
            .transpose()?
            .into_iter()
            .collect(),
        addresses: params.address("lanIp")?.into_iter().collect(),
        link_id: params.text("classicLinkId").map(str::to_owned),
    };
    let listed = sim.world.list_links(&caller.place, &filter, now);
    let mut links = listed.map_err(|refusal| codes::failure(refusal, &sim.tencent_v2))?;
    order(&mut links, params)?;
    let rows: Vec<Value> = page.of(&links).iter().map(|link| row(sim, caller, link)).collect();
    let total = match sim.tencent_v2.total_count {
        TotalCount::Int => json!(links.len()),
        TotalCount::String => json!(links.len().to_string()),
    };
    Ok(Fields::from_iter([("totalCount".into(), total), ("data".into(), rows.into())]))
}

pub(super) fn task(sim: &Sim, caller: &Caller, params: &Form, now: Millis) -> Result<Fields, Failure> {
    let id = params.required_number("taskId")?;
    let found = sim.world.look_at_task(&caller.place, id, now);
    let task = found.map_err(|refusal| codes::failure(refusal, &sim.tencent_v2))?;
    let state = state(task, &sim.tencent_v2);
    let data = match sim.tencent_v2.task_data {
        TaskData::Object => state,
        TaskData::Array => json!([state]),
    };
    Ok(Fields::from_iter([("data".into(), data)]))
}

fn machines(params: &Form, most: Option<usize>) -> Result<Vec<InstanceId>, Failure> {
    let texts = params.array("instanceIds")?;
    if texts.is_empty() || most.is_some_and(|most| texts.len() > most) {
        return Err(Failure::parameter("instanceIds is missing or has too many members"));
    }
    let mut seen = HashSet::new();
    if !texts.iter().all(|text| seen.insert(*text)) {
        return Err(Failure::parameter("instanceIds has a member twice"));
    }
    let parse =
        |text: &str| InstanceId::try_from(text.to_owned()).map_err(|error| Failure::parameter(error.to_string()));
    texts.into_iter().map(parse).collect()
}

fn order(links: &mut [&Link], params: &Form) -> Result<(), Failure> {
    let is_descending = page::is_descending(params, "desc")?;
    match params.text("orderField") {
        None => {}
        Some("createTime") => {
            links.sort_by_key(|link| (link.since, link.serial));
            if is_descending {
                links.reverse();
            }
        }
        Some(other) => return Err(Failure::parameter(format!("orderField is {other}, not createTime"))),
    }
    Ok(())
}

fn row(sim: &Sim, caller: &Caller, link: &Link) -> Value {
    let region = sim.world.region(&caller.place);
    let vpc = link.vpc.to_string();
    let mut row = Fields::new();
    row.insert("vpcId".into(), vpcs::old_id(region, &caller.place, &link.vpc).into());
    if sim.tencent_v2.vpc_id_field != VpcIdField::UnVpcId {
        row.insert("uniqVpcId".into(), vpc.clone().into());
    }
    if sim.tencent_v2.vpc_id_field != VpcIdField::UniqVpcId {
        row.insert("unVpcId".into(), vpc.into());
    }
    row.insert("classicLinkId".into(), link.id().into());
    row.insert("lanIp".into(), link.recorded_ip.to_string().into());
    row.insert("instanceId".into(), link.machine.to_string().into());
    row.insert("instanceName".into(), machine(region, &link.machine).map_or("", |it| &it.name).into());
    row.insert("createTime".into(), page::time(link.since, &sim.tencent_v2));
    row.into()
}

fn machine<'a>(region: Option<&'a Region>, id: &InstanceId) -> Option<&'a Machine> {
    region.and_then(|region| region.machines.of(id))
}

/// 215/5094
fn state(task: &Task, settings: &Settings) -> Value {
    match (&task.outcome, settings.task_output) {
        (Outcome::Succeeded, _) => json!({ "status": 0 }),
        (Outcome::Running, _) => json!({ "status": 2 }),
        (Outcome::Failed(_), Presence::Absent) => json!({ "status": 1 }),
        (Outcome::Failed(why), Presence::Present) => {
            json!({ "status": 1, "output": { "errorCode": 5100, "errorMsg": why } })
        }
    }
}
