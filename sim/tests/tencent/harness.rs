//! A running simulator with a small scene, and what its control API can do.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{Client, Method};
use serde_json::{Value, json};

pub const ATTACH: &str = "AttachClassicLinkVpc";
pub const DETACH: &str = "DetachClassicLinkVpc";
pub const TASK: &str = "DescribeVpcTaskResult";
pub const MACHINES: &str = "DescribeInstances";

pub const ACCOUNT: &str = "100000000001";
pub const KEY_ID: &str = "AKIDtest0001";
pub const SECRET: &str = "test-secret-0001";

/// Long enough for a loaded machine, and an end for every wait.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Stage {
    process: Child,
    ready: Value,
    pub http: Client,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_classiclink-sim"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn ready_line(process: &mut Child) -> Value {
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

pub fn http() -> Client {
    // An error says that there is one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn scene() -> Value {
    let machine = |number: u32| {
        json!({"account": ACCOUNT, "region": "ap-guangzhou", "id": format!("ins-test{number:04}"),
               "ip": format!("10.66.0.{number}")})
    };
    let vpc = |number: u32, cidr: &str| json!({"account": ACCOUNT, "region": "ap-guangzhou", "id": format!("vpc-test{number:04}"), "cidr": cidr});
    json!({
        "settings": {"timing": {"taskDurationMs": 0}},
        "accounts": [{"id": ACCOUNT, "keys": [{"secretId": KEY_ID, "secretKey": SECRET}]}],
        "vpcs": [vpc(1, "10.0.0.0/16"), vpc(2, "10.1.0.0/16"), vpc(3, "192.168.0.0/16"), vpc(4, "10.0.0.0/12")],
        "machines": (1..=5).map(machine).collect::<Vec<_>>(),
    })
}

impl Stage {
    /// A simulator with the scene, whose tasks take no time.
    pub async fn start() -> Self {
        let mut process = command().arg("--stop-with-stdin").spawn().unwrap();
        let stage = Self { ready: ready_line(&mut process), http: http(), process };
        stage.arrange(Method::POST, "/seed", scene()).await;
        stage
    }

    /// Where a server listens, by its name in the line that says so.
    pub fn url(&self, name: &str) -> String {
        self.ready[name].as_str().unwrap().to_owned()
    }

    pub async fn control(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method, format!("{}{path}", self.url("control"))).body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    /// A request to the control API that must be met.
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

    pub async fn set(&self, settings: Value) {
        self.arrange(Method::PATCH, "/settings", settings).await;
    }

    pub async fn switch(&self, name: &str, setting: &str) {
        self.set(json!({"switches": {name: setting}})).await;
    }

    pub async fn fault(&self, action: &str, effect: Value) {
        self.post("/faults", json!({"action": action, "effect": effect})).await;
    }

    /// The machines that are really linked.
    pub async fn linked(&self) -> Vec<String> {
        let state = self.get("/state").await;
        let links = state["accounts"][0]["regions"]["ap-guangzhou"]["links"].as_array().unwrap().clone();
        links.iter().map(|link| link["instanceId"].as_str().unwrap().to_owned()).collect()
    }

    /// Asks again until it is so.
    pub async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        for _ in 0..200 {
            if is_so().await {
                return;
            }
            tokio::time::sleep(PATIENCE / 200).await;
        }
        panic!("never came about: {what}");
    }
}
