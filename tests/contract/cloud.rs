//! The cloud of one test: a simulator of its own, what a person does there, and the truth.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::Child,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use classiclink::{
    cloud::Action,
    link::{InstanceId, TaskId, VpcId},
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    api::Api,
    http,
    process::{kill, new_log, simulator, start},
    subject::Topic,
};

pub(crate) const ACCOUNT: &str = "100000000001";
pub(crate) const KEY: &str = "AKIDcanary";
pub(crate) const SECRET: &str = "secret+canary/of=the key";

/// The form of a task of API 3.0.
pub(crate) const UUID: &str = "354f4ac3-8546-4516-8c8a-69e3ab73aa8a";

/// One for all tests: a client belongs to the runtime that it was made in.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Leads a test to its end before a cloud with this API.
pub(crate) fn before(api: Api, test: impl AsyncFnOnce(&Cloud)) {
    before_set(api, json!({}), test);
}

/// The same, with the first generation of Alibaba Cloud's error codes.
pub(crate) fn before_g1(test: impl AsyncFnOnce(&Cloud)) {
    before_set(Api::Alibaba, json!({ "alibaba": { "generation": "g1" } }), test);
}

fn before_set(api: Api, defaults: Value, test: impl AsyncFnOnce(&Cloud)) {
    RUNTIME.block_on(async {
        let cloud = Cloud::start(api, defaults).await;
        test(&cloud).await;
        cloud.has_got_nothing_twice().await;
    });
}

/// A VPC that nobody has made.
pub(crate) fn no_vpc() -> VpcId {
    VpcId::new("vpc-nobodys1").unwrap()
}

/// A simulator.
pub(crate) struct Cloud {
    pub(crate) api: Api,
    process: Child,
    pub(crate) at: Addresses,
    /// How many changes were asked for.
    pub(crate) asked: Arc<AtomicUsize>,
    /// Settings that are other than the simulator's defaults, unless a test says otherwise.
    defaults: Value,
}

/// Where each of its services is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Addresses {
    pub(crate) tencent_v2: String,
    pub(crate) tencent_v3: String,
    pub(crate) alibaba: String,
    pub(crate) tencent_sts: String,
    pub(crate) alibaba_sts: String,
    pub(crate) metadata: String,
    control: String,
}

/// A call that arrived.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Call {
    pub(crate) action: String,
}

impl Cloud {
    async fn start(api: Api, defaults: Value) -> Self {
        let test = thread::current().name().unwrap_or_default().replace("::", "-");
        let mut process = start(simulator(), &new_log(&format!("contract-{test}")));
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let at = serde_json::from_str(&line).unwrap_or_else(|error| panic!("the simulator said {line:?}: {error}"));
        let cloud = Self { api, process, at, asked: Arc::default(), defaults };
        let key = json!({ "secretId": KEY, "secretKey": SECRET });
        let owner = api.of("tencent", "tencent", "alibaba");
        cloud.post("accounts", json!({ "id": ACCOUNT, "cloud": owner, "keys": [key] })).await;
        // What a change does is there when it is answered, unless a test says otherwise.
        cloud.reset().await;
        cloud
    }

    /// A new VPC with this range, and with ClassicLink on where there is such a switch.
    pub(crate) async fn vpc(&self, cidr: &str) -> VpcId {
        let new = json!({ "cidr": cidr, "classicLinkEnabled": self.api == Api::Alibaba });
        VpcId::new(&self.make("vpcs", new).await).unwrap()
    }

    /// A new machine of the classic network with this private address.
    pub(crate) async fn machine(&self, ip: &str) -> InstanceId {
        self.machine_that(json!({ "ip": ip })).await
    }

    /// A new machine that is described.
    pub(crate) async fn machine_that(&self, is: Value) -> InstanceId {
        InstanceId::new(&self.make("machines", is).await).unwrap()
    }

    /// A machine and a VPC that it can be linked to.
    pub(crate) async fn pair(&self) -> (InstanceId, VpcId) {
        (self.machine("10.66.0.7").await, self.vpc("10.1.0.0/16").await)
    }

    /// Something to ask about: a free machine, a VPC, and a task that nobody started.
    pub(crate) async fn topic(&self) -> Topic {
        let (machine, vpc) = self.pair().await;
        let task = TaskId(self.api.of("999999", UUID, UUID).to_owned());
        Topic { machine, vpc, task }
    }

    async fn make(&self, what: &str, mut of: Value) -> String {
        of["account"] = json!(ACCOUNT);
        of["region"] = json!(self.api.region());
        self.post(what, of).await["id"].as_str().unwrap().to_owned()
    }

    /// So many machines, each of them linked to `vpc`, numbered from `first` on.
    pub(crate) async fn crowd(&self, vpc: &VpcId, first: usize, count: usize) -> BTreeSet<InstanceId> {
        let ids: BTreeSet<InstanceId> = (first..first + count).map(|number| self.api.machine(number)).collect();
        let machine = |(number, id): (usize, &InstanceId)| {
            let ip = format!("10.{}.{}.{}", 70 + first / 1000, number / 200, number % 200 + 1);
            json!({ "account": ACCOUNT, "region": self.api.region(), "id": id.as_str(), "ip": ip })
        };
        let machines: Vec<Value> = ids.iter().enumerate().map(machine).collect();
        let link = |id: &InstanceId| json!({ "instanceId": id.as_str(), "vpcId": vpc.as_str() });
        let links: Vec<Value> = ids.iter().map(link).collect();
        self.change_vpc(vpc, json!({ "quota": 1000 })).await;
        self.post("seed", json!({ "machines": machines, "links": links })).await;
        ids
    }

    /// Changes a VPC.
    pub(crate) async fn change_vpc(&self, vpc: &VpcId, to: Value) {
        self.ask(Method::PATCH, &format!("vpcs/{vpc}"), Some(to)).await;
    }

    /// Someone removes a VPC.
    pub(crate) async fn remove_vpc(&self, vpc: &VpcId) {
        self.ask(Method::DELETE, &format!("vpcs/{vpc}"), None).await;
    }

    /// Changes the key; `null` takes something away.
    pub(crate) async fn change_key(&self, to: Value) {
        self.ask(Method::PATCH, &format!("accounts/{ACCOUNT}/keys/{KEY}"), Some(to)).await;
    }

    /// Something befalls a machine.
    pub(crate) async fn befalls(&self, machine: &InstanceId, what: &str, how: Value) {
        self.post(&format!("machines/{machine}/{what}"), how).await;
    }

    /// Someone links the machine at the console.
    pub(crate) async fn link_by_hand(&self, machine: &InstanceId, vpc: &VpcId) {
        self.post("links", json!({ "instanceId": machine.as_str(), "vpcId": vpc.as_str() })).await;
    }

    /// Someone removes the link at the console.
    pub(crate) async fn unlink_by_hand(&self, machine: &InstanceId) {
        self.ask(Method::DELETE, &format!("links/{machine}"), None).await;
    }

    /// The VPC that the machine is linked to, in truth.
    pub(crate) async fn linked(&self, machine: &InstanceId) -> Option<VpcId> {
        let told = self.ask(Method::GET, &format!("machines/{machine}"), None).await;
        told["link"]["vpcId"].as_str().map(|vpc| VpcId::new(vpc).unwrap())
    }

    /// Every switch that concerns its API, with all its settings.
    pub(crate) async fn space(&self) -> Value {
        self.space_of(self.api.dialect()).await
    }

    /// Every switch of another of the simulator's services.
    pub(crate) async fn space_of(&self, service: &str) -> Value {
        self.ask(Method::GET, &format!("settings/space?api={service}"), None).await
    }

    /// All settings are what they are by default.
    pub(crate) async fn reset(&self) {
        self.ask(Method::DELETE, "settings", None).await;
        self.set(json!({ "timing": { "taskDurationMs": 0 } })).await;
        self.set(self.defaults.clone()).await;
    }

    /// Changes the settings that are named.
    pub(crate) async fn set(&self, settings: Value) {
        self.ask(Method::PATCH, "settings", Some(settings)).await;
    }

    /// Every call of this action meets this, until [`Self::clear`].
    pub(crate) async fn strike(&self, action: Action, effect: Value) {
        let fault = json!({ "action": self.api.name(action), "count": null, "effect": effect });
        self.post("faults", fault).await;
    }

    /// Every call meets this.
    pub(crate) async fn strike_all(&self, effect: Value) {
        self.post("faults", json!({ "count": null, "effect": effect })).await;
    }

    /// Every call that names this machine meets this.
    pub(crate) async fn strike_at(&self, machine: &InstanceId, effect: Value) {
        let fault = json!({ "instanceId": machine.as_str(), "count": null, "effect": effect });
        self.post("faults", fault).await;
    }

    /// Takes away what was put in the way of calls.
    pub(crate) async fn clear(&self) {
        self.ask(Method::DELETE, "faults", None).await;
    }

    /// How often an action was called.
    pub(crate) async fn calls_of(&self, action: Action) -> usize {
        let name = self.api.name(action);
        self.calls().await.iter().filter(|call| call.action == name).count()
    }

    /// All calls so far, in order.
    pub(crate) async fn calls(&self) -> Vec<Call> {
        serde_json::from_value(self.ask(Method::GET, "calls/log?limit=20000", None).await).unwrap()
    }

    async fn has_got_nothing_twice(&self) {
        let got = self.calls_of(Action::Attach).await + self.calls_of(Action::Detach).await;
        let asked = self.asked.load(Ordering::Relaxed);
        assert!(got <= asked, "{got} changes arrived, and {asked} were asked for");
    }

    /// Asks the simulator itself.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        http::send(method, &format!("{}/{path}", self.at.control), body.as_ref()).await
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        kill(&mut self.process);
    }
}
