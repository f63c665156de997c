//! The simulator: the world, the traffic to it and the settings of each dialect, behind one lock.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::{self, Millis};
use crate::traffic::{self, Api, Calls, EVERY_ACTION, Faults, Nonces, Rates};
use crate::world::{AlibabaRules, LinkRules, Rules, Switches, Timing, World};
use crate::{alibaba, metadata, tencent_v2, tencent_v3};

/// Everything that the servers share.
#[derive(Debug, Default)]
pub struct Sim {
    /// What is played.
    pub world: World,
    /// How calls travel.
    pub traffic: traffic::Settings,
    /// What Tencent's API v2 looks like.
    pub tencent_v2: tencent_v2::Settings,
    /// What Tencent's API 3.0 looks like.
    pub tencent_v3: tencent_v3::Settings,
    /// What Alibaba's API looks like.
    pub alibaba: alibaba::Settings,
    /// What Tencent's STS looks like.
    pub tencent_sts: tencent_v3::StsSettings,
    /// How a machine's metadata are kept.
    pub metadata: metadata::Settings,
    /// Tokens that metadata are asked with.
    pub metadata_tokens: metadata::Tokens,
    /// Faults in the way.
    pub faults: Faults,
    /// Calls that came.
    pub calls: Calls,
    /// How often.
    pub rates: Rates,
    /// Nonces they used.
    pub nonces: Nonces,
    /// Those of Alibaba's API, which remembers them for longer.
    pub alibaba_nonces: Nonces,
    latest: Millis,
}

/// Everything that can be set, in sections.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Speeds of the world.
    pub timing: Timing,
    /// Quotas of the world.
    pub limits: LinkRules,
    /// What the documents leave open.
    pub switches: Switches,
    /// What is different for accounts at Alibaba.
    pub alibaba_cloud: AlibabaRules,
    /// How calls travel.
    pub traffic: traffic::Settings,
    /// What Tencent's API v2 looks like.
    pub tencent_v2: tencent_v2::Settings,
    /// What Tencent's API 3.0 looks like.
    pub tencent_v3: tencent_v3::Settings,
    /// What Alibaba's API looks like.
    pub alibaba: alibaba::Settings,
    /// What Tencent's STS looks like.
    pub tencent_sts: tencent_v3::StsSettings,
    /// How a machine's metadata are kept.
    pub metadata: metadata::Settings,
}

/// Why settings are refused.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// A name that no dialect knows would never match a call.
    #[error("`{0}` is not an action of any API that is played")]
    NoAction(String),
    /// An API has codes of one kind, so such a fault would never strike.
    #[error("{0:?} has no codes of this kind: Tencent's v2 has numbers, the others have names")]
    NoCode(Api),
    /// Links are not remembered that long.
    #[error("timing.listDelayMs is {0}; the longest is {longest}", longest = crate::world::LONGEST_LIST_DELAY)]
    ListDelay(Millis),
}

impl Sim {
    /// The settings that hold.
    pub fn settings(&self) -> Settings {
        let Rules { timing, limits, switches, alibaba: alibaba_cloud } = self.world.rules.clone();
        Settings {
            timing,
            limits,
            switches,
            alibaba_cloud,
            traffic: self.traffic.clone(),
            tencent_v2: self.tencent_v2.clone(),
            tencent_v3: self.tencent_v3.clone(),
            alibaba: self.alibaba.clone(),
            tencent_sts: self.tencent_sts.clone(),
            metadata: self.metadata.clone(),
        }
    }

    /// Makes other settings hold from now on.
    pub fn apply(&mut self, settings: Settings) -> Result<(), Unfit> {
        settings
            .traffic
            .actions()
            .chain(settings.alibaba.calls_per_minute.keys())
            .try_for_each(|action| expect_action(action))?;
        if settings.timing.list_delay_ms > crate::world::LONGEST_LIST_DELAY {
            return Err(Unfit::ListDelay(settings.timing.list_delay_ms));
        }
        let Settings { timing, limits, switches, alibaba_cloud, traffic, .. } = settings;
        self.world.rules = Rules { timing, limits, switches, alibaba: alibaba_cloud };
        self.traffic = traffic;
        self.tencent_v2 = settings.tencent_v2;
        self.tencent_v3 = settings.tencent_v3;
        self.alibaba = settings.alibaba;
        self.tencent_sts = settings.tencent_sts;
        self.metadata = settings.metadata;
        Ok(())
    }
}

/// Refuses a name that is no action of any API: a typo would otherwise go unnoticed.
pub fn expect_action(name: &str) -> Result<(), Unfit> {
    let is_known = name == EVERY_ACTION
        || tencent_v2::Action::named(name).is_some()
        || tencent_v3::Action::named(name).is_some()
        || alibaba::Action::named(name).is_some()
        || tencent_v3::StsAction::named(name).is_some()
        || alibaba::StsAction::named(name).is_some()
        || metadata::Action::named(name).is_some();
    if is_known { Ok(()) } else { Err(Unfit::NoAction(name.to_owned())) }
}

/// A handle on the one simulator.
#[derive(Debug, Clone, Default)]
pub struct Shared(Arc<Mutex<Sim>>);

impl Shared {
    /// Does something with the simulator at the present moment, after everything that is due has happened.
    ///
    /// The clock is read under the lock and never runs backwards, so that events have one order.
    pub fn with<T>(&self, act: impl FnOnce(&mut Sim, Millis) -> T) -> T {
        let mut sim = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sim.latest = sim.latest.max(clock::now());
        let now = sim.latest;
        sim.world.advance(now);
        act(&mut sim, now)
    }
}
