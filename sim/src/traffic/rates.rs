//! How often an action is called.

use std::collections::HashMap;

use super::Api;
use crate::clock::Millis;

/// An action of one of the APIs.
type Action = (Api, &'static str);

/// Calls in the present span of time, by caller, region and action (the scope that 1278/109059 names).
#[derive(Debug, Default)]
pub struct Rates {
    windows: HashMap<(String, String, Action, Millis), Window>,
}

#[derive(Debug, Default)]
struct Window {
    number: u64,
    calls: u32,
}

impl Rates {
    /// Counts a call and tells how many there were in its second, itself included.
    pub fn count(&mut self, key: &str, region: &str, action: Action, now: Millis) -> u32 {
        self.count_within(1_000, key, region, action, now)
    }

    /// The same for spans of another length.
    pub fn count_within(&mut self, span: Millis, who: &str, region: &str, action: Action, now: Millis) -> u32 {
        let window = self.windows.entry((who.to_owned(), region.to_owned(), action, span)).or_default();
        let number = now / span;
        if window.number != number {
            *window = Window { number, calls: 0 };
        }
        window.calls = window.calls.saturating_add(1);
        window.calls
    }
}
