//! The cloud of one test: a simulator of its own, and what a person does there.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Child,
    time::Duration,
};

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use super::calls::{Action, Call, Change, CloudApi, Task};
use super::{
    http,
    operator::PODS_TOKEN,
    process::{kill, new_log, simulator, start},
    wait::eventually,
};

/// The account's id at the cloud.
pub(crate) const ACCOUNT: &str = "100000000001";
/// The id of an account that is none of ours.
pub(crate) const OTHER_ACCOUNT: &str = "100000000002";

/// When a delayed call waits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// Before it is carried out.
    Before,
    /// After it was carried out.
    After,
}

/// A simulator.
#[derive(Debug)]
pub(crate) struct Cloud {
    process: Child,
    log: PathBuf,
    at: Addresses,
    generation: CloudApi,
    key_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Addresses {
    tencent_v2: String,
    tencent_v3: String,
    alibaba: String,
    tencent_sts: String,
    alibaba_sts: String,
    metadata: String,
    control: String,
}

impl Cloud {
    /// Starts a simulator with an account, and a key that no other test has.
    pub(crate) async fn start(name: &str, api: CloudApi) -> Self {
        let log = new_log(&format!("simulator-{name}"));
        let mut command = simulator();
        command.env("RUST_LOG", "debug");
        let mut process = start(command, &log);
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let at = serde_json::from_str(&line).unwrap_or_else(|error| panic!("the simulator said {line:?}: {error}"));
        let cloud = Self { process, log, at, generation: api, key_id: format!("AKIDcanary{name}") };
        let owner = if api.is_alibaba() { "alibaba" } else { "tencent" };
        let key = json!({ "secretId": cloud.key_id, "secretKey": cloud.secret() });
        cloud.post("accounts", json!({ "id": ACCOUNT, "cloud": owner, "keys": [key] })).await;
        cloud.time(json!({ "taskDurationMs": 300 })).await;
        if api == CloudApi::AlibabaG1 {
            cloud.set(&json!({ "alibaba": { "generation": "g1" } })).await;
        }
        cloud
    }

    /// Where the cloud's own API is.
    pub(crate) fn api(&self) -> &str {
        match self.generation {
            CloudApi::V2 => &self.at.tencent_v2,
            CloudApi::V3 => &self.at.tencent_v3,
            CloudApi::Alibaba | CloudApi::AlibabaG1 => &self.at.alibaba,
        }
    }

    /// The API that the account uses.
    pub(crate) const fn generation(&self) -> CloudApi {
        self.generation
    }

    /// What the simulator logged.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// The entries of a Secret with the right keys.
    pub(crate) fn keys(&self) -> Value {
        self.generation.entries(&self.key_id, &self.secret())
    }

    fn secret(&self) -> String {
        format!("secret-{}", self.key_id)
    }

    /// The key works no more.
    pub(crate) async fn disable_key(&self) {
        self.change_key(json!({ "enabled": false })).await;
    }

    /// The key works again.
    pub(crate) async fn enable_key(&self) {
        self.change_key(json!({ "enabled": true })).await;
    }

    /// What the key may do; nothing: everything.
    pub(crate) async fn allow(&self, actions: Option<&[&str]>) {
        self.change_key(json!({ "allowedActions": actions })).await;
    }

    async fn change_key(&self, change: Value) {
        self.ask(Method::PATCH, &format!("accounts/{ACCOUNT}/keys/{}", self.key_id), Some(&change)).await;
    }

    /// A new VPC with this range, and with ClassicLink on where there is such a switch.
    pub(crate) async fn vpc(&self, cidr: &str) -> String {
        self.make("vpcs", json!({ "cidr": cidr, "classicLinkEnabled": self.generation.is_alibaba() })).await
    }

    /// Someone switches ClassicLink of a VPC on or off.
    pub(crate) async fn switch(&self, vpc: &str, on: bool) {
        self.ask(Method::PATCH, &format!("vpcs/{vpc}"), Some(&json!({ "classicLinkEnabled": on }))).await;
    }

    /// A new VPC with this id.
    pub(crate) async fn vpc_named(&self, id: &str, cidr: &str) {
        self.make("vpcs", json!({ "id": id, "cidr": cidr })).await;
    }

    /// How many machines may be linked to a VPC.
    pub(crate) async fn quota(&self, vpc: &str, links: u32) {
        self.ask(Method::PATCH, &format!("vpcs/{vpc}"), Some(&json!({ "quota": links }))).await;
    }

    /// A new machine that belongs to a VPC.
    pub(crate) async fn machine_of_vpc(&self, ip: &str, vpc: &str) -> String {
        self.make("machines", json!({ "ip": ip, "network": "vpc", "vpcId": vpc })).await
    }

    /// A machine at 10.66.0.7 and a VPC that it can be linked to.
    pub(crate) async fn machine_and_vpc(&self) -> (String, String) {
        (self.machine("10.66.0.7").await, self.vpc("10.1.0.0/16").await)
    }

    pub(super) async fn make(&self, what: &str, mut of: Value) -> String {
        of["account"] = json!(ACCOUNT);
        of["region"] = json!(self.generation.region());
        let made = self.post(what, of).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// Someone links the machine at the console.
    pub(crate) async fn link_by_hand(&self, machine: &str, vpc: &str) {
        self.post("links", json!({ "instanceId": machine, "vpcId": vpc })).await;
    }

    /// Someone removes the link at the console.
    pub(crate) async fn unlink_by_hand(&self, machine: &str) {
        self.ask(Method::DELETE, &format!("links/{machine}"), None).await;
    }

    /// The VPC that the machine is linked to.
    pub(crate) async fn linked(&self, machine: &str) -> Option<String> {
        self.link(machine).await["vpcId"].as_str().map(str::to_owned)
    }

    /// The address that the machine's link was made for.
    pub(crate) async fn recorded_ip(&self, machine: &str) -> Option<String> {
        self.link(machine).await["recordedIp"].as_str().map(str::to_owned)
    }

    async fn link(&self, machine: &str) -> Value {
        self.get(&format!("machines/{machine}")).await["link"].take()
    }

    /// Every switch that concerns its API, with all its settings.
    pub(crate) async fn space(&self) -> Value {
        self.get(&format!("settings/space?api={}", self.generation.dialect())).await
    }

    /// Changes the settings that are named.
    pub(crate) async fn set(&self, change: &Value) {
        self.ask(Method::PATCH, "settings", Some(change)).await;
    }

    /// Sets speeds of the cloud.
    pub(crate) async fn time(&self, timing: Value) {
        self.ask(Method::PATCH, "settings", Some(&json!({ "timing": timing }))).await;
    }

    /// Every answer to an action takes this long.
    pub(crate) async fn answer_after(&self, action: Action, latency: Duration) {
        let latency = json!({ action.name(): millis(latency) });
        self.ask(Method::PATCH, "settings", Some(&json!({ "traffic": { "latencyMs": latency } }))).await;
    }

    /// The next call of this action takes longer.
    pub(crate) async fn delay(&self, action: Action, by: Duration, moment: Moment) {
        let when = match moment {
            Moment::Before => "before",
            Moment::After => "after",
        };
        self.strike(action, json!({ "delay": { "ms": millis(by), "when": when } })).await;
    }

    /// The next call of this action meets this.
    pub(crate) async fn strike(&self, action: Action, effect: Value) {
        self.post("faults", json!({ "action": action.name(), "effect": effect })).await;
    }

    /// Puts something in the way of every call of this action, until that is taken away.
    pub(crate) async fn strike_for_ever(&self, action: Action, effect: Value) {
        self.post("faults", json!({ "action": action.name(), "count": null, "effect": effect })).await;
    }

    /// The next two calls of this action come too fast for the cloud: those after them wait for each other.
    pub(crate) async fn slow_down(&self, action: Action) {
        let answer = match self.generation {
            CloudApi::V2 => json!({ "code": 4400 }),
            CloudApi::V3 => json!({ "code": "RequestLimitExceeded" }),
            CloudApi::Alibaba | CloudApi::AlibabaG1 => json!({ "code": "Throttling.User", "httpStatus": 400 }),
        };
        self.post("faults", json!({ "action": action.name(), "count": 2, "effect": { "answer": answer } })).await;
    }

    /// The cloud is not to be reached: every connection is reset.
    pub(crate) async fn reset_all_connections(&self) {
        self.post("faults", json!({ "action": "*", "count": null, "effect": "resetBefore" })).await;
    }

    /// Takes away what was put in the way of calls.
    pub(crate) async fn clear_faults(&self) {
        self.ask(Method::DELETE, "faults", None).await;
    }

    /// All calls so far, in order.
    pub(crate) async fn calls(&self) -> Vec<Call> {
        let calls = self.get("calls/log?limit=20000").await;
        serde_json::from_value(calls).unwrap_or_else(|error| panic!("{}: a call of nobody's: {error}", self.key_id))
    }

    /// How many calls there were so far.
    pub(crate) async fn count_calls(&self) -> u64 {
        self.get("calls").await["total"].as_u64().unwrap()
    }

    /// The changes of a machine that were asked for, in order.
    pub(crate) async fn changes_sent(&self, machine: &str) -> Vec<Call> {
        let calls = self.calls().await.into_iter();
        calls.filter(|call| call.action.is_change() && call.names(machine)).collect()
    }

    /// The changes of a machine that were asked for, by their action alone.
    pub(crate) async fn sent_for(&self, machine: &str) -> Vec<Action> {
        self.changes_sent(machine).await.iter().map(|call| call.action).collect()
    }

    /// The changes that were accepted, in order, with their tasks.
    pub(crate) async fn tasks(&self) -> Vec<Task> {
        serde_json::from_value(self.get("state").await["tasks"].take()).unwrap()
    }

    /// The changes of a machine that were accepted.
    pub(crate) async fn done_for(&self, machine: &str) -> Vec<Change> {
        let tasks = self.tasks().await.into_iter();
        tasks.filter(|task| task.instance_ids.iter().any(|id| id == machine)).map(|task| task.operation).collect()
    }

    /// How many changes arrived for a machine while another one was under way.
    pub(crate) async fn overlaps(&self) -> u64 {
        self.get("state").await["overlaps"].as_u64().unwrap()
    }

    /// Waits until so many calls of an action arrived.
    pub(crate) async fn until_arrived(&self, action: Action, count: usize) {
        let arrived = async || self.calls().await.iter().filter(|call| call.action == action).count() >= count;
        eventually(&format!("{action:?} arrived, {count} times"), async || arrived().await.then_some(())).await;
    }

    /// Waits until the first call of an action was answered.
    pub(crate) async fn until_answered(&self, action: Action) {
        let ended = |call: &Call| call.action == action && call.ended_at.is_some();
        let answered = async || self.calls().await.iter().any(ended);
        eventually(&format!("{action:?} is answered"), async || answered().await.then_some(())).await;
    }

    /// Waits until so many calls arrived in all.
    pub(crate) async fn until_calls(&self, count: usize) {
        let arrived = async || self.calls().await.len() >= count;
        eventually(&format!("{count} calls arrived"), async || arrived().await.then_some(())).await;
    }

    /// Where the token service and the metadata of a machine are.
    pub(crate) fn tokens(&self) -> (&str, &str) {
        let sts = match self.generation {
            CloudApi::V2 | CloudApi::V3 => &self.at.tencent_sts,
            CloudApi::Alibaba | CloudApi::AlibabaG1 => &self.at.alibaba_sts,
        };
        (sts, &self.at.metadata)
    }

    /// The name of a role of the account, for those who take it on.
    pub(crate) fn role_arn(&self, name: &str) -> String {
        match self.generation {
            CloudApi::V2 | CloudApi::V3 => format!("qcs::cam::uin/{ACCOUNT}:roleName/{name}"),
            CloudApi::Alibaba | CloudApi::AlibabaG1 => format!("acs:ram::{ACCOUNT}:role/{name}"),
        }
    }

    /// The operator's pod is known to the account, as one that this provider vouches for.
    pub(crate) async fn trust_the_pod(&self, provider: &str) {
        let identity = json!({ "name": "pod", "token": PODS_TOKEN, "provider": provider });
        self.post(&format!("accounts/{ACCOUNT}/identities"), identity).await;
    }

    /// A role of the account that may do everything; the machine that the operator runs on has it, if so said.
    pub(crate) async fn role(&self, name: &str, of_node: bool) {
        self.post(&format!("accounts/{ACCOUNT}/roles"), json!({ "name": name })).await;
        if of_node {
            self.post("metadata", json!({ "account": ACCOUNT, "role": name })).await;
        }
    }

    /// Another account of the cloud, with nothing in it; the entries of a Secret with its keys.
    pub(crate) async fn other_account(&self) -> Value {
        let keys = json!({ "secretId": format!("{}other", self.key_id), "secretKey": "secret-of-the-other" });
        self.post("accounts", json!({ "id": OTHER_ACCOUNT, "keys": [keys.clone()] })).await;
        keys
    }

    /// One more key of the account, with a token or without; the entries of a Secret with it.
    pub(crate) async fn another_key(&self, name: &str, token: Option<&str>) -> Value {
        let id = format!("{}{name}", self.key_id);
        let mut keys = json!({ "secretId": id, "secretKey": format!("secret-{id}") });
        if let Some(token) = token {
            keys["token"] = json!(token);
        }
        self.post(&format!("accounts/{ACCOUNT}/keys"), keys.clone()).await;
        keys
    }

    /// A key works no more.
    pub(crate) async fn remove_key(&self, keys: &Value) {
        let id = keys["secretId"].as_str().unwrap();
        self.ask(Method::DELETE, &format!("accounts/{ACCOUNT}/keys/{id}"), None).await;
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Value {
        self.ask(Method::POST, path, Some(&body)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        http::send(method, &format!("{}/{path}", self.at.control), body).await
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        kill(&mut self.process);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}
