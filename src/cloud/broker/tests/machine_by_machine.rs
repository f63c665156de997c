//! A cloud that has no list of every link.

use super::*;
use crate::link::{Caution, VpcSeen, Watch};

/// A broker on such a cloud.
fn bench() -> Bench {
    let bench = Bench::new(10, 20);
    bench.fake.world().by_machine = true;
    bench
}

fn link_of(bench: &Bench, number: usize) -> LinkSeen {
    bench.broker.observe(&instance(number), &owner(number), &Known::default()).0.link
}

/// Wants a look at this machine, without waiting for it.
fn want(bench: &Bench, number: usize) {
    drop(bench.broker.observe(&instance(number), &owner(number), &Known::default()));
    let need = Need { after: jiff::Timestamp::MIN, vpc: Some(vpc()) };
    bench.broker.attend(&instance(number), &owner(number), watching(Some(need)));
}

fn row() -> LinkRow {
    LinkRow { vpc: vpc(), private_ip: None }
}

#[tokio::test(start_paused = true)]
async fn a_list_says_nothing_of_a_machine_that_it_was_not_asked_for() {
    let mut bench = bench();
    bench.fake.world().links.insert(instance(1), row());
    bench.watch(1).await;
    assert_eq!(link_of(&bench, 1), LinkSeen::Alive(row()));

    want(&bench, 2);
    bench.until(&owner(2)).await;

    assert_eq!(bench.fake.world().asked_for.last(), Some(&[instance(2)].into()));
    assert_eq!(link_of(&bench, 2), LinkSeen::Absent);
    assert_eq!(link_of(&bench, 1), LinkSeen::Alive(row()), "nobody asked for it");
    assert_eq!(bench.fake.world().scopes, [], "no list by VPC was needed");
}

#[tokio::test(start_paused = true)]
async fn a_sweep_asks_for_every_machine() {
    let mut bench = bench();
    for number in 1..=3 {
        bench.watch(number).await;
    }
    bench.fake.world().links.insert(instance(2), row());
    bench.heard();
    clock::sleep(Duration::from_secs(61)).await;
    assert_eq!(bench.fake.world().asked_for.last(), Some(&(1..=3).map(instance).collect()));
    assert_eq!(bench.heard(), [owner(2)]);
}

#[tokio::test(start_paused = true)]
async fn absence_from_an_incomplete_answer_is_asked_for_by_vpc() {
    let mut bench = bench();
    bench.fake.world().incomplete = true;
    bench.watch(1).await;
    assert_eq!(bench.fake.world().scopes, [LinkScope::Vpc(vpc())]);
    assert_eq!(link_of(&bench, 1), LinkSeen::Absent);
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_troubles_those_that_it_asked_for_and_no_others() {
    let mut bench = bench();
    bench.watch(1).await;
    bench.fake.world().blind = Some(Kind::PermissionDenied);
    want(&bench, 2);
    bench.until(&owner(2)).await;
    let trouble = |number| bench.broker.observe(&instance(number), &owner(number), &Known::default()).0.trouble;
    assert_eq!(trouble(2).map(|trouble| trouble.notice.reason), Some(Reason::PermissionDenied));
    assert_eq!(trouble(1), None);
    assert_eq!(bench.broker.trouble().map(|notice| notice.reason), Some(Reason::PermissionDenied));
}

#[tokio::test(start_paused = true)]
async fn reading_a_vpc_says_nothing_about_the_health_of_the_region() {
    let mut bench = bench();
    bench.watch(1).await;
    bench.fake.world().blind = Some(Kind::PermissionDenied);
    want(&bench, 2);
    bench.until(&owner(2)).await;
    bench.broker.attend(&instance(2), &owner(2), watching(None));
    let asked = bench.fake.world().asked_for.len();
    let mut asks = watching(None);
    asks.vpc = Some(vpc());
    bench.broker.attend(&instance(1), &owner(1), asks);
    settle().await;
    assert_eq!((bench.fake.asked("vpc"), bench.fake.world().asked_for.len()), (1, asked));
    assert!(bench.broker.trouble().is_some(), "no link was asked for");
}

#[tokio::test(start_paused = true)]
async fn what_a_range_is_a_reason_for_is_remembered_although_the_vpc_is_not_read_again() {
    let mut bench = bench();
    bench.fake.world().caution = Some("mind the gap");
    bench.watch(1).await;
    let known = Known { vpc: Some(vpc()), ..Known::default() };
    let observed = |bench: &Bench| bench.broker.observe(&instance(1), &owner(1), &known).0;
    assert_eq!(observed(&bench).caution, Caution::Unread);
    let mut asks = watching(None);
    asks.vpc = Some(vpc());
    bench.broker.attend(&instance(1), &owner(1), asks);
    settle().await;
    // The link is on its way there, and nothing is on record yet.
    let need = Need { after: clock::now() + Duration::from_mins(5), vpc: Some(vpc()) };
    bench.broker.attend(&instance(1), &owner(1), Watch { place: None, ..watching(Some(need)) });
    clock::sleep(Duration::from_mins(4)).await;
    bench.broker.attend(&instance(1), &owner(1), watching(None));
    clock::sleep(Duration::from_mins(10)).await;
    assert_eq!((bench.fake.asked("vpc"), observed(&bench).vpc), (1, VpcSeen::Unlooked));
    assert_eq!(observed(&bench).caution, Caution::Say("mind the gap"));
}
