//! The keys in use: where the providers of an account take them from, and the controller and the keeper put them.
//!
//! The last good keys of a Secret stay when it goes: they serve looks, and the detaching of deleted objects; the problem
//! says that all else has to wait. Those of another Secret, named before, do not. Fetched keys stay until they end,
//! whatever became of their renewal.

mod kept;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

pub use self::kept::Term;
use super::{Credentials, Lease, Problem};
use crate::{
    clock,
    cloud::Kind,
    link::{CALL_DEADLINE, Census, Identity},
};

/// How far apart two renewals are that the cloud's word about a token causes: one that goes on refusing new tokens must
/// not make us ask for one with each look.
const DOUBT: Duration = Duration::from_mins(1);

/// The keys of an account.
pub struct Keyring {
    keys: Mutex<Keys>,
    /// Is told whose keys are used, before they are.
    census: Arc<Mutex<Census>>,
    /// The keeper has something to do.
    pub(super) wanted: Notify,
    /// Keys came, or there will be none.
    outcome: watch::Sender<()>,
}

#[derive(Default)]
struct Keys {
    /// Which Secret it is.
    secret: Option<String>,
    /// What the Secret holds, or held last.
    given: Option<Arc<Credentials>>,
    /// What is wrong with the Secret.
    problem: Option<Problem>,
    /// Since when it cannot be read.
    unread: Option<Instant>,
    held: Option<Held>,
    mode: Mode,
    /// The present keeper's.
    term: Term,
    /// Why the last fetch brought none.
    trouble: Option<Problem>,
    wanted: Wanted,
    doubted: Option<Instant>,
    /// The cloud is asked whose the keys are, and has not answered yet.
    asking: bool,
    /// Keys came after there were none, or none are there any more, or the first fetch failed.
    news: bool,
    /// Since when something is wrong.
    wanting: Option<Timestamp>,
}

/// Whether new keys are wanted before their time.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Wanted {
    #[default]
    No,
    Now,
    /// They were, and a fetch is under way.
    Underway,
}

#[derive(Clone, Copy, Default)]
struct Mode {
    /// Keys are fetched; those of the Secret serve for that alone.
    fetched: bool,
    /// The cloud can be asked whose keys are.
    asks: bool,
}

#[derive(Clone)]
struct Held {
    keys: Arc<Credentials>,
    ends: Option<Instant>,
    renew: Option<Instant>,
}

impl Keys {
    /// Whether the first keys are on their way: nothing can be said yet.
    fn await_first(&self) -> bool {
        self.mode.fetched && self.held.is_none() && self.trouble.is_none() && self.problem.is_none()
    }

    /// A fetch ended, with this or with keys.
    fn ended(&mut self, trouble: Option<Problem>) {
        self.trouble = trouble;
        if self.wanted == Wanted::Underway {
            self.wanted = Wanted::No;
        }
    }
}

impl Held {
    fn is_good(&self, now: Instant) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring([redacted])")
    }
}

impl Default for Keyring {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}

impl Keyring {
    /// An empty one. `census` is told whose keys are used.
    #[must_use]
    pub fn new(census: Arc<Mutex<Census>>) -> Self {
        Self { keys: Mutex::default(), census, wanted: Notify::new(), outcome: watch::Sender::new(()) }
    }

    /// From now on this is the Secret, or there is none. What another held, and what was wrong with it, counts no more:
    /// whoever names another Secret does not want the keys of the former one used, not even while there is no other.
    pub fn follow(&self, secret: Option<&str>) {
        let mut keys = self.keys();
        if keys.secret.as_deref() != secret {
            keys.secret = secret.map(ToOwned::to_owned);
            (keys.given, keys.problem, keys.unread, keys.held) = (None, None, None, None);
        }
    }

    /// From now on keys are fetched, or those of the Secret used; `asks` says whether the cloud is asked whose they are.
    /// Keys from elsewhere are not used any more, and what the former keeper still brings is not either.
    pub fn begin(&self, fetched: bool, asks: bool) -> Term {
        let mut keys = self.keys();
        keys.term = keys.term.next();
        keys.mode = Mode { fetched, asks };
        (keys.trouble, keys.wanted, keys.held) = (None, Wanted::No, None);
        if let Some(given) = keys.given.clone().filter(|_| !fetched) {
            self.install(&mut keys, Held { keys: given, ends: None, renew: None }, None);
        }
        keys.term
    }

    /// Takes what was read from the Secret. Says whether anything changed.
    pub fn put(&self, read: Result<Credentials, Problem>) -> bool {
        let mut keys = self.keys();
        if !matches!(read, Err(Problem::Unreadable)) {
            keys.unread = None;
        }
        let new = match read {
            Ok(new) => new,
            Err(problem) => return keys.problem.replace(problem.clone()) != Some(problem),
        };
        let mended = keys.problem.take().is_some();
        if keys.given.as_ref().is_some_and(|old| old.same(&new)) {
            return mended;
        }
        let new = Arc::new(new);
        keys.given = Some(Arc::clone(&new));
        if keys.mode.fetched {
            keys.wanted = Wanted::Now;
            // A keeper that began before there was a Secret to fetch with has failed of that.
            let none = keys.held.is_none();
            keys.trouble.take_if(|_| none);
        } else {
            self.install(&mut keys, Held { keys: new, ends: None, renew: None }, None);
        }
        drop(keys);
        self.wanted.notify_one();
        true
    }

    /// Asked for the Secret, the API server did not answer. Says whether that is a problem: where it never did, or does
    /// not for so long.
    pub fn unread(&self, patience: Duration) -> bool {
        let mut keys = self.keys();
        let now = clock::instant();
        let since = *keys.unread.get_or_insert(now);
        keys.given.is_none() || now - since >= patience
    }

    /// The keys to use now, if there are any that have not ended.
    #[must_use]
    pub fn current(&self) -> Option<Arc<Credentials>> {
        let keys = self.keys();
        keys.held.as_ref().filter(|held| held.is_good(clock::instant())).map(|held| Arc::clone(&held.keys))
    }

    /// The keys for a call. A look waits for keys that are being fetched, as long as a call may take. A change does not:
    /// one that leaves late after its intent must not leave at all.
    ///
    /// # Errors
    /// There are none: what the call failed of, and why.
    pub async fn for_call(&self, is_change: bool) -> Result<Arc<Credentials>, (Kind, String)> {
        let mut outcome = self.outcome.subscribe();
        let deadline = clock::instant() + CALL_DEADLINE;
        loop {
            if let Some(keys) = self.current() {
                return Ok(keys);
            }
            let waits = !is_change && self.is_fetching();
            if !waits || !matches!(tokio::time::timeout_at(deadline, outcome.changed()).await, Ok(Ok(()))) {
                let problem = self.problem().unwrap_or(Problem::Fetching);
                // A change without keys surely did not happen.
                let kind = if is_change { Kind::KeyDenied } else { problem.kind() };
                let fetched = self.keys().mode.fetched;
                return Err((kind, if fetched { problem.to_string() } else { "there are no keys".to_owned() }));
            }
        }
    }

    /// What is wrong with the Secret, or why there are no keys that have not ended.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let mut keys = self.keys();
        let usable = keys.held.as_ref().is_some_and(|held| held.is_good(clock::instant()));
        let none = || {
            let otherwise = if keys.mode.fetched { Problem::Fetching } else { Problem::Missing };
            keys.trouble.clone().unwrap_or(otherwise)
        };
        let problem = keys.problem.clone().or_else(|| (!usable).then(none));
        keys.wanting = problem.as_ref().map(|_| keys.wanting.unwrap_or_else(clock::now));
        problem
    }

    /// Since when something is wrong; now, if nothing is.
    #[must_use]
    pub fn wanting_since(&self) -> Timestamp {
        self.keys().wanting.unwrap_or_else(clock::now)
    }

    /// Whether nothing can be said yet: the first keys are on their way, or the word whose they are.
    #[must_use]
    pub fn is_settling(&self) -> bool {
        let keys = self.keys();
        keys.await_first() || (keys.asking && keys.held.is_some())
    }

    /// The cloud says that the token of these keys has ended: they are renewed, if that was not done just now.
    pub fn doubt(&self, used: &Arc<Credentials>) {
        let mut keys = self.keys();
        let now = clock::instant();
        let in_use = keys.held.as_ref().is_some_and(|held| Arc::ptr_eq(&held.keys, used));
        let again = keys.doubted.is_none_or(|doubted| now >= doubted + DOUBT);
        if keys.mode.fetched && in_use && again {
            (keys.wanted, keys.doubted) = (Wanted::Now, Some(now));
            drop(keys);
            self.wanted.notify_one();
        }
    }

    /// Whether keys came after there were none, none are there any more, or the first fetch failed, since this was asked
    /// last.
    pub fn take_news(&self) -> bool {
        std::mem::take(&mut self.keys().news)
    }

    /// Whether keys are on their way: a fetch that failed just now is not waited for.
    fn is_fetching(&self) -> bool {
        let keys = self.keys();
        keys.mode.fetched && (keys.trouble.is_none() || keys.wanted != Wanted::No)
    }

    fn install(&self, keys: &mut Keys, held: Held, account: Option<String>) {
        // Before any call can use them: what a look with them does not show must not count yet.
        self.census().whose.present(&Identity::new(account, held.keys.stand_in()), clock::now());
        let now = clock::instant();
        keys.news |= keys.held.as_ref().is_none_or(|held| !held.is_good(now));
        keys.asking = keys.mode.asks;
        keys.held = Some(held);
    }

    fn census(&self) -> MutexGuard<'_, Census> {
        self.census.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
