//! Links that were there before their object, where the list of links tells no addresses: API 3.0. Which address its filter
//! compares is documented nowhere; both ways are played.

use classiclink::api::{ClassicLink, Origin, Reason};
use serde_json::json;

use crate::harness::{
    Recording, World,
    cloud::{Action, CloudApi},
    read::{TellsOfLink, Told},
    story,
    wait::eventually,
};

const BOTH: [&str; 2] = ["recorded", "present"];

/// A world whose filter compares this address, and a machine at 10.66.0.7 that somebody linked. The lists are late by so
/// many milliseconds.
async fn linked_by_hand(name: &str, filter: &str, late: u32) -> (World, String, String) {
    let world = World::on(CloudApi::V3, &format!("{name}-{filter}")).await;
    world.cloud.set(&json!({ "switches": { "addressFilter": filter } })).await;
    world.cloud.time(json!({ "listDelayMs": late })).await;
    let (machine, vpc) = world.cloud.machine_and_vpc().await;
    world.cloud.link_by_hand(&machine, &vpc).await;
    (world, machine, vpc)
}

/// How often the cloud was asked which links are at an address.
async fn asked(world: &World) -> usize {
    world.cloud.calls().await.iter().filter(|call| call.is_by_address()).count()
}

/// Some sweeps go by.
async fn some_sweeps(world: &World) {
    let calls = world.cloud.calls().await.len();
    world.cloud.until_calls(calls + 10).await;
}

/// How often it was asked until it was asked no more. A look that comes between the answer that proves and the decision
/// that follows asks once more.
async fn asked_until_rest(world: &World) -> usize {
    some_sweeps(world).await;
    let asked_so_far = asked(world).await;
    some_sweeps(world).await;
    assert_eq!(asked(world).await, asked_so_far, "{}: at rest nothing is asked", world.name);
    asked_so_far
}

#[test]
fn a_found_link_that_is_dead_is_said_to_be_where_the_cloud_tells_and_is_never_cut() {
    story(async {
        for filter in BOTH {
            let (world, machine, vpc) = linked_by_hand("found-dead", filter, 0).await;
            world.cloud.change_ip(&machine, "10.66.0.99").await;
            let link = world.link("web", &machine, &vpc);
            world.apply(&link).await;
            // A filter that compares the present address hides the dead.
            let (status, reason, questions) = if filter == "recorded" {
                ("False", Reason::NotOurs, 2..=usize::MAX)
            } else {
                ("True", Reason::AddressUnverified, 1..=1)
            };
            world.until_says(&link, status, reason).await;
            let asked = asked_until_rest(&world).await;

            let still = world.read(&link).await.unwrap();
            assert!(still.is(status, reason), "{filter}: {}", still.message());
            assert!(questions.contains(&asked), "{filter}: asked {asked} times, not {questions:?}");
            assert_eq!(world.cloud.linked(&machine).await, Some(vpc), "{filter}");
            assert_eq!(world.cloud.sent_for(&machine).await, [], "{filter}");
        }
    });
}

#[test]
fn a_found_link_that_is_alive_is_ready_however_late_the_lists_are_and_dead_once_the_address_changes() {
    story(async {
        for filter in BOTH {
            let (world, machine, vpc) = linked_by_hand("found-alive", filter, 3000).await;
            let link = world.link_with("web", &machine, &vpc, &json!({ "managementPolicy": "Observe" }));
            let recording = Recording::of(&world, &link).await;
            world.apply(&link).await;
            let found = world.until_says(&link, "True", Reason::AddressUnverified).await;
            some_sweeps(&world).await;

            let says_dead = |(_, link): &(_, ClassicLink)| link.is("False", Reason::NotOurs);
            assert!(!recording.versions().iter().any(says_dead), "{filter}");
            assert_eq!(found.on_record().map(|link| link.origin), Some(Origin::Found), "{filter}");
            assert_eq!(asked(&world).await, 1, "{filter}: at rest nothing is asked");
            world.cloud.change_ip(&machine, "10.66.0.99").await;
            world.until_says(&link, "False", Reason::NotOurs).await;
            assert_eq!(world.cloud.sent_for(&machine).await, [], "{filter}");
        }
    });
}

#[test]
fn a_link_that_is_adopted_dead_is_made_again_where_the_cloud_tells() {
    story(async {
        let (world, machine, vpc) = linked_by_hand("adopted-dead", "recorded", 0).await;
        world.cloud.change_ip(&machine, "10.66.0.99").await;
        let link = world.link_with("web", &machine, &vpc, &json!({ "existingLink": "Adopt" }));

        world.apply(&link).await;
        let made = world.until_ready(&link).await;

        assert_eq!(made.on_record().map(|link| link.origin), Some(Origin::Created));
        assert_eq!(world.cloud.recorded_ip(&machine).await.as_deref(), Some("10.66.0.99"));
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Detach, Action::Attach]);
        assert!(asked_until_rest(&world).await >= 2, "two answers are the proof");
    });
}

#[test]
fn a_link_that_was_found_dead_stays_so_through_a_restart() {
    story(async {
        let mut world = World::alone_on(CloudApi::V3, "found-dead-restart", crate::harness::operator::QUICK).await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.link_by_hand(&machine, &vpc).await;
        world.cloud.change_ip(&machine, "10.66.0.99").await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        let dead = world.until_says(&link, "False", Reason::NotOurs).await;

        let recording = Recording::of(&world, &link).await;
        world.kill_operator();
        let asked_before = asked(&world).await;
        world.start_operator().await;
        let proof = async || (asked(&world).await >= asked_before + 2).then_some(());
        eventually("it is asked anew, as often as the proof takes", proof).await;
        asked_until_rest(&world).await;

        let versions: Vec<_> = recording.versions().into_iter().map(|(_, link)| link.status).collect();
        assert_eq!(versions, [dead.status], "what is known anew is what was known");
        assert_eq!(world.cloud.sent_for(&machine).await, []);
    });
}
