//! However its user ends, a control plane ends with it.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test, like the test itself")]
#![expect(dead_code, reason = "each test binary uses its part of the shared helpers")]

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use control_plane::ControlPlane;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

mod support;

use support::{eventually, processes_of, program};

const HOLD: &str = "CONTROL_PLANE_TEST_HOLD";

/// Runs in a process of its own, started and killed by the test below.
#[test]
fn a_holder_does_nothing_unless_it_is_asked_to() {
    if env::var_os(HOLD).is_some() {
        let plane = ControlPlane::start().unwrap();
        println!("holding {}", plane.data_dir().display());
        // Until its starter goes, or kills it.
        io::read_to_string(io::stdin()).unwrap();
    }
}

/// Starts this very test executable as the holder, and waits until it holds.
fn start_holder() -> (Child, PathBuf) {
    let mut holder = Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_holder_does_nothing_unless_it_is_asked_to", "--nocapture"])
        .env(HOLD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines().map_while(Result::ok);
    let dir = lines.find_map(|line| line.split_once("holding ").map(|(_, dir)| PathBuf::from(dir)));
    (holder, dir.unwrap())
}

#[test]
fn nothing_remains_when_the_process_that_holds_it_is_killed() {
    let (mut holder, dir) = start_holder();
    assert_eq!(processes_of(&dir).len(), 3, "{:?}", processes_of(&dir));

    holder.kill().unwrap();
    holder.wait().unwrap();

    eventually("all servers ended", || processes_of(&dir).is_empty());
    eventually("the data directory is removed", || !dir.exists());
}

#[test]
fn no_server_remains_when_their_supervisor_is_killed() {
    let plane = ControlPlane::start().unwrap();
    let dir = plane.data_dir().to_owned();
    assert_eq!(processes_of(&dir).len(), 3, "{:?}", processes_of(&dir));
    let supervisor = Pid::from_raw(plane.supervisor().try_into().unwrap()).unwrap();

    kill_process(supervisor, Signal::KILL).unwrap();

    eventually("all servers ended", || processes_of(&dir).is_empty());
    drop(plane);
    assert!(!dir.exists(), "the handle removes what a killed supervisor left");
}

#[test]
fn a_dropped_handle_has_stopped_everything() {
    let plane = ControlPlane::start().unwrap();
    let dir = plane.data_dir().to_owned();

    drop(plane);

    assert!(processes_of(&dir).is_empty());
    assert!(!dir.exists());
}

#[test]
fn a_command_runs_against_its_own_control_plane_and_its_exit_code_is_passed_on() {
    let script = "dirname $KUBECONFIG; kubectl get --raw /readyz; exit 7";

    let output = program().args(["run", "--", "sh", "-c", script]).output().unwrap();

    let printed = String::from_utf8(output.stdout).unwrap();
    let (dir, answer) = printed.split_once('\n').unwrap();
    assert_eq!(answer, "ok");
    assert_eq!(output.status.code(), Some(7));
    assert!(!PathBuf::from(dir).exists());
    assert!(processes_of(dir.as_ref()).is_empty());
}

/// The directory of the programs, built if need be.
fn programs() -> PathBuf {
    assert!(program().arg("build").status().unwrap().success());
    let paths = program().arg("paths").output().unwrap();
    String::from_utf8(paths.stdout).unwrap().trim().into()
}

/// A directory for `KUBEBUILDER_ASSETS` whose `etcd` runs `script` instead.
fn with_etcd(script: &str) -> TempDir {
    let assets = tempfile::tempdir().unwrap();
    for name in ["kube-apiserver", "kubectl"] {
        symlink(programs().join(name), assets.path().join(name)).unwrap();
    }
    let etcd = assets.path().join("etcd");
    fs::write(&etcd, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&etcd, fs::Permissions::from_mode(0o700)).unwrap();
    assets
}

#[test]
fn a_server_that_cannot_start_is_reported_with_the_end_of_its_log() {
    let assets = with_etcd("echo no room; exit 3");

    let mut serve = program();
    serve.arg("serve").env("KUBEBUILDER_ASSETS", assets.path());
    serve.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut serve = serve.spawn().unwrap();
    // Held open: its end would be a request to stop.
    let _input = serve.stdin.take();
    let output = serve.wait_with_output().unwrap();

    assert!(!output.status.success());
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(line.contains("etcd ended (exit status: 3)"), "{line}");
    assert!(line.contains("no room"), "{line}");
}

#[test]
fn a_start_whose_port_was_taken_meanwhile_is_tried_once_more() {
    let taken = "echo 'bind: address already in use'; exit 1";
    let real = programs().join("etcd");
    let assets = with_etcd(&format!(r#"mkdir "$0.tried" && {{ {taken}; }}; exec "{}" "$@""#, real.display()));

    let mut run = program();
    run.args(["run", "--", "true"]).env("KUBEBUILDER_ASSETS", assets.path());
    let output = run.output().unwrap();

    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(assets.path().join("etcd.tried").exists());
}
