//! Lists of links, VPCs and machines.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::*;

async fn attach_all(cloud: &Cloud) {
    for machine in ["ins-test0001", "ins-test0002", "ins-test0003", "ins-test0004", "ins-test0005"] {
        cloud.ok(ATTACH, &[("vpcId", "vpc-test0001"), ("instanceIds.0", machine)]).await;
    }
}

fn machines(answer: &Value) -> Vec<&str> {
    answer["data"].as_array().unwrap().iter().map(|row| row["instanceId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn links_are_paged_in_the_order_in_which_they_were_made() {
    let cloud = Cloud::start().await;
    attach_all(&cloud).await;
    let page = cloud.ok(LINKS, &[("offset", "1"), ("limit", "2")]).await;
    assert_eq!(page["totalCount"], "5");
    assert_eq!(machines(&page), ["ins-test0002", "ins-test0003"]);
    let beyond = cloud.ok(LINKS, &[("offset", "9")]).await;
    assert_eq!(machines(&beyond), Vec::<&str>::new());
}

#[tokio::test]
async fn a_limit_above_the_maximum_is_refused_or_clamped() {
    let cloud = Cloud::start().await;
    for (action, above) in [(LINKS, "51"), (MACHINES, "101"), (VPCS, "101")] {
        assert_eq!(cloud.refusal(action, &[("limit", above)]).await, named(4000, ""));
    }
    cloud.set(json!({"tencentV2": {"limitAboveMaximum": "clamped"}})).await;
    cloud.ok(LINKS, &[("limit", "51")]).await;
    assert_eq!(cloud.refusal(LINKS, &[("limit", "many")]).await, named(4000, ""));
}

#[tokio::test]
async fn links_can_be_sorted_by_time_and_shuffled() {
    let cloud = Cloud::start().await;
    attach_all(&cloud).await;
    let sorted = cloud.ok(LINKS, &[("orderField", "createTime")]).await;
    assert_eq!(machines(&sorted)[0], "ins-test0005");
    cloud.switch("listOrder", "random").await;
    let mut orders = HashSet::new();
    for _ in 0..40 {
        orders.insert(machines(&cloud.ok(LINKS, &[]).await).join(" "));
    }
    assert!(orders.len() > 1, "forty lists in the same order");
}

#[tokio::test]
async fn links_are_found_by_vpc_by_id_and_by_address() {
    let cloud = Cloud::start().await;
    attach_all(&cloud).await;
    let of_other = cloud.ok(LINKS, &[("vpcId", "vpc-test0002")]).await;
    assert_eq!((&of_other["totalCount"], &of_other["data"]), (&json!("0"), &json!([])));
    let by_ip = cloud.ok(LINKS, &[("lanIp", "10.66.0.4")]).await;
    assert_eq!(machines(&by_ip), ["ins-test0004"]);
    let id = by_ip["data"][0]["classicLinkId"].as_str().unwrap();
    assert_eq!(machines(&cloud.ok(LINKS, &[("classicLinkId", id)]).await), ["ins-test0004"]);
}

#[tokio::test]
async fn a_filter_by_address_compares_the_recorded_or_the_present_one() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.post("/machines/ins-test0001/change-ip", json!({"ip": "10.66.9.9"})).await;
    cloud.switch("unknownAddressInList", "empty").await;
    for (switch, hit, miss) in [("recorded", "10.66.0.1", "10.66.9.9"), ("present", "10.66.9.9", "10.66.0.1")] {
        cloud.switch("addressFilter", switch).await;
        assert_eq!(machines(&cloud.ok(LINKS, &[("lanIp", hit)]).await).len(), 1, "{switch}");
        assert_eq!(machines(&cloud.ok(LINKS, &[("lanIp", miss)]).await).len(), 0, "{switch}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_an_error_or_an_empty_list() {
    let cloud = Cloud::start().await;
    let (vpc, address) = ([("vpcId", "vpc-test9999")], [("lanIp", "10.99.9.9")]);
    assert_eq!(cloud.refusal(LINKS, &vpc).await, named(5000, "InvalidVpc.NotFound"));
    assert_eq!(cloud.refusal(LINKS, &address).await, named(5000, "InvalidLanIp.NotFound"));
    assert_eq!(cloud.refusal(VPCS, &vpc).await, named(5000, "InvalidVpc.NotFound"));
    cloud
        .set(json!({"switches": {"unknownVpcInList": "empty", "unknownAddressInList": "empty", "unknownVpc": "empty"}}))
        .await;
    assert_eq!(cloud.ok(LINKS, &vpc).await["data"], json!([]));
    assert_eq!(cloud.ok(LINKS, &address).await["data"], json!([]));
    assert_eq!(cloud.ok(VPCS, &vpc).await["data"], json!([]));
    let machine = [("instanceIds.0", "ins-test9999"), ("instanceIds.1", "ins-test0001")];
    assert_eq!(cloud.ok(MACHINES, &machine).await["totalCount"], 1);
    cloud.switch("unknownMachine", "error").await;
    assert_eq!(cloud.refusal(MACHINES, &machine).await, named(5000, "InvalidInstance.NotFound"));
}

#[tokio::test]
async fn lists_lag_behind_the_truth_in_both_directions() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"listDelayMs": 5_000}})).await;
    cloud.ok(ATTACH, &PAIR).await;
    assert!(cloud.links().await.is_empty());
    assert_eq!(cloud.linked().await.len(), 1);
    cloud.until("the link is listed", async || cloud.links().await.len() == 1).await;
    cloud.ok(DETACH, &PAIR).await;
    assert_eq!(cloud.links().await.len(), 1);
    assert!(cloud.linked().await.is_empty());
    let vpc = cloud.ok(VPCS, &[("vpcId", "vpc-test0001")]).await;
    assert_eq!(vpc["data"][0]["classicLinkNum"], 1);
    cloud.until("the link is no longer listed", async || cloud.links().await.is_empty()).await;
}

#[tokio::test]
async fn a_foreign_attach_and_detach_are_seen_at_once() {
    let cloud = Cloud::start().await;
    cloud.post("/links", json!({"instanceId": "ins-test0001", "vpcId": "vpc-test0002"})).await;
    assert_eq!(cloud.links().await, [["ins-test0001", "vpc-test0002", "10.66.0.1"]]);
    cloud.arrange(Method::DELETE, "/links/ins-test0001", json!({})).await;
    assert!(cloud.links().await.is_empty());
}

#[tokio::test]
async fn vpcs_are_listed_with_their_range_and_number_of_links() {
    let cloud = Cloud::start().await;
    attach_all(&cloud).await;
    let vpcs = cloud.ok(VPCS, &[("orderField", "vpcName"), ("orderDirection", "desc")]).await;
    assert_eq!(vpcs["totalCount"], 4);
    assert_eq!(vpcs["data"][0]["unVpcId"], "vpc-test0004");
    let one = &vpcs["data"][3];
    assert_eq!((&one["cidrBlock"], &one["classicLinkNum"]), (&json!("10.0.0.0/16"), &json!(5)));
    assert_eq!(cloud.ok(VPCS, &[("vpcName", "0002")]).await["totalCount"], 1);
}

#[tokio::test]
async fn machines_are_found_by_new_id_by_old_id_by_address_and_by_status() {
    let cloud = Cloud::start().await;
    cloud.post("/machines/ins-test0002/status", json!({"status": "stopped"})).await;
    let one = cloud.ok(MACHINES, &[("instanceIds.0", "ins-test0001")]).await;
    let row = &one["instanceSet"][0];
    assert_eq!((&row["lanIp"], &row["vpcId"], &row["status"]), (&json!("10.66.0.1"), &json!(0), &json!(2)));
    assert_eq!((&row["Region"], &row["unInstanceId"]), (&json!("gz"), &json!("ins-test0001")));
    let old = row["instanceId"].as_str().unwrap();
    assert_eq!(cloud.ok(MACHINES, &[("instanceIds.0", old)]).await["instanceSet"][0], *row);
    assert_eq!(cloud.ok(MACHINES, &[("lanIps.0", "10.66.0.1")]).await["instanceSet"][0], *row);
    let stopped = cloud.ok(MACHINES, &[("status", "4")]).await;
    assert_eq!((&stopped["totalCount"], &stopped["instanceSet"][0]["status"]), (&json!(1), &json!(4)));
}

#[tokio::test]
async fn a_machine_that_moved_into_a_vpc_has_the_number_of_that_vpc() {
    let cloud = Cloud::start().await;
    let body = json!({"vpcId": "vpc-test0001", "ip": "10.0.0.9"});
    cloud.post("/machines/ins-test0001/migrate-to-vpc", body).await;
    let one = cloud.ok(MACHINES, &[("instanceIds.0", "ins-test0001")]).await;
    assert_ne!(one["instanceSet"][0]["vpcId"], 0);
    assert_eq!(one["instanceSet"][0]["lanIp"], "10.0.0.9");
}

#[tokio::test]
async fn another_region_or_account_sees_nothing_of_it() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let key = json!({"secretId": "AKIDother", "secretKey": "other"});
    cloud.post("/accounts", json!({"id": "200000000002", "keys": [key]})).await;
    let elsewhere = cloud.call(LINKS, &[("Region", "ap-shanghai")]).await;
    assert_eq!(elsewhere["data"], json!([]));
    let other = Call::new(MACHINES, &[]).signed_by("AKIDother", "other");
    assert_eq!(cloud.answer(&other).await["totalCount"], 0);
    let write = Call::new(DETACH, &PAIR).signed_by("AKIDother", "other");
    assert_eq!(refusal(&cloud.answer(&write).await), named(5000, "InvalidVpc.NotFound"));
}
