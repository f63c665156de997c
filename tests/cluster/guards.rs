//! What happens to many at once is not believed: nothing is done about it until a person says that it is true.

use std::time::Duration;

use classiclink::api::{ACKNOWLEDGE, ClassicLink, ConditionType, Reason};
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::harness::{
    World,
    cloud::{Action, Call, Moment},
    read::{TellsOfLink, Told},
    story,
    wait::eventually,
};

const LINKS: u8 = 8;
/// Longer than a test needs to change some machines; shorter than the 10 s after which a call is given up.
const ON_ITS_WAY: Duration = Duration::from_secs(6);

/// Links that are Ready, with their machines.
async fn many_links(world: &World) -> Vec<(ClassicLink, String)> {
    let vpc = world.cloud.vpc("10.1.0.0/16").await;
    let mut links = Vec::new();
    for number in 1..=LINKS {
        let machine = world.cloud.machine(&format!("10.66.0.{number}")).await;
        let link = world.link(&format!("web-{number}"), &machine, &vpc);
        world.apply(&link).await;
        links.push((link, machine));
    }
    for (link, _) in &links {
        world.until_ready(link).await;
    }
    links
}

/// Makes changes while a look at all machines is on its way to the cloud: it is the first that shows any, and shows all.
async fn before_the_next_look(world: &World, changes: impl AsyncFnOnce()) {
    let so_far = world.cloud.calls().await.len();
    world.cloud.delay(Action::ListMachines, ON_ITS_WAY, Moment::Before).await;
    let waits = |call: &Call| call.action == Action::ListMachines && call.ended_at.is_none();
    let on_its_way = async || world.cloud.calls().await.iter().skip(so_far).any(waits).then_some(());
    eventually("a look is on its way", on_its_way).await;
    changes().await;
}

/// Waits until a link says `reason`, and acknowledges it in the words that its message shows.
async fn acknowledge(world: &World, link: &ClassicLink, reason: Reason) {
    let stalled = |link: &ClassicLink| link.condition(ConditionType::Stalled).cloned();
    let holds = |link: &ClassicLink| stalled(link).is_some_and(|stalled| stalled.reason == reason.as_str());
    let held = world.until(link, &format!("Stalled says {reason}"), holds).await;
    let message = stalled(&held).unwrap().message;
    let (_, shown) = message.split_once(ACKNOWLEDGE).unwrap();
    let token = shown.split('"').nth(1).unwrap();
    let change = Patch::Merge(json!({ "metadata": { "annotations": { ACKNOWLEDGE: token } } }));
    world.accounts().patch(&world.name, &PatchParams::default(), &change).await.unwrap();
}

#[test]
fn many_machines_that_vanish_at_once_delete_no_object_until_a_person_says_so() {
    story(async {
        let world = World::shared("mass-return").await;
        let links = many_links(&world).await;
        let (returned, left) = links.split_at(5);

        before_the_next_look(&world, async || {
            for (_, machine) in returned {
                world.cloud.return_machine(machine).await;
            }
        })
        .await;
        acknowledge(&world, &returned[0].0, Reason::MassReturnSuspected).await;

        for (link, _) in returned {
            world.until_gone(link).await;
        }
        for (link, _) in left {
            assert!(world.read(link).await.is_some_and(|link| link.is("True", Reason::Linked)));
        }
    });
}

#[test]
fn many_links_that_die_at_once_are_not_detached_until_a_person_says_so() {
    story(async {
        let world = World::shared("mass-relink").await;
        let links = many_links(&world).await;
        let (changed, _) = links.split_at(7);

        before_the_next_look(&world, async || {
            for (number, (_, machine)) in changed.iter().enumerate() {
                world.cloud.change_ip(machine, &format!("10.67.0.{}", number + 1)).await;
            }
        })
        .await;
        acknowledge(&world, &changed[0].0, Reason::MassRelinkSuspected).await;

        for (number, (link, machine)) in changed.iter().enumerate() {
            let new = format!("10.67.0.{}", number + 1);
            let is_new = |link: &ClassicLink| {
                let made_for = link.on_record().and_then(|link| link.private_ip.as_deref());
                made_for == Some(&*new) && link.is("True", Reason::Linked)
            };
            world.until(link, "linked for the new address", is_new).await;
            assert_eq!(world.cloud.recorded_ip(machine).await.as_ref(), Some(&new));
            assert_eq!(world.cloud.sent_for(machine).await, [Action::Attach, Action::Detach, Action::Attach]);
        }
    });
}
