//! How long it takes from the end of a link's task at the cloud until `Ready` is told by a watch: one link at a time, on
//! an idle system, with the product's own intervals.
//!
//! `cargo build --release --workspace --bins && cargo bench --bench ready`, or, not optimized and built in no time after
//! `make build`: `cargo test --bench ready -- --bench`.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark that cannot be run fails")]
#![expect(clippy::disallowed_methods, reason = "the processes that are measured live in real time")]
#![expect(dead_code, reason = "the harness is that of the cluster tests")]

#[path = "../tests/cluster/harness/mod.rs"]
mod harness;

use std::process::ExitCode;

use classiclink::api::Reason;
use harness::{Recording, World, operator::Settings, read::Told, story};
use serde_json::json;

/// How often it is measured.
const LINKS: u8 = 20;
/// The product's aim for the median.
const AIM_MS: i64 = 300;
/// As users have it.
const REAL: Settings = Settings { time_scale: 1, log: "info" };

fn main() -> ExitCode {
    // `cargo test --benches` runs this too, without asking for measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let median = story(measure());
    if median <= AIM_MS { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure() -> i64 {
    let world = World::alone("bench", REAL).await;
    let vpc = world.cloud.vpc("10.1.0.0/16").await;
    let mut values = Vec::new();
    for number in 1..=LINKS {
        // Tasks of several lengths, so that their ends fall between the polls in different places.
        world.cloud.time(json!({ "taskDurationMs": 1000 + 37 * u32::from(number) })).await;
        let value = one(&world, number, &vpc).await;
        println!("{number:2}: {value:4} ms");
        values.push(value);
    }
    values.sort_unstable();
    let median = i64::midpoint(values[values.len() / 2 - 1], values[values.len() / 2]);
    println!("median {median} ms, from {} to {} ms; the aim is {AIM_MS} ms", values[0], values[values.len() - 1]);
    median
}

/// Milliseconds from the end of the task until `Ready` is told to be True.
async fn one(world: &World, number: u8, vpc: &str) -> i64 {
    let machine = world.cloud.machine(&format!("10.66.0.{number}")).await;
    let link = world.link(&format!("web-{number}"), &machine, vpc);
    let recording = Recording::of(world, &link).await;
    world.apply(&link).await;
    let (told, _) = recording.first("Ready is True", |link| link.is("True", Reason::Linked)).await;
    let tasks = world.cloud.tasks().await;
    let ended = tasks.iter().find(|task| task.instance_ids == [machine.as_str()]).unwrap().ended_at.unwrap();
    told.as_millisecond() - ended
}
