//! The accounts in use: keys, budget and brokers of each, kept while its specification stays the same.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use kube::ResourceExt;
use tokio_util::sync::CancellationToken;

use super::Settings;
use crate::{
    api::{ACKNOWLEDGE, CloudAccount, CloudAccountSpec, Provider as Cloud, Reason, RegionUse, TencentApi},
    clock,
    cloud::{
        Provider,
        broker::{Broker, Wake},
        credentials::{Credentials, Keyring, Problem},
        pace::Pace,
        tencent,
    },
    link::{Census, Notice, Region, Tempo},
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
    /// Why it cannot be used at all.
    pub refused: Option<Notice>,
    /// Its keys.
    pub keyring: Arc<Keyring>,
    /// Its intervals.
    pub tempo: Tempo,
    /// When its keys were first found wanting; while they are good, when that was found last.
    pub problem_since: jiff::Timestamp,
    /// The acknowledgement of a guard that stands on it.
    pub acknowledged: Option<String>,
    census: Arc<Mutex<Census>>,
    spec: CloudAccountSpec,
    uid: String,
    pace: Pace,
    brokers: Arc<Mutex<HashMap<Region, Broker>>>,
    stop: CancellationToken,
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

    /// Takes the newest version of an account, and what was read of its keys. What stays the same keeps its brokers, and
    /// what they remember. Says whether the keys are news.
    pub fn put(
        &self,
        account: &CloudAccount,
        keys: Result<Credentials, Problem>,
        settings: &Settings,
    ) -> (Arc<Account>, bool) {
        let mut accounts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = accounts.get(&account.name_any()).cloned();
        let next = Arc::new(Account::new(account, before.as_deref(), settings));
        if let Some(before) = before.filter(|before| !Arc::ptr_eq(&before.brokers, &next.brokers)) {
            before.stop.cancel();
        }
        let news = next.keyring.put(keys);
        accounts.insert(next.name.clone(), Arc::clone(&next));
        (next, news)
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

    /// Whether two names mean one account of the cloud: the same name, or keys of the same id (the stand-in for an
    /// identity that this API does not tell).
    #[must_use]
    pub fn same(&self, one: &str, other: &str) -> bool {
        let id = |name| self.get(name).and_then(|account| account.keyring.current()).map(|keys| keys.id().to_owned());
        one == other || id(one).is_some_and(|one| Some(one) == id(other))
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
        let pace = || Pace::new(rate).counted(settings.metrics.clone());
        let acknowledged = account.annotations().get(ACKNOWLEDGE).cloned();
        let census: Arc<Mutex<Census>> = kept.map(|before| Arc::clone(&before.census)).unwrap_or_default();
        let tempo = Tempo::new(settings.time_scale, sweep(&spec));
        census.lock().unwrap_or_else(PoisonError::into_inner).acknowledge(acknowledged.as_deref(), tempo, clock::now());
        Self {
            acknowledged,
            census,
            name: account.name_any(),
            terminating: account.metadata.deletion_timestamp.is_some(),
            refused: refused(&spec, settings),
            keyring: kept.map(|before| Arc::clone(&before.keyring)).unwrap_or_default(),
            tempo,
            problem_since: kept
                .filter(|before| before.keyring.problem().is_some())
                .map_or_else(clock::now, |before| before.problem_since),
            pace: same.map_or_else(pace, |before| before.pace.clone()),
            brokers: same.map(|before| Arc::clone(&before.brokers)).unwrap_or_default(),
            stop: same.map_or_else(|| settings.stop.child_token(), |before| before.stop.clone()),
            spec,
            uid,
        }
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

    fn provider(&self, region: &Region, settings: &Settings) -> Result<Arc<dyn Provider>, tencent::BadEndpoint> {
        let endpoints = self.spec.endpoints.clone().unwrap_or_default();
        let endpoints = tencent::Endpoints { vpc: endpoints.vpc, cvm: endpoints.cvm };
        let (region, keyring) = (region.clone(), Arc::clone(&self.keyring));
        let (pace, http) = (self.pace.clone(), settings.http.clone());
        let api = self.spec.tencent_cloud.as_ref().and_then(|cloud| cloud.api).unwrap_or_default();
        Ok(match api {
            TencentApi::V3 => Arc::new(tencent::V3::new(&endpoints, region, keyring, pace, http)?),
            TencentApi::V2 => Arc::new(tencent::V2::new(&endpoints, region, keyring, pace, http)?),
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

/// Why the specification cannot be acted on. The rules of the API refuse most of it at apply; an object may be older.
fn refused(spec: &CloudAccountSpec, settings: &Settings) -> Option<Notice> {
    if spec.provider != Cloud::TencentCloud {
        return Some(not_ready("this version acts on provider: TencentCloud only"));
    }
    if spec.credentials.secret_ref.is_none() {
        return Some(not_ready("this version takes keys from credentials.secretRef only"));
    }
    let endpoints = spec.endpoints.clone().unwrap_or_default();
    let written = [&endpoints.vpc, &endpoints.cvm];
    if !settings.allow_insecure_endpoints && written.iter().any(|url| url.as_ref().is_some_and(|url| is_plain(url))) {
        return Some(not_ready("a plain http endpoint is taken only with --allow-insecure-endpoints"));
    }
    let endpoints = tencent::Endpoints { vpc: endpoints.vpc.clone(), cvm: endpoints.cvm.clone() };
    if let Err(error) = endpoints.check() {
        return Some(not_ready(error.to_string()));
    }
    let off_loopback = written.iter().any(|url| !url.as_ref().is_some_and(|url| is_loopback(url)));
    if settings.time_scale > 1.0 && off_loopback {
        return Some(not_ready("with --time-scale every endpoint has to be on loopback"));
    }
    None
}

fn not_ready(message: impl Into<String>) -> Notice {
    Notice::new(Reason::AccountNotReady, message)
}

fn is_plain(url: &str) -> bool {
    url.starts_with("http://")
}

fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn sweep(spec: &CloudAccountSpec) -> Duration {
    let written = spec.sweep_interval.as_deref().and_then(|text| text.parse::<jiff::SignedDuration>().ok());
    written.and_then(|span| Duration::try_from(span).ok()).filter(|span| !span.is_zero()).unwrap_or(SWEEP)
}
