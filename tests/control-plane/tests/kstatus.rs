//! The judge is the real one: what kstatus is known to say, it says here.

use control_plane::{
    Error,
    Kstatus::{self, Current, Failed, InProgress},
    judge,
};
use serde_json::{Value, json};

fn object(observed: u64, condition: &Value) -> Value {
    json!({
        "apiVersion": "example.test/v1",
        "kind": "Widget",
        "metadata": {"name": "one", "generation": 2},
        "status": {"observedGeneration": observed, "conditions": [condition]},
    })
}

#[test]
fn the_conditions_that_kstatus_knows_decide() {
    let condition = |type_, status| object(2, &json!({"type": type_, "status": status, "message": "so it is"}));
    let objects = [
        condition("Stalled", "True"),
        condition("Reconciling", "True"),
        condition("Ready", "False"),
        condition("Ready", "True"),
        condition("Odd", "True"),
    ];

    let judgements = judge(&objects).unwrap();

    let words: Vec<_> = judgements.iter().map(|judgement| judgement.word).collect();
    assert_eq!(words, [Failed, InProgress, InProgress, Current, Current]);
    assert_eq!(judgements[0].message, "so it is");
}

#[test]
fn a_generation_that_was_not_observed_is_in_progress_and_a_deleted_object_is_terminating() {
    let unobserved = object(1, &json!({"type": "Ready", "status": "True"}));
    let mut deleted = unobserved.clone();
    deleted["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");

    let judgements = judge(&[unobserved, deleted]).unwrap();

    assert_eq!(judgements[0].word, InProgress);
    assert_eq!(judgements[0].message, "Widget generation is 2, but latest observed generation is 1");
    assert_eq!(judgements[1].word, Kstatus::Terminating);
}

#[test]
fn an_answer_is_one_line_whatever_the_message_and_an_object_may_be_large() {
    let long = "a\nb\t".repeat(100_000);
    let objects = [object(2, &json!({"type": "Stalled", "status": "True", "message": long}))];

    let judgements = judge(&objects).unwrap();

    assert_eq!(judgements[0].message, long.replace(['\n', '\t'], " "));
}

#[test]
fn conditions_that_cannot_be_read_are_unknown_and_what_is_no_object_is_an_error() {
    let odd = json!({"apiVersion": "example.test/v1", "kind": "Widget", "status": {"conditions": 3}});

    assert_eq!(judge(&[odd]).unwrap()[0].word, Kstatus::Unknown);
    let error = judge(&[json!({"kind": ""})]).unwrap_err();
    assert!(matches!(&error, Error::Judge { told, .. } if told.contains("line 1: ")), "{error}");
}

#[test]
fn nothing_is_asked_and_nothing_is_answered() {
    assert_eq!(judge(&[]).unwrap(), []);
}
