//! Who is let in.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::*;

async fn code(cloud: &Cloud, call: Call) -> i64 {
    cloud.answer(&call).await["code"].as_i64().unwrap()
}

fn key_path() -> String {
    format!("/accounts/{ACCOUNT}/keys/{KEY_ID}")
}

#[tokio::test]
async fn get_and_post_are_signed_each_in_its_own_way() {
    let cloud = Cloud::start().await;
    assert_eq!(code(&cloud, Call::new(LINKS, &[])).await, 0);
    assert_eq!(code(&cloud, Call::new(LINKS, &[]).post()).await, 0);
    let mut mixed = Call::new(LINKS, &[]);
    let form = mixed.form(cloud.api.strip_prefix("http://").unwrap());
    mixed.method = Method::POST;
    let (_, text) = cloud.send_form(Method::POST, form).await.unwrap();
    assert!(text.contains("4100"), "{text}");
}

#[tokio::test]
async fn a_short_name_of_a_region_does_as_well_and_an_unknown_one_is_refused() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.ok(MACHINES, &[("Region", "gz")]).await["totalCount"], 5);
    assert_eq!(cloud.refusal(MACHINES, &[("Region", "atlantis")]).await, named(4000, ""));
    let mut none = Call::new(MACHINES, &[]);
    none.params.remove("Region");
    assert_eq!(code(&cloud, none).await, 4000);
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_key_and_a_disabled_one_are_told_apart() {
    let cloud = Cloud::start().await;
    assert_eq!(code(&cloud, Call::new(LINKS, &[]).signed_by(KEY_ID, "wrong")).await, 4100);
    assert_eq!(code(&cloud, Call::new(LINKS, &[]).signed_by("AKIDnobody", SECRET)).await, 4104);
    cloud.arrange(Method::PATCH, &key_path(), json!({"enabled": false})).await;
    assert_eq!(code(&cloud, Call::new(LINKS, &[])).await, 4104);
}

#[tokio::test]
async fn a_plus_that_was_not_encoded_breaks_the_signature() {
    let cloud = Cloud::start().await;
    let host = cloud.api.strip_prefix("http://").unwrap();
    let forms = (0..200).map(|_| Call::new(LINKS, &[]).form(host));
    let form = forms.into_iter().find(|form| form.contains("%2B")).unwrap();
    let (_, text) = cloud.send_form(Method::GET, form.replace("%2B", "+")).await.unwrap();
    assert!(text.contains("4100"), "{text}");
}

#[tokio::test]
async fn a_request_that_comes_twice_is_a_replay() {
    let cloud = Cloud::start().await;
    let call = Call::new(ATTACH, &PAIR);
    assert_eq!(cloud.answer(&call).await["code"], 0);
    assert_eq!(cloud.answer(&call).await["code"], 4500);
    assert_eq!(cloud.get("/state").await["tasks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_nonce_has_up_to_nineteen_digits() {
    let cloud = Cloud::start().await;
    assert_eq!(code(&cloud, Call::new(LINKS, &[("Nonce", "9223372036854775807")])).await, 0);
    assert_eq!(code(&cloud, Call::new(LINKS, &[("Nonce", "-1")])).await, 4000);
}

#[tokio::test]
async fn a_timestamp_more_than_five_minutes_off_is_refused_by_the_code_of_either_table() {
    let cloud = Cloud::start().await;
    let at = |offset: i64| (unix_seconds().saturating_add_signed(offset)).to_string();
    assert_eq!(code(&cloud, Call::new(LINKS, &[]).with("Timestamp", &at(-290))).await, 0);
    assert_eq!(code(&cloud, Call::new(LINKS, &[]).with("Timestamp", &at(-310))).await, 4500);
    cloud.set(json!({"tencentV2": {"staleTimestamp": "expired"}})).await;
    assert_eq!(code(&cloud, Call::new(LINKS, &[]).with("Timestamp", &at(310))).await, 4200);
}

#[tokio::test]
async fn a_skewed_clock_refuses_honest_timestamps_and_shows_in_the_date() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"traffic": {"clockSkewMs": -600_000}})).await;
    let host = cloud.api.strip_prefix("http://").unwrap();
    let url = format!("{}/v2/index.php?{}", cloud.api, Call::new(LINKS, &[]).form(host));
    let response = cloud.http.get(url).send().await.unwrap();
    let date = response.headers()["date"].to_str().unwrap().to_owned();
    let shown = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(&date).unwrap();
    let behind = i64::try_from(unix_seconds()).unwrap() - shown.as_second();
    assert!((595..=620).contains(&behind), "{behind} seconds behind");
    assert!(response.text().await.unwrap().contains("4500"));
}

#[tokio::test]
async fn a_temporary_key_needs_its_token_and_the_token_ends() {
    let cloud = Cloud::start().await;
    let key = json!({"secretId": "AKIDtmp", "secretKey": "tmp", "token": "t0"});
    cloud.post(&format!("/accounts/{ACCOUNT}/keys"), key).await;
    let call = || Call::new(LINKS, &[]).signed_by("AKIDtmp", "tmp");
    assert_eq!(code(&cloud, call()).await, 4105);
    assert_eq!(code(&cloud, call().with("Token", "t1")).await, 4105);
    assert_eq!(code(&cloud, call().with("Token", "t0")).await, 0);
    let path = format!("/accounts/{ACCOUNT}/keys/AKIDtmp");
    cloud.arrange(Method::PATCH, &path, json!({"tokenExpiresAt": 1})).await;
    assert_eq!(code(&cloud, call().with("Token", "t0")).await, 4105);
    cloud.arrange(Method::PATCH, &path, json!({"token": "t2", "tokenExpiresAt": null})).await;
    assert_eq!(code(&cloud, call().with("Token", "t2")).await, 0);
}

#[tokio::test]
async fn a_permission_can_be_withdrawn_while_the_simulator_runs() {
    let cloud = Cloud::start().await;
    let allowed = json!({"allowedActions": ["vpc:DescribeVpcClassicLink", "cvm:*"]});
    cloud.arrange(Method::PATCH, &key_path(), allowed).await;
    assert_eq!(code(&cloud, Call::new(LINKS, &[])).await, 0);
    assert_eq!(code(&cloud, Call::new(MACHINES, &[])).await, 0);
    assert_eq!(code(&cloud, Call::new(ATTACH, &PAIR)).await, 4101);
    cloud.arrange(Method::PATCH, &key_path(), json!({"allowedActions": null})).await;
    assert_eq!(code(&cloud, Call::new(ATTACH, &PAIR)).await, 0);
}

#[tokio::test]
async fn calls_above_the_rate_are_refused_and_not_carried_out() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"traffic": {"callsPerSecond": {ATTACH: 0}}})).await;
    assert_eq!(code(&cloud, Call::new(ATTACH, &PAIR)).await, 4400);
    assert!(cloud.links().await.is_empty());
    cloud.set(json!({"traffic": {"callsPerSecond": {ATTACH: 1000}}})).await;
    assert_eq!(code(&cloud, Call::new(ATTACH, &PAIR)).await, 0);
}

#[tokio::test]
async fn an_unknown_action_and_an_api_that_is_gone_are_told_apart_from_maintenance() {
    let cloud = Cloud::start().await;
    assert_eq!(code(&cloud, Call::new("DescribeUnicorns", &[])).await, 6100);
    assert_eq!(code(&cloud, Call::new(MACHINES, &[("Version", "2017-03-12")])).await, 6100);
    cloud.set(json!({"tencentV2": {"api": "offline"}})).await;
    assert_eq!(code(&cloud, Call::new(LINKS, &[])).await, 6100);
    cloud.set(json!({"tencentV2": {"api": "maintenance"}})).await;
    assert_eq!(code(&cloud, Call::new(LINKS, &[])).await, 6200);
}

#[tokio::test]
async fn a_request_without_its_common_parameters_is_refused() {
    let cloud = Cloud::start().await;
    let host = cloud.api.strip_prefix("http://").unwrap();
    let form = Call::new(LINKS, &[]).form(host);
    for name in ["Action", "Timestamp", "Nonce", "SecretId", "Signature"] {
        let rest: Vec<&str> = form.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
        let (_, text) = cloud.send_form(Method::GET, rest.join("&")).await.unwrap();
        assert!(text.contains("\"code\":4000"), "without {name}: {text}");
    }
}

#[tokio::test]
async fn a_key_that_was_handed_out_for_a_role_opens_this_api_until_it_ends() {
    let cloud = Cloud::start().await;
    let role = json!({"name": "operator", "allowedActions": ["vpc:DescribeVpcClassicLink"]});
    cloud.post(&format!("/accounts/{ACCOUNT}/roles"), role).await;
    cloud.post("/metadata", json!({"account": ACCOUNT, "role": "operator"})).await;
    let url = format!("{}/latest/meta-data/cam/security-credentials/operator", cloud.url("metadata"));
    let text = cloud.http.get(url).send().await.unwrap().text().await.unwrap();
    let key: Value = serde_json::from_str(&text).unwrap();
    let own = |name: &str| key[name].as_str().unwrap();
    let call = |action: &str| Call::new(action, &[]).signed_by(own("TmpSecretId"), own("TmpSecretKey"));
    assert_eq!(code(&cloud, call(LINKS)).await, 4105);
    assert_eq!(code(&cloud, call(LINKS).with("Token", own("Token"))).await, 0);
    assert_eq!(code(&cloud, call(MACHINES).with("Token", own("Token"))).await, 4101);
    cloud.post(&format!("/sessions/expire?account={ACCOUNT}"), json!({})).await;
    assert_eq!(code(&cloud, call(LINKS).with("Token", own("Token"))).await, 4105);
}

#[tokio::test]
async fn the_number_beside_a_name_may_be_the_same_for_all() {
    let cloud = Cloud::start().await;
    let wrong = [("vpcId", "vpc-nothere1"), ("instanceIds.0", "ins-test0001")];
    assert_eq!(cloud.refusal(ATTACH, &wrong).await, named(5000, "InvalidVpc.NotFound"));
    cloud.set(json!({"tencentV2": {"numberOfName": "parameter"}})).await;
    assert_eq!(cloud.refusal(ATTACH, &wrong).await, named(4000, "InvalidVpc.NotFound"));
}
