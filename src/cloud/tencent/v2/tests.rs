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
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{
    api::Reason,
    clock,
    cloud::{credentials::Credentials, policies},
    link::{MachineState, Network},
};

type Form = BTreeMap<String, String>;
/// A status and a body.
type Reply = (u16, String);

const SECRET: &str = "canary-secret";

/// A cloud of one endpoint, and what it was asked.
struct Cloud {
    v2: V2,
    asked: Arc<Mutex<Vec<Form>>>,
}

impl Cloud {
    fn asked(&self) -> Vec<Form> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A cloud that answers each call, once its signature was found right, by `answer`.
async fn cloud(answer: impl Fn(&Form) -> Reply + Clone + Send + Sync + 'static) -> Cloud {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = Arc::<Mutex<Vec<Form>>>::default();
    let (authority, seen) = (host.clone(), Arc::clone(&asked));
    let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        let form: Form = form_urlencoded::parse(&body).into_owned().collect();
        assert_eq!((method.as_str(), uri.to_string().as_str()), ("POST", "/v2/index.php"));
        assert_eq!(headers[header::HOST], authority.as_str());
        assert_eq!(headers[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        check_common(&form, &seen, &authority);
        let (status, text) = answer(&form);
        seen.push(form);
        (StatusCode::from_u16(status).unwrap(), text)
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    Cloud { v2: provider(&host), asked }
}

/// What document 213/4772 demands of each call; a panic cuts the connection, so that the test fails.
fn check_common(form: &Form, earlier: &[Form], host: &str) {
    let mut signed: Vec<_> = form.iter().filter(|(name, _)| *name != "Signature").collect();
    signed.sort_by_key(|(name, _)| name.as_bytes());
    let pairs = signed.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("POST{host}/v2/index.php?{pairs}").as_bytes());
    assert_eq!(form["Signature"], BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(form["SignatureMethod"], "HmacSHA256");
    assert_eq!(form["Region"], "gz");
    assert_eq!((form["SecretId"].as_str(), form["Token"].as_str()), ("canary-id", "canary+token/=="));
    assert!(form["Nonce"].parse::<u32>().unwrap() > 0);
    assert!(earlier.iter().all(|other| other["Nonce"] != form["Nonce"]));
    let age = clock::now().as_second() - form["Timestamp"].parse::<i64>().unwrap();
    assert!((0..5).contains(&age), "{age}");
}

fn provider(host: &str) -> V2 {
    let keyring = Keyring::default();
    let token = Some("canary+token/==".into());
    keyring.put(Ok(Credentials::new("canary-id".into(), SECRET.into(), token)));
    with_keys(host, keyring)
}

fn with_keys(host: &str, keyring: Keyring) -> V2 {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoint = Some(format!("http://{host}"));
    let endpoints = Endpoints { vpc: endpoint.clone(), cvm: endpoint };
    let http = Client::with_deadline(Duration::from_secs(2)).unwrap();
    V2::new(&endpoints, region(), Arc::new(keyring), Pace::new(1000), http).unwrap()
}

fn region() -> Region {
    Region::new("ap-guangzhou").unwrap()
}

fn vpc_id() -> VpcId {
    VpcId::new("vpc-2ari9m7h").unwrap()
}

fn instances(count: usize) -> Vec<InstanceId> {
    (0..count).map(|number| InstanceId::new(&format!("ins-{number:06}")).unwrap()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the bodies are written in place")]
fn ok(body: Value) -> Reply {
    (200, body.to_string())
}

fn refused(code: i64, code_desc: &str) -> Reply {
    ok(json!({"code": code, "codeDesc": code_desc, "message": "not today"}))
}

/// The machines that a call asks for.
fn asked_for(form: &Form) -> Vec<String> {
    form.iter().filter(|(name, _)| name.starts_with("instanceIds.")).map(|(_, id)| id.clone()).collect()
}

/// The list of these machines, all of the classic network and running.
fn machines<'a>(ids: impl IntoIterator<Item = &'a String>) -> Reply {
    let row = |id: &String| json!({"unInstanceId": id, "instanceId": "qcvm1", "vpcId": 0, "status": 2, "lanIp": "10.1.2.3", "wanIpSet": []});
    let rows: Vec<Value> = ids.into_iter().map(row).collect();
    ok(json!({"code": 0, "message": "", "totalCount": rows.len(), "instanceSet": rows}))
}

#[tokio::test]
async fn an_attach_names_the_vpc_and_the_machines_and_gives_a_task() {
    let cloud = cloud(|_| ok(json!({"code": 0, "message": "", "taskId": 135_254}))).await;
    let taken = cloud.v2.attach(&vpc_id(), &instances(12)).await.unwrap();
    assert_eq!(taken, Taken::Task(TaskId("135254".into())));
    let [form] = &cloud.asked()[..] else { panic!("sent more than once") };
    assert_eq!((form["Action"].as_str(), form["vpcId"].as_str()), ("AttachClassicLinkVpc", "vpc-2ari9m7h"));
    assert_eq!(asked_for(form).len(), 12);
    assert_eq!(form["instanceIds.10"], "ins-000010");
}

#[tokio::test]
async fn a_detach_is_the_same_by_its_own_name() {
    let cloud = cloud(|_| ok(json!({"code": "0", "message": "", "taskId": "7"}))).await;
    let taken = cloud.v2.detach(&vpc_id(), &instances(1)).await.unwrap();
    assert_eq!(taken, Taken::Task(TaskId("7".into())));
    let form = &cloud.asked()[0];
    assert_eq!((form["Action"].as_str(), form["instanceIds.0"].as_str()), ("DetachClassicLinkVpc", "ins-000000"));
}

#[tokio::test]
async fn a_refusal_carries_its_kind_its_code_and_the_clouds_text() {
    let cloud = cloud(|_| refused(4000, "InstanceAlreadyLinked")).await;
    let error = cloud.v2.attach(&vpc_id(), &instances(1)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert_eq!(error.to_string(), "AttachClassicLinkVpc answered InstanceAlreadyLinked: not today");
    let cloud = super::tests::cloud(|_| refused(5000, "InvalidInstance.NotFound")).await;
    assert_eq!(cloud.v2.attach(&vpc_id(), &instances(1)).await.unwrap_err().kind, Kind::Missing);
    assert_eq!(cloud.v2.detach(&vpc_id(), &instances(1)).await.unwrap_err().kind, Kind::AlreadyGone);
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_or_unreadable_may_have_happened_and_is_sent_once() {
    let html = "<html><h1>502 Bad Gateway</h1></html>".to_owned();
    for reply in [
        (502, html.clone()),
        (200, html),
        (403, r#"{"code":4100}"#.to_owned()),
        (200, r#"{"code":0,"message":"","taskId":1352"#.to_owned()),
        (200, r#"{"code":0,"message":""}"#.to_owned()),
        refused(4999, "NobodyKnows"),
        refused(4500, ""),
    ] {
        let given = reply.clone();
        let cloud = cloud(move |_| given.clone()).await;
        let error = cloud.v2.attach(&vpc_id(), &instances(1)).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unclear, "{reply:?}");
        assert_eq!(cloud.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_batch_that_was_carried_out_in_part_may_have_happened_for_each() {
    let cloud = cloud(move |_| refused(5400, "")).await;
    let error = cloud.v2.attach(&vpc_id(), &instances(2)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Partial);
    assert!(error.kind.may_have_happened() && error.kind.splits_batch());
}

#[tokio::test]
async fn a_look_whose_answer_is_unreadable_is_a_fault_of_the_moment() {
    for reply in
        [(502, "<html></html>".to_owned()), (200, r#"{"code":0,"totalCount":1,"da"#.to_owned()), refused(6000, "")]
    {
        let cloud = cloud(move |_| reply.clone()).await;
        let scope = LinkScope::All;
        assert_eq!(cloud.v2.links(&scope, Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        let ids = instances(3).into_iter().collect();
        assert_eq!(cloud.v2.machines(&ids, Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(cloud.v2.vpc(&vpc_id(), Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(cloud.v2.task(&TaskId("7".into())).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(cloud.asked().len(), 4);
    }
}

/// A provider of a server that reads some of each request and then hangs up; and how many requests came.
async fn hanging_up() -> (V2, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let v2 = provider(&listener.local_addr().unwrap().to_string());
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let serve = async move |mut stream: TcpStream| {
        let _ = stream.read_buf(&mut Vec::new()).await;
        *counted.lock().unwrap() += 1;
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream).await;
        }
    });
    (v2, count)
}

#[tokio::test]
async fn a_change_on_a_connection_that_breaks_may_have_happened_and_is_sent_once() {
    let (v2, count) = hanging_up().await;
    assert_eq!(v2.attach(&vpc_id(), &instances(1)).await.unwrap_err().kind, Kind::Unclear);
    assert_eq!(*count.lock().unwrap(), 1);
    assert_eq!(v2.vpc(&vpc_id(), Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
}

#[tokio::test]
async fn a_change_that_finds_nobody_is_a_fault_of_the_moment() {
    // Port 9 discards; nobody is there, nor will be.
    let error = provider("127.0.0.1:9").attach(&vpc_id(), &instances(1)).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (Kind::Transient, ""));
    assert!(error.message.starts_with("not sent"), "{error}");
}

#[tokio::test]
async fn links_are_read_page_by_page_until_all_are_seen() {
    let cloud = cloud(|form| {
        let offset: usize = form["offset"].parse().unwrap();
        let row = |number: usize| json!({"instanceId": format!("ins-{number:06}"), "unVpcId": "vpc-2ari9m7h", "lanIp": "10.1.2.3"});
        let rows: Vec<Value> = (offset..(offset + 50).min(120)).map(row).collect();
        ok(json!({"code": 0, "totalCount": "120", "data": rows}))
    })
    .await;
    let list = cloud.v2.links(&LinkScope::Vpc(vpc_id()), Lane::Sweep).await.unwrap();
    assert_eq!((list.rows.len(), list.complete), (120, true));
    let asked = cloud.asked();
    assert_eq!(asked.iter().map(|form| form["offset"].as_str()).collect::<Vec<_>>(), ["0", "50", "100"]);
    assert!(asked.iter().all(|form| form["Action"] == "DescribeVpcClassicLink" && form["vpcId"] == "vpc-2ari9m7h"));
}

#[test]
fn a_list_of_one_vpc_names_it() {
    let own = list(&LinkScope::Vpc(vpc_id()), 0);
    assert_eq!(own["vpcId"], "vpc-2ari9m7h");
    assert_eq!((own["offset"].as_str(), own["limit"].as_str()), ("0", "50"));
    assert!(!list(&LinkScope::All, 0).contains_key("vpcId"));
}

#[tokio::test]
async fn a_list_whose_total_changes_meanwhile_is_incomplete() {
    let cloud = cloud(|form| {
        let offset: usize = form["offset"].parse().unwrap();
        let row = |number: usize| json!({"instanceId": format!("ins-{number:06}"), "unVpcId": "vpc-2ari9m7h"});
        let rows: Vec<Value> = (offset..offset + 30).map(row).collect();
        ok(json!({"code": 0, "totalCount": if offset == 0 { 61 } else { 60 }, "data": rows}))
    })
    .await;
    let list = cloud.v2.links(&LinkScope::All, Lane::Sweep).await.unwrap();
    assert_eq!((list.rows.len(), list.complete), (60, false));
    assert!(cloud.asked().iter().all(|form| !form.contains_key("vpcId")));
}

#[tokio::test]
async fn a_vpc_that_does_not_exist_has_no_links_and_is_none() {
    let cloud = cloud(|_| refused(5000, "InvalidVpc.NotFound")).await;
    let list = cloud.v2.links(&LinkScope::Vpc(vpc_id()), Lane::Sweep).await.unwrap();
    assert_eq!(list, LinkList { complete: true, ..LinkList::default() });
    assert_eq!(cloud.v2.vpc(&vpc_id(), Lane::Sweep).await.unwrap(), None);
    assert_eq!(cloud.v2.links(&LinkScope::All, Lane::Sweep).await.unwrap_err().kind, Kind::Missing);
}

#[tokio::test]
async fn machines_are_listed_a_hundred_at_a_time_and_the_absent_ones_are_just_not_there() {
    let cloud = cloud(|form| machines(asked_for(form).iter().filter(|id| *id != "ins-000150"))).await;
    let list = cloud.v2.machines(&instances(250).into_iter().collect(), Lane::Sweep).await.unwrap();
    assert_eq!((list.found.len(), list.unknown.len()), (249, 0));
    let machine = &list.found[&instances(1)[0]];
    assert_eq!((machine.network, machine.state), (Network::Classic, MachineState::Linkable));
    assert_eq!(machine.addresses, ["10.1.2.3".parse::<std::net::IpAddr>().unwrap()]);
    let mut sizes: Vec<_> = cloud.asked().iter().map(|form| asked_for(form).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 100, 100]);
    assert!(cloud.asked().iter().all(|form| form["limit"] == "100" && form["Action"] == "DescribeInstances"));
}

#[tokio::test]
async fn an_id_that_makes_a_list_fail_is_found_by_halving_and_asked_for_alone_from_then_on() {
    let cloud = cloud(|form| {
        let ids = asked_for(form);
        let has = |id: &str| ids.iter().any(|other| other == id);
        match (has("ins-000017"), has("ins-000080")) {
            (true, _) => refused(5000, "InvalidInstance.NotFound"),
            (false, true) => refused(4000, ""),
            (false, false) => machines(&ids),
        }
    })
    .await;
    let list = cloud.v2.machines(&instances(100).into_iter().collect(), Lane::Sweep).await.unwrap();
    assert_eq!(list.found.len(), 98);
    let unknown: Vec<_> = list.unknown.iter().map(|(id, error)| (id.as_str(), error.kind)).collect();
    assert_eq!(unknown, [("ins-000080", Kind::Refused(Reason::Refused))]);
    let first = cloud.asked().len();
    assert!(first < 32, "{first}");
    let again = cloud.v2.machines(&instances(100).into_iter().collect(), Lane::Sweep).await.unwrap();
    assert_eq!((again.found.len(), again.unknown.len()), (98, 1));
    assert_eq!(cloud.asked().len() - first, 3, "from then on the two are asked for alone");
}

#[tokio::test]
async fn a_failure_that_blames_no_machine_is_not_halved() {
    for (code, kind) in [(4102, Kind::PermissionDenied), (4100, Kind::KeyDenied), (4400, Kind::Throttled)] {
        let cloud = cloud(move |_| refused(code, "")).await;
        let ids = instances(100).into_iter().collect();
        assert_eq!(cloud.v2.machines(&ids, Lane::Sweep).await.unwrap_err().kind, kind);
        assert_eq!(cloud.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_list_that_leaves_rows_out_says_nothing_about_the_machines_that_are_not_in_it() {
    let bodies = [
        json!({"code": 0, "totalCount": 2, "instanceSet": [{"unInstanceId": "ins-000000", "vpcId": 0, "status": 2}]}),
        json!({"code": 0, "totalCount": 2, "instanceSet": [
            {"unInstanceId": "ins-000000", "vpcId": 0, "status": 2}, {"instanceId": "ins-000001", "vpcId": 0, "status": 2}]}),
        json!({"code": 0, "totalCount": 2, "instanceSet": [
            {"unInstanceId": "ins-000000", "vpcId": 0, "status": 2}, {"unInstanceId": "ins-000001", "status": 2}]}),
    ];
    for body in bodies {
        let reply = ok(body.clone());
        let cloud = cloud(move |_| reply.clone()).await;
        let list = cloud.v2.machines(&instances(2).into_iter().collect(), Lane::Sweep).await.unwrap();
        assert_eq!(list.found.keys().map(InstanceId::as_str).collect::<Vec<_>>(), ["ins-000000"], "{body}");
        assert_eq!(list.unknown.keys().map(InstanceId::as_str).collect::<Vec<_>>(), ["ins-000001"], "{body}");
    }
}

#[tokio::test]
async fn a_vpc_is_matched_by_its_new_id() {
    let cloud = cloud(|_| {
        ok(json!({"code": 0, "totalCount": 2, "data": [
            {"vpcId": "gz_vpc_1", "unVpcId": "vpc-other123", "cidrBlock": "192.168.0.0/16"},
            {"vpcId": "gz_vpc_245", "uniqVpcId": "vpc-2ari9m7h", "cidrBlock": "10.5.0.0/16"}]}))
    })
    .await;
    let vpc = Vpc { cidr_allowed: Some(true), cidr: "10.5.0.0/16".into(), classic_link_enabled: true };
    assert_eq!(cloud.v2.vpc(&vpc_id(), Lane::NewLink).await.unwrap(), Some(vpc));
    assert_eq!(cloud.asked()[0]["Action"], "DescribeVpcEx");
    let unknown = VpcId::new("vpc-gjui0b5t").unwrap();
    assert_eq!(cloud.v2.vpc(&unknown, Lane::NewLink).await.unwrap_err().kind, Kind::Unclear);
}

#[tokio::test]
async fn an_empty_list_of_vpcs_means_that_there_is_none() {
    let cloud = cloud(|_| ok(json!({"code": 0, "totalCount": 0, "data": []}))).await;
    assert_eq!(cloud.v2.vpc(&vpc_id(), Lane::NewLink).await.unwrap(), None);
}

#[tokio::test]
async fn a_task_runs_succeeds_fails_or_is_unknown() {
    for (data, state) in [
        (json!({"status": 0}), TaskState::Succeeded),
        (json!([{"status": "2"}]), TaskState::Running),
        (
            json!({"status": 1, "output": {"errorMsg": "canary-secret\nbusy"}}),
            TaskState::Failed("[redacted] busy".into()),
        ),
    ] {
        let cloud = cloud(move |_| ok(json!({"code": 0, "message": "", "data": data}))).await;
        assert_eq!(cloud.v2.task(&TaskId("135254".into())).await.unwrap(), state);
        assert_eq!(cloud.asked()[0]["taskId"], "135254");
    }
    for code in [4000, 5000] {
        let cloud = cloud(move |_| refused(code, "")).await;
        assert_eq!(cloud.v2.task(&TaskId("135254".into())).await.unwrap(), TaskState::Unknown);
    }
    let cloud = cloud(|_| ok(json!({"code": 0, "data": {"status": 3}}))).await;
    assert_eq!(cloud.v2.task(&TaskId("135254".into())).await.unwrap_err().kind, Kind::Unclear);
    let of_the_other_api = TaskId("354f4ac3-8546-4516-8c8a-69e3ab73aa8a".into());
    assert_eq!(cloud.v2.task(&of_the_other_api).await.unwrap(), TaskState::Unknown);
    assert_eq!(cloud.asked().len(), 1);
}

#[tokio::test]
async fn without_keys_nothing_is_sent() {
    // Port 9 discards; nobody is there.
    let v2 = with_keys("127.0.0.1:9", Keyring::default());
    let error = v2.attach(&vpc_id(), &instances(1)).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str(), error.message.as_str()), (Kind::KeyDenied, "", "there are no keys"));
    assert_eq!(v2.vpc(&vpc_id(), Lane::Sweep).await.unwrap_err().kind, Kind::KeyDenied);
}

#[tokio::test]
async fn what_the_cloud_echoes_of_a_request_is_not_handed_on() {
    let cloud = cloud(|form| {
        let encoded = |name: &str| form_urlencoded::byte_serialize(form[name].as_bytes()).collect::<String>();
        let raw = format!("{} {} {} {SECRET}", form["SecretId"], form["Token"], form["Signature"]);
        let message = format!("{raw}\r\n{} {}{}", encoded("Token"), encoded("Signature"), "\u{7}长".repeat(300));
        ok(json!({"code": 4100, "codeDesc": form["Signature"], "message": message}))
    })
    .await;
    let error = cloud.v2.attach(&vpc_id(), &instances(1)).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (Kind::KeyDenied, "[redacted]"));
    let (secrets, rest) = error.message.split_at("[redacted] ".len() * 4 - 1);
    assert_eq!(secrets, "[redacted] [redacted] [redacted] [redacted]");
    assert!(rest.starts_with("  [redacted] [redacted] 长 长"), "{rest}");
    assert_eq!(error.message.chars().count(), 256);
}

#[test]
fn a_provider_needs_addresses_that_are_some_and_shows_no_key() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoints = Endpoints { vpc: None, cvm: Some("cvm.api.qcloud.com".into()) };
    let (keyring, http) = (Arc::new(Keyring::default()), Client::new().unwrap());
    let error = V2::new(&endpoints, region(), Arc::clone(&keyring), Pace::new(1), http.clone()).unwrap_err();
    assert!(error.to_string().contains("of cvm"), "{error}");
    keyring.put(Ok(Credentials::new("canary-id".into(), SECRET.into(), None)));
    let v2 = V2::new(&Endpoints::default(), region(), keyring, Pace::new(1), http).unwrap();
    assert!(!format!("{v2:?}").contains("canary"));
    let Nature { links_die_with_address, max_batch, lists_all_links, has_cautions } = v2.nature();
    assert_eq!((links_die_with_address, max_batch, lists_all_links, has_cautions), (true, 100, true, false));
}

#[test]
fn the_policy_of_the_documentation_allows_what_is_called_and_nothing_else() {
    let called = Action::ALL.into_iter().map(wire::name).filter(|name| !name.is_empty());
    let service = |name: &str| if name == "DescribeInstances" { "cvm" } else { "vpc" };
    let called = called.map(|name| format!("{}:{name}", service(name)));
    // Whose keys they are, and another role's: what the credentials ask.
    let called: BTreeSet<_> = called.chain(["sts:GetCallerIdentity".to_owned()]).collect();
    let policies = policies::allowed(include_str!("../../../../docs/clouds/tencent.md"));
    assert_eq!(policies[1], called);
    assert_eq!(policies[2], BTreeSet::from(["sts:AssumeRole".to_owned()]));
}
