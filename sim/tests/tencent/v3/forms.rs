//! The other ways to call: TC3 over GET, and forms that are signed by a parameter.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use super::client::*;

static NONCE: AtomicU64 = AtomicU64::new(1);

fn form(action: &str, own: &[(&str, &str)]) -> BTreeMap<String, String> {
    let (nonce, now) = (NONCE.fetch_add(1, Ordering::Relaxed).to_string(), unix_seconds().to_string());
    let common = [
        ("Action", action),
        ("Version", "2017-03-12"),
        ("Region", "ap-guangzhou"),
        ("Nonce", &nonce),
        ("Timestamp", &now),
        ("SecretId", KEY_ID),
        ("Language", "en-US"),
        ("RequestClient", "SDK_PYTHON_3"),
    ];
    common.iter().chain(own).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn signature<M: Mac + KeyInit>(secret: &str, text: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

async fn send(cloud: &Cloud, method: Method, mut params: BTreeMap<String, String>, secret: &str) -> Value {
    let pairs: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let text = format!("{method}{}/?{}", cloud.host(), pairs.join("&"));
    let is_sha256 = params.get("SignatureMethod").is_some_and(|method| method == "HmacSHA256");
    let signature =
        if is_sha256 { signature::<Hmac<Sha256>>(secret, &text) } else { signature::<Hmac<Sha1>>(secret, &text) };
    params.insert("Signature".into(), signature);
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let request = if method == Method::GET {
        cloud.http.get(format!("{}/?{form}", cloud.api))
    } else {
        cloud.http.post(&cloud.api).header("content-type", "application/x-www-form-urlencoded").body(form)
    };
    open(request.send().await.unwrap()).await
}

#[tokio::test]
async fn tc3_over_get_signs_the_query_as_it_was_sent() {
    let cloud = Cloud::start().await;
    let query = "VpcId=vpc-test0001&InstanceIds.0=ins-test0001";
    assert_eq!(cloud.code(Call::new(ATTACH, &json!({})).get(query)).await, "");
    let query = "Limit=1&Filters.0.Values.0=vpc-test0001&Filters.0.Name=vpc-id&Offset=0";
    let listed = cloud.answer(&Call::new(LINKS, &json!({})).get(query)).await;
    assert_eq!(listed["ClassicLinkInstanceSet"], json!([{"VpcId": "vpc-test0001", "InstanceId": "ins-test0001"}]));
    cloud.set(json!({"tencentV3": {"pageNumbers": "documented-type"}})).await;
    assert_eq!(cloud.code(Call::new(MACHINES, &json!({})).get("Limit=1")).await, "");
}

#[tokio::test]
async fn forms_are_signed_by_either_method_over_get_and_post() {
    let cloud = Cloud::start().await;
    for verb in [Method::GET, Method::POST] {
        for method in [None, Some("HmacSHA1"), Some("HmacSHA256")] {
            let method: Vec<(&str, &str)> = method.map(|method| ("SignatureMethod", method)).into_iter().collect();
            let answer = send(&cloud, verb.clone(), form(MACHINES, &method), SECRET).await;
            assert_eq!(answer["TotalCount"], 5, "{answer}");
        }
    }
    let write = form(ATTACH, &[("VpcId", "vpc-test0001"), ("InstanceIds.0", "ins-test0001")]);
    assert_eq!(code(&send(&cloud, Method::POST, write, SECRET).await), "");
    assert_eq!(cloud.linked().await, ["ins-test0001"]);
}

#[tokio::test]
async fn a_nonce_is_good_once_and_has_up_to_nineteen_digits() {
    let cloud = Cloud::start().await;
    let params = form(LINKS, &[("Nonce", "9223372036854775807")]);
    assert_eq!(code(&send(&cloud, Method::GET, params.clone(), SECRET).await), "");
    assert_eq!(code(&send(&cloud, Method::GET, params, SECRET).await), "AuthFailure.SignatureExpire");
    assert_eq!(code(&send(&cloud, Method::GET, form(LINKS, &[("Nonce", "-1")]), SECRET).await), "InvalidParameter");
}

#[tokio::test]
async fn forms_are_refused_as_other_calls_are() {
    let cloud = Cloud::start().await;
    let refused = async |params, secret| code(&send(&cloud, Method::GET, params, secret).await);
    assert_eq!(refused(form(LINKS, &[]), "wrong").await, "AuthFailure.SignatureFailure");
    assert_eq!(refused(form(LINKS, &[("SignatureMethod", "HmacMD5")]), SECRET).await, "AuthFailure.SignatureFailure");
    assert_eq!(refused(form(LINKS, &[("Timestamp", "1551113065")]), SECRET).await, "AuthFailure.SignatureExpire");
    assert_eq!(refused(form(LINKS, &[("Version", "2016-01-01")]), SECRET).await, "NoSuchVersion");
    assert_eq!(refused(form(LINKS, &[("Region", "gz")]), SECRET).await, "UnsupportedRegion");
    assert_eq!(refused(form(LINKS, &[("Token", "t")]), SECRET).await, "AuthFailure.TokenFailure");
    for name in ["Action", "Version", "Region", "Timestamp", "Nonce", "SecretId"] {
        let mut params = form(LINKS, &[]);
        params.remove(name);
        assert_eq!(refused(params, SECRET).await, "MissingParameter", "{name}");
    }
}
