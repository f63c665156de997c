//! What people ask for beside the link: letting go by force, a look now, a word from a guard; and what they are told.

use super::*;
use crate::{
    api::{ClassicLinkStatus, ConditionType, find},
    link::{Beat, Census, Check, Finalizer, Guard, Row, report},
};

fn forced() -> Desired {
    Desired { forced: true, ..deleted() }
}

fn told(desired: &Desired, observed: &Observed) -> ClassicLinkStatus {
    let decision = decide(desired, observed, tempo(), t(NOW));
    report(desired, &observed.sighting, &decision, &ClassicLinkStatus::default(), (tempo(), t(NOW)))
}

#[test]
fn who_lets_go_by_force_waits_for_a_change_that_may_still_land_and_then_for_nothing_more() {
    let record =
        Record { link: linked(here(), Origin::Created).link, ..changing(task(Operation::Detach, here(), 9900)) };
    let early = decided(&forced(), troubled(Reason::ProviderUnavailable), record.clone());
    assert_eq!((early.row, early.finalizer), (Row::Unsettled(Operation::Detach), Finalizer::Leave));

    let late = observed(troubled(Reason::ProviderUnavailable), record);
    let late = decide(&forced(), &late, tempo(), t(NOW + SETTLING));
    assert_eq!((late.row, late.finalizer), (Row::Forced, Finalizer::Release));
    assert!(late.cause.unwrap().message.contains("vpc-here"));
}

#[test]
fn a_task_that_never_ends_holds_back_force_for_half_an_hour_and_no_longer() {
    let mut running = task(Operation::Attach, here(), 0);
    running.id = Some(TaskId("1".into()));
    let progress = Some(Progress::Running { at: t(1799) });
    let attempt = Attempt { started_at: t(0), answer: Some(taken(1)), progress };
    let observed = Observed { attempt: Some(attempt), ..observed(seen(LinkSeen::Unlooked), changing(running)) };
    assert_eq!(decide(&forced(), &observed, tempo(), t(1799)).finalizer, Finalizer::Leave);
    let released = decide(&forced(), &observed, tempo(), t(1800));
    assert_eq!((released.row, released.finalizer), (Row::Forced, Finalizer::Release));
}

#[test]
fn a_check_is_answered_by_a_look_begun_after_it_was_asked_for() {
    let check = |since| Some(Check { value: "now".into(), since: t(since) });
    let alive = || observed(seen(alive(here())), linked(here(), Origin::Created));
    let before = Observed { check: check(9001), ..alive() };
    let after = Observed { check: check(9000), ..alive() };
    let waiting = decide(&desired(), &before, tempo(), t(NOW));
    assert_eq!((waiting.checked, waiting.watch.need.map(|need| need.after)), (None, Some(t(9001))));
    let answered = told(&desired(), &after);
    assert_eq!(answered.last_handled_check_at.as_deref(), Some("now"));
}

#[test]
fn where_nothing_may_be_looked_at_a_check_is_answered_by_saying_so() {
    let refused = Desired { standing: Standing::Claimed("default/elder".into()), ..desired() };
    let check = Some(Check { value: "now".into(), since: t(NOW) });
    let status = told(&refused, &Observed { check, ..observed(Sighting::none(), Record::default()) });
    assert_eq!(status.last_handled_check_at.as_deref(), Some("now"));
}

#[test]
fn a_link_that_survives_a_change_of_address_follows_it_and_says_so() {
    let row = LinkRow { vpc: here(), private_ip: Some(ip(9)) };
    let decision = decided(&desired(), seen(LinkSeen::Alive(row)), linked(here(), Origin::Created));
    assert_eq!(decision.record.link.unwrap().private_ip, Some(ip(9)));
    assert_eq!(decision.news[0].reason, Reason::PrivateIpChanged);
    assert!(decision.news[0].message.contains("10.0.0.1") && decision.news[0].message.contains("10.0.0.9"));
}

#[test]
fn six_of_ten_links_that_die_at_once_are_held_and_five_are_not() {
    let dead = seen(LinkSeen::Dead(row_to(here())));
    let census = |count: usize| {
        let mut census = Census::default();
        for number in 0..10 {
            let seen = if number < count { &dead } else { &seen(alive(here())) };
            census.note(&format!("uid-{number}"), true, seen, t(0));
        }
        census.holds(Guard::Relink, "uid-0", "prod", tempo(), t(0))
    };
    assert_eq!(census(5), None);
    let notice = census(6).unwrap();
    assert_eq!(notice.reason, Reason::MassRelinkSuspected);
    assert!(notice.message.contains("6 of 10 links are dead at once"), "{}", notice.message);
}

#[test]
fn what_is_held_is_shown_as_last_seen_and_that_someone_has_to_act() {
    let guard = Some(Notice::new(Reason::MassRelinkSuspected, "say so"));
    let before = told(&desired(), &observed(seen(alive(here())), linked(here(), Origin::Created)));
    let sighting = Sighting { guard, ..seen(LinkSeen::Dead(row_to(here()))) };
    let edited = Desired { generation: 2, ..desired() };
    let decision = decided(&edited, sighting.clone(), linked(here(), Origin::Created));
    let status = report(&edited, &sighting, &decision, &before, (tempo(), t(NOW)));
    let condition = |type_| find(&status.conditions, type_).unwrap();
    assert_eq!(condition(ConditionType::Ready).status, "True");
    assert_eq!(condition(ConditionType::Ready).observed_generation, Some(1), "it is about what was seen then");
    assert_eq!(condition(ConditionType::Stalled).reason, "MassRelinkSuspected");
    assert_eq!(status.observed_generation, Some(2));
}

#[test]
fn a_task_that_runs_for_half_an_hour_is_said_to_be_stuck() {
    for (operation, word) in [(Operation::Attach, "attach"), (Operation::Detach, "detach")] {
        let mut running = task(operation, here(), NOW - 1800);
        running.id = Some(TaskId("1".into()));
        let progress = Some(Progress::Running { at: t(NOW - 1) });
        let attempt = Attempt { started_at: t(NOW - 1800), answer: Some(taken(NOW - 1799)), progress };
        let observed = Observed { attempt: Some(attempt), ..observed(seen(LinkSeen::Absent), changing(running)) };
        let status = told(&desired(), &observed);
        let ready = find(&status.conditions, ConditionType::Ready).unwrap();
        assert_eq!(ready.reason, "InstanceBusy");
        assert!(ready.message.contains(&format!("task to {word} ins-test")), "{}", ready.message);
        assert!(find(&status.conditions, ConditionType::Stalled).is_some());
    }
}

#[test]
fn each_refusal_says_what_to_do_and_the_clouds_own_words() {
    for (reason, advice) in [
        (Reason::QuotaExceeded, "have the quota raised"),
        (Reason::CidrNotSupported, "the range of vpc-here cannot be linked"),
        (Reason::PermissionDenied, "extend their policy"),
        (Reason::CredentialsRejected, "replace them"),
        (Reason::InstanceBusy, "it is tried again"),
        (Reason::InstanceNotReady, "ins-test is locked at the cloud until its owner settles that"),
        (Reason::Throttled, "slow down"),
        (Reason::Refused, "from time to time"),
    ] {
        let later = Some(t(NOW + 60));
        let observed = Observed { not_before: later, ..observed(seen(LinkSeen::Absent), refused(reason, 0, 1)) };
        let status = told(&desired(), &observed);
        let message = &find(&status.conditions, ConditionType::Ready).unwrap().message;
        assert!(message.contains(advice) && message.ends_with("(the cloud says: full)"), "{message}");
    }
}

#[test]
fn a_word_without_more_from_the_cloud_stands_alone() {
    let mut record = refused(Reason::Throttled, 0, 1);
    record.refusal.as_mut().unwrap().message.clear();
    let observed = Observed { not_before: Some(t(NOW + 60)), ..observed(seen(LinkSeen::Absent), record) };
    let status = told(&desired(), &observed);
    assert!(!find(&status.conditions, ConditionType::Ready).unwrap().message.contains("the cloud says"));
}

#[test]
fn confirming_looks_follow_at_once_and_then_after_two_four_eight_and_fifteen_seconds() {
    let gaps: Vec<u64> = (0..6).map(|done| tempo().confirm_gap(done).as_secs()).collect();
    assert_eq!(gaps, [0, 2, 4, 8, 15, 15]);
    assert_eq!(tempo().beat(Beat::Soon).1.as_secs(), 60);
}

#[test]
fn an_unseen_word_of_the_list_is_pending_and_never_taken_for_a_success() {
    let odd = Desired {
        standing: Standing::Refused(Notice::new(Reason::Pending, "waiting for the controller")),
        ..desired()
    };
    let status = told(&odd, &observed(Sighting::none(), Record::default()));
    assert_eq!(find(&status.conditions, ConditionType::Ready).unwrap().status, "Unknown");
}
