//! At rest nothing moves: no write, no reconcile, and looks that cost by page, not by link.

use std::time::{Duration, Instant};

use classiclink::api::ClassicLink;

use crate::harness::{
    World,
    cloud::Action,
    operator::QUICK,
    story,
    wait::{eventually, pass},
};

const LINKS: u8 = 20;
const REST: Duration = Duration::from_secs(30);
/// Longer than any write that may follow the last change: the account's numbers, at most once in 30 s, divided by 20.
const QUIET: Duration = Duration::from_secs(6);
/// So many sweeps at least go by.
const SWEEPS: usize = 20;

#[test]
fn at_rest_nothing_is_written_and_nothing_reconciled_and_a_sweep_costs_two_calls() {
    story(async {
        let world = World::alone("rest", QUICK).await;
        twenty_links(&world).await;
        until_quiet(&world).await;

        let (started, before, so_far) = (Instant::now(), activity(&world).await, world.cloud.calls().await);
        pass(REST).await;
        let sweeps = so_far.iter().filter(|call| call.action == Action::ListLinks).count();
        world.cloud.until_arrived(Action::ListLinks, sweeps + SWEEPS).await;
        let (after, calls) = (activity(&world).await, world.cloud.calls().await.split_off(so_far.len()));
        let rested = started.elapsed();

        assert_eq!(before, after, "(writes, reconciles)\n{:#?}", world.audit().operator_writes().split_off(before.0));
        let count = |action| calls.iter().filter(|call| call.action == action).count();
        let (lists, machines) = (count(Action::ListLinks), count(Action::ListMachines));
        let most = usize::try_from(rested.as_secs()).unwrap() + 2;
        assert!((SWEEPS..=most).contains(&lists), "{lists} sweeps in {rested:?} at one a second");
        // The first and the last sweep may be counted by halves.
        assert!(lists.abs_diff(machines) <= 2, "{lists} lists of links, {machines} of machines");
        assert_eq!(lists + machines, calls.len(), "{calls:#?}");
    });
}

#[test]
fn a_restart_at_rest_writes_nothing_and_changes_nothing() {
    story(async {
        let mut world = World::alone("restart", QUICK).await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;
        until_quiet(&world).await;

        let writes = activity(&world).await.0;
        world.kill_operator();
        let calls = world.cloud.calls().await.len();
        world.start_operator().await;
        // Two calls a sweep, and some sweeps.
        world.cloud.until_calls(calls + 8).await;

        assert_eq!(activity(&world).await.0, writes, "{:#?}", world.audit().operator_writes().split_off(writes));
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

async fn twenty_links(world: &World) {
    let vpc = world.cloud.vpc("10.1.0.0/16").await;
    let mut links: Vec<ClassicLink> = Vec::new();
    for number in 1..=LINKS {
        let machine = world.cloud.machine(&format!("10.66.0.{number}")).await;
        links.push(world.link(&format!("web-{number}"), &machine, &vpc));
    }
    for link in &links {
        world.apply(link).await;
    }
    for link in &links {
        world.until_ready(link).await;
    }
}

/// Writes of the operator and reconciles, so far.
async fn activity(world: &World) -> (usize, u64) {
    (world.audit().operator_writes().len(), world.operator().counted("classiclink_reconciles_total").await)
}

async fn until_quiet(world: &World) {
    eventually("nothing happens any more", async || {
        let before = activity(world).await;
        pass(QUIET).await;
        (before == activity(world).await).then_some(())
    })
    .await;
}
