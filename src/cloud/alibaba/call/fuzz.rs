//! Reads an answer as if a call had brought it, for the fuzzer.

use serde::de::IgnoredAny;

use super::*;
use crate::cloud::{
    alibaba::wire::{LinkItem, LinkPage, MachinePage, VpcItem},
    clean,
};

/// Reads `body` as the answer to each call.
pub(in crate::cloud) fn fuzz(body: &[u8]) {
    let _ = read::<IgnoredAny>(Action::Attach, body);
    let rows = |page: LinkPage| page.items().iter().map(LinkItem::row).collect::<Vec<_>>();
    let _ = read::<LinkPage>(Action::ListLinks, body).map(rows);
    let machines = |page: MachinePage| page.items().iter().map(|item| (item.id(), item.machine())).collect::<Vec<_>>();
    let _ = read::<MachinePage>(Action::ListMachines, body).map(machines);
    let _ = read::<VpcItem>(Action::ReadVpc, body).map(|vpc| (vpc.id(), vpc.cidr().to_owned()));
}

/// Reads `body` as the answer to a call of `action`. An error is checked for what an error must never be.
fn read<T: DeserializeOwned>(action: Action, body: &[u8]) -> Option<T> {
    let endpoint = Endpoint::new("ecs", "https://ecs.aliyuncs.com", "/").ok()?;
    let keys = clean::fuzz::keys();
    let call = Call { endpoint: &endpoint, action, region: "cn-hangzhou", keys: &keys };
    let answer = Answer { status: 200, body: body.to_vec(), date: None, retry_after: None };
    clean::fuzz::judge(call.read(&answer).0.map_err(|error| call.clean(error, clean::fuzz::SIGNATURE)))
}
