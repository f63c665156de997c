//! Changes: what is taken is done, and what is refused says by its kind what that means.

use classiclink::{
    api::Reason,
    cloud::{Action, Kind, Taken},
    link::TaskState,
};
use serde_json::{Value, json};

use crate::{
    api::Api,
    cloud::{Cloud, no_vpc},
    subject::Subject,
    wait::eventually,
};

on_each_api! {
    each: [
        a_link_that_is_asked_for_is_made_and_seen_and_goes_when_that_is_asked_for,
        an_answer_may_come_before_the_list_shows_what_it_says,
        an_attach_of_what_is_linked_there_already_is_taken_or_a_conflict,
        an_attach_of_what_is_linked_elsewhere_is_a_conflict_and_moves_nothing,
        a_detach_of_nothing_is_taken_or_says_that_there_is_nothing,
        a_detach_from_a_vpc_that_it_is_not_linked_to_leaves_the_link,
        a_machine_or_vpc_that_does_not_exist_is_missing_or_gone,
        a_machine_of_a_vpc_is_refused,
        a_machine_that_is_busy_is_busy,
        a_vpc_that_is_full_is_a_question_of_quota,
    ],
    tencent: [
        machines_are_linked_together_in_one_call,
        a_batch_with_a_bad_machine_is_never_said_to_be_done,
        a_change_while_a_task_runs_for_the_machine_is_busy,
        a_range_that_cannot_be_linked_is_refused,
    ],
    alibaba: [more_than_one_machine_is_refused_before_anything_is_sent]
}

async fn a_link_that_is_asked_for_is_made_and_seen_and_goes_when_that_is_asked_for(cloud: &Cloud) {
    cloud.set(json!({ "timing": { "taskDurationMs": 300 } })).await;
    let (machine, vpc) = cloud.pair().await;
    let provider = cloud.provider();

    let taken = provider.attach(&vpc, &machine).await.unwrap();
    until_done(&provider, taken).await;

    assert_eq!(cloud.linked(&machine).await.as_ref(), Some(&vpc));
    let list = provider.links_to(&vpc).await.unwrap();
    assert_eq!((&list.rows[&machine].vpc, list.complete), (&vpc, true));

    let taken = provider.detach(&vpc, &machine).await.unwrap();
    until_done(&provider, taken).await;

    assert_eq!(cloud.linked(&machine).await, None);
    let list = provider.links_to(&vpc).await.unwrap();
    assert!(list.rows.is_empty() && list.complete);
    assert_eq!((cloud.calls_of(Action::Attach).await, cloud.calls_of(Action::Detach).await), (1, 1));
}

async fn an_answer_may_come_before_the_list_shows_what_it_says(cloud: &Cloud) {
    cloud.set(json!({ "timing": { "listDelayMs": 700 } })).await;
    let (machine, vpc) = cloud.pair().await;
    let provider = cloud.provider();
    let taken = provider.attach(&vpc, &machine).await.unwrap();
    until_done(&provider, taken).await;
    eventually("the list has caught up", async || {
        let list = provider.links_to(&vpc).await.unwrap();
        assert!(list.complete, "what lags is complete as of a moment ago");
        list.rows.contains_key(&machine).then_some(())
    })
    .await;
}

async fn an_attach_of_what_is_linked_there_already_is_taken_or_a_conflict(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    cloud.link_by_hand(&machine, &vpc).await;
    let settings: &[_] = match cloud.api {
        Api::V2 | Api::V3 => &["success", "already-linked"],
        Api::Alibaba => &["success", "not-allowed", "linked-to-other", "abs"],
    };
    let section = cloud.api.of("switches", "switches", "alibaba");
    for setting in settings {
        cloud.set(json!({ section: { "attachSameVpcAgain": setting } })).await;
        let answer = cloud.provider().attach(&vpc, &machine).await;
        if *setting == "success" {
            assert!(answer.is_ok(), "{answer:?}");
        } else {
            assert_eq!(answer, Err(Kind::Conflict), "{setting}");
        }
        assert_eq!(cloud.linked(&machine).await.as_ref(), Some(&vpc));
    }
}

async fn an_attach_of_what_is_linked_elsewhere_is_a_conflict_and_moves_nothing(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    let other = cloud.vpc("10.2.0.0/16").await;
    cloud.link_by_hand(&machine, &other).await;
    for generation in ["g2", "g1"] {
        cloud.set(json!({ "alibaba": { "generation": generation } })).await;
        assert_eq!(cloud.provider().attach(&vpc, &machine).await, Err(Kind::Conflict), "{generation}");
        assert_eq!(cloud.linked(&machine).await.as_ref(), Some(&other));
    }
}

async fn a_detach_of_nothing_is_taken_or_says_that_there_is_nothing(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    let tencent = |setting: &str| json!({ "switches": { "detachWithoutLink": setting } });
    let alibaba = |generation: &str, setting: &str| json!({ "alibaba": { "generation": generation, "detachWithoutLink": setting } });
    let settings: Vec<(Value, Option<Kind>)> = match cloud.api {
        Api::V2 | Api::V3 => vec![
            (tencent("success"), None),
            (tencent("not-found"), Some(Kind::AlreadyGone)),
            (tencent("task-failed"), None),
        ],
        Api::Alibaba => vec![
            (alibaba("g2", "success"), Some(Kind::AlreadyGone)),
            (alibaba("g1", "success"), None),
            (alibaba("g1", "operation-denied"), Some(Kind::Conflict)),
        ],
    };
    for (setting, refused) in settings {
        cloud.set(setting.clone()).await;
        let provider = cloud.provider();
        let answer = provider.detach(&vpc, &machine).await;
        match (&answer, refused) {
            (Err(kind), Some(refused)) => assert_eq!(*kind, refused, "{setting}"),
            (Ok(taken), None) => ends(&provider, taken, setting.to_string().contains("failed")).await,
            _ => panic!("{setting}: {answer:?}"),
        }
    }
}

/// A task succeeds, or fails.
async fn ends(provider: &Subject, taken: &Taken, failed: bool) {
    if let Taken::Task(id) = taken {
        let ended = provider.task(id).await;
        assert_eq!(matches!(ended, Ok(TaskState::Failed(_))), failed, "{ended:?}");
        assert_eq!(matches!(ended, Ok(TaskState::Succeeded)), !failed, "{ended:?}");
    }
}

async fn a_detach_from_a_vpc_that_it_is_not_linked_to_leaves_the_link(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    let other = cloud.vpc("10.2.0.0/16").await;
    cloud.link_by_hand(&machine, &other).await;
    for setting in ["success", "not-found", "task-failed"] {
        cloud.set(json!({ "switches": { "detachWithoutLink": setting } })).await;
        let answer = cloud.provider().detach(&vpc, &machine).await;
        assert!(matches!(answer, Ok(_) | Err(Kind::AlreadyGone)), "{answer:?}");
        assert_eq!(cloud.linked(&machine).await.as_ref(), Some(&other));
    }
}

async fn a_machine_or_vpc_that_does_not_exist_is_missing_or_gone(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    let nobody = cloud.api.machine(44_444);
    for generation in ["g2", "g1"] {
        cloud.set(json!({ "alibaba": { "generation": generation } })).await;
        let provider = cloud.provider();
        for (vpc, machine) in [(vpc.clone(), nobody.clone()), (no_vpc(), machine.clone())] {
            assert_eq!(provider.attach(&vpc, &machine).await, Err(Kind::Missing), "{generation}");
            assert_eq!(provider.detach(&vpc, &machine).await, Err(Kind::AlreadyGone), "{generation}");
        }
    }
}

async fn a_machine_of_a_vpc_is_refused(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let inside = cloud.machine_that(json!({ "ip": "10.1.0.9", "network": "vpc", "vpcId": vpc.as_str() })).await;
    let answer = cloud.provider().attach(&vpc, &inside).await;
    let reason = cloud.api.of(Reason::Refused, Reason::Refused, Reason::InstanceNotClassic);
    assert_eq!(answer, Err(Kind::Refused(reason)));
}

async fn a_machine_that_is_busy_is_busy(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    cloud.befalls(&machine, "busy", json!({ "busy": true })).await;
    // Alibaba Cloud has the word for one that is locked.
    let busy = cloud.api.of(Kind::Busy, Kind::Busy, Kind::Locked);
    // One API has three words for it.
    for code in ["mutex-operation-task-running", "mutex-task-running", "locked-resources"] {
        cloud.set(json!({ "tencentV3": { "lockedCode": code } })).await;
        assert_eq!(cloud.provider().attach(&vpc, &machine).await, Err(busy), "{code}");
    }
    assert_eq!(cloud.linked(&machine).await, None);
}

async fn a_vpc_that_is_full_is_a_question_of_quota(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    let one_more = cloud.machine("10.66.0.8").await;
    cloud.link_by_hand(&machine, &vpc).await;
    cloud.change_vpc(&vpc, json!({ "quota": 1 })).await;
    assert_eq!(cloud.provider().attach(&vpc, &one_more).await, Err(Kind::Quota));
}

async fn machines_are_linked_together_in_one_call(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let provider = cloud.provider();
    let mut machines = Vec::new();
    for number in 0..20 {
        machines.push(cloud.machine(&format!("10.66.1.{number}")).await);
    }
    let taken = provider.attach_all(&vpc, &machines).await.unwrap();
    until_done(&provider, taken).await;
    assert_eq!(provider.links_to(&vpc).await.unwrap().rows.len(), machines.len());
    let taken = provider.detach_all(&vpc, &machines).await.unwrap();
    until_done(&provider, taken).await;
    assert_eq!(provider.links_to(&vpc).await.unwrap().rows.len(), 0);
    assert_eq!((cloud.calls_of(Action::Attach).await, cloud.calls_of(Action::Detach).await), (1, 1));
}

async fn a_batch_with_a_bad_machine_is_never_said_to_be_done(cloud: &Cloud) {
    for setting in ["refused", "partly-done"] {
        for checks in ["immediate", "in-task"] {
            let (machine, vpc) = cloud.pair().await;
            let switches = json!({ "batchWithBadItem": setting, "businessChecks": checks });
            cloud.set(json!({ "switches": switches })).await;
            let provider = cloud.provider();
            let batch = [machine, cloud.api.machine(44_444)];
            match provider.attach_all(&vpc, &batch).await {
                Err(kind) => assert!(kind.splits_batch(), "{switches}: {kind:?}"),
                Ok(Taken::Task(id)) => {
                    let ended = provider.task(&id).await;
                    // API 3.0 answers what was done in part as a success: reading each back is all there is.
                    let may_succeed = cloud.api == Api::V3 && setting == "partly-done";
                    let failed = matches!(ended, Ok(TaskState::Failed(_)));
                    assert!(failed || (may_succeed && ended == Ok(TaskState::Succeeded)), "{switches}: {ended:?}");
                }
                Ok(Taken::Done) => panic!("{switches}: said to be done"),
            }
        }
    }
}

async fn a_change_while_a_task_runs_for_the_machine_is_busy(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    cloud.set(json!({ "timing": { "taskDurationMs": 600_000 } })).await;
    let provider = cloud.provider();
    provider.attach(&vpc, &machine).await.unwrap();
    assert_eq!(provider.attach(&vpc, &machine).await, Err(Kind::Busy));
    assert_eq!(provider.detach(&vpc, &machine).await, Err(Kind::Busy));
}

async fn a_range_that_cannot_be_linked_is_refused(cloud: &Cloud) {
    let machine = cloud.machine("10.66.0.7").await;
    let vpc = cloud.vpc("192.168.0.0/16").await;
    let reason = cloud.api.of(Reason::Refused, Reason::CidrNotSupported, Reason::CidrNotSupported);
    assert_eq!(cloud.provider().attach(&vpc, &machine).await, Err(Kind::Refused(reason)));
}

async fn more_than_one_machine_is_refused_before_anything_is_sent(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    let two = [machine, cloud.machine("10.66.0.8").await];
    let provider = cloud.provider();
    assert_eq!(provider.itself().nature().max_batch, 1);
    for machines in [two.as_slice(), &[]] {
        assert_eq!(provider.attach_all(&vpc, machines).await, Err(Kind::Refused(Reason::Refused)));
        assert_eq!(provider.detach_all(&vpc, machines).await, Err(Kind::Refused(Reason::Refused)));
    }
    assert_eq!(cloud.calls().await.len(), 0);
}

/// Waits until what was taken has succeeded.
async fn until_done(provider: &Subject, taken: Taken) {
    let Taken::Task(id) = taken else { return };
    let ended = eventually("the task has ended", async || {
        Some(provider.task(&id).await.unwrap()).filter(|state| *state != TaskState::Running)
    })
    .await;
    assert_eq!(ended, TaskState::Succeeded);
}
