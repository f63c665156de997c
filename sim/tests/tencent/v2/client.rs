//! A client of API v2 that signs by hand.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::Value;
use sha1::Sha1;

pub use crate::harness::*;

pub const LINKS: &str = "DescribeVpcClassicLink";
pub const VPCS: &str = "DescribeVpcEx";

/// The pair that most writes name.
pub const PAIR: [(&str, &str); 2] = [("vpcId", "vpc-test0001"), ("instanceIds.0", "ins-test0001")];

/// The simulator, as API v2 shows it.
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

/// A request before it is signed.
pub struct Call {
    pub method: Method,
    pub key: (String, String),
    pub params: BTreeMap<String, String>,
}

impl Call {
    pub fn new(action: &str, own: &[(&str, &str)]) -> Self {
        static NONCE: AtomicU64 = AtomicU64::new(1);
        let nonce = NONCE.fetch_add(1, Ordering::Relaxed).to_string();
        let mut call = Self { method: Method::GET, key: (KEY_ID.into(), SECRET.into()), params: BTreeMap::new() };
        for (name, value) in [("Action", action), ("Region", "ap-guangzhou"), ("Nonce", &nonce)] {
            call.set(name, value);
        }
        call.set("Timestamp", &unix_seconds().to_string());
        for (name, value) in own {
            call.set(name, value);
        }
        call
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.params.insert(name.into(), value.into());
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub fn signed_by(mut self, id: &str, secret: &str) -> Self {
        self.key = (id.into(), secret.into());
        self
    }

    pub fn post(mut self) -> Self {
        self.method = Method::POST;
        self
    }

    /// The form with its signature, encoded.
    pub fn form(&self, host: &str) -> String {
        let mut params = self.params.clone();
        params.insert("SecretId".into(), self.key.0.clone());
        let pairs: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let text = format!("{}{host}/v2/index.php?{}", self.method, pairs.join("&"));
        let mut mac = Hmac::<Sha1>::new_from_slice(self.key.1.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        params.insert("Signature".into(), BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
    }
}

impl Cloud {
    pub async fn start() -> Self {
        let stage = Stage::start().await;
        Self { api: stage.url("tencentV2"), stage }
    }

    pub async fn send(&self, call: &Call) -> reqwest::Result<(u16, String)> {
        let host = self.api.strip_prefix("http://").unwrap();
        self.send_form(call.method.clone(), call.form(host)).await
    }

    pub async fn send_form(&self, method: Method, form: String) -> reqwest::Result<(u16, String)> {
        let url = format!("{}/v2/index.php", self.api);
        let request = if method == Method::POST {
            self.http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form)
        } else {
            self.http.get(format!("{url}?{form}"))
        };
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// The answer to a call that is properly answered.
    pub async fn answer(&self, call: &Call) -> Value {
        let (status, text) = self.send(call).await.unwrap();
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    pub async fn call(&self, action: &str, own: &[(&str, &str)]) -> Value {
        self.answer(&Call::new(action, own)).await
    }

    pub async fn ok(&self, action: &str, own: &[(&str, &str)]) -> Value {
        let answer = self.call(action, own).await;
        assert_eq!(answer["code"], 0, "{answer}");
        answer
    }

    /// The code and name of a refusal; the name is empty where there is none.
    pub async fn refusal(&self, action: &str, own: &[(&str, &str)]) -> (i64, String) {
        refusal(&self.call(action, own).await)
    }

    /// All rows of the list of links: machine, VPC, recorded address.
    pub async fn links(&self) -> Vec<[String; 3]> {
        let answer = self.ok(LINKS, &[]).await;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let row = |row: &Value| [text(row, "instanceId"), text(row, "uniqVpcId"), text(row, "lanIp")];
        answer["data"].as_array().unwrap().iter().map(row).collect()
    }

    pub async fn task_status(&self, answer: &Value) -> i64 {
        let id = answer["taskId"].to_string();
        self.ok(TASK, &[("taskId", &id)]).await["data"]["status"].as_i64().unwrap()
    }
}

pub fn refusal(answer: &Value) -> (i64, String) {
    (answer["code"].as_i64().unwrap(), answer["codeDesc"].as_str().unwrap_or_default().to_owned())
}

pub fn named(code: i64, name: &str) -> (i64, String) {
    (code, name.to_owned())
}
