//! Attach, detach and their tasks.

use reqwest::Method;
use serde_json::json;

use super::client::*;

fn pair(machine: &'static str) -> [(&'static str, &'static str); 2] {
    [("vpcId", "vpc-test0001"), ("instanceIds.0", machine)]
}

#[tokio::test]
async fn an_attach_answers_a_task_and_the_link_is_listed() {
    let cloud = Cloud::start().await;
    let answer = cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(answer, json!({"code": 0, "message": "", "taskId": 135_254}));
    assert_eq!(cloud.task_status(&answer).await, 0);
    assert_eq!(cloud.links().await, [["ins-test0001", "vpc-test0001", "10.66.0.1"]]);
}

#[tokio::test]
async fn a_task_runs_for_its_time_before_the_link_is_there() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"taskDurationMs": 5_000}})).await;
    let answer = cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(cloud.task_status(&answer).await, 2);
    assert!(cloud.links().await.is_empty());
    cloud.until("the task ends", async || cloud.task_status(&answer).await == 0).await;
    assert_eq!(cloud.links().await.len(), 1);
    let task = cloud.get("/state").await["tasks"][0].clone();
    assert_eq!(task["state"], "succeeded");
    assert_eq!(task["endedAt"].as_u64().unwrap() - task["startedAt"].as_u64().unwrap(), 5_000);
}

#[tokio::test]
async fn a_detach_removes_the_link() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let answer = cloud.ok(DETACH, &PAIR).await;
    assert_eq!(cloud.task_status(&answer).await, 0);
    assert!(cloud.links().await.is_empty());
}

#[tokio::test]
async fn the_old_id_of_a_vpc_does_as_well() {
    let cloud = Cloud::start().await;
    let vpcs = cloud.ok(VPCS, &[("vpcId", "vpc-test0001")]).await;
    let old = vpcs["data"][0]["vpcId"].as_str().unwrap();
    assert!(old.starts_with("gz_vpc_"), "{old}");
    cloud.ok(ATTACH, &[("vpcId", old), ("instanceIds.0", "ins-test0001")]).await;
    assert_eq!(cloud.links().await.len(), 1);
    let unknown = [("vpcId", "gz_vpc_99999"), ("instanceIds.0", "ins-test0002")];
    assert_eq!(cloud.refusal(ATTACH, &unknown).await, named(5000, "InvalidVpc.NotFound"));
}

#[tokio::test]
async fn what_cannot_be_linked_is_refused_with_its_code() {
    let cloud = Cloud::start().await;
    let to = |vpc: &'static str| [("vpcId", vpc), ("instanceIds.0", "ins-test0001")];
    assert_eq!(cloud.refusal(ATTACH, &to("vpc-test9999")).await, named(5000, "InvalidVpc.NotFound"));
    assert_eq!(cloud.refusal(ATTACH, &pair("ins-test9999")).await, named(5000, "InvalidInstance.NotFound"));
    assert_eq!(cloud.refusal(ATTACH, &to("vpc-test0003")).await, named(4000, ""));
    cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(cloud.refusal(ATTACH, &to("vpc-test0002")).await, named(4000, "InstanceAlreadyLinked"));
    assert_eq!(cloud.refusal(DETACH, &to("vpc-test9999")).await, named(5000, "InvalidVpc.NotFound"));
    assert_eq!(cloud.refusal(DETACH, &pair("ins-test9999")).await, named(5000, "InvalidInstance.NotFound"));
}

#[tokio::test]
async fn a_machine_of_a_vpc_is_refused_by_whatever_the_switch_says() {
    let cloud = Cloud::start().await;
    let body = json!({"vpcId": "vpc-test0001", "ip": "10.0.0.9"});
    cloud.post("/machines/ins-test0001/migrate-to-vpc", body).await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, named(4000, ""));
    cloud.switch("notClassic", "instance-not-found").await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, named(5000, "InvalidInstance.NotFound"));
    cloud.switch("notClassic", "in-task").await;
    let answer = cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(cloud.task_status(&answer).await, 1);
}

#[tokio::test]
async fn a_wide_range_is_accepted_or_refused_and_a_wrong_one_can_fail_in_the_task() {
    let cloud = Cloud::start().await;
    let to = |vpc: &'static str| [("vpcId", vpc), ("instanceIds.0", "ins-test0001")];
    cloud.switch("wideCidr", "refused").await;
    assert_eq!(cloud.refusal(ATTACH, &to("vpc-test0004")).await, named(4000, ""));
    cloud.switch("wideCidr", "accepted").await;
    cloud.ok(ATTACH, &to("vpc-test0004")).await;
    cloud.switch("unsupportedCidr", "in-task").await;
    let answer = cloud.ok(ATTACH, &[("vpcId", "vpc-test0003"), ("instanceIds.0", "ins-test0002")]).await;
    assert_eq!(cloud.task_status(&answer).await, 1);
}

#[tokio::test]
async fn a_link_whose_machine_changed_its_address_is_listed_with_the_old_one() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let machine = cloud.post("/machines/ins-test0001/change-ip", json!({"ip": "10.66.9.9"})).await;
    assert_eq!(machine["link"]["alive"], false);
    assert_eq!(cloud.links().await, [["ins-test0001", "vpc-test0001", "10.66.0.1"]]);
    let machines = cloud.ok(MACHINES, &[("instanceIds.0", "ins-test0001")]).await;
    assert_eq!(machines["instanceSet"][0]["lanIp"], "10.66.9.9");
}

#[tokio::test]
async fn a_dead_record_is_in_the_way_or_replaced_as_the_switch_says() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.post("/machines/ins-test0001/change-ip", json!({"ip": "10.66.9.9"})).await;
    cloud.switch("attachOverDeadRecord", "already-linked").await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, named(4000, "InstanceAlreadyLinked"));
    cloud.switch("attachOverDeadRecord", "success").await;
    cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(cloud.links().await, [["ins-test0001", "vpc-test0001", "10.66.9.9"]]);
}

#[tokio::test]
async fn a_dead_record_whose_detach_is_refused_goes_a_little_later() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"vanishAfterMs": 5_000}})).await;
    cloud.switch("detachOfDeadRecord", "not-found-then-vanishes").await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.post("/machines/ins-test0001/change-ip", json!({"ip": "10.66.9.9"})).await;
    assert_eq!(cloud.refusal(DETACH, &PAIR).await, named(5000, "InvalidInstance.NotFound"));
    assert_eq!(cloud.links().await.len(), 1);
    cloud.until("the record goes", async || cloud.links().await.is_empty()).await;
}

#[tokio::test]
async fn attaching_to_the_same_vpc_again_succeeds_or_is_refused() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(cloud.links().await.len(), 1);
    cloud.switch("attachSameVpcAgain", "already-linked").await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, named(4000, "InstanceAlreadyLinked"));
}

#[tokio::test]
async fn detaching_what_is_not_linked_succeeds_is_refused_or_fails_in_the_task() {
    let cloud = Cloud::start().await;
    let answer = cloud.ok(DETACH, &PAIR).await;
    assert_eq!(cloud.task_status(&answer).await, 0);
    cloud.switch("detachWithoutLink", "not-found").await;
    assert_eq!(cloud.refusal(DETACH, &PAIR).await, named(5000, "InvalidInstance.NotFound"));
    cloud.switch("detachWithoutLink", "task-failed").await;
    let answer = cloud.ok(DETACH, &PAIR).await;
    assert_eq!(cloud.task_status(&answer).await, 1);
}

#[tokio::test]
async fn every_check_can_be_left_to_the_task() {
    let cloud = Cloud::start().await;
    cloud.switch("businessChecks", "in-task").await;
    for own in [pair("ins-test9999"), [("vpcId", "vpc-test9999"), ("instanceIds.0", "ins-test0001")]] {
        let answer = cloud.ok(ATTACH, &own).await;
        assert_eq!(cloud.task_status(&answer).await, 1);
    }
    let tasks = cloud.get("/state").await["tasks"].clone();
    assert_eq!(tasks[0]["failure"], "the instance does not exist");
}

#[tokio::test]
async fn the_quota_of_a_vpc_ends_attaching_until_it_is_raised() {
    let cloud = Cloud::start().await;
    cloud.arrange(Method::PATCH, "/vpcs/vpc-test0001", json!({"quota": 2})).await;
    let three = [("vpcId", "vpc-test0001"), ("instanceIds.0", "ins-test0001"), ("instanceIds.1", "ins-test0002")];
    cloud.ok(ATTACH, &three).await;
    assert_eq!(cloud.refusal(ATTACH, &pair("ins-test0003")).await, named(4000, "InstanceLimitExceeded"));
    cloud.arrange(Method::PATCH, "/vpcs/vpc-test0001", json!({"quota": null})).await;
    cloud.ok(ATTACH, &pair("ins-test0003")).await;
}

#[tokio::test]
async fn dead_records_take_a_place_of_the_quota_unless_the_switch_frees_it() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"limits": {"linksPerVpc": 1}})).await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.post("/machines/ins-test0001/change-ip", json!({"ip": "10.66.9.9"})).await;
    assert_eq!(cloud.refusal(ATTACH, &pair("ins-test0002")).await, named(4000, "InstanceLimitExceeded"));
    cloud.switch("deadRecordInQuota", "free").await;
    cloud.ok(ATTACH, &pair("ins-test0002")).await;
}

#[tokio::test]
async fn a_batch_with_one_bad_item_is_refused_whole_or_done_in_part() {
    let cloud = Cloud::start().await;
    let batch = [("vpcId", "vpc-test0001"), ("instanceIds.0", "ins-test0001"), ("instanceIds.1", "ins-test9999")];
    assert_eq!(cloud.refusal(ATTACH, &batch).await, named(5000, "InvalidInstance.NotFound"));
    assert!(cloud.links().await.is_empty());
    cloud.switch("batchWithBadItem", "partly-done").await;
    assert_eq!(cloud.refusal(ATTACH, &batch).await, named(5400, ""));
    assert_eq!(cloud.linked().await, ["ins-test0001"]);
    cloud.switch("businessChecks", "in-task").await;
    let batch = [("vpcId", "vpc-test0001"), ("instanceIds.0", "ins-test0002"), ("instanceIds.1", "ins-test9999")];
    let answer = cloud.ok(ATTACH, &batch).await;
    assert_eq!(cloud.task_status(&answer).await, 1);
    assert_eq!(cloud.linked().await, ["ins-test0001", "ins-test0002"]);
}

#[tokio::test]
async fn a_machine_is_locked_while_a_task_runs_and_the_overlap_is_counted() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"taskDurationMs": 60_000}})).await;
    let first = cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(cloud.get("/state").await["overlaps"], 0);
    assert_eq!(cloud.refusal(DETACH, &PAIR).await, named(5100, "ActionLocked"));
    cloud.switch("writeWhileTaskRuns", "accepted").await;
    cloud.ok(DETACH, &PAIR).await;
    let state = cloud.get("/state").await;
    assert_eq!(state["overlaps"], 2);
    assert_eq!(state["lastOverlaps"][0]["taskId"], first["taskId"]);
    assert_eq!(state["lastOverlaps"][0]["operation"], "detach");
}

#[tokio::test]
async fn a_machine_in_a_locked_state_is_not_linked() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"switches": {"lockedStatuses": ["rebooting"]}})).await;
    cloud.post("/machines/ins-test0001/status", json!({"status": "rebooting"})).await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, named(5100, "ActionLocked"));
}

#[tokio::test]
async fn a_task_is_unknown_before_it_is_visible_and_after_it_is_forgotten() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"taskVisibleAfterMs": 60_000}})).await;
    let id = cloud.ok(ATTACH, &PAIR).await["taskId"].to_string();
    assert_eq!(cloud.refusal(TASK, &[("taskId", &id)]).await, named(5000, ""));
    cloud.set(json!({"timing": {"taskVisibleAfterMs": 0}})).await;
    cloud.ok(TASK, &[("taskId", &id)]).await;
    cloud.set(json!({"timing": {"taskLifetimeMs": 0}, "tencentV2": {"unknownTask": "invalid-parameter"}})).await;
    assert_eq!(cloud.refusal(TASK, &[("taskId", &id)]).await, named(4000, ""));
}

#[tokio::test]
async fn a_returned_machine_loses_its_link_in_the_bin_or_when_it_is_destroyed() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let machine = cloud.post("/machines/ins-test0001/return", json!({})).await;
    assert_eq!((&machine["status"], &machine["link"]), (&json!("returned"), &json!(null)));
    cloud.switch("unlinkOnReturn", "at-destruction").await;
    cloud.ok(ATTACH, &pair("ins-test0002")).await;
    cloud.post("/machines/ins-test0002/return", json!({})).await;
    assert_eq!(cloud.links().await.len(), 1);
    let listed = cloud.ok(MACHINES, &[("instanceIds.0", "ins-test0002")]).await;
    assert_eq!(listed["instanceSet"][0]["status"], 5);
    cloud.post("/machines/ins-test0002/destroy", json!({})).await;
    assert!(cloud.links().await.is_empty());
    assert_eq!(cloud.ok(MACHINES, &[("instanceIds.0", "ins-test0002")]).await["totalCount"], 0);
}

#[tokio::test]
async fn a_returned_machine_can_be_destroyed_by_time_and_is_not_found_by_writes() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"recycleBinMs": 400}})).await;
    cloud.switch("recycleBinStatus", "returning").await;
    let machine = cloud.post("/machines/ins-test0001/return", json!({})).await;
    assert_eq!(machine["status"], "returning");
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, named(5000, "InvalidInstance.NotFound"));
    let gone = async || cloud.control(Method::GET, "/machines/ins-test0001", json!({})).await.0 == 404;
    cloud.until("the machine is destroyed", gone).await;
}

#[tokio::test]
async fn isolation_keeps_the_link() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let machine = cloud.post("/machines/ins-test0001/isolate", json!({"reason": "arrears"})).await;
    assert_eq!((&machine["isolation"], &machine["link"]["alive"]), (&json!("arrears"), &json!(true)));
    let machine = cloud.post("/machines/ins-test0001/release-isolation", json!({})).await;
    assert_eq!(machine["isolation"], json!(null));
    assert_eq!(cloud.links().await.len(), 1);
}

#[tokio::test]
async fn wrong_parameters_are_refused() {
    let cloud = Cloud::start().await;
    let vpc = ("vpcId", "vpc-test0001");
    for own in [
        vec![vpc],
        vec![("instanceIds.0", "ins-test0001")],
        vec![vpc, ("instanceIds.1", "ins-test0001")],
        vec![vpc, ("instanceIds.0", "ins-test0001"), ("instanceIds.1", "ins-test0001")],
        vec![vpc, ("instanceIds.0", "INS")],
        vec![("vpcId", "nonsense"), ("instanceIds.0", "ins-test0001")],
        vec![vpc, ("instanceIds.0", "ins-test0001"), ("dryRun", "1")],
    ] {
        assert_eq!(cloud.refusal(ATTACH, &own).await, named(4000, ""), "{own:?}");
    }
    cloud.set(json!({"limits": {"instancesPerCall": 1}, "tencentV2": {"unknownParameters": "ignored"}})).await;
    cloud.ok(ATTACH, &[PAIR[0], PAIR[1], ("dryRun", "1")]).await;
    let two = [vpc, ("instanceIds.0", "ins-test0002"), ("instanceIds.1", "ins-test0003")];
    assert_eq!(cloud.refusal(ATTACH, &two).await, named(4000, ""));
}
