//! A stage: a control plane with our definitions and roles, and the operator on it.
//!
//! There are two for the whole run, since two operators on one API server would both act. Most tests share one, each in
//! a namespace, an account and a cloud of its own; those that kill the operator or count what it does get the other one,
//! one after the other.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use classiclink::api::{ClassicLink, CloudAccount};
use control_plane::ControlPlane;
use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::ServiceAccount,
};
use kube::{
    Api, Client, Config, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard};

use super::{
    audit::Audit,
    operator::{Operator, QUICK, Settings},
    process::new_log,
    wait::eventually,
};

/// The operator's own namespace, as `deploy/` has it.
pub(crate) const SYSTEM: &str = "classiclink-system";

static SHARED: OnceCell<Stage> = OnceCell::const_new();
static OTHER: OnceCell<Arc<Mutex<Stage>>> = OnceCell::const_new();

/// A control plane, and the operator on it.
pub(crate) struct Stage {
    plane: ControlPlane,
    client: Client,
    operator: Option<Operator>,
    log: PathBuf,
    settings: Settings,
}

impl Stage {
    /// The one that most tests share.
    pub(crate) async fn shared() -> &'static Self {
        let open = || async {
            let mut stage = Self::open("operator-shared").await;
            stage.start_operator().await;
            stage
        };
        SHARED.get_or_init(open).await
    }

    /// The one that is for one test at a time: empty, and no operator runs yet.
    pub(crate) async fn alone(settings: Settings) -> OwnedMutexGuard<Self> {
        let open = || async { Arc::new(Mutex::new(Self::open("operator-alone").await)) };
        let mut stage = Arc::clone(OTHER.get_or_init(open).await).lock_owned().await;
        stage.stop_operator();
        sweep_away(stage.client(), Api::all(stage.client()), |_| true).await;
        stage.settings = settings;
        stage
    }

    /// One of its own, on which no operator runs: see [`Self::engage`].
    pub(crate) async fn bare(name: &str) -> &'static Self {
        Box::leak(Box::new(Self::open(name).await))
    }

    /// Starts an operator that whoever asked kills.
    pub(crate) async fn engage(&self) -> Operator {
        Operator::start(&self.operator_config(), &self.log, self.settings).await
    }

    async fn open(name: &str) -> Self {
        let plane = ControlPlane::start().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for manifest in ["crds/classiclink.dev.yaml", "deploy/00-namespace.yaml", "deploy/10-rbac.yaml"] {
            let applied = plane.kubectl_command().args(["apply", "-f"]).arg(root.join(manifest)).output().unwrap();
            assert!(applied.status.success(), "{manifest}: {}", String::from_utf8_lossy(&applied.stderr));
        }
        let client = client(plane.kubeconfig()).await;
        let stage = Self { plane, client, operator: None, log: new_log(name), settings: QUICK };
        stage.until_served().await;
        stage.write_operator_config().await;
        stage
    }

    /// A definition is applied a moment before its objects can be.
    async fn until_served(&self) {
        let (links, accounts) = (Api::<ClassicLink>::all(self.client()), Api::<CloudAccount>::all(self.client()));
        eventually("the definitions are served", async || {
            let one = ListParams::default().limit(1);
            links.list(&one).await.ok()?;
            accounts.list(&one).await.ok()
        })
        .await;
    }

    /// The operator gets a token of its service account: so its roles are tested too.
    async fn write_operator_config(&self) {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client(), SYSTEM);
        let request = TokenRequest {
            spec: TokenRequestSpec { expiration_seconds: Some(24 * 3600), ..TokenRequestSpec::default() },
            ..TokenRequest::default()
        };
        let parameters = PostParams::default();
        let answer = accounts.create_token_request("classiclink-operator", &parameters, &request).await.unwrap();
        let token = answer.status.unwrap().token;
        let admin = std::fs::read_to_string(self.plane.kubeconfig()).unwrap();
        let mut config: Value = serde_json::from_str(&admin).unwrap();
        config["users"][0]["user"] = json!({ "token": token });
        // The directory is its owner's alone, and goes with the control plane.
        std::fs::write(self.operator_config(), config.to_string()).unwrap();
    }

    fn operator_config(&self) -> PathBuf {
        self.plane.data_dir().join("operator.kubeconfig")
    }

    /// An administrator's client.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// The control plane.
    pub(crate) const fn plane(&self) -> &ControlPlane {
        &self.plane
    }

    /// What was written.
    pub(crate) fn audit(&self) -> Audit {
        Audit(self.plane.audit_log().to_owned())
    }

    /// The operator; it must run.
    pub(crate) fn operator(&self) -> &Operator {
        self.operator.as_ref().expect("the operator runs")
    }

    /// What the operators on this stage have logged, one after the other.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Starts an operator, or another one after a kill.
    pub(crate) async fn start_operator(&mut self) {
        assert!(self.operator.is_none(), "an operator runs already");
        self.operator = Some(Operator::start(&self.operator_config(), &self.log, self.settings).await);
    }

    /// Kills the operator, if one runs.
    pub(crate) fn stop_operator(&mut self) {
        if let Some(operator) = self.operator.take() {
            operator.kill();
        }
    }
}

/// Removes the links and the accounts that a test left: its cloud is gone.
pub(super) async fn sweep_away(client: Client, links: Api<ClassicLink>, is_left: impl Fn(&str) -> bool) {
    for link in links.list(&ListParams::default()).await.into_iter().flatten() {
        let inside = Api::<ClassicLink>::namespaced(client.clone(), &link.namespace().unwrap());
        let_go(&inside, &link.name_any()).await;
    }
    let accounts = Api::<CloudAccount>::all(client);
    let names = accounts.list(&ListParams::default()).await.into_iter().flatten().map(|account| account.name_any());
    for account in names.filter(|account| is_left(account)) {
        let_go(&accounts, &account).await;
    }
}

/// Deletes an object without asking who holds it.
pub(crate) async fn let_go<K>(api: &Api<K>, name: &str)
where
    K: kube::Resource + Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    let bare = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    // Either may find it gone.
    drop(api.delete(name, &DeleteParams::default()).await);
    drop(api.patch(name, &PatchParams::default(), &bare).await);
}

async fn client(kubeconfig: &Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}
