//! A client of API 3.0 that signs by hand.

use std::collections::BTreeMap;
use std::ops::Deref;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use crate::harness::*;

pub const LINKS: &str = "DescribeClassicLinkInstances";
pub const VPCS: &str = "DescribeVpcs";
pub const LIMITS: &str = "DescribeVpcLimits";
pub const DASHBOARD: &str = "DescribeVpcResourceDashboard";

pub const NOT_FOUND: &str = "ResourceNotFound";
pub const ALREADY: &str = "UnsupportedOperation.ClassicInstanceIdAlreadyExists";

/// A write for one machine.
pub fn to(vpc: &str, machine: &str) -> Value {
    json!({"VpcId": vpc, "InstanceIds": [machine]})
}

/// The write that most tests make.
pub fn pair() -> Value {
    to("vpc-test0001", "ins-test0001")
}

/// One filter.
pub fn filter(name: &str, values: &[&str]) -> Value {
    json!({"Filters": [{"Name": name, "Values": values}]})
}

/// A request before it is signed.
pub struct Call {
    pub method: Method,
    pub key: (String, String),
    pub service: &'static str,
    /// Sent to the port of STS.
    pub on_sts: bool,
    /// Sent as they are; `content-type` and the time are added.
    pub headers: BTreeMap<String, String>,
    /// Signed besides `content-type` and `host`.
    pub also_signed: Vec<&'static str>,
    pub content_type: &'static str,
    pub at: u64,
    /// Another day than that of `at`.
    pub date: Option<String>,
    pub body: String,
    pub query: String,
}

impl Call {
    pub fn new(action: &str, body: &Value) -> Self {
        let headers = [("x-tc-action", action), ("x-tc-version", "2017-03-12"), ("x-tc-region", "ap-guangzhou")];
        Self {
            method: Method::POST,
            key: (KEY_ID.into(), SECRET.into()),
            service: if action == MACHINES { "cvm" } else { "vpc" },
            on_sts: false,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            also_signed: Vec::new(),
            content_type: "application/json",
            at: unix_seconds(),
            date: None,
            body: body.to_string(),
            query: String::new(),
        }
    }

    /// A call of STS.
    pub fn sts(action: &str, body: &Value) -> Self {
        Self { service: "sts", on_sts: true, ..Self::new(action, body) }.with("x-tc-version", "2018-08-13")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub fn signed_by(mut self, id: &str, secret: &str) -> Self {
        self.key = (id.into(), secret.into());
        self
    }

    pub fn at(mut self, at: u64) -> Self {
        self.at = at;
        self
    }

    /// TC3 over GET: flattened parameters, a form's content type, no body.
    pub fn get(mut self, query: &str) -> Self {
        self.method = Method::GET;
        self.content_type = "application/x-www-form-urlencoded";
        (self.body, self.query) = (String::new(), query.to_owned());
        self
    }

    pub fn authorization(&self, host: &str) -> String {
        let day = Timestamp::from_second(i64::try_from(self.at).unwrap()).unwrap().strftime("%Y-%m-%d").to_string();
        let day = self.date.clone().unwrap_or(day);
        let mut names = vec!["content-type", "host"];
        names.extend(&self.also_signed);
        names.sort_unstable();
        let value = |name: &str| match name {
            "content-type" => self.content_type.to_lowercase(),
            "host" => host.to_owned(),
            other => self.headers[other].to_lowercase(),
        };
        let headers: Vec<String> = names.iter().map(|name| format!("{name}:{}\n", value(name))).collect();
        let headers = headers.concat();
        let unsigned = self.headers.get("x-tc-content-sha256");
        let body = hash(unsigned.unwrap_or(&self.body));
        let signed = names.join(";");
        let canonical = format!("{}\n/\n{}\n{headers}\n{signed}\n{body}", self.method, self.query);
        let scope = format!("{day}/{}/tc3_request", self.service);
        let text = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", self.at, hash(&canonical));
        let mut key = format!("TC3{}", self.key.1).into_bytes();
        for part in [&day, self.service, "tc3_request", &text] {
            key = mac(&key, part);
        }
        let signature = hex(&key);
        format!("TC3-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}", self.key.0)
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from_digit(half.into(), 16).unwrap())
        .collect()
}

/// The simulator, as API 3.0 shows it.
pub struct Cloud {
    stage: Stage,
    pub api: String,
}

impl Deref for Cloud {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl Cloud {
    pub async fn start() -> Self {
        let stage = Stage::start().await;
        Self { api: stage.url("tencentV3"), stage }
    }

    pub fn host(&self) -> &str {
        self.api.strip_prefix("http://").unwrap()
    }

    /// Where a call goes: STS has a port of its own.
    fn api_of(&self, call: &Call) -> String {
        if call.on_sts { self.url("tencentSts") } else { self.api.clone() }
    }

    /// A request with the signature that it should have, or that another one has.
    pub fn request(&self, call: &Call, authorization: String) -> RequestBuilder {
        let api = self.api_of(call);
        let url = if call.query.is_empty() { api } else { format!("{api}/?{}", call.query) };
        let mut request = self.http.request(call.method.clone(), url).body(call.body.clone());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        request = request.header("content-type", call.content_type).header("x-tc-timestamp", call.at);
        request.header("authorization", authorization)
    }

    pub async fn send(&self, call: &Call) -> reqwest::Result<Response> {
        let host = self.api_of(call).replace("http://", "");
        self.request(call, call.authorization(&host)).send().await
    }

    /// What is in the envelope of an answer.
    pub async fn answer(&self, call: &Call) -> Value {
        open(self.send(call).await.unwrap()).await
    }

    pub async fn call(&self, action: &str, body: &Value) -> Value {
        self.answer(&Call::new(action, body)).await
    }

    pub async fn ok(&self, action: &str, body: &Value) -> Value {
        let answer = self.call(action, body).await;
        assert!(answer.get("Error").is_none(), "{answer}");
        answer
    }

    /// The code of a refusal; empty if there was none.
    pub async fn refusal(&self, action: &str, body: &Value) -> String {
        code(&self.call(action, body).await)
    }

    pub async fn code(&self, call: Call) -> String {
        code(&self.answer(&call).await)
    }

    /// All rows of the list of links: machine, VPC.
    pub async fn links(&self) -> Vec<[String; 2]> {
        let answer = self.ok(LINKS, &json!({})).await;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let row = |row: &Value| [text(row, "InstanceId"), text(row, "VpcId")];
        answer["ClassicLinkInstanceSet"].as_array().unwrap().iter().map(row).collect()
    }

    /// How far the task of a write is, by the id of its request.
    pub async fn task(&self, answer: &Value) -> String {
        let task = self.ok(TASK, &json!({"TaskId": answer["RequestId"]})).await;
        task["Status"].as_str().unwrap().to_owned()
    }
}

/// Opens an envelope: HTTP 200, exactly this content type, and the id of the request in it.
pub async fn open(response: Response) -> Value {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let mut body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let answer = body["Response"].take();
    let id = answer["RequestId"].as_str().unwrap();
    assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
    answer
}

pub fn code(answer: &Value) -> String {
    answer["Error"]["Code"].as_str().unwrap_or_default().to_owned()
}
