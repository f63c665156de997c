//! The accounts in use: keys, budget and brokers of each, kept while its specification stays the same.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use jiff::Timestamp;
use kube::ResourceExt;
use tokio_util::sync::CancellationToken;

use super::{Caches, Settings, keys, refused};
use crate::{
    api::{ACKNOWLEDGE, CloudAccount, CloudAccountSpec, Endpoints, Provider as Cloud, Reason, RegionUse, TencentApi},
    clock,
    cloud::{
        Provider, alibaba,
        broker::{Broker, Wake},
        credentials::{Credentials, Keyring, Problem},
        endpoint,
        pace::Pace,
        tencent,
    },
    link::{Census, InstanceId, Notice, Region, Tempo},
};

/// Calls a second for each action, unless the account says otherwise: half of the lowest documented limit of the calls
/// that links need (20/s, 215/59037), so that a person at the console is not locked out.
const CALLS_PER_SECOND: u32 = 10;
/// How many machines a change names, unless the account says otherwise.
const MAX_BATCH: usize = 20;
/// Time between two sweeps, unless the account says otherwise.
const SWEEP: Duration = Duration::from_mins(1);

/// An account in use.
pub struct Account {
    /// Its name.
    pub name: String,
    /// It is being deleted: no new links.
    pub terminating: bool,
    /// Since when this process has known that.
    pub leaving_since: Option<Timestamp>,
    /// Why it cannot be used at all.
    pub refused: Option<Notice>,
    /// Its keys.
    pub keyring: Arc<Keyring>,
    /// Its intervals.
    pub tempo: Tempo,
    /// The acknowledgement of a guard that stands on it.
    pub acknowledged: Option<String>,
    pub(super) census: Arc<Mutex<Census>>,
    spec: CloudAccountSpec,
    uid: String,
    pace: Pace,
    brokers: Arc<Mutex<HashMap<Region, Broker>>>,
    pub(super) stop: CancellationToken,
}

/// All accounts in use, by name.
#[derive(Default)]
pub struct Accounts(RwLock<HashMap<String, Arc<Account>>>);

impl Accounts {
    /// The account of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<Account>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Account>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Takes the newest version of an account, and what was read of its keys. What stays the same keeps its brokers, and
    /// what they remember. Says whether the keys are news.
    ///
    /// `None` if the account went while its keys were read. The cache is asked under the lock: an account leaves it
    /// before it is removed here, so that one that is still there is removed after this, and none stays in use that
    /// nobody would remove any more.
    pub fn put(
        &self,
        account: &CloudAccount,
        keys: Option<Result<Credentials, Problem>>,
        settings: &Settings,
        caches: &Caches,
    ) -> Option<(Arc<Account>, bool)> {
        let mut accounts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !caches.holds(account) {
            return None;
        }
        let before = accounts.get(&account.name_any()).cloned();
        let next = Arc::new(Account::new(account, before.as_deref(), settings));
        if let Some(before) = before.filter(|before| !Arc::ptr_eq(&before.brokers, &next.brokers)) {
            before.stop.cancel();
        }
        let put = keys.is_some_and(|keys| next.keyring.put(keys));
        let news = next.keyring.take_news() || put;
        accounts.insert(next.name.clone(), Arc::clone(&next));
        Some((next, news))
    }

    /// The account is gone; one that was made again under its name is another.
    pub fn remove(&self, name: &str, uid: &str) {
        let mut accounts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if accounts.get(name).is_some_and(|account| account.uid == uid)
            && let Some(gone) = accounts.remove(name)
        {
            gone.stop.cancel();
        }
    }

    /// Whether two names mean one account of the cloud: the same name, or the same identity as last known. Where the
    /// cloud does not tell it, the key stands in. Of an account that is not in use yet, what is written down counts.
    #[must_use]
    pub fn same(&self, one: &str, other: &str, caches: &Caches) -> bool {
        let used = |name| self.get(name).and_then(|account| Some((account.cloud(), account.known()?)));
        let known = |name| used(name).or_else(|| caches.identity(name));
        let same = || match (known(one), known(other)) {
            (Some((cloud, one)), Some((other_cloud, other))) => {
                cloud == other_cloud && one.is_same(&other) == Some(true)
            }
            _ => false,
        };
        one == other || same()
    }
}

impl Account {
    fn new(account: &CloudAccount, before: Option<&Self>, settings: &Settings) -> Self {
        let spec = account.spec.clone();
        let uid = account.uid().unwrap_or_default();
        let kept = before.filter(|before| before.uid == uid && before.spec.provider == spec.provider);
        // Other endpoints, limits or intervals are another broker; who may use the account makes no difference.
        let same = kept.filter(|before| before.drives_like(&spec));
        let limits = spec.limits.clone().unwrap_or_default();
        let rate = limits.calls_per_second.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(CALLS_PER_SECOND);
        let acknowledged = account.annotations().get(ACKNOWLEDGE).cloned();
        let census = kept.map_or_else(|| keys::remembering(account), |before| Arc::clone(&before.census));
        let keyring =
            kept.map_or_else(|| Arc::new(Keyring::new(Arc::clone(&census))), |kept| Arc::clone(&kept.keyring));
        keyring.follow(spec.credentials.secret_ref.as_ref().map(|secret| secret.name.as_str()));
        let tempo = Tempo::new(settings.time_scale, sweep(&spec));
        let pace = || paced(Pace::new(rate), spec.provider, tempo).counted(settings.metrics.clone());
        census.lock().unwrap_or_else(PoisonError::into_inner).acknowledge(acknowledged.as_deref(), tempo, clock::now());
        let next = Self {
            acknowledged,
            census,
            name: account.name_any(),
            terminating: account.metadata.deletion_timestamp.is_some(),
            leaving_since: account
                .metadata
                .deletion_timestamp
                .as_ref()
                .map(|_| kept.and_then(|before| before.leaving_since).unwrap_or_else(clock::now)),
            refused: refused::why(&spec, settings),
            keyring,
            tempo,
            pace: same.map_or_else(pace, |before| before.pace.clone()),
            brokers: same.map(|before| Arc::clone(&before.brokers)).unwrap_or_default(),
            stop: same.map_or_else(|| settings.stop.child_token(), |before| before.stop.clone()),
            spec,
            uid,
        };
        if same.is_none() && next.refused.is_none() {
            keys::keep(&next, kept, settings);
        }
        next
    }

    fn drives_like(&self, spec: &CloudAccountSpec) -> bool {
        let CloudAccountSpec {
            provider,
            tencent_cloud,
            endpoints,
            credentials,
            allowed_namespaces: _,
            limits,
            sweep_interval,
            brake: _,
        } = spec;
        self.spec.provider == *provider
            && self.spec.tencent_cloud == *tencent_cloud
            && self.spec.endpoints == *endpoints
            && self.spec.credentials == *credentials
            && self.spec.limits == *limits
            && self.spec.sweep_interval == *sweep_interval
    }

    /// Whether it is of this very object, and not of one that had its name before.
    #[must_use]
    pub fn is_of(&self, object: &CloudAccount) -> bool {
        object.uid().as_ref() == Some(&self.uid)
    }

    /// What is written in its manifest.
    #[must_use]
    pub const fn spec(&self) -> &CloudAccountSpec {
        &self.spec
    }

    /// The cloud.
    #[must_use]
    pub const fn cloud(&self) -> Cloud {
        self.spec.provider
    }

    /// The broker of a region, started when it is first asked for.
    ///
    /// # Errors
    /// The account's endpoints are none.
    pub fn broker(&self, region: &Region, settings: &Settings) -> Result<Broker, Notice> {
        let mut brokers = self.brokers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(broker) = brokers.get(region) {
            return Ok(broker.clone());
        }
        let provider = self.provider(region, settings).map_err(|error| not_ready(error.to_string()))?;
        let limit = self.spec.limits.as_ref().and_then(|limits| limits.max_batch);
        let max_batch = limit.and_then(|most| usize::try_from(most).ok()).unwrap_or(MAX_BATCH);
        let wake = Wake { name: self.name.clone(), census: Arc::clone(&self.census), ..settings.wake.clone() };
        let loops = (self.stop.clone(), settings.tasks.clone());
        let broker = Broker::start(provider, self.pace.clone(), self.tempo, max_batch, wake, loops);
        brokers.insert(region.clone(), broker.clone());
        Ok(broker)
    }

    /// The broker of a region, if it was started.
    #[must_use]
    pub fn started(&self, region: &Region) -> Option<Broker> {
        self.brokers.lock().unwrap_or_else(PoisonError::into_inner).get(region).cloned()
    }

    /// Forgets a machine whose object went.
    pub fn forget(&self, region: &Region, instance: &InstanceId, uid: &str) {
        if let Some(broker) = self.started(region) {
            return broker.forget(instance, uid);
        }
        // It counts for the whole account, also while no broker runs.
        let mut census = self.census.lock().unwrap_or_else(PoisonError::into_inner);
        census.leave(uid);
        census.whose.forget(instance.as_str(), clock::now());
    }

    fn provider(&self, region: &Region, settings: &Settings) -> Result<Arc<dyn Provider>, endpoint::BadEndpoint> {
        let Endpoints { vpc, cvm, ecs, .. } = self.spec.endpoints.clone().unwrap_or_default();
        let (region, keyring) = (region.clone(), Arc::clone(&self.keyring));
        let (pace, http) = (self.pace.clone(), settings.http.clone());
        let at = tencent::Endpoints { vpc: vpc.clone(), cvm };
        let api = self.spec.tencent_cloud.as_ref().and_then(|cloud| cloud.api).unwrap_or_default();
        Ok(match (self.spec.provider, api) {
            (Cloud::TencentCloud, TencentApi::V3) => Arc::new(tencent::V3::new(&at, region, keyring, pace, http)?),
            (Cloud::TencentCloud, TencentApi::V2) => Arc::new(tencent::V2::new(&at, region, keyring, pace, http)?),
            (Cloud::AlibabaCloud, _) => {
                Arc::new(alibaba::Ecs::new(&alibaba::Endpoints { ecs, vpc }, region, keyring, pace, http)?)
            }
        })
    }

    /// What is known of each region in use: what its broker tells, or what was told of it before.
    #[must_use]
    pub fn regions(
        &self,
        in_use: &BTreeSet<String>,
        before: &BTreeMap<String, RegionUse>,
    ) -> BTreeMap<String, RegionUse> {
        let brokers = self.brokers.lock().unwrap_or_else(PoisonError::into_inner);
        let told = |name: &String| {
            let now = Region::new(name).ok().and_then(|region| brokers.get(&region)?.usage());
            now.or_else(|| before.get(name).cloned())
        };
        in_use.iter().filter_map(|name| Some((name.clone(), told(name)?))).collect()
    }

    /// Every broker that was started.
    #[must_use]
    pub fn brokers(&self) -> Vec<Broker> {
        self.brokers.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// How long an action rests once it was throttled is the cloud's to say.
fn paced(pace: Pace, cloud: Cloud, tempo: Tempo) -> Pace {
    match cloud {
        Cloud::TencentCloud => pace,
        Cloud::AlibabaCloud => pace.resting(tempo.throttled_minute()),
    }
}

pub(super) fn not_ready(message: impl Into<String>) -> Notice {
    Notice::new(Reason::AccountNotReady, message)
}

fn sweep(spec: &CloudAccountSpec) -> Duration {
    let written = spec.sweep_interval.as_deref().and_then(|text| text.parse::<jiff::SignedDuration>().ok());
    written.and_then(|span| Duration::try_from(span).ok()).filter(|span| !span.is_zero()).unwrap_or(SWEEP)
}

#[cfg(test)]
mod tests;
