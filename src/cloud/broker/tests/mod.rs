//! The broker under paused time: nothing here waits for real.

mod fake;
mod in_doubt;
mod machine_by_machine;

use std::{collections::HashMap, time::Duration};

use fake::{Bench, attach, error, instance, owner, vpc, watching};

use super::{Known, Owner, Place, Ticket, plan::Asked};
use crate::{
    api::{Operation, Reason},
    clock,
    cloud::{Kind, LinkList, LinkScope},
    link::{Answer, Change, InstanceId, LinkRow, LinkSeen, MachineSeen, Need, Progress, TaskId, VpcId},
};

/// The place that this object is admitted to.
async fn place(bench: &mut Bench, instance: &InstanceId, owner: &Owner, most: Option<usize>) -> Ticket {
    loop {
        match bench.broker.ask(instance, owner, &attach(most)) {
            Place::Admitted(ticket) => return ticket,
            Place::Waiting => bench.until(owner).await,
        }
    }
}

/// Asks until there is a place, and hands the change over.
async fn send(bench: &mut Bench, instance: &InstanceId, owner: &Owner, most: Option<usize>) {
    let ticket = place(bench, instance, owner, most).await;
    bench.broker.hand_over(ticket, clock::now());
}

fn answer(bench: &Bench, number: usize) -> Option<Answer> {
    let (_, attempt) = bench.broker.observe(&instance(number), &owner(number), &Known::default());
    attempt.and_then(|attempt| attempt.answer)
}

async fn settle() {
    // A moment of paused time lets every task run until it waits.
    clock::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_lone_change_leaves_at_once() {
    let mut bench = Bench::new(10, 20);
    let (instance, owner) = bench.watch(1).await;
    let asked = clock::instant();
    send(&mut bench, &instance, &owner, None).await;
    bench.until(&owner).await;
    assert!(clock::instant() - asked < Duration::from_millis(20));
    assert!(matches!(answer(&bench, 1), Some(Answer::Taken { batch: 1, .. })));
}

#[tokio::test(start_paused = true)]
async fn changes_that_wait_for_the_budget_travel_together() {
    let mut bench = Bench::new(1, 20);
    for number in 1..=25 {
        bench.watch(number).await;
    }
    // The budget of a full second is spent by the first.
    send(&mut bench, &instance(1), &owner(1), None).await;
    settle().await;
    for number in 2..=25 {
        assert!(matches!(bench.broker.ask(&instance(number), &owner(number), &attach(None)), Place::Waiting));
    }
    clock::sleep(Duration::from_secs(1)).await;
    for number in 2..=25 {
        if let Place::Admitted(ticket) = bench.broker.ask(&instance(number), &owner(number), &attach(None)) {
            bench.broker.hand_over(ticket, clock::now());
        }
    }
    settle().await;
    assert_eq!(bench.fake.world().changes, [(Operation::Attach, 1), (Operation::Attach, 20)]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_leaves_without_those_that_did_not_write_their_intent() {
    let mut bench = Bench::new(1, 20);
    for number in 1..=3 {
        bench.watch(number).await;
    }
    send(&mut bench, &instance(1), &owner(1), None).await;
    settle().await;
    for number in 2..=3 {
        assert!(matches!(bench.broker.ask(&instance(number), &owner(number), &attach(None)), Place::Waiting));
    }
    bench.until(&owner(2)).await;
    let Place::Admitted(ticket) = bench.broker.ask(&instance(2), &owner(2), &attach(None)) else { panic!("no place") };
    bench.broker.hand_over(ticket, clock::now());
    clock::sleep(Duration::from_millis(2100)).await;
    assert_eq!(bench.fake.world().changes[1], (Operation::Attach, 1), "the second leaves alone after two seconds");
    assert_eq!(answer(&bench, 3), None);
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_intent_is_too_old_never_leaves() {
    let mut bench = Bench::new(10, 20);
    let (instance, owner) = bench.watch(1).await;
    let stamp = clock::now();
    clock::sleep(Duration::from_secs(11)).await;
    assert!(matches!(bench.broker.ask(&instance, &owner, &attach(None)), Place::Waiting));
    bench.until(&owner).await;
    let Place::Admitted(ticket) = bench.broker.ask(&instance, &owner, &attach(None)) else { panic!("no place") };
    bench.broker.hand_over(ticket, stamp);
    bench.until(&owner).await;
    assert_eq!(answer(&bench, 1), Some(Answer::NotSent));
    assert!(bench.fake.world().changes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_given_up_sends_nothing() {
    let mut bench = Bench::new(10, 20);
    let (instance, owner) = bench.watch(1).await;
    assert!(matches!(bench.broker.ask(&instance, &owner, &attach(None)), Place::Waiting));
    bench.until(&owner).await;
    drop(bench.broker.ask(&instance, &owner, &attach(None)));
    bench.broker.withdraw(&instance, &owner);
    clock::sleep(Duration::from_secs(30)).await;
    assert!(bench.fake.world().changes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_former_owner_does_not_withdraw_what_the_present_one_wants() {
    let mut bench = Bench::new(10, 20);
    let (instance, former) = bench.watch(1).await;
    let present = owner(2);
    drop(bench.broker.observe(&instance, &present, &Known::default()));
    assert!(matches!(bench.broker.ask(&instance, &present, &attach(None)), Place::Waiting));
    bench.broker.withdraw(&instance, &former);
    bench.until(&present).await;
    assert!(matches!(bench.broker.ask(&instance, &present, &attach(None)), Place::Admitted(_)));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_a_former_owner_gives_up_takes_nothing_from_what_the_present_one_asked_for() {
    let mut bench = Bench::new(10, 20);
    let (instance, former) = bench.watch(1).await;
    let ticket = place(&mut bench, &instance, &former, None).await;
    let present = owner(2);
    drop(bench.broker.observe(&instance, &present, &Known::default()));
    let elsewhere = Change { vpc: VpcId::new("vpc-elsewhere").unwrap(), ..attach(None) };
    assert!(matches!(bench.broker.ask(&instance, &present, &elsewhere), Place::Waiting));

    assert_eq!(bench.broker.not_sent(ticket, clock::now()).as_ref(), Some(&present));

    bench.until(&present).await;
    assert!(matches!(bench.broker.ask(&instance, &present, &elsewhere), Place::Admitted(_)));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_a_former_owner_gives_up_takes_nothing_from_what_the_present_one_handed_over() {
    let mut bench = Bench::new(1, 20);
    for number in 1..=3 {
        bench.watch(number).await;
    }
    send(&mut bench, &instance(1), &owner(1), None).await;
    settle().await;
    for number in 2..=3 {
        assert!(matches!(bench.broker.ask(&instance(number), &owner(number), &attach(None)), Place::Waiting));
    }
    let given_up = place(&mut bench, &instance(2), &owner(2), None).await;
    let present = owner(9);
    drop(bench.broker.observe(&instance(2), &present, &Known::default()));
    let kept = place(&mut bench, &instance(2), &present, None).await;
    bench.broker.hand_over(kept, clock::now());

    drop(bench.broker.not_sent(given_up, clock::now()));
    let last = place(&mut bench, &instance(3), &owner(3), None).await;
    bench.broker.hand_over(last, clock::now());

    settle().await;
    assert_eq!(bench.fake.world().changes, [(Operation::Attach, 1), (Operation::Attach, 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_began_before_a_former_owners_change_tells_the_next_owner_nothing() {
    let mut bench = Bench::new(10, 20);
    let (instance, former) = bench.watch(1).await;
    let before = clock::now();
    clock::sleep(Duration::from_secs(1)).await;
    send(&mut bench, &instance, &former, None).await;
    settle().await;
    bench.broker.forget(&instance, &former.uid);
    let row = LinkRow { vpc: vpc(), private_ip: None };
    let list = LinkList { rows: HashMap::from([(instance.clone(), row)]), ..LinkList::default() };
    let shown = |begun| {
        let next = owner(2);
        drop(bench.broker.observe(&instance, &next, &Known::default()));
        bench.broker.0.state().take_links(begun, Asked::Everything, &list, (bench.broker.0.tempo, true));
        bench.broker.observe(&instance, &next, &Known::default()).0.link
    };

    assert_eq!(shown(before), LinkSeen::Unlooked);
    clock::sleep(Duration::from_secs(1)).await;
    assert_ne!(shown(clock::now()), LinkSeen::Unlooked);
}

/// An intent that may have been written, and whose change does not leave.
async fn unsent(bench: &mut Bench, instance: &InstanceId, owner: &Owner) -> jiff::Timestamp {
    let ticket = place(bench, instance, owner, None).await;
    let started_at = clock::now();
    assert_eq!(bench.broker.not_sent(ticket, started_at).as_ref(), Some(owner));
    started_at
}

fn answer_to(bench: &Bench, number: usize, task: jiff::Timestamp) -> Option<Answer> {
    let known = Known { task: Some(task), ..Known::default() };
    let (_, attempt) = bench.broker.observe(&instance(number), &owner(number), &known);
    attempt.filter(|attempt| attempt.started_at == task).and_then(|attempt| attempt.answer)
}

#[tokio::test(start_paused = true)]
async fn a_change_that_must_not_leave_after_all_was_not_sent_for_whoever_reads_its_intent_later() {
    let mut bench = Bench::new(10, 20);
    let (instance, owner) = bench.watch(1).await;
    let first = unsent(&mut bench, &instance, &owner).await;
    // A version from before that intent is decided on, and fails in the same way.
    bench.broker.attend(&instance, &owner, watching(None));
    clock::sleep(Duration::from_secs(5)).await;
    let second = unsent(&mut bench, &instance, &owner).await;
    for task in [first, second] {
        assert_eq!(answer_to(&bench, 1, task), Some(Answer::NotSent));
    }
    clock::sleep(Duration::from_secs(30)).await;
    assert!(bench.fake.world().changes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_intent_that_could_not_be_written_hides_nothing_of_the_change_that_is_on_record() {
    let mut bench = Bench::new(10, 20);
    let (instance, owner) = bench.watch(1).await;
    let sent = clock::now();
    bench.fake.world().refuse = Some(Kind::Quota);
    send(&mut bench, &instance, &owner, None).await;
    settle().await;
    let unsent = unsent(&mut bench, &instance, &owner).await;
    assert!(matches!(answer_to(&bench, 1, sent), Some(Answer::Refused(_))));
    assert_eq!(answer_to(&bench, 1, unsent), Some(Answer::NotSent));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_several_says_nothing_of_each() {
    let mut bench = Bench::new(1, 20);
    for number in 1..=3 {
        bench.watch(number).await;
    }
    send(&mut bench, &instance(1), &owner(1), None).await;
    settle().await;
    bench.fake.world().refuse = Some(Kind::Quota);
    for number in 2..=3 {
        drop(bench.broker.ask(&instance(number), &owner(number), &attach(None)));
    }
    bench.until(&owner(2)).await;
    for number in 2..=3 {
        if let Place::Admitted(ticket) = bench.broker.ask(&instance(number), &owner(number), &attach(None)) {
            bench.broker.hand_over(ticket, clock::now());
        }
    }
    settle().await;
    assert!(matches!(answer(&bench, 2), Some(Answer::Split { batch: 2, .. })));
    send(&mut bench, &instance(2), &owner(2), Some(1)).await;
    clock::sleep(Duration::from_secs(2)).await;
    let Some(Answer::Refused(denial)) = answer(&bench, 2) else { panic!("alone it is refused") };
    assert_eq!(denial.reason, Reason::QuotaExceeded);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_says_nothing_is_unclear_and_is_not_sent_again() {
    let mut bench = Bench::new(10, 20);
    let (instance, owner) = bench.watch(1).await;
    bench.fake.world().refuse = Some(Kind::Transient);
    send(&mut bench, &instance, &owner, None).await;
    clock::sleep(Duration::from_mins(10)).await;
    assert!(matches!(answer(&bench, 1), Some(Answer::Unclear { .. })));
    assert_eq!(bench.fake.world().changes.len(), 1);
    assert!(error(Kind::Transient).kind.may_have_happened());
}

#[tokio::test(start_paused = true)]
async fn a_sweep_at_rest_costs_two_calls_and_wakes_nobody() {
    let mut bench = Bench::new(10, 20);
    for number in 1..=20 {
        bench.watch(number).await;
    }
    clock::sleep(Duration::from_secs(61)).await;
    bench.heard();
    let before = (bench.fake.asked("links"), bench.fake.asked("machines"));
    clock::sleep(Duration::from_mins(10)).await;
    assert_eq!((bench.fake.asked("links") - before.0, bench.fake.asked("machines") - before.1), (10, 10));
    assert_eq!(bench.heard(), []);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_wakes_only_those_whose_world_changed() {
    let mut bench = Bench::new(10, 20);
    for number in 1..=3 {
        bench.watch(number).await;
    }
    let row = LinkRow { vpc: vpc(), private_ip: "10.0.0.1".parse().ok() };
    bench.fake.world().links.insert(instance(2), row.clone());
    clock::sleep(Duration::from_secs(61)).await;
    assert_eq!(bench.heard(), [owner(2)]);
    let (sighting, _) = bench.broker.observe(&instance(2), &owner(2), &Known::default());
    assert_eq!(sighting.link, LinkSeen::Alive(row));
}

#[tokio::test(start_paused = true)]
async fn absence_from_an_incomplete_list_is_asked_for_by_vpc() {
    let mut bench = Bench::new(10, 20);
    bench.fake.world().incomplete = true;
    bench.watch(1).await;
    assert_eq!(bench.fake.world().scopes, [LinkScope::All, LinkScope::Vpc(vpc())]);
    let (sighting, _) = bench.broker.observe(&instance(1), &owner(1), &Known::default());
    assert_eq!(sighting.link, LinkSeen::Absent);
    assert!(matches!(sighting.machine, MachineSeen::Listed(_)));
}

#[tokio::test(start_paused = true)]
async fn looks_that_are_wanted_at_once_are_one_look() {
    let mut bench = Bench::new(10, 20);
    for number in 1..=50 {
        let (instance, owner) = (instance(number), owner(number));
        drop(bench.broker.observe(&instance, &owner, &Known::default()));
        let need = Need { after: jiff::Timestamp::MIN, vpc: Some(vpc()) };
        bench.broker.attend(&instance, &owner, watching(Some(need)));
    }
    settle().await;
    assert_eq!((bench.fake.asked("links"), bench.fake.asked("machines")), (1, 1));
    assert_eq!(bench.heard().len(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_task_of_several_is_asked_about_once_for_all() {
    let mut bench = Bench::new(10, 20);
    bench.fake.world().running = true;
    let started_at = clock::now();
    for number in 1..=20 {
        let (instance, owner) = bench.watch(number).await;
        let mut watch = watching(None);
        watch.follow = Some((TaskId("7".into()), started_at));
        bench.broker.attend(&instance, &owner, watch);
    }
    clock::sleep(Duration::from_secs(2)).await;
    let asked = bench.fake.asked("task");
    assert!((5..=12).contains(&asked), "{asked} questions in two seconds");
    bench.fake.world().running = false;
    bench.heard();
    clock::sleep(Duration::from_secs(1)).await;
    assert_eq!(bench.heard().len(), 20, "each hears of the end, once");
    let (_, attempt) = bench.broker.observe(&instance(9), &owner(9), &Known::default());
    assert!(matches!(attempt.unwrap().progress, Some(Progress::Succeeded { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_the_cloud_does_not_know_yet_is_asked_about_until_it_should_be_visible() {
    let mut bench = Bench::new(10, 20);
    bench.fake.world().unknown = true;
    let (instance, owner) = bench.watch(1).await;
    let mut watch = watching(None);
    watch.follow = Some((TaskId("7".into()), clock::now()));
    bench.broker.attend(&instance, &owner, watch);
    let progress = |bench: &Bench| {
        let (_, attempt) = bench.broker.observe(&instance, &owner, &Known::default());
        attempt.and_then(|attempt| attempt.progress)
    };
    clock::sleep(Duration::from_secs(9)).await;
    assert!(bench.fake.asked("task") > 3);
    assert_eq!(progress(&bench), None, "it may run all the same");
    clock::sleep(Duration::from_secs(3)).await;
    assert!(matches!(progress(&bench), Some(Progress::Unknown { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_task_about_which_no_question_is_answered_is_unknown_after_the_settling_time_and_asked_about_all_the_same() {
    let mut bench = Bench::new(10, 20);
    bench.fake.world().mute = Some(Kind::Transient);
    let (instance, owner) = bench.watch(1).await;
    let mut watch = watching(None);
    watch.follow = Some((TaskId("7".into()), clock::now()));
    bench.broker.attend(&instance, &owner, watch);
    let progress = |bench: &Bench| {
        let (_, attempt) = bench.broker.observe(&instance, &owner, &Known::default());
        attempt.and_then(|attempt| attempt.progress)
    };
    clock::sleep(Duration::from_secs(295)).await;
    assert_eq!(progress(&bench), None, "the cloud may only be away");
    clock::sleep(Duration::from_secs(30)).await;
    let Some(Progress::Unknown { at }) = progress(&bench) else { panic!("it is asked about for ever") };
    clock::sleep(Duration::from_mins(1)).await;
    assert_eq!(progress(&bench), Some(Progress::Unknown { at }), "the settling time counts from the first of them");
    bench.fake.world().mute = None;
    bench.fake.world().running = true;
    clock::sleep(Duration::from_secs(20)).await;
    assert!(matches!(progress(&bench), Some(Progress::Running { .. })), "an answer is believed whenever it comes");
    bench.fake.world().mute = Some(Kind::Throttled);
    clock::sleep(Duration::from_secs(280)).await;
    assert!(matches!(progress(&bench), Some(Progress::Running { .. })), "it counts anew from the last answer");
}

#[tokio::test(start_paused = true)]
async fn a_long_task_is_asked_about_less_and_less() {
    let mut bench = Bench::new(10, 20);
    bench.fake.world().running = true;
    let (instance, owner) = bench.watch(1).await;
    let mut watch = watching(None);
    watch.follow = Some((TaskId("7".into()), clock::now()));
    bench.broker.attend(&instance, &owner, watch);
    clock::sleep(Duration::from_mins(5)).await;
    let asked = bench.fake.asked("task");
    assert!(asked < 80, "{asked} questions in five minutes");
}
