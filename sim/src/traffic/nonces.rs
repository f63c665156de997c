//! Which nonces were used: a request that comes twice is a replay.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Display;

/// Used nonces by the second of their timestamp, then by key.
#[derive(Debug, Default)]
pub struct Nonces {
    used: BTreeMap<u64, HashSet<(String, String)>>,
}

impl Nonces {
    /// Whether this key used the nonce with this timestamp before.
    pub fn is_used(&self, key: &str, timestamp: u64, nonce: impl Display) -> bool {
        let used = (key.to_owned(), nonce.to_string());
        self.used.get(&timestamp).is_some_and(|known| known.contains(&used))
    }

    /// Whether this key used the nonce at any time that is remembered.
    pub fn is_known(&self, key: &str, nonce: impl Display) -> bool {
        let used = (key.to_owned(), nonce.to_string());
        self.used.values().any(|known| known.contains(&used))
    }

    /// Remembers a use, and forgets those whose timestamp is too old to be accepted again.
    pub fn use_up(&mut self, key: &str, timestamp: u64, nonce: impl Display, oldest: u64) {
        self.used = self.used.split_off(&oldest);
        self.used.entry(timestamp).or_default().insert((key.to_owned(), nonce.to_string()));
    }
}
