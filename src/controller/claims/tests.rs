//! Who has the claim to a machine, while writes and watches come in any order.

use serde_json::{Value, json};

use super::*;

/// An object for one machine, created so many seconds after the epoch, as of a resource version.
pub(in crate::controller) fn link(name: &str, created: i64, version: u64, status: &Value) -> ClassicLink {
    serde_json::from_value(json!({
        "apiVersion": "classiclink.dev/v1alpha1",
        "kind": "ClassicLink",
        "metadata": {
            "name": name, "namespace": "default", "uid": name, "resourceVersion": version.to_string(),
            "creationTimestamp": jiff::Timestamp::from_second(created).unwrap().to_string(),
        },
        "spec": {
            "accountRef": { "name": "prod" }, "region": "ap-guangzhou", "instanceId": "ins-00000001",
            "vpcId": "vpc-00000001",
        },
        "status": status,
    }))
    .unwrap()
}

pub(in crate::controller) fn changing() -> Value {
    json!({ "task": { "operation": "Attach", "vpcId": "vpc-00000001", "startedAt": "2026-01-01T00:00:00.000000Z" } })
}

pub(in crate::controller) fn linked() -> Value {
    json!({ "link": { "vpcId": "vpc-00000001", "origin": "Created", "since": "2026-01-01T00:00:00.000000Z" } })
}

fn same(one: &str, other: &str) -> bool {
    one == other
}

fn winner(claims: &Claims, uid: &str) -> String {
    claims.winner(uid, same, |_| true).unwrap().owner.name
}

#[test]
fn without_a_holder_the_oldest_has_the_claim() {
    let claims = Claims::default();
    claims.put(&link("younger", 20, 1, &json!({})));
    claims.put(&link("elder", 10, 2, &json!({})));
    assert_eq!(winner(&claims, "younger"), "elder");
}

#[test]
fn a_holder_has_the_claim_whatever_its_age() {
    let claims = Claims::default();
    claims.put(&link("holder", 20, 1, &linked()));
    claims.put(&link("elder", 10, 2, &json!({})));
    assert_eq!(winner(&claims, "elder"), "holder");
}

#[test]
fn while_a_change_is_under_way_nobody_else_has_the_claim() {
    let claims = Claims::default();
    claims.put(&link("changing", 20, 1, &changing()));
    claims.put(&link("elder", 10, 2, &linked()));
    assert_eq!(winner(&claims, "elder"), "changing");
    assert!(claims.is_outrun("elder", same));
    assert!(!claims.is_outrun("changing", same));
}

#[test]
fn what_a_write_returned_counts_before_the_watch_shows_it() {
    let claims = Claims::default();
    claims.put(&link("web", 10, 5, &json!({})));
    claims.learn(&link("web", 10, 7, &changing()));
    claims.put(&link("web", 10, 6, &json!({})));
    assert!(claims.of_account("prod")[0].holds(), "the watch is behind");
    claims.put(&link("web", 10, 8, &json!({})));
    assert!(!claims.of_account("prod")[0].holds());
}

#[test]
fn a_write_does_not_bring_back_an_object_that_went() {
    let claims = Claims::default();
    claims.put(&link("web", 10, 5, &json!({})));
    assert!(!claims.leave("web").unwrap().vanished);
    assert_eq!(claims.learn(&link("web", 10, 6, &changing())), None);
    assert!(claims.of_account("prod").is_empty());
    assert!(claims.is_outrun("web", same), "who is not listed may not act");
}

#[test]
fn an_object_that_vanished_with_a_change_under_way_keeps_its_claim_until_that_is_settled() {
    let claims = Claims::default();
    claims.put(&link("gone", 20, 1, &changing()));
    claims.put(&link("next", 30, 2, &json!({})));
    let gone = claims.leave("gone").unwrap();
    assert!(gone.vanished);
    assert!(claims.is_outrun("gone", same), "an intent that is being written must not be carried out");
    assert!(claims.missing(&BTreeSet::from(["next".into()])).is_empty(), "it is known to have gone");
    assert_eq!(winner(&claims, "next"), "gone");
    claims.remove(&gone);
    assert_eq!(winner(&claims, "next"), "next");
}

#[test]
fn accounts_are_judged_while_the_table_is_free() {
    let claims = Claims::default();
    claims.put(&link("elder", 10, 1, &changing()));
    claims.put(&link("younger", 20, 2, &json!({})));
    let is_free = || assert!(claims.table.try_lock().is_ok(), "whoever judges an account may ask what is on record");
    let same = |_: &str, _: &str| {
        is_free();
        true
    };
    let usable = |_: &Claimant| {
        is_free();
        true
    };
    assert_eq!(claims.winner("younger", same, usable).unwrap().owner.name, "elder");
    assert!(claims.is_outrun("younger", same));
}

#[test]
fn an_object_that_we_let_go_reserves_nothing_whatever_its_last_version_says() {
    let claims = Claims::default();
    claims.put(&link("web", 20, 1, &changing()));
    claims.releasing("web");
    claims.put(&link("web", 20, 2, &changing()));
    let gone = claims.leave("web").unwrap();
    assert!(!gone.vanished && !claims.knows("web"));
}

#[test]
fn an_object_whose_finalizer_could_not_be_taken_off_is_reserved_for_like_any_other() {
    let claims = Claims::default();
    claims.put(&link("web", 20, 1, &changing()));
    claims.releasing("web");
    claims.stays("web");
    assert!(claims.leave("web").unwrap().vanished);
}

#[test]
fn an_object_goes_once() {
    let claims = Claims::default();
    claims.put(&link("web", 20, 1, &changing()));
    assert!(claims.leave("web").is_some());
    assert!(claims.leave("web").is_none(), "it is followed already");
}

#[test]
fn only_who_goes_with_a_link_of_its_own_and_was_not_let_go_leaves_one_behind() {
    let claims = Claims::default();
    let left = |status: &Value, released: bool| {
        claims.put(&link("web", 20, 1, status));
        if released {
            claims.releasing("web");
        }
        let gone = claims.leave("web").unwrap();
        claims.remove(&gone);
        gone.leaves(&gone.record).map(ToString::to_string)
    };
    let found = json!({ "link": { "vpcId": "vpc-1", "origin": "Found", "since": "2026-01-01T00:00:00.000000Z" } });
    assert_eq!(left(&linked(), false).as_deref(), Some("vpc-00000001"));
    assert_eq!(left(&changing(), false).as_deref(), Some("vpc-00000001"), "it may have landed");
    assert_eq!(left(&linked(), true), None);
    assert_eq!(left(&found, false), None);
    assert_eq!(left(&json!({}), false), None);
}

#[test]
fn between_the_halves_of_a_heal_the_object_keeps_its_claim_against_an_elder() {
    let claims = Claims::default();
    claims.put(&link("healing", 20, 1, &changing()));
    claims.put(&link("elder", 10, 2, &json!({})));
    claims.heals("healing", true, true);
    let nothing = link("healing", 20, 3, &json!({}));
    claims.learn(&nothing);
    assert_eq!(winner(&claims, "elder"), "healing");
    assert!(claims.of_account("prod").iter().any(Claimant::holds), "its account stays for it");
    assert_eq!(claims.heals("healing", false, true), None, "nothing changed");

    let rivals = claims.heals("healing", false, false).unwrap();

    assert_eq!(rivals.iter().map(|rival| rival.name.as_str()).collect::<Vec<_>>(), ["elder"]);
    assert_eq!(winner(&claims, "healing"), "elder");
}
