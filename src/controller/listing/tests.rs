use std::sync::Mutex;

use serde_json::{Value, json};

use super::{
    super::claims::tests::{changing, link, linked},
    *,
};
use crate::api::FINALIZER;

/// An object that is being deleted, with these finalizers.
fn deleted(version: u64, status: &Value, finalizers: &[&str]) -> ClassicLink {
    let mut link = link("web", 10, version, status);
    link.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
    link.metadata.finalizers = Some(finalizers.iter().map(ToString::to_string).collect());
    link
}

/// A table that is complete before these events, or not, and who is said to have gone: with a change under way?
fn gone(claims: &Arc<Claims>, events: &[Event<ClassicLink>]) -> Vec<bool> {
    let gone = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&gone);
    let mut listing = Listing::inspector(Arc::clone(claims), move |ripple| {
        if let Ripple::Gone(gone) = ripple {
            heard.lock().unwrap().push(gone.vanished);
        }
    });
    for event in events {
        listing(event);
    }
    let gone = gone.lock().unwrap();
    gone.clone()
}

fn running() -> Arc<Claims> {
    let claims = Arc::new(Claims::default());
    claims.is_complete();
    claims
}

#[test]
fn one_that_we_let_go_is_gone_at_once_though_another_finalizer_keeps_it() {
    let claims = running();
    let before = deleted(2, &changing(), &[FINALIZER, "example.com/other"]);
    assert!(gone(&claims, &[Event::Apply(before)]).is_empty());
    claims.releasing("web");
    let kept = Event::Apply(deleted(3, &changing(), &["example.com/other"]));
    let edited = Event::Apply(deleted(4, &changing(), &["example.com/other"]));
    let end = Event::Delete(deleted(5, &changing(), &[]));

    assert_eq!(gone(&claims, &[kept]), [false]);
    claims.remove(&Claimant::of(&link("web", 10, 3, &json!({}))));
    assert!(gone(&claims, &[edited, end]).is_empty(), "it does not come back, and goes once");
    assert!(!claims.knows("web"));
}

#[test]
fn one_whose_finalizer_was_taken_off_by_hand_with_a_change_under_way_is_reserved_for() {
    let claims = running();
    let before = deleted(2, &changing(), &[FINALIZER, "example.com/other"]);
    let kept = deleted(3, &changing(), &["example.com/other"]);
    let end = deleted(4, &changing(), &[]);
    assert_eq!(gone(&claims, &[Event::Apply(before), Event::Apply(kept), Event::Delete(end)]), [true]);
    assert!(claims.knows("web"));
}

#[test]
fn of_those_that_went_before_the_first_list_only_a_change_under_way_is_of_interest() {
    for (status, reserved) in [(changing(), vec![true]), (linked(), vec![])] {
        let claims = Arc::new(Claims::default());
        let kept = Event::InitApply(deleted(3, &status, &["example.com/other"]));
        assert_eq!(gone(&claims, &[Event::Init, kept, Event::InitDone]), reserved);
        assert_eq!(claims.knows("web"), !reserved.is_empty());
    }
}

#[test]
fn one_that_is_deleted_and_still_has_our_finalizer_stays() {
    let claims = running();
    assert!(gone(&claims, &[Event::Apply(deleted(2, &linked(), &[FINALIZER]))]).is_empty());
    assert!(claims.knows("web"));
}
