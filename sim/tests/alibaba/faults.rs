//! Faults in the way of calls, and the log.

use serde_json::{Value, json};

use crate::harness::*;

#[tokio::test]
async fn an_arranged_answer_has_any_code_and_status_and_may_ask_to_wait() {
    let cloud = Cloud::start().await;
    let effect = json!({"answer": {"code": "Throttling", "httpStatus": 429, "message": "slow", "retryAfterMs": 1500}});
    cloud.fault(ATTACH, effect).await;
    let answer = cloud.send(&Call::new(ATTACH, &PAIR)).await;
    assert_eq!((answer.status, answer.header("x-acs-retry-after")), (429, Some("1500")));
    assert_eq!((&answer.json()["Code"], &answer.json()["Message"]), (&json!("Throttling"), &json!("slow")));
    assert!(cloud.linked().await.is_empty());
}

#[tokio::test]
async fn a_call_can_be_carried_out_and_answered_with_an_error() {
    let cloud = Cloud::start().await;
    let effect = json!({"answer": {"code": "InternalError", "httpStatus": 500, "carriedOut": true}});
    cloud.fault(ATTACH, effect).await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, refusal(500, "InternalError"));
    assert_eq!(cloud.linked().await, ["i-test0001"]);
}

#[tokio::test]
async fn answers_are_lost_before_or_after() {
    let cloud = Cloud::start().await;
    for (effect, carried_out) in [("resetBefore", 0), ("loseAnswer", 1)] {
        cloud.fault(ATTACH, json!(effect)).await;
        assert!(cloud.try_send(&Call::new(ATTACH, &PAIR)).await.is_err());
        assert_eq!(cloud.linked().await.len(), carried_out, "{effect}");
    }
    for effect in ["badGatewayBefore", "badGatewayAfter"] {
        cloud.fault(DETACH, json!(effect)).await;
        let answer = cloud.send(&Call::new(DETACH, &PAIR)).await;
        assert!(answer.status == 502 && answer.text.starts_with("<html>"), "{}", answer.text);
    }
    assert!(cloud.linked().await.is_empty());
}

#[tokio::test]
async fn answers_are_garbled_in_json_and_in_xml() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.fault(LINKS, json!("truncatedJson")).await;
    let answer = cloud.send(&Call::new(LINKS, &PAIR)).await;
    assert!(answer.status == 200 && serde_json::from_str::<Value>(&answer.text).is_err(), "{}", answer.text);
    cloud.fault(LINKS, json!("extraFields")).await;
    assert!(cloud.ok(LINKS, &PAIR).await["Links"]["Link"][0]["unheardOf"].is_object());
    cloud.fault(LINKS, json!({"wrongTypes": {"fields": ["TotalCount"]}})).await;
    assert_eq!(cloud.ok(LINKS, &PAIR).await["TotalCount"], "1");
    cloud.fault(LINKS, json!("truncatedJson")).await;
    let answer = cloud.send(&Call::new(LINKS, &PAIR).with("Format", "XML")).await;
    assert!(answer.text.starts_with("<?xml") && !answer.text.ends_with('>'), "{}", answer.text);
}

#[tokio::test]
async fn a_write_can_be_accepted_and_come_to_nothing() {
    let cloud = Cloud::start().await;
    cloud.fault(ATTACH, json!({"failTask": {"message": "never"}})).await;
    cloud.ok(ATTACH, &PAIR).await;
    assert!(cloud.linked().await.is_empty());
}

#[tokio::test]
async fn a_fault_finds_a_machine_in_a_list_of_either_kind() {
    let cloud = Cloud::start().await;
    let fault = json!({"instanceId": "i-test0002", "api": "alibaba", "count": null,
                       "effect": {"answer": {"code": "ServiceUnavailable", "httpStatus": 503}}});
    cloud.post("/faults", fault).await;
    cloud.links(&[("InstanceId", "i-test0001")]).await;
    let expected = refusal(503, "ServiceUnavailable");
    assert_eq!(cloud.refusal(LINKS, &[("InstanceId", "i-test0001,i-test0002")]).await, expected);
    assert_eq!(cloud.refusal(MACHINES, &[("InstanceIds", r#"["i-test0001","i-test0002"]"#)]).await, expected);
    // A numeric code belongs to another API.
    cloud.fault(VPCS, json!({"answer": {"code": 4000}})).await;
    cloud.ok(VPCS, &[]).await;
}

#[tokio::test]
async fn calls_are_logged_with_api_code_and_request_id_and_without_secrets() {
    let cloud = Cloud::start().await;
    let attached = cloud.ok(ATTACH, &PAIR).await;
    cloud.refusal(DETACH, &[PAIR[0], ("VpcId", "vpc-test0002")]).await;
    cloud.send(&Call::new("Nonsense", &[]).by_query().signed_by("LTAInobody", "x")).await;
    let log = cloud.get("/calls/log").await;
    let seen: Vec<_> = log.as_array().unwrap().iter().map(|call| (&call["action"], &call["code"])).collect();
    let expected = [
        (&json!(ATTACH), &json!("")),
        (&json!(DETACH), &json!("InvalidOperation.InvalidVpc")),
        (&json!("unknown"), &json!("InvalidApi.NotFound")),
    ];
    assert_eq!(seen, expected);
    assert_eq!((&log[0]["api"], &log[0]["requestId"]), (&json!("alibaba"), &attached["RequestId"]));
    assert_eq!((&log[0]["keyId"], &log[2]["keyId"]), (&json!(KEY_ID), &json!(null)));
    assert_eq!(
        log[0]["params"],
        json!({"RegionId": "cn-hangzhou", "InstanceId": "i-test0001", "VpcId": "vpc-test0001"})
    );
    assert!(!log.to_string().contains("ignature") && !log.to_string().contains("LTAInobody"));
    assert_eq!(cloud.get("/calls").await["byAction"], json!({ATTACH: 1, DETACH: 1, "unknown": 1}));
}
