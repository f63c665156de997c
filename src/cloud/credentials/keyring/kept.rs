//! The keeper's side of the keyring: when to fetch, and what came of it.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Credentials, Held, Keyring, Lease, Problem, Wanted};
use crate::{clock, link::Identity};

/// Which keeper of the keyring this is. A former one may have an answer just as the next one begins, before it is
/// stopped: that is an answer for a role, or from an address, that may not be the account's any more.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[must_use]
pub struct Term(u64);

impl Term {
    pub(super) const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl Keyring {
    /// Another keeper goes on with keys from where they come from now. A fetch that the former one began early is still
    /// wanted: nobody will tell what became of it.
    pub fn go_on(&self) -> Term {
        let mut keys = self.keys();
        if keys.wanted == Wanted::Underway {
            keys.wanted = Wanted::Now;
        }
        keys.term = keys.term.next();
        keys.term
    }

    /// Whether there is another keeper by now.
    pub(in crate::cloud::credentials) fn is_over(&self, term: Term) -> bool {
        self.keys().term != term
    }

    /// A fetch begins, with these keys of the Secret. What is wanted from now on is another one.
    pub(in crate::cloud::credentials) fn fetching(&self, term: Term) -> Option<Arc<Credentials>> {
        let mut keys = self.keys();
        if keys.term == term && keys.wanted == Wanted::Now {
            keys.wanted = Wanted::Underway;
        }
        keys.given.clone()
    }

    /// When keys are to be fetched, after a failure not before `not_before`; at once where the present ones are known to
    /// be of no use.
    pub(in crate::cloud::credentials) fn fetch_at(&self, not_before: Option<Instant>) -> Option<Instant> {
        let keys = self.keys();
        let now = clock::instant();
        let due = keys.held.as_ref().map_or(Some(now), |held| held.renew);
        if keys.wanted == Wanted::Now { Some(now) } else { due.max(not_before) }
    }

    /// Whether there is something to say: a problem that came or went, or more of whose the keys are.
    pub(in crate::cloud::credentials) fn has_news(&self, other_problem: bool) -> bool {
        let mut keys = self.keys();
        keys.news |= other_problem;
        keys.news || self.census().whose.has_news()
    }

    /// When the keys in use end, if that is to come.
    pub(in crate::cloud::credentials) fn ends(&self) -> Option<Instant> {
        self.keys().held.as_ref().and_then(|held| held.ends).filter(|ends| *ends > clock::instant())
    }

    /// Uses fetched keys from now on; `account` is whose they are, if the cloud told.
    pub(in crate::cloud::credentials) fn bring(&self, term: Term, lease: Lease, account: Option<String>) {
        let now = clock::instant();
        let held = Held {
            keys: Arc::new(lease.keys),
            ends: now.checked_add(lease.life),
            renew: now.checked_add(lease.renew.min(lease.life)),
        };
        let mut keys = self.keys();
        if keys.term != term {
            return;
        }
        keys.news |= keys.wanted == Wanted::Underway;
        keys.ended(None);
        self.install(&mut keys, held, account);
        keys.asking = false;
        drop(keys);
        self.outcome.send_replace(());
    }

    /// A fetch brought nothing. Those in use stay until they end.
    pub(in crate::cloud::credentials) fn failed(&self, term: Term, problem: Problem) {
        let mut keys = self.keys();
        if keys.term != term {
            return;
        }
        // Links say nothing while the first keys are on their way. They would not hear that there is something to say
        // now, where the word for it is the same as for keys that are being fetched.
        keys.news |= keys.await_first();
        keys.ended(Some(problem));
        drop(keys);
        self.outcome.send_replace(());
    }

    /// The keys in use, if the cloud is to be asked whose they are.
    pub(in crate::cloud::credentials) fn to_ask(&self) -> Option<Arc<Credentials>> {
        let keys = self.keys();
        keys.held.as_ref().filter(|_| keys.asking).map(|held| Arc::clone(&held.keys))
    }

    /// What the cloud said whose these keys are; `None` where it did not.
    pub(in crate::cloud::credentials) fn told(&self, term: Term, asked: &Arc<Credentials>, account: Option<String>) {
        let mut keys = self.keys();
        if keys.term == term && keys.held.as_ref().is_some_and(|held| Arc::ptr_eq(&held.keys, asked)) {
            keys.news |= std::mem::take(&mut keys.asking);
            self.census().whose.present(&Identity::new(account, asked.stand_in()), clock::now());
        }
    }
}
