//! `kubectl wait` on a real API server: no operator runs, each status is the computed one.

use std::process::Child;

use classiclink::{
    api::{ClassicLink, Reason},
    link::{Guard, LinkRow, LinkSeen},
};
use control_plane::{Kstatus, judge};
use serde_json::{Value, json};

use crate::{
    plane::{errors, kubectl, start},
    scene::Scene,
    scenes::{MINUTE, dead, denied, guarded, linkable, linked, notice, row, running},
};

/// For what must not become so. It counts from before `kubectl` first asks, and on a busy machine that alone can take a
/// second: such a wait ends in other words, and has seen nothing.
const SHORT: &str = "--timeout=5s";
/// For what must become so.
const LONG: &str = "--timeout=20s";

/// Makes the object, and writes the status that was computed for it, if one was.
fn make(name: &str, scene: &Scene) {
    let ClassicLink { metadata, spec, status } = scene.object(name);
    let object = json!({
        "apiVersion": "classiclink.dev/v1alpha1",
        "kind": "ClassicLink",
        "metadata": {"name": name, "finalizers": metadata.finalizers},
        "spec": spec,
    });
    kubectl(&["create", "-f", "-"], &object.to_string());
    if !scene.rows().is_empty() {
        write(name, &json!({ "status": status }), &["--subresource=status"]);
    }
}

fn write(name: &str, patch: &Value, how: &[&str]) {
    let patch = patch.to_string();
    kubectl(&[&["patch", "clink", name, "--type=merge", "-p", &patch], how].concat(), "");
}

fn read(name: &str) -> Value {
    serde_json::from_str(&kubectl(&["get", "clink", name, "-o", "json"], "")).unwrap()
}

fn wait(condition: &str, name: &str, timeout: &str) -> Child {
    start(&["wait", &format!("clink/{name}"), &format!("--for={condition}"), timeout])
}

/// Whether the wait succeeded; if not, it must be for the time that passed.
fn succeeded(name: &str, wait: Child) -> bool {
    let output = wait.wait_with_output().unwrap();
    let timed_out = errors(&output).contains("timed out waiting for the condition");
    assert!(output.status.success() != timed_out, "{name}: {}", errors(&output));
    output.status.success()
}

/// What each tool makes of some states, by name: whether `kubectl wait` takes it for ready, and kstatus' word.
fn cases() -> Vec<(&'static str, Scene, bool, Kstatus)> {
    let unverified = LinkSeen::Unverified(LinkRow { private_ip: None, ..row() });
    let patient = linked().after(MINUTE).fails_to_look(notice(Reason::PermissionDenied)).after(MINUTE);
    vec![
        ("new", Scene::new(), false, Kstatus::InProgress),
        ("attaching", running(linkable().begun()), false, Kstatus::InProgress),
        ("linked", linked(), true, Kstatus::Current),
        ("unverified", linkable().looks(unverified).decided(), true, Kstatus::Current),
        ("patient", patient.decided(), true, Kstatus::Current),
        ("throttled", Scene::new().fails_to_look(notice(Reason::Throttled)).decided(), false, Kstatus::InProgress),
        ("full", denied(Reason::QuotaExceeded), false, Kstatus::Failed),
        // Ready stays as last seen: whoever waits for it alone does not hear of the guard.
        ("guarded", guarded(Guard::Relink, dead(linked())).decided(), true, Kstatus::Failed),
    ]
}

#[test]
fn kubectl_waits_for_ready_until_it_is_true() {
    let cases = cases();
    for (name, scene, ..) in &cases {
        make(name, scene);
    }

    let waits: Vec<_> = cases
        .iter()
        .map(|(name, _, ready, _)| wait("condition=Ready", name, if *ready { LONG } else { SHORT }))
        .collect();
    for ((name, _, ready, _), wait) in cases.iter().zip(waits) {
        assert_eq!(succeeded(name, wait), *ready, "{:#}", read(name));
    }

    let objects: Vec<_> = cases.iter().map(|(name, ..)| read(name)).collect();
    for ((.., word), (object, judgement)) in cases.iter().zip(objects.iter().zip(judge(&objects).unwrap())) {
        assert_eq!(judgement.word, *word, "{judgement:?} of {object:#}");
    }
}

#[test]
fn kubectl_does_not_take_an_edited_object_for_ready_because_it_was_before() {
    make("edited", &linked());
    assert!(succeeded("edited", wait("condition=Ready", "edited", LONG)));

    write("edited", &json!({ "spec": { "vpcId": "vpc-another1" } }), &[]);

    assert!(!succeeded("edited", wait("condition=Ready", "edited", SHORT)), "{:#}", read("edited"));
    assert_eq!(judge(&[read("edited")]).unwrap()[0].word, Kstatus::InProgress);
}

#[test]
fn kubectl_waits_for_a_deletion_until_the_finalizer_goes() {
    make("leaving", &linked());
    kubectl(&["delete", "clink", "leaving", "--wait=false"], "");
    let leaving = linked().after(MINUTE).deleted().begun();
    write("leaving", &json!({ "status": leaving.status() }), &["--subresource=status"]);

    let waits = ["condition=Ready", "delete"].map(|condition| wait(condition, "leaving", SHORT));
    for wait in waits {
        assert!(!succeeded("leaving", wait), "{:#}", read("leaving"));
    }
    assert_eq!(judge(&[read("leaving")]).unwrap()[0].word, Kstatus::Terminating);

    let gone = wait("delete", "leaving", LONG);
    write("leaving", &json!({ "metadata": { "finalizers": null } }), &[]);
    assert!(succeeded("leaving", gone));
}
