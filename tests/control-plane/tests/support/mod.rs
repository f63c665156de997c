//! What the tests share: one control plane, `kubectl`, and a look at the process table.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use control_plane::ControlPlane;

/// Ends with the test process: its standard input closes then.
pub(crate) static PLANE: LazyLock<ControlPlane> = LazyLock::new(|| ControlPlane::start().unwrap());

/// Runs `kubectl` as the administrator and returns what it printed; it must succeed.
pub(crate) fn kubectl(arguments: &[&str]) -> String {
    let output = PLANE.kubectl_command().args(arguments).output().unwrap();
    assert!(output.status.success(), "kubectl {arguments:?}: {}", errors(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs `kubectl`, whatever comes of it.
pub(crate) fn try_kubectl(arguments: &[&str]) -> Output {
    PLANE.kubectl_command().args(arguments).output().unwrap()
}

pub(crate) fn apply(manifest: &str) {
    assert!(try_apply(manifest));
}

/// Whether the manifest could be applied.
pub(crate) fn try_apply(manifest: &str) -> bool {
    let mut command = PLANE.kubectl_command();
    let mut child = command.args(["apply", "-f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(manifest.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "not after 30 s: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// The command lines of all living processes that name `dir`.
pub(crate) fn processes_of(dir: &Path) -> Vec<String> {
    let dir = dir.to_str().unwrap();
    fs::read_dir("/proc")
        .unwrap()
        // A process may end while it is looked at.
        .filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(dir))
        .collect()
}

/// The program under test, as a command.
pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_control-plane"))
}
