//! Others write to the same object at the same moment: the write is the lock.

use std::time::Duration;

use classiclink::api::{ClassicLink, FINALIZER};
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{World, audit::Write, cloud::Action, read::TellsOfLink, story, wait::eventually};

/// Enough that hardly a version is current for as long as a write of the operator takes.
const WRITERS: u64 = 3;
/// Once so many status writes met a conflict, a storm ends; or once the link is made all the same.
const CONFLICTS: usize = 3;
/// In so many storms one at least hits the write of an intent.
const STORMS: u8 = 60;

#[test]
fn a_decision_from_an_old_version_meets_the_conflict_and_sends_nothing() {
    story(async {
        let world = World::shared("storm").await;
        let vpc = world.cloud.vpc("10.1.0.0/16").await;
        // Separates what was written before an attach arrived from what was written after its answer.
        world.cloud.answer_after(Action::Attach, Duration::from_millis(50)).await;
        for number in 1..=STORMS {
            let machine = world.cloud.machine(&format!("10.66.0.{number}")).await;
            let mut link = world.link(&format!("web-{number}"), &machine, &vpc);
            // It has the finalizer already: of all that the operator writes, only the status is under fire.
            link.metadata.finalizers = Some(vec![FINALIZER.to_owned()]);
            made_in_a_storm(&world, &link).await;
            assert_eq!(world.cloud.linked(&machine).await.as_ref(), Some(&vpc));
            assert_eq!(world.cloud.overlaps().await, 0);
            if intent_met_a_conflict(&world, &link, &machine).await {
                return;
            }
        }
        panic!("in {STORMS} storms no intent met a conflict");
    });
}

async fn made_in_a_storm(world: &World, link: &ClassicLink) {
    world.apply(link).await;
    let storm = storm(world, link);
    eventually("the operator met conflicts, or met none and is done", async || {
        let writes = status_writes(world, link);
        let is_done = world.read(link).await.is_some_and(|link| link.is_linked_now());
        (is_done || writes.iter().filter(|write| write.met_a_conflict()).count() >= CONFLICTS).then_some(())
    })
    .await;
    drop(storm);
    world.until_ready(link).await;
}

/// Each attach follows a write that was taken: the intent. Whether there was one before that was not.
async fn intent_met_a_conflict(world: &World, link: &ClassicLink, machine: &str) -> bool {
    let writes = status_writes(world, link);
    let mut conflict = false;
    for attach in world.cloud.changes_sent(machine).await {
        let before: Vec<_> = writes.iter().filter(|write| write.answered_at() <= attach.at).collect();
        assert!(before.last().is_some_and(|write| write.was_taken()), "{attach:?} follows {before:#?}");
        conflict |= before.iter().any(|write| write.met_a_conflict());
    }
    conflict
}

fn status_writes(world: &World, link: &ClassicLink) -> Vec<Write> {
    world.audit().status_writes(&world.name, link.metadata.name.as_deref().unwrap())
}

/// Writes an annotation again and again, until this is dropped.
fn storm(world: &World, link: &ClassicLink) -> JoinSet<()> {
    let name = link.metadata.name.clone().unwrap();
    (0..WRITERS).map(|writer| annotate_for_ever(world.links_of(link), name.clone(), writer)).collect()
}

async fn annotate_for_ever(links: Api<ClassicLink>, name: String, writer: u64) {
    for number in 0_u64.. {
        let annotation = json!({ format!("example.test/writer-{writer}"): number.to_string() });
        let change = Patch::Merge(json!({ "metadata": { "annotations": annotation } }));
        links.patch(&name, &PatchParams::default(), &change).await.unwrap();
    }
}
