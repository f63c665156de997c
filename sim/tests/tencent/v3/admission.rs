//! Who is let in.

use reqwest::Method;
use serde_json::json;

use super::client::*;

fn links() -> Call {
    Call::new(LINKS, &json!({}))
}

fn key_path() -> String {
    format!("/accounts/{ACCOUNT}/keys/{KEY_ID}")
}

#[tokio::test]
async fn any_set_of_signed_headers_will_do_that_has_the_two() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.code(links()).await, "");
    for also in [vec!["x-tc-action"], vec!["x-tc-version", "x-tc-action", "x-tc-region"]] {
        let mut call = links();
        call.also_signed = also;
        assert_eq!(cloud.code(call).await, "");
    }
    let authorization = links().authorization(cloud.host()).replace("content-type;", "");
    let request = cloud.http.post(&cloud.api).header("authorization", authorization).body("{}");
    assert_eq!(code(&open(request.send().await.unwrap()).await), "AuthFailure.InvalidAuthorization");
}

#[tokio::test]
async fn what_was_signed_must_be_what_came() {
    let cloud = Cloud::start().await;
    let altered = async |change: fn(&mut Call)| {
        let mut call = links();
        call.also_signed = vec!["x-tc-region"];
        let authorization = call.authorization(cloud.host());
        change(&mut call);
        code(&open(cloud.request(&call, authorization).send().await.unwrap()).await)
    };
    assert_eq!(altered(|_| {}).await, "");
    // What is not signed may differ.
    assert_eq!(altered(|call| drop(call.headers.insert("x-tc-language".into(), "en-US".into()))).await, "");
    let wrong = "AuthFailure.SignatureFailure";
    assert_eq!(altered(|call| call.body = "{ }".into()).await, wrong);
    assert_eq!(altered(|call| call.query = "a=b".into()).await, wrong);
    assert_eq!(altered(|call| call.content_type = "application/json; charset=utf-8").await, wrong);
    assert_eq!(altered(|call| call.at -= 1).await, wrong);
    assert_eq!(altered(|call| drop(call.headers.insert("x-tc-region".into(), "ap-shanghai".into()))).await, wrong);
    assert_eq!(altered(|call| drop(call.headers.remove("x-tc-region"))).await, wrong);
}

#[tokio::test]
async fn a_content_type_with_a_charset_is_signed_with_it() {
    let cloud = Cloud::start().await;
    let mut call = links();
    call.content_type = "application/json; charset=utf-8";
    assert_eq!(cloud.code(call).await, "");
}

#[tokio::test]
async fn a_body_may_be_left_unsigned() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.code(links().with("x-tc-content-sha256", "UNSIGNED-PAYLOAD")).await, "");
}

#[tokio::test]
async fn the_date_of_the_credential_is_that_of_utc() {
    let cloud = Cloud::start().await;
    let mut call = links();
    call.date = Some("2019-02-27".into());
    assert_eq!(cloud.code(call).await, "AuthFailure.SignatureFailure");
}

#[tokio::test]
async fn a_signed_request_may_come_twice() {
    let cloud = Cloud::start().await;
    let call = Call::new(ATTACH, &pair());
    assert_eq!(cloud.answer(&call).await.get("Error"), None);
    assert_eq!(cloud.answer(&call).await.get("Error"), None);
    assert_eq!(cloud.get("/state").await["tasks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_key_and_a_disabled_one_are_told_apart() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.code(links().signed_by(KEY_ID, "wrong")).await, "AuthFailure.SignatureFailure");
    assert_eq!(cloud.code(links().signed_by("AKIDnobody", SECRET)).await, "AuthFailure.SecretIdNotFound");
    cloud.arrange(Method::PATCH, &key_path(), json!({"enabled": false})).await;
    assert_eq!(cloud.code(links()).await, "AuthFailure.SecretIdNotFound");
}

#[tokio::test]
async fn a_timestamp_more_than_five_minutes_off_is_refused() {
    let cloud = Cloud::start().await;
    let now = unix_seconds();
    assert_eq!(cloud.code(links().at(now - 290)).await, "");
    for at in [now - 310, now + 310] {
        assert_eq!(cloud.code(links().at(at)).await, "AuthFailure.SignatureExpire");
    }
    cloud.set(json!({"traffic": {"clockSkewMs": 600_000}})).await;
    assert_eq!(cloud.code(links()).await, "AuthFailure.SignatureExpire");
}

#[tokio::test]
async fn a_temporary_key_needs_its_token() {
    let cloud = Cloud::start().await;
    let key = json!({"secretId": "AKIDtmp", "secretKey": "tmp", "token": "t0"});
    cloud.post(&format!("/accounts/{ACCOUNT}/keys"), key).await;
    let call = || links().signed_by("AKIDtmp", "tmp");
    assert_eq!(cloud.code(call()).await, "AuthFailure.TokenFailure");
    assert_eq!(cloud.code(call().with("x-tc-token", "t1")).await, "AuthFailure.TokenFailure");
    assert_eq!(cloud.code(call().with("x-tc-token", "t0")).await, "");
    let path = format!("/accounts/{ACCOUNT}/keys/AKIDtmp");
    cloud.arrange(Method::PATCH, &path, json!({"tokenExpiresAt": 1})).await;
    assert_eq!(cloud.code(call().with("x-tc-token", "t0")).await, "AuthFailure.TokenFailure");
}

#[tokio::test]
async fn a_permission_can_be_withdrawn_and_has_either_code() {
    let cloud = Cloud::start().await;
    cloud.arrange(Method::PATCH, &key_path(), json!({"allowedActions": ["cvm:*"]})).await;
    assert_eq!(cloud.refusal(MACHINES, &json!({})).await, "");
    assert_eq!(cloud.refusal(ATTACH, &pair()).await, "AuthFailure.UnauthorizedOperation");
    cloud.set(json!({"tencentV3": {"permissionCode": "unauthorized"}})).await;
    assert_eq!(cloud.refusal(ATTACH, &pair()).await, "UnauthorizedOperation");
}

#[tokio::test]
async fn calls_above_the_rate_are_refused_in_the_vendors_words_and_not_carried_out() {
    let cloud = Cloud::start().await;
    cloud.set(json!({"traffic": {"callsPerSecond": {ATTACH: 0}}})).await;
    let error = cloud.call(ATTACH, &pair()).await["Error"].clone();
    assert_eq!(error["Code"], "RequestLimitExceeded");
    let message = error["Message"].as_str().unwrap();
    assert!(message.contains("equals to `1` in a second, which exceeds the frequency limit `0`"), "{message}");
    assert!(cloud.linked().await.is_empty());
}

#[tokio::test]
async fn a_wrong_service_version_action_or_region_has_its_own_code() {
    let cloud = Cloud::start().await;
    let mut of_sts = links();
    of_sts.service = "sts";
    let mut of_cvm = links();
    of_cvm.service = "cvm";
    for (call, expected) in [
        (of_sts, "NoSuchProduct"),
        (of_cvm, "InvalidAction"),
        (links().with("x-tc-version", "2018-08-13"), "NoSuchVersion"),
        (Call::new("DescribeUnicorns", &json!({})), "InvalidAction"),
        (links().with("x-tc-region", "gz"), "UnsupportedRegion"),
        (links().with("x-tc-region", "ap-atlantis"), "UnsupportedRegion"),
        (links().with("x-tc-region", "ap-shanghai"), ""),
        (links().without("x-tc-version"), "MissingParameter"),
        (links().without("x-tc-action"), "MissingParameter"),
        (links().without("x-tc-region"), "MissingParameter"),
    ] {
        assert_eq!(cloud.code(call).await, expected);
    }
}

#[tokio::test]
async fn a_region_that_no_document_names_exists_once_something_is_in_it() {
    let cloud = Cloud::start().await;
    cloud.post("/vpcs", json!({"account": ACCOUNT, "region": "ap-atlantis", "cidr": "10.0.0.0/16"})).await;
    assert_eq!(cloud.code(links().with("x-tc-region", "ap-atlantis")).await, "");
}

#[tokio::test]
async fn the_whole_api_can_be_offline_or_unavailable() {
    let cloud = Cloud::start().await;
    for (state, expected) in [("offline", "ActionOffline"), ("unavailable", "ServiceUnavailable")] {
        cloud.set(json!({"tencentV3": {"api": state}})).await;
        assert_eq!(cloud.code(links()).await, expected);
        assert_eq!(cloud.refusal(MACHINES, &json!({})).await, expected);
    }
}

#[tokio::test]
async fn an_authorization_that_does_not_comply_is_refused() {
    let cloud = Cloud::start().await;
    for authorization in ["SKIP", "Bearer abc", "TC3-HMAC-SHA256 Credential=AKIDtest0001"] {
        let request = cloud.http.post(&cloud.api).header("authorization", authorization);
        let request = request.header("content-type", "application/json").header("x-tc-action", LINKS).body("{}");
        assert_eq!(code(&open(request.send().await.unwrap()).await), "AuthFailure.InvalidAuthorization");
    }
    let log = cloud.get("/calls/log").await;
    assert_eq!((&log[0]["action"], &log[0]["code"]), (&json!(LINKS), &json!("AuthFailure.InvalidAuthorization")));
    let bare = cloud.http.post(&cloud.api).header("content-type", "application/json").body("{}");
    assert_eq!(code(&open(bare.send().await.unwrap()).await), "AuthFailure.InvalidAuthorization");
}

#[tokio::test]
async fn other_methods_bodies_and_sizes_are_refused() {
    let cloud = Cloud::start().await;
    let mut put = links();
    put.method = Method::PUT;
    assert_eq!(cloud.code(put).await, "UnsupportedProtocol");
    let mut text = links();
    text.content_type = "text/plain";
    assert_eq!(cloud.code(text).await, "InvalidRequest");
    let mut broken = links();
    broken.body = "{".into();
    assert_eq!(cloud.code(broken).await, "InvalidParameter");
    assert_eq!(cloud.code(links().get(&"x".repeat(33_000))).await, "RequestSizeLimitExceeded");
}
