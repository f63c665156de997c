//! Checks that people asked for: when this process first saw each, so that a look begun later answers it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

/// The newest check asked for, by the object's UID.
#[derive(Debug, Default)]
pub struct Checks(Mutex<HashMap<String, (String, Timestamp)>>);

impl Checks {
    /// Since when this check has been asked for.
    #[must_use]
    pub fn since(&self, uid: &str, value: &str, now: Timestamp) -> Timestamp {
        let mut checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match checks.get(uid) {
            Some((known, since)) if known == value => *since,
            Some(_) | None => {
                checks.insert(uid.to_owned(), (value.to_owned(), now));
                now
            }
        }
    }

    /// The object went.
    pub fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}
