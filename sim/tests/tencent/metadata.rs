//! What a machine is told about itself, in both clouds, and the control API's list of switches.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::harness::*;

const TENCENT: &str = "/latest/meta-data/cam/security-credentials/";
const ALIBABA: &str = "/latest/meta-data/ram/security-credentials/";
const TOKEN: &str = "x-aliyun-ecs-metadata-token";
const TTL: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";

/// The scene with an account at Alibaba besides, each with a role.
async fn start() -> Stage {
    let stage = Stage::start().await;
    stage.post("/accounts", json!({"id": "1135", "cloud": "alibaba", "roles": [{"name": "node"}]})).await;
    stage.post(&format!("/accounts/{ACCOUNT}/roles"), json!({"name": "operator"})).await;
    stage
}

fn ask(stage: &Stage, method: Method, path: &str) -> RequestBuilder {
    stage.http.request(method, format!("{}{path}", stage.url("metadata")))
}

async fn told(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn get(stage: &Stage, path: &str) -> (u16, String) {
    told(ask(stage, Method::GET, path)).await
}

fn document((status, text): &(u16, String)) -> Value {
    assert_eq!(*status, 200, "{text}");
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_machine_without_a_role_is_told_so() {
    let stage = start().await;
    for path in [TENCENT.to_owned(), ALIBABA.to_owned(), format!("{TENCENT}operator")] {
        assert_eq!(get(&stage, &path).await.0, 404, "{path}");
    }
    stage.post("/metadata", json!({"account": ACCOUNT, "role": "operator"})).await;
    assert_eq!(get(&stage, TENCENT).await, (200, "operator".into()));
    assert_eq!(get(&stage, ALIBABA).await.0, 404, "each cloud has its own");
    assert_eq!(get(&stage, &format!("{TENCENT}other")).await.0, 404);
    stage.arrange(Method::DELETE, &format!("/metadata/{ACCOUNT}/operator"), json!({})).await;
    assert_eq!(get(&stage, TENCENT).await.0, 404);
    assert_eq!(stage.control(Method::POST, "/metadata", json!({"account": ACCOUNT, "role": "nobody"})).await.0, 404);
}

#[tokio::test]
async fn each_cloud_tells_a_fresh_key_in_its_own_words() {
    let stage = start().await;
    for (account, role) in [(ACCOUNT, "operator"), ("1135", "node")] {
        stage.post("/metadata", json!({"account": account, "role": role})).await;
    }
    let tencent = document(&get(&stage, &format!("{TENCENT}operator")).await);
    let left = tencent["ExpiredTime"].as_u64().unwrap() - unix_seconds();
    assert!((21_500..=21_600).contains(&left), "six hours: {tencent}");
    assert_eq!(tencent["Code"], "Success");
    assert!(["TmpSecretId", "TmpSecretKey", "Token", "Expiration"].iter().all(|name| tencent[name].is_string()));
    let again = document(&get(&stage, &format!("{TENCENT}operator")).await);
    assert_ne!(tencent["TmpSecretId"], again["TmpSecretId"]);
    let alibaba = document(&get(&stage, &format!("{ALIBABA}node")).await);
    assert!(alibaba["AccessKeyId"].as_str().unwrap().starts_with("STS."), "{alibaba}");
    let names = ["AccessKeySecret", "SecurityToken", "Expiration", "LastUpdated"];
    assert!(names.iter().all(|name| alibaba[name].is_string()) && alibaba["Code"] == "Success", "{alibaba}");
    let shown = stage.get("/state").await.to_string();
    assert!(shown.contains(tencent["TmpSecretId"].as_str().unwrap()));
    assert!(!shown.contains(tencent["Token"].as_str().unwrap()), "secrets are never shown");
}

#[tokio::test]
async fn alibabas_are_asked_with_a_token_if_need_be() {
    let stage = start().await;
    stage.post("/metadata", json!({"account": "1135", "role": "node"})).await;
    let wants = |seconds: &str| ask(&stage, Method::PUT, "/latest/api/token").header(TTL, seconds);
    let with = |token: &str| ask(&stage, Method::GET, ALIBABA).header(TOKEN, token);
    let (status, token) = told(wants("21600")).await;
    assert_eq!(status, 200);
    assert_eq!(told(with(&token)).await, (200, "node".into()));
    assert_eq!(told(with("wrong")).await.0, 403);
    for seconds in ["0", "21601", "soon"] {
        assert_eq!(told(wants(seconds)).await.0, 400, "{seconds}");
    }
    let (_, short) = told(wants("1")).await;
    stage.until("the token ends", async || told(with(&short)).await.0 == 403).await;
    stage.set(json!({"metadata": {"tokens": "required"}})).await;
    assert_eq!(get(&stage, ALIBABA).await.0, 403);
    assert_eq!(told(with(&token)).await.0, 200);
    stage.set(json!({"metadata": {"tokens": "absent"}})).await;
    assert_eq!(told(wants("60")).await.0, 404);
    assert_eq!(get(&stage, ALIBABA).await.0, 200);
}

#[tokio::test]
async fn faults_and_the_log_know_these_calls() {
    let stage = start().await;
    stage.post("/metadata", json!({"account": ACCOUNT, "role": "operator"})).await;
    let path = format!("{TENCENT}operator");
    stage.fault("MetadataCredentials", json!({"answer": {"code": "Failed", "message": "no"}})).await;
    assert_eq!(document(&get(&stage, &path).await)["Code"], "Failed");
    stage.fault("MetadataCredentials", json!({"answer": {"code": "Gone", "httpStatus": 500, "message": "no"}})).await;
    assert_eq!(get(&stage, &path).await, (500, "no".into()));
    stage.fault("MetadataRole", json!("resetBefore")).await;
    assert!(ask(&stage, Method::GET, TENCENT).send().await.is_err());
    stage.fault("MetadataCredentials", json!("truncatedJson")).await;
    assert!(serde_json::from_str::<Value>(&get(&stage, &path).await.1).is_err());
    stage.set(json!({"timing": {"sessionLifetimeMs": 60_000}})).await;
    let key = document(&get(&stage, &path).await);
    assert!(key["ExpiredTime"].as_u64().unwrap() <= unix_seconds() + 60);
    let counts = stage.get("/calls").await;
    assert_eq!(counts["byAccount"][ACCOUNT]["MetadataCredentials"], 4);
    assert_eq!(counts["byApi"]["metadata"], 5);
}

#[tokio::test]
async fn every_setting_of_the_space_can_be_sent_back_as_it_is() {
    let stage = Stage::start().await;
    let rows = stage.get("/settings/space").await;
    let rows = rows.as_array().unwrap();
    for setting in rows.iter().flat_map(|row| row["settings"].as_array().unwrap()) {
        stage.set(setting.clone()).await;
    }
    let name = |row: &Value| row["name"].as_str().unwrap().to_owned();
    let of_v2 = stage.get("/settings/space?api=tencentV2").await;
    let of_v2: Vec<String> = of_v2.as_array().unwrap().iter().map(name).collect();
    assert!(of_v2.contains(&"tencentV2.code".to_owned()) && of_v2.contains(&"switches.wideCidr".to_owned()));
    assert!(of_v2.len() < rows.len() && !of_v2.iter().any(|name| name.starts_with("alibaba")), "{of_v2:?}");
    assert_eq!(stage.control(Method::GET, "/settings/space?api=soap", json!({})).await.0, 400);
}

#[tokio::test]
async fn a_seed_has_roles_web_identities_and_the_machines_role() {
    let stage = Stage::start().await;
    let role = json!({"name": "node", "allowedActions": ["cvm:*"], "trustedSubjects": ["pod"]});
    let identity = json!({"name": "pod", "token": "a.b.c", "provider": "tke", "expiresAt": 9_000_000_000_000_u64});
    let account = json!({"id": "7", "identityRefused": true, "roles": [role], "identities": [identity]});
    stage.post("/seed", json!({"accounts": [account], "metadata": [{"account": "7", "role": "node"}]})).await;
    let shown = stage.get("/accounts/7").await;
    assert_eq!(shown["roles"][0]["arn"], "qcs::cam::uin/7:roleName/node");
    assert_eq!((&shown["identities"][0]["subject"], &shown["identityRefused"]), (&json!("pod"), &json!(true)));
    assert!(!shown.to_string().contains("a.b.c"), "a token is never shown: {shown}");
    assert_eq!(get(&stage, TENCENT).await, (200, "node".into()));
    let missing = json!({"metadata": [{"account": "7", "role": "nobody"}]});
    let (status, error) = stage.control(Method::POST, "/seed", missing).await;
    assert!(status == 400 && error["error"].as_str().unwrap().contains("metadata[0]"), "{error}");
    stage.arrange(Method::DELETE, "/accounts/7", json!({})).await;
    assert_eq!(get(&stage, TENCENT).await.0, 404, "the machine has no role of an account that went");
}
