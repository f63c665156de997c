//! Which regions there are.

use super::action::Action;
use super::codes;
use super::failure::Failure;
use super::params::Params;
use crate::sim::Sim;
use crate::world::Place;

/// Those that once had the classic network, and the larger of the others.
const NAMES: [&str; 20] = [
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-huhehaote",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-chengdu",
    "cn-hongkong",
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-south-1",
    "us-east-1",
    "us-west-1",
    "eu-west-1",
    "eu-central-1",
    "me-east-1",
];

/// Where a call goes. A region that no list has is known all the same once something is in it.
pub(super) fn place(sim: &Sim, account: &str, action: Action, params: &Params) -> Result<Place, Failure> {
    let region = params.required("RegionId")?;
    let is_known = NAMES.contains(&region) || sim.world.places().any(|(place, _)| place.region == region);
    if is_known {
        return Ok(Place { account: account.to_owned(), region: region.to_owned() });
    }
    Err(codes::unknown_region(action, &sim.alibaba))
}
