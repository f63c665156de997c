//! Answers that do not come, or come broken: a look is an error or right, and never a false absence; a change that is not
//! surely undone is said to be perhaps done; and nothing is sent again.

use std::time::{Duration, Instant};

use classiclink::{
    cloud::{Action, Kind},
    link::CALL_DEADLINE,
};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    api::Api,
    cloud::Cloud,
    subject::{Said, Subject, Topic},
    wait::eventually,
};

on_each_api! {
    each: [
        a_look_without_a_usable_answer_is_an_error,
        a_change_without_a_usable_answer_may_have_happened,
        a_list_of_which_a_page_fails_is_an_error,
        fields_that_nobody_knows_change_nothing,
        an_answer_that_takes_its_time_is_read,
        a_field_of_another_type_makes_no_look_lie,
        a_field_of_another_type_makes_no_change_lie,
        an_answer_that_never_comes_is_given_up_at_the_deadline,
    ],
    tencent: [],
    alibaba: [an_answer_in_the_other_format_is_read_or_an_error]
}

const DEADLINE: Duration = Duration::from_millis(700);
/// What a deadline may be missed by, on a busy machine: far from the minute that the slowest answer takes.
const LATE: Duration = Duration::from_secs(10);
/// For an answer of a thousand bytes that come one by one: on a busy machine each may take a hundred times its millisecond.
const LONG: Duration = Duration::from_mins(2);

/// What may become of an answer, and whether the call was carried out all the same.
fn accidents() -> Vec<(Value, bool)> {
    vec![
        (json!("resetBefore"), false),
        (json!("badGatewayBefore"), false),
        (json!("loseAnswer"), true),
        (json!("badGatewayAfter"), true),
        (json!("truncatedJson"), true),
        (json!("gzip"), true),
        (json!({ "flood": { "bytes": null } }), true),
        (json!({ "flood": { "bytes": 1_u64 << 30 } }), true),
        (json!({ "drip": { "ms": 100 } }), true),
        (json!({ "delay": { "ms": 5_000, "when": "before" } }), true),
        (json!({ "delay": { "ms": 60_000, "when": "after" } }), true),
    ]
}

/// A provider that has been answered before: a connection that was good is where a client may think of trying again.
async fn connected(cloud: &Cloud, topic: &Topic) -> Subject {
    let provider = cloud.with_deadline(DEADLINE);
    let looks = looks(cloud.api);
    // As many connections as there are looks at once. On a machine with other work to do an answer may come too late.
    eventually("all looks are answered", async || {
        let answers = join_all(looks.iter().map(|action| provider.ask(*action, topic))).await;
        answers.iter().all(Result::is_ok).then_some(())
    })
    .await;
    provider
}

async fn a_look_without_a_usable_answer_is_an_error(cloud: &Cloud) {
    let topic = linked_topic(cloud).await;
    for (accident, _) in accidents() {
        let provider = connected(cloud, &topic).await;
        cloud.strike_all(accident.clone()).await;
        let before = cloud.calls().await.len();
        let asked = Instant::now();
        let looks = looks(cloud.api);
        let answers = join_all(looks.iter().map(|action| provider.ask(*action, &topic))).await;
        assert!(asked.elapsed() < DEADLINE * 5 + LATE, "{accident}: after {:?}", asked.elapsed());
        for (look, answer) in looks.iter().zip(answers) {
            assert!(matches!(answer, Err(Kind::Transient | Kind::Unclear)), "{look:?}, {accident}: {answer:?}");
        }
        let sent = arrived(cloud, before + looks.len()).await - before;
        assert_eq!(sent, looks.len(), "{accident}: each was sent once");
        cloud.clear().await;
    }
}

async fn a_change_without_a_usable_answer_may_have_happened(cloud: &Cloud) {
    for (accident, carried_out) in accidents() {
        let (free, tied) = (cloud.topic().await, linked_topic(cloud).await);
        let provider = connected(cloud, &tied).await;
        cloud.strike_all(accident.clone()).await;
        let before = cloud.calls().await.len();
        let asked = Instant::now();
        let both = tokio::join!(provider.ask(Action::Attach, &free), provider.ask(Action::Detach, &tied));
        assert!(asked.elapsed() < DEADLINE * 5 + LATE, "{accident}: after {:?}", asked.elapsed());
        for answer in [both.0, both.1] {
            let may_have_happened = answer.as_ref().is_err_and(|kind| kind.may_have_happened());
            assert!(may_have_happened, "{accident}: {answer:?}");
        }
        // And so it is, be it later.
        eventually(&format!("what {accident} leaves"), async || {
            let now = (cloud.linked(&free.machine).await.is_some(), cloud.linked(&tied.machine).await.is_none());
            (now == (carried_out, carried_out)).then_some(())
        })
        .await;
        assert_eq!(arrived(cloud, before + 2).await - before, 2, "{accident}: each was sent once");
        cloud.clear().await;
    }
}

/// How many calls have arrived in all, once it is as many as were sent: one that was given up may be read later.
async fn arrived(cloud: &Cloud, sent: usize) -> usize {
    eventually("all calls have arrived", async || Some(cloud.calls().await.len()).filter(|count| *count >= sent)).await
}

async fn a_list_of_which_a_page_fails_is_an_error(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, 250).await;
    // None of these takes time, and a page that came too late would leave its accident to the next one.
    let provider = cloud.provider();
    for accident in ["resetBefore", "loseAnswer", "badGatewayAfter", "truncatedJson"] {
        second_page_meets(cloud, Action::ListLinks, accident).await;
        assert_eq!(provider.links_to(&vpc).await, Err(Kind::Transient), "{accident}");
        second_page_meets(cloud, Action::ListLinks, accident).await;
        assert_eq!(provider.links_of(&there).await, Err(Kind::Transient), "{accident}");
        second_page_meets(cloud, Action::ListMachines, accident).await;
        assert_eq!(provider.machines(&there).await, Err(Kind::Transient), "{accident}");
    }
    assert!(provider.links_to(&vpc).await.unwrap().complete);
}

/// The first call of an action is answered a moment later, the second meets with an accident.
async fn second_page_meets(cloud: &Cloud, action: Action, accident: &str) {
    for effect in [json!({ "delay": { "ms": 1, "when": "after" } }), json!(accident)] {
        cloud.post("faults", json!({ "action": cloud.api.name(action), "effect": effect })).await;
    }
}

async fn fields_that_nobody_knows_change_nothing(cloud: &Cloud) {
    is_answered_all_the_same(cloud, &cloud.provider(), json!("extraFields")).await;
}

async fn an_answer_that_takes_its_time_is_read(cloud: &Cloud) {
    is_answered_all_the_same(cloud, &cloud.with_deadline(LONG), json!({ "drip": { "ms": 1 } })).await;
}

async fn is_answered_all_the_same(cloud: &Cloud, provider: &Subject, effect: Value) {
    let topic = linked_topic(cloud).await;
    let mut truths = Vec::new();
    for look in looks(cloud.api) {
        truths.push((look, provider.ask(look, &topic).await.unwrap()));
    }
    cloud.strike_all(effect).await;
    for (look, truth) in truths {
        assert_eq!(provider.ask(look, &topic).await, Ok(truth), "{look:?}");
    }
    let free = cloud.topic().await;
    assert!(provider.ask(Action::Attach, &free).await.is_ok());
    assert!(provider.ask(Action::Detach, &topic).await.is_ok());
}

async fn a_field_of_another_type_makes_no_look_lie(cloud: &Cloud) {
    let topic = linked_topic(cloud).await;
    let provider = cloud.provider();
    for look in looks(cloud.api) {
        let truth = provider.ask(look, &topic).await.unwrap();
        for fields in fields(cloud.api) {
            cloud.strike(look, json!({ "wrongTypes": { "fields": fields } })).await;
            if let Ok(said) = provider.ask(look, &topic).await {
                is_honest(&said, &truth, &format!("{look:?}, {fields:?}"));
            }
            cloud.clear().await;
        }
    }
}

/// An answer may say less than the truth, if it says that it does; never something else.
fn is_honest(said: &Said, truth: &Said, what: &str) {
    match (said, truth) {
        (Said::Links(said), Said::Links(truth)) => {
            let is_true = said.rows.iter().all(|(id, row)| truth.rows.get(id).map(|it| &it.vpc) == Some(&row.vpc));
            assert!(is_true, "{what}: {said:?}");
            assert!(!said.complete || said.rows.len() == truth.rows.len(), "{what}: absent, {said:?}");
        }
        (Said::Machines(said), Said::Machines(truth)) => {
            for (id, machine) in &truth.found {
                let found = said.found.get(id);
                assert!(found.is_some() || said.unknown.contains_key(id), "{what}: absent");
                let is_true = |it: &classiclink::link::Machine| {
                    (it.network, it.state) == (machine.network, machine.state)
                        && it.addresses.iter().all(|ip| machine.addresses.contains(ip))
                };
                assert!(found.is_none_or(is_true), "{what}: {said:?}");
            }
        }
        (Said::Vpc(said), Said::Vpc(truth)) => {
            let (said, truth) = (said.as_ref().unwrap(), truth.as_ref().unwrap());
            assert!(said.cidr_allowed.is_none() || said == truth, "{what}: {said:?}");
        }
        (Said::Quota(None), Said::Quota(_)) => {}
        _ => assert_eq!(said, truth, "{what}"),
    }
}

async fn a_field_of_another_type_makes_no_change_lie(cloud: &Cloud) {
    let provider = cloud.provider();
    for fields in fields(cloud.api) {
        let topic = cloud.topic().await;
        cloud.strike_all(json!({ "wrongTypes": { "fields": fields } })).await;
        for change in [Action::Attach, Action::Detach] {
            let answer = provider.ask(change, &topic).await;
            assert!(answer.as_ref().err().is_none_or(|kind| kind.may_have_happened()), "{fields:?}: {answer:?}");
            // It was carried out.
            assert_eq!(cloud.linked(&topic.machine).await.is_some(), change == Action::Attach);
        }
        cloud.clear().await;
    }
}

async fn an_answer_that_never_comes_is_given_up_at_the_deadline(cloud: &Cloud) {
    let topic = cloud.topic().await;
    cloud.strike_all(json!({ "delay": { "ms": 600_000, "when": "before" } })).await;
    let provider = cloud.provider();
    let asked = Instant::now();
    join_all(cloud.api.actions().into_iter().map(|action| is_given_up(&provider, action, &topic))).await;
    let took = asked.elapsed();
    assert!(took > CALL_DEADLINE / 2 && took < CALL_DEADLINE * 2, "{took:?}");
}

async fn is_given_up(provider: &Subject, action: Action, topic: &Topic) {
    let kind = provider.ask(action, topic).await.unwrap_err();
    assert!(kind.may_have_happened(), "{action:?}: {kind:?}");
}

async fn an_answer_in_the_other_format_is_read_or_an_error(cloud: &Cloud) {
    let topic = linked_topic(cloud).await;
    let unknown = Topic { machine: cloud.api.machine(44_444), ..topic.clone() };
    for (format, keys) in [("xml", "upper"), ("as-asked", "lower")] {
        cloud.set(json!({ "alibaba": { "errorFormat": format, "errorKeys": keys } })).await;
        let provider = cloud.provider();
        assert_eq!(provider.ask(Action::Attach, &unknown).await, Err(Kind::Missing), "{format} {keys}");
        assert_eq!(provider.ask(Action::Detach, &unknown).await, Err(Kind::AlreadyGone), "{format} {keys}");
    }
}

/// The looks of an API.
fn looks(api: Api) -> Vec<Action> {
    api.actions().into_iter().filter(|action| !matches!(action, Action::Attach | Action::Detach)).collect()
}

/// The fields that answers have, each for itself and all at once.
fn fields(api: Api) -> Vec<Vec<&'static str>> {
    api.fields().iter().map(|name| vec![*name]).chain([api.fields().to_vec()]).collect()
}

/// A machine that is linked to a VPC, and a task that runs for another, where there are tasks.
async fn linked_topic(cloud: &Cloud) -> Topic {
    let mut topic = cloud.topic().await;
    cloud.link_by_hand(&topic.machine, &topic.vpc).await;
    if cloud.api.has_tasks() {
        cloud.set(json!({ "timing": { "taskDurationMs": 600_000 } })).await;
        let busy = cloud.machine("10.66.0.8").await;
        let taken = cloud.provider().attach(&topic.vpc, &busy).await.unwrap();
        cloud.set(json!({ "timing": { "taskDurationMs": 0 } })).await;
        let classiclink::cloud::Taken::Task(id) = taken else { panic!("{taken:?}") };
        topic.task = id;
    }
    topic
}
