//! A real API server with our definitions on it.

use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use classiclink::api::crds;
use control_plane::ControlPlane;

/// Ends with the test process: its standard input closes then.
static PLANE: LazyLock<ControlPlane> = LazyLock::new(|| {
    let plane = ControlPlane::start().unwrap();
    for crd in crds() {
        let manifest = serde_json::to_string(&crd).unwrap();
        done(plane.kubectl_command().args(["create", "-f", "-"]), &manifest);
    }
    // A definition is taken a moment before its objects can be.
    let started = Instant::now();
    while !plane.kubectl_command().args(["get", "classiclinks"]).output().unwrap().status.success() {
        assert!(started.elapsed() < Duration::from_secs(30), "the definitions are not served");
        thread::sleep(Duration::from_millis(50));
    }
    plane
});

/// Runs `kubectl`, which must succeed, and returns what it printed.
pub(crate) fn kubectl(arguments: &[&str], input: &str) -> String {
    done(PLANE.kubectl_command().args(arguments), input)
}

/// Starts `kubectl`, to be waited for later.
pub(crate) fn start(arguments: &[&str]) -> Child {
    let mut command = PLANE.kubectl_command();
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

fn done(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", errors(&output));
    String::from_utf8(output.stdout).unwrap()
}
