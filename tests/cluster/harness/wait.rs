//! Waiting for conditions: polled, never slept for, and never for ever.

use std::time::{Duration, Instant};

/// How long a test waits for anything. The longest wait of the operator in these tests is a slow beat of 36 s; a machine
/// with other work to do takes its time.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// Often enough to catch a moment, seldom enough for an API server on a shared machine.
pub(crate) const POLL: Duration = Duration::from_millis(50);

/// Asks until there is an answer; `None` once the patience is exhausted.
pub(crate) async fn within<T>(patience: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if started.elapsed() > patience {
            return None;
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Asks until there is an answer.
pub(crate) async fn eventually<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
    within(PATIENCE, ask).await.unwrap_or_else(|| panic!("not within {PATIENCE:?}: {what}"))
}

/// Asks until there is an answer, or patience is exhausted.
pub(crate) async fn within_patience(ask: impl AsyncFnMut() -> Option<()>) {
    within(PATIENCE, ask).await;
}

/// Lets time pass in which something must not happen.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
