//! The operator as a process.

use std::{
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use serde_json::Value;

use super::{
    http,
    process::{guarded, kill, signal, start, tail},
    wait::eventually,
};

/// How an operator is started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// What all intervals of the product are divided by.
    pub(crate) time_scale: u32,
    /// `RUST_LOG`.
    pub(crate) log: &'static str,
}

/// Settling 15 s instead of 300 s, slow beats of 30 s, sweeps every second (see `world.rs`).
pub(crate) const QUICK: Settings =
    Settings { time_scale: 20, log: "info,classiclink=debug,kube_runtime=warn,kube_client=warn" };

/// What is projected into the operator's pod for the clouds.
pub(crate) const PODS_TOKEN: &str = "the.pods.token";

/// A running operator.
#[derive(Debug)]
pub(crate) struct Operator {
    process: Child,
    log: PathBuf,
    admin: String,
}

impl Operator {
    /// Starts an operator and waits until it has listed everything.
    pub(crate) async fn start(kubeconfig: &Path, log: &Path, settings: Settings) -> Self {
        let already = std::fs::read_to_string(log).unwrap().len();
        let mut command = guarded(Path::new(env!("CARGO_BIN_EXE_classiclink-operator")));
        command
            .args(["--namespace", super::stage::SYSTEM, "--log-format", "json", "--admin-address", "127.0.0.1:0"])
            .args(["--allow-insecure-endpoints", "--time-scale", &settings.time_scale.to_string()])
            .env("KUBECONFIG", kubeconfig)
            .env("RUST_LOG", settings.log)
            .stdout(Stdio::null());
        let token = log.with_extension("token");
        std::fs::write(&token, PODS_TOKEN).unwrap();
        for variable in ["TKE_WEB_IDENTITY_TOKEN_FILE", "ALIBABA_CLOUD_OIDC_TOKEN_FILE"] {
            command.env(variable, &token);
        }
        let mut operator = Self { process: start(command, log), log: log.to_owned(), admin: String::new() };
        operator.admin = operator.until_listening(already).await;
        operator.until_ready().await;
        operator
    }

    async fn until_listening(&mut self, already: usize) -> String {
        eventually("the operator says where its admin server is", async || {
            self.must_live();
            let log = std::fs::read_to_string(&self.log).unwrap();
            log[already..].lines().find_map(admin_address)
        })
        .await
    }

    async fn until_ready(&mut self) {
        let admin = self.admin.clone();
        eventually("the operator is ready", async || {
            self.must_live();
            http::get_text(&format!("{admin}/readyz")).await
        })
        .await;
    }

    fn must_live(&mut self) {
        let ended = self.process.try_wait().unwrap();
        assert!(ended.is_none(), "the operator ended ({ended:?}):\n{}", tail(&self.log));
    }

    /// Kills it; it does not get to do anything more.
    pub(crate) fn kill(mut self) {
        kill(&mut self.process);
    }

    /// Stops its time: it stays as it is until it is killed.
    pub(crate) fn freeze(&self) {
        signal(&self.process, "STOP");
    }

    /// All its metrics, as text.
    pub(crate) async fn metrics(&self) -> String {
        http::get_text(&format!("{}/metrics", self.admin)).await.unwrap()
    }

    /// The sum of the counters whose name begins like this.
    pub(crate) async fn counted(&self, name: &str) -> u64 {
        let metrics = self.metrics().await;
        let samples = metrics.lines().filter(|line| line.starts_with(name));
        samples.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }
}

fn admin_address(line: &str) -> Option<String> {
    let said: Value = serde_json::from_str(line).ok()?;
    let address = said.get("address")?.as_str()?;
    (said["message"] == "admin server listening").then(|| format!("http://{address}"))
}
