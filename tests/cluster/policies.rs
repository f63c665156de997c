//! The policies: hands off, links that were there before, force.

use classiclink::api::{ClassicLink, FORCE_RELEASE, Origin, Reason};
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::harness::{World, cloud::Action, read::TellsOfLink, story};

#[test]
fn an_object_that_observes_reports_what_it_sees_and_changes_nothing() {
    story(async {
        let world = World::shared("observes").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link_with("web", &machine, &vpc, &json!({ "managementPolicy": "Observe" }));

        world.apply(&link).await;
        world.until_says(&link, "False", Reason::Differs).await;
        world.cloud.link_by_hand(&machine, &vpc).await;
        world.until_ready(&link).await;
        world.cloud.unlink_by_hand(&machine).await;
        world.until_says(&link, "False", Reason::Differs).await;
        world.cloud.link_by_hand(&machine, &vpc).await;
        world.until_ready(&link).await;
        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        assert!(world.cloud.sent_for(&machine).await.is_empty());
    });
}

#[test]
fn a_suspended_object_does_not_heal_its_link_until_it_is_resumed() {
    story(async {
        let world = World::shared("suspended").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.edit(&link, json!({ "suspend": true })).await;
        world.until_ready(&link).await;
        world.cloud.unlink_by_hand(&machine).await;
        world.until_says(&link, "False", Reason::Suspended).await;
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);

        world.edit(&link, json!({ "suspend": false })).await;
        world.until_ready(&link).await;
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Attach]);
    });
}

#[test]
fn a_suspended_object_that_is_deleted_leaves_its_link_in_place() {
    story(async {
        let world = World::shared("suspended-gone").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.edit(&link, json!({ "suspend": true })).await;
        world.delete(&link).await;
        world.until_gone(&link).await;

        world.until_told(&link, Reason::LeftInPlace).await;
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

#[test]
fn an_adopted_link_is_ours_and_goes_with_its_object() {
    story(async {
        let world = World::shared("adopted").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.link_by_hand(&machine, &vpc).await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        let found = world.until_ready(&link).await;

        world.edit(&link, json!({ "existingLink": "Adopt" })).await;
        let is_adopted = |link: &ClassicLink| link.on_record().is_some_and(|link| link.origin == Origin::Adopted);
        world.until(&link, "the link is adopted", is_adopted).await;
        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(found.on_record().unwrap().origin, Origin::Found);
        assert_eq!(world.cloud.linked(&machine).await, None);
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Detach]);
    });
}

#[test]
fn a_link_that_was_there_is_refused_where_that_is_the_policy_and_taken_once_it_is_not() {
    story(async {
        let world = World::shared("refuses").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.link_by_hand(&machine, &vpc).await;
        let link = world.link_with("web", &machine, &vpc, &json!({ "existingLink": "Refuse" }));

        world.apply(&link).await;
        world.until_says(&link, "False", Reason::ExistingLinkRefused).await;
        world.edit(&link, json!({ "existingLink": "Keep" })).await;
        let found = world.until_ready(&link).await;

        assert_eq!(found.on_record().unwrap().origin, Origin::Found);
        assert!(world.cloud.sent_for(&machine).await.is_empty());
    });
}

#[test]
fn an_object_whose_cloud_never_answers_again_goes_by_force_and_says_so() {
    story(async {
        let world = World::shared("forced").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        let made = world.until_ready(&link).await;

        world.cloud.reset_all_connections().await;
        world.delete(&link).await;
        world.until_says(&link, "False", Reason::Detaching).await;
        annotate(&world, &link, "not-its-uid").await;
        // It may not go for another object's sake: it is looked for a few times more.
        let calls = world.cloud.calls().await.len();
        world.cloud.until_calls(calls + 12).await;
        assert!(world.read(&link).await.is_some());
        annotate(&world, &link, made.metadata.uid.as_deref().unwrap()).await;
        world.until_gone(&link).await;

        let told = world.until_told(&link, Reason::ForceReleased).await;
        assert!(told.contains(&vpc), "{told}");
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
    });
}

async fn annotate(world: &World, link: &ClassicLink, uid: &str) {
    let change = Patch::Merge(json!({ "metadata": { "annotations": { FORCE_RELEASE: uid } } }));
    let name = link.metadata.name.as_deref().unwrap();
    world.links_of(link).patch(name, &PatchParams::default(), &change).await.unwrap();
}
