//! The token service and the metadata against a stand-in on loopback.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap as Headers, Method as Verb, StatusCode, Uri},
};
use tokio::net::TcpListener;

use super::*;
use crate::api::Reason;

const SECRET: &str = "canary-secret";

/// What was asked: method, path, headers, body.
#[derive(Clone, Debug)]
struct Asked {
    method: String,
    path: String,
    headers: HashMap<String, String>,
    own: Value,
}

struct Cloud {
    sts: Sts,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Cloud {
    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A cloud of one address that answers by `answer`; the environment says `ambient`.
async fn cloud(
    ambient: &[(&'static str, String)],
    answer: impl Fn(&Asked) -> (u16, String) + Clone + Send + Sync + 'static,
) -> Cloud {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<Vec<Asked>>>::default();
    let seen = Arc::clone(&asked);
    let app = Router::new().fallback(move |method: Verb, uri: Uri, headers: Headers, body: Bytes| async move {
        let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        let own = serde_json::from_slice(&body).unwrap_or_default();
        let (method, path) = (method.to_string(), uri.to_string());
        let now = Asked { method, path, headers: headers.iter().map(text).collect(), own };
        let (status, body) = answer(&now);
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(now);
        (StatusCode::from_u16(status).unwrap(), body)
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ambient: HashMap<&str, String> = ambient.iter().cloned().collect();
    let ambient = Ambient::of(|name| ambient.get(name).cloned());
    let http = Client::with_deadline(Duration::from_secs(2)).unwrap();
    Cloud { sts: Sts::new(Some(&address), Some(&address), ambient, http).unwrap(), asked }
}

fn keys() -> Credentials {
    Credentials::new("canary-id".into(), SECRET.into(), Some("canary-token".into()))
}

fn role() -> Role {
    Role { arn: "qcs::cam::uin/100000000001:roleName/links".into(), session: "links".into() }
}

fn ok(members: &Value) -> (u16, String) {
    let mut response = json!({"RequestId": "354f4ac3"});
    response.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    (200, json!({ "Response": response }).to_string())
}

fn refused(code: &str) -> (u16, String) {
    let error = json!({"Code": code, "Message": "canary-id with canary-secret and canary-token, signed"});
    (200, json!({"Response": {"Error": error, "RequestId": "354f4ac3"}}).to_string())
}

fn in_an_hour() -> i64 {
    clock::wall().as_second() + 3600
}

fn given() -> Value {
    let keys = json!({"TmpSecretId": "tmp-id", "TmpSecretKey": "tmp-key", "Token": "tmp-token"});
    json!({"Credentials": keys, "ExpiredTime": in_an_hour(), "Expiration": "2030-01-01T00:00:00Z"})
}

/// Whether these are the keys that were given, for an hour, to be renewed after this share of it.
fn are_given(lease: &Lease, renew: u64) {
    assert_eq!((lease.keys.id(), lease.keys.token()), ("tmp-id", Some("tmp-token")));
    lease.keys.sign_with(|key| assert_eq!(key, b"tmp-key"));
    assert!((3590..=3600).contains(&lease.life.as_secs()), "{:?}", lease.life);
    assert!((renew - 10..=renew).contains(&lease.renew.as_secs()), "{:?}", lease.renew);
    assert!(!format!("{lease:?}").contains("tmp-"));
}

#[tokio::test]
async fn who_the_caller_is_is_asked_with_a_signature() {
    let cloud = cloud(&[], |_| ok(&json!({"AccountId": "100000000001", "Arn": "qcs::cam::uin/1:uin/2"}))).await;
    assert_eq!(cloud.sts.identity(&keys()).await.unwrap(), "100000000001");
    let asked = &cloud.asked()[0];
    let header = |name: &str| asked.headers[name].as_str();
    assert_eq!((header("x-tc-action"), header("x-tc-version")), ("GetCallerIdentity", "2018-08-13"));
    assert_eq!((header("x-tc-token"), header("x-tc-region")), ("canary-token", "ap-guangzhou"));
    let at = Timestamp::from_second(header("x-tc-timestamp").parse().unwrap()).unwrap();
    let signed = [("content-type", "application/json"), ("host", header("host"))];
    let signing = Signing { service: "sts", at, headers: &signed, body: b"{}" };
    assert_eq!(header("authorization"), signing.authorization(&keys(), &signing.signature(&keys())));
}

#[tokio::test]
async fn an_answer_without_an_account_names_none() {
    for members in [json!({}), json!({"AccountId": ""}), json!({"AccountId": "root"}), json!({"AccountId": [1]})] {
        let cloud = cloud(&[], move |_| ok(&members)).await;
        assert_eq!(cloud.sts.identity(&keys()).await.unwrap_err().kind, Kind::Unclear);
    }
}

#[tokio::test]
async fn a_role_is_taken_on_for_as_long_as_the_answer_says() {
    let cloud = cloud(&[], |_| ok(&given())).await;
    are_given(&cloud.sts.assume(&keys(), &role()).await.unwrap(), 3240);
    let own = json!({"RoleArn": role().arn, "RoleSessionName": "links"});
    assert_eq!((&cloud.asked()[0].own, cloud.asked()[0].headers["x-tc-action"].as_str()), (&own, "AssumeRole"));
}

#[tokio::test]
async fn the_identity_of_the_service_account_is_read_anew_for_each_exchange_and_not_signed() {
    let file = std::env::temp_dir().join(format!("classiclink-tke-{}", std::process::id()));
    let path = file.to_str().unwrap().to_owned();
    let ambient = [
        ("TKE_WEB_IDENTITY_TOKEN_FILE", path),
        ("TKE_ROLE_ARN", "qcs::cam::uin/1:roleName/env".to_owned()),
        ("TKE_PROVIDER_ID", "OIDC".to_owned()),
        ("TKE_REGION", "ap-shanghai".to_owned()),
    ];
    let cloud = cloud(&ambient, |_| ok(&given())).await;
    for token in ["first.token", "second.token"] {
        std::fs::write(&file, format!("{token}\n")).unwrap();
        are_given(&cloud.sts.exchange(&WebIdentity::default()).await.unwrap(), 3240);
        let asked = cloud.asked().pop().unwrap();
        assert_eq!(asked.headers["authorization"], "SKIP");
        assert_eq!(asked.headers["x-tc-region"], "ap-shanghai");
        assert!(!asked.headers.contains_key("x-tc-token"));
        let own = json!({"ProviderId": "OIDC", "WebIdentityToken": token, "RoleArn": "qcs::cam::uin/1:roleName/env",
            "RoleSessionName": "classiclink-operator"});
        assert_eq!(asked.own, own);
    }
    let written = WebIdentity { role_arn: Some("written".into()), provider: Some("other".into()) };
    cloud.sts.exchange(&written).await.unwrap();
    assert_eq!(cloud.asked().pop().unwrap().own["RoleArn"], "written");
    std::fs::remove_file(&file).unwrap();
    let problem = cloud.sts.exchange(&WebIdentity::default()).await.unwrap_err();
    assert_eq!(problem, Problem::NoToken { name: "TKE_WEB_IDENTITY_TOKEN_FILE" });
}

#[tokio::test]
async fn what_the_environment_lacks_is_named() {
    let cloud = cloud(&[], |_| ok(&given())).await;
    let problem = cloud.sts.exchange(&WebIdentity::default()).await.unwrap_err();
    assert_eq!((problem.reason(), problem), (Reason::CredentialsIncomplete, Problem::Unset { name: "TKE_ROLE_ARN" }));
}

#[tokio::test]
async fn the_keys_of_the_node_are_those_of_the_bound_role_or_of_the_named_one() {
    let of_node = |asked: &Asked| {
        assert_eq!(asked.method, "GET");
        match asked.path.strip_prefix(OF_NODE).unwrap() {
            "" => (200, "bound\n".to_owned()),
            "bound" | "named" => {
                let body = json!({"TmpSecretId": "tmp-id", "TmpSecretKey": "tmp-key", "Token": "tmp-token",
                    "ExpiredTime": in_an_hour(), "Expiration": "2030-01-01T00:00:00Z", "Code": "Success"});
                (200, body.to_string())
            }
            "none" => (200, json!({"Code": "Failed"}).to_string()),
            "torn" => (200, "{\"TmpSecretKey\": \"tmp-key\", ".to_owned()),
            _ => (404, "<html>".to_owned()),
        }
    };
    let cloud = cloud(&[], of_node).await;
    are_given(&cloud.sts.of_node(None).await.unwrap(), 3300);
    are_given(&cloud.sts.of_node(Some("named")).await.unwrap(), 3300);
    assert_eq!(cloud.sts.of_node(Some("unbound")).await.unwrap_err().kind, Kind::KeyDenied);
    assert_eq!(cloud.sts.of_node(Some("../../x")).await.unwrap_err().kind, Kind::KeyDenied);
    for role in ["none", "torn"] {
        let error = cloud.sts.of_node(Some(role)).await.unwrap_err();
        assert_eq!(error.kind, Kind::Transient);
        assert!(!error.to_string().contains("tmp"), "{error}");
    }
}

#[tokio::test]
async fn keys_that_are_not_whole_or_have_ended_are_none() {
    for (name, value) in [
        ("TmpSecretId", json!("")),
        ("TmpSecretKey", json!(null)),
        ("Token", json!("two words")),
        ("Token", json!(["tmp-token"])),
    ] {
        let mut members = given();
        members["Credentials"][name] = value;
        let cloud = cloud(&[], move |_| ok(&members)).await;
        let error = cloud.sts.assume(&keys(), &role()).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unclear);
        assert!(!error.to_string().contains("tmp"), "{error}");
    }
    // Written as JSON inside of JSON, they are a text that an error must not quote.
    for (name, value) in [("Credentials", json!(given()["Credentials"].to_string())), ("ExpiredTime", json!("tmp-key"))]
    {
        let mut members = given();
        members[name] = value;
        let cloud = cloud(&[], move |_| ok(&members)).await;
        let error = cloud.sts.assume(&keys(), &role()).await.unwrap_err();
        assert_eq!(error.kind, Kind::Transient);
        assert!(!error.to_string().contains("tmp"), "{error}");
    }
    let mut members = given();
    members["ExpiredTime"] = json!(clock::wall().as_second() - 1);
    let cloud = cloud(&[], move |_| ok(&members)).await;
    assert_eq!(cloud.sts.assume(&keys(), &role()).await.unwrap_err().kind, Kind::Transient);
}

#[tokio::test]
async fn an_error_has_the_kind_of_its_code_and_no_secret() {
    // Sections 5.1 and 8.2 of the document on the cloud.
    for (code, kind) in [
        ("InternalError.GetRoleError", Kind::Transient),
        ("InternalError.SystemError", Kind::Transient),
        ("InternalError.UnknownError", Kind::Transient),
        ("InternalError.DbError", Kind::Transient),
        ("InvalidParameter.OverLimit", Kind::Throttled),
        ("RequestLimitExceeded", Kind::Throttled),
        ("InvalidParameter.ParamError", Kind::KeyDenied),
        ("InvalidParameter.WebIdentityTokenError", Kind::KeyDenied),
        ("InvalidParameter.GrantOtherResource", Kind::KeyDenied),
        ("InvalidParameter.OverTimeError", Kind::KeyDenied),
        ("ResourceNotFound.RoleNotFound", Kind::KeyDenied),
        ("AuthFailure.SecretIdNotFound", Kind::KeyDenied),
        ("UnauthorizedOperation", Kind::PermissionDenied),
        ("NobodyKnows", Kind::Unclear),
    ] {
        let cloud = cloud(&[], move |_| refused(code)).await;
        let error = cloud.sts.assume(&keys(), &role()).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_str(), error.action), (kind, code, "AssumeRole"));
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn a_gateway_in_between_and_a_torn_answer_are_faults_of_the_way() {
    for (status, body) in [
        (502, "<html>"),
        (200, ""),
        (200, "{\"Response\": {\"Credentials\": {\"TmpSecretKey\": \"tmp"),
        (200, "\"tmp-key\""),
        (200, "{\"Response\": {\"Error\": \"tmp-key\"}}"),
        (200, "{\"Response\": \"tmp-key\"}"),
    ] {
        let cloud = cloud(&[], move |_| (status, body.to_owned())).await;
        let error = cloud.sts.assume(&keys(), &role()).await.unwrap_err();
        assert_eq!(error.kind, Kind::Transient);
        assert!(!error.to_string().contains("tmp"), "{error}");
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = Client::with_deadline(Duration::from_secs(2)).unwrap();
    let sts = Sts::new(Some("http://127.0.0.1:9"), Some("http://127.0.0.1:9"), Ambient::default(), http).unwrap();
    assert_eq!(sts.identity(&keys()).await.unwrap_err().kind, Kind::Transient);
    assert_eq!(sts.of_node(None).await.unwrap_err().kind, Kind::Transient);
}
