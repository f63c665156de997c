//! What befalls machines and links there, and what one world makes of two clouds.

use reqwest::Method;
use serde_json::json;

use crate::harness::*;

#[tokio::test]
async fn a_link_outlives_a_change_of_address_unless_a_switch_says_otherwise() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let machine = cloud.post("/machines/i-test0001/change-ip", json!({"ip": "10.170.7.7"})).await;
    assert_eq!((&machine["link"]["alive"], &machine["link"]["followsMachine"]), (&json!(true), &json!(true)));
    assert_eq!(cloud.links(&[PAIR[0]]).await.len(), 1);
    cloud.rule(json!({"linkOnAddressChange": "ends"})).await;
    cloud.post("/machines/i-test0001/change-ip", json!({"ip": "10.170.7.8"})).await;
    assert!(cloud.linked().await.is_empty());
}

#[tokio::test]
async fn a_link_outlives_stop_and_start() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    for status in ["Stopping", "Stopped", "Starting", "Running"] {
        cloud.post("/machines/i-test0001/status", json!({"status": status})).await;
        assert_eq!(cloud.links(&[PAIR[0]]).await.len(), 1);
    }
}

#[tokio::test]
async fn the_release_of_a_machine_ends_its_link() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.arrange(Method::DELETE, "/machines/i-test0001", json!({})).await;
    assert!(cloud.links(&[PAIR[1]]).await.is_empty());
    assert_eq!(cloud.refusal(LINKS, &[PAIR[0]]).await, refusal(403, "InvalidInstanceId.NotFound"));
}

#[tokio::test]
async fn a_link_may_outlive_its_machine_until_a_person_removes_it() {
    let cloud = Cloud::start().await;
    cloud.rule(json!({"linkOnRelease": "stays"})).await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.arrange(Method::DELETE, "/machines/i-test0001", json!({})).await;
    assert_eq!(cloud.links(&[PAIR[1]]).await, ["i-test0001>vpc-test0001"]);
    cloud.control(Method::DELETE, "/links/i-test0001", json!({})).await;
    assert!(cloud.links(&[PAIR[1]]).await.is_empty());
}

#[tokio::test]
async fn a_move_into_a_vpc_ends_the_link() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let body = json!({"vpcId": "vpc-test0001", "ip": "172.16.0.9"});
    cloud.post("/machines/i-test0001/migrate-to-vpc", body).await;
    assert!(cloud.linked().await.is_empty());
    assert_eq!(cloud.refusal(DETACH, &PAIR).await, refusal(403, "InvalidInstanceId.MalFormed"));
    cloud.rule(json!({"linkOnMigration": "stays"})).await;
    let other = [("InstanceId", "i-test0002"), PAIR[1]];
    cloud.ok(ATTACH, &other).await;
    let body = json!({"vpcId": "vpc-test0001", "ip": "172.16.0.10"});
    cloud.post("/machines/i-test0002/migrate-to-vpc", body).await;
    assert_eq!(cloud.links(&[PAIR[1]]).await, ["i-test0002>vpc-test0001"]);
}

#[tokio::test]
async fn a_vpc_with_links_is_not_removed_unless_a_switch_says_so() {
    let cloud = Cloud::start().await;
    cloud.post("/links", json!({"instanceId": "i-test0001", "vpcId": "vpc-test0002"})).await;
    assert_eq!(cloud.control(Method::DELETE, "/vpcs/vpc-test0002", json!({})).await.0, 409);
    cloud.rule(json!({"vpcRemovalWithLinks": "ends-links"})).await;
    cloud.arrange(Method::DELETE, "/vpcs/vpc-test0002", json!({})).await;
    assert!(cloud.linked().await.is_empty());
}

#[tokio::test]
async fn what_the_other_cloud_alone_has_is_refused() {
    let cloud = Cloud::start().await;
    for (path, body, status) in [
        ("/machines/i-test0001/return", json!({}), 409),
        ("/machines/i-test0001/isolate", json!({"reason": "arrears"}), 409),
        ("/links", json!({"instanceId": "i-test0001", "vpcId": "vpc-test0001", "recordedIp": "10.0.0.1"}), 400),
    ] {
        assert_eq!(cloud.control(Method::POST, path, body).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn an_account_at_tencent_keeps_its_tasks_and_dead_records_when_called_this_way() {
    let cloud = Cloud::start().await;
    let key = json!({"secretId": "AKIDother", "secretKey": SECRET});
    cloud.post("/accounts", json!({"id": "7", "keys": [key]})).await;
    cloud
        .post("/vpcs", json!({"account": "7", "region": "ap-guangzhou", "id": "vpc-other001", "cidr": "10.0.0.0/16"}))
        .await;
    let machine = json!({"account": "7", "region": "ap-guangzhou", "id": "ins-other001", "ip": "10.66.0.1"});
    cloud.post("/machines", machine).await;
    let own = [("RegionId", "ap-guangzhou"), ("InstanceId", "ins-other001"), ("VpcId", "vpc-other001")];
    let call = |action: &str| Call::new(action, &own).signed_by("AKIDother", SECRET);
    assert_eq!(cloud.send(&call(ATTACH)).await.status, 200);
    assert_eq!(cloud.send(&call(LINKS)).await.json()["TotalCount"], 0, "its task takes a second");
    assert_eq!(cloud.refused(&call(DETACH)).await, refusal(403, "OperationDenied"));
    let accounts = cloud.get("/accounts").await;
    let clouds: Vec<_> =
        accounts.as_array().unwrap().iter().map(|account| account["cloud"].as_str().unwrap()).collect();
    assert_eq!(clouds, ["alibaba", "alibaba", "tencent"]);
}
