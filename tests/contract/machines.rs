//! Lists of machines: each one asked for is described, or known to be absent, or said to be unknown.

use std::collections::BTreeSet;

use classiclink::{
    cloud::{Action, Kind},
    link::{InstanceId, Machine, MachineState, Network},
};
use serde_json::json;

use crate::{api::Api, cloud::Cloud};

on_each_api! {
    each: [
        every_machine_is_listed_however_many_are_asked_for,
        a_machine_has_its_address_its_network_and_its_state,
        a_machine_without_an_address_is_listed_without_one,
        a_machine_that_does_not_exist_is_absent_and_the_others_are_answered,
        an_id_that_makes_the_list_fail_is_found_and_the_others_are_answered,
        many_bad_ids_are_each_found,
        a_list_that_fails_for_all_is_an_error_and_is_not_halved,
    ],
    tencent: [a_returned_machine_is_returning_until_it_is_destroyed],
    alibaba: [a_machine_in_the_recycle_bin_is_returning]
}

async fn every_machine_is_listed_however_many_are_asked_for(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let ids = cloud.crowd(&vpc, 0, 250).await;

    let list = cloud.provider().machines(&ids).await.unwrap();

    assert!(list.unknown.is_empty());
    assert_eq!(list.found.keys().collect::<BTreeSet<_>>(), ids.iter().collect());
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(list.found[id], linkable(&format!("10.70.{}.{}", number / 200, number % 200 + 1)));
    }
    assert_eq!(cloud.calls_of(Action::ListMachines).await, 3);
}

async fn a_machine_has_its_address_its_network_and_its_state(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let status = async |status: &str| cloud.machine_that(json!({ "ip": "10.66.0.8", "status": status })).await;
    let (running, stopped, creating) = (status("running").await, status("stopped").await, status("creating").await);
    let inside = cloud.machine_that(json!({ "ip": "10.1.0.9", "network": "vpc", "vpcId": vpc.as_str() })).await;
    let shapes = match cloud.api {
        // How a classic machine looks is documented nowhere.
        Api::V3 => ["empty-vpc-id", "null-vpc-id", "null", "absent"].as_slice(),
        Api::V2 | Api::Alibaba => &["empty-vpc-id"],
    };
    for shape in shapes {
        cloud.set(json!({ "tencentV3": { "classicShape": shape } })).await;
        let ids = [&running, &stopped, &creating, &inside].map(Clone::clone).into();

        let list = cloud.provider().machines(&ids).await.unwrap();

        let expected = linkable("10.66.0.8");
        assert_eq!(list.found[&running], expected, "{shape}");
        assert_eq!(list.found[&stopped], expected, "{shape}");
        assert_eq!(list.found[&creating], Machine { state: MachineState::NotReady, ..expected }, "{shape}");
        assert_eq!(list.found[&inside], Machine { network: Network::Vpc, ..linkable("10.1.0.9") }, "{shape}");
        assert!(list.unknown.is_empty());
    }
}

async fn a_machine_without_an_address_is_listed_without_one(cloud: &Cloud) {
    let machine = cloud.machine_that(json!({})).await;
    let list = cloud.provider().machines(&only(&machine)).await.unwrap();
    assert!(list.found[&machine].addresses.is_empty());
    assert!(list.unknown.is_empty());
}

async fn a_machine_that_does_not_exist_is_absent_and_the_others_are_answered(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, 99).await;
    let nobody = cloud.api.machine(44_444);
    let ids: BTreeSet<_> = there.iter().cloned().chain([nobody.clone()]).collect();
    for setting in ["left-out", "error"] {
        cloud.set(json!({ "switches": { "unknownMachine": setting } })).await;
        let list = cloud.provider().machines(&ids).await.unwrap();
        assert_eq!(list.found.len(), there.len(), "{setting}");
        assert!(!list.found.contains_key(&nobody) && list.unknown.is_empty(), "{setting}: {:?}", list.unknown);
    }
}

async fn an_id_that_makes_the_list_fail_is_found_and_the_others_are_answered(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let mut there = cloud.crowd(&vpc, 0, 100).await;
    let bad = there.iter().nth(37).unwrap().clone();
    cloud.strike_at(&bad, malformed(cloud)).await;

    let list = cloud.provider().machines(&there).await.unwrap();

    there.remove(&bad);
    assert_eq!(list.found.keys().collect::<BTreeSet<_>>(), there.iter().collect());
    assert_eq!(list.unknown.keys().collect::<Vec<_>>(), [&bad]);
    let calls = cloud.calls_of(Action::ListMachines).await;
    assert!((8..=15).contains(&calls), "found by halving, in {calls} calls");
}

async fn many_bad_ids_are_each_found(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, 100).await;
    let bad: BTreeSet<_> = there.iter().step_by(9).cloned().collect();
    for machine in &bad {
        cloud.strike_at(machine, malformed(cloud)).await;
    }

    let list = cloud.provider().machines(&there).await.unwrap();

    assert_eq!(list.unknown.keys().collect::<BTreeSet<_>>(), bad.iter().collect());
    assert_eq!(list.found.keys().collect::<BTreeSet<_>>(), there.difference(&bad).collect());
    let calls = cloud.calls_of(Action::ListMachines).await;
    assert!(calls < 200, "fewer calls than twice the ids: {calls}");
}

async fn a_list_that_fails_for_all_is_an_error_and_is_not_halved(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let ids = cloud.crowd(&vpc, 0, 100).await;
    let internal = cloud.api.of(
        json!({ "code": 6000, "message": "server error" }),
        json!({ "code": "InternalServerError" }),
        json!({ "code": "InternalError", "httpStatus": 500 }),
    );
    cloud.strike(Action::ListMachines, json!({ "answer": internal })).await;
    assert_eq!(cloud.provider().machines(&ids).await, Err(Kind::Transient));
    assert_eq!(cloud.calls_of(Action::ListMachines).await, 1);
}

async fn a_returned_machine_is_returning_until_it_is_destroyed(cloud: &Cloud) {
    for status in ["returned", "returning"] {
        cloud.set(json!({ "switches": { "recycleBinStatus": status } })).await;
        let machine = cloud.machine("10.66.0.7").await;
        let provider = cloud.provider();
        cloud.befalls(&machine, "return", json!({})).await;
        let list = provider.machines(&only(&machine)).await.unwrap();
        assert_eq!(list.found[&machine].state, MachineState::Returning, "{status}");
        cloud.befalls(&machine, "destroy", json!({})).await;
        assert_eq!(provider.machines(&only(&machine)).await, Ok(classiclink::cloud::MachineList::default()));
    }
}

async fn a_machine_in_the_recycle_bin_is_returning(cloud: &Cloud) {
    let machine = cloud.machine("10.66.0.7").await;
    cloud.befalls(&machine, "locks", json!({ "locks": ["recycling"] })).await;
    let list = cloud.provider().machines(&only(&machine)).await.unwrap();
    assert_eq!(list.found[&machine].state, MachineState::Returning);
    cloud.befalls(&machine, "locks", json!({ "locks": ["financial"] })).await;
    let list = cloud.provider().machines(&only(&machine)).await.unwrap();
    assert_eq!(list.found[&machine].state, MachineState::Linkable);
}

/// What a list says to an id that it does not take.
fn malformed(cloud: &Cloud) -> serde_json::Value {
    let answer = cloud.api.of(
        json!({ "code": 4000, "message": "an id is malformed" }),
        json!({ "code": "InvalidInstanceId.Malformed", "message": "an id is malformed" }),
        json!({ "code": "InvalidInstanceId.NotBelong", "httpStatus": 403 }),
    );
    json!({ "answer": answer })
}

fn only(machine: &InstanceId) -> BTreeSet<InstanceId> {
    BTreeSet::from([machine.clone()])
}

fn linkable(ip: &str) -> Machine {
    Machine {
        addresses: vec![ip.parse().unwrap()],
        network: Network::Classic,
        state: MachineState::Linkable,
        lock: None,
    }
}
