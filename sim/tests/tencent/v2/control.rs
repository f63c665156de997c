//! The control API.

use reqwest::Method;
use serde_json::json;

use super::client::*;

#[tokio::test]
async fn calls_are_counted_and_logged_in_order_without_secrets() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.call(LINKS, &[("vpcId", "vpc-test9999")]).await;
    cloud.answer(&Call::new(LINKS, &[]).signed_by("AKIDnobody", "x")).await;
    let counts = cloud.get("/calls").await;
    assert_eq!(counts["total"], 3);
    assert_eq!(counts["byAction"], json!({ATTACH: 1, LINKS: 2}));
    assert_eq!(counts["byAccount"][ACCOUNT], json!({ATTACH: 1, LINKS: 1}));
    let log = cloud.get("/calls/log").await;
    let seen: Vec<_> = log.as_array().unwrap().iter().map(|call| (&call["action"], &call["code"])).collect();
    assert_eq!(seen, [(&json!(ATTACH), &json!(0)), (&json!(LINKS), &json!(5000)), (&json!(LINKS), &json!(4104))]);
    assert_eq!((&log[0]["keyId"], &log[2]["keyId"]), (&json!(KEY_ID), &json!(null)));
    assert_eq!(log[0]["params"]["instanceIds.0"], "ins-test0001");
    assert!(log[0]["at"].as_u64().unwrap() <= log[1]["at"].as_u64().unwrap());
    assert!(!log.to_string().contains("ignature") && !log.to_string().contains("AKIDnobody"));
    assert_eq!(cloud.get("/calls/log?limit=1").await.as_array().unwrap().len(), 1);
    cloud.post("/calls/reset", json!({})).await;
    assert_eq!(cloud.get("/calls").await["total"], 0);
    cloud.ok(LINKS, &[]).await;
    assert_eq!(cloud.get("/calls/log").await[0]["code"], 0);
}

#[tokio::test]
async fn no_read_shows_a_secret() {
    let cloud = Cloud::start().await;
    let key = json!({"secretId": "AKIDtmp", "secretKey": "tmp-secret", "token": "tmp-token"});
    cloud.post(&format!("/accounts/{ACCOUNT}/keys"), key).await;
    for path in ["/state", "/accounts", &format!("/accounts/{ACCOUNT}")] {
        let text = cloud.get(path).await.to_string();
        assert!(text.contains("AKIDtmp"), "{path}");
        for secret in ["tmp-secret", "tmp-token", SECRET] {
            assert!(!text.contains(secret), "{path} shows {secret}");
        }
    }
}

#[tokio::test]
async fn the_state_shows_dead_records_for_what_they_are() {
    let cloud = Cloud::start().await;
    let dead = json!({"instanceId": "ins-test0001", "vpcId": "vpc-test0001", "recordedIp": "10.66.7.7"});
    cloud.post("/links", dead).await;
    cloud.post("/links", json!({"instanceId": "ins-test0002", "vpcId": "vpc-test0001"})).await;
    let state = cloud.get("/state").await;
    let links = &state["accounts"][0]["regions"]["ap-guangzhou"]["links"];
    assert_eq!((&links[0]["alive"], &links[1]["alive"]), (&json!(false), &json!(true)));
    assert_eq!((&links[0]["recordedIp"], &links[0]["presentIp"]), (&json!("10.66.7.7"), &json!("10.66.0.1")));
    assert_eq!(cloud.get("/state?account=nobody").await["accounts"], json!([]));
}

#[tokio::test]
async fn things_are_made_with_ids_of_their_own_and_removed() {
    let cloud = Cloud::start().await;
    let vpc = json!({"account": ACCOUNT, "region": "ap-shanghai", "cidr": "10.5.0.0/16"});
    let vpc = cloud.post("/vpcs", vpc).await["id"].as_str().unwrap().to_owned();
    let machine = json!({"account": ACCOUNT, "region": "ap-shanghai", "ip": "10.66.1.1"});
    let machine = cloud.post("/machines", machine).await["id"].as_str().unwrap().to_owned();
    let link = json!({"instanceId": machine, "vpcId": vpc});
    assert_eq!(cloud.post("/links", link).await["link"]["alive"], true);
    let (status, error) = cloud.control(Method::DELETE, &format!("/vpcs/{vpc}"), json!({})).await;
    assert_eq!((status, error), (409, json!({"error": format!("`{vpc}` has links: cancel them first")})));
    let (status, _) = cloud.control(Method::DELETE, &format!("/machines/{machine}"), json!({})).await;
    assert_eq!(status, 200);
    cloud.arrange(Method::DELETE, &format!("/vpcs/{vpc}"), json!({})).await;
    cloud.arrange(Method::DELETE, &format!("/accounts/{ACCOUNT}"), json!({})).await;
    assert_eq!(cloud.get("/accounts").await, json!([]));
}

#[tokio::test]
async fn a_linked_machine_does_not_move_into_a_vpc() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let body = json!({"vpcId": "vpc-test0001", "ip": "10.0.0.9"});
    let (status, error) = cloud.control(Method::POST, "/machines/ins-test0001/migrate-to-vpc", body).await;
    assert_eq!(status, 409);
    assert!(error["error"].as_str().unwrap().contains("cancel the association first"));
}

#[tokio::test]
async fn a_person_at_the_console_is_held_to_the_same_rules() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let again = json!({"instanceId": "ins-test0001", "vpcId": "vpc-test0002"});
    let (status, error) = cloud.control(Method::POST, "/links", again).await;
    assert_eq!((status, error), (409, json!({"error": "the instance is already linked"})));
}

#[tokio::test]
async fn mistakes_are_named() {
    let cloud = Cloud::start().await;
    let machine = |id: &str| json!({"account": ACCOUNT, "region": "ap-guangzhou", "id": id});
    for (method, path, body, status, message) in [
        (Method::POST, "/machines", machine("ins-test0001"), 409, "there is already a machine `ins-test0001`"),
        (Method::POST, "/machines", machine("X"), 400, "is not an id of the form"),
        (Method::POST, "/machines", json!({"acount": "x"}), 400, "unknown field `acount`"),
        (Method::GET, "/machines/ins-test9999", json!({}), 404, "there is no machine `ins-test9999`"),
        (Method::POST, "/machines/ins-test0001/change-ip", json!({}), 400, "missing field `ip`"),
        (Method::PATCH, "/settings", json!({"switches": {"nonsense": 1}}), 400, "unknown field `nonsense`"),
        (Method::PATCH, "/settings", json!({"switches": {"listOrder": "x"}}), 400, "unknown variant `x`"),
        (Method::PATCH, "/settings", json!({"traffic": {"latencyMs": {"Atach": 1}}}), 400, "`Atach` is not an action"),
        (Method::PATCH, "/settings", json!({"timing": {"listDelayMs": 600_001}}), 400, "the longest is 600000"),
        (Method::POST, "/faults", json!({"action": "Atach", "effect": "loseAnswer"}), 400, "is not an action"),
        (Method::POST, "/faults", json!({"effect": "explode"}), 400, "unknown variant `explode`"),
        (Method::DELETE, "/faults/7", json!({}), 404, "there is no fault 7"),
        (Method::GET, "/nowhere", json!({}), 404, "there is no GET /nowhere"),
        (Method::GET, "/calls/log?n=1", json!({}), 400, "there is no parameter `n`"),
        (Method::POST, "/seed", json!({"machines": [machine("ins-test0001")]}), 400, "machines[0]: there is already"),
    ] {
        let (answered, error) = cloud.control(method, path, body).await;
        let text = error["error"].as_str().unwrap();
        assert!(answered == status && text.contains(message), "{path}: {answered} {text}");
    }
}

#[tokio::test]
async fn settings_are_merged_and_reset() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"timing": {"taskDurationMs": 5}, "traffic": {"latencyMs": {"*": 1}}})).await;
    cloud.set(json!({"timing": {"recycleBinMs": 9}, "traffic": {"latencyMs": {LINKS: 2}}})).await;
    let settings = cloud.get("/settings").await;
    assert_eq!((&settings["timing"]["taskDurationMs"], &settings["timing"]["recycleBinMs"]), (&json!(5), &json!(9)));
    assert_eq!(settings["traffic"]["latencyMs"], json!({"*": 1, LINKS: 2}));
    let settings = cloud.arrange(Method::DELETE, "/settings", json!({})).await;
    assert_eq!(settings["timing"]["taskDurationMs"], 1_000);
    assert_eq!(settings["timing"]["recycleBinMs"], json!(null));
}
