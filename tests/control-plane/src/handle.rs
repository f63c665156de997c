//! The handle of a test on its control plane: a pipe to `control-plane serve`.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::locate;
use crate::ready::{Ready, ServeLine};

/// Two attempts of all that `serve` itself waits for, and some air.
const START_BOUND: Duration = Duration::from_mins(16);
/// What `serve` allows three programs to stop in, and some air.
const STOP_BOUND: Duration = Duration::from_secs(30);

/// Why there is no control plane.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program that starts the servers is not beside the test executable.
    #[error("the program control-plane is not built: run `make build`, or set CONTROL_PLANE_BIN")]
    NotBuilt,
    /// The program could not be run or talked to.
    #[error("could not run {}", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The servers' programs could not be built; the reason is on standard error.
    #[error("`control-plane build` failed ({0}); its standard error says why")]
    Build(ExitStatus),
    /// The program said why the servers did not start.
    #[error("the control plane did not start: {0}")]
    Start(String),
    /// The program ended or said something else than the lines it is known for.
    #[error("the program control-plane printed another line than is known of it: {0:?}")]
    Line(String),
    /// kstatus could not be asked, or what it was asked about is no object.
    #[error("`control-plane kstatus` failed ({status}): {told}")]
    Judge {
        /// How the program ended.
        status: ExitStatus,
        /// Its standard error.
        told: String,
    },
    /// The program said nothing in time.
    #[error("`control-plane serve` was not ready after {} s", .0.as_secs())]
    Late(Duration),
}

/// A running control plane, which ends when this value is dropped or its process dies.
#[derive(Debug)]
pub struct ControlPlane {
    serve: Child,
    ready: Ready,
}

impl ControlPlane {
    /// Starts a control plane and waits until it is ready.
    ///
    /// The first start on a machine builds the servers' programs, which takes minutes.
    ///
    /// # Errors
    ///
    /// When the program `control-plane` is missing, or it could not build or start the
    /// servers. Nothing is left running then.
    pub fn start() -> Result<Self, Error> {
        let program = locate::program().ok_or(Error::NotBuilt)?;
        let run = |source| Error::Run { program: program.clone(), source };
        // Its own call, so that the bound on the start is not one on a cold build.
        let built = Command::new(&program).arg("build").stdin(Stdio::null()).status().map_err(run)?;
        if !built.success() {
            return Err(Error::Build(built));
        }
        let mut serve =
            Command::new(&program).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(run)?;
        match first_line(serve.stdout.take()).and_then(|line| parse(&line)) {
            Ok(ready) => Ok(Self { serve, ready }),
            Err(error) => {
                stop(&mut serve);
                Err(error)
            }
        }
    }

    /// Kubeconfig of an administrator (`system:masters`).
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.ready.kubeconfig
    }

    /// The program `kubectl` of the server's version.
    #[must_use]
    pub fn kubectl(&self) -> &Path {
        &self.ready.kubectl
    }

    /// A `kubectl` that talks to this control plane and keeps its cache in [`Self::data_dir`].
    #[must_use]
    pub fn kubectl_command(&self) -> Command {
        let mut command = Command::new(self.kubectl());
        command.env("KUBECONFIG", self.kubeconfig()).env("KUBECACHEDIR", self.data_dir().join("kubectl-cache"));
        command
    }

    /// The audit log: one JSON object per write request, there when the request returned.
    #[must_use]
    pub fn audit_log(&self) -> &Path {
        &self.ready.audit_log
    }

    /// Where the API server is reached.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.ready.url
    }

    /// All data and logs of this control plane; removed when it stops.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.ready.data_dir
    }

    /// Process id of the program that holds the servers.
    #[must_use]
    pub fn supervisor(&self) -> u32 {
        self.serve.id()
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        stop(&mut self.serve);
        // Only a killed supervisor leaves it; there is nobody to report a failure to.
        if self.ready.data_dir.exists() {
            drop(fs::remove_dir_all(&self.ready.data_dir));
        }
    }
}

/// A thread reads, because a pipe has no read with a bound; it ends with the pipe.
fn first_line(stdout: Option<ChildStdout>) -> Result<String, Error> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = stdout.map_or(Ok(0), |out| BufReader::new(out).read_line(&mut line));
        // Nobody listens once the bound has passed.
        drop(sender.send(read.map(|_| line)));
    });
    match receiver.recv_timeout(START_BOUND) {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(error)) => Err(Error::Line(error.to_string())),
        Err(_) => Err(Error::Late(START_BOUND)),
    }
}

fn parse(line: &str) -> Result<Ready, Error> {
    match serde_json::from_str(line) {
        Ok(ServeLine::Ready(ready)) => Ok(ready),
        Ok(ServeLine::Failed { error }) => Err(Error::Start(error)),
        Err(_) => Err(Error::Line(line.to_owned())),
    }
}

/// Closing its input asks `serve` to stop; killing it takes the servers along.
fn stop(serve: &mut Child) {
    drop(serve.stdin.take());
    let deadline = Instant::now() + STOP_BOUND;
    while Instant::now() < deadline {
        if !matches!(serve.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    // Past its bound there is nothing gentler left, and nobody to report to.
    drop(serve.kill());
    drop(serve.wait());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_start_is_reported_in_the_words_of_the_program() {
        let error = parse(r#"{"error":"etcd ended"}"#).unwrap_err();

        assert_eq!(error.to_string(), "the control plane did not start: etcd ended");
    }

    #[test]
    fn a_program_that_ends_without_a_line_is_an_error() {
        assert!(matches!(parse(""), Err(Error::Line(line)) if line.is_empty()));
    }
}
