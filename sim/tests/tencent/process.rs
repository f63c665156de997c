//! The program itself: how it starts, refuses and stops.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{command, http, ready_line};

fn exit_within_patience(process: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    process.kill().unwrap();
    panic!("the program did not end");
}

fn refused(arguments: &[&str]) -> String {
    let mut process = command().args(arguments).spawn().unwrap();
    let status = exit_within_patience(&mut process);
    assert!(!status.success(), "{arguments:?}");
    let mut text = String::new();
    process.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn the_demo_seed_comes_up() {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/demo.yaml");
    let mut process = command().arg("--seed").arg(seed).arg("--stop-with-stdin").spawn().unwrap();
    let ready = ready_line(&mut process);
    let url = format!("{}/state", ready["control"].as_str().unwrap());
    let text = http().get(url).send().await.unwrap().text().await.unwrap();
    let state: Value = serde_json::from_str(&text).unwrap();
    let region = &state["accounts"][0]["regions"]["ap-guangzhou"];
    assert_eq!(region["machines"].as_array().unwrap().len(), 3);
    assert_eq!(region["vpcs"][1]["cidr"], "10.1.0.0/16");
    drop(process.stdin.take());
    assert!(exit_within_patience(&mut process).success());
}

#[test]
fn it_stops_on_sigterm() {
    let mut process = command().spawn().unwrap();
    ready_line(&mut process);
    let killed = std::process::Command::new("kill").arg(process.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert!(exit_within_patience(&mut process).success());
}

#[test]
fn it_listens_on_loopback_alone() {
    for option in [
        "--listen",
        "--listen-v3",
        "--listen-alibaba",
        "--listen-tencent-sts",
        "--listen-alibaba-sts",
        "--listen-metadata",
        "--control",
    ] {
        let text = refused(&[option, "0.0.0.0:0"]);
        assert!(text.contains("0.0.0.0:0 is not a loopback address"), "{text}");
    }
}

#[test]
fn a_bad_seed_is_refused_with_its_line_or_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.yaml");
    for (text, expected) in [
        ("accounts:\n  - id: \"1\"\n    colour: red\n", vec!["line 3", "colour"]),
        ("settings:\n  switches:\n    listOrder: sideways\n", vec!["line 3", "sideways"]),
        ("machines:\n  - { account: \"1\", region: ap-guangzhou }\n", vec!["machines[0]", "no account `1`"]),
        (
            "accounts:\n  - id: \"1\"\nvpcs:\n  - { account: \"1\", region: gz, cidr: 10.0.0.0/16 }\n",
            vec!["vpcs[0]", "`gz`"],
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = refused(&["--seed", path.to_str().unwrap()]);
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
    }
    assert!(refused(&["--seed", "no-such-file.yaml"]).contains("no-such-file.yaml"));
}
