//! The world of one test: a namespace, an account and a cloud of its own, on a stage.

use std::{ops::Deref, thread};

use classiclink::api::{ClassicLink, CloudAccount};
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;

use super::{
    cloud::{Cloud, CloudApi},
    operator::Settings,
    process::tail,
    stage::{SYSTEM, Stage, sweep_away},
};

/// The account's sweep interval as written; the operators here divide it, to a second as a rule.
const SWEEP: &str = "20s";

/// Who applies the manifests.
const PERSON: &str = "a-person";

enum Place {
    Shared(&'static Stage),
    Alone(OwnedMutexGuard<Stage>),
}

/// What one test has for itself. Its namespace and its account have the same name.
pub(crate) struct World {
    place: Place,
    /// The cloud.
    pub(crate) cloud: Cloud,
    /// The namespace, the account and its Secret; no other test has it. What else a test makes for the whole cluster
    /// begins with it and a dot.
    pub(crate) name: String,
}

impl Deref for World {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        match &self.place {
            Place::Shared(stage) => stage,
            Place::Alone(stage) => stage,
        }
    }
}

impl World {
    /// A world beside others, on an operator that serves them all.
    pub(crate) async fn shared(name: &str) -> Self {
        Self::build(Place::Shared(Stage::shared().await), name, CloudApi::V2).await
    }

    /// The same, with an account that uses this API. It has a name of its own on each.
    pub(crate) async fn on(api: CloudApi, name: &str) -> Self {
        let name = format!("{name}-{api:?}").to_lowercase();
        Self::build(Place::Shared(Stage::shared().await), &name, api).await
    }

    /// A world on this stage.
    pub(crate) async fn at(stage: &'static Stage, api: CloudApi, name: &str) -> Self {
        Self::build(Place::Shared(stage), name, api).await
    }

    /// A world with an operator of its own, which runs already.
    pub(crate) async fn alone(name: &str, settings: Settings) -> Self {
        Self::alone_on(CloudApi::V2, name, settings).await
    }

    /// The same, with an account that uses this API.
    pub(crate) async fn alone_on(api: CloudApi, name: &str, settings: Settings) -> Self {
        let mut world = Self::build(Place::Alone(Stage::alone(settings).await), name, api).await;
        world.stage_mut().start_operator().await;
        world
    }

    async fn build(place: Place, name: &str, api: CloudApi) -> Self {
        let world = Self { place, cloud: Cloud::start(name, api).await, name: name.to_owned() };
        world.apply_namespace(&world.name, json!({})).await;
        world.apply_secret(&world.name, &world.cloud.keys()).await;
        world.apply_account(&world.account(&world.name)).await;
        world
    }

    fn stage_mut(&mut self) -> &mut Stage {
        match &mut self.place {
            Place::Alone(stage) => stage,
            Place::Shared(_) => panic!("the operator is not this test's own"),
        }
    }

    /// Kills the operator; it does not get to do anything more.
    pub(crate) fn kill_operator(&mut self) {
        self.stage_mut().stop_operator();
    }

    /// Starts another operator.
    pub(crate) async fn start_operator(&mut self) {
        self.stage_mut().start_operator().await;
    }

    /// An account for this cloud, with the Secret of this name, as a manifest.
    pub(crate) fn account(&self, secret: &str) -> Value {
        let mut spec = self.cloud.generation().spec(self.cloud.api());
        spec["credentials"] = json!({ "secretRef": { "name": secret } });
        spec["allowedNamespaces"] = json!({ "from": "All" });
        spec["sweepInterval"] = json!(SWEEP);
        json!({
            "apiVersion": "classiclink.dev/v1alpha1",
            "kind": "CloudAccount",
            "metadata": { "name": secret },
            "spec": spec,
        })
    }

    /// A link of a machine to a VPC in this world, not applied yet.
    pub(crate) fn link(&self, name: &str, machine: &str, vpc: &str) -> ClassicLink {
        self.link_with(name, machine, vpc, &json!({}))
    }

    /// The same, with more fields.
    pub(crate) fn link_with(&self, name: &str, machine: &str, vpc: &str, more: &Value) -> ClassicLink {
        let mut spec = json!({
            "accountRef": { "name": self.name },
            "region": self.cloud.generation().region(),
            "instanceId": machine,
            "vpcId": vpc,
        });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut link = ClassicLink::new(name, serde_json::from_value(spec).unwrap());
        link.metadata.namespace = Some(self.name.clone());
        link
    }

    /// Applies a link, as `kubectl apply --server-side` does.
    pub(crate) async fn apply(&self, link: &ClassicLink) -> ClassicLink {
        let name = link.metadata.name.as_deref().unwrap();
        self.links_of(link).patch(name, &applied(), &Patch::Apply(link)).await.unwrap()
    }

    /// Applies an account.
    pub(crate) async fn apply_account(&self, manifest: &Value) -> CloudAccount {
        let name = manifest["metadata"]["name"].as_str().unwrap();
        self.accounts().patch(name, &applied(), &Patch::Apply(manifest)).await.unwrap()
    }

    /// Applies a Secret in the operator's namespace.
    pub(crate) async fn apply_secret(&self, name: &str, entries: &Value) {
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": name, "namespace": SYSTEM },
            "stringData": entries,
        });
        self.secrets().patch(name, &applied(), &Patch::Apply(manifest)).await.unwrap();
    }

    /// Removes a Secret from the operator's namespace.
    pub(crate) async fn delete_secret(&self, name: &str) {
        self.secrets().delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// Applies a namespace with these labels.
    pub(crate) async fn apply_namespace(&self, name: &str, labels: Value) {
        let manifest =
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } });
        let namespaces: Api<Namespace> = Api::all(self.client());
        namespaces.patch(name, &applied(), &Patch::Apply(manifest)).await.unwrap();
    }

    /// Changes fields of a link, as `kubectl patch` does.
    pub(crate) async fn edit(&self, link: &ClassicLink, spec: Value) -> ClassicLink {
        let change = Patch::Merge(json!({ "spec": spec }));
        let name = link.metadata.name.as_deref().unwrap();
        self.links_of(link).patch(name, &PatchParams::default(), &change).await.unwrap()
    }

    /// Deletes a link; it stays until its finalizer went.
    pub(crate) async fn delete(&self, link: &ClassicLink) {
        let name = link.metadata.name.as_deref().unwrap();
        self.links_of(link).delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// Takes all finalizers off a link, as people do by hand.
    pub(crate) async fn take_finalizers_off(&self, link: &ClassicLink) {
        let change = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
        let name = link.metadata.name.as_deref().unwrap();
        self.links_of(link).patch(name, &PatchParams::default(), &change).await.unwrap();
    }

    /// The links in the namespace of this one.
    pub(crate) fn links_of(&self, link: &ClassicLink) -> Api<ClassicLink> {
        Api::namespaced(self.client(), link.metadata.namespace.as_deref().unwrap())
    }

    /// All accounts.
    pub(crate) fn accounts(&self) -> Api<CloudAccount> {
        Api::all(self.client())
    }

    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client(), SYSTEM)
    }

    /// The ends of the logs of operator and simulator.
    pub(crate) fn logs(&self) -> String {
        let (operator, cloud) = (self.log(), self.cloud.log());
        format!(
            "--- the end of {}:\n{}\n--- the end of {}:\n{}",
            operator.display(),
            tail(operator),
            cloud.display(),
            tail(cloud)
        )
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.logs());
        }
        match &mut self.place {
            Place::Alone(stage) => stage.stop_operator(),
            Place::Shared(stage) => {
                // The operator would go on to ask for a cloud that is gone.
                let (client, name) = (stage.client(), self.name.clone());
                tokio::spawn(async move {
                    let ours = |account: &str| account == name || account.starts_with(&format!("{name}."));
                    sweep_away(client.clone(), Api::namespaced(client, &name), ours).await;
                });
            }
        }
    }
}

fn applied() -> PatchParams {
    PatchParams::apply(PERSON).force()
}
