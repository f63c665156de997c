//! The provider against a stand-in on loopback that checks each signature by its own reckoning.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
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

const SECRET: &str = "canary-secret";
const TOKEN: &str = "canary+token/==";
const ID: &str = "354f4ac3-8546-4516-8c8a-69e3ab73aa8a";

/// What was asked: the action, its parameters, the signature, and how it was sent.
#[derive(Clone, Debug)]
struct Asked {
    action: String,
    own: Value,
    signature: String,
}

/// A status, a content type, further headers and a body.
#[derive(Clone, Debug)]
struct Reply {
    status: u16,
    content_type: &'static str,
    date: Option<&'static str>,
    body: String,
}

/// A cloud of one endpoint, and what it was asked.
struct Cloud {
    v3: V3,
    host: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Cloud {
    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::from_u16(self.status).unwrap(), self.body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, self.content_type.parse().unwrap());
        if let Some(date) = self.date {
            response.headers_mut().insert(header::DATE, date.parse().unwrap());
        }
        response
    }
}

/// A cloud that answers each call, once its signature was found right, by `answer`.
async fn cloud(answer: impl Fn(&Asked) -> Reply + Clone + Send + Sync + 'static) -> Cloud {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = Arc::<Mutex<Vec<Asked>>>::default();
    let (authority, seen) = (host.clone(), Arc::clone(&asked));
    let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        assert_eq!((method.as_str(), uri.to_string().as_str()), ("POST", "/"));
        let asked = checked(&headers, &body, &authority);
        let reply = answer(&asked);
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        reply
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    Cloud { v3: provider(&host), host, asked }
}

/// What document 213/30654 demands of each call; a panic cuts the connection, so that the test fails.
fn checked(headers: &HeaderMap, body: &[u8], authority: &str) -> Asked {
    let header = |name: &str| headers[name].to_str().unwrap();
    assert_eq!((header("host"), header("content-type")), (authority, "application/json"));
    assert_eq!((header("x-tc-version"), header("x-tc-region")), ("2017-03-12", "ap-guangzhou"));
    assert_eq!(header("x-tc-token"), TOKEN);
    let second: i64 = header("x-tc-timestamp").parse().unwrap();
    assert!((0..5).contains(&(clock::wall().as_second() - second)));
    let date = Timestamp::from_second(second).unwrap().to_string()[..10].to_owned();
    let service = if header("x-tc-action") == "DescribeInstances" { "cvm" } else { "vpc" };
    let canonical = format!(
        "POST\n/\n\ncontent-type:application/json\nhost:{authority}\n\ncontent-type;host\n{}",
        hex(&Sha256::digest(body))
    );
    let hash = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("TC3-HMAC-SHA256\n{second}\n{date}/{service}/tc3_request\n{hash}");
    let day = mac(format!("TC3{SECRET}").as_bytes(), &date);
    let signature = hex(&mac(&mac(&mac(&day, service), "tc3_request"), &text));
    assert_eq!(
        header("authorization"),
        format!(
            "TC3-HMAC-SHA256 Credential=canary-id/{date}/{service}/tc3_request, SignedHeaders=content-type;host, \
             Signature={signature}"
        )
    );
    Asked { action: header("x-tc-action").to_owned(), own: serde_json::from_slice(body).unwrap(), signature }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn provider(host: &str) -> V3 {
    with_keys(host, keyring())
}

fn keyring() -> Keyring {
    let keyring = Keyring::default();
    keyring.put(Ok(Credentials::new("canary-id".into(), SECRET.into(), Some(TOKEN.into()))));
    keyring
}

fn with_keys(host: &str, keyring: Keyring) -> V3 {
    let endpoint = Some(format!("http://{host}"));
    at(&Endpoints { vpc: endpoint.clone(), cvm: endpoint }, keyring)
}

fn at(endpoints: &Endpoints, keyring: Keyring) -> V3 {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = Client::with_deadline(Duration::from_secs(2)).unwrap();
    V3::new(endpoints, region(), Arc::new(keyring), Pace::new(1000), http).unwrap()
}

fn region() -> Region {
    Region::new("ap-guangzhou").unwrap()
}

fn vpc_id() -> VpcId {
    VpcId::new("vpc-gjui0b5t").unwrap()
}

fn instances(count: usize) -> Vec<InstanceId> {
    (0..count).map(|number| InstanceId::new(&format!("ins-{number:06}")).unwrap()).collect()
}

fn reply(status: u16, body: impl Into<String>) -> Reply {
    Reply { status, content_type: "application/json", date: None, body: body.into() }
}

/// A success with these fields.
fn ok(mut response: Value) -> Reply {
    response["RequestId"] = ID.into();
    reply(200, json!({ "Response": response }).to_string())
}

fn refused(code: &str) -> Reply {
    ok(json!({"Error": {"Code": code, "Message": "not today"}}))
}

/// The machines that a call asks for.
fn asked_for(asked: &Asked) -> Vec<String> {
    serde_json::from_value(asked.own["InstanceIds"].clone()).unwrap()
}

/// The list of these machines, all of the classic network and running.
fn machines<'a>(ids: impl IntoIterator<Item = &'a String>) -> Reply {
    let row = |id: &String| json!({"InstanceId": id, "InstanceState": "RUNNING", "PrivateIpAddresses": ["10.1.2.3"], "VirtualPrivateCloud": {"VpcId": ""}});
    let rows: Vec<Value> = ids.into_iter().map(row).collect();
    ok(json!({"TotalCount": rows.len(), "InstanceSet": rows}))
}

/// The page of a list of `total` links that begins at the offset which is asked for.
fn links(asked: &Asked, total: usize, last: usize) -> Reply {
    let offset: usize = asked.own["Offset"].as_str().unwrap().parse().unwrap();
    let row = |number: usize| json!({"VpcId": "vpc-gjui0b5t", "InstanceId": format!("ins-{number:06}")});
    let rows: Vec<Value> = (offset..(offset + 100).min(last)).map(row).collect();
    ok(json!({"TotalCount": total, "ClassicLinkInstanceSet": rows}))
}

#[tokio::test]
async fn an_attach_names_the_vpc_and_the_machines_and_gives_the_request_id_as_task() {
    let cloud = cloud(|_| ok(json!({}))).await;
    let taken = cloud.v3.attach(&vpc_id(), &instances(12)).await.unwrap();
    assert_eq!(taken, Taken::Task(TaskId(ID.into())));
    let [asked] = &cloud.asked()[..] else { panic!("sent more than once") };
    assert_eq!((asked.action.as_str(), &asked.own["VpcId"]), ("AttachClassicLinkVpc", &json!("vpc-gjui0b5t")));
    assert_eq!(asked_for(asked).len(), 12);
    assert_eq!(asked.own["InstanceIds"][10], "ins-000010");
}

#[tokio::test]
async fn a_detach_is_the_same_by_its_own_name() {
    let cloud = cloud(|_| ok(json!({"DeprecatedWarning": "soon"}))).await;
    let taken = cloud.v3.detach(&vpc_id(), &instances(1)).await.unwrap();
    assert_eq!(taken, Taken::Task(TaskId(ID.into())));
    let asked = &cloud.asked()[0];
    assert_eq!(asked.action, "DetachClassicLinkVpc");
    assert_eq!(asked.own, json!({"VpcId": "vpc-gjui0b5t", "InstanceIds": ["ins-000000"]}));
}

#[tokio::test]
async fn a_refusal_carries_its_kind_its_code_its_request_id_and_the_clouds_text() {
    let cloud = cloud(|_| refused("UnsupportedOperation.ClassicInstanceIdAlreadyExists")).await;
    let error = cloud.v3.attach(&vpc_id(), &instances(1)).await.unwrap_err();
    assert_eq!((error.kind, error.request_id.as_deref()), (Kind::Conflict, Some(ID)));
    assert_eq!(
        error.to_string(),
        "AttachClassicLinkVpc answered UnsupportedOperation.ClassicInstanceIdAlreadyExists: not today"
    );
    let cloud = super::tests::cloud(|_| refused("ResourceNotFound")).await;
    assert_eq!(cloud.v3.attach(&vpc_id(), &instances(1)).await.unwrap_err().kind, Kind::Missing);
    assert_eq!(cloud.v3.detach(&vpc_id(), &instances(1)).await.unwrap_err().kind, Kind::AlreadyGone);
}

#[tokio::test]
async fn an_error_is_read_whatever_the_content_type_says() {
    for content_type in ["application/json; charset=utf-8", "text/html", "text/plain;charset=UTF-8", "x/y"] {
        let cloud = cloud(move |_| Reply { content_type, ..refused("LimitExceeded") }).await;
        assert_eq!(cloud.v3.attach(&vpc_id(), &instances(1)).await.unwrap_err().kind, Kind::Quota, "{content_type}");
        let cloud = super::tests::cloud(move |_| Reply { content_type, ..ok(json!({})) }).await;
        assert!(cloud.v3.attach(&vpc_id(), &instances(1)).await.is_ok(), "{content_type}");
    }
}

#[tokio::test]
async fn an_answer_in_the_form_of_the_api_v2_is_understood() {
    for (code, desc, kind) in [
        (4000, "InstanceAlreadyLinked", Kind::Conflict),
        (4104, "", Kind::KeyDenied),
        (4000, "AuthFailure.SignatureFailure", Kind::KeyDenied),
        (0, "", Kind::Unclear),
    ] {
        let body = json!({"code": code, "message": "not today", "codeDesc": desc}).to_string();
        let cloud = cloud(move |_| reply(200, body.clone())).await;
        assert_eq!(cloud.v3.attach(&vpc_id(), &instances(1)).await.unwrap_err().kind, kind, "{code} {desc}");
    }
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_or_unreadable_may_have_happened_and_is_sent_once() {
    let html = "<html><h1>502 Bad Gateway</h1></html>";
    for given in [
        reply(502, html),
        reply(200, html),
        reply(200, ""),
        Reply { status: 403, ..refused("AuthFailure") },
        reply(200, r#"{"Response":{"RequestId":"354f4ac3-85"#),
        reply(200, r#"{"Response":{}}"#),
        reply(200, r#"{"Response":{"RequestId":null}}"#),
        refused("NobodyKnows.AtAll"),
    ] {
        let shown = format!("{given:?}");
        let cloud = cloud(move |_| given.clone()).await;
        for error in [
            cloud.v3.attach(&vpc_id(), &instances(1)).await.unwrap_err(),
            cloud.v3.detach(&vpc_id(), &instances(1)).await.unwrap_err(),
        ] {
            assert_eq!(error.kind, Kind::Unclear, "{shown}");
        }
        assert_eq!(cloud.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_look_whose_answer_is_unreadable_is_a_fault_of_the_moment() {
    for given in [
        reply(502, "<html></html>"),
        reply(200, r#"{"Response":{"TotalCount":1,"Inst"#),
        ok(json!({})),
        refused("InternalError.ModuleError"),
    ] {
        let cloud = cloud(move |_| given.clone()).await;
        let scope = LinkScope::All;
        assert_eq!(cloud.v3.links(&scope, Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        let ids = instances(3).into_iter().collect();
        assert_eq!(cloud.v3.machines(&ids, Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(cloud.v3.vpc(&vpc_id(), Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(cloud.v3.task(&TaskId(ID.into())).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(cloud.asked().len(), 4);
    }
}

/// A provider of a server that reads some of each request and then hangs up; and how many requests came.
async fn hanging_up() -> (V3, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let v3 = provider(&listener.local_addr().unwrap().to_string());
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
    (v3, count)
}

#[tokio::test]
async fn a_change_on_a_connection_that_breaks_may_have_happened_and_is_sent_once() {
    let (v3, count) = hanging_up().await;
    assert_eq!(v3.attach(&vpc_id(), &instances(1)).await.unwrap_err().kind, Kind::Unclear);
    assert_eq!(*count.lock().unwrap(), 1);
    assert_eq!(v3.vpc(&vpc_id(), Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
}

#[tokio::test]
async fn a_change_that_finds_nobody_is_a_fault_of_the_moment() {
    // Port 9 discards; nobody is there, nor will be.
    let error = provider("127.0.0.1:9").attach(&vpc_id(), &instances(1)).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (Kind::Transient, ""));
    assert!(error.message.starts_with("not sent"), "{error}");
}

#[tokio::test]
async fn links_are_read_page_by_page_until_all_are_seen_and_their_numbers_are_text() {
    let cloud = cloud(|asked| links(asked, 250, 250)).await;
    let list = cloud.v3.links(&LinkScope::Vpc(vpc_id()), Lane::Sweep).await.unwrap();
    assert_eq!((list.rows.len(), list.complete), (250, true));
    assert!(list.rows.values().all(|row| row.private_ip.is_none() && row.vpc == vpc_id()));
    let offsets = ["0", "100", "200"].map(|offset| {
        let filters = json!([{"Name": "vpc-id", "Values": ["vpc-gjui0b5t"]}]);
        json!({"Filters": filters, "Offset": offset, "Limit": "100"})
    });
    assert_eq!(cloud.asked().into_iter().map(|asked| asked.own).collect::<Vec<_>>(), offsets);
    assert!(cloud.asked().iter().all(|asked| asked.action == "DescribeClassicLinkInstances"));
}

#[tokio::test]
async fn the_links_at_some_addresses_are_asked_for_by_vpc_and_address_and_read_page_by_page() {
    let cloud = cloud(|asked| links(asked, 101, 101)).await;
    let addresses = ["10.66.0.8", "10.66.0.7"].map(|ip| ip.parse::<IpAddr>().unwrap()).into();
    let list = cloud.v3.links_at(&vpc_id(), &addresses, Lane::Sweep).await.unwrap().unwrap();
    assert_eq!((list.rows.len(), list.complete), (101, true));
    let filters = json!([
        {"Name": "vpc-id", "Values": ["vpc-gjui0b5t"]},
        {"Name": "vm-ip", "Values": ["10.66.0.7", "10.66.0.8"]},
    ]);
    let pages = ["0", "100"].map(|offset| json!({"Filters": filters, "Offset": offset, "Limit": "100"}));
    assert_eq!(cloud.asked().into_iter().map(|asked| asked.own).collect::<Vec<_>>(), pages);
}

#[tokio::test]
async fn that_nothing_is_at_an_address_is_proved_by_an_empty_list_and_by_no_refusal() {
    let at = async |reply: Reply| {
        let cloud = cloud(move |_| reply.clone()).await;
        cloud.v3.links_at(&vpc_id(), &["10.66.0.7".parse().unwrap()].into(), Lane::Sweep).await
    };
    let empty = at(ok(json!({"TotalCount": 0, "ClassicLinkInstanceSet": []}))).await.unwrap().unwrap();
    assert_eq!(empty, LinkList { complete: true, ..LinkList::default() });
    let cut = at(ok(json!({"TotalCount": 2, "ClassicLinkInstanceSet": []}))).await.unwrap().unwrap();
    assert!(!cut.complete);
    let unread = at(ok(json!({"TotalCount": 1, "ClassicLinkInstanceSet": [{"VpcId": 7}]}))).await.unwrap().unwrap();
    assert!(!unread.complete, "any machine may be in a row that is not understood");
    assert_eq!(at(refused("ResourceNotFound")).await.unwrap_err().kind, Kind::Missing);
    assert_eq!(at(refused("UnauthorizedOperation")).await.unwrap_err().kind, Kind::PermissionDenied);
}

#[tokio::test]
async fn a_list_whose_total_changes_meanwhile_is_incomplete() {
    for second in [149, 151] {
        let cloud = cloud(move |asked| links(asked, if asked.own["Offset"] == "0" { 150 } else { second }, 151)).await;
        let list = cloud.v3.links(&LinkScope::All, Lane::Sweep).await.unwrap();
        assert!(!list.complete && list.rows.len() >= 149, "{second}");
        assert!(cloud.asked().iter().all(|asked| asked.own.get("Filters").is_none()));
    }
}

#[tokio::test]
async fn a_vpc_that_does_not_exist_has_no_links_and_is_none_whether_the_list_is_empty_or_refused() {
    let empty = ok(json!({"TotalCount": 0, "ClassicLinkInstanceSet": [], "VpcSet": []}));
    for given in [empty, refused("ResourceNotFound")] {
        let cloud = cloud(move |_| given.clone()).await;
        let list = cloud.v3.links(&LinkScope::Vpc(vpc_id()), Lane::Sweep).await.unwrap();
        assert_eq!(list, LinkList { complete: true, ..LinkList::default() });
        assert_eq!(cloud.v3.vpc(&vpc_id(), Lane::Sweep).await.unwrap(), None);
    }
    let cloud = cloud(|_| refused("ResourceNotFound")).await;
    assert_eq!(cloud.v3.links(&LinkScope::All, Lane::Sweep).await.unwrap_err().kind, Kind::Missing);
}

#[tokio::test]
async fn a_list_of_links_that_is_refused_is_a_failure() {
    for (code, kind) in [
        ("InvalidParameter.FilterValuesNotList", Kind::Refused(Reason::Refused)),
        ("UnauthorizedOperation", Kind::PermissionDenied),
        ("RequestLimitExceeded.UinLimitExceeded", Kind::Throttled),
    ] {
        let cloud = cloud(move |_| refused(code)).await;
        assert_eq!(cloud.v3.links(&LinkScope::Vpc(vpc_id()), Lane::Sweep).await.unwrap_err().kind, kind);
    }
}

#[tokio::test]
async fn machines_are_listed_a_hundred_at_a_time_and_the_absent_ones_are_just_not_there() {
    let cloud = cloud(|asked| machines(asked_for(asked).iter().filter(|id| *id != "ins-000150"))).await;
    let list = cloud.v3.machines(&instances(250).into_iter().collect(), Lane::Sweep).await.unwrap();
    assert_eq!((list.found.len(), list.unknown.len()), (249, 0));
    let machine = &list.found[&instances(1)[0]];
    assert_eq!((machine.network, machine.state), (Network::Classic, MachineState::Linkable));
    assert_eq!(machine.addresses, ["10.1.2.3".parse::<IpAddr>().unwrap()]);
    let mut sizes: Vec<_> = cloud.asked().iter().map(|asked| asked_for(asked).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 100, 100]);
    assert!(cloud.asked().iter().all(|asked| asked.own["Limit"] == 100 && asked.action == "DescribeInstances"));
}

#[tokio::test]
async fn an_id_that_makes_a_list_fail_is_found_by_halving_and_asked_for_alone_from_then_on() {
    let cloud = cloud(|asked| {
        let ids = asked_for(asked);
        let has = |id: &str| ids.iter().any(|other| other == id);
        match (has("ins-000017"), has("ins-000080")) {
            (true, _) => refused("InvalidInstanceId.NotFound"),
            (false, true) => refused("InvalidInstanceId.Malformed"),
            (false, false) => machines(&ids),
        }
    })
    .await;
    let list = cloud.v3.machines(&instances(100).into_iter().collect(), Lane::Sweep).await.unwrap();
    assert_eq!(list.found.len(), 98);
    let unknown: Vec<_> = list.unknown.iter().map(|(id, error)| (id.as_str(), error.kind)).collect();
    assert_eq!(unknown, [("ins-000080", Kind::Refused(Reason::InvalidId))]);
    let first = cloud.asked().len();
    assert!(first < 32, "{first}");
    let again = cloud.v3.machines(&instances(100).into_iter().collect(), Lane::Sweep).await.unwrap();
    assert_eq!((again.found.len(), again.unknown.len()), (98, 1));
    assert_eq!(cloud.asked().len() - first, 3, "from then on the two are asked for alone");
}

#[tokio::test]
async fn a_failure_that_blames_no_machine_is_not_halved() {
    for (code, kind) in [
        ("UnauthorizedOperation.CamNoAuth", Kind::PermissionDenied),
        ("AuthFailure.SecretIdNotFound", Kind::KeyDenied),
        ("RequestLimitExceeded", Kind::Throttled),
        ("UnsupportedRegion", Kind::Refused(Reason::RegionNotSupported)),
        ("ActionOffline", Kind::Offline),
    ] {
        let cloud = cloud(move |_| refused(code)).await;
        let ids = instances(100).into_iter().collect();
        assert_eq!(cloud.v3.machines(&ids, Lane::Sweep).await.unwrap_err().kind, kind);
        assert_eq!(cloud.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_list_that_leaves_rows_out_says_nothing_about_the_machines_that_are_not_in_it() {
    let row = |id: &str| json!({"InstanceId": id, "InstanceState": "RUNNING"});
    for rows in [
        json!([row("ins-000000")]),
        json!([row("ins-000000"), {"InstanceState": "RUNNING"}]),
        json!([row("ins-000000"), {"InstanceId": "ins-000001"}]),
        json!([row("ins-000000"), {"InstanceId": "ins-000001", "InstanceState": "RUNNING", "VirtualPrivateCloud": []}]),
        json!([row("ins-000000"), row("ins-999999"), {"InstanceId": null, "InstanceState": "RUNNING"}]),
    ] {
        let given = ok(json!({"TotalCount": 2, "InstanceSet": rows.clone()}));
        let cloud = cloud(move |_| given.clone()).await;
        let list = cloud.v3.machines(&instances(2).into_iter().collect(), Lane::Sweep).await.unwrap();
        assert_eq!(list.found.keys().map(InstanceId::as_str).collect::<Vec<_>>(), ["ins-000000"], "{rows}");
        assert_eq!(list.unknown.keys().map(InstanceId::as_str).collect::<Vec<_>>(), ["ins-000001"], "{rows}");
    }
}

#[tokio::test]
async fn a_vpc_is_asked_for_by_filter_and_matched_by_its_id() {
    let cloud = cloud(|_| {
        ok(json!({"TotalCount": 2, "VpcSet": [
            {"VpcId": "vpc-other123", "CidrBlock": "192.168.0.0/16"},
            {"VpcId": "vpc-gjui0b5t", "CidrBlock": "10.5.0.0/16", "AssistantCidrSet": [{"CidrBlock": "172.16.0.0/16"}]}]}))
    })
    .await;
    let vpc = Vpc { cidr_allowed: Some(true), cidr: "10.5.0.0/16".into(), classic_link_enabled: true };
    assert_eq!(cloud.v3.vpc(&vpc_id(), Lane::NewLink).await.unwrap(), Some(vpc));
    let asked = &cloud.asked()[0];
    assert_eq!(asked.action, "DescribeVpcs");
    assert_eq!(asked.own, json!({"Filters": [{"Name": "vpc-id", "Values": ["vpc-gjui0b5t"]}]}));
    let unknown = VpcId::new("vpc-2ari9m7h").unwrap();
    assert_eq!(cloud.v3.vpc(&unknown, Lane::NewLink).await.unwrap_err().kind, Kind::Unclear);
}

#[tokio::test]
async fn the_quota_of_links_is_asked_for_by_its_name_and_taken_as_number_or_text() {
    for value in [json!(150), json!("150")] {
        let cloud = cloud(move |_| {
            ok(json!({"VpcLimitSet": [
                {"LimitType": "vpc-max-subnets", "LimitValue": 7},
                {"LimitType": "vpc-max-basic-network-interconnections", "LimitValue": value}]}))
        })
        .await;
        assert_eq!(cloud.v3.quota(Lane::NewLink).await.unwrap(), Some(150));
        let asked = &cloud.asked()[0];
        assert_eq!(asked.action, "DescribeVpcLimits");
        assert_eq!(asked.own, json!({"LimitTypes": ["vpc-max-basic-network-interconnections"]}));
    }
    let silent = cloud(|_| ok(json!({"VpcLimitSet": []}))).await;
    assert_eq!(silent.v3.quota(Lane::NewLink).await.unwrap(), None);
}

#[tokio::test]
async fn a_vpc_that_cannot_be_read_is_not_a_vpc_that_is_not_there() {
    for code in ["InvalidParameterValue.Malformed", "InvalidParameter.FilterInvalidKey", "InternalError.ModuleError"] {
        let cloud = cloud(move |_| refused(code)).await;
        let error = cloud.v3.vpc(&vpc_id(), Lane::NewLink).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.action), (code, "DescribeVpcs"));
    }
}

#[tokio::test]
async fn a_task_runs_succeeds_fails_or_is_unknown() {
    for (answer, state) in [
        (json!({"Status": "SUCCESS", "Output": "SUCCESS"}), TaskState::Succeeded),
        (json!({"Status": "RUNNING", "Output": "", "Result": null}), TaskState::Running),
        (json!({"Status": "FAILED", "Output": "canary-secret\nbusy"}), TaskState::Failed("[redacted] busy".into())),
        (json!({"Status": "FAILED", "Output": null}), TaskState::Failed(String::new())),
    ] {
        let cloud = cloud(move |_| ok(answer.clone())).await;
        assert_eq!(cloud.v3.task(&TaskId(ID.into())).await.unwrap(), state);
        let asked = &cloud.asked()[0];
        assert_eq!((asked.action.as_str(), &asked.own), ("DescribeVpcTaskResult", &json!({ "TaskId": ID })));
    }
    for code in ["ResourceNotFound", "InvalidParameterValue", "InvalidParameterValue.Malformed", "UnsupportedOperation"]
    {
        let cloud = cloud(move |_| refused(code)).await;
        assert_eq!(cloud.v3.task(&TaskId(ID.into())).await.unwrap(), TaskState::Unknown, "{code}");
    }
}

#[tokio::test]
async fn a_task_that_may_not_be_asked_about_or_says_nothing_is_an_error() {
    for (given, kind) in [
        (refused("UnauthorizedOperation"), Kind::PermissionDenied),
        (refused("FailedOperation.TaskFailed"), Kind::Unclear),
        (refused("InternalError.ModuleError"), Kind::Transient),
        (ok(json!({"Status": "DONE"})), Kind::Transient),
        (ok(json!({"Output": "SUCCESS"})), Kind::Transient),
    ] {
        let cloud = cloud(move |_| given.clone()).await;
        let error = cloud.v3.task(&TaskId(ID.into())).await.unwrap_err();
        assert_eq!((error.kind, error.request_id.as_deref()), (kind, Some(ID)));
    }
}

#[tokio::test]
async fn a_task_of_the_other_api_is_unknown_without_being_asked_about() {
    let cloud = cloud(|_| ok(json!({"Status": "SUCCESS"}))).await;
    for id in ["135254", ""] {
        assert_eq!(cloud.v3.task(&TaskId(id.into())).await.unwrap(), TaskState::Unknown);
    }
    assert!(cloud.asked().is_empty());
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named_where_a_signature_has_expired() {
    for (code, date, named) in [
        ("AuthFailure.SignatureExpire", Some("Sun, 06 Nov 1994 08:49:37 GMT"), true),
        ("AuthFailure.SignatureExpire", None, false),
        ("AuthFailure.SignatureFailure", Some("Sun, 06 Nov 1994 08:49:37 GMT"), false),
    ] {
        let cloud = cloud(move |_| Reply { date, ..refused(code) }).await;
        let error = cloud.v3.attach(&vpc_id(), &instances(1)).await.unwrap_err();
        assert_eq!((error.kind, error.message.contains("clocks")), (Kind::KeyDenied, named), "{code} {date:?}");
    }
}

#[tokio::test]
async fn without_keys_or_with_keys_that_are_none_nothing_is_sent() {
    // Port 9 discards; nobody is there.
    let v3 = with_keys("127.0.0.1:9", Keyring::default());
    let error = v3.attach(&vpc_id(), &instances(1)).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str(), error.message.as_str()), (Kind::KeyDenied, "", "there are no keys"));
    let keyring = Keyring::default();
    keyring.put(Ok(Credentials::new("id".into(), SECRET.into(), Some("canary\n".into()))));
    let error = with_keys("127.0.0.1:9", keyring).vpc(&vpc_id(), Lane::Sweep).await.unwrap_err();
    assert_eq!(error.kind, Kind::KeyDenied);
    assert!(!error.to_string().contains("canary"), "{error}");
}

#[tokio::test]
async fn what_the_cloud_echoes_of_a_request_is_not_handed_on() {
    let cloud = cloud(|asked| {
        let signature = &asked.signature;
        let encoded: String = form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect();
        let message = format!("canary-id {TOKEN} {signature} {SECRET}\r\n{encoded}{}", "\u{7}长".repeat(300));
        let error = json!({"Code": format!("AuthFailure.{signature}"), "Message": message});
        reply(200, json!({"Response": {"Error": error, "RequestId": signature}}).to_string())
    })
    .await;
    let error = cloud.v3.attach(&vpc_id(), &instances(1)).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (Kind::KeyDenied, "AuthFailure.[redacted]"));
    assert_eq!(error.request_id.as_deref(), Some("[redacted]"));
    assert!(error.message.starts_with("[redacted] [redacted] [redacted] [redacted]  [redacted] 长 长"), "{error}");
    assert!(error.message.chars().count() <= 256);
}

#[tokio::test]
async fn each_service_is_called_at_its_own_address() {
    let vpc = cloud(|_| ok(json!({"TotalCount": 0}))).await;
    let cvm = cloud(|_| ok(json!({"TotalCount": 0}))).await;
    // The stand-in demands its own address in the signature.
    let address = |cloud: &Cloud| Some(format!("http://{}/x?y", cloud.host));
    let v3 = at(&Endpoints { vpc: address(&vpc), cvm: address(&cvm) }, keyring());
    assert!(v3.links(&LinkScope::All, Lane::Sweep).await.unwrap().complete);
    assert!(v3.machines(&instances(1).into_iter().collect(), Lane::Sweep).await.unwrap().found.is_empty());
    assert_eq!(
        vpc.asked().iter().map(|asked| asked.action.as_str()).collect::<Vec<_>>(),
        ["DescribeClassicLinkInstances"]
    );
    assert_eq!(cvm.asked().iter().map(|asked| asked.action.as_str()).collect::<Vec<_>>(), ["DescribeInstances"]);
}

#[test]
fn a_provider_needs_addresses_that_are_some_and_shows_no_key() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoints = Endpoints { vpc: None, cvm: Some("cvm.tencentcloudapi.com".into()) };
    let (keyring, http) = (Arc::new(Keyring::default()), Client::new().unwrap());
    let error = V3::new(&endpoints, region(), Arc::clone(&keyring), Pace::new(1), http.clone()).unwrap_err();
    assert!(error.to_string().contains("of cvm"), "{error}");
    keyring.put(Ok(Credentials::new("canary-id".into(), SECRET.into(), None)));
    let v3 = V3::new(&Endpoints::default(), region(), keyring, Pace::new(1), http).unwrap();
    let shown = format!("{v3:?}");
    assert!(!shown.contains("canary"));
    assert!(shown.contains("vpc.tencentcloudapi.com") && shown.contains("cvm.tencentcloudapi.com"), "{shown}");
    let Nature { links_die_with_address, max_batch, lists_all_links, has_cautions } = v3.nature();
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
    assert_eq!(policies[0], called);
    assert_eq!(policies[2], BTreeSet::from(["sts:AssumeRole".to_owned()]));
}
