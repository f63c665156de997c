//! Who is let in.

use reqwest::Method;
use serde_json::json;

use crate::harness::*;

const ONE: [(&str, &str); 1] = [("InstanceId", "i-test0001")];

#[tokio::test]
async fn both_schemes_are_taken_by_get_and_post_from_query_and_form() {
    let cloud = Cloud::start().await;
    for scheme in [Scheme::V3, Scheme::Query] {
        for (method, as_form) in [(Method::GET, false), (Method::POST, false), (Method::POST, true)] {
            let call = Call { method, scheme, as_form, ..Call::new(LINKS, &ONE) }.with("Format", "JSON");
            let answer = cloud.send(&call).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.json()["TotalCount"], 0);
        }
    }
    let other = Call { method: Method::PUT, ..Call::new(LINKS, &ONE) };
    assert_eq!(cloud.refused(&other).await, refusal(400, "UnsupportedHTTPMethod"));
}

#[tokio::test]
async fn the_scheme_is_told_by_authorization_alone() {
    let cloud = Cloud::start().await;
    let mut call = Call::new(LINKS, &ONE).by_query().with("Format", "json");
    call.headers.insert("x-acs-action".into(), "Nonsense".into());
    call.headers.insert("x-acs-version".into(), "1999-01-01".into());
    assert_eq!(cloud.send(&call).await.status, 200);
}

#[tokio::test]
async fn more_headers_may_be_signed_and_none_of_the_mandatory_ones_may_be_left_out() {
    let cloud = Cloud::start().await;
    let mut call = Call::new(LINKS, &ONE);
    call.headers.insert("accept".into(), "application/json".into());
    call.headers.insert("x-acs-credentials-provider".into(), "static_ak".into());
    assert_eq!(cloud.send(&call).await.status, 200);
    for name in ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"]
    {
        let call = Call { unsigned: Some(name), ..Call::new(LINKS, &ONE) };
        assert_eq!(cloud.refused(&call).await, refusal(400, "IncompleteSignature"), "{name}");
    }
    let mut call = Call { unsigned: Some("x-acs-extra"), ..Call::new(LINKS, &ONE) };
    call.headers.insert("x-acs-extra".into(), "1".into());
    assert_eq!(cloud.refused(&call).await, refusal(400, "IncompleteSignature"));
    let form = Call { as_form: true, unsigned: Some("content-type"), ..Call::new(LINKS, &ONE) };
    assert_eq!(cloud.refused(&form).await, refusal(400, "IncompleteSignature"));
    let mut call = Call::new(LINKS, &ONE);
    call.headers.insert("x-acs-content-sha256".into(), "0".repeat(64));
    assert_eq!(cloud.refused(&call).await, refusal(400, "SignatureDoesNotMatch"));
}

#[tokio::test]
async fn a_wrong_secret_is_told_what_was_signed() {
    let cloud = Cloud::start().await;
    let call = Call::new(LINKS, &ONE).signed_by(KEY_ID, "wrong");
    let answer = cloud.send(&call).await;
    assert_eq!((answer.status, &answer.json()["Code"]), (400, &json!("SignatureDoesNotMatch")));
    let message = answer.json()["Message"].as_str().unwrap().to_owned();
    let told = "Specified signature is not matched with our calculation. server string to sign is:";
    assert!(message.strip_prefix(told).unwrap().starts_with("ACS3-HMAC-SHA256\n"), "{message}");
    let call = Call::new(LINKS, &ONE).by_query().with("Format", "JSON").signed_by(KEY_ID, "wrong");
    let message = cloud.send(&call).await.json()["Message"].as_str().unwrap().to_owned();
    assert!(message.split(':').nth(1).unwrap().starts_with("POST&%2F&AccessKeyId%3D"), "{message}");
}

#[tokio::test]
async fn unknown_and_disabled_keys_are_told_apart() {
    let cloud = Cloud::start().await;
    let nobody = Call::new(LINKS, &ONE).signed_by("LTAInobody", SECRET);
    assert_eq!(cloud.refused(&nobody).await, refusal(404, "InvalidAccessKeyId.NotFound"));
    cloud.change_key(json!({"enabled": false})).await;
    assert_eq!(cloud.refusal(LINKS, &ONE).await, refusal(400, "InvalidAccessKeyId.Inactive"));
}

#[tokio::test]
async fn a_timestamp_may_be_fifteen_minutes_off() {
    let cloud = Cloud::start().await;
    for (offset, status) in [(-880, 200), (880, 200), (-920, 400), (920, 400)] {
        let call = Call { time: time(offset), ..Call::new(LINKS, &ONE) };
        assert_eq!(cloud.send(&call).await.status, status, "{offset}");
    }
    let late = Call { time: time(-920), ..Call::new(LINKS, &ONE) };
    assert_eq!(cloud.refused(&late).await, refusal(400, "InvalidTimeStamp.Expired"));
    for wrong in ["yesterday", "2024-01-02 03:04:05Z ", "2024-01-02T03:04:05.000Z"] {
        let call = Call { time: wrong.trim().into(), ..Call::new(LINKS, &ONE) };
        let (_, code) = cloud.refused(&call).await;
        assert!(code.starts_with("InvalidTimeStamp."), "{wrong}: {code}");
    }
}

#[tokio::test]
async fn a_nonce_is_good_once_even_with_another_timestamp() {
    let cloud = Cloud::start().await;
    let call = Call::new(LINKS, &ONE);
    assert_eq!(cloud.send(&call).await.status, 200);
    assert_eq!(cloud.refused(&call).await, refusal(400, "SignatureNonceUsed"));
    let later = Call { time: time(60), ..call };
    assert_eq!(cloud.refused(&later).await, refusal(400, "SignatureNonceUsed"));
    // A request with a wrong signature uses up nothing.
    let forged = Call::new(LINKS, &ONE).signed_by(KEY_ID, "wrong");
    cloud.send(&forged).await;
    assert_eq!(cloud.send(&forged.signed_by(KEY_ID, SECRET)).await.status, 200);
}

#[tokio::test]
async fn a_temporary_key_needs_its_own_fresh_token() {
    let cloud = Cloud::start().await;
    let keys = format!("/accounts/{ACCOUNT}/keys");
    for (id, token) in [("STS.one", "token-one"), ("STS.two", "token-two")] {
        cloud.post(&keys, json!({"secretId": id, "secretKey": SECRET, "token": token})).await;
    }
    for scheme in [Scheme::V3, Scheme::Query] {
        let call = |id: &str, token: Option<&str>| {
            let call = Call::new(LINKS, &ONE).with("Format", "JSON").signed_by(id, SECRET);
            Call { scheme, token: token.map(str::to_owned), ..call }
        };
        assert_eq!(cloud.send(&call("STS.one", Some("token-one"))).await.status, 200);
        for (id, token, code) in [
            ("STS.one", None, "MissingSecurityToken"),
            ("STS.one", Some("token-two"), "InvalidSecurityToken.MismatchWithAccessKey"),
            ("STS.one", Some("nonsense"), "InvalidSecurityToken.Malformed"),
            (KEY_ID, Some("token-one"), "InvalidSecurityToken.MismatchWithAccessKey"),
        ] {
            assert_eq!(cloud.refused(&call(id, token)).await, refusal(400, code));
        }
    }
    cloud.arrange(Method::PATCH, &format!("{keys}/STS.one"), json!({"tokenExpiresAt": 1})).await;
    cloud.switch(json!({"tokenErrorStatus": "forbidden"})).await;
    let call = Call { token: Some("token-one".into()), ..Call::new(LINKS, &ONE).signed_by("STS.one", SECRET) };
    assert_eq!(cloud.refused(&call).await, refusal(403, "InvalidSecurityToken.Expired"));
}

#[tokio::test]
async fn what_is_no_api_is_not_found_and_all_of_it_can_be_switched_off() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.refusal("Nonsense", &[]).await, refusal(404, "InvalidApi.NotFound"));
    let elsewhere = Call { version: "2016-04-28", ..Call::new(LINKS, &ONE) };
    assert_eq!(cloud.refused(&elsewhere).await, refusal(404, "InvalidApi.NotFound"));
    cloud.switch(json!({"api": "switched-off"})).await;
    assert_eq!(cloud.refusal(LINKS, &ONE).await, refusal(404, "InvalidApi.NotFound"));
}

#[tokio::test]
async fn common_parameters_must_be_there() {
    let cloud = Cloud::start().await;
    for name in ["Action", "Version", "AccessKeyId", "Timestamp", "SignatureNonce", "SignatureMethod"] {
        let call = Call::new(LINKS, &ONE).by_query().with("Format", "JSON").with(name, "");
        assert_eq!(cloud.refused(&call).await, refusal(400, "MissingParameter"), "{name}");
    }
    let call = Call::new(LINKS, &ONE).by_query().with("Format", "JSON").with("SignatureMethod", "HMAC-MD5");
    assert_eq!(cloud.refused(&call).await, refusal(400, "InvalidSignatureMethod"));
    let call = Call::new(LINKS, &ONE).with("Format", "YAML");
    assert_eq!(cloud.refused(&call).await, refusal(400, "InvalidParameter.Format"));
    let mut call = Call::new(LINKS, &ONE);
    call.params.remove("RegionId");
    assert_eq!(cloud.refused(&call).await, refusal(400, "MissingParameter"));
}

#[tokio::test]
async fn a_missing_permission_is_refused_but_machines_are_an_empty_list() {
    let cloud = Cloud::start().await;
    cloud.change_key(json!({"allowedActions": ["vpc:DescribeVpcs"]})).await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, refusal(403, "Forbidden.SubUser"));
    assert_eq!(cloud.refusal(LINKS, &ONE).await, refusal(403, "Forbidden.RAM"));
    assert_eq!(cloud.ok(VPCS, &[]).await["TotalCount"], 3);
    let none = cloud.ok(MACHINES, &[]).await;
    assert_eq!((&none["TotalCount"], &none["Instances"]), (&json!(0), &json!({"Instance": []})));
    assert_eq!(cloud.refusal(MACHINES, &[("DryRun", "True")]).await, refusal(403, "Forbidden.RAM"));
    cloud.switch(json!({"unauthorizedInstances": "error", "accessDeniedDetail": "present"})).await;
    let answer = cloud.send(&Call::new(MACHINES, &[])).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["AccessDeniedDetail"]["AuthAction"], "ecs:DescribeInstances");
}

#[tokio::test]
async fn calls_are_throttled_by_the_minute_for_each_action() {
    let cloud = Cloud::start().await;
    cloud.switch(json!({"callsPerMinute": {MACHINES: 0}})).await;
    let answer = cloud.send(&Call::new(MACHINES, &[])).await;
    assert_eq!((answer.status, &answer.json()["Code"]), (400, &json!("Throttling.User")));
    let wait: u64 = answer.header("x-acs-retry-after").unwrap().parse().unwrap();
    assert!((1..=60_000).contains(&wait), "{wait}");
    cloud.links(&ONE).await;
    cloud.switch(json!({"retryAfter": "absent"})).await;
    assert_eq!(cloud.send(&Call::new(MACHINES, &[])).await.header("x-acs-retry-after"), None);
    let (status, error) =
        cloud.control(Method::PATCH, "/settings", json!({"alibaba": {"callsPerMinute": {"Atach": 1}}})).await;
    assert_eq!((status, &error["error"]), (400, &json!("`Atach` is not an action of any API that is played")));
}
