//! Alibaba Cloud: a classic-network ECS instance and a VPC.
//!
//! [`Ecs`] states what is listed and carries out single calls. It must never repeat a change, decide anything, or take
//! for absent what a list may have left out. The vendor's words stay in `wire`, its codes in `codes`, its signature in
//! `sign`, its hosts in `regions`, its rules for addresses in `ranges`; `call` is one request; `links` and `machines` read
//! the lists; `sts` gives temporary keys.
//!
//! Three things differ from the other cloud. A change is carried out at once, one machine a call, so there are no tasks.
//! No list holds every link of an account: links are listed by VPC or by machine. And a list of machines without
//! permission is empty, not refused, so that an absence counts only after a dry run has proved the permission.

mod call;
mod codes;
mod links;
mod machines;
mod ranges;
mod regions;
mod sign;
mod sts;
mod wire;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::de::{DeserializeOwned, IgnoredAny};

#[cfg(fuzzing)]
pub(in crate::cloud) use self::{call::fuzz::fuzz, sts::fuzz as fuzz_sts};
pub use sts::Sts;

use self::{
    call::Call,
    links::{Filter, Reading},
    sign::Params,
    wire::{Service, VpcItem},
};
use super::{
    Action, CloudError, Kind, Lane, LinkList, LinkScope, MachineList, Nature, Provider, Taken,
    asking::{Alone, Asking, Blame},
    credentials::{Credentials, Keyring},
    endpoint::{BadEndpoint, Endpoint},
    http::Client,
    pace::Pace,
};
use crate::{
    api::Reason,
    link::{InstanceId, Region, TaskId, TaskState, Vpc, VpcId},
};

/// The longest wait that an answer may ask for; the vendor's library waits no longer either (`darabonba-core`).
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// Addresses to use instead of the cloud's own, each like `https://host:port`. Whether plain `http` is allowed is for the
/// caller to judge.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Endpoints {
    /// Of the service `ecs`.
    pub ecs: Option<String>,
    /// Of the service `vpc`.
    pub vpc: Option<String>,
}

/// One account and region. The cloud ended the classic network in February 2025 ("EOL notice for Alibaba Cloud ECS
/// instances in the classic network"): old accounts only.
#[derive(Debug)]
pub struct Ecs {
    machines_at: Endpoint,
    vpcs_at: Endpoint,
    region: Region,
    keyring: Arc<Keyring>,
    pace: Pace,
    http: Client,
    /// The machines that made a list of links fail.
    alone_for_links: Alone,
    /// The machines that made a list of machines fail.
    alone: Alone,
}

impl Ecs {
    /// A provider for `region` with the keys of `keyring`; `pace` is shared by the regions of an account.
    ///
    /// # Errors
    /// An endpoint is no address of an HTTP server.
    pub fn new(
        endpoints: &Endpoints,
        region: Region,
        keyring: Arc<Keyring>,
        pace: Pace,
        http: Client,
    ) -> Result<Self, BadEndpoint> {
        let (ecs, vpc) = regions::hosts(&region);
        let address = |host: &str| format!("https://{host}");
        let machines_at = Endpoint::new("ecs", &endpoints.ecs.clone().unwrap_or_else(|| address(&ecs)), "/")?;
        let vpcs_at = Endpoint::new("vpc", &endpoints.vpc.clone().unwrap_or_else(|| address(&vpc)), "/")?;
        Ok(Self {
            machines_at,
            vpcs_at,
            region,
            keyring,
            pace,
            http,
            alone_for_links: Alone::default(),
            alone: Alone::default(),
        })
    }

    /// Takes a place in the budget, then calls.
    async fn look<T: DeserializeOwned>(&self, action: Action, lane: Lane, own: Params) -> Result<T, CloudError> {
        let _permit = self.pace.permit(action, lane).await;
        self.call(action, own).await
    }

    /// Calls once; the budget learns from it.
    async fn call<T: DeserializeOwned>(&self, action: Action, own: Params) -> Result<T, CloudError> {
        let keys = self.keys(action).await?;
        let (result, wait) = self.prepare(action, &keys).send(&self.http, own).await;
        self.learn(action, &result, wait);
        if result.as_ref().is_err_and(|error| codes::is_about_token(&error.code)) {
            self.keyring.doubt(&keys);
        }
        result
    }

    fn learn<T>(&self, action: Action, result: &Result<T, CloudError>, wait: Option<Duration>) {
        self.pace.learn(action, result);
        if let Some(wait) = wait {
            self.pace.rest(action, wait.min(LONGEST_WAIT));
        }
    }

    async fn keys(&self, action: Action) -> Result<Arc<Credentials>, CloudError> {
        let keys = self.keyring.for_call(action.is_change()).await;
        keys.map_err(|(kind, message)| call::error(action, kind, "", &message))
    }

    fn prepare<'a>(&'a self, action: Action, keys: &'a Credentials) -> Call<'a> {
        let endpoint = match Service::of(action) {
            Service::Ecs => &self.machines_at,
            Service::Vpc => &self.vpcs_at,
        };
        Call { endpoint, action, region: self.region.as_str(), keys }
    }

    async fn change(&self, action: Action, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        let [instance] = instances else {
            let refused = Kind::Refused(Reason::Refused);
            return Err(call::error(action, refused, "", "the API takes one machine a call"));
        };
        let own =
            Params::from([("InstanceId".to_owned(), instance.to_string()), ("VpcId".to_owned(), vpc.to_string())]);
        self.call(action, own).await.map(|IgnoredAny| Taken::Done)
    }

    async fn list_links(&self, filter: Filter<'_>, lane: Lane) -> Result<LinkList, CloudError> {
        let mut reading = Reading::new(filter);
        while let Some(own) = reading.next() {
            reading.take(&self.look(Action::ListLinks, lane, own).await?);
        }
        Ok(reading.finish())
    }

    /// Whether the VPC has surely no links: it does not exist, or ClassicLink is off, which is refused while there are any
    /// (`DisableVpcClassicLink`).
    async fn has_no_links(&self, vpc: &VpcId, lane: Lane) -> bool {
        match self.read_vpc(vpc, lane).await {
            Ok(None) => true,
            Ok(Some(item)) => item.classic_link_enabled == Some(false),
            Err(_) => false,
        }
    }

    async fn read_vpc(&self, id: &VpcId, lane: Lane) -> Result<Option<VpcItem>, CloudError> {
        let own = Params::from([("VpcId".to_owned(), id.to_string())]);
        let item: VpcItem = match self.look(Action::ReadVpc, lane, own).await {
            Err(error) if error.kind == Kind::Missing => return Ok(None),
            answer => answer?,
        };
        if item.id().as_ref() == Some(id) {
            Ok(Some(item))
        } else {
            Err(call::error(Action::ReadVpc, Kind::Unclear, "", "the answer is of another VPC than the one asked for"))
        }
    }
}

#[async_trait]
impl Provider for Ecs {
    fn nature(&self) -> Nature {
        Nature { links_die_with_address: false, max_batch: 1, lists_all_links: false, has_cautions: true }
    }

    /// The links of a VPC. The API lists no account's links as a whole (it wants a VPC or machines, or answers
    /// `InvalidParameter.InvalidInstanceIdAndVpcId`): for all of them it says nothing, without a call; ask
    /// [`Provider::links_of`].
    async fn links(&self, scope: &LinkScope, lane: Lane) -> Result<LinkList, CloudError> {
        let vpc = match scope {
            LinkScope::All => return Ok(LinkList::default()),
            LinkScope::Vpc(vpc) => vpc,
        };
        match self.list_links(Filter::Vpc(vpc), lane).await {
            // What a list of a VPC answers that is gone, or has ClassicLink off, is undocumented.
            Err(error) if may_be_of_vpc(error.kind) && self.has_no_links(vpc, lane).await => {
                Ok(LinkList { complete: true, ..LinkList::default() })
            }
            list => list,
        }
    }

    async fn links_of(&self, ids: &BTreeSet<InstanceId>, lane: Lane) -> Result<LinkList, CloudError> {
        let mut list = LinkList { complete: true, ..LinkList::default() };
        let mut asking = Asking::new(ids, &self.alone_for_links);
        while let Some(batch) = asking.next() {
            match self.list_links(Filter::Machines(&batch), lane).await {
                Ok(some) => {
                    asking.answered(&batch);
                    list.rows.extend(some.rows);
                    list.complete &= some.complete;
                }
                Err(error) => match asking.blame(&batch, error) {
                    Blame::Call(error) => return Err(error),
                    Blame::Open => {}
                    // There is no such machine, so it has no link. Anything else says nothing about it.
                    Blame::Machine(_, error) => list.complete &= error.kind == Kind::Missing,
                },
            }
        }
        Ok(list)
    }

    async fn machines(&self, ids: &BTreeSet<InstanceId>, lane: Lane) -> Result<MachineList, CloudError> {
        self.list_machines(ids, lane).await
    }

    async fn vpc(&self, id: &VpcId, lane: Lane) -> Result<Option<Vpc>, CloudError> {
        let item = self.read_vpc(id, lane).await?;
        Ok(item.map(|item| Vpc {
            // No range is known to be refused; see `caution`.
            cidr_allowed: None,
            cidr: item.cidr().to_owned(),
            // The switch is deprecated: an answer that no longer knows it leaves it to the attach.
            classic_link_enabled: item.classic_link_enabled.unwrap_or(true),
        }))
    }

    fn caution(&self, vpc: &Vpc) -> Option<&'static str> {
        ranges::caution(&vpc.cidr)
    }

    async fn attach(&self, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        self.change(Action::Attach, vpc, instances).await
    }

    async fn detach(&self, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        self.change(Action::Detach, vpc, instances).await
    }

    /// No change of this cloud is a task, so an id is none that it could know.
    async fn task(&self, _: &TaskId) -> Result<TaskState, CloudError> {
        Ok(TaskState::Unknown)
    }
}

/// Whether a failed list of a VPC's links may be due to the VPC itself.
const fn may_be_of_vpc(kind: Kind) -> bool {
    match kind {
        Kind::Missing | Kind::Conflict | Kind::Refused(Reason::Refused) => true,
        Kind::Throttled
        | Kind::Transient
        | Kind::Busy
        | Kind::Locked
        | Kind::KeyDenied
        | Kind::PermissionDenied
        | Kind::Quota
        | Kind::AlreadyGone
        | Kind::Refused(_)
        | Kind::Offline
        | Kind::Partial
        | Kind::Unclear => false,
    }
}

#[cfg(test)]
mod tests;
