//! A cloud that cannot take more, or is not there any more.

use std::time::{Duration, Instant};

use classiclink::cloud::{Action, Kind};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::{api::Api, cloud::Cloud};

on_each_api! {
    each: [
        what_comes_too_fast_is_throttled_and_not_carried_out,
        a_look_that_is_throttled_says_so,
        an_api_that_is_no_longer_served_is_offline,
        an_address_where_nobody_listens_is_a_passing_trouble,
    ],
    tencent: [an_api_under_maintenance_is_a_passing_trouble],
    alibaba: [an_action_rests_for_as_long_as_the_answer_asks]
}

async fn what_comes_too_fast_is_throttled_and_not_carried_out(cloud: &Cloud) {
    cloud.set(json!({ "traffic": { "callsPerSecond": { "AttachClassicLinkVpc": 2 } } })).await;
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let mut machines = Vec::new();
    for number in 1..=8 {
        machines.push(cloud.machine(&format!("10.66.0.{number}")).await);
    }
    let provider = cloud.provider();

    let asked = Instant::now();
    let answers = join_all(machines.iter().map(|machine| provider.attach(&vpc, machine))).await;

    // Two a second. What takes less than a second can lie in two of them, and each second more adds one.
    let seconds = asked.elapsed().as_secs() + 2;
    let taken = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(u64::try_from(taken).unwrap() <= 2 * seconds, "in {seconds} s: {answers:?}");
    for (machine, answer) in machines.iter().zip(answers) {
        assert!(matches!(answer, Ok(_) | Err(Kind::Throttled)), "{answer:?}");
        assert_eq!(cloud.linked(machine).await.is_some(), answer.is_ok());
    }
    assert!(Kind::Throttled.pauses_account() && !Kind::Throttled.may_have_happened());
}

async fn a_look_that_is_throttled_says_so(cloud: &Cloud) {
    let topic = cloud.topic().await;
    let answer = cloud.api.of(
        json!({ "code": 4400 }),
        json!({ "code": "RequestLimitExceeded.UinLimitExceeded" }),
        json!({ "code": "Throttling.User", "httpStatus": 400 }),
    );
    cloud.strike_all(json!({ "answer": answer })).await;
    let provider = cloud.provider();
    for action in cloud.api.actions() {
        let before = cloud.calls_of(action).await;
        assert_eq!(provider.ask(action, &topic).await, Err(Kind::Throttled), "{action:?}");
        assert_eq!(cloud.calls_of(action).await - before, 1, "{action:?}: whoever asks comes back, not the provider");
    }
}

async fn an_api_that_is_no_longer_served_is_offline(cloud: &Cloud) {
    let offline = cloud.api.of("offline", "offline", "switched-off");
    every_call_is(cloud, offline, Kind::Offline).await;
    assert!(!Kind::Offline.may_have_happened());
}

async fn an_api_under_maintenance_is_a_passing_trouble(cloud: &Cloud) {
    every_call_is(cloud, cloud.api.of("maintenance", "unavailable", ""), Kind::Transient).await;
}

async fn every_call_is(cloud: &Cloud, setting: &str, kind: Kind) {
    let topic = cloud.topic().await;
    let section = cloud.api.dialect();
    cloud.set(json!({ section: { "api": setting } })).await;
    let provider = cloud.provider();
    for action in cloud.api.actions() {
        assert_eq!(provider.ask(action, &topic).await, Err(kind), "{action:?}");
    }
    assert_eq!(cloud.linked(&topic.machine).await, None);
}

async fn an_address_where_nobody_listens_is_a_passing_trouble(cloud: &Cloud) {
    let topic = cloud.topic().await;
    // A port that was free a moment ago may be another test's by now; port 9 discards, and nobody is there.
    let provider = cloud.astray("http://127.0.0.1:9");
    for action in cloud.api.actions() {
        assert_eq!(provider.ask(action, &topic).await, Err(Kind::Transient), "{action:?}");
    }
}

async fn an_action_rests_for_as_long_as_the_answer_asks(cloud: &Cloud) {
    const WAIT: Duration = Duration::from_secs(5);
    assert_eq!(cloud.api, Api::Alibaba, "one cloud alone says how long");
    let topic = cloud.topic().await;
    let answer: Value = json!({ "code": "Throttling.User", "retryAfterMs": 5_000 });
    let fault = json!({ "action": cloud.api.name(Action::ReadVpc), "effect": { "answer": answer } });
    cloud.post("faults", fault).await;
    let provider = cloud.provider();
    assert_eq!(provider.ask(Action::ReadVpc, &topic).await, Err(Kind::Throttled));
    let asked = Instant::now();
    assert!(provider.ask(Action::ListLinks, &topic).await.is_ok());
    assert!(asked.elapsed() < WAIT, "another action does not rest");
    assert!(provider.ask(Action::ReadVpc, &topic).await.is_ok());
    assert!(asked.elapsed() > WAIT / 2, "it came back after {:?}", asked.elapsed());
}
