//! Shapes of answers, and those that the documents leave open.

use serde_json::{Value, json};

use super::client::*;

async fn machine(cloud: &Cloud, id: &str) -> Value {
    cloud.ok(MACHINES, &json!({"InstanceIds": [id]})).await["InstanceSet"][0].clone()
}

#[tokio::test]
async fn a_machine_has_the_documented_fields() {
    let cloud = Cloud::start().await;
    let row = machine(&cloud, "ins-test0001").await;
    for (name, expected) in [
        ("InstanceId", json!("ins-test0001")),
        ("InstanceName", json!("ins-test0001")),
        ("InstanceState", json!("RUNNING")),
        ("RestrictState", json!("NORMAL")),
        ("IsolatedSource", json!("NOTISOLATED")),
        ("PrivateIpAddresses", json!(["10.66.0.1"])),
        ("LatestOperation", json!(null)),
        ("LatestOperationState", json!(null)),
        ("Placement", json!({"Zone": "ap-guangzhou-0", "ProjectId": 0})),
        ("Tags", json!([])),
    ] {
        assert_eq!(row[name], expected, "{name}");
    }
    assert!(row["CreatedTime"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert_eq!(row["Uuid"], machine(&cloud, "ins-test0001").await["Uuid"]);
}

#[tokio::test]
async fn a_classic_machine_has_one_of_four_shapes() {
    let cloud = Cloud::start().await;
    for (setting, expected) in [
        ("empty-vpc-id", Some(json!({"VpcId": "", "SubnetId": "", "AsVpcGateway": false}))),
        ("null-vpc-id", Some(json!({"VpcId": null, "SubnetId": "", "AsVpcGateway": false}))),
        ("null", Some(json!(null))),
        ("absent", None),
    ] {
        cloud.set(json!({"tencentV3": {"classicShape": setting}})).await;
        assert_eq!(machine(&cloud, "ins-test0001").await.get("VirtualPrivateCloud"), expected.as_ref(), "{setting}");
    }
    cloud.post("/machines/ins-test0001/migrate-to-vpc", json!({"vpcId": "vpc-test0001", "ip": "10.0.0.9"})).await;
    let row = machine(&cloud, "ins-test0001").await;
    assert_eq!(row["VirtualPrivateCloud"]["VpcId"], "vpc-test0001");
    assert_eq!(cloud.ok(MACHINES, &filter("vpc-id", &["vpc-test0001"])).await["TotalCount"], 1);
}

#[tokio::test]
async fn the_state_of_a_machine_and_its_isolation_show() {
    let cloud = Cloud::start().await;
    for (status, state, operation) in [
        ("stopped", "STOPPED", json!(null)),
        ("creating", "PENDING", json!("RunInstances")),
        ("rebooting", "REBOOTING", json!("RebootInstances")),
        ("reinstalling", "RUNNING", json!("ResetInstance")),
        ("maintenance", "SERVICE_LIVE_MIGRATE", json!(null)),
    ] {
        cloud.post("/machines/ins-test0001/status", json!({"status": status})).await;
        let row = machine(&cloud, "ins-test0001").await;
        assert_eq!((&row["InstanceState"], &row["LatestOperation"]), (&json!(state), &operation));
    }
    for (reason, restriction, source) in
        [("arrears", "EXPIRED", "ARREAR"), ("security", "PROTECTIVELY_ISOLATED", "NOTISOLATED")]
    {
        cloud.post("/machines/ins-test0001/isolate", json!({"reason": reason})).await;
        let row = machine(&cloud, "ins-test0001").await;
        assert_eq!((&row["RestrictState"], &row["IsolatedSource"]), (&json!(restriction), &json!(source)));
    }
    for (id, setting, state) in [("ins-test0002", "returned", "SHUTDOWN"), ("ins-test0003", "returning", "TERMINATING")]
    {
        cloud.switch("recycleBinStatus", setting).await;
        cloud.post(&format!("/machines/{id}/return"), json!({})).await;
        let row = machine(&cloud, id).await;
        assert_eq!((&row["InstanceState"], &row["IsolatedSource"]), (&json!(state), &json!("MANMADE")));
    }
}

#[tokio::test]
async fn a_machine_without_an_address_has_none() {
    let cloud = Cloud::start().await;
    cloud.post("/machines/ins-test0001/change-ip", json!({"ip": null})).await;
    assert_eq!(machine(&cloud, "ins-test0001").await["PrivateIpAddresses"], json!([]));
}

#[tokio::test]
async fn a_success_may_warn_that_the_action_will_go() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.ok(ATTACH, &pair()).await.get("DeprecatedWarning"), None);
    cloud.set(json!({"tencentV3": {"deprecatedWarning": "present"}})).await;
    assert!(cloud.ok(ATTACH, &pair()).await["DeprecatedWarning"].is_string());
    assert_eq!(cloud.call(ATTACH, &json!({})).await.get("DeprecatedWarning"), None);
}

#[tokio::test]
async fn times_of_vpcs_are_written_for_china_or_for_utc() {
    let cloud = Cloud::start().await;
    let time = async || {
        let text = cloud.ok(VPCS, &json!({})).await["VpcSet"][0]["CreatedTime"].as_str().unwrap().to_owned();
        jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text).unwrap()
    };
    let china = time().await;
    cloud.set(json!({"tencentV3": {"createdTimeZone": "utc"}})).await;
    let utc = time().await;
    assert_eq!((china - utc).total(jiff::Unit::Hour).unwrap().to_string(), "8");
}
