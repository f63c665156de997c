//! The one place that asks what time it is.
//!
//! Everything else is told the time, so that the rules can be tested without waiting.

/// Milliseconds since the Unix epoch.
pub type Millis = u64;

/// The present moment.
pub fn now() -> Millis {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
}

/// A moment as both clouds write the end of a temporary key: `2024-01-02T03:04:05Z`.
pub fn written(at: Millis) -> String {
    let at = i64::try_from(at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok()).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
