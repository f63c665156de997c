//! Tokens that metadata are asked with.

use std::collections::BTreeMap;
use std::iter::repeat_with;

use crate::clock::Millis;

/// The longest that one is good, in seconds: what the vendor's own libraries ask for.
pub(super) const LONGEST: u64 = 21_600;

/// Those that were given, with their ends.
#[derive(Debug, Default)]
pub struct Tokens(BTreeMap<String, Millis>);

impl Tokens {
    /// A new one, good for so many seconds.
    pub(super) fn give(&mut self, seconds: u64, now: Millis) -> String {
        self.0.retain(|_, end| *end > now);
        let token: String = repeat_with(fastrand::alphanumeric).take(40).collect();
        self.0.insert(token.clone(), now.saturating_add(seconds.saturating_mul(1_000)));
        token
    }

    /// Whether one was given, and has not ended.
    pub(super) fn is_good(&self, token: &str, now: Millis) -> bool {
        self.0.get(token).is_some_and(|end| *end > now)
    }
}
