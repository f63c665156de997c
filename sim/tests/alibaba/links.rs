//! Attach and detach, in both generations.

use reqwest::Method;
use serde_json::json;

use crate::harness::*;

fn pair<'a>(machine: &'a str, vpc: &'a str) -> [(&'a str, &'a str); 2] {
    [("InstanceId", machine), ("VpcId", vpc)]
}

/// Expects the same refusal in both generations but for status and code, and the word-for-word message of each.
async fn expect(cloud: &Cloud, action: &str, own: &[(&str, &str)], g2: (u16, &str, &str), g1: (u16, &str, &str)) {
    for (generation, (status, code, message)) in [("g2", g2), ("g1", g1)] {
        cloud.switch(json!({"generation": generation})).await;
        let answer = cloud.send(&Call::new(action, own)).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["Code"]), (status, &json!(code)), "{generation} {body}");
        assert_eq!(body["Message"], message, "{generation}");
        assert_eq!(body["Recommend"].is_string(), generation == "g2");
    }
    cloud.switch(json!({"generation": "g2"})).await;
}

#[tokio::test]
async fn an_attach_takes_effect_at_once_and_a_detach_as_well() {
    let cloud = Cloud::start().await;
    let answer = cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["RequestId"]);
    assert_eq!(cloud.links(&[PAIR[0]]).await, ["i-test0001>vpc-test0001"]);
    cloud.ok(DETACH, &PAIR).await;
    assert!(cloud.links(&[PAIR[0]]).await.is_empty());
    let state = cloud.get("/state").await;
    assert_eq!(state["overlaps"], 0);
    assert!(state["tasks"].as_array().unwrap().iter().all(|task| task["startedAt"] == task["endedAt"]));
}

#[tokio::test]
async fn machines_that_cannot_be_written_to_have_their_codes() {
    let cloud = Cloud::start().await;
    for action in [ATTACH, DETACH] {
        let code = "InvalidInstanceId.NotFound";
        let g2 = (403, code, "The InstanceId provided does not exist in our records.");
        expect(
            &cloud,
            action,
            &pair("i-test0099", "vpc-test0001"),
            g2,
            (404, code, "The specified InstanceId does not exist."),
        )
        .await;
        assert_eq!(cloud.refusal(action, &pair("Nonsense", "vpc-test0001")).await, refusal(403, code));
        let code = "InvalidInstanceId.NotBelong";
        let g2 = (403, code, "The specified instance is not belong to you.");
        expect(
            &cloud,
            action,
            &pair("i-test0009", "vpc-test0001"),
            g2,
            (403, code, "The user does not own the specified instance."),
        )
        .await;
        let code = "InvalidInstanceId.MalFormed";
        let g2 = (403, code, "The specified instance is not a classic network instance.");
        let g1 = (400, code, "The specified instance is not a classic network type instance.");
        expect(&cloud, action, &pair("i-test0005", "vpc-test0001"), g2, g1).await;
    }
}

#[tokio::test]
async fn vpcs_that_cannot_be_linked_have_their_codes() {
    let cloud = Cloud::start().await;
    let code = "InvalidVpcId.Malformed";
    let g2 = (403, code, "The specified parameter ?VpcId? is not valid.");
    let g1 = (400, code, "The specified VpcId is invalid.");
    for vpc in ["vpc-test0099", "vpc-test0009", "Nonsense"] {
        expect(&cloud, ATTACH, &pair("i-test0001", vpc), g2, g1).await;
        expect(&cloud, DETACH, &pair("i-test0001", vpc), g2, g1).await;
    }
    let g2 = (403, "OperationDenied", "The specified vpc is disabled attach classic link.");
    let g1 = (403, "OperationDenied", "The specified VPC are unable to attach ClassicLink.");
    expect(&cloud, ATTACH, &pair("i-test0001", "vpc-test0003"), g2, g1).await;
}

#[tokio::test]
async fn a_machine_has_one_link() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let g2 = (403, "OperationDenied", "The instance has been linked to other vpc");
    let g1 = (400, "Abs.InvalidInstanceId.MalFormed", "The specified instance has already been linked to another VPC.");
    expect(&cloud, ATTACH, &pair("i-test0001", "vpc-test0002"), g2, g1).await;
    assert_eq!(cloud.links(&[PAIR[0]]).await, ["i-test0001>vpc-test0001"]);
}

#[tokio::test]
async fn attaching_to_the_same_vpc_again_is_for_a_switch_to_decide() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.ok(ATTACH, &PAIR).await;
    for (setting, status, code, message) in [
        ("not-allowed", 403, "OperationDenied", "The instance does not allow link to vpc."),
        ("linked-to-other", 403, "OperationDenied", "The instance has been linked to other vpc"),
        (
            "abs",
            400,
            "Abs.InvalidInstanceId.MalFormed",
            "The specified instance has already been linked to another VPC.",
        ),
    ] {
        cloud.switch(json!({"attachSameVpcAgain": setting})).await;
        assert_eq!(cloud.refusal(ATTACH, &PAIR).await, refusal(status, code));
        assert_eq!(cloud.message(ATTACH, &PAIR).await, message);
    }
    assert_eq!(cloud.linked().await, ["i-test0001"]);
}

#[tokio::test]
async fn detaching_what_is_not_linked_has_a_code_or_a_switch() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    for own in [pair("i-test0001", "vpc-test0002"), pair("i-test0002", "vpc-test0001")] {
        cloud.switch(json!({"generation": "g2"})).await;
        assert_eq!(cloud.refusal(DETACH, &own).await, refusal(403, "InvalidOperation.InvalidVpc"));
        cloud.switch(json!({"generation": "g1", "detachWithoutLink": "success"})).await;
        cloud.ok(DETACH, &own).await;
        cloud.switch(json!({"detachWithoutLink": "operation-denied"})).await;
        assert_eq!(cloud.refusal(DETACH, &own).await, refusal(403, "OperationDenied"));
    }
    assert_eq!(cloud.linked().await, ["i-test0001"]);
}

#[tokio::test]
async fn only_running_and_stopped_machines_are_written_to() {
    let cloud = Cloud::start().await;
    let code = "InvalidStatus.InstanceStatus";
    let g2 = "The specified instance status is not support this operation ,expect status is running or shutted.";
    let g1 = (403, code, "Only the Running or Stopped InstanceStatus is allowed.");
    for status in ["Pending", "Starting", "stopping"] {
        cloud.post("/machines/i-test0001/status", json!({"status": status})).await;
        for action in [ATTACH, DETACH] {
            expect(&cloud, action, &PAIR, (403, code, g2), g1).await;
        }
    }
    cloud.post("/machines/i-test0001/status", json!({"status": "Stopped"})).await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.post("/machines/i-test0001/status", json!({"status": "Running"})).await;
    assert_eq!(cloud.linked().await, ["i-test0001"]);
    let body = json!({"status": "rebooting"});
    assert_eq!(cloud.control(Method::POST, "/machines/i-test0001/status", body).await.0, 400);
}

#[tokio::test]
async fn a_busy_machine_is_locked_and_a_locked_one_is_if_a_switch_says_so() {
    let cloud = Cloud::start().await;
    cloud.post("/machines/i-test0001/busy", json!({"busy": true})).await;
    let code = "InvalidStatus.InstanceLocked";
    let g1 = (403, code, "The specified instance is in another processing list.");
    expect(&cloud, ATTACH, &PAIR, (403, code, "The specified instance is locked,please wait more."), g1).await;
    let g2 = (403, "OperationDenied", "The instances are not allowed to detach from the linked vpc.");
    expect(&cloud, DETACH, &PAIR, g2, g1).await;
    cloud.post("/machines/i-test0001/busy", json!({"busy": false})).await;
    cloud.post("/machines/i-test0001/locks", json!({"locks": ["financial"]})).await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.rule(json!({"lockedMachine": "busy"})).await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, refusal(403, code));
}

#[tokio::test]
async fn a_vpc_has_a_thousand_links_unless_it_has_a_quota() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.get("/settings").await["alibabaCloud"]["linksPerVpc"], 1_000);
    cloud.arrange(Method::PATCH, "/vpcs/vpc-test0001", json!({"quota": 1})).await;
    cloud.ok(ATTACH, &PAIR).await;
    let g2 = (403, "QuotaExceeded", "The link quota exceeded in this vpc.");
    let g1 = (403, "QuotaExceeded", "The maximum number of links in the specified VPC exceeds.");
    expect(&cloud, ATTACH, &pair("i-test0002", "vpc-test0001"), g2, g1).await;
    cloud.rule(json!({"linksPerVpc": 0})).await;
    assert_eq!(cloud.refusal(ATTACH, &pair("i-test0002", "vpc-test0002")).await, refusal(403, "QuotaExceeded"));
}

#[tokio::test]
async fn regions_are_known_or_not_and_may_have_no_classic_link() {
    let cloud = Cloud::start().await;
    let with_region = |own: &[(&'static str, &'static str)]| [own, &[("RegionId", "mars-1")]].concat();
    let g1 = (400, "InvalidRegionId.Malformed", "The specified RegionId is invalid.");
    let g2 = (403, "InvalidRegionId.NotFound", "The RegionId provided does not exist in our records.");
    expect(&cloud, ATTACH, &with_region(&PAIR), g2, g1).await;
    let g2 = (403, "InvalidRegionId.Malformed", "The specified parameter ?RegionId? is not valid.");
    expect(&cloud, DETACH, &with_region(&PAIR), g2, g1).await;
    let g2 = (404, "InvalidRegionId.NotFound", "The specified region does not exist.");
    expect(&cloud, LINKS, &with_region(&PAIR), g2, g1).await;
    assert_eq!(cloud.refusal(MACHINES, &with_region(&[])).await, refusal(404, "InvalidRegionId.NotFound"));
    assert_eq!(cloud.refusal(VPCS, &with_region(&[])).await, refusal(400, "InvalidRegionId.NotFound"));
    let elsewhere = [PAIR[0], PAIR[1], ("RegionId", "cn-beijing")];
    assert_eq!(cloud.refusal(ATTACH, &elsewhere).await, refusal(403, "InvalidInstanceId.NotFound"));
    cloud.rule(json!({"regionsWithoutClassicLink": ["cn-hangzhou"]})).await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, refusal(403, "InvalidInstanceId.LimitedRegion"));
    let vpc = [("VpcId", "vpc-test0003")];
    assert_eq!(cloud.refusal(ENABLE, &vpc).await, refusal(400, "Forbidden.EnableClassicLink"));
}

#[tokio::test]
async fn ids_that_are_left_out_are_named() {
    let cloud = Cloud::start().await;
    for action in [ATTACH, DETACH] {
        let code = "InvalidParameter.InvalidInstanceIdAndVpcId";
        assert_eq!(cloud.refusal(action, &[]).await, refusal(403, code));
        for own in PAIR {
            assert_eq!(cloud.refusal(action, &[own]).await, refusal(400, "MissingParameter"));
        }
    }
}

#[tokio::test]
async fn of_several_reasons_the_earliest_check_answers() {
    let cloud = Cloud::start().await;
    let code = async |own: &[(&str, &str)]| cloud.refusal(ATTACH, own).await.1;
    assert_eq!(code(&[("RegionId", "mars-1"), ("VpcId", "x"), ("InstanceId", "x")]).await, "InvalidRegionId.NotFound");
    assert_eq!(code(&pair("i-test0099", "vpc-test0099")).await, "InvalidInstanceId.NotFound");
    assert_eq!(code(&pair("i-test0005", "vpc-test0099")).await, "InvalidInstanceId.MalFormed");
    cloud.post("/machines/i-test0001/status", json!({"status": "Starting"})).await;
    assert_eq!(code(&pair("i-test0001", "vpc-test0099")).await, "InvalidVpcId.Malformed");
    assert_eq!(code(&pair("i-test0001", "vpc-test0003")).await, "OperationDenied");
    cloud.post("/machines/i-test0001/busy", json!({"busy": true})).await;
    assert_eq!(code(&PAIR).await, "InvalidStatus.InstanceStatus");
    cloud.post("/machines/i-test0001/busy", json!({"busy": false})).await;
    cloud.post("/machines/i-test0001/status", json!({"status": "Running"})).await;
    cloud.ok(ATTACH, &pair("i-test0001", "vpc-test0002")).await;
    cloud.post("/machines/i-test0001/busy", json!({"busy": true})).await;
    assert_eq!(code(&PAIR).await, "InvalidStatus.InstanceLocked");
    cloud.post("/machines/i-test0001/busy", json!({"busy": false})).await;
    cloud.arrange(Method::PATCH, "/vpcs/vpc-test0001", json!({"quota": 0})).await;
    assert_eq!(code(&PAIR).await, "OperationDenied");
    assert_eq!(code(&pair("i-test0002", "vpc-test0001")).await, "QuotaExceeded");
}
