//! VPCs: their list, and their old-form ids such as `gz_vpc_245`.

use serde_json::{Value, json};

use super::admission::Caller;
use super::codes;
use super::envelope::{Failure, Fields};
use super::page::{self, Page};
use crate::clock::Millis;
use crate::sim::Sim;
use crate::tencent::form::Form;
use crate::tencent::regions;
use crate::world::{Place, Region, Vpc, VpcId};

/// The VPC that a call names by its old or its new id. Whether it exists is for the world to say.
pub(super) fn resolve(sim: &Sim, place: &Place, text: &str) -> Result<VpcId, Failure> {
    let number = text.strip_prefix(&old_prefix(place)).and_then(|number| number.parse::<u64>().ok());
    let known = |number| sim.world.region(place)?.vpcs.all().find(|vpc| vpc.serial == number);
    let id = match number {
        None => VpcId::try_from(text.to_owned()),
        // An old id of no VPC becomes a new id of no VPC, so that it is refused like any other.
        Some(number) => {
            known(number).map_or_else(|| VpcId::try_from(format!("vpc-none{number}")), |vpc| Ok(vpc.id.clone()))
        }
    };
    id.map_err(|error| Failure::parameter(error.to_string()))
}

/// The old id of a VPC.
pub(super) fn old_id(region: Option<&Region>, place: &Place, id: &VpcId) -> String {
    let serial = region.and_then(|region| region.vpcs.of(id)).map_or(0, |vpc| vpc.serial);
    format!("{}{serial}", old_prefix(place))
}

pub(super) fn list(sim: &Sim, caller: &Caller, params: &Form, now: Millis) -> Result<Fields, Failure> {
    let page = Page::asked(params, sim.tencent_v2.vpc_list_maximum, &sim.tencent_v2)?;
    let id = params.text("vpcId").map(|text| resolve(sim, &caller.place, text)).transpose()?;
    let listed = sim.world.list_vpcs(&caller.place, id.as_slice());
    let mut vpcs = listed.map_err(|refusal| codes::failure(refusal, &sim.tencent_v2))?;
    let name = params.text("vpcName").unwrap_or_default();
    vpcs.retain(|vpc| vpc.name.contains(name));
    order(&mut vpcs, params)?;
    let counts = sim.world.count_links(&caller.place, now);
    let row = |vpc: &&Vpc| row(sim, &caller.place, vpc, counts.get(&vpc.id).copied().unwrap_or(0));
    let rows: Vec<Value> = page.of(&vpcs).iter().map(row).collect();
    Ok(Fields::from_iter([("totalCount".into(), json!(vpcs.len())), ("data".into(), rows.into())]))
}

/// 215/1372. The counters of things that are not played (subnets, gateways, peers, …) are left out rather than made up.
fn row(sim: &Sim, place: &Place, vpc: &Vpc, links: usize) -> Value {
    json!({
        "vpcId": old_id(sim.world.region(place), place, &vpc.id),
        "unVpcId": vpc.id,
        "vpcName": vpc.name,
        "cidrBlock": vpc.cidr.to_string(),
        "createTime": page::time(vpc.created_at, &sim.tencent_v2),
        "classicLinkNum": links,
    })
}

fn order(vpcs: &mut [&Vpc], params: &Form) -> Result<(), Failure> {
    let is_descending = page::is_descending(params, "asc")?;
    match params.text("orderField") {
        None => return Ok(()),
        Some("createTime") => vpcs.sort_by_key(|vpc| (vpc.created_at, vpc.serial)),
        Some("vpcName") => vpcs.sort_by(|one, other| one.name.cmp(&other.name)),
        Some(other) => {
            return Err(Failure::parameter(format!("orderField is {other}, neither createTime nor vpcName")));
        }
    }
    if is_descending {
        vpcs.reverse();
    }
    Ok(())
}

fn old_prefix(place: &Place) -> String {
    format!("{}_vpc_", regions::short(&place.region))
}
