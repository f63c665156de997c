//! The keys of an account: who is asked for them, why they cannot be asked for, and the keeper that asks.
//!
//! Locks are taken in this order, from the outermost: the accounts, an account's brokers, what a broker remembers, the
//! keyring, the census; those of the claim table and of the watches' caches may be taken under any of them, and nothing
//! under those ([`super::claims`]). Nobody asks others, about what is on record say, with the census locked.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    Settings,
    accounts::{Account, not_ready},
};
use crate::{
    api::{CloudAccount, CloudAccountSpec, Endpoints, Provider as Cloud},
    clock,
    cloud::{
        alibaba,
        credentials::{Keeper, Origin, Source, Tokens},
        tencent,
    },
    link::{Census, Identity, Notice, Strange},
};

/// Starts the keeper of its keys, which ends with its brokers.
pub(super) fn keep(account: &Account, before: Option<&Account>, settings: &Settings) {
    let source = Source::of(&account.spec().credentials);
    let endpoints = account.spec().endpoints.clone().unwrap_or_default();
    let asks = endpoints.sts.is_some() || !is_local(&endpoints);
    // `refused` has seen that they are addresses.
    let Ok(tokens) = tokens(account.spec(), settings) else { return };
    let as_before = before.is_some_and(|before| {
        before.refused.is_none()
            && before.spec().credentials == account.spec().credentials
            && before.spec().endpoints == account.spec().endpoints
    });
    let ring = Arc::clone(&account.keyring);
    let term = if as_before { ring.go_on() } else { ring.begin(source.is_fetched(), asks) };
    let (wake, name) = (settings.wake.account.clone(), account.name.clone());
    // Nobody listens any more when the process ends.
    let tell = Box::new(move || drop(wake.send(name.clone())));
    let keeper = Keeper { ring, term, source, tokens, asks, tempo: account.tempo, tell };
    let stop = account.stop.clone();
    settings.tasks.spawn(async move { stop.run_until_cancelled_owned(keeper.keep()).await });
}

impl Account {
    /// Takes stock of whose the keys are: `recorded` are the machines on record, asked for where that has to be known.
    /// Says whether there is news.
    #[must_use]
    pub fn reckon(&self, recorded: impl Fn() -> BTreeSet<String>) -> bool {
        reckon(&self.census, self.acknowledged.as_deref(), recorded)
    }

    /// Why its keys are not believed, if so.
    #[must_use]
    pub fn strange(&self) -> Option<Strange> {
        self.census().whose.strange(&self.name)
    }

    /// Its identity as last known, as it is written down; `None` while the cloud is being asked.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        if self.keyring.is_settling() {
            return None;
        }
        self.known().and_then(|known| known.text().map(ToOwned::to_owned))
    }

    pub(super) fn known(&self) -> Option<Identity> {
        self.census().whose.known().cloned()
    }

    fn census(&self) -> MutexGuard<'_, Census> {
        self.census.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is on record is asked for while the census is not locked: that question takes the claim table's lock, and
/// whoever it asks may want to know whose keys these are.
fn reckon(census: &Mutex<Census>, acknowledged: Option<&str>, recorded: impl Fn() -> BTreeSet<String>) -> bool {
    loop {
        let mut locked = census.lock().unwrap_or_else(PoisonError::into_inner);
        if !locked.whose.awaits_expected() {
            locked.whose.acknowledge(acknowledged, clock::now());
            return locked.whose.take_news();
        }
        drop(locked);
        let recorded = recorded();
        let mut locked = census.lock().unwrap_or_else(PoisonError::into_inner);
        locked.whose.expects(|| recorded, clock::now());
    }
}

/// The census of an account that this process has not seen yet: it knows the identity that was written down.
pub(super) fn remembering(account: &CloudAccount) -> Arc<Mutex<Census>> {
    let mut census = Census::default();
    census.whose.remember(account.status.as_ref().and_then(|status| status.identity.as_deref()));
    Arc::new(Mutex::new(census))
}

/// Who gives temporary keys for this account, and says whose keys are.
fn tokens(spec: &CloudAccountSpec, settings: &Settings) -> Result<Arc<dyn Tokens>, String> {
    let endpoints = spec.endpoints.clone().unwrap_or_default();
    let (sts, metadata) = (endpoints.sts.as_deref(), endpoints.metadata.as_deref());
    let (ambient, http) = (settings.ambient.clone(), settings.http.clone());
    Ok(match spec.provider {
        Cloud::TencentCloud => {
            Arc::new(tencent::Sts::new(sts, metadata, ambient, http).map_err(|error| error.to_string())?)
        }
        Cloud::AlibabaCloud => {
            Arc::new(alibaba::Sts::new(sts, metadata, ambient, http).map_err(|error| error.to_string())?)
        }
    })
}

/// Whether the account's cloud is one on loopback, which the vendor's token service knows nothing of.
fn is_local(endpoints: &Endpoints) -> bool {
    [&endpoints.vpc, &endpoints.cvm, &endpoints.ecs].into_iter().flatten().any(|url| is_loopback(url))
}

/// Why the keys of this account cannot be asked for.
pub(super) fn refused(spec: &CloudAccountSpec, settings: &Settings) -> Option<Notice> {
    let source = Source::of(&spec.credentials);
    let endpoints = spec.endpoints.clone().unwrap_or_default();
    if let Err(error) = tokens(spec, settings) {
        return Some(not_ready(error));
    }
    let needs_sts = matches!(source.origin, Origin::WebIdentity(_)) || source.assume.is_some();
    if needs_sts && endpoints.sts.is_none() && is_local(&endpoints) {
        return Some(not_ready("the cloud is on loopback: name endpoints.sts too, where the keys are asked for"));
    }
    let needs_metadata = matches!(source.origin, Origin::Node(_));
    let off = |needed: bool, url: &Option<String>| match url {
        Some(url) => !is_loopback(url),
        None => needed,
    };
    let off_loopback = off(needs_sts, &endpoints.sts) || off(needs_metadata, &endpoints.metadata);
    (settings.time_scale > 1.0 && off_loopback)
        .then(|| not_ready("with --time-scale every endpoint has to be on loopback, sts and metadata too"))
}

/// Whether a URL leads to this very machine.
pub(super) fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The census of an account whose keys became another account's.
    fn doubtful() -> Mutex<Census> {
        let mut census = Census::default();
        for account in ["1", "2"] {
            census.whose.present(&Identity::new(Some(account.into()), format!("key-{account}")), clock::now());
        }
        Mutex::new(census)
    }

    #[test]
    fn what_is_on_record_is_asked_for_while_the_census_is_free() {
        let census = doubtful();
        let recorded = || {
            assert!(census.try_lock().is_ok(), "whoever is asked may want to know whose keys these are");
            BTreeSet::from(["ins-1".to_owned()])
        };
        assert!(reckon(&census, None, recorded), "the change of keys is news");
        assert!(!reckon(&census, None, recorded), "and told once");
        assert!(census.lock().unwrap().whose.strange("prod").is_some());
    }

    #[test]
    fn where_no_machine_is_on_record_other_keys_are_believed_in_the_same_reckoning() {
        let census = doubtful();
        assert!(reckon(&census, None, BTreeSet::new));
        assert!(census.lock().unwrap().whose.is_settled());
    }
}
