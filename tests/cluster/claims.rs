//! Whose machine it is, and who may act: links that were there before, rivals, namespaces.

use classiclink::api::{ClassicLink, Origin, Reason};
use serde_json::json;

use crate::harness::{
    Recording, World,
    cloud::Action,
    read::{TellsOfLink, Told},
    story,
    wait::eventually,
};

#[test]
fn a_link_that_was_there_before_us_is_used_and_survives_deletion() {
    story(async {
        let world = World::shared("found").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.link_by_hand(&machine, &vpc).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        let found = world.until_ready(&link).await;
        world.until_told(&link, Reason::FoundExistingLink).await;
        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(found.on_record().unwrap().origin, Origin::Found);
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        assert!(world.cloud.sent_for(&machine).await.is_empty());
    });
}

#[test]
fn of_two_objects_for_one_machine_the_younger_waits_and_takes_over() {
    story(async {
        let world = World::shared("rivals").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let other = world.cloud.vpc("10.2.0.0/16").await;
        let (elder, younger) = (world.link("elder", &machine, &vpc), world.link("younger", &machine, &other));
        world.apply(&elder).await;
        world.until_ready(&elder).await;

        world.apply(&younger).await;
        let waiting = world.until_says(&younger, "False", Reason::ClaimedByOther).await;
        assert!(waiting.message().contains(&format!("{}/elder", world.name)), "{}", waiting.message());
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));

        world.delete(&elder).await;
        world.until_gone(&elder).await;
        world.until_ready(&younger).await;
        assert_eq!(world.cloud.linked(&machine).await, Some(other));
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Detach, Action::Attach]);
    });
}

#[test]
fn a_rival_that_never_had_the_claim_leaves_the_link_alone_when_it_is_deleted() {
    story(async {
        let world = World::shared("loser").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let (elder, younger) = (world.link("elder", &machine, &vpc), world.link("younger", &machine, &vpc));
        world.apply(&elder).await;
        world.until_ready(&elder).await;
        world.apply(&younger).await;
        world.until_says(&younger, "False", Reason::ClaimedByOther).await;

        world.delete(&younger).await;
        world.until_gone(&younger).await;

        world.until_ready(&elder).await;
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

#[test]
fn two_accounts_with_the_same_keys_are_one_account_when_it_comes_to_claims() {
    story(async {
        let world = World::shared("same-keys").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let twin = format!("{}.twin", world.name);
        let mut account = world.account(&world.name);
        account["metadata"]["name"] = json!(twin);
        world.apply_account(&account).await;
        let elder = world.link("elder", &machine, &vpc);
        let mut younger = world.link("younger", &machine, &vpc);
        younger.spec.account_ref.name = twin;
        world.apply(&elder).await;
        world.until_ready(&elder).await;

        world.apply(&younger).await;

        world.until_says(&younger, "False", Reason::ClaimedByOther).await;
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

#[test]
fn an_object_that_vanishes_with_a_change_under_way_keeps_its_machine_until_that_is_settled() {
    story(async {
        let world = World::shared("vanished").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let other = world.cloud.vpc("10.2.0.0/16").await;
        world.cloud.time(json!({ "taskDurationMs": 10_000 })).await;
        let (first, second) = (world.link("first", &machine, &vpc), world.link("second", &machine, &other));
        world.apply(&first).await;
        world.cloud.until_answered(Action::Attach).await;

        world.delete(&first).await;
        world.take_finalizers_off(&first).await;
        world.until_gone(&first).await;
        world.apply(&second).await;
        let waiting = world.until_says(&second, "False", Reason::ClaimedByOther).await;

        assert!(waiting.message().contains("a change of it is under way"), "{}", waiting.message());
        // What landed after all is nobody's any more: it is left in place.
        world.until_says(&second, "False", Reason::LinkedElsewhere).await;
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

#[test]
fn an_object_that_is_made_again_at_once_waits_for_nobody() {
    story(async {
        let world = World::shared("made-again").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.delete(&link).await;
        world.until_gone(&link).await;
        let recording = Recording::of(&world, &link).await;
        world.apply(&link).await;
        world.until_ready(&link).await;

        let claimed = |(_, link): &(_, ClassicLink)| link.is("False", Reason::ClaimedByOther);
        assert!(!recording.versions().iter().any(claimed), "the former object has nothing any more");
        let log = std::fs::read_to_string(world.log()).unwrap();
        let alarmed = |line: &str| line.contains("went with a change under way") && line.contains("made-again");
        assert_eq!(log.lines().find(|line| alarmed(line)), None, "an ordinary deletion alarms nobody");
    });
}

#[test]
fn a_link_whose_finalizer_was_taken_off_by_hand_is_left_in_place_and_the_account_hears_of_it() {
    story(async {
        let world = World::shared("by-hand").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        // The link cannot be removed now; the person loses patience.
        world.cloud.disable_key().await;
        world.delete(&link).await;
        world.until(&link, "Detaching", |link| link.is("False", Reason::Detaching) && link.task().is_none()).await;
        world.take_finalizers_off(&link).await;
        world.until_gone(&link).await;

        let told = async || world.told("default", &world.name, Reason::LeftInPlace).await.pop();
        let told = eventually("the account is told", told).await;
        assert!(told.contains(&machine) && told.contains(&vpc) && told.contains("by-hand/web"), "{told}");
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
    });
}

/// Lets only namespaces with the label `classiclink: allowed` use the account.
async fn allow_labelled_namespaces(world: &World) {
    let mut account = world.account(&world.name);
    account["spec"]["allowedNamespaces"] =
        json!({ "from": "Selector", "selector": { "matchLabels": { "classiclink": "allowed" } } });
    world.apply_account(&account).await;
}

#[test]
fn a_namespace_that_is_not_allowed_waits_until_it_gets_the_label() {
    story(async {
        let world = World::shared("selector").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        allow_labelled_namespaces(&world).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        let refused = world.until_says(&link, "False", Reason::NamespaceNotAllowed).await;
        assert!(refused.message().contains(&world.name), "{}", refused.message());
        assert!(world.cloud.sent_for(&machine).await.is_empty());

        world.apply_namespace(&world.name, json!({ "classiclink": "allowed" })).await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_permission_withdrawn_stops_healing_and_never_the_detaching_of_a_deleted_object() {
    story(async {
        let world = World::shared("withdrawn").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let (lost, lost_vpc) = (world.cloud.machine("10.66.0.8").await, vpc.clone());
        world.apply_namespace(&world.name, json!({ "classiclink": "allowed" })).await;
        allow_labelled_namespaces(&world).await;
        let (link, unhealed) = (world.link("web", &machine, &vpc), world.link("lost", &lost, &lost_vpc));
        world.apply(&link).await;
        world.apply(&unhealed).await;
        world.until_ready(&link).await;
        world.until_ready(&unhealed).await;

        world.apply_namespace(&world.name, json!({})).await;
        world.until_says(&link, "False", Reason::NamespaceNotAllowed).await;
        world.until_says(&unhealed, "False", Reason::NamespaceNotAllowed).await;
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        world.cloud.unlink_by_hand(&lost).await;
        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, None);
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Detach]);
        assert_eq!(world.cloud.sent_for(&lost).await, [Action::Attach], "a lost link is not made again");
    });
}

#[test]
fn an_account_that_is_deleted_stays_until_its_last_link_is_settled() {
    story(async {
        let world = World::shared("account-gone").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let (link, late) = (world.link("web", &machine, &vpc), world.link("late", "ins-late0001", &vpc));
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.accounts().delete(&world.name, &kube::api::DeleteParams::default()).await.unwrap();
        world.apply(&late).await;
        world.until_says(&late, "False", Reason::AccountTerminating).await;
        assert!(world.read(&link).await.is_some_and(|link| link.on_record().is_some()));
        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, None);
        let gone = async || world.accounts().get_opt(&world.name).await.unwrap().is_none().then_some(());
        eventually("the account is gone", gone).await;
    });
}
