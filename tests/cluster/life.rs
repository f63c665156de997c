//! The life of a link, step by step.

use classiclink::api::{ClassicLink, ConditionType, FINALIZER, Operation, Origin, Reason};
use serde_json::json;

use crate::harness::{
    Recording, World,
    audit::Write,
    cloud::{Action, Change, CloudApi},
    read::{TellsOfLink, Told},
    story,
    wait::eventually,
};

/// Each step on each API, on Alibaba Cloud's with both generations of its error codes; those of one cloud on that.
macro_rules! on_each_api {
    (each: [$($test:ident),* $(,)?], tencent: [$($of_tencent:ident),*], alibaba: [$($of_alibaba:ident),*]) => {
        mod v2 {
            use super::CloudApi;
            $(#[test] fn $test() { super::$test(CloudApi::V2); })*
            $(#[test] fn $of_tencent() { super::$of_tencent(CloudApi::V2); })*
        }
        mod v3 {
            use super::CloudApi;
            $(#[test] fn $test() { super::$test(CloudApi::V3); })*
            $(#[test] fn $of_tencent() { super::$of_tencent(CloudApi::V3); })*
        }
        mod alibaba {
            use super::CloudApi;
            $(#[test] fn $test() { super::$test(CloudApi::Alibaba); })*
            $(#[test] fn $of_alibaba() { super::$of_alibaba(CloudApi::Alibaba); })*
        }
        mod alibaba_g1 {
            use super::CloudApi;
            $(#[test] fn $test() { super::$test(CloudApi::AlibabaG1); })*
            $(#[test] fn $of_alibaba() { super::$of_alibaba(CloudApi::AlibabaG1); })*
        }
    };
}

on_each_api! {
    each: [
    an_applied_link_is_made_and_said_to_be_so_once_it_was_seen,
    what_is_going_to_be_done_is_written_down_before_the_cloud_is_asked,
    a_link_that_someone_removed_by_hand_is_made_again,
    a_link_whose_vpc_was_edited_moves_there,
    a_deleted_object_takes_its_link_along,
    a_deleted_object_stays_until_its_link_was_seen_gone,
    a_deleted_object_that_retains_its_link_leaves_it_in_place,
    the_object_of_a_machine_that_was_returned_goes,
    an_object_that_shall_outlive_its_machine_stays_and_says_that_it_was_returned,
    ],
    tencent: [a_link_whose_machine_changed_its_address_is_made_anew_for_the_new_one],
    alibaba: [a_link_whose_machine_changed_its_address_survives_and_the_status_follows]
}

fn an_applied_link_is_made_and_said_to_be_so_once_it_was_seen(api: CloudApi) {
    story(async {
        let world = World::on(api, "made").await;
        let machine = world.cloud.machine("10.66.0.7").await;
        let vpc = world.cloud.vpc("10.1.0.0/16").await;
        let link = world.link("web", &machine, &vpc);

        let new = world.apply(&link).await;
        let made = world.until_ready(&link).await;

        assert!(new.is("Unknown", Reason::Pending), "{:?}", new.conditions());
        let record = made.on_record().unwrap();
        assert_eq!((&*record.vpc_id, record.private_ip.as_deref()), (&*vpc, Some("10.66.0.7")));
        assert_eq!(record.origin, Origin::Created);
        assert_eq!(made.task(), None);
        assert_eq!(made.metadata.finalizers.as_deref(), Some([FINALIZER.to_owned()].as_slice()));
        assert_eq!(types_of(&made), [ConditionType::Ready, ConditionType::Linked, ConditionType::Accepted]);
        assert!(made.message().contains("10.66.0.7"), "{}", made.message());
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        world.until_told(&link, Reason::Attached).await;
        the_way_to_ready(&world).await;
    });
}

fn types_of(link: &impl Told) -> Vec<ConditionType> {
    use ConditionType::{Accepted, Linked, Ready, Reconciling, Stalled};
    let all = [Ready, Linked, Accepted, Reconciling, Stalled];
    let types = link.conditions().iter().map(|given| all.into_iter().find(|type_| type_.as_str() == given.type_));
    types.map(Option::unwrap).collect()
}

/// One attach, its task, where there is one, asked about, and the list read after that.
async fn the_way_to_ready(world: &World) {
    let (calls, tasks) = (world.cloud.calls().await, world.cloud.tasks().await);
    let first = |action: Action| calls.iter().find(|call| call.action == action).unwrap().at;
    let last_list = calls.iter().rfind(|call| call.action == Action::ListLinks).unwrap();
    assert_eq!(calls.iter().filter(|call| call.action == Action::Attach).count(), 1, "{calls:#?}");
    assert!(first(Action::ListLinks) <= first(Action::Attach), "{calls:#?}");
    if world.cloud.generation().has_tasks() {
        assert!(first(Action::Attach) <= first(Action::AskTask), "{calls:#?}");
    }
    assert!(tasks[0].ended_at.unwrap() <= last_list.at, "{calls:#?}");
}

fn what_is_going_to_be_done_is_written_down_before_the_cloud_is_asked(api: CloudApi) {
    story(async {
        let world = World::on(api, "intent").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        let recording = Recording::of(&world, &link).await;

        world.apply(&link).await;
        world.until_ready(&link).await;

        let intends = |link: &ClassicLink| link.has_begun(Operation::Attach, false);
        let (_, intent) = recording.first("an intent without a task's name", intends).await;
        let task = intent.task().unwrap();
        assert_eq!((&*task.vpc_id, task.private_ip.as_deref()), (&*vpc, Some("10.66.0.7")));
        assert_eq!(intent.metadata.finalizers.as_deref(), Some([FINALIZER.to_owned()].as_slice()));
        let sent = world.cloud.changes_sent(&machine).await;
        let writes = world.audit().status_writes(&world.name, "web");
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(task.started_at.0.as_millisecond() <= sent[0].at, "{task:?} {sent:?}");
        let before = |write: &Write| write.was_taken() && write.answered_at() <= sent[0].at;
        assert!(writes.iter().any(before), "{writes:?} {sent:?}");
    });
}

fn a_link_whose_machine_changed_its_address_is_made_anew_for_the_new_one(api: CloudApi) {
    story(async {
        let world = World::on(api, "address").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.cloud.change_ip(&machine, "10.66.0.99").await;

        let is_new = |link: &ClassicLink| private_ip(link).as_deref() == Some("10.66.0.99");
        world.until(&link, "linked for 10.66.0.99", |link| is_new(link) && link.is("True", Reason::Linked)).await;
        let told = world.until_told(&link, Reason::PrivateIpChanged).await;
        assert!(told.contains("10.66.0.7") && told.contains("10.66.0.99"), "{told}");
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Detach, Action::Attach]);
        assert_eq!(world.cloud.recorded_ip(&machine).await.as_deref(), Some("10.66.0.99"));
        assert_eq!(world.cloud.overlaps().await, 0);
    });
}

fn a_link_whose_machine_changed_its_address_survives_and_the_status_follows(api: CloudApi) {
    story(async {
        let world = World::on(api, "address").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        let made = world.until_ready(&link).await;

        world.cloud.change_ip(&machine, "10.66.0.99").await;

        let is_new = |link: &ClassicLink| private_ip(link).as_deref() == Some("10.66.0.99");
        let followed = world.until(&link, "linked for 10.66.0.99", is_new).await;
        assert!(followed.is("True", Reason::Linked), "{:?}", followed.conditions());
        let since = |link: &ClassicLink| link.on_record().unwrap().since.clone();
        assert_eq!(since(&followed), since(&made), "it is the same link");
        let told = world.until_told(&link, Reason::PrivateIpChanged).await;
        assert!(told.contains("10.66.0.7") && told.contains("10.66.0.99"), "{told}");
        // Sweeps that find the new address later send nothing either.
        let calls = world.cloud.calls().await.len();
        world.cloud.until_calls(calls + 10).await;
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach], "no detach is sent, and no other attach");
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        assert_eq!(world.told(&world.name, "web", Reason::PrivateIpChanged).await.len(), 1);
    });
}

fn private_ip(link: &ClassicLink) -> Option<String> {
    link.on_record()?.private_ip.clone()
}

fn a_link_that_someone_removed_by_hand_is_made_again(api: CloudApi) {
    story(async {
        let world = World::on(api, "by-hand").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.cloud.unlink_by_hand(&machine).await;

        eventually("it is linked again", async || world.cloud.linked(&machine).await).await;
        world.until(&link, "Ready again", |link| link.is("True", Reason::Linked) && link.task().is_none()).await;
        world.until_told(&link, Reason::LinkLost).await;
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Attach]);
    });
}

fn a_link_whose_vpc_was_edited_moves_there(api: CloudApi) {
    story(async {
        let world = World::on(api, "moved").await;
        let (machine, old) = world.cloud.machine_and_vpc().await;
        let new = world.cloud.vpc("10.2.0.0/16").await;
        let link = world.link("web", &machine, &old);
        world.apply(&link).await;
        world.until_ready(&link).await;
        let recording = Recording::of(&world, &link).await;

        world.edit(&link, json!({ "vpcId": new })).await;
        let moved = world.until_ready(&link).await;

        assert_eq!(moved.on_record().unwrap().vpc_id, new);
        assert_eq!(world.cloud.linked(&machine).await.as_ref(), Some(&new));
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Detach, Action::Attach]);
        let sent = world.cloud.changes_sent(&machine).await;
        let vpcs: Vec<_> = sent.iter().filter_map(|call| call.vpc()).collect();
        assert_eq!(vpcs, [&*old, &*old, &*new]);
        recording.first("Ready is False, Moving", |link| link.is("False", Reason::Moving)).await;
    });
}

fn a_deleted_object_takes_its_link_along(api: CloudApi) {
    story(async {
        let world = World::on(api, "deleted").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, None);
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Detach]);
        world.until_told(&link, Reason::Detached).await;
    });
}

fn a_deleted_object_stays_until_its_link_was_seen_gone(api: CloudApi) {
    story(async {
        let world = World::on(api, "seen-gone").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        // The list tells late, from the beginning: a list that begins to lag goes back to before the link.
        world.cloud.time(json!({ "listDelayMs": 8000 })).await;
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.delete(&link).await;
        eventually("the link is gone", async || world.cloud.linked(&machine).await.is_none().then_some(())).await;
        let still = world.read(&link).await;
        world.until_gone(&link).await;

        assert!(still.is_some_and(|link| link.is("False", Reason::Detaching)));
    });
}

fn a_deleted_object_that_retains_its_link_leaves_it_in_place(api: CloudApi) {
    story(async {
        let world = World::on(api, "retained").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link_with("web", &machine, &vpc, &json!({ "deletionPolicy": "Retain" }));
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
        world.until_told(&link, Reason::LeftInPlace).await;
    });
}

fn the_object_of_a_machine_that_was_returned_goes(api: CloudApi) {
    story(async {
        let world = World::on(api, "returned").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        // Where others are seen, an absent machine is not a list that failed.
        world.cloud.machine("10.66.0.8").await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.cloud.return_machine(&machine).await;
        world.until_gone(&link).await;

        world.until_told(&link, Reason::InstanceReturned).await;
        let on_account = async || world.told("default", &world.name, Reason::InstanceReturned).await.pop();
        eventually("an Event on the account", on_account).await;
        // Machine and link are read by two calls: when the machine goes in between, the link alone seems lost. An attach
        // that is sent then is refused, and that is all; never is one taken on, or anything detached.
        assert_eq!(world.cloud.done_for(&machine).await, [Change::Attach]);
        assert!(!world.cloud.sent_for(&machine).await.contains(&Action::Detach));
    });
}

fn an_object_that_shall_outlive_its_machine_stays_and_says_that_it_was_returned(api: CloudApi) {
    story(async {
        let world = World::on(api, "outlives").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.machine("10.66.0.8").await;
        let link = world.link_with("web", &machine, &vpc, &json!({ "instanceReturnPolicy": "Retain" }));
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.cloud.return_machine(&machine).await;
        let kept = world.until_says(&link, "False", Reason::InstanceReturned).await;

        assert_eq!(kept.metadata.deletion_timestamp, None);
        assert_eq!(kept.condition(ConditionType::Stalled).unwrap().status, "True");
        world.delete(&link).await;
        world.until_gone(&link).await;
    });
}
