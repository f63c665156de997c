//! Whose a link is, and what is done about one that is not ours.

use super::*;
use crate::{
    api::ExistingLink,
    link::{Finalizer, Row, Step},
};

fn after(answer: Answer, sighting: Sighting, started: i64) -> Decision {
    let record = changing(task(Operation::Attach, here(), started));
    let observed = Observed { attempt: Some(attempt(started, answer)), ..observed(sighting, record) };
    decide(&desired(), &observed, tempo(), t(NOW))
}

fn origin(decision: &Decision) -> Option<Origin> {
    decision.record.link.as_ref().map(|link| link.origin)
}

#[test]
fn a_link_seen_after_every_attempt_was_refused_is_found() {
    let decision = after(Answer::Refused(denial()), seen(alive(here())), 8000);
    assert_eq!((origin(&decision), &decision.row), (Some(Origin::Found), &Row::Linked { verified: true }));
    assert_eq!(decision.record.refusal, None, "what is linked is not refused");
    let deleted = decided(&deleted(), seen(alive(here())), decision.record);
    assert_eq!((deleted.row, deleted.finalizer), (Row::NothingOurs, Finalizer::Release));
}

#[test]
fn a_link_seen_after_an_answer_that_was_lost_is_ours() {
    let unclear = after(Answer::Unclear { at: t(8012) }, seen(alive(here())), 8000);
    assert_eq!((origin(&unclear), unclear.record.task), (Some(Origin::Created), None));
    let crashed = decided(&desired(), seen(alive(here())), changing(task(Operation::Attach, here(), 8000)));
    assert_eq!((origin(&crashed), crashed.record.task), (Some(Origin::Created), None));
}

#[test]
fn a_link_seen_after_a_refusal_that_followed_an_unclear_attempt_is_ours() {
    let task = Task { unclear_since: Some(t(7900)), ..task(Operation::Attach, here(), 8000) };
    let attempt = Some(attempt(8000, Answer::Refused(denial())));
    let observed = Observed { attempt, ..observed(seen(alive(here())), changing(task)) };
    assert_eq!(origin(&decide(&desired(), &observed, tempo(), t(NOW))), Some(Origin::Created));
}

#[test]
fn a_link_seen_after_success_is_ours_with_the_address_of_the_intent_where_the_list_tells_none() {
    let bare = LinkSeen::Unverified(LinkRow { vpc: here(), private_ip: None });
    let answer = Answer::Taken { task: None, at: t(8001), batch: 1 };
    let decision = after(answer, seen(bare), 8000);
    let link = decision.record.link.unwrap();
    assert_eq!((link.origin, link.private_ip), (Origin::Created, Some(ip(1))));
    assert!(decision.news.iter().any(|notice| notice.reason == Reason::Attached));
}

#[test]
fn a_found_link_that_goes_is_attached_after_two_looks_and_is_ours_then() {
    let once = decided(&desired(), seen(LinkSeen::Absent), linked(here(), Origin::Found));
    assert_eq!((once.row, origin_of(&once.record)), (Row::Lost, Some(Origin::Found)));
    let twice = decided(&desired(), proven(LinkSeen::Absent), once.record);
    assert_eq!((&twice.row, origin_of(&twice.record)), (&Row::Attach, None));
    let Step::Change(change) = &twice.step else { panic!("{:?}", twice.step) };
    let intent = crate::link::begin(&twice.record, change, Some(ip(1)), t(9500));
    let seen = Sighting { looked: Some(t(9600)), ..seen(alive(here())) };
    let landed = decided(&desired(), seen, intent);
    assert_eq!(origin(&landed), Some(Origin::Created));
}

fn origin_of(record: &Record) -> Option<Origin> {
    record.link.as_ref().map(|link| link.origin)
}

#[test]
fn a_found_link_is_never_removed_for_moving_healing_or_deletion() {
    let found = || linked(there(), Origin::Found);
    let moved = decided(&desired(), seen(alive(there())), found());
    assert_eq!((moved.row, moved.step), (Row::Elsewhere(there()), Step::Nothing));
    let dead = decided(&desired(), seen(LinkSeen::Dead(row_to(here()))), linked(here(), Origin::Found));
    assert_eq!((dead.row, dead.step), (Row::DeadFound, Step::Nothing));
    let deleted = decided(&deleted(), seen(alive(there())), found());
    assert_eq!((deleted.row, deleted.step), (Row::NothingOurs, Step::Nothing));
}

#[test]
fn adopting_takes_a_found_link_to_the_wanted_vpc_and_forgets_nothing_on_the_way_back() {
    let adopt = with_policy(|policy| policy.existing = ExistingLink::Adopt);
    for record in [Record::default(), linked(here(), Origin::Found)] {
        let decision = decided(&adopt, seen(alive(here())), record);
        assert_eq!(origin(&decision), Some(Origin::Adopted));
        let is_told =
            |news: &Notice| news.message.contains("this object's own") && !news.message.contains("not removed");
        assert!(decision.news.iter().all(is_told), "{:?}", decision.news);
        let kept = decided(&desired(), seen(alive(here())), decision.record);
        assert_eq!(origin(&kept), Some(Origin::Adopted), "adopted never becomes found");
    }
}

#[test]
fn a_found_link_to_a_vpc_that_is_no_longer_wanted_is_not_adopted() {
    // Found at the old VPC; then vpcId and existingLink were edited together.
    let adopt = with_policy(|policy| policy.existing = ExistingLink::Adopt);
    let decision = decided(&adopt, seen(alive(there())), linked(there(), Origin::Found));
    assert_eq!(origin(&decision), Some(Origin::Found));
    assert_eq!((decision.row, decision.step), (Row::Elsewhere(there()), Step::Nothing));
}

#[test]
fn an_attach_that_came_to_nothing_does_not_make_a_dead_link_look_alive() {
    // The list tells no addresses. Ours was made for .9; the attach for .1 failed, and the old link is seen.
    let mut record = linked(here(), Origin::Created);
    record.link.as_mut().unwrap().private_ip = Some(ip(9));
    record.task = Some(task(Operation::Attach, here(), 8000));
    let sighting = seen(LinkSeen::Alive(LinkRow { vpc: here(), private_ip: None }));
    let attempt = Some(attempt(8000, Answer::Refused(denial())));
    let observed = Observed { attempt, ..observed(sighting, record) };
    let decision = decide(&desired(), &observed, tempo(), t(NOW));
    assert_eq!(decision.record.link.unwrap().private_ip, Some(ip(9)), "what is remembered stays");
    assert_eq!(decision.row, Row::Linked { verified: false });
}

#[test]
fn an_object_without_the_claim_adopts_nothing() {
    let policy = Policy { existing: ExistingLink::Adopt, ..Policy::default() };
    let loser = Desired { policy, standing: Standing::Claimed("other/one".into()), ..desired() };
    for record in [Record::default(), linked(here(), Origin::Found)] {
        assert_eq!(decided(&loser, seen(alive(here())), record.clone()).record, record);
    }
}

#[test]
fn a_link_to_another_vpc_is_never_taken_on_record() {
    for existing in [ExistingLink::Keep, ExistingLink::Adopt, ExistingLink::Refuse] {
        let desired = with_policy(|policy| policy.existing = existing);
        let decision = decided(&desired, proven(alive(there())), Record::default());
        assert_eq!((decision.record.link, decision.step), (None, Step::Nothing));
    }
}

#[test]
fn a_link_of_ours_that_somebody_moved_is_theirs() {
    // Ours led here; somebody linked the machine elsewhere.
    let once = decided(&deleted(), seen(alive(there())), linked(here(), Origin::Created));
    assert_eq!((once.row, once.step), (Row::Vanishing, Step::Nothing));
    let twice = decided(&deleted(), proven(alive(there())), linked(here(), Origin::Created));
    assert_eq!((twice.step, twice.finalizer), (Step::Nothing, Finalizer::Release));
}

#[test]
fn a_link_made_again_for_another_address_is_judged_by_the_address_of_the_intent() {
    let mut record = linked(here(), Origin::Created);
    assert_eq!(record.remembered(), Remembered::MadeFor(ip(1)));
    record.task = Some(Task { private_ip: Some(ip(2)), ..task(Operation::Attach, here(), 8000) });
    let new = Remembered::MadeFor(ip(2));
    assert_eq!(record.remembered(), new, "the list tells none: against the old one the new link would look dead");
    record.task = Some(Task { private_ip: Some(ip(2)), ..task(Operation::Detach, here(), 8000) });
    assert_eq!(record.remembered(), Remembered::MadeFor(ip(1)));
}

#[test]
fn the_address_of_a_link_that_was_there_before_us_is_one_that_was_seen_not_one_it_was_made_for() {
    for origin in [Origin::Found, Origin::Adopted] {
        let mut record = linked(here(), origin);
        assert_eq!(record.remembered(), Remembered::Seen(ip(1)));
        record.task = Some(Task { private_ip: Some(ip(2)), ..task(Operation::Attach, here(), 8000) });
        assert_eq!(record.remembered(), Remembered::MadeFor(ip(2)));
    }
    assert_eq!(Record::default().remembered(), Remembered::Nothing);
}
