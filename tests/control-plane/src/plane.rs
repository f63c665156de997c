//! The three servers: started in the order of their needs, stopped in the opposite one.
//!
//! READY is a promise: the API answers, and the controllers have been seen to work.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use control_plane::Ready;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use crate::cache::Cache;
use crate::component::Component;
use crate::fault::Fault;
use crate::recipe::{API_SERVER, CONTROLLER_MANAGER, ETCD_SERVER, KUBECTL, Program, SERVERS};
use crate::settings::Settings;
use crate::stop::Stop;

/// These only tell a hang from a start: many times what each step takes on a machine whose two cores have ten others to
/// serve.
const ETCD_BOUND: Duration = Duration::from_secs(90);
const API_BOUND: Duration = Duration::from_mins(3);
const CONTROLLERS_BOUND: Duration = Duration::from_mins(3);
const QUESTION_BOUND: Duration = Duration::from_secs(5);
const READY_POLL: Duration = Duration::from_millis(50);
const DEATH_POLL: Duration = Duration::from_millis(250);

/// What only the controller manager makes, and every pod needs.
const DEFAULT_ACCOUNT: &str = "/api/v1/namespaces/default/serviceaccounts/default";

#[derive(Debug)]
pub(crate) struct Plane {
    cache: Cache,
    /// In the order of their start. Before the settings, so that no server outlives its files.
    servers: Vec<Component>,
    settings: Settings,
}

impl Plane {
    /// Builds what is missing and starts; on a port taken meanwhile, a second time.
    pub(crate) async fn start(stop: &mut Stop) -> Result<Self, Fault> {
        let cache = Cache::of(&SERVERS)?;
        stop.unless(crate::compile::fill(&cache)).await?;
        match Self::attempt(stop).await {
            Err(fault) if fault.is_taken_port() => Self::attempt(stop).await,
            outcome => outcome,
        }
    }

    async fn attempt(stop: &mut Stop) -> Result<Self, Fault> {
        let cache = Cache::of(&SERVERS)?;
        let mut plane = Self { cache, servers: Vec::new(), settings: Settings::create()? };
        match stop.unless(plane.bring_up()).await {
            Ok(()) => Ok(plane),
            Err(fault) => {
                plane.stop().await;
                Err(fault)
            }
        }
    }

    async fn bring_up(&mut self) -> Result<(), Fault> {
        let port = self.settings.etcd_port();
        let flags = self.settings.etcd_flags();
        self.launch(&ETCD_SERVER, &flags)?;
        let listens = async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok();
        self.until("an open port", ETCD_BOUND, listens).await?;

        let flags = self.settings.api_server_flags();
        self.launch(&API_SERVER, &flags)?;
        self.until_answered("/readyz", API_BOUND).await?;

        let flags = self.settings.controller_manager_flags();
        self.launch(&CONTROLLER_MANAGER, &flags)?;
        self.until_answered(DEFAULT_ACCOUNT, CONTROLLERS_BOUND).await
    }

    fn launch(&mut self, program: &Program, flags: &[String]) -> Result<(), Fault> {
        let path = self.cache.path(program);
        let server = Component::spawn(program.name, &path, flags, self.settings.dir())?;
        self.servers.push(server);
        Ok(())
    }

    /// Waits until `holds`, which the server launched last is to bring about.
    async fn until(
        &mut self,
        what: &'static str,
        bound: Duration,
        mut holds: impl AsyncFnMut() -> bool,
    ) -> Result<(), Fault> {
        let started = Instant::now();
        while started.elapsed() < bound {
            if let Some(fault) = self.death() {
                return Err(fault);
            }
            if holds().await {
                return Ok(());
            }
            sleep(READY_POLL).await;
        }
        Err(self.servers.last().map_or(Fault::Stopped, |server| server.not_ready(what, bound)))
    }

    async fn until_answered(&mut self, path: &'static str, bound: Duration) -> Result<(), Fault> {
        let mut question = Command::new(self.cache.path(&KUBECTL));
        question
            .env("KUBECONFIG", self.settings.kubeconfig())
            .args(["get", "--raw", path])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let answered = async || {
            let Ok(mut asked) = question.spawn() else { return false };
            matches!(timeout(QUESTION_BOUND, asked.wait()).await, Ok(Ok(status)) if status.success())
        };
        self.until(path, bound, answered).await
    }

    pub(crate) fn ready(&self) -> Ready {
        Ready {
            kubeconfig: self.settings.kubeconfig(),
            data_dir: self.settings.dir().to_owned(),
            audit_log: self.settings.audit_log(),
            kubectl: self.cache.path(&KUBECTL),
            url: self.settings.url(),
        }
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The first server that has ended although nobody stopped it.
    fn death(&mut self) -> Option<Fault> {
        self.servers.iter_mut().find_map(|server| server.ended().map(|status| server.end(status)))
    }

    /// Waits for such an end.
    pub(crate) async fn first_death(&mut self) -> Fault {
        loop {
            if let Some(fault) = self.death() {
                return fault;
            }
            sleep(DEATH_POLL).await;
        }
    }

    /// Stops the servers, the last started first, and removes their files.
    pub(crate) async fn stop(mut self) {
        while let Some(mut server) = self.servers.pop() {
            server.stop().await;
        }
    }
}
