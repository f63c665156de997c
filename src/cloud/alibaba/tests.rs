//! The provider against a stand-in on loopback that checks each signature by its own reckoning.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri, header},
};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{
    clock,
    cloud::policies,
    link::{LinkRow, MachineState, Network},
};

mod changes;
mod lists;
mod vpcs;

const SECRET: &str = "canary-secret";
const TOKEN: &str = "canary+token/==";

/// A call as it arrived: its headers, and its parameters.
#[derive(Clone)]
struct Asked {
    headers: BTreeMap<String, String>,
    params: BTreeMap<String, String>,
}

impl Asked {
    fn action(&self) -> &str {
        &self.headers["x-acs-action"]
    }

    fn is_dry_run(&self) -> bool {
        self.params.contains_key("DryRun")
    }

    /// The machines that are asked for, in the one way or the other.
    fn ids(&self) -> Vec<String> {
        match (self.params.get("InstanceIds"), self.params.get("InstanceId")) {
            (Some(json), _) => serde_json::from_str(json).unwrap(),
            (None, Some(list)) => list.split(',').map(ToOwned::to_owned).collect(),
            (None, None) => Vec::new(),
        }
    }
}

/// A status, a header to add, and a body.
#[derive(Clone, Debug)]
struct Reply {
    status: u16,
    header: Option<(&'static str, &'static str)>,
    body: String,
}

fn reply(status: u16, body: impl Into<String>) -> Reply {
    Reply { status, header: None, body: body.into() }
}

/// A success with these members.
fn ok(members: Value) -> Reply {
    let mut body = json!({"RequestId": "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E"});
    if let (Some(body), Value::Object(members)) = (body.as_object_mut(), members) {
        body.extend(members);
    }
    reply(200, body.to_string())
}

/// An error as the newer generation of the API has it.
fn refused(code: &str) -> Reply {
    let request_id = "540CFF28-407A-40B5-B6A5-74B0D2E0C7E1";
    let host = "ecs.cn-qingdao.aliyuncs.com";
    let body = json!({"RequestId": request_id, "HostId": host, "Code": code, "Message": "not today", "Recommend": "x"});
    reply(403, body.to_string())
}

/// The list of these machines, all of the classic network and running.
fn machines<'a>(ids: impl IntoIterator<Item = &'a String>) -> Reply {
    let row = |id: &String| {
        json!({"InstanceId": id, "InstanceNetworkType": "classic", "Status": "Running",
        "InnerIpAddress": {"IpAddress": ["10.1.2.3"]}, "OperationLocks": {"LockReason": []}})
    };
    let rows: Vec<Value> = ids.into_iter().map(row).collect();
    ok(
        json!({"TotalCount": rows.len(), "PageNumber": 1, "PageSize": 100, "NextToken": "", "Instances": {"Instance": rows}}),
    )
}

/// The list of links of these machines, all to one VPC.
fn links<'a>(ids: impl IntoIterator<Item = &'a String>) -> Reply {
    let row = |id: &String| json!({"InstanceId": id, "VpcId": "vpc-2ari9m7h"});
    let rows: Vec<Value> = ids.into_iter().map(row).collect();
    ok(json!({"TotalCount": rows.len(), "PageNumber": 1, "PageSize": 100, "Links": {"Link": rows}}))
}

/// A cloud of one endpoint, and what it was asked.
struct Cloud {
    ecs: Ecs,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Cloud {
    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A cloud that answers each call, once its signature was found right, by `answer`.
async fn cloud(answer: impl Fn(&Asked) -> Reply + Clone + Send + Sync + 'static) -> Cloud {
    cloud_with(Some(TOKEN), answer).await
}

async fn cloud_with(
    token: Option<&'static str>,
    answer: impl Fn(&Asked) -> Reply + Clone + Send + Sync + 'static,
) -> Cloud {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = Arc::<Mutex<Vec<Asked>>>::default();
    let (authority, seen) = (host.clone(), Arc::clone(&asked));
    let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        assert_eq!((method.as_str(), uri.path(), body.len()), ("POST", "/", 0));
        assert_eq!(headers[header::HOST], authority.as_str());
        let now = arrived(&headers, uri.query().unwrap());
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        check_signature(&now);
        check_common(&now, &seen, token);
        let Reply { status, header, body } = answer(&now);
        seen.push(now);
        let extra: HeaderMap =
            header.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        (StatusCode::from_u16(status).unwrap(), extra, body)
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    Cloud { ecs: provider(&host, token), asked }
}

fn arrived(headers: &HeaderMap, query: &str) -> Asked {
    // What a form would have as a blank must arrive as one in this scheme too.
    assert!(!query.contains('+'), "{query}");
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    Asked { headers, params: form_urlencoded::parse(query.as_bytes()).into_owned().collect() }
}

/// "Request syntax and signature method V3", from what arrived; a panic cuts the connection, so that the test fails.
fn check_signature(asked: &Asked) {
    let fields = asked.headers["authorization"].strip_prefix("ACS3-HMAC-SHA256 ").unwrap();
    let fields: BTreeMap<_, _> = fields.split(',').map(|field| field.split_once('=').unwrap()).collect();
    let names: Vec<&str> = fields["SignedHeaders"].split(';').collect();
    let must = |name: &str| name.starts_with("x-acs-") || matches!(name, "host" | "content-type");
    for name in asked.headers.keys().filter(|name| must(name)) {
        assert!(names.contains(&name.as_str()), "{name} is not signed");
    }
    assert!(names.is_sorted());
    let strict = |text: &str| -> String {
        let byte = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    let query: Vec<String> =
        asked.params.iter().map(|(name, value)| format!("{}={}", strict(name), strict(value))).collect();
    let lines: Vec<String> = names.iter().map(|name| format!("{name}:{}", asked.headers[*name])).collect();
    let hash = &asked.headers["x-acs-content-sha256"];
    assert_eq!(hash, &hexadecimal(&Sha256::digest([])));
    let canonical = ["POST", "/", &query.join("&"), &lines.join("\n"), "", fields["SignedHeaders"], hash].join("\n");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("ACS3-HMAC-SHA256\n{}", hexadecimal(&Sha256::digest(canonical))).as_bytes());
    assert_eq!(fields["Signature"], hexadecimal(&mac.finalize().into_bytes()));
    assert_eq!(fields["Credential"], "canary-id");
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn check_common(asked: &Asked, earlier: &[Asked], token: Option<&str>) {
    let header = |name: &str| asked.headers.get(name).map(String::as_str);
    let version = if asked.action() == "DescribeVpcAttribute" { "2016-04-28" } else { "2014-05-26" };
    assert_eq!(header("x-acs-version"), Some(version));
    assert_eq!((header("accept"), header("content-type")), (Some("application/json"), None));
    assert_eq!(header("x-acs-security-token"), token);
    assert_eq!(header("x-acs-accesskey-id"), token.map(|_| "canary-id"));
    assert_eq!(asked.params["RegionId"], "cn-qingdao");
    let nonce = &asked.headers["x-acs-signature-nonce"];
    assert_eq!(nonce.len(), 32);
    assert!(earlier.iter().all(|other| other.headers["x-acs-signature-nonce"] != *nonce));
    let date = header("x-acs-date").unwrap();
    assert_eq!(date.len(), "2024-01-02T03:04:05Z".len());
    let age = clock::wall().as_second() - date.parse::<Timestamp>().unwrap().as_second();
    assert!((0..5).contains(&age), "{age}");
}

fn provider(host: &str, token: Option<&str>) -> Ecs {
    let keyring = Keyring::default();
    keyring.put(Ok(Credentials::new("canary-id".into(), SECRET.into(), token.map(Into::into))));
    with_keys(host, keyring)
}

fn with_keys(host: &str, keyring: Keyring) -> Ecs {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoint = Some(format!("http://{host}"));
    let endpoints = Endpoints { ecs: endpoint.clone(), vpc: endpoint };
    let http = Client::with_deadline(Duration::from_secs(2)).unwrap();
    // A rest is waited for only where the cloud asks for it.
    let pace = Pace::new(1000).resting(Duration::ZERO);
    Ecs::new(&endpoints, region(), Arc::new(keyring), pace, http).unwrap()
}

fn region() -> Region {
    Region::new("cn-qingdao").unwrap()
}

fn vpc_id() -> VpcId {
    VpcId::new("vpc-2ari9m7h").unwrap()
}

fn instance(number: usize) -> InstanceId {
    InstanceId::new(&format!("i-{number:06}")).unwrap()
}

fn instances(count: usize) -> BTreeSet<InstanceId> {
    (0..count).map(instance).collect()
}

#[tokio::test]
async fn without_keys_nothing_is_sent() {
    // Port 9 discards; nobody is there.
    let ecs = with_keys("127.0.0.1:9", Keyring::default());
    let error = ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str(), error.message.as_str()), (Kind::KeyDenied, "", "there are no keys"));
    assert_eq!(ecs.vpc(&vpc_id(), Lane::Sweep).await.unwrap_err().kind, Kind::KeyDenied);
}

#[tokio::test]
async fn a_lasting_key_comes_without_a_token() {
    let cloud = cloud_with(None, |_| ok(json!({}))).await;
    assert_eq!(cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap(), Taken::Done);
}

#[tokio::test]
async fn what_the_cloud_echoes_of_a_request_is_not_handed_on() {
    let cloud = cloud(|asked| {
        let (_, signature) = asked.headers["authorization"].rsplit_once('=').unwrap();
        let encoded: String = form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect();
        let message = format!("canary-id {TOKEN} {signature} {SECRET}\r\n{encoded}{}", "\u{7}长".repeat(300));
        let body = json!({"Code": signature, "Message": message, "RequestId": SECRET});
        reply(400, body.to_string())
    })
    .await;
    let error = cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (Kind::Unclear, "[redacted]"));
    assert_eq!(error.request_id.as_deref(), Some("[redacted]"));
    assert!(error.message.starts_with("[redacted] [redacted] [redacted] [redacted]  [redacted] 长 长"), "{error}");
    assert!(error.message.chars().count() <= 256);
}

#[tokio::test]
async fn a_secret_at_the_end_of_a_long_text_is_not_cut_into_pieces() {
    for at in 230..260 {
        let cloud = cloud(move |_| {
            let message = format!("{}{TOKEN}{SECRET}", "x".repeat(at));
            reply(400, json!({"Code": "SignatureDoesNotMatch", "Message": message}).to_string())
        })
        .await;
        let error = cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err();
        assert!(!error.message.contains("can"), "{error}");
    }
}

#[tokio::test]
async fn a_refused_timestamp_is_explained_by_the_clocks() {
    let cloud = cloud(|_| {
        let date = Some(("date", "Sun, 06 Nov 1994 08:49:37 GMT"));
        Reply { header: date, ..refused("InvalidTimeStamp.Expired") }
    })
    .await;
    let error = cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err();
    assert_eq!(error.kind, Kind::KeyDenied);
    assert!(error.message.starts_with("the clocks") && error.message.ends_with("not today"), "{error}");
}

#[test]
fn a_provider_needs_addresses_that_are_some_and_shows_no_key() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoints = Endpoints { ecs: None, vpc: Some("vpc.aliyuncs.com".into()) };
    let (keyring, http) = (Arc::new(Keyring::default()), Client::new().unwrap());
    let error = Ecs::new(&endpoints, region(), Arc::clone(&keyring), Pace::new(1), http.clone()).unwrap_err();
    assert!(error.to_string().contains("of vpc"), "{error}");
    keyring.put(Ok(Credentials::new("canary-id".into(), SECRET.into(), None)));
    let ecs = Ecs::new(&Endpoints::default(), region(), keyring, Pace::new(1), http).unwrap();
    let text = format!("{ecs:?}");
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("ecs.cn-qingdao.aliyuncs.com") && text.contains("vpc.cn-qingdao.aliyuncs.com"), "{text}");
    let Nature { links_die_with_address, max_batch, lists_all_links, has_cautions } = ecs.nature();
    assert_eq!((links_die_with_address, max_batch, lists_all_links, has_cautions), (false, 1, false, true));
}

#[test]
fn the_policy_of_the_documentation_allows_what_is_called_and_nothing_else() {
    let called = Action::ALL.into_iter().filter(|action| !wire::name(*action).is_empty());
    let called = called.map(|action| match Service::of(action) {
        Service::Ecs => format!("ecs:{}", wire::name(action)),
        Service::Vpc => format!("vpc:{}", wire::name(action)),
    });
    // Whose keys they are, and another role's: what the credentials ask.
    let called: BTreeSet<_> = called.chain(["sts:GetCallerIdentity".to_owned()]).collect();
    let assumed = BTreeSet::from(["sts:AssumeRole".to_owned()]);
    let policies = policies::allowed(include_str!("../../../docs/clouds/alibaba.md"));
    assert_eq!(policies, [called, assumed.clone(), assumed]);
}
