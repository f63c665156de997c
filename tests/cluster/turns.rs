//! People who change their mind, or ask for something in between.

use classiclink::api::{CHECK_REQUESTED_AT, ClassicLink, Operation, Reason};
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::harness::{
    World,
    read::{TellsOfLink, Told},
    story,
};

#[test]
fn a_link_that_is_moved_again_while_it_moves_ends_where_it_is_wanted_last() {
    story(async {
        let world = World::shared("twice").await;
        let (machine, first) = world.cloud.machine_and_vpc().await;
        let (second, third) = (world.cloud.vpc("10.2.0.0/16").await, world.cloud.vpc("10.3.0.0/16").await);
        let link = world.link("web", &machine, &first);
        world.apply(&link).await;
        world.until_ready(&link).await;

        // Long enough for a person to see it, and to come in between.
        world.cloud.time(json!({ "taskDurationMs": 5000 })).await;
        world.edit(&link, json!({ "vpcId": second })).await;
        world.until(&link, "on its way", |link| link.has_begun(Operation::Attach, true)).await;
        world.edit(&link, json!({ "vpcId": third })).await;
        world.cloud.time(json!({ "taskDurationMs": 300 })).await;
        world.until_ready(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, Some(third));
        assert_eq!(world.cloud.overlaps().await, 0);
    });
}

#[test]
fn a_move_that_is_taken_back_while_it_runs_ends_where_it_began() {
    story(async {
        let world = World::shared("back").await;
        let (machine, first) = world.cloud.machine_and_vpc().await;
        let second = world.cloud.vpc("10.2.0.0/16").await;
        let link = world.link("web", &machine, &first);
        world.apply(&link).await;
        world.until_ready(&link).await;

        // Long enough for a person to see it, and to come in between.
        world.cloud.time(json!({ "taskDurationMs": 5000 })).await;
        world.edit(&link, json!({ "vpcId": second })).await;
        world.until(&link, "on its way", |link| link.has_begun(Operation::Detach, true)).await;
        world.edit(&link, json!({ "vpcId": first })).await;
        world.cloud.time(json!({ "taskDurationMs": 300 })).await;
        world.until_ready(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, Some(first));
        assert_eq!(world.cloud.overlaps().await, 0);
    });
}

#[test]
fn the_deletion_policy_may_change_while_the_object_goes() {
    story(async {
        let world = World::shared("retain-late").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;
        // The link cannot be removed now; the person decides to keep it.
        world.cloud.disable_key().await;
        world.delete(&link).await;
        world.until(&link, "Detaching", |link| link.is("False", Reason::Detaching) && link.task().is_none()).await;

        world.edit(&link, json!({ "deletionPolicy": "Retain" })).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
    });
}

#[test]
fn a_check_that_is_asked_for_is_made_and_answered() {
    story(async {
        let world = World::shared("check").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        let asked = Patch::Merge(json!({ "metadata": { "annotations": { CHECK_REQUESTED_AT: "now" } } }));
        world.links_of(&link).patch("web", &PatchParams::default(), &asked).await.unwrap();

        let answered = |link: &ClassicLink| {
            link.status.as_ref().and_then(|status| status.last_handled_check_at.as_deref()) == Some("now")
        };
        world.until(&link, "answered", answered).await;
    });
}
