//! What the documents leave open of what is refused: whichever way the cloud goes, it is said by its kind what that means,
//! and nothing is taken for done that is not.

use std::time::{Duration, Instant};

use classiclink::{
    api::Reason,
    cloud::{Action, Kind, Taken},
    link::{InstanceId, Network, TaskState, VpcId},
};
use serde_json::json;

use crate::{
    api::Api,
    cloud::Cloud,
    subject::{Said, Subject},
};

on_each_api! {
    each: [],
    tencent: [
        a_machine_of_a_vpc_is_refused_at_once_or_in_its_task_or_as_unknown,
        a_range_that_cannot_be_linked_is_refused_at_once_or_in_its_task,
        a_wide_range_is_linked_or_refused,
        a_call_for_more_machines_than_the_cloud_takes_is_made_smaller,
        a_dead_record_takes_a_place_or_does_not,
        a_machine_in_a_state_that_locks_it_is_busy,
        a_time_that_is_far_off_is_an_error_and_nothing_is_carried_out,
        no_list_asks_for_more_than_a_page_may_have,
    ],
    alibaba: [
        a_machine_that_is_locked_for_the_bill_is_linked_or_busy,
        a_vpc_that_went_with_its_links_has_none,
        a_machine_that_moved_into_a_vpc_is_refused_whatever_became_of_its_link,
        what_comes_too_fast_is_throttled_whether_or_not_the_answer_says_for_how_long,
    ]
}

/// A change that must not be done is refused for this reason, or its task fails.
async fn is_refused(provider: &Subject, (vpc, machine): (&VpcId, &InstanceId), refused: Kind, in_task: bool) {
    match provider.attach(vpc, machine).await {
        Err(kind) => assert_eq!((kind, false), (refused, in_task)),
        Ok(Taken::Task(id)) => {
            let ended = provider.task(&id).await;
            assert!(in_task && matches!(ended, Ok(TaskState::Failed(_))), "{ended:?}");
        }
        Ok(Taken::Done) => panic!("said to be done"),
    }
}

async fn a_machine_of_a_vpc_is_refused_at_once_or_in_its_task_or_as_unknown(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let inside = cloud.machine_that(json!({ "ip": "10.1.0.9", "network": "vpc", "vpcId": vpc.as_str() })).await;
    let refused = Kind::Refused(Reason::Refused);
    let settings =
        [("immediate", refused, false), ("in-task", refused, true), ("instance-not-found", Kind::Missing, false)];
    for (setting, kind, in_task) in settings {
        cloud.set(json!({ "switches": { "notClassic": setting } })).await;
        is_refused(&cloud.provider(), (&vpc, &inside), kind, in_task).await;
        assert_eq!(cloud.linked(&inside).await, None, "{setting}");
    }
}

async fn a_range_that_cannot_be_linked_is_refused_at_once_or_in_its_task(cloud: &Cloud) {
    let (machine, vpc) = (cloud.machine("10.66.0.7").await, cloud.vpc("192.168.0.0/16").await);
    for (setting, in_task) in [("immediate", false), ("in-task", true)] {
        cloud.set(json!({ "switches": { "unsupportedCidr": setting } })).await;
        is_refused(&cloud.provider(), (&vpc, &machine), range_refused(cloud), in_task).await;
        assert_eq!(cloud.linked(&machine).await, None, "{setting}");
    }
}

async fn a_wide_range_is_linked_or_refused(cloud: &Cloud) {
    let (machine, vpc) = (cloud.machine("10.66.0.7").await, cloud.vpc("10.0.0.0/12").await);
    let provider = cloud.provider();
    assert_eq!(provider.vpc(&vpc).await.unwrap().unwrap().cidr_allowed, None, "it is tried");
    for (setting, in_task) in [("immediate", false), ("in-task", true)] {
        cloud.set(json!({ "switches": { "wideCidr": "refused", "unsupportedCidr": setting } })).await;
        is_refused(&provider, (&vpc, &machine), range_refused(cloud), in_task).await;
        assert_eq!(cloud.linked(&machine).await, None, "{setting}");
    }
    cloud.set(json!({ "switches": { "wideCidr": "accepted" } })).await;
    assert!(provider.attach(&vpc, &machine).await.is_ok());
    assert_eq!(cloud.linked(&machine).await, Some(vpc));
}

/// One API has a code for it.
fn range_refused(cloud: &Cloud) -> Kind {
    Kind::Refused(cloud.api.of(Reason::Refused, Reason::CidrNotSupported, Reason::CidrNotSupported))
}

async fn a_call_for_more_machines_than_the_cloud_takes_is_made_smaller(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    let two = [machine, cloud.machine("10.66.0.8").await];
    let provider = cloud.provider();
    cloud.set(json!({ "limits": { "instancesPerCall": 1 } })).await;
    let refused = provider.attach_all(&vpc, &two).await.unwrap_err();
    assert!(refused.splits_batch() && !refused.may_have_happened(), "{refused:?}");
    for machine in &two {
        assert!(provider.attach(&vpc, machine).await.is_ok());
    }
    let refused = provider.detach_all(&vpc, &two).await.unwrap_err();
    assert!(refused.splits_batch() && !refused.may_have_happened(), "{refused:?}");
    assert_eq!(provider.links_to(&vpc).await.unwrap().rows.len(), 2);
    cloud.set(json!({ "limits": { "instancesPerCall": null } })).await;
    assert!(provider.detach_all(&vpc, &two).await.is_ok());
    assert_eq!(provider.links_to(&vpc).await.unwrap().rows.len(), 0);
}

async fn a_dead_record_takes_a_place_or_does_not(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    let one_more = cloud.machine("10.66.0.8").await;
    cloud.link_by_hand(&machine, &vpc).await;
    cloud.befalls(&machine, "change-ip", json!({ "ip": "10.66.0.99" })).await;
    cloud.change_vpc(&vpc, json!({ "quota": 1 })).await;
    let provider = cloud.provider();
    cloud.set(json!({ "switches": { "deadRecordInQuota": "counts" } })).await;
    assert_eq!(provider.attach(&vpc, &one_more).await, Err(Kind::Quota));
    cloud.set(json!({ "switches": { "deadRecordInQuota": "free" } })).await;
    assert!(provider.attach(&vpc, &one_more).await.is_ok());
    assert_eq!(provider.links_to(&vpc).await.unwrap().rows.len(), 2, "the dead one is listed");
}

async fn a_machine_in_a_state_that_locks_it_is_busy(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let provider = cloud.provider();
    for status in ["stopped", "rebooting", "starting"] {
        let machine = cloud.machine_that(json!({ "ip": "10.66.0.7", "status": status })).await;
        cloud.set(json!({ "switches": { "lockedStatuses": [status] } })).await;
        assert_eq!(provider.attach(&vpc, &machine).await, Err(Kind::Busy), "{status}");
        cloud.set(json!({ "switches": { "lockedStatuses": [] } })).await;
        assert!(provider.attach(&vpc, &machine).await.is_ok(), "{status}");
        cloud.set(json!({ "switches": { "lockedStatuses": [status] } })).await;
        assert_eq!(provider.detach(&vpc, &machine).await, Err(Kind::Busy), "{status}");
        assert_eq!(cloud.linked(&machine).await.as_ref(), Some(&vpc), "{status}");
    }
}

async fn a_time_that_is_far_off_is_an_error_and_nothing_is_carried_out(cloud: &Cloud) {
    let topic = cloud.topic().await;
    cloud.set(json!({ "traffic": { "clockSkewMs": 7_200_000 } })).await;
    for setting in ["replay", "expired"] {
        cloud.set(json!({ "tencentV2": { "staleTimestamp": setting } })).await;
        let provider = cloud.provider();
        for action in cloud.api.actions() {
            // What is said to be sent twice may have been carried out the first time.
            let is_replay = (cloud.api, setting) == (Api::V2, "replay");
            let expected = if is_replay { action.unreadable() } else { Kind::KeyDenied };
            assert_eq!(provider.ask(action, &topic).await, Err(expected), "{action:?} {setting}");
        }
        assert_eq!(cloud.linked(&topic.machine).await, None, "{setting}");
    }
}

async fn no_list_asks_for_more_than_a_page_may_have(cloud: &Cloud) {
    const MANY: usize = 120;
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, MANY).await;
    let section = cloud.api.dialect();
    for setting in ["refused", "clamped"] {
        cloud.set(json!({ section: { "limitAboveMaximum": setting } })).await;
        let provider = cloud.provider();
        let list = provider.links_to(&vpc).await.unwrap();
        assert_eq!((list.complete, list.rows.len()), (true, MANY), "{setting}");
        assert_eq!(provider.machines(&there).await.unwrap().found.len(), MANY, "{setting}");
        assert!(provider.vpc(&vpc).await.unwrap().is_some(), "{setting}");
    }
}

async fn a_machine_that_is_locked_for_the_bill_is_linked_or_busy(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    cloud.befalls(&machine, "locks", json!({ "locks": ["financial"] })).await;
    let provider = cloud.provider();
    cloud.set(json!({ "alibabaCloud": { "lockedMachine": "busy" } })).await;
    assert_eq!(provider.attach(&vpc, &machine).await, Err(Kind::Locked));
    let listed = provider.machines(&[machine.clone()].into()).await.unwrap();
    assert_eq!(listed.found[&machine].lock.as_deref(), Some("financial"));
    assert_eq!(cloud.linked(&machine).await, None);
    cloud.set(json!({ "alibabaCloud": { "lockedMachine": "accepted" } })).await;
    assert_eq!(provider.attach(&vpc, &machine).await, Ok(Taken::Done));
    cloud.set(json!({ "alibabaCloud": { "lockedMachine": "busy" } })).await;
    // The second generation says by its code alone that it may not be done, and only by its text why.
    let refused = provider.detach(&vpc, &machine).await;
    assert!(matches!(refused, Err(Kind::Locked | Kind::Conflict)), "{refused:?}");
    assert_eq!(cloud.linked(&machine).await, Some(vpc));
}

async fn a_vpc_that_went_with_its_links_has_none(cloud: &Cloud) {
    for setting in ["ends-links", "refused"] {
        cloud.set(json!({ "alibabaCloud": { "vpcRemovalWithLinks": setting } })).await;
        let (machine, vpc) = cloud.pair().await;
        cloud.link_by_hand(&machine, &vpc).await;
        if setting == "refused" {
            cloud.unlink_by_hand(&machine).await;
        }
        cloud.remove_vpc(&vpc).await;
        let provider = cloud.provider();
        assert_eq!(provider.vpc(&vpc).await, Ok(None), "{setting}");
        for list in [provider.links_to(&vpc).await, provider.links_of(&[machine.clone()].into()).await] {
            let list = list.unwrap();
            assert!(list.complete && list.rows.is_empty(), "{setting}: {list:?}");
        }
        assert_eq!(provider.attach(&vpc, &machine).await, Err(Kind::Missing), "{setting}");
        assert_eq!(provider.detach(&vpc, &machine).await, Err(Kind::AlreadyGone), "{setting}");
    }
}

async fn a_machine_that_moved_into_a_vpc_is_refused_whatever_became_of_its_link(cloud: &Cloud) {
    for setting in ["ends", "stays"] {
        cloud.set(json!({ "alibabaCloud": { "linkOnMigration": setting } })).await;
        let (machine, vpc) = cloud.pair().await;
        cloud.link_by_hand(&machine, &vpc).await;
        cloud.befalls(&machine, "migrate-to-vpc", json!({ "vpcId": vpc.as_str(), "ip": "10.1.0.9" })).await;
        let provider = cloud.provider();
        let list = provider.links_to(&vpc).await.unwrap();
        assert_eq!((list.complete, list.rows.contains_key(&machine)), (true, setting == "stays"), "{setting}");
        let machines = provider.machines(&[machine.clone()].into()).await.unwrap();
        assert_eq!(machines.found[&machine].network, Network::Vpc, "{setting}");
        let refused = Err(Kind::Refused(Reason::InstanceNotClassic));
        assert_eq!(provider.attach(&vpc, &machine).await, refused, "{setting}");
    }
}

async fn what_comes_too_fast_is_throttled_whether_or_not_the_answer_says_for_how_long(cloud: &Cloud) {
    let topic = cloud.topic().await;
    cloud.set(json!({ "traffic": { "callsPerSecond": { cloud.api.name(Action::ReadVpc): 0 } } })).await;
    for setting in ["absent", "present"] {
        cloud.set(json!({ "alibaba": { "retryAfter": setting } })).await;
        let provider = cloud.provider();
        let begun = Instant::now();
        for _ in 0..4 {
            assert_eq!(provider.ask(Action::ReadVpc, &topic).await, Err(Kind::Throttled), "{setting}");
        }
        // To the end of a second three times: two whole ones at least. Where nothing is said, nothing rests here.
        let rested = begun.elapsed() > Duration::from_millis(1_900);
        assert!(rested || setting == "absent", "{setting}: {:?}", begun.elapsed());
        assert!(matches!(provider.ask(Action::ListLinks, &topic).await, Ok(Said::Links(_))), "{setting}");
    }
}
