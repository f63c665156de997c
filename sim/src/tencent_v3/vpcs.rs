//! VPCs: their list, their quota and what is in them.

use serde_json::{Value, json};

use super::admission::Caller;
use super::codes;
use super::envelope::{Failure, Fields};
use super::filters::{Filters, Of};
use super::page::{Documented, Page};
use super::params::Params;
use crate::clock::Millis;
use crate::sim::Sim;
use crate::tencent::time;
use crate::world::{Vpc, VpcId};

/// So many ids or types may be named in one call.
const MOST_NAMED: usize = 100;

/// The one limit that is played: linked machines of a VPC (`DescribeVpcLimits`).
const LINKS_OF_A_VPC: &str = "vpc-max-basic-network-interconnections";

/// The id of a VPC. Whether it exists is for the world to say.
pub(super) fn id(text: &str) -> Result<VpcId, Failure> {
    VpcId::try_from(text.to_owned()).map_err(|_| Failure::malformed(text))
}

/// 215/15778
pub(super) fn list(sim: &Sim, caller: &Caller, params: &Params) -> Result<Fields, Failure> {
    let page = Page::asked(params, Documented::Texts, &sim.tencent_v3)?;
    let ids = named(params, "VpcIds")?;
    let filters = Filters::asked(params, Of::Vpc, is_filter)?;
    if ids.is_some() && filters.is_some() {
        return Err(Failure::new("InvalidParameter.Coexist", "`VpcIds` and `Filters` cannot be given together."));
    }
    let filters = filters.unwrap_or_default();
    let ids = ids.or_else(|| filters.values("vpc-id")).unwrap_or_default();
    let vpcs = found(sim, caller, &ids)?;
    let vpcs: Vec<&Vpc> = vpcs.into_iter().filter(|vpc| filters.hold(|name, value| has(vpc, name, value))).collect();
    let rows: Vec<Value> = page.of(&vpcs).iter().map(|vpc| row(sim, vpc)).collect();
    Ok(Fields::from_iter([("TotalCount".into(), json!(vpcs.len())), ("VpcSet".into(), rows.into())]))
}

/// The limit is the general one: a VPC's own, raised by ticket, shows nowhere.
pub(super) fn limits(sim: &Sim, params: &Params) -> Result<Fields, Failure> {
    let types = params.required_texts("LimitTypes")?;
    expect_few("LimitTypes", &types)?;
    if types.iter().any(|wanted| *wanted != LINKS_OF_A_VPC) {
        return Err(Failure::wrong_value("LimitTypes"));
    }
    let value = sim.world.rules.limits.links_per_vpc;
    let rows: Vec<Value> =
        types.into_iter().map(|wanted| json!({ "LimitType": wanted, "LimitValue": value })).collect();
    Ok(Fields::from_iter([("VpcLimitSet".into(), rows.into())]))
}

/// intl 215/36076. The counters of things that are not played are left out rather than made up.
pub(super) fn dashboard(sim: &Sim, caller: &Caller, params: &Params, now: Millis) -> Result<Fields, Failure> {
    let ids = params.required_texts("VpcIds")?;
    expect_few("VpcIds", &ids)?;
    let counts = sim.world.count_links(&caller.place, now);
    let row = |vpc: &Vpc| json!({ "VpcId": vpc.id, "Classiclink": counts.get(&vpc.id).copied().unwrap_or(0) });
    let rows: Vec<Value> = found(sim, caller, &ids)?.into_iter().map(row).collect();
    Ok(Fields::from_iter([("ResourceDashboardSet".into(), rows.into())]))
}

fn named<'a>(params: &'a Params, name: &str) -> Result<Option<Vec<&'a str>>, Failure> {
    let texts = params.texts(name)?.filter(|texts| !texts.is_empty());
    if let Some(texts) = &texts {
        expect_few(name, texts)?;
    }
    Ok(texts)
}

fn expect_few(name: &str, texts: &[&str]) -> Result<(), Failure> {
    if texts.len() <= MOST_NAMED { Ok(()) } else { Err(Failure::too_much(name, MOST_NAMED)) }
}

fn found<'a>(sim: &'a Sim, caller: &Caller, ids: &[&str]) -> Result<Vec<&'a Vpc>, Failure> {
    let ids: Vec<VpcId> = ids.iter().map(|text| id(text)).collect::<Result<_, _>>()?;
    sim.world.list_vpcs(&caller.place, &ids).map_err(|refusal| codes::failure(refusal, &sim.tencent_v3))
}

fn is_filter(name: &str) -> bool {
    ["vpc-id", "vpc-name", "cidr-block", "is-default", "tag-key"].contains(&name) || name.starts_with("tag:")
}

fn has(vpc: &Vpc, name: &str, value: &str) -> bool {
    match name {
        "vpc-id" => vpc.id.to_string() == value,
        "vpc-name" => vpc.name == value,
        "cidr-block" => vpc.cidr.to_string() == value,
        // No VPC here is a default one.
        "is-default" => value == "false",
        // Nothing here has tags.
        _ => false,
    }
}

fn row(sim: &Sim, vpc: &Vpc) -> Value {
    json!({
        "VpcId": vpc.id,
        "VpcName": vpc.name,
        "CidrBlock": vpc.cidr.to_string(),
        "AssistantCidrSet": [],
        "IsDefault": false,
        "CreatedTime": time::written(vpc.created_at, sim.tencent_v3.created_time_zone),
        "TagSet": [],
    })
}
