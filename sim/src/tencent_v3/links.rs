//! Attach, detach, the list of links and the state of tasks.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::admission::Caller;
use super::codes;
use super::envelope::{Failure, Fields};
use super::filters::{Filters, Of};
use super::page::{Documented, Page};
use super::params::Params;
use super::settings::{Presence, Settings};
use super::vpcs;
use crate::clock::Millis;
use crate::sim::Sim;
use crate::world::{InstanceId, Link, LinkFilter, Operation, Order, Outcome, Refusal, Task};

/// The machines that a write names, as far as they can be read; for noting what is in flight.
pub(super) fn named_machines(params: &Params) -> Vec<InstanceId> {
    let texts = params.texts("InstanceIds").ok().flatten().unwrap_or_default();
    texts.into_iter().filter_map(|text| InstanceId::try_from(text.to_owned()).ok()).collect()
}

/// Attaches or detaches. The answer has no field of its own: the id of the request is that of the task (215/59037). Of a
/// batch that was done in part it says nothing.
pub(super) fn write(
    sim: &mut Sim,
    caller: &Caller,
    (operation, request_id): (Operation, &str),
    params: &Params,
    failure: Option<String>,
    now: Millis,
) -> Result<Fields, Failure> {
    let vpc = vpcs::id(params.required_text("VpcId")?)?;
    let machines = machines(params, sim.world.rules.limits.instances_per_call)?;
    let request_id = Some(request_id.to_owned());
    let order = Order { place: caller.place.clone(), operation, vpc, machines, request_id };
    let submitted = sim.world.submit(order, failure, now);
    submitted.map(|_| Fields::new()).map_err(|refusal| codes::failure(refusal, &sim.tencent_v3))
}

pub(super) fn list(sim: &Sim, caller: &Caller, params: &Params, now: Millis) -> Result<Fields, Failure> {
    let page = Page::asked(params, Documented::Texts, &sim.tencent_v3)?;
    let is_known = |name: &str| ["vpc-id", "vm-ip"].contains(&name);
    let filters = Filters::asked(params, Of::Vpc, is_known)?.unwrap_or_default();
    let links = match filter(&filters)? {
        None => Vec::new(),
        Some(filter) => found(sim, caller, &filter, now)?,
    };
    let row = |link: &&Link| json!({ "VpcId": link.vpc, "InstanceId": link.machine });
    let rows: Vec<Value> = page.of(&links).iter().map(row).collect();
    let total = json!(links.len());
    Ok(Fields::from_iter([("TotalCount".into(), total), ("ClassicLinkInstanceSet".into(), rows.into())]))
}

pub(super) fn task(sim: &Sim, caller: &Caller, params: &Params, now: Millis) -> Result<Fields, Failure> {
    let id = params.required_text("TaskId")?;
    let number = sim.world.task_of_request(id).ok_or(Refusal::TaskNotFound);
    let task = number.and_then(|number| sim.world.look_at_task(&caller.place, number, now));
    let task = task.map_err(|refusal| codes::failure(refusal, &sim.tencent_v3))?;
    let (status, output) = state(task, &sim.tencent_v3);
    Ok(Fields::from_iter([
        ("Status".into(), status.into()),
        ("Output".into(), output.into()),
        // For special cases only, of which links are none (215/59037).
        ("Result".into(), Value::Null),
    ]))
}

/// The world's filter; none if nothing can fit it. A text that is no address is that of no machine: the sample of the
/// document has one.
fn filter(filters: &Filters<'_>) -> Result<Option<LinkFilter>, Failure> {
    let vpcs = filters.values("vpc-id").unwrap_or_default().into_iter().map(vpcs::id).collect::<Result<_, _>>()?;
    let wanted = filters.values("vm-ip");
    let addresses: Vec<Ipv4Addr> = wanted.iter().flatten().filter_map(|text| text.parse().ok()).collect();
    let is_possible = wanted.is_none() || !addresses.is_empty();
    Ok(is_possible.then_some(LinkFilter { vpcs, addresses, link_id: None }))
}

fn found<'a>(sim: &'a Sim, caller: &Caller, filter: &LinkFilter, now: Millis) -> Result<Vec<&'a Link>, Failure> {
    match sim.world.list_links(&caller.place, filter, now) {
        Ok(links) => Ok(links),
        // v2 documents a code for this; 3.0 does not (215/15776).
        Err(Refusal::AddressNotFound) => Ok(Vec::new()),
        Err(refusal) => Err(codes::failure(refusal, &sim.tencent_v3)),
    }
}

fn machines(params: &Params, most: Option<usize>) -> Result<Vec<InstanceId>, Failure> {
    let texts = params.required_texts("InstanceIds")?;
    if let Some(most) = most.filter(|most| texts.len() > *most) {
        return Err(Failure::too_much("InstanceIds", most));
    }
    let mut seen = HashSet::new();
    if !texts.iter().all(|text| seen.insert(*text)) {
        return Err(Failure::wrong_value("InstanceIds"));
    }
    let parse = |text: &str| InstanceId::try_from(text.to_owned()).map_err(|_| Failure::malformed(text));
    texts.into_iter().map(parse).collect()
}

/// 215/59037
fn state(task: &Task, settings: &Settings) -> (&'static str, String) {
    match (&task.outcome, settings.task_output) {
        (Outcome::Succeeded, _) => ("SUCCESS", "SUCCESS".to_owned()),
        (Outcome::Running, _) => ("RUNNING", String::new()),
        (Outcome::Failed(_), Presence::Absent) => ("FAILED", String::new()),
        (Outcome::Failed(why), Presence::Present) => ("FAILED", why.clone()),
    }
}
