//! Links that somebody else made, on a cloud whose list tells no addresses.

use super::*;
use crate::link::{Lane, Remembered, VpcId, Watch};

/// A broker that knows of a link which was there, and whose object was told of it; nothing has been asked yet but looks.
async fn bench() -> Bench {
    let mut bench = Bench::new(10, 20);
    bench.fake.world().links.insert(instance(1), row());
    bench.watch(1).await;
    bench
}

fn row() -> LinkRow {
    LinkRow { vpc: vpc(), private_ip: None }
}

/// What the object knows once it found the link.
fn known() -> Known {
    Known { remembered: Remembered::Seen("10.0.0.1".parse().unwrap()), ..Known::default() }
}

fn link(bench: &Bench, number: usize) -> LinkSeen {
    bench.broker.observe(&instance(number), &owner(number), &known()).0.link
}

/// The object finds the link in doubt: it matters for which address it was made.
fn doubts(bench: &Bench, number: usize, need: Option<Need>) {
    let watch = Watch { verify: true, lane: Lane::Healing, ..watching(need) };
    bench.broker.attend(&instance(number), &owner(number), watch);
}

/// What the decision does with a link that was seen dead once: five seconds later it wants to look again.
async fn looks_again(bench: &mut Bench, number: usize) {
    let after = clock::now().checked_add(Duration::from_secs(5)).unwrap();
    doubts(bench, number, Some(Need { after, vpc: Some(vpc()) }));
    bench.until(&owner(number)).await;
    doubts(bench, number, None);
}

fn asked(bench: &Bench) -> u32 {
    bench.fake.asked("links_at")
}

#[tokio::test(start_paused = true)]
async fn a_link_at_its_machines_address_is_asked_about_once_and_never_at_rest() {
    let mut bench = bench().await;
    assert_eq!(link(&bench, 1), LinkSeen::Unverified(row()));
    clock::sleep(Duration::from_mins(5)).await;
    assert_eq!(asked(&bench), 0, "nobody wants to know");

    doubts(&bench, 1, None);
    settle().await;
    assert_eq!(asked(&bench), 1);
    assert_eq!(bench.fake.world().asked_at, [(vpc(), ["10.0.0.1".parse().unwrap()].into())]);
    assert_eq!(bench.heard(), [owner(1)], "nothing is awaited any more");
    assert_eq!(link(&bench, 1), LinkSeen::Unverified(row()), "a hit proves nothing");
    clock::sleep(Duration::from_hours(1)).await;
    doubts(&bench, 1, None);
    clock::sleep(Duration::from_hours(1)).await;

    assert_eq!((asked(&bench), bench.heard()), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_about_again_when_its_machines_addresses_change() {
    let mut bench = bench().await;
    doubts(&bench, 1, None);
    settle().await;
    bench.fake.world().addresses = vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
    clock::sleep(Duration::from_mins(10)).await;
    bench.heard();
    assert_eq!(asked(&bench), 2);
    assert_eq!(bench.fake.world().asked_at[1].1.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_at_none_of_its_machines_addresses_is_dead_after_two_answers() {
    let mut bench = bench().await;
    bench.fake.world().elsewhere = true;
    doubts(&bench, 1, None);
    bench.until(&owner(1)).await;
    assert_eq!((asked(&bench), link(&bench, 1)), (1, LinkSeen::Suspect(row())));

    looks_again(&mut bench, 1).await;
    bench.until(&owner(1)).await;
    assert_eq!((asked(&bench), link(&bench, 1)), (2, LinkSeen::Dead(row())));

    bench.heard();
    clock::sleep(Duration::from_hours(1)).await;
    assert_eq!((asked(&bench), bench.heard()), (2, vec![]), "what is proven is not asked again");
}

#[tokio::test(start_paused = true)]
async fn a_dead_link_is_asked_about_again_when_somebody_asks_for_a_look() {
    let mut bench = bench().await;
    bench.fake.world().elsewhere = true;
    doubts(&bench, 1, None);
    bench.until(&owner(1)).await;
    looks_again(&mut bench, 1).await;
    bench.until(&owner(1)).await;
    assert_eq!(link(&bench, 1), LinkSeen::Dead(row()));

    bench.fake.world().elsewhere = false;
    doubts(&bench, 1, Some(Need { after: clock::now(), vpc: Some(vpc()) }));
    bench.until(&owner(1)).await;
    doubts(&bench, 1, None);
    settle().await;
    assert_eq!((asked(&bench), link(&bench, 1)), (3, LinkSeen::Unverified(row())));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_refused_or_incomplete_says_nothing_and_is_asked_for_three_times_at_most() {
    for refused in [true, false] {
        let mut bench = bench().await;
        bench.fake.world().elsewhere = true;
        bench.fake.world().blind = refused.then_some(Kind::Refused(Reason::Refused));
        bench.fake.world().incomplete = !refused;
        doubts(&bench, 1, None);
        settle().await;
        drop(link(&bench, 1));
        bench.heard();
        clock::sleep(Duration::from_hours(1)).await;
        assert_eq!((asked(&bench), bench.heard()), (3, vec![]));
        assert_eq!(link(&bench, 1), LinkSeen::Unverified(row()));
        let (sighting, _) = bench.broker.observe(&instance(1), &owner(1), &known());
        assert_eq!((sighting.trouble, bench.broker.trouble()), (None, None), "links are seen without it");
    }
}

#[tokio::test(start_paused = true)]
async fn every_link_is_asked_about_before_one_is_believed_to_be_dead() {
    let mut bench = bench().await;
    let other = VpcId::new("vpc-test0002").unwrap();
    bench.fake.world().links.insert(instance(1), LinkRow { vpc: other.clone(), private_ip: None });
    bench.fake.world().elsewhere = true;
    clock::sleep(Duration::from_mins(1)).await;
    doubts(&bench, 1, None);
    while !matches!(link(&bench, 1), LinkSeen::Suspect(_)) {
        bench.until(&owner(1)).await;
    }
    for number in 2..=7 {
        bench.fake.world().links.insert(instance(number), row());
        bench.watch(number).await;
        drop(link(&bench, number));
    }
    let need = Need { after: clock::now().checked_add(Duration::from_secs(5)).unwrap(), vpc: Some(vpc()) };
    bench.broker.attend(&instance(1), &owner(1), watching(Some(need)));
    bench.until(&owner(1)).await;
    bench.fake.world().asked_at.clear();

    // Now the second question about the first link is due together with the first about six others.
    for number in 1..=7 {
        doubts(&bench, number, None);
    }
    while !matches!(link(&bench, 1), LinkSeen::Dead(_)) {
        bench.until(&owner(1)).await;
    }

    let order: Vec<_> = bench.fake.world().asked_at.iter().map(|(vpc, _)| vpc.clone()).take(7).collect();
    assert_eq!(order.iter().position(|vpc| *vpc == other), Some(6), "{order:?}");
    let guard = bench.broker.observe(&instance(1), &owner(1), &known()).0.guard;
    assert_eq!(guard.map(|notice| notice.reason), Some(Reason::MassRelinkSuspected));
}
