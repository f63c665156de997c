//! What the cloud says of a task.

use classiclink::{
    cloud::Taken,
    link::{TaskId, TaskState},
};
use serde_json::json;

use crate::{
    api::Api,
    cloud::{Cloud, SECRET, UUID},
    subject::Subject,
    wait::eventually,
};

on_each_api! {
    each: [a_task_that_the_cloud_does_not_know_is_unknown_and_no_error, a_task_of_another_api_is_unknown_and_not_asked_for],
    tencent: [
        a_task_runs_and_succeeds,
        a_task_that_failed_says_why_without_a_secret,
        a_task_that_is_not_visible_yet_is_unknown,
        a_task_that_was_forgotten_is_unknown,
    ],
    alibaba: [what_is_carried_out_at_once_is_no_task]
}

async fn a_task_that_the_cloud_does_not_know_is_unknown_and_no_error(cloud: &Cloud) {
    let id = TaskId(cloud.api.of("999999", UUID, UUID).to_owned());
    let settings: &[_] = match cloud.api {
        Api::V2 => &["not-found", "invalid-parameter"],
        Api::V3 => &["not-found", "invalid-parameter-value"],
        Api::Alibaba => &[""],
    };
    let section = cloud.api.dialect();
    for setting in settings {
        if !setting.is_empty() {
            cloud.set(json!({ section: { "unknownTask": setting } })).await;
        }
        assert_eq!(cloud.provider().task(&id).await, Ok(TaskState::Unknown), "{setting}");
    }
}

async fn a_task_of_another_api_is_unknown_and_not_asked_for(cloud: &Cloud) {
    let provider = cloud.provider();
    let others: &[_] = match cloud.api {
        Api::V2 => &[UUID, ""],
        Api::V3 => &["135254", ""],
        Api::Alibaba => &[UUID, "135254", ""],
    };
    for id in others {
        assert_eq!(provider.task(&TaskId((*id).to_owned())).await, Ok(TaskState::Unknown), "{id}");
    }
    assert_eq!(cloud.calls().await.len(), 0);
}

async fn a_task_runs_and_succeeds(cloud: &Cloud) {
    let provider = cloud.provider();
    let id = started(cloud, &provider, json!({ "taskDurationMs": 5_000 })).await;
    assert_eq!(provider.task(&id).await, Ok(TaskState::Running));
    let ended = async || Some(provider.task(&id).await.unwrap()).filter(|state| *state != TaskState::Running);
    assert_eq!(eventually("the task has ended", ended).await, TaskState::Succeeded);
}

async fn a_task_that_failed_says_why_without_a_secret(cloud: &Cloud) {
    let provider = cloud.provider();
    let why = format!("no luck with {SECRET} today");
    let fault = json!({ "count": null, "effect": { "failTask": { "message": why } } });
    cloud.post("faults", fault).await;
    for output in ["absent", "present"] {
        let section = cloud.api.dialect();
        cloud.set(json!({ section: { "taskOutput": output } })).await;
        let id = started(cloud, &provider, json!({ "taskDurationMs": 0 })).await;
        let TaskState::Failed(text) = provider.task(&id).await.unwrap() else { panic!("it did not fail") };
        assert_eq!(text.contains("no luck with [redacted] today"), output == "present", "{text}");
    }
}

async fn a_task_that_is_not_visible_yet_is_unknown(cloud: &Cloud) {
    let provider = cloud.provider();
    let id = started(cloud, &provider, json!({ "taskDurationMs": 0, "taskVisibleAfterMs": 600_000 })).await;
    assert_eq!(provider.task(&id).await, Ok(TaskState::Unknown));
}

async fn a_task_that_was_forgotten_is_unknown(cloud: &Cloud) {
    let provider = cloud.provider();
    let id = started(cloud, &provider, json!({ "taskDurationMs": 0, "taskLifetimeMs": 0 })).await;
    let forgotten = async || (provider.task(&id).await == Ok(TaskState::Unknown)).then_some(());
    eventually("the task is forgotten", forgotten).await;
}

async fn what_is_carried_out_at_once_is_no_task(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    assert_eq!(cloud.provider().attach(&vpc, &machine).await, Ok(Taken::Done));
}

/// The task of an attach of a new machine, where time passes like this.
async fn started(cloud: &Cloud, provider: &Subject, timing: serde_json::Value) -> TaskId {
    cloud.set(json!({ "timing": timing })).await;
    let (machine, vpc) = cloud.pair().await;
    match provider.attach(&vpc, &machine).await.unwrap() {
        Taken::Task(id) => id,
        Taken::Done => panic!("it was carried out at once"),
    }
}
