//! The token service and the metadata against a stand-in on loopback.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap as Sent, Method as Verb, StatusCode, Uri},
};
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::api::Reason;

/// What was asked: method, path, headers, the parameters of the query and of the form.
#[derive(Clone, Debug)]
struct Asked {
    method: String,
    path: String,
    headers: HashMap<String, String>,
    query: BTreeMap<String, String>,
    form: BTreeMap<String, String>,
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

fn pairs(text: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
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
    let app = Router::new().fallback(move |method: Verb, uri: Uri, headers: Sent, body: Bytes| async move {
        let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        let now = Asked {
            method: method.to_string(),
            path: uri.path().to_owned(),
            headers: headers.iter().map(text).collect(),
            query: pairs(uri.query().unwrap_or_default().as_bytes()),
            form: pairs(&body),
        };
        let (status, body) = answer(&now);
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(now);
        (StatusCode::from_u16(status).unwrap(), body)
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    let ambient = said(ambient);
    Cloud { sts: Sts::new(Some(&address), Some(&address), ambient, http()).unwrap(), asked }
}

fn said(ambient: &[(&'static str, String)]) -> Ambient {
    let ambient: HashMap<&str, String> = ambient.iter().cloned().collect();
    Ambient::of(|name| ambient.get(name).cloned())
}

fn http() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::with_deadline(Duration::from_secs(2)).unwrap()
}

fn keys() -> Credentials {
    Credentials::new("canary-id".into(), "canary-secret".into(), Some("canary/token".into()))
}

fn role() -> Role {
    Role { arn: "acs:ram::113500:role/links".into(), session: "links".into() }
}

fn ok(members: &Value) -> (u16, String) {
    let mut body = json!({"RequestId": "3D57EAD2"});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    (200, body.to_string())
}

fn refused(code: &str) -> (u16, String) {
    let message = "canary-id, canary-secret, canary/token, canary%2Ftoken";
    (403, json!({"RequestId": "3D57EAD2", "Code": code, "Message": message}).to_string())
}

fn flat() -> Value {
    let ends = clock::wall().checked_add(Duration::from_hours(1)).unwrap().strftime(DATE).to_string();
    json!({"AccessKeyId": "STS.tmp-id", "AccessKeySecret": "tmp-key", "SecurityToken": "tmp-token", "Expiration": ends})
}

fn given() -> Value {
    json!({ "Credentials": flat() })
}

/// Whether these are the keys that were given, for an hour, to be renewed a quarter of an hour before its end.
fn are_given(lease: &Lease) {
    assert_eq!((lease.keys.id(), lease.keys.token()), ("STS.tmp-id", Some("tmp-token")));
    lease.keys.sign_with(|key| assert_eq!(key, b"tmp-key"));
    assert!((3590..=3600).contains(&lease.life.as_secs()), "{:?}", lease.life);
    assert_eq!(lease.life.saturating_sub(lease.renew), answer::MARGIN);
    assert!(!format!("{lease:?}").contains("tmp-"));
}

#[tokio::test]
async fn who_the_caller_is_is_asked_with_a_signature() {
    let cloud = cloud(&[], |_| ok(&json!({"AccountId": "1135001234567890", "IdentityType": "RAMUser"}))).await;
    assert_eq!(cloud.sts.identity(&keys()).await.unwrap(), "1135001234567890");
    let asked = &cloud.asked()[0];
    assert_eq!((asked.headers["x-acs-action"].as_str(), asked.query.len()), ("GetCallerIdentity", 0));
    assert_eq!(asked.headers["x-acs-version"], "2015-04-01");
    signed(asked, "");
}

/// The signature covers what arrived.
fn signed(asked: &Asked, query: &str) {
    let authorization = &asked.headers["authorization"];
    let (_, names) = authorization.split_once("SignedHeaders=").unwrap();
    let names = names.split(',').next().unwrap().split(';');
    let known = ["accept", "host", "x-acs-accesskey-id", "x-acs-action", "x-acs-content-sha256", "x-acs-date"];
    let known = known.into_iter().chain(["x-acs-security-token", "x-acs-signature-nonce", "x-acs-version"]);
    assert!(names.eq(known.clone()), "{authorization}");
    let headers: Headers = known.map(|name| (name, asked.headers[name].clone())).collect();
    let signature = sign::signature(&keys(), &headers, query);
    assert_eq!(*authorization, sign::authorization("canary-id", &headers, &signature));
}

#[tokio::test]
async fn a_role_is_taken_on_for_as_long_as_the_answer_says() {
    let cloud = cloud(&[], |_| ok(&given())).await;
    are_given(&cloud.sts.assume(&keys(), &role()).await.unwrap());
    let asked = &cloud.asked()[0];
    let own = params([("RoleArn", role().arn.as_str()), ("RoleSessionName", "links")]);
    assert_eq!(asked.query, own);
    signed(asked, &sign::query(&own));
}

#[tokio::test]
async fn the_identity_of_the_service_account_travels_in_a_body_without_a_signature() {
    let file = std::env::temp_dir().join(format!("classiclink-rrsa-{}", std::process::id()));
    let ambient = [
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", file.to_str().unwrap().to_owned()),
        ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/env".to_owned()),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/x".to_owned()),
    ];
    let cloud = cloud(&ambient, |_| ok(&given())).await;
    for token in ["first.token", "second.token"] {
        std::fs::write(&file, format!("{token}\n")).unwrap();
        are_given(&cloud.sts.exchange(&WebIdentity::default()).await.unwrap());
        let asked = cloud.asked().pop().unwrap();
        assert!(!asked.headers.contains_key("authorization"));
        assert_eq!(asked.query["Action"], "AssumeRoleWithOIDC");
        let names: Vec<&str> = asked.query.keys().map(String::as_str).collect();
        assert_eq!(names, ["Action", "Format", "Timestamp", "Version"]);
        let own = params([
            ("OIDCProviderArn", "acs:ram::1:oidc-provider/x"),
            ("OIDCToken", token),
            ("RoleArn", "acs:ram::1:role/env"),
            ("RoleSessionName", "classiclink-operator"),
        ]);
        assert_eq!(asked.form, own);
    }
    std::fs::write(&file, " \n").unwrap();
    let problem = cloud.sts.exchange(&WebIdentity::default()).await.unwrap_err();
    assert_eq!(
        (problem.reason(), problem),
        (Reason::CredentialsMissing, Problem::NoToken { name: "ALIBABA_CLOUD_OIDC_TOKEN_FILE" })
    );
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn the_keys_of_the_node_are_asked_for_with_a_token_of_the_metadata_service() {
    let cloud = cloud(&[], |asked| {
        if asked.path == TOKEN {
            assert_eq!((asked.method.as_str(), asked.headers[TOKEN_LIFE.as_str()].as_str()), ("PUT", "21600"));
            return (200, "opens\n".to_owned());
        }
        assert_eq!((asked.method.as_str(), asked.headers[TOKEN_HEADER.as_str()].as_str()), ("GET", "opens"));
        of_node(asked)
    })
    .await;
    are_given(&cloud.sts.of_node(None).await.unwrap());
    are_given(&cloud.sts.of_node(Some("named")).await.unwrap());
    for (role, kind) in [("unbound", Kind::KeyDenied), ("../x", Kind::KeyDenied), ("none", Kind::Transient)] {
        assert_eq!(cloud.sts.of_node(Some(role)).await.unwrap_err().kind, kind, "{role}");
    }
}

fn of_node(asked: &Asked) -> (u16, String) {
    match asked.path.strip_prefix(OF_NODE).unwrap() {
        "" => (200, "bound\n".to_owned()),
        "bound" | "named" => {
            let mut body = flat();
            body["Code"] = json!("Success");
            (200, body.to_string())
        }
        "none" => (200, json!({"Code": "Failed"}).to_string()),
        _ => (404, "<html>".to_owned()),
    }
}

#[tokio::test]
async fn without_a_token_the_metadata_is_read_as_of_old_unless_the_environment_forbids_it() {
    let old = |asked: &Asked| if asked.path == TOKEN { (404, String::new()) } else { of_node(asked) };
    are_given(&cloud(&[], old).await.sts.of_node(None).await.unwrap());
    let strict = cloud(&[("ALIBABA_CLOUD_IMDSV1_DISABLED", "true".to_owned())], old).await;
    assert_eq!(strict.sts.of_node(None).await.unwrap_err().kind, Kind::Transient);
    assert_eq!(strict.asked().len(), 1, "nothing is read");
}

#[tokio::test]
async fn keys_that_are_not_whole_or_have_ended_are_none() {
    for (name, value) in [
        ("AccessKeyId", json!("")),
        ("AccessKeySecret", json!(null)),
        ("SecurityToken", json!("two words")),
        ("Expiration", json!("2001-01-01T00:00:00Z")),
        ("Expiration", json!("soon")),
    ] {
        let mut members = given();
        members["Credentials"][name] = value;
        let cloud = cloud(&[], move |_| ok(&members)).await;
        let error = cloud.sts.assume(&keys(), &role()).await.unwrap_err();
        assert!(matches!(error.kind, Kind::Unclear | Kind::Transient), "{error}");
        assert!(!error.to_string().contains("tmp"), "{error}");
    }
}

#[tokio::test]
async fn an_error_has_the_kind_of_its_code_and_no_secret() {
    // Section 7.4 of the document on the cloud, and what signed calls may be answered besides.
    for (code, kind) in [
        ("AuthenticationFail.OIDCToken.Expired", Kind::KeyDenied),
        ("AuthenticationFail.OIDCToken.Invalid", Kind::KeyDenied),
        ("AuthenticationFail.OIDCToken.AudienceNotMatch", Kind::KeyDenied),
        ("AuthenticationFail.OIDCToken.IssuerNotMatch", Kind::KeyDenied),
        ("AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch", Kind::KeyDenied),
        ("AuthenticationFail.OIDCToken.IssuerConfigurationBroken", Kind::Transient),
        ("AuthenticationFail.NoPermission", Kind::KeyDenied),
        ("EntityNotExist.Role", Kind::KeyDenied),
        ("Throttling.User", Kind::Throttled),
        ("NoPermission", Kind::PermissionDenied),
        ("InvalidParameter.RoleArn", Kind::KeyDenied),
        ("InvalidAccessKeyId.NotFound", Kind::KeyDenied),
        ("NobodyKnows", Kind::Unclear),
    ] {
        let cloud = cloud(&[], move |_| refused(code)).await;
        let error = cloud.sts.assume(&keys(), &role()).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_str(), error.action), (kind, code, "AssumeRole"));
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[test]
fn the_service_is_where_the_environment_says() {
    let region = ("ALIBABA_CLOUD_STS_REGION", "cn-qingdao".to_owned());
    let internal = ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "True".to_owned());
    let written = |host: &str| ("ALIBABA_CLOUD_STS_ENDPOINT", host.to_owned());
    for (ambient, expected) in [
        (vec![], "https://sts.aliyuncs.com"),
        (vec![internal.clone()], "https://sts.aliyuncs.com"),
        (vec![region.clone()], "https://sts.cn-qingdao.aliyuncs.com"),
        (vec![region.clone(), internal], "https://sts-vpc.cn-qingdao.aliyuncs.com"),
        (vec![region, written("sts-vpc.cn-x.aliyuncs.com")], "https://sts-vpc.cn-x.aliyuncs.com"),
        (vec![written("https://sts.example.com")], "https://sts.example.com"),
        (vec![written("http://sts.example.com")], "https://sts.example.com"),
    ] {
        assert_eq!(host(&said(&ambient)), expected);
    }
}
