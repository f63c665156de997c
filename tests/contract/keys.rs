//! Who asks: keys that are not accepted, permissions that are missing, and that no text tells either.

use std::collections::BTreeSet;

use classiclink::cloud::{Action, Kind};
use serde_json::{Value, json};

use crate::{
    api::Api,
    cloud::{Cloud, KEY, SECRET},
    subject::{Said, Subject, Topic},
};

on_each_api! {
    each: [
        a_wrong_secret_is_not_accepted,
        a_key_that_nobody_knows_is_not_accepted,
        a_key_that_was_switched_off_is_not_accepted,
        without_keys_nothing_is_sent,
        a_temporary_key_works_with_its_token_alone_and_until_it_ends,
        whoever_may_do_nothing_is_told_so_and_sees_no_absence,
        whoever_may_look_and_not_change_changes_nothing,
        a_text_that_repeats_what_was_sent_is_cleaned,
    ],
    tencent: [],
    alibaba: [a_machine_is_absent_only_where_a_dry_run_proves_the_permission]
}

const TOKEN: &str = "token+canary/of=the-key";

async fn a_wrong_secret_is_not_accepted(cloud: &Cloud) {
    nothing_is_accepted(cloud, Some((KEY, "another-canary", None))).await;
}

async fn a_key_that_nobody_knows_is_not_accepted(cloud: &Cloud) {
    nothing_is_accepted(cloud, Some(("AKIDcanary2", SECRET, None))).await;
}

async fn a_key_that_was_switched_off_is_not_accepted(cloud: &Cloud) {
    cloud.change_key(json!({ "enabled": false })).await;
    nothing_is_accepted(cloud, Some((KEY, SECRET, None))).await;
}

async fn without_keys_nothing_is_sent(cloud: &Cloud) {
    nothing_is_accepted(cloud, None).await;
    assert_eq!(cloud.calls().await.len(), 0);
}

async fn a_temporary_key_works_with_its_token_alone_and_until_it_ends(cloud: &Cloud) {
    cloud.change_key(json!({ "token": TOKEN })).await;
    for status in ["bad-request", "forbidden"] {
        cloud.set(json!({ "alibaba": { "tokenErrorStatus": status } })).await;
        nothing_is_accepted(cloud, Some((KEY, SECRET, None))).await;
        nothing_is_accepted(cloud, Some((KEY, SECRET, Some("another-canary")))).await;
    }
    let right = Some((KEY, SECRET, Some(TOKEN)));
    let topic = cloud.topic().await;
    assert!(cloud.provider_with(right).attach(&topic.vpc, &topic.machine).await.is_ok());
    cloud.change_key(json!({ "tokenExpiresAt": 1000 })).await;
    nothing_is_accepted(cloud, right).await;
}

/// Every call with these keys is refused for the keys, and a change surely not carried out.
async fn nothing_is_accepted(cloud: &Cloud, keys: Option<(&str, &str, Option<&str>)>) {
    let topic = cloud.topic().await;
    let provider = cloud.provider_with(keys);
    for action in cloud.api.actions() {
        assert_eq!(provider.ask(action, &topic).await, Err(Kind::KeyDenied), "{action:?}");
    }
    assert_eq!(provider.links_of(&BTreeSet::from([topic.machine.clone()])).await, Err(Kind::KeyDenied));
    assert!(!Kind::KeyDenied.may_have_happened());
    assert_eq!(cloud.linked(&topic.machine).await, None);
}

async fn whoever_may_do_nothing_is_told_so_and_sees_no_absence(cloud: &Cloud) {
    let topic = cloud.topic().await;
    cloud.link_by_hand(&topic.machine, &topic.vpc).await;
    cloud.change_key(json!({ "allowedActions": [] })).await;
    for setting in words_of_denial(cloud) {
        cloud.set(setting).await;
        let provider = cloud.provider();
        for action in cloud.api.actions() {
            is_denied(&provider, action, &topic).await;
        }
        let denied = Err(Kind::PermissionDenied);
        assert_eq!(provider.links_of(&BTreeSet::from([topic.machine.clone()])).await, denied);
    }
    assert!(!Kind::PermissionDenied.may_have_happened());
    assert_eq!(cloud.linked(&topic.machine).await, Some(topic.vpc));
}

async fn is_denied(provider: &Subject, action: Action, topic: &Topic) {
    match provider.ask(action, topic).await {
        Err(kind) => assert_eq!(kind, Kind::PermissionDenied, "{action:?}"),
        // A list that was empty for lack of a permission.
        Ok(Said::Machines(list)) => {
            assert!(list.found.is_empty());
            assert_eq!(list.unknown[&topic.machine].kind, Kind::PermissionDenied);
        }
        said => panic!("{action:?}: {said:?}"),
    }
}

/// The ways in which a lack of permission is told.
fn words_of_denial(cloud: &Cloud) -> Vec<Value> {
    match cloud.api {
        Api::V2 => vec![json!({})],
        Api::V3 => {
            ["auth-failure", "unauthorized"].map(|code| json!({ "tencentV3": { "permissionCode": code } })).into()
        }
        Api::Alibaba => [("empty", "absent"), ("error", "absent"), ("error", "present"), ("empty", "present")]
            .map(|(list, detail)| json!({ "alibaba": { "unauthorizedInstances": list, "accessDeniedDetail": detail } }))
            .into(),
    }
}

async fn whoever_may_look_and_not_change_changes_nothing(cloud: &Cloud) {
    let topic = cloud.topic().await;
    let looks = cloud.api.actions().into_iter().filter(|action| !matches!(action, Action::Attach | Action::Detach));
    let service = |action| match (cloud.api, action) {
        (Api::V2 | Api::V3, Action::ListMachines) => "cvm",
        (Api::Alibaba, Action::ListMachines | Action::ListLinks) => "ecs",
        _ => "vpc",
    };
    let allowed: Vec<_> =
        looks.clone().map(|action| format!("{}:{}", service(action), cloud.api.name(action))).collect();
    cloud.change_key(json!({ "allowedActions": allowed })).await;
    let provider = cloud.provider();
    for action in looks {
        let said = provider.ask(action, &topic).await;
        assert!(said.is_ok(), "{action:?}: {said:?}");
    }
    for action in [Action::Attach, Action::Detach] {
        assert_eq!(provider.ask(action, &topic).await, Err(Kind::PermissionDenied));
    }
    assert_eq!(cloud.linked(&topic.machine).await, None);
}

async fn a_text_that_repeats_what_was_sent_is_cleaned(cloud: &Cloud) {
    cloud.change_key(json!({ "token": TOKEN })).await;
    let topic = cloud.topic().await;
    let encoded = "token%2Bcanary%2Fof%3Dthe-key";
    // At the place where a message is cut off, too.
    let message = format!("{}{TOKEN} {KEY} {SECRET} {encoded}\r\nend", "x".repeat(245));
    let texts = [format!("{KEY} and {TOKEN}, or {SECRET}, or {encoded}"), message];
    let provider = cloud.provider_with(Some((KEY, SECRET, Some(TOKEN))));
    for text in texts {
        let named = json!({ "code": format!("{TOKEN}.NotFound"), "message": text, "httpStatus": 403 });
        let answer = cloud.api.of(
            json!({ "code": 7777, "codeDesc": format!("{TOKEN}.NotFound"), "message": text }),
            json!({ "code": format!("{TOKEN}.NotFound"), "message": text }),
            named,
        );
        for action in cloud.api.actions() {
            cloud.strike(action, json!({ "answer": answer })).await;
            // What is watched for in every answer would be in this one.
            let said = provider.ask(action, &topic).await;
            assert_eq!(said, Err(Kind::Unclear), "{action:?}");
        }
        cloud.clear().await;
    }
}

async fn a_machine_is_absent_only_where_a_dry_run_proves_the_permission(cloud: &Cloud) {
    let nobody = BTreeSet::from([cloud.api.machine(44_444)]);
    let provider = cloud.provider();
    for status in ["bad-request", "forbidden", "precondition-failed"] {
        cloud.set(json!({ "alibaba": { "dryRunStatus": status } })).await;
        let list = provider.machines(&nobody).await.unwrap();
        assert!(list.found.is_empty() && list.unknown.is_empty(), "{status}");
    }
    assert_eq!(cloud.calls_of(Action::ListMachines).await, 6, "a list and a dry run each");
}
