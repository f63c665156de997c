//! The keeper of an account's keys: fetches them, renews them in time, and asks whose they are.
//!
//! There is one for each account, and nobody else fetches: one renewal at a time. A renewal that fails leaves the keys in
//! use as they are until they end, and is tried again, ever more slowly. A new set of keys is used only after the cloud was
//! asked whose they are; those of a Secret are used at once, and asked about at once. Where the cloud does not tell, the key
//! stands in; where it could not be reached, it is asked again.
//!
//! An edit of the account brings another keeper, which begins before this one is stopped: from then on nothing that this one
//! brings counts.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Credentials, Keyring, Source, Term, Tokens};
use crate::{
    api::Reason,
    clock,
    link::{Beat, Tempo},
};

/// Keeps the keys of one account.
pub struct Keeper {
    /// Where they are kept.
    pub ring: Arc<Keyring>,
    /// Until when: the next one's beginning is its end.
    pub term: Term,
    /// Where they come from.
    pub source: Source,
    /// Who gives them.
    pub tokens: Arc<dyn Tokens>,
    /// Whether the cloud can be asked whose they are.
    pub asks: bool,
    /// The product's intervals.
    pub tempo: Tempo,
    /// Is told when there is something new to say of the keys, or of whose they are.
    pub tell: Box<dyn Fn() + Send + Sync>,
}

/// What is tried again.
#[derive(Default)]
struct Again {
    failures: u32,
    at: Option<Instant>,
}

impl Keeper {
    /// Keeps on, until it is dropped or there is another.
    pub async fn keep(self) {
        let (mut fetch, mut ask) = (Again::default(), Again::default());
        let mut told = self.reason();
        while !self.ring.is_over(self.term) {
            if self.source.is_fetched() {
                self.fetch(&mut fetch, &mut ask).await;
            }
            self.ask(&mut ask).await;
            let reason = self.reason();
            if self.ring.has_news(reason != told) {
                told = reason;
                (self.tell)();
            }
            let due = self.source.is_fetched().then(|| self.ring.fetch_at(fetch.at)).flatten();
            match [due, self.ring.ends(), ask.at].into_iter().flatten().min() {
                Some(next) => drop(tokio::time::timeout_at(next, self.ring.wanted.notified()).await),
                None => self.ring.wanted.notified().await,
            }
        }
        // What woke this one may have been meant for the other.
        self.ring.wanted.notify_one();
    }

    /// The word for what is wrong: the cloud's own words may differ each time, and are no news.
    fn reason(&self) -> Option<Reason> {
        self.ring.problem().map(|problem| problem.reason())
    }

    /// Fetches keys if it is time, and asks whose they are before they are used.
    async fn fetch(&self, again: &mut Again, ask: &mut Again) {
        if self.ring.fetch_at(again.at).is_none_or(|due| due > clock::instant()) {
            return;
        }
        match self.source.fetch(&*self.tokens, self.ring.fetching(self.term).as_deref()).await {
            Ok(lease) => {
                let account = self.identity(&lease.keys, ask).await;
                *again = Again::default();
                self.ring.bring(self.term, lease, account);
            }
            Err(problem) => {
                tracing::warn!("keys could not be fetched: {problem}");
                again.failed(self.tempo);
                self.ring.failed(self.term, problem);
            }
        }
    }

    /// Asks whose the keys in use are, if that is open or was not answered.
    async fn ask(&self, again: &mut Again) {
        let open = self.ring.to_ask();
        let due = again.at.is_some_and(|at| at <= clock::instant());
        let Some(keys) = open.or_else(|| self.ring.current().filter(|_| due)) else {
            if due {
                // The keys ended meanwhile: the next ones are asked about anyhow.
                *again = Again::default();
            }
            return;
        };
        let account = self.identity(&keys, again).await;
        self.ring.told(self.term, &keys, account);
    }

    /// Asks once. What could not be reached is asked again later, what refuses is not.
    async fn identity(&self, keys: &Credentials, again: &mut Again) -> Option<String> {
        if !self.asks {
            return None;
        }
        match self.tokens.identity(keys).await {
            Ok(account) => {
                *again = Again::default();
                Some(account)
            }
            Err(error) => {
                tracing::warn!("the cloud does not tell whose the keys are; the key stands in: {error}");
                if error.kind.on_giving_keys().beat() == Beat::Backoff {
                    again.failed(self.tempo);
                } else {
                    *again = Again::default();
                }
                None
            }
        }
    }
}

impl Again {
    /// Twice as long after each failure, within the beat.
    fn failed(&mut self, tempo: Tempo) {
        let (first, longest) = tempo.beat(Beat::Backoff);
        let wait = first.saturating_mul(2_u32.saturating_pow(self.failures.min(16))).min(longest);
        self.failures = self.failures.saturating_add(1);
        self.at = clock::instant().checked_add(wait.max(Duration::from_millis(100)));
    }
}
