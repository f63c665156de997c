//! Attach, detach and the list of links.

use serde_json::{Value, json};

use super::codes;
use super::envelope::{self, Fields};
use super::failure::Failure;
use super::page::Page;
use super::params::Params;
use super::settings::{BadId, EmptyLinks, Found, Settings, UnknownVpc};
use crate::clock::Millis;
use crate::sim::Sim;
use crate::world::{InstanceId, Link, LinkFilter, Network, Operation, Order, Place, Refusal, VpcId};

/// Ids in one list.
const MOST_IDS: usize = 100;

const LARGEST_PAGE: usize = 100;

/// An id of the right form that nobody gives a VPC: the longest, of one letter.
const NO_VPC: &str = "vpc-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";

/// Attaches or detaches; with a failure it is answered as done, and nothing happens.
pub(super) fn write(
    sim: &mut Sim,
    place: Place,
    operation: Operation,
    params: &Params,
    failure: Option<String>,
    now: Millis,
) -> Result<Fields, Failure> {
    let settings = &sim.alibaba;
    let refused = |refusal| codes::of_write(refusal, operation, settings);
    if params.text("InstanceId").is_none() && params.text("VpcId").is_none() {
        return Err(codes::nothing_named());
    }
    let (machine, vpc) = (params.required("InstanceId")?, params.required("VpcId")?);
    let Ok(machine) = InstanceId::try_from(machine.to_owned()) else {
        return refused(Refusal::MachineNotFound).map_or(Ok(Fields::new()), Err);
    };
    // A text that is no id of a VPC is refused in the turn of a VPC that is not there.
    let vpc = VpcId::try_from(vpc.to_owned()).or_else(|_| VpcId::try_from(NO_VPC.to_owned()));
    let vpc = vpc.map_err(|_| Failure::parameter("VpcId"))?;
    let order = Order { place, operation, vpc, machines: vec![machine], request_id: None };
    let submitted = sim.world.submit(order, failure, now);
    let refusal = submitted.err().and_then(|refusal| codes::of_write(refusal, operation, &sim.alibaba));
    refusal.map_or(Ok(Fields::new()), Err)
}

/// The machine that a write names, as far as it can be read; for noting what is in flight.
pub(super) fn named_machines(params: &Params) -> Vec<InstanceId> {
    let text = params.text("InstanceId").map(str::to_owned);
    text.and_then(|text| InstanceId::try_from(text).ok()).into_iter().collect()
}

pub(super) fn list(sim: &Sim, place: &Place, params: &Params, now: Millis) -> Result<Fields, Failure> {
    let ids = params.comma_list("InstanceId");
    let vpc = params.text("VpcId");
    if ids.is_empty() && vpc.is_none() {
        return Err(codes::nothing_named());
    }
    if ids.len() > MOST_IDS {
        let message = "The max number of InstanceIds is 100.";
        return Err(Failure::forbidden("InvalidParameter.ToManyInstanceIds", message));
    }
    let page = Page::asked(params, LARGEST_PAGE, |name| {
        Failure::forbidden(&format!("InvalidParameter.{name}"), format!("The specified parameter {name} is not valid."))
    })?;
    for id in &ids {
        check_machine(sim, place, id)?;
    }
    if let Some(vpc) = vpc {
        check_vpc(sim, place, vpc)?;
    }
    let fits = |link: &&Link| {
        vpc.is_none_or(|vpc| link.vpc.to_string() == vpc)
            && (ids.is_empty() || ids.contains(&link.machine.to_string().as_str()))
    };
    let listed = sim.world.list_links(place, &LinkFilter::default(), now);
    let links: Vec<&Link> = listed.unwrap_or_default().into_iter().filter(fits).collect();
    let rows = page.of(&links).iter().map(|link| json!({ "InstanceId": link.machine, "VpcId": link.vpc }));
    let mut fields = page.fields(links.len());
    fields.extend(shown(rows.collect(), &sim.alibaba).map(|links| ("Links".to_owned(), links)));
    Ok(fields)
}

fn check_machine(sim: &Sim, place: &Place, text: &str) -> Result<(), Failure> {
    let settings = &sim.alibaba;
    let id = InstanceId::try_from(text.to_owned()).ok();
    let machine = id.as_ref().and_then(|id| sim.world.region(place)?.machines.of(id));
    match (machine.map(|machine| &machine.network), settings.bad_id_in_list) {
        (Some(Network::Vpc(_)), _) if settings.vpc_machine_in_list == Found::Error => Err(codes::not_classic(settings)),
        (Some(_), _) | (None, BadId::LeftOut) => Ok(()),
        (None, BadId::FailsCall) => {
            let is_foreign = id.is_some_and(|id| sim.world.is_foreign(&place.account, &id));
            let refusal = if is_foreign { Refusal::MachineNotOwned } else { Refusal::MachineNotFound };
            Err(codes::of_list(refusal, settings))
        }
    }
}

fn check_vpc(sim: &Sim, place: &Place, text: &str) -> Result<(), Failure> {
    let known = VpcId::try_from(text.to_owned()).ok().and_then(|id| sim.world.region(place)?.vpcs.of(&id));
    match (known, sim.alibaba.unknown_vpc_in_list) {
        (Some(_), _) | (None, UnknownVpc::Empty) => Ok(()),
        (None, UnknownVpc::Error) => {
            Err(Failure::forbidden("InvalidVpc.NotBelong", "The specified vpc is not belong to you."))
        }
    }
}

/// The list, or what stands for an empty one.
fn shown(rows: Vec<Value>, settings: &Settings) -> Option<Value> {
    match settings.empty_links {
        EmptyLinks::Absent if rows.is_empty() => None,
        EmptyLinks::Null if rows.is_empty() => Some(Value::Null),
        EmptyLinks::List | EmptyLinks::Absent | EmptyLinks::Null => Some(envelope::list("Link", rows)),
    }
}
