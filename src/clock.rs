//! The one place that asks what time it is and that sleeps.
//!
//! The deciding core takes the time as an argument; all else takes it from here, so that a test with paused time sees
//! one clock. The wall clock is read once and carried on by the monotonic one: a step of the machine's clock neither
//! shortens nor lengthens an interval of a running process.
#![expect(clippy::disallowed_methods, reason = "this module is the one place where they are allowed")]

use std::{sync::OnceLock, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;

static START: OnceLock<(Timestamp, Instant)> = OnceLock::new();

/// The present time, never going backwards while the process lives.
#[must_use]
pub fn now() -> Timestamp {
    let (wall, started) = *START.get_or_init(|| (Timestamp::now(), Instant::now()));
    wall.checked_add(started.elapsed()).unwrap_or(wall)
}

/// The wall clock, as it is now: what a signature has to carry. A clock that was set right while the process runs, or
/// that went on while the host slept, must not leave every signature expired.
#[must_use]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// The present moment of the monotonic clock.
#[must_use]
pub fn instant() -> Instant {
    Instant::now()
}

/// Sleeps for `duration`.
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// How long it is from `from` to `to`; zero if `to` is not later.
#[must_use]
pub fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}
