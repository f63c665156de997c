//! Attach, detach and their tasks.

use reqwest::Method;
use serde_json::json;

use super::client::*;

async fn linked_and_moved(cloud: &Cloud) {
    cloud.ok(ATTACH, &pair()).await;
    cloud.post("/machines/ins-test0001/change-ip", json!({"ip": "10.66.9.9"})).await;
}

#[tokio::test]
async fn an_attach_answers_its_request_id_alone_and_that_is_its_task() {
    let cloud = Cloud::start().await;
    let answer = cloud.ok(ATTACH, &pair()).await;
    assert_eq!(answer.as_object().unwrap().len(), 1);
    let task = cloud.ok(TASK, &json!({"TaskId": answer["RequestId"]})).await;
    assert_eq!((&task["Status"], &task["Output"]), (&json!("SUCCESS"), &json!("SUCCESS")));
    assert_eq!(task["Result"], json!(null));
    assert_ne!(task["RequestId"], answer["RequestId"]);
    assert_eq!(cloud.links().await, [["ins-test0001", "vpc-test0001"]]);
    assert_eq!(cloud.get("/state").await["tasks"][0]["requestId"], answer["RequestId"]);
}

#[tokio::test]
async fn a_task_runs_for_its_time_and_a_detach_has_one_as_well() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"taskDurationMs": 5_000}})).await;
    let answer = cloud.ok(ATTACH, &pair()).await;
    let task = cloud.ok(TASK, &json!({"TaskId": answer["RequestId"]})).await;
    assert_eq!((&task["Status"], &task["Output"]), (&json!("RUNNING"), &json!("")));
    assert!(cloud.links().await.is_empty());
    cloud.until("the task ends", async || cloud.task(&answer).await == "SUCCESS").await;
    assert_eq!(cloud.links().await.len(), 1);
    cloud.set(json!({"timing": {"taskDurationMs": 0}})).await;
    let answer = cloud.ok(DETACH, &pair()).await;
    assert_eq!(cloud.task(&answer).await, "SUCCESS");
    assert!(cloud.links().await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_linked_is_refused_with_its_code_and_words() {
    let cloud = Cloud::start().await;
    let inside = json!({"account": ACCOUNT, "region": "ap-guangzhou", "id": "ins-inside01", "ip": "10.0.0.9",
                        "network": "vpc", "vpcId": "vpc-test0001"});
    cloud.post("/machines", inside).await;
    cloud.ok(ATTACH, &to("vpc-test0001", "ins-test0005")).await;
    for (vpc, machine, code, words) in [
        ("vpc-test9999", "ins-test0001", NOT_FOUND, "The resource does not exist."),
        ("vpc-test0001", "ins-test9999", NOT_FOUND, "The resource does not exist."),
        ("vpc-test0001", "ins-inside01", "UnsupportedOperation", "Unsupported operation."),
        (
            "vpc-test0003",
            "ins-test0001",
            "UnsupportedOperation.CIDRUnSupportedClassicLink",
            "The specified VPC CIDR range does not support Classiclink.",
        ),
        ("vpc-test0002", "ins-test0005", ALREADY, "The instance has already been bound to the VPC."),
        ("nonsense", "ins-test0001", "InvalidParameterValue.Malformed", "`nonsense` has an invalid format."),
        ("vpc-test0001", "INS", "InvalidParameterValue.Malformed", "`INS` has an invalid format."),
    ] {
        let error = cloud.call(ATTACH, &to(vpc, machine)).await["Error"].clone();
        assert_eq!((error["Code"].as_str(), error["Message"].as_str()), (Some(code), Some(words)), "{vpc} {machine}");
    }
    for (vpc, machine) in [("vpc-test9999", "ins-test0001"), ("vpc-test0001", "ins-test9999")] {
        assert_eq!(cloud.refusal(DETACH, &to(vpc, machine)).await, NOT_FOUND);
    }
}

#[tokio::test]
async fn wrong_parameters_are_refused() {
    let cloud = Cloud::start().await;
    for (body, expected) in [
        (json!({"VpcId": "vpc-test0001"}), "MissingParameter"),
        (json!({"VpcId": "vpc-test0001", "InstanceIds": []}), "MissingParameter"),
        (json!({"InstanceIds": ["ins-test0001"]}), "MissingParameter"),
        (json!({"VpcId": null, "InstanceIds": ["ins-test0001"]}), "MissingParameter"),
        (json!({"VpcId": "vpc-test0001", "InstanceIds": "ins-test0001"}), "InvalidParameter"),
        (json!({"VpcId": 7, "InstanceIds": ["ins-test0001"]}), "InvalidParameter"),
        (json!({"VpcId": "vpc-test0001", "InstanceIds": ["ins-test0001", "ins-test0001"]}), "InvalidParameterValue"),
        (json!({"VpcId": "vpc-test0001", "InstanceIds": ["ins-test0001"], "DryRun": true}), "UnknownParameter"),
    ] {
        assert_eq!(cloud.refusal(ATTACH, &body).await, expected, "{body}");
    }
    cloud.set(json!({"limits": {"instancesPerCall": 1}, "tencentV3": {"unknownParameters": "ignored"}})).await;
    let two = json!({"VpcId": "vpc-test0001", "InstanceIds": ["ins-test0001", "ins-test0002"]});
    assert_eq!(cloud.refusal(ATTACH, &two).await, "InvalidParameterValue.LimitExceeded");
    cloud.ok(ATTACH, &json!({"VpcId": "vpc-test0001", "InstanceIds": ["ins-test0001"], "DryRun": true})).await;
}

#[tokio::test]
async fn attaching_to_the_same_vpc_again_succeeds_or_is_refused() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &pair()).await;
    cloud.ok(ATTACH, &pair()).await;
    assert_eq!(cloud.links().await.len(), 1);
    cloud.switch("attachSameVpcAgain", "already-linked").await;
    assert_eq!(cloud.refusal(ATTACH, &pair()).await, ALREADY);
}

#[tokio::test]
async fn a_dead_record_goes_on_being_listed_and_is_replaced_or_in_the_way() {
    let cloud = Cloud::start().await;
    linked_and_moved(&cloud).await;
    assert_eq!(cloud.links().await, [["ins-test0001", "vpc-test0001"]]);
    cloud.switch("attachOverDeadRecord", "already-linked").await;
    assert_eq!(cloud.refusal(ATTACH, &pair()).await, ALREADY);
    cloud.switch("attachOverDeadRecord", "success").await;
    cloud.ok(ATTACH, &pair()).await;
    assert_eq!(cloud.get("/machines/ins-test0001").await["link"]["recordedIp"], "10.66.9.9");
}

#[tokio::test]
async fn a_dead_record_is_detached_or_refused_and_goes_a_little_later() {
    let cloud = Cloud::start().await;
    linked_and_moved(&cloud).await;
    cloud.set(json!({"timing": {"vanishAfterMs": 5_000}})).await;
    cloud.switch("detachOfDeadRecord", "not-found-then-vanishes").await;
    assert_eq!(cloud.refusal(DETACH, &pair()).await, NOT_FOUND);
    assert_eq!(cloud.links().await.len(), 1);
    cloud.until("the record goes", async || cloud.links().await.is_empty()).await;
    linked_and_moved(&cloud).await;
    cloud.switch("detachOfDeadRecord", "success").await;
    cloud.ok(DETACH, &pair()).await;
    assert!(cloud.links().await.is_empty());
}

#[tokio::test]
async fn detaching_what_is_not_linked_succeeds_is_refused_or_fails_in_the_task() {
    let cloud = Cloud::start().await;
    let answer = cloud.ok(DETACH, &pair()).await;
    assert_eq!(cloud.task(&answer).await, "SUCCESS");
    cloud.switch("detachWithoutLink", "not-found").await;
    assert_eq!(cloud.refusal(DETACH, &pair()).await, NOT_FOUND);
    cloud.switch("detachWithoutLink", "task-failed").await;
    let answer = cloud.ok(DETACH, &pair()).await;
    assert_eq!(cloud.task(&answer).await, "FAILED");
}

#[tokio::test]
async fn every_check_can_be_left_to_the_task_which_may_say_why() {
    let cloud = Cloud::start().await;
    cloud.switch("businessChecks", "in-task").await;
    for (vpc, machine) in [("vpc-test9999", "ins-test0001"), ("vpc-test0001", "ins-test9999")] {
        let answer = cloud.ok(ATTACH, &to(vpc, machine)).await;
        assert_eq!(cloud.task(&answer).await, "FAILED");
    }
    let answer = cloud.ok(ATTACH, &to("vpc-test0003", "ins-test0001")).await;
    let asked = json!({"TaskId": answer["RequestId"]});
    assert_eq!(cloud.ok(TASK, &asked).await["Output"], "");
    cloud.set(json!({"tencentV3": {"taskOutput": "present"}})).await;
    let output = cloud.ok(TASK, &asked).await["Output"].clone();
    assert_eq!(output, "the CIDR block of the VPC does not support classic links");
}

#[tokio::test]
async fn a_wide_range_is_accepted_or_refused() {
    let cloud = Cloud::start().await;
    cloud.switch("wideCidr", "refused").await;
    let wide = to("vpc-test0004", "ins-test0001");
    assert_eq!(cloud.refusal(ATTACH, &wide).await, "UnsupportedOperation.CIDRUnSupportedClassicLink");
    cloud.switch("wideCidr", "accepted").await;
    cloud.ok(ATTACH, &wide).await;
}

#[tokio::test]
async fn the_quota_of_a_vpc_ends_attaching() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"limits": {"linksPerVpc": 1}})).await;
    cloud.ok(ATTACH, &pair()).await;
    assert_eq!(cloud.refusal(ATTACH, &to("vpc-test0001", "ins-test0002")).await, "LimitExceeded");
}

#[tokio::test]
async fn a_batch_with_one_bad_item_is_refused_whole_or_done_in_part_without_a_word() {
    let cloud = Cloud::start().await;
    let batch = json!({"VpcId": "vpc-test0001", "InstanceIds": ["ins-test0001", "ins-test9999"]});
    assert_eq!(cloud.refusal(ATTACH, &batch).await, NOT_FOUND);
    assert!(cloud.links().await.is_empty());
    cloud.switch("batchWithBadItem", "partly-done").await;
    cloud.ok(ATTACH, &batch).await;
    assert_eq!(cloud.linked().await, ["ins-test0001"]);
}

#[tokio::test]
async fn a_machine_is_locked_while_a_task_runs_and_the_overlap_is_counted() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"taskDurationMs": 60_000}})).await;
    cloud.ok(ATTACH, &pair()).await;
    for (setting, expected) in [
        ("mutex-operation-task-running", "UnsupportedOperation.MutexOperationTaskRunning"),
        ("mutex-task-running", "OperationDenied.MutexTaskRunning"),
        ("locked-resources", "UnsupportedOperation.LockedResources"),
    ] {
        cloud.set(json!({"tencentV3": {"lockedCode": setting}})).await;
        assert_eq!(cloud.refusal(DETACH, &pair()).await, expected);
    }
    cloud.switch("writeWhileTaskRuns", "accepted").await;
    cloud.ok(DETACH, &pair()).await;
    assert_eq!(cloud.get("/state").await["overlaps"], 4);
}

#[tokio::test]
async fn a_task_is_unknown_before_it_is_visible_after_it_is_forgotten_and_elsewhere() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"taskVisibleAfterMs": 60_000}})).await;
    let asked = json!({"TaskId": cloud.ok(ATTACH, &pair()).await["RequestId"]});
    assert_eq!(cloud.refusal(TASK, &asked).await, NOT_FOUND);
    cloud.set(json!({"timing": {"taskVisibleAfterMs": 0}})).await;
    cloud.ok(TASK, &asked).await;
    assert_eq!(cloud.code(Call::new(TASK, &asked).with("x-tc-region", "ap-shanghai")).await, NOT_FOUND);
    cloud.set(json!({"timing": {"taskLifetimeMs": 0}})).await;
    assert_eq!(cloud.refusal(TASK, &asked).await, NOT_FOUND);
    cloud.set(json!({"tencentV3": {"unknownTask": "invalid-parameter-value"}})).await;
    assert_eq!(cloud.refusal(TASK, &asked).await, "InvalidParameterValue");
    assert_eq!(cloud.refusal(TASK, &json!({"TaskId": 135_254})).await, "InvalidParameter");
    assert_eq!(cloud.refusal(TASK, &json!({})).await, "MissingParameter");
}

#[tokio::test]
async fn a_returned_machine_loses_its_link_in_the_bin_or_when_it_is_destroyed() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &pair()).await;
    cloud.post("/machines/ins-test0001/return", json!({})).await;
    assert!(cloud.links().await.is_empty());
    cloud.switch("unlinkOnReturn", "at-destruction").await;
    cloud.ok(ATTACH, &to("vpc-test0001", "ins-test0002")).await;
    cloud.post("/machines/ins-test0002/return", json!({})).await;
    assert_eq!(cloud.links().await.len(), 1);
    cloud.arrange(Method::DELETE, "/machines/ins-test0002", json!({})).await;
    assert!(cloud.links().await.is_empty());
}
