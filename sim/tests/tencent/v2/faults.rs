//! Faults in the way of calls.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::client::*;

#[tokio::test]
async fn an_arranged_answer_keeps_the_call_from_being_carried_out_and_goes_after_its_count() {
    let cloud = Cloud::start().await;
    let effect = json!({"answer": {"code": 4000, "codeDesc": "InstanceLimitExceeded", "message": "full"}});
    cloud.post("/faults", json!({"action": ATTACH, "count": 2, "effect": effect})).await;
    for _ in 0..2 {
        assert_eq!(cloud.refusal(ATTACH, &PAIR).await, named(4000, "InstanceLimitExceeded"));
    }
    assert!(cloud.links().await.is_empty());
    cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(cloud.get("/faults").await, json!([]));
}

#[tokio::test]
async fn a_lost_answer_leaves_a_call_that_was_carried_out() {
    let cloud = Cloud::start().await;
    cloud.fault(ATTACH, json!("loseAnswer")).await;
    assert!(cloud.send(&Call::new(ATTACH, &PAIR)).await.is_err());
    assert_eq!(cloud.linked().await, ["ins-test0001"]);
    let log = cloud.get("/calls/log").await;
    assert_eq!((&log[0]["end"], &log[0]["code"]), (&json!("closed"), &json!(0)));
}

#[tokio::test]
async fn a_reset_comes_before_the_call_is_carried_out() {
    let cloud = Cloud::start().await;
    cloud.fault(ATTACH, json!("resetBefore")).await;
    assert!(cloud.send(&Call::new(ATTACH, &PAIR)).await.is_err());
    assert!(cloud.linked().await.is_empty());
    let log = cloud.get("/calls/log").await;
    assert_eq!((&log[0]["end"], &log[0]["code"]), (&json!("reset"), &json!(null)));
}

#[tokio::test]
async fn a_bad_gateway_answers_html_before_or_after() {
    let cloud = Cloud::start().await;
    for (effect, carried_out) in [("badGatewayBefore", 0), ("badGatewayAfter", 1)] {
        cloud.fault(ATTACH, json!(effect)).await;
        let (status, text) = cloud.send(&Call::new(ATTACH, &PAIR)).await.unwrap();
        assert_eq!(status, 502);
        assert!(text.starts_with("<html>"), "{text}");
        assert_eq!(cloud.linked().await.len(), carried_out, "{effect}");
    }
}

#[tokio::test]
async fn a_delayed_call_is_carried_out_even_if_nobody_waits_for_it() {
    let cloud = Cloud::start().await;
    cloud.fault(ATTACH, json!({"delay": {"ms": 5_000, "when": "before"}})).await;
    let call = Call::new(ATTACH, &PAIR);
    assert!(tokio::time::timeout(Duration::from_secs(1), cloud.send(&call)).await.is_err());
    assert!(cloud.linked().await.is_empty());
    cloud.until("the call is carried out", async || cloud.linked().await.len() == 1).await;
}

#[tokio::test]
async fn an_answer_can_be_late_by_a_fault_or_by_the_latency_of_its_action() {
    let cloud = Cloud::start().await;
    cloud.fault(ATTACH, json!({"delay": {"ms": 300, "when": "after"}})).await;
    let begun = Instant::now();
    let call = Call::new(ATTACH, &PAIR);
    let (answer, linked) = tokio::join!(cloud.answer(&call), async {
        cloud.until("the link is there", async || cloud.linked().await.len() == 1).await;
        begun.elapsed()
    });
    assert_eq!(answer["code"], 0);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert!(linked < begun.elapsed());
    cloud.set(json!({"traffic": {"latencyMs": {LINKS: 300}}})).await;
    let begun = Instant::now();
    cloud.links().await;
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn truncated_text_is_no_json() {
    let cloud = Cloud::start().await;
    cloud.fault(ATTACH, json!("truncatedJson")).await;
    let (status, text) = cloud.send(&Call::new(ATTACH, &PAIR)).await.unwrap();
    assert_eq!(status, 200);
    assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
    assert_eq!(cloud.linked().await.len(), 1);
}

#[tokio::test]
async fn fields_can_be_added_and_types_changed() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.fault(LINKS, json!("extraFields")).await;
    let answer = cloud.ok(LINKS, &[]).await;
    assert!(answer["unheardOf"].is_object() && answer["data"][0]["unheardOf"].is_object());
    cloud.fault(LINKS, json!({"wrongTypes": {"fields": ["code", "lanIp", "totalCount"]}})).await;
    let answer = cloud.call(LINKS, &[]).await;
    assert_eq!((&answer["code"], &answer["totalCount"]), (&json!("0"), &json!(1)));
    assert_eq!(answer["data"][0]["lanIp"], json!(["10.66.0.1"]));
}

#[tokio::test]
async fn a_task_can_be_made_to_fail() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"tencentV2": {"taskOutput": "present"}})).await;
    cloud.fault(ATTACH, json!({"failTask": {"message": "the host is on fire"}})).await;
    let answer = cloud.ok(ATTACH, &PAIR).await;
    let task = cloud.ok(TASK, &[("taskId", &answer["taskId"].to_string())]).await;
    assert_eq!(task["data"]["status"], 1);
    assert_eq!(task["data"]["output"]["errorMsg"], "the host is on fire");
    assert!(cloud.linked().await.is_empty());
}

#[tokio::test]
async fn a_fault_strikes_only_the_calls_it_names() {
    let cloud = Cloud::start().await;
    let fault = json!({"instanceId": "ins-test0002", "vpcId": "vpc-test0001", "account": ACCOUNT, "count": null,
                       "effect": {"answer": {"code": 6000}}});
    let id = cloud.post("/faults", fault).await["id"].clone();
    cloud.ok(ATTACH, &PAIR).await;
    let other = [("vpcId", "vpc-test0001"), ("instanceIds.0", "ins-test0002")];
    for _ in 0..3 {
        assert_eq!(cloud.refusal(ATTACH, &other).await, named(6000, ""));
    }
    assert_eq!(cloud.get("/faults").await[0]["struck"], 3);
    cloud.arrange(Method::DELETE, &format!("/faults/{id}"), json!({})).await;
    cloud.ok(ATTACH, &other).await;
    let elsewhere = json!({"account": "somebody", "effect": "resetBefore"});
    cloud.post("/faults", elsewhere).await;
    cloud.links().await;
    cloud.arrange(Method::DELETE, "/faults", json!({})).await;
    assert_eq!(cloud.get("/faults").await, json!([]));
}
