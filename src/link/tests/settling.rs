//! When a change is settled, and when it is not.

use super::*;
use crate::link::{Settling, settle};

/// Judges an attach to the wanted VPC, begun at 0.
fn attaching(attempt: Option<&Attempt>, sighting: &Sighting, now: i64) -> Settling {
    settle(&task(Operation::Attach, here(), 0), attempt, sighting, tempo(), t(now))
}

/// Judges a detach from the wanted VPC, begun at 0.
fn detaching(attempt: Option<&Attempt>, sighting: &Sighting, now: i64) -> Settling {
    settle(&task(Operation::Detach, here(), 0), attempt, sighting, tempo(), t(now))
}

fn at(looked: i64, link: LinkSeen) -> Sighting {
    Sighting { looked: Some(t(looked)), agreed: Some(t(looked)), ..seen(link) }
}

fn with(attempt: Attempt, progress: Progress) -> Attempt {
    Attempt { progress: Some(progress), ..attempt }
}

fn in_batch(at: i64, batch: usize) -> Answer {
    Answer::Taken { task: Some(TaskId("1".into())), at: t(at), batch }
}

/// Whether the change is open: when the look must begin that can settle it, and whether its task runs.
fn open(judged: &Settling) -> Option<(Timestamp, bool)> {
    if let Settling::Open { look_after, running, .. } = judged { Some((*look_after, *running)) } else { None }
}

fn is_open(judged: &Settling, look_after: i64, running: bool) {
    assert_eq!(open(judged), Some((t(look_after), running)), "{judged:?}");
}

#[test]
fn a_change_that_never_left_did_not_happen() {
    let never = attempt(0, Answer::NotSent);
    assert_eq!(attaching(Some(&never), &at(-1, LinkSeen::Absent), 1), Settling::NotDone(None));
    assert_eq!(detaching(Some(&never), &at(-1, alive(here())), 1), Settling::NotDone(None));
}

#[test]
fn a_change_that_was_refused_did_not_happen_whatever_is_seen() {
    let refused = attempt(0, Answer::Refused(denial()));
    for link in [LinkSeen::Absent, LinkSeen::Unlooked, alive(here())] {
        assert_eq!(attaching(Some(&refused), &at(20, link), 21), Settling::NotDone(Some(denial())));
    }
}

#[test]
fn an_earlier_unclear_attempt_keeps_a_refusal_from_settling_the_change() {
    let task = Task { unclear_since: Some(t(-50)), ..task(Operation::Attach, here(), 0) };
    for (answer, why) in [(Answer::Refused(denial()), Some(denial())), (Answer::NotSent, None)] {
        let later = attempt(0, answer);
        let judge = |sighting: &Sighting, now| settle(&task, Some(&later), sighting, tempo(), t(now));
        assert!(matches!(judge(&at(20, LinkSeen::Absent), 21), Settling::Open { .. }));
        assert_eq!(judge(&at(20, alive(here())), 21), Settling::Done, "the earlier attempt may have made it");
        assert_eq!(judge(&at(SETTLING, LinkSeen::Absent), SETTLING), Settling::Expired(why));
    }
    let failed = with(attempt(0, taken(1)), failed(5));
    let judge = |sighting: &Sighting| settle(&task, Some(&failed), sighting, tempo(), t(30));
    assert!(matches!(judge(&at(20, LinkSeen::Absent)), Settling::Open { .. }));
}

#[test]
fn a_look_begun_after_the_answer_that_shows_what_was_wanted_settles_it() {
    let done = with(attempt(0, taken(1)), Progress::Succeeded { at: t(3) });
    assert_eq!(attaching(Some(&done), &at(4, alive(here())), 5), Settling::Done);
    assert_eq!(detaching(Some(&done), &at(4, LinkSeen::Absent), 5), Settling::Done);
    assert_eq!(detaching(Some(&done), &at(4, alive(there())), 5), Settling::Done);
    is_open(&attaching(Some(&done), &at(4, alive(there())), 5), 1, false);
    // The list may lag.
    is_open(&attaching(Some(&done), &at(4, LinkSeen::Absent), 5), 1, false);
}

#[test]
fn a_look_begun_before_the_answer_does_not_count() {
    let done = with(attempt(0, taken(6)), Progress::Succeeded { at: t(7) });
    is_open(&attaching(Some(&done), &at(5, alive(here())), 8), 6, false);
    is_open(&detaching(Some(&done), &at(5, LinkSeen::Absent), 8), 6, false);
    let unanswered = Attempt { started_at: t(0), answer: None, progress: None };
    for attempt in [None, Some(&unanswered)] {
        // It may not have left yet.
        is_open(&attaching(attempt, &at(9, alive(here())), 12), 10, false);
        assert_eq!(attaching(attempt, &at(10, alive(here())), 12), Settling::Done);
    }
}

#[test]
fn a_list_that_was_not_read_since_the_change_shows_nothing() {
    let done = with(attempt(0, taken(1)), Progress::Succeeded { at: t(3) });
    let stale = Sighting { looked: None, ..seen(LinkSeen::Unlooked) };
    is_open(&detaching(Some(&done), &stale, 5), 1, false);
    is_open(&detaching(Some(&done), &at(4, LinkSeen::Unlooked), 5), 1, false);
}

#[test]
fn an_unclear_answer_is_settled_by_reading_or_by_time() {
    let unclear = attempt(0, Answer::Unclear { at: t(12) });
    is_open(&attaching(Some(&unclear), &at(11, alive(here())), 13), 12, false);
    assert_eq!(attaching(Some(&unclear), &at(12, alive(here())), 13), Settling::Done);
    is_open(&attaching(Some(&unclear), &at(311, LinkSeen::Absent), 311), 12, false);
    assert_eq!(attaching(Some(&unclear), &at(312, LinkSeen::Absent), 312), Settling::Expired(None));
    let early = attempt(0, Answer::Unclear { at: t(2) });
    // Cut off, it may land until 10 s.
    is_open(&attaching(Some(&early), &at(5, alive(here())), 6), 10, false);
}

#[test]
fn what_is_seen_counts_only_in_a_look_begun_after_the_settling_time() {
    let taken = attempt(0, Answer::Taken { task: None, at: t(1), batch: 1 });
    is_open(&attaching(Some(&taken), &at(300, LinkSeen::Absent), 900), 1, false);
    assert_eq!(attaching(Some(&taken), &at(301, LinkSeen::Absent), 301), Settling::Expired(None));
    // Unanswered: from the departure.
    is_open(&attaching(None, &at(309, LinkSeen::Absent), 900), 10, false);
    assert_eq!(attaching(None, &at(310, LinkSeen::Absent), 900), Settling::Expired(None));
}

#[test]
fn a_running_task_never_expires_and_no_look_settles_it() {
    for asked in [5, 500, 5000] {
        let running = with(attempt(0, taken(1)), Progress::Running { at: t(asked) });
        is_open(&attaching(Some(&running), &at(asked + 1, alive(here())), asked + 2), 1, true);
        is_open(&detaching(Some(&running), &at(asked + 1, LinkSeen::Absent), asked + 2), 1, true);
    }
    let unasked = Task { id: Some(TaskId("1".into())), ..task(Operation::Attach, here(), 0) };
    let judged = settle(&unasked, None, &at(5000, LinkSeen::Absent), tempo(), t(5000));
    // After a restart the task is asked about before anything is believed.
    is_open(&judged, 10, true);
}

#[test]
fn a_task_that_the_cloud_does_not_know_is_settled_by_reading() {
    let unknown = with(attempt(0, taken(1)), Progress::Unknown { at: t(2) });
    is_open(&attaching(Some(&unknown), &at(3, LinkSeen::Absent), 4), 1, false);
    assert_eq!(attaching(Some(&unknown), &at(3, alive(here())), 4), Settling::Done);
    assert_eq!(attaching(Some(&unknown), &at(302, LinkSeen::Absent), 302), Settling::Expired(None));
}

#[test]
fn a_task_may_not_be_visible_in_its_first_seconds_unless_it_was_seen() {
    let silent = attempt(0, taken(1));
    assert!(silent.may_not_be_visible(t(10), tempo()));
    assert!(!silent.may_not_be_visible(t(11), tempo()));
    assert!(!with(silent, Progress::Running { at: t(2) }).may_not_be_visible(t(3), tempo()));
}

#[test]
fn a_task_forgotten_after_a_long_run_is_given_the_settling_time_from_then_on() {
    // It ran for an hour and was seen running a moment before the cloud forgot it.
    let forgotten = with(attempt(0, taken(1)), Progress::Unknown { at: t(3600) });
    is_open(&attaching(Some(&forgotten), &at(3610, LinkSeen::Absent), 3611), 1, false);
    assert_eq!(attaching(Some(&forgotten), &at(3900, LinkSeen::Absent), 3900), Settling::Expired(None));
}

#[test]
fn a_task_that_failed_alone_is_refused_with_the_clouds_words() {
    let failed = with(attempt(0, taken(1)), failed(5));
    let why = Denial {
        reason: Reason::Refused,
        message: "it failed".into(),
        beat: crate::link::Beat::Backoff,
        locked: false,
    };
    assert_eq!(attaching(Some(&failed), &at(6, LinkSeen::Absent), 7), Settling::NotDone(Some(why.clone())));
    // A look after it failed.
    is_open(&attaching(Some(&failed), &at(4, LinkSeen::Absent), 7), 5, false);
    assert_eq!(attaching(Some(&failed), &at(6, alive(here())), 7), Settling::NotDone(Some(why.clone())), "not by us");
    assert_eq!(detaching(Some(&failed), &at(6, alive(here())), 7), Settling::NotDone(Some(why)));
    assert_eq!(detaching(Some(&failed), &at(6, LinkSeen::Absent), 7), Settling::Done, "it was gone already");
}

#[test]
fn a_task_that_failed_in_company_is_tried_again_in_half_the_company() {
    let failed = with(attempt(0, in_batch(1, 9)), failed(5));
    assert_eq!(attaching(Some(&failed), &at(6, LinkSeen::Absent), 7), Settling::TrySmaller { most: 4 });
    assert_eq!(attaching(Some(&failed), &at(6, alive(here())), 7), Settling::Done);
    is_open(&attaching(Some(&failed), &at(4, LinkSeen::Absent), 7), 5, false);
}

#[test]
fn a_task_that_failed_before_a_restart_is_tried_again_alone() {
    let restarted = Attempt { started_at: t(0), answer: None, progress: Some(failed(20)) };
    assert_eq!(attaching(Some(&restarted), &at(21, LinkSeen::Absent), 22), Settling::TrySmaller { most: 1 });
}

#[test]
fn a_split_batch_is_tried_again_smaller_once_a_look_shows_that_it_did_not_happen() {
    let split = attempt(0, Answer::Split { at: t(1), batch: 20 });
    is_open(&attaching(Some(&split), &at(0, LinkSeen::Absent), 2), 1, false);
    assert_eq!(attaching(Some(&split), &at(1, LinkSeen::Absent), 2), Settling::TrySmaller { most: 10 });
    assert_eq!(attaching(Some(&split), &at(1, alive(here())), 2), Settling::Done);
    let pair = attempt(0, Answer::Split { at: t(1), batch: 2 });
    assert_eq!(attaching(Some(&pair), &at(1, LinkSeen::Absent), 2), Settling::TrySmaller { most: 1 });
}

#[test]
fn a_split_batch_that_is_not_tried_again_is_settled_by_time() {
    let split = attempt(0, Answer::Split { at: t(1), batch: 20 });
    assert_eq!(attaching(Some(&split), &at(301, LinkSeen::Absent), 302), Settling::Expired(None));
}

#[test]
fn what_came_back_for_another_attempt_says_nothing() {
    let other = attempt(-30, Answer::Refused(denial()));
    is_open(&attaching(Some(&other), &at(9, LinkSeen::Absent), 10), 10, false);
}

#[test]
fn a_refusal_after_an_unclear_attempt_is_told_once_that_is_settled_by_time() {
    let task = Task { unclear_since: Some(t(-50)), ..task(Operation::Attach, here(), 0) };
    let refused = attempt(0, Answer::Refused(denial()));
    let late = observed(at(SETTLING, LinkSeen::Absent), changing(task));
    let decision = decide(&desired(), &Observed { attempt: Some(refused), ..late }, tempo(), t(SETTLING));
    assert_eq!(decision.record.refusal.map(|refusal| refusal.reason), Some(Reason::QuotaExceeded));
    assert_eq!(decision.denied, Some(super::super::Beat::Slow));
}
