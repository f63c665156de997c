//! A running simulator with a small scene, and a client that signs by hand in both ways.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

pub const ATTACH: &str = "AttachClassicLinkVpc";
pub const DETACH: &str = "DetachClassicLinkVpc";
pub const LINKS: &str = "DescribeClassicLinkInstances";
pub const MACHINES: &str = "DescribeInstances";
pub const VPC: &str = "DescribeVpcAttribute";
pub const VPCS: &str = "DescribeVpcs";
pub const ENABLE: &str = "EnableVpcClassicLink";
pub const DISABLE: &str = "DisableVpcClassicLink";

pub const ACCOUNT: &str = "1135000000000001";
pub const STRANGER: &str = "1135000000000002";
pub const KEY_ID: &str = "LTAItest0001";
pub const SECRET: &str = "test-secret-0001";

/// The pair that most writes name. The second VPC is enabled, too; the third is not.
pub const PAIR: [(&str, &str); 2] = [("InstanceId", "i-test0001"), ("VpcId", "vpc-test0001")];

/// The version that only STS has.
const STS: &str = "2015-04-01";

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Cloud {
    process: Child,
    pub api: String,
    sts: String,
    control: String,
    http: Client,
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn scene() -> Value {
    let at = |account: &str, id: String| json!({"account": account, "region": "cn-hangzhou", "id": id});
    let machine = |account: &str, number: u32| {
        let mut machine = at(account, format!("i-test{number:04}"));
        machine["ip"] = json!(format!("10.170.0.{number}"));
        machine
    };
    let vpc = |account: &str, number: u32, enabled: bool| {
        let mut vpc = at(account, format!("vpc-test{number:04}"));
        vpc["cidr"] = json!("172.16.0.0/16");
        vpc["classicLinkEnabled"] = json!(enabled);
        vpc
    };
    let mut machines: Vec<Value> = (1..=4).map(|number| machine(ACCOUNT, number)).collect();
    machines.push(machine(STRANGER, 9));
    let mut housed = at(ACCOUNT, "i-test0005".into());
    housed["network"] = json!("vpc");
    housed["vpcId"] = json!("vpc-test0001");
    housed["ip"] = json!("172.16.0.5");
    machines.push(housed);
    let key = |id: &str| json!([{"secretId": id, "secretKey": SECRET}]);
    json!({
        "accounts": [
            {"id": ACCOUNT, "cloud": "alibaba", "keys": key(KEY_ID)},
            {"id": STRANGER, "cloud": "alibaba", "keys": key("LTAIstranger")},
        ],
        "vpcs": [vpc(ACCOUNT, 1, true), vpc(ACCOUNT, 2, true), vpc(ACCOUNT, 3, false), vpc(STRANGER, 9, true)],
        "machines": machines,
    })
}

/// How a call is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    V3,
    Query,
    /// No key, no signature.
    None,
}

/// A request before it is signed.
pub struct Call {
    pub method: Method,
    pub scheme: Scheme,
    pub action: String,
    pub version: &'static str,
    pub key: (String, String),
    pub token: Option<String>,
    pub time: String,
    pub nonce: String,
    pub params: BTreeMap<String, String>,
    /// Headers that are added and, with V3, signed.
    pub headers: BTreeMap<String, String>,
    /// Left out of the signed headers.
    pub unsigned: Option<&'static str>,
    /// The parameters go into a form.
    pub as_form: bool,
}

impl Call {
    pub fn new(action: &str, own: &[(&str, &str)]) -> Self {
        static NONCE: AtomicU64 = AtomicU64::new(1);
        let version = match action {
            VPC | VPCS | ENABLE | DISABLE => "2016-04-28",
            "GetCallerIdentity" | "AssumeRole" | "AssumeRoleWithOIDC" => STS,
            _ => "2014-05-26",
        };
        let mut call = Self {
            method: Method::POST,
            scheme: Scheme::V3,
            action: action.into(),
            version,
            key: (KEY_ID.into(), SECRET.into()),
            token: None,
            time: time(0),
            nonce: format!("nonce-{}-{}", std::process::id(), NONCE.fetch_add(1, Ordering::Relaxed)),
            params: BTreeMap::from([("RegionId".into(), "cn-hangzhou".into())]),
            headers: BTreeMap::new(),
            unsigned: None,
            as_form: false,
        };
        call.params.extend(own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        call
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }

    pub fn by_query(mut self) -> Self {
        self.scheme = Scheme::Query;
        self
    }

    pub fn signed_by(mut self, id: &str, secret: &str) -> Self {
        self.key = (id.into(), secret.into());
        self
    }

    fn query_params(&self) -> BTreeMap<String, String> {
        let mut params = self.params.clone();
        match self.scheme {
            Scheme::V3 => return params,
            // Where headers tell the action, nothing else does.
            Scheme::None if self.action.is_empty() => return params,
            Scheme::None => {
                let own = [("Action", self.action.as_str()), ("Version", self.version), ("Timestamp", &self.time)];
                params.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
                return params;
            }
            Scheme::Query => {}
        }
        for (name, value) in [
            ("Action", self.action.as_str()),
            ("Version", self.version),
            ("AccessKeyId", &self.key.0),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", &self.nonce),
            ("Timestamp", &self.time),
        ] {
            params.entry(name.into()).or_insert_with(|| value.into());
        }
        params.extend(self.token.clone().map(|token| ("SecurityToken".to_owned(), token)));
        let text = format!("{}&%2F&{}", self.method, encoded(&joined(&params)));
        let mut mac = Hmac::<Sha1>::new_from_slice(format!("{}&", self.key.1).as_bytes()).unwrap();
        mac.update(text.as_bytes());
        params.insert("Signature".into(), BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        params
    }

    fn v3_headers(&self, host: &str, query: &str, body: &str) -> BTreeMap<String, String> {
        let mut headers = self.headers.clone();
        let hash = hex(&Sha256::digest(body));
        for (name, value) in [
            ("x-acs-action", self.action.as_str()),
            ("x-acs-version", self.version),
            ("x-acs-date", &self.time),
            ("x-acs-signature-nonce", &self.nonce),
            ("x-acs-content-sha256", &hash),
        ] {
            headers.entry(name.into()).or_insert_with(|| value.into());
        }
        headers.extend(self.token.clone().map(|token| ("x-acs-security-token".to_owned(), token)));
        let mut signed = headers.clone();
        signed.insert("host".into(), host.into());
        signed.retain(|name, _| Some(name.as_str()) != self.unsigned);
        let lines: String = signed.iter().flat_map(|(name, value)| [name, ":", value, "\n"]).collect();
        let names = signed.keys().cloned().collect::<Vec<_>>().join(";");
        let canonical = format!("{}\n/\n{query}\n{lines}\n{names}\n{hash}", self.method);
        let text = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical)));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.1.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", self.key.0);
        headers.insert("authorization".into(), authorization);
        headers
    }
}

/// An answer as it came.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Cloud {
    pub async fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_classiclink-sim"));
        command.arg("--stop-with-stdin").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let url = |name: &str| ready[name].as_str().unwrap().to_owned();
        // An error says that there is one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let cloud = Self { process, api: url("alibaba"), sts: url("alibabaSts"), control: url("control"), http };
        cloud.post("/seed", scene()).await;
        cloud
    }

    pub async fn try_send(&self, call: &Call) -> reqwest::Result<Answer> {
        let is_sts = call.version == STS || ["AssumeRole", "AssumeRoleWithOIDC"].contains(&call.action.as_str());
        let api = if is_sts { &self.sts } else { &self.api };
        let host = api.strip_prefix("http://").unwrap();
        let params = joined(&call.query_params());
        let (query, body) = if call.as_form { (String::new(), params) } else { (params, String::new()) };
        let mut request = self.http.request(call.method.clone(), format!("{api}/?{query}"));
        let mut call_headers = call.headers.clone();
        if call.as_form {
            call_headers.insert("content-type".into(), "application/x-www-form-urlencoded".into());
        }
        let headers = match call.scheme {
            Scheme::Query | Scheme::None => call_headers,
            Scheme::V3 => {
                let signed = Call { headers: call_headers, ..copy(call) };
                signed.v3_headers(host, &query, &body)
            }
        };
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if call.as_form {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    pub async fn send(&self, call: &Call) -> Answer {
        self.try_send(call).await.unwrap()
    }

    pub async fn ok(&self, action: &str, own: &[(&str, &str)]) -> Value {
        let answer = self.send(&Call::new(action, own)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// HTTP status and code of a refusal.
    pub async fn refusal(&self, action: &str, own: &[(&str, &str)]) -> (u16, String) {
        self.refused(&Call::new(action, own)).await
    }

    pub async fn refused(&self, call: &Call) -> (u16, String) {
        let answer = self.send(call).await;
        (answer.status, answer.json()["Code"].as_str().unwrap_or_default().to_owned())
    }

    pub async fn message(&self, action: &str, own: &[(&str, &str)]) -> String {
        self.send(&Call::new(action, own)).await.json()["Message"].as_str().unwrap().to_owned()
    }

    /// Rows of the list of links, as `machine>VPC`.
    pub async fn links(&self, own: &[(&str, &str)]) -> Vec<String> {
        let answer = self.ok(LINKS, own).await;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let rows = answer["Links"]["Link"].as_array().unwrap().iter();
        rows.map(|row| format!("{}>{}", text(row, "InstanceId"), text(row, "VpcId"))).collect()
    }

    /// The machines that are really linked.
    pub async fn linked(&self) -> Vec<String> {
        let state = self.get("/state").await;
        let links = state["accounts"][0]["regions"]["cn-hangzhou"]["links"].as_array().unwrap().clone();
        links.iter().map(|link| link["instanceId"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn control(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method, format!("{}{path}", self.control)).body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    pub async fn arrange(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.control(method, path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.arrange(Method::POST, path, body).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.arrange(Method::GET, path, json!({})).await
    }

    /// Changes settings of the dialect.
    pub async fn switch(&self, settings: Value) {
        self.arrange(Method::PATCH, "/settings", json!({"alibaba": settings})).await;
    }

    /// Changes settings of the cloud behind it.
    pub async fn rule(&self, settings: Value) {
        self.arrange(Method::PATCH, "/settings", json!({"alibabaCloud": settings})).await;
    }

    pub async fn change_key(&self, change: Value) {
        self.arrange(Method::PATCH, &format!("/accounts/{ACCOUNT}/keys/{KEY_ID}"), change).await;
    }

    pub async fn fault(&self, action: &str, effect: Value) {
        self.post("/faults", json!({"action": action, "effect": effect})).await;
    }
}

pub fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The time so many seconds from now, as requests say it.
pub fn time(offset: i64) -> String {
    let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap();
    let at = jiff::Timestamp::from_second(now.as_second() + offset).unwrap();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn copy(call: &Call) -> Call {
    Call {
        method: call.method.clone(),
        scheme: call.scheme,
        action: call.action.clone(),
        version: call.version,
        key: call.key.clone(),
        token: call.token.clone(),
        time: call.time.clone(),
        nonce: call.nonce.clone(),
        params: call.params.clone(),
        headers: call.headers.clone(),
        unsigned: call.unsigned,
        as_form: call.as_form,
    }
}

fn joined(params: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> =
        params.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        encoded
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
