//! Looking: the looks that decisions need, and the sweep over everything.

use std::{collections::BTreeSet, sync::Arc};

use futures::future::{join, join_all};
use jiff::Timestamp;

use super::{Inner, state::Plan};
use crate::{
    api::Reason,
    clock,
    cloud::{CloudError, Kind, LinkScope},
    link::{Lane, Notice, VpcId, VpcSeen},
};

/// Looks as decisions need it, one round at a time: what is asked for during a round makes the next one, so that looks
/// for the same thing are merged.
pub(super) async fn needs(inner: Arc<Inner>) {
    loop {
        let (plan, next) = inner.state().due(clock::now(), inner.tempo);
        if plan.is_empty() {
            let asked = inner.look.notified();
            match next {
                Some(wait) => {
                    let _ = tokio::time::timeout(wait, asked).await;
                }
                None => asked.await,
            }
        } else {
            inner.look(plan).await;
        }
    }
}

/// Looks at everything, again and again.
pub(super) async fn sweeps(inner: Arc<Inner>) {
    loop {
        clock::sleep(inner.tempo.sweep()).await;
        let plan = inner.state().everything(inner.tempo);
        if !plan.is_empty() {
            inner.look(plan).await;
        }
    }
}

impl Inner {
    /// Makes one round of looks and tells those whose world changed.
    async fn look(&self, plan: Plan) {
        let begun = clock::now();
        let lane = plan.lane.unwrap_or(Lane::NewLink);
        let vpcs = join_all(plan.vpcs.iter().map(|vpc| self.look_at_vpc(begun, vpc, lane)));
        let links = join_all(plan.scopes.iter().map(|scope| self.look_at_links(begun, scope.clone(), lane)));
        let machines = self.look_at_machines(begun, &plan.machines, lane);
        let vpcs = join(vpcs, self.look_at_quota(&plan, begun, lane));
        let ((links, _), machines) = join(join(links, vpcs), machines).await;
        self.fares(links.into_iter().flatten().chain(machines).next());
        let dies = self.provider.nature().links_die_with_address;
        let mut state = self.state();
        // Counted before anyone is told: who is told first must know of all the others.
        state.count(&mut self.census(), dies, self.tempo);
        let owners = state.news(&plan.machines, dies, self.tempo);
        let usage = state.tell_usage(begun, self.tempo);
        drop(state);
        self.tell(owners);
        if usage {
            self.tell_account();
        }
    }

    /// Returns why it failed, if it did.
    async fn look_at_machines(
        &self,
        begun: Timestamp,
        asked: &BTreeSet<crate::link::InstanceId>,
        lane: Lane,
    ) -> Option<Notice> {
        if asked.is_empty() {
            return None;
        }
        match self.provider.machines(asked, lane).await {
            Ok(list) => {
                self.state().take_machines(begun, asked, &list, self.tempo);
                None
            }
            Err(error) => {
                self.state().machines_failed(asked, &notice(&error));
                Some(notice(&error))
            }
        }
    }

    /// Returns why it failed, if it did.
    async fn look_at_links(&self, begun: Timestamp, vpc: Option<VpcId>, lane: Lane) -> Option<Notice> {
        let scope = vpc.map_or(LinkScope::All, LinkScope::Vpc);
        let missing = match self.list_links(begun, &scope, lane).await {
            Ok(missing) if scope == LinkScope::All => missing,
            Ok(_) => return None,
            Err(notice) => return Some(notice),
        };
        let one_by_one = missing.into_iter().map(LinkScope::Vpc).collect::<Vec<_>>();
        let listed = join_all(one_by_one.iter().map(|scope| self.list_links(begun, scope, lane))).await;
        listed.into_iter().find_map(Result::err)
    }

    /// Lists once. Says which VPCs have to be asked one by one because the list was not complete.
    async fn list_links(&self, begun: Timestamp, scope: &LinkScope, lane: Lane) -> Result<BTreeSet<VpcId>, Notice> {
        match self.provider.links(scope, lane).await {
            Ok(list) => {
                let mut state = self.state();
                state.take_links(begun, scope, &list, self.tempo);
                Ok(if list.complete { BTreeSet::new() } else { state.missing_from(&list) })
            }
            Err(error) => {
                self.state().links_failed(scope, &notice(&error));
                Err(notice(&error))
            }
        }
    }

    async fn look_at_vpc(&self, begun: Timestamp, id: &VpcId, lane: Lane) {
        let seen = match self.provider.vpc(id, lane).await {
            Ok(Some(vpc)) => VpcSeen::Seen(vpc),
            Ok(None) => VpcSeen::Missing,
            Err(error) => VpcSeen::Unknown(notice(&error)),
        };
        self.state().take_vpc(id, begun, seen);
    }

    /// The quota is read together with the VPC that someone wants, and is no more than an advice: a failure says nothing.
    async fn look_at_quota(&self, plan: &Plan, begun: Timestamp, lane: Lane) {
        if !plan.vpcs.is_empty() && self.state().usage.is_due(begun, self.tempo) {
            let quota = self.provider.quota(lane).await.unwrap_or_default();
            self.state().usage.take_quota(begun, quota, self.tempo);
        }
    }

    fn tell_account(&self) {
        // Nobody listens any more when the process ends.
        let _ = self.wake.account.send(self.wake.name.clone());
    }

    /// Keeps the health of the region's looks, which is the account's: what the whole round came to.
    fn fares(&self, health: Option<Notice>) {
        let mut state = self.state();
        if state.health.as_ref().map(|old| old.reason) != health.as_ref().map(|new| new.reason) {
            state.health = health;
            self.tell_account();
        }
    }
}

/// What a failed look says to users. The request id differs in each call and stays out.
pub(super) fn notice(error: &CloudError) -> Notice {
    let advice = match error.kind {
        Kind::Throttled => "the cloud asks to slow down",
        Kind::KeyDenied => "the keys are not accepted; replace them in the Secret that the account names",
        Kind::PermissionDenied => "the keys may not do this; extend their policy",
        Kind::Offline => "the cloud no longer offers this API",
        Kind::Refused(Reason::RegionNotSupported) => "the region is misspelt, or has no such service",
        Kind::Transient
        | Kind::Busy
        | Kind::Quota
        | Kind::Missing
        | Kind::Conflict
        | Kind::AlreadyGone
        | Kind::Partial
        | Kind::Refused(_)
        | Kind::Unclear => "the cloud cannot be read at the moment",
    };
    let reason = match error.kind {
        Kind::Throttled
        | Kind::KeyDenied
        | Kind::PermissionDenied
        | Kind::Offline
        | Kind::Refused(Reason::RegionNotSupported) => error.kind.reason(),
        Kind::Transient
        | Kind::Busy
        | Kind::Quota
        | Kind::Missing
        | Kind::Conflict
        | Kind::AlreadyGone
        | Kind::Partial
        | Kind::Refused(_)
        | Kind::Unclear => Reason::ProviderUnavailable,
    };
    Notice::new(reason, format!("{advice}: {error}"))
}
