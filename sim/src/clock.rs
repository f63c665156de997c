//! The one place that asks what time it is.
//!
//! Everything else is told the time, so that the rules can be tested without waiting.

/// Milliseconds since the Unix epoch.
pub type Millis = u64;

/// The present moment.
pub fn now() -> Millis {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
}
