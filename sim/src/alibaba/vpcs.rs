//! VPCs: their attributes, their list, and the switch of ClassicLink.

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::codes;
use super::envelope::{Fields, dry_run, list as wrapped};
use super::failure::Failure;
use super::page::{self, Page};
use super::params::Params;
use crate::sim::Sim;
use crate::world::{Place, SwitchRefusal, Vpc, VpcId, VpcStatus};

const LARGEST_PAGE: usize = 50;

/// Ids in one list.
const MOST_IDS: usize = 20;

pub(super) fn attribute(sim: &Sim, place: &Place, params: &Params) -> Result<Fields, Failure> {
    let text = params.required("VpcId")?;
    let id = VpcId::try_from(text.to_owned()).ok();
    let vpc = id.as_ref().and_then(|id| sim.world.region(place)?.vpcs.of(id)).ok_or_else(|| {
        let is_foreign = id.as_ref().and_then(|id| sim.world.vpc_home(id)).is_some_and(|(home, _)| home != place);
        if is_foreign {
            return Failure::bad("Forbidden.VpcNotFound", "Specified VPC can not be found.");
        }
        codes::of_switch(SwitchRefusal::VpcNotFound, &sim.alibaba)
    })?;
    if params.is_set("DryRun") {
        return Err(dry_run(&sim.alibaba));
    }
    let mut fields = row(vpc, place);
    fields.insert("ClassicLinkEnabled".into(), vpc.classic_link_enabled.into());
    Ok(fields)
}

/// The list, which does not say whether ClassicLink is on.
pub(super) fn list(sim: &Sim, place: &Place, params: &Params) -> Result<Fields, Failure> {
    let ids = params.comma_list("VpcId");
    if ids.len() > MOST_IDS {
        return Err(Failure::bad("InvalidVpcIdNumber.NotSupported", "The number of VpcId is not supported."));
    }
    let page = Page::asked(params, LARGEST_PAGE, Failure::parameter)?;
    if params.is_set("DryRun") {
        return Err(dry_run(&sim.alibaba));
    }
    let listed = sim.world.list_vpcs(place, &[]).unwrap_or_default();
    let fits = |vpc: &&Vpc| ids.is_empty() || ids.contains(&vpc.id.to_string().as_str());
    let vpcs: Vec<&Vpc> = listed.into_iter().filter(fits).collect();
    let rows = page.of(&vpcs).iter().map(|vpc| Value::Object(row(vpc, place)));
    let mut fields = page.fields(vpcs.len());
    fields.insert("Vpcs".into(), wrapped("Vpc", rows.collect()));
    Ok(fields)
}

/// Switches ClassicLink on or off.
pub(super) fn switch(sim: &mut Sim, place: &Place, params: &Params, on: bool) -> Result<Fields, Failure> {
    let text = params.required("VpcId")?.to_owned();
    let switched = VpcId::try_from(text)
        .map_err(|_| SwitchRefusal::VpcNotFound)
        .and_then(|id| sim.world.switch_classic_link(place, &id, on));
    switched.map(|()| Fields::new()).map_err(|refusal| codes::of_switch(refusal, &sim.alibaba))
}

fn row(vpc: &Vpc, place: &Place) -> Fields {
    let status = match vpc.status {
        VpcStatus::Available => "Available",
        VpcStatus::Pending => "Pending",
    };
    let secondary = vpc.secondary_cidrs.iter().map(|cidr: &Ipv4Net| json!(cidr));
    let fields = [
        ("VpcId", json!(vpc.id)),
        ("VpcName", json!(vpc.name)),
        ("RegionId", json!(place.region)),
        ("OwnerId", place.account.parse::<i64>().map_or_else(|_| json!(place.account), Value::from)),
        ("Status", json!(status)),
        ("CidrBlock", json!(vpc.cidr)),
        ("SecondaryCidrBlocks", wrapped("SecondaryCidrBlock", secondary.collect())),
        ("CreationTime", json!(page::second(vpc.created_at))),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
