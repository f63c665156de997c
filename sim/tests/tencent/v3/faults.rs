//! Faults in the way of calls, and the log of them.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::client::*;

#[tokio::test]
async fn any_code_can_be_arranged() {
    let cloud = Cloud::start().await;
    let effect = json!({"answer": {"code": "InternalError.ModuleError", "message": "try again"}});
    cloud.fault(ATTACH, effect).await;
    let error = cloud.call(ATTACH, &pair()).await["Error"].clone();
    assert_eq!(error, json!({"Code": "InternalError.ModuleError", "Message": "try again"}));
    assert!(cloud.linked().await.is_empty());
    cloud.ok(ATTACH, &pair()).await;
}

#[tokio::test]
async fn a_fault_strikes_the_api_it_names_or_whose_codes_it_has() {
    let cloud = Cloud::start().await;
    cloud.fault(ATTACH, json!({"answer": {"code": 6000}})).await;
    cloud.post("/faults", json!({"api": "tencentV2", "effect": "resetBefore"})).await;
    cloud.ok(ATTACH, &pair()).await;
    assert_eq!(cloud.get("/faults").await.as_array().unwrap().len(), 2);
    cloud.post("/faults", json!({"api": "tencentV3", "effect": {"answer": {"code": "InternalError"}}})).await;
    assert_eq!(cloud.refusal(LINKS, &json!({})).await, "InternalError");
    let never = json!({"api": "tencentV3", "effect": {"answer": {"code": 6000}}});
    assert_eq!(cloud.control(Method::POST, "/faults", never).await.0, 400);
}

#[tokio::test]
async fn a_fault_finds_the_machine_and_the_vpc_in_the_body() {
    let cloud = Cloud::start().await;
    let fault = json!({"instanceId": "ins-test0002", "vpcId": "vpc-test0001", "account": ACCOUNT,
                       "effect": {"answer": {"code": "InternalError"}}});
    cloud.post("/faults", fault).await;
    cloud.ok(ATTACH, &pair()).await;
    assert_eq!(cloud.refusal(ATTACH, &to("vpc-test0001", "ins-test0002")).await, "InternalError");
}

#[tokio::test]
async fn answers_are_lost_before_and_after() {
    let cloud = Cloud::start().await;
    for (effect, end, carried_out) in [("resetBefore", "reset", 0), ("loseAnswer", "closed", 1)] {
        cloud.fault(ATTACH, json!(effect)).await;
        assert!(cloud.send(&Call::new(ATTACH, &pair())).await.is_err());
        assert_eq!(cloud.linked().await.len(), carried_out, "{effect}");
        let log = cloud.get("/calls/log?limit=1").await;
        assert_eq!(log[0]["end"], end);
    }
}

#[tokio::test]
async fn a_bad_gateway_answers_html() {
    let cloud = Cloud::start().await;
    for (effect, carried_out) in [("badGatewayBefore", 0), ("badGatewayAfter", 1)] {
        cloud.fault(ATTACH, json!(effect)).await;
        let response = cloud.send(&Call::new(ATTACH, &pair())).await.unwrap();
        assert_eq!(response.status(), 502);
        assert!(response.text().await.unwrap().starts_with("<html>"));
        assert_eq!(cloud.linked().await.len(), carried_out, "{effect}");
    }
}

#[tokio::test]
async fn an_answer_can_be_late_by_a_fault_or_by_the_latency_of_its_action() {
    let cloud = Cloud::start().await;
    cloud.fault(LINKS, json!({"delay": {"ms": 300, "when": "before"}})).await;
    for _ in 0..2 {
        let begun = Instant::now();
        cloud.links().await;
        assert!(begun.elapsed() >= Duration::from_millis(300));
        cloud.set(json!({"traffic": {"latencyMs": {LINKS: 300}}})).await;
    }
}

#[tokio::test]
async fn answers_can_be_cut_widened_and_of_other_types() {
    let cloud = Cloud::start().await;
    cloud.fault(ATTACH, json!("truncatedJson")).await;
    let text = cloud.send(&Call::new(ATTACH, &pair())).await.unwrap().text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
    cloud.fault(LINKS, json!("extraFields")).await;
    let answer = cloud.ok(LINKS, &json!({})).await;
    assert!(answer["unheardOf"].is_object() && answer["ClassicLinkInstanceSet"][0]["unheardOf"].is_object());
    cloud.fault(LINKS, json!({"wrongTypes": {"fields": ["TotalCount"]}})).await;
    assert_eq!(cloud.ok(LINKS, &json!({})).await["TotalCount"], "1");
}

#[tokio::test]
async fn a_task_can_be_made_to_fail() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"tencentV3": {"taskOutput": "present"}})).await;
    cloud.fault(ATTACH, json!({"failTask": {"message": "the host is on fire"}})).await;
    let answer = cloud.ok(ATTACH, &pair()).await;
    let task = cloud.ok(TASK, &json!({"TaskId": answer["RequestId"]})).await;
    assert_eq!((&task["Status"], &task["Output"]), (&json!("FAILED"), &json!("the host is on fire")));
    assert!(cloud.linked().await.is_empty());
}

#[tokio::test]
async fn calls_are_logged_with_their_api_their_request_and_the_names_of_v2() {
    let cloud = Cloud::start().await;
    let answer = cloud.ok(ATTACH, &pair()).await;
    cloud.call(LINKS, &filter("vpc-id", &["vpc-test9999"])).await;
    let counts = cloud.get("/calls").await;
    assert_eq!(counts["byApi"], json!({"tencentV3": 2}));
    assert_eq!(counts["byAction"], json!({ATTACH: 1, LINKS: 1}));
    assert_eq!(counts["byAccount"][ACCOUNT], json!({ATTACH: 1, LINKS: 1}));
    let log = cloud.get("/calls/log").await;
    for (name, expected) in [
        ("api", json!("tencentV3")),
        ("action", json!(ATTACH)),
        ("requestId", answer["RequestId"].clone()),
        ("account", json!(ACCOUNT)),
        ("keyId", json!(KEY_ID)),
        ("code", json!("")),
        ("end", json!("answered")),
    ] {
        assert_eq!(log[0][name], expected, "{name}");
    }
    let params = json!({"Region": "ap-guangzhou", "vpcId": "vpc-test0001", "instanceIds.0": "ins-test0001"});
    assert_eq!((&log[0]["params"], &log[1]["code"]), (&params, &json!(NOT_FOUND)));
    assert!(!log.to_string().contains("ignature"));
}

#[tokio::test]
async fn an_answer_can_be_compressed_endless_or_slow() {
    let cloud = Cloud::start().await;
    let listed = async || cloud.send(&Call::new(MACHINES, &json!({}))).await.unwrap();
    cloud.fault(MACHINES, json!("gzip")).await;
    let response = listed().await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert!(response.bytes().await.unwrap().starts_with(&[0x1f, 0x8b]), "this client does not unpack it");
    cloud.fault(MACHINES, json!({"flood": {"bytes": 1_000_000}})).await;
    let text = listed().await.text().await.unwrap();
    assert!(text.len() == 1_000_000 && text.starts_with("{\"flood\":\"xx"), "{}", text.len());
    cloud.fault(MACHINES, json!({"flood": {"bytes": null}})).await;
    let mut endless = listed().await;
    let mut read = 0;
    while read < 8 << 20 {
        read += endless.chunk().await.unwrap().expect("it has no end").len();
    }
    drop(endless);
    cloud.fault(MACHINES, json!({"drip": {"ms": 1}})).await;
    let mut slow = listed().await;
    let first = slow.chunk().await.unwrap().unwrap();
    assert!(first.len() < 100, "{} bytes came at once", first.len());
    let mut whole = first.to_vec();
    while let Some(piece) = slow.chunk().await.unwrap() {
        whole.extend(piece);
    }
    let answer: Value = serde_json::from_slice(&whole).unwrap();
    assert_eq!(answer["Response"]["TotalCount"], 5);
    let log = cloud.get("/calls/log").await;
    assert!(log.as_array().unwrap().iter().all(|call| call["end"] == "garbled"), "{log}");
}
