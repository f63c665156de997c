//! What lasts long keeps nobody busy: the operator waits for it, and finds the way back by itself.

use std::time::{Duration, Instant};

use classiclink::api::Reason;

use crate::harness::{World, operator::QUICK, story, wait::pass};

const WINDOW: Duration = Duration::from_secs(5);
/// A second: many times what looks and beats come to, and far below what an operator does that runs in a circle.
const MOST: f64 = 10.0;

/// Counts what happens while nothing changes.
async fn must_be_calm(world: &World) {
    let counted = async || {
        let reconciles = world.operator().counted("classiclink_reconciles_total").await;
        (reconciles, u64::try_from(world.cloud.calls().await.len()).unwrap())
    };
    let (started, before) = (Instant::now(), counted().await);
    pass(WINDOW).await;
    let (after, window) = (counted().await, started.elapsed());
    for (what, count) in [("reconciles", after.0 - before.0), ("calls", after.1 - before.1)] {
        let count = u32::try_from(count).unwrap();
        assert!(f64::from(count) <= MOST * window.as_secs_f64(), "{count} {what} in {window:?}");
    }
}

#[test]
fn a_cloud_that_is_away_for_long_keeps_nobody_busy_and_is_taken_up_again() {
    story(async {
        let world = World::alone("away", QUICK).await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let other = world.cloud.machine("10.66.0.8").await;
        let (link, deleted) = (world.link("web", &machine, &vpc), world.link("deleted", &other, &vpc));
        world.apply(&link).await;
        world.apply(&deleted).await;
        world.until_ready(&link).await;
        world.until_ready(&deleted).await;

        world.cloud.reset_all_connections().await;
        world.delete(&deleted).await;
        world.until_says(&link, "Unknown", Reason::ProviderUnavailable).await;
        must_be_calm(&world).await;
        world.cloud.clear_faults().await;

        world.until_ready(&link).await;
        world.until_gone(&deleted).await;
        assert_eq!(world.cloud.linked(&other).await, None);
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
    });
}

#[test]
fn a_machine_that_is_missing_where_none_is_seen_is_given_up_late_and_without_haste() {
    story(async {
        let world = World::alone("missing", QUICK).await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        // Not returned: a look at a machine that is being returned would be proof enough.
        world.cloud.destroy_machine(&machine).await;
        world.until_says(&link, "Unknown", Reason::InstanceMissing).await;
        must_be_calm(&world).await;

        world.until_gone(&link).await;
    });
}
