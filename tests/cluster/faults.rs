//! Answers that get lost and tasks that fail: what became of a change is read, never guessed, and never sent twice.

use classiclink::api::Reason;
use serde_json::json;

use crate::harness::{
    Recording, World,
    cloud::{Action, Change},
    read::Told,
    story,
};

#[test]
fn an_attach_whose_answer_is_lost_is_found_in_the_list_and_not_sent_again() {
    story(async {
        let world = World::shared("lost-attach").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.strike(Action::Attach, json!("loseAnswer")).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        world.until_ready(&link).await;

        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

#[test]
fn a_detach_whose_answer_is_lost_is_seen_gone_and_not_sent_again() {
    story(async {
        let world = World::shared("lost-detach").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.cloud.strike(Action::Detach, json!("badGatewayAfter")).await;
        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Detach]);
    });
}

#[test]
fn an_attach_that_never_arrived_is_sent_again_once_that_is_certain() {
    story(async {
        let world = World::shared("never-arrived").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.strike(Action::Attach, json!("resetBefore")).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        world.until_ready(&link).await;

        assert_eq!(world.cloud.done_for(&machine).await, [Change::Attach]);
        assert_eq!(world.cloud.overlaps().await, 0);
    });
}

#[test]
fn a_task_that_failed_is_said_to_be_refused_and_tried_again() {
    story(async {
        let world = World::shared("failed-task").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.strike(Action::Attach, json!({ "failTask": { "message": "no luck today" } })).await;
        let link = world.link("web", &machine, &vpc);
        let recording = Recording::of(&world, &link).await;

        world.apply(&link).await;
        recording.first("Ready is False, Refused", |link| link.is("False", Reason::Refused)).await;
        world.until_ready(&link).await;

        assert_eq!(world.cloud.done_for(&machine).await, [Change::Attach, Change::Attach]);
    });
}

#[test]
fn a_task_that_can_never_be_asked_about_is_read_back_and_keeps_no_object_waiting() {
    story(async {
        let world = World::shared("mute-task").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world
            .cloud
            .strike_for_ever(Action::AskTask, json!({ "answer": { "code": 6000, "message": "try later" } }))
            .await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        world.until_ready(&link).await;
        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Detach]);
    });
}
