//! What stands between the network and a dialect, and is the same for each API: connections that can be cut, faults,
//! the log of calls, rate limits and replay.
//!
//! Must never decide anything about links.

mod calls;
mod connection;
mod faults;
pub mod faulty;
mod nonces;
mod rates;
mod stream;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

pub use calls::{Api, Calls, Code, End, NO_ACTION, NewCall};
pub use connection::{Cut, serve};
pub use faults::{Arranged, Effect, Faults, Moment, NewFault, Subject};
pub use faulty::Answer;
pub use nonces::Nonces;
pub use rates::Rates;

/// Stands for every action that has no entry of its own.
pub const EVERY_ACTION: &str = "*";

/// How calls travel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// How long an answer takes, by action or `*`.
    pub latency_ms: BTreeMap<String, Millis>,
    /// How many calls a second a key may make in a region, by action; `*` for each other action on its own. What is
    /// not mentioned is not limited. Each API counts on its own.
    pub calls_per_second: BTreeMap<String, u32>,
    /// How far the cloud's clock is ahead (or behind) when it judges timestamps and writes the `Date` header.
    pub clock_skew_ms: i64,
}

impl Settings {
    /// How long the answer to an action takes.
    pub fn latency(&self, action: &str) -> Millis {
        of_action(&self.latency_ms, action).unwrap_or(0)
    }

    /// How often an action may be called.
    pub fn rate(&self, action: &str) -> Option<u32> {
        of_action(&self.calls_per_second, action)
    }

    /// The actions mentioned.
    pub fn actions(&self) -> impl Iterator<Item = &String> {
        self.latency_ms.keys().chain(self.calls_per_second.keys())
    }
}

fn of_action<T: Copy>(map: &BTreeMap<String, T>, action: &str) -> Option<T> {
    map.get(action).or_else(|| map.get(EVERY_ACTION)).copied()
}
