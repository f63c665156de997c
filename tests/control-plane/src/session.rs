//! The two ways to use a control plane: held open for another process, or around a command.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use control_plane::ServeLine;
use tokio::process::Child;

use crate::component;
use crate::fault::Fault;
use crate::guard;
use crate::plane::Plane;
use crate::stop::Stop;

/// What a command gets to tidy up in once it is asked to stop.
const COMMAND_BOUND: Duration = Duration::from_secs(10);

/// Starts, says where, and stays until a stop is requested or a server dies.
pub(crate) async fn serve() -> Result<(), Fault> {
    let mut stop = Stop::on_signal_or_end_of_input()?;
    let mut plane = match Plane::start(&mut stop).await {
        Ok(plane) => plane,
        Err(Fault::Stopped) => return Ok(()),
        Err(fault) => {
            print(&ServeLine::Failed { error: fault.told() })?;
            return Err(fault);
        }
    };
    let outcome = match print(&ServeLine::Ready(plane.ready())) {
        Ok(()) => tokio::select! {
            () = stop.requested() => Ok(()),
            fault = plane.first_death() => Err(fault),
        },
        Err(fault) => Err(fault),
    };
    plane.stop().await;
    outcome
}

fn print(line: &ServeLine) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, line)
        .map_err(io::Error::from)
        .and_then(|()| writeln!(out))
        .and_then(|()| out.flush())
        .map_err(Fault::io("print where the control plane is"))
}

/// Starts, runs a command against it, stops, and returns the command's exit code.
pub(crate) async fn run(words: &[OsString]) -> Result<u8, Fault> {
    let mut stop = Stop::on_signal()?;
    let mut plane = Plane::start(&mut stop).await?;
    let outcome = match spawn(words, &plane) {
        Ok(child) => attend(child, &mut plane, &mut stop).await,
        Err(fault) => Err(fault),
    };
    plane.stop().await;
    outcome
}

fn spawn(words: &[OsString], plane: &Plane) -> Result<Child, Fault> {
    let ready = plane.ready();
    let (program, arguments) =
        words.split_first().map_or((OsStr::new(""), words), |(first, rest)| (first.as_os_str(), rest));
    let path = env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(plane.cache().bin_directory()).chain(env::split_paths(&path));
    guard::command(Path::new(program))
        .map_err(Fault::io("find this program"))?
        .args(arguments)
        .env("KUBECONFIG", &ready.kubeconfig)
        // Else each run leaves a directory for its port in the user's home.
        .env("KUBECACHEDIR", ready.data_dir.join("kubectl-cache"))
        .env("PATH", env::join_paths(path).unwrap_or_default())
        .spawn()
        .map_err(Fault::io(format!("run {}", program.display())))
}

async fn attend(mut child: Child, plane: &mut Plane, stop: &mut Stop) -> Result<u8, Fault> {
    let fault = tokio::select! {
        status = child.wait() => {
            return status.map(code).map_err(Fault::io("wait for the command"));
        }
        () = stop.requested() => None,
        fault = plane.first_death() => Some(fault),
    };
    let status = component::stop(&mut child, COMMAND_BOUND).await;
    fault.map_or_else(|| Ok(status.map_or(1, code)), Err)
}

/// As a shell has it: 128 and the signal's number for a command that was killed.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_command_is_passed_on_as_a_shell_does() {
        assert_eq!(code(ExitStatus::from_raw(0)), 0);
        assert_eq!(code(ExitStatus::from_raw(7 << 8)), 7);
        assert_eq!(code(ExitStatus::from_raw(9)), 137);
    }
}
