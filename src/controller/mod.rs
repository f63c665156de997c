//! Kubernetes: watches, reconciles and writes.
//!
//! Four verbs: `observe` gathers, [`crate::link::decide`] decides, `act` carries out, [`crate::link::report`] says. `run`
//! wires the watches to them. What is decided nowhere here: nothing in this folder looks at a condition, an error text or
//! the clock to choose what to do in a cloud.

mod account;
mod accounts;
mod act;
mod backoff;
mod caches;
mod checks;
mod claims;
mod events;
mod finalizer;
mod healing;
mod keys;
mod listing;
mod observe;
mod reconcile;
mod refused;
mod run;
mod secret;
mod status;
mod vanished;
mod watches;

use std::{sync::Arc, time::Duration};

use kube::Client;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    cloud::{
        broker::{Owner, Wake},
        credentials::Ambient,
        http,
    },
    link::Tempo,
    metrics::Metrics,
};
use accounts::Accounts;
use backoff::Backoff;
use caches::Caches;
use checks::Checks;
use claims::Claims;
use events::Events;
use status::Written;

pub use run::run;

/// How long one call of the API server may take: the client itself has no limit.
const CALL: Duration = Duration::from_secs(10);

/// What every reconcile shares.
struct Context {
    client: Client,
    settings: Settings,
    caches: Caches,
    accounts: Accounts,
    claims: Arc<Claims>,
    written: Arc<Written>,
    backoff: Backoff,
    checks: Checks,
    events: Events,
}

/// What was set at the start.
#[derive(Clone)]
struct Settings {
    namespace: String,
    allow_insecure_endpoints: bool,
    time_scale: f64,
    metrics: Metrics,
    http: http::Client,
    ambient: Ambient,
    wake: Wake,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Settings {
    /// The intervals of an object that has no account.
    fn tempo(&self) -> Tempo {
        Tempo::new(self.time_scale, Duration::from_mins(1))
    }
}

impl Context {
    /// Waits until links, accounts and namespaces were each completely listed: nothing is admitted before.
    async fn listed(&self) {
        self.caches.listed().await;
        self.claims.complete().await;
    }

    /// A link changed its standing: its rivals decide again, and an account that is being deleted may have served its last.
    fn stirred(&self, account: &str, rivals: Vec<Owner>) {
        self.wake(rivals);
        if self.accounts.get(account).is_some_and(|account| account.terminating) {
            let _ = self.settings.wake.account.send(account.to_owned());
        }
    }

    /// Nothing is remembered of an object that went.
    fn forget(&self, uid: &str) {
        self.written.forget(uid);
        self.backoff.forget(uid);
        self.checks.forget(uid);
    }

    fn wake(&self, owners: impl IntoIterator<Item = Owner>) {
        for owner in owners {
            // Nobody listens any more when the process ends.
            let _ = self.settings.wake.objects.send(owner);
        }
    }
}

/// Why a reconcile failed.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The API server refused, or the connection failed.
    #[error("the API server refused")]
    Kube(#[source] Box<kube::Error>),
    /// The API server did not answer in time.
    #[error("the API server did not answer within {} s", CALL.as_secs())]
    TimedOut,
    /// An object could not be written as JSON.
    #[error("an object could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The reconcile panicked; the log has the place.
    #[error("the reconcile panicked")]
    Panicked,
}

impl Error {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Kube(error) if matches!(&**error, kube::Error::Api(status) if status.is_conflict()))
    }

    fn is_forbidden(&self) -> bool {
        matches!(self, Self::Kube(error) if matches!(&**error, kube::Error::Api(status) if status.is_forbidden()))
    }

    fn is_gone(&self) -> bool {
        matches!(self, Self::Kube(error) if matches!(&**error, kube::Error::Api(status) if status.is_not_found()))
    }
}

/// Makes one call of the API server, bounded in time.
async fn within<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, Error> {
    match tokio::time::timeout(CALL, call).await {
        Ok(result) => result.map_err(|error| Error::Kube(Box::new(error))),
        Err(_) => Err(Error::TimedOut),
    }
}

/// An error and its causes, once each.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
