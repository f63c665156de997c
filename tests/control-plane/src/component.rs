//! One server process: under guard, with a log of its own, stopped within bounds.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::time::timeout;

use crate::fault::Fault;
use crate::{guard, log};

/// The data is thrown away, so a server that lingers is killed soon.
const STOP_BOUND: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Component {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Component {
    pub(crate) fn spawn(name: &'static str, program: &Path, flags: &[String], dir: &Path) -> Result<Self, Fault> {
        let log = dir.join(format!("{name}.log"));
        let sink = log::sink(&log)?;
        let child = guard::command(program)
            .map_err(Fault::io("find this program"))?
            .args(flags)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(sink.try_clone().map_err(Fault::io("share a log"))?)
            .stderr(sink)
            // An interrupt from the terminal is for the supervisor, which stops in order.
            .process_group(0)
            .spawn()
            .map_err(Fault::io(format!("run {name}")))?;
        Ok(Self { name, child, log })
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub(crate) fn end(&self, status: ExitStatus) -> Fault {
        Fault::Ended { program: self.name, status, tail: log::tail(&self.log) }
    }

    pub(crate) fn not_ready(&self, what: &'static str, bound: Duration) -> Fault {
        Fault::NotReady { program: self.name, what, bound, tail: log::tail(&self.log) }
    }

    pub(crate) async fn stop(&mut self) {
        stop(&mut self.child, STOP_BOUND).await;
    }
}

/// Asks a child to end, and kills it when it has not after `bound`.
pub(crate) async fn stop(child: &mut Child, bound: Duration) -> Option<ExitStatus> {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It fails only when the child is gone, which is what is wanted.
        let _ = kill_process(pid, Signal::TERM);
    }
    if let Ok(status) = timeout(bound, child.wait()).await {
        return status.ok();
    }
    drop(child.kill().await);
    child.wait().await.ok()
}
