//! The life of a change: moving, moving back, deletion on the way, refusals and what follows them.

use super::*;
use crate::link::{Beat, Finalizer, Row, Settling, Step, settle};

/// A decision with what came back for the attempt begun at `started`.
fn answered(desired: &Desired, sighting: Sighting, record: Record, started: i64, answer: Answer) -> Decision {
    let observed = Observed { attempt: Some(attempt(started, answer)), ..observed(sighting, record) };
    decide(desired, &observed, tempo(), t(NOW))
}

fn asks(decision: &Decision) -> Option<(Operation, VpcId)> {
    match &decision.step {
        Step::Change(change) => Some((change.operation, change.vpc.clone())),
        Step::Nothing | Step::RemoveObject => None,
    }
}

fn wanting(vpc: VpcId) -> Desired {
    Desired { vpc: Some(vpc), generation: 2, ..desired() }
}

#[test]
fn moving_again_while_the_first_move_runs_waits_for_it_and_then_moves_on() {
    let record = changing(task(Operation::Attach, here(), 8000));
    let running = answered(&wanting(there()), seen(LinkSeen::Absent), record.clone(), 8000, taken(8001));
    assert_eq!((&running.row, asks(&running)), (&Row::Unsettled(Operation::Attach), None));
    let attempt = Attempt { progress: Some(Progress::Succeeded { at: t(8005) }), ..attempt(8000, taken(8001)) };
    let observed = Observed { attempt: Some(attempt), ..observed(seen(alive(here())), record) };
    let landed = decide(&wanting(there()), &observed, tempo(), t(NOW));
    assert_eq!(landed.row, Row::Move(here()));
    assert_eq!(asks(&landed), Some((Operation::Detach, here())), "it was seen, so it may be removed");
    assert_eq!(landed.record.link.unwrap().origin, Origin::Created);
}

#[test]
fn moving_back_while_the_link_is_being_removed_makes_it_again() {
    let record =
        Record { link: linked(here(), Origin::Created).link, ..changing(task(Operation::Detach, here(), 8000)) };
    let running = answered(&desired(), seen(alive(here())), record.clone(), 8000, taken(8001));
    assert_eq!(running.row, Row::Unsettled(Operation::Detach));
    let answer = Answer::Taken { task: None, at: t(8001), batch: 1 };
    let gone = answered(&desired(), seen(LinkSeen::Absent), record, 8000, answer);
    assert_eq!((gone.record.link.clone(), asks(&gone)), (None, Some((Operation::Attach, here()))));
}

#[test]
fn deletion_while_a_task_runs_waits_for_it_and_removes_what_it_made() {
    let record = changing(task(Operation::Attach, here(), 8000));
    let running = answered(&deleted(), seen(LinkSeen::Absent), record.clone(), 8000, taken(8001));
    assert_eq!((running.row, running.finalizer), (Row::Unsettled(Operation::Attach), Finalizer::Leave));
    let answer = Answer::Taken { task: None, at: t(8001), batch: 1 };
    let landed = answered(&deleted(), seen(alive(here())), record, 8000, answer);
    assert_eq!((landed.row.clone(), asks(&landed)), (Row::Detach, Some((Operation::Detach, here()))));
}

#[test]
fn a_normal_deletion_ends_with_the_first_look_that_shows_the_link_gone() {
    let record =
        Record { link: linked(here(), Origin::Created).link, ..changing(task(Operation::Detach, here(), 8000)) };
    let answer = Answer::Taken { task: None, at: t(8001), batch: 1 };
    let gone = answered(&deleted(), seen(LinkSeen::Absent), record, 8000, answer);
    assert_eq!((gone.row, gone.finalizer), (Row::NothingOurs, Finalizer::Release));
    assert!(gone.news.iter().any(|notice| notice.reason == Reason::Detached));
}

#[test]
fn an_edit_drops_a_refusal_that_stands() {
    let waiting = |desired: &Desired| {
        let observed = observed(seen(LinkSeen::Absent), refused(Reason::QuotaExceeded, 0, 1));
        decide(desired, &Observed { not_before: Some(t(NOW + 100)), ..observed }, tempo(), t(NOW))
    };
    assert_eq!(waiting(&desired()).row, Row::Refused);
    let edited = waiting(&wanting(there()));
    assert_eq!(asks(&edited), Some((Operation::Attach, there())));
}

#[test]
fn a_refusal_of_a_vpc_that_is_no_longer_wanted_is_not_held_against_the_next() {
    // The VPC was edited while the change was under way; the answer is about the old one.
    let record = changing(task(Operation::Attach, there(), 8000));
    let decision = answered(&desired(), seen(LinkSeen::Absent), record, 8000, Answer::Refused(denial()));
    assert_eq!(decision.record.standing_refusal(1), None);
    assert_eq!(asks(&decision), Some((Operation::Attach, here())));
}

#[test]
fn a_refused_change_waits_for_its_beat_and_is_then_tried_again() {
    let record = changing(task(Operation::Attach, here(), 8000));
    let decision = answered(&desired(), seen(LinkSeen::Absent), record, 8000, Answer::Refused(denial()));
    assert_eq!((decision.row, decision.denied), (Row::Refused, Some(Beat::Slow)));
    let observed = Observed { not_before: Some(t(NOW - 1)), ..observed(seen(LinkSeen::Absent), decision.record) };
    assert_eq!(asks(&decide(&desired(), &observed, tempo(), t(NOW))), Some((Operation::Attach, here())));
}

/// What is seen of a machine that the cloud keeps locked for this.
fn locked(lock: Option<&str>) -> Sighting {
    let machine = MachineSeen::Listed(Machine { lock: lock.map(str::to_owned), ..machine() });
    Sighting { machine, ..seen(LinkSeen::Absent) }
}

fn busy() -> Answer {
    Answer::Refused(Denial {
        reason: Reason::InstanceBusy,
        message: "please wait more".into(),
        beat: Beat::Soon,
        locked: true,
    })
}

#[test]
fn an_attach_of_a_machine_that_is_locked_until_somebody_pays_is_said_to_be_so_and_comes_back_slowly() {
    let record = changing(task(Operation::Attach, here(), 8000));
    for (lock, reason, message, beat) in [
        (Some("financial"), Reason::InstanceNotReady, "locked: financial; please wait more", Beat::Slow),
        (None, Reason::InstanceBusy, "please wait more", Beat::Soon),
    ] {
        let decision = answered(&desired(), locked(lock), record.clone(), 8000, busy());
        let refusal = decision.record.refusal.unwrap();
        assert_eq!((refusal.reason, refusal.message.as_str(), decision.denied), (reason, message, Some(beat)));
        assert_eq!(decision.row, Row::Refused);
    }
    // Another refusal has nothing to do with the lock, not even one with the same word.
    for other in [denial(), Denial { reason: Reason::InstanceBusy, ..denial() }] {
        let refused = Answer::Refused(other.clone());
        let refused = answered(&desired(), locked(Some("financial")), record.clone(), 8000, refused);
        assert_eq!(refused.record.refusal.unwrap().reason, other.reason);
    }
}

#[test]
fn a_detach_from_a_machine_that_is_locked_says_so_and_comes_back_soon() {
    let record =
        Record { link: linked(here(), Origin::Created).link, ..changing(task(Operation::Detach, here(), 8000)) };
    let sighting = Sighting { link: LinkSeen::Alive(row_to(here())), ..locked(Some("security")) };
    let decision = answered(&deleted(), sighting, record, 8000, busy());
    let reason = decision.record.refusal.map(|refusal| refusal.reason);
    assert_eq!((reason, decision.denied), (Some(Reason::InstanceNotReady), Some(Beat::Soon)));
}

#[test]
fn a_machine_that_is_seen_unlocked_is_linked_without_waiting_for_the_beat() {
    let waiting = |lock| {
        let observed = observed(locked(lock), refused(Reason::InstanceNotReady, 0, 1));
        decide(&desired(), &Observed { not_before: Some(t(NOW + 600)), ..observed }, tempo(), t(NOW))
    };
    assert_eq!(waiting(Some("financial")).row, Row::Refused);
    assert_eq!(asks(&waiting(None)), Some((Operation::Attach, here())));
}

#[test]
fn the_first_time_and_the_words_of_a_refusal_stay_when_it_is_tried_again() {
    let before = refused(Reason::QuotaExceeded, 500, 1);
    let record = Record { task: Some(task(Operation::Attach, here(), 8000)), ..before.clone() };
    let decision = answered(&desired(), seen(LinkSeen::Absent), record.clone(), 8000, Answer::Refused(denial()));
    assert_eq!(decision.record, before);
    let other = Denial { reason: Reason::InstanceBusy, ..denial() };
    let decision = answered(&desired(), seen(LinkSeen::Absent), record, 8000, Answer::Refused(other));
    assert_eq!(decision.record.refusal.unwrap().at, t(NOW), "another refusal is a new one");
}

#[test]
fn a_change_that_never_left_is_asked_for_again_without_a_word() {
    let record = changing(task(Operation::Attach, here(), 8000));
    let decision = answered(&desired(), seen(LinkSeen::Absent), record, 8000, Answer::NotSent);
    assert_eq!((decision.record.refusal.clone(), decision.denied), (None, None));
    assert_eq!(asks(&decision), Some((Operation::Attach, here())));
}

#[test]
fn a_split_change_is_asked_for_again_smaller_while_the_old_intent_stands() {
    let record = changing(task(Operation::Attach, here(), 8900));
    let split = Answer::Split { at: t(8901), batch: 8 };
    let decision = answered(&desired(), seen(LinkSeen::Absent), record, 8900, split);
    let Step::Change(change) = &decision.step else { panic!("{:?}", decision.step) };
    assert_eq!((change.most, change.unclear_since), (Some(4), Some(t(8901))));
    assert_eq!(decision.record.task.as_ref().unwrap().started_at, t(8900));
    assert_eq!(decision.watch.attempt, Some(t(8900)), "what came back is still of interest");
    let intent = crate::link::begin(&decision.record, change, Some(ip(1)), t(9000));
    assert_eq!(intent.task.unwrap().unclear_since, Some(t(8901)));
}

#[test]
fn a_split_change_that_is_no_longer_wanted_is_waited_for_and_then_over() {
    let record = changing(task(Operation::Attach, here(), 9000 - 10));
    let split = || Answer::Split { at: t(8995), batch: 8 };
    for desired in [deleted(), wanting(there()), with_policy(|policy| policy.suspend = true)] {
        let waits = answered(&desired, seen(LinkSeen::Absent), record.clone(), 8990, split());
        assert_eq!((waits.row, waits.step), (Row::Unsettled(Operation::Attach), Step::Nothing));
        let late = Sighting { looked: Some(t(8995 + SETTLING)), ..seen(LinkSeen::Absent) };
        let over = answered(&desired, late, record.clone(), 8990, split());
        assert_eq!(over.record.task, None, "{desired:?}");
    }
}

#[test]
fn nothing_else_is_sent_while_a_change_may_still_land() {
    let record = changing(task(Operation::Attach, here(), 8900));
    let sighting = Sighting { looked: Some(t(9000)), ..seen(LinkSeen::Absent) };
    let task = record.task.clone().unwrap();
    assert!(matches!(settle(&task, None, &sighting, tempo(), t(9001)), Settling::Open { .. }));
    for desired in [desired(), wanting(there()), deleted()] {
        let decision = decide(&desired, &observed(sighting.clone(), record.clone()), tempo(), t(9001));
        assert_eq!((decision.step, decision.finalizer), (Step::Nothing, Finalizer::Leave));
    }
}

#[test]
fn the_intent_holds_the_address_that_the_link_is_made_for() {
    let change = |operation| crate::link::Change {
        operation,
        vpc: here(),
        lane: crate::link::Lane::NewLink,
        most: None,
        unclear_since: None,
    };
    let record = linked(here(), Origin::Created);
    let attach = crate::link::begin(&record, &change(Operation::Attach), Some(ip(2)), t(1));
    assert_eq!(attach.task.unwrap().private_ip, Some(ip(2)));
    let detach = crate::link::begin(&record, &change(Operation::Detach), Some(ip(2)), t(1));
    assert_eq!(detach.task.unwrap().private_ip, Some(ip(1)), "the link that goes was made for the old one");
}

#[test]
fn a_link_of_ours_that_is_missing_once_is_made_again_at_once_and_keeps_its_record_until_then() {
    let decision = decided(&desired(), seen(LinkSeen::Absent), linked(here(), Origin::Created));
    assert_eq!(asks(&decision), Some((Operation::Attach, here())));
    assert!(decision.record.link.is_some());
    assert_eq!(decision.cause.unwrap().reason, Reason::LinkLost);
}

#[test]
fn a_running_task_is_followed_and_not_looked_at() {
    let record = changing(task(Operation::Attach, here(), 9000));
    let attempt = Attempt { progress: Some(Progress::Running { at: t(NOW) }), ..attempt(9000, taken(9001)) };
    let observed = Observed { attempt: Some(attempt), ..observed(seen(LinkSeen::Absent), record) };
    let decision = decide(&desired(), &observed, tempo(), t(NOW));
    assert_eq!(decision.watch.follow, Some((TaskId("1".into()), t(9000))));
    assert_eq!(decision.watch.need, None);
    assert_eq!(decision.record.task.unwrap().id, Some(TaskId("1".into())), "the next leader can follow it too");
}
