//! API 3.0, the cloud's present one.
//!
//! Its words are in `wire`, its codes in `codes`, its signature in `sign`; `dialect` puts a request together and takes an
//! answer apart. What lists prove is not decided here, but in the folder above, for both APIs alike. Its list of links has
//! no addresses: whether a link is dead is told by the address that the record remembers (`link::trail`), and of a link
//! that somebody else made by a list of the links at the machine's addresses (`link::probe`).

pub(super) mod codes;
mod dialect;
pub(super) mod sign;
pub(super) mod wire;

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use serde_json::{Value, json};

use self::{
    dialect::Json,
    wire::{LimitPage, LinkPage, MachinePage, Started, TaskAnswer, TaskStatus, VpcPage},
};
use super::{Endpoints, NATURE, caller::Caller, links, machines};
use crate::{
    cloud::{
        Action, CloudError, Kind, Lane, LinkList, LinkScope, MachineList, Nature, Provider, Taken,
        asking::{Alone, IDS_PER_CALL},
        credentials::Keyring,
        endpoint::BadEndpoint,
        http::Client,
        pace::Pace,
    },
    link::{InstanceId, Region, TaskId, TaskState, Vpc, VpcId},
};

/// The cloud's name of the number of links that a VPC may have (3.0 `DescribeVpcLimits`; 215/537 has it as 100 unless
/// raised).
const LINKS_OF_A_VPC: &str = "vpc-max-basic-network-interconnections";
/// The most links that the cloud puts on a page (215/15776).
const LINKS_PER_PAGE: usize = 100;

/// One account and region by API 3.0.
#[derive(Debug)]
pub struct V3 {
    caller: Caller<Json>,
    /// The machines that made a list fail.
    alone: Alone,
}

impl V3 {
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
        Caller::new(endpoints, region, keyring, pace, http).map(|caller| Self { caller, alone: Alone::default() })
    }

    async fn change(&self, action: Action, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        let own = json!({"VpcId": vpc.as_str(), "InstanceIds": names(instances.iter())});
        let started: Started = self.caller.call(action, own).await?;
        Ok(Taken::Task(TaskId(started.request_id)))
    }

    /// The links that pass these filters; `scope` says what a refusal of the first page stands for.
    async fn list(&self, scope: &LinkScope, filters: &[Value], lane: Lane) -> Result<LinkList, CloudError> {
        let mut reading = links::Reading::new(scope);
        while let Some(offset) = reading.next() {
            let answer = self.caller.look(Action::ListLinks, lane, page(filters, offset)).await;
            reading.take(answer.map(|page: LinkPage| page.page()))?;
        }
        Ok(reading.finish())
    }

    /// One list of these machines, 100 at most.
    async fn some_machines(&self, ids: &[&InstanceId], lane: Lane) -> Result<machines::Page, CloudError> {
        // The actions of this service take numbers as numbers.
        let own = json!({"InstanceIds": names(ids.iter().copied()), "Limit": IDS_PER_CALL});
        let page: MachinePage = self.caller.look(Action::ListMachines, lane, own).await?;
        Ok(page.page())
    }
}

#[async_trait]
impl Provider for V3 {
    fn nature(&self) -> Nature {
        NATURE
    }

    async fn links(&self, scope: &LinkScope, lane: Lane) -> Result<LinkList, CloudError> {
        let filters = match scope {
            LinkScope::All => Vec::new(),
            LinkScope::Vpc(vpc) => vec![filter(vpc)],
        };
        self.list(scope, &filters, lane).await
    }

    async fn links_at(
        &self,
        vpc: &VpcId,
        addresses: &BTreeSet<IpAddr>,
        lane: Lane,
    ) -> Result<Option<LinkList>, CloudError> {
        let filters = [filter(vpc), json!({"Name": "vm-ip", "Values": addresses})];
        // Not in the scope of that VPC: that something was not found may be about the address, and would prove nothing.
        self.list(&LinkScope::All, &filters, lane).await.map(Some)
    }

    async fn machines(&self, ids: &BTreeSet<InstanceId>, lane: Lane) -> Result<MachineList, CloudError> {
        let mut reading = machines::Reading::new(ids, &self.alone);
        while let Some(some) = reading.next() {
            let answer = self.some_machines(&some, lane).await;
            reading.take(&some, answer, &unclear(Action::ListMachines, machines::UNTOLD))?;
        }
        Ok(reading.finish())
    }

    async fn vpc(&self, id: &VpcId, lane: Lane) -> Result<Option<Vpc>, CloudError> {
        // By filter, so that a VPC that is not there is more likely an empty list than an error.
        let own = json!({"Filters": [filter(id)]});
        let page: VpcPage = match self.caller.look(Action::ReadVpc, lane, own).await {
            Err(error) if error.kind == Kind::Missing => return Ok(None),
            answer => answer?,
        };
        page.page().find(id).map_err(|text| unclear(Action::ReadVpc, text))
    }

    async fn quota(&self, lane: Lane) -> Result<Option<usize>, CloudError> {
        let own = json!({"LimitTypes": [LINKS_OF_A_VPC]});
        let page: LimitPage = self.caller.look(Action::ReadQuota, lane, own).await?;
        Ok(page.value(LINKS_OF_A_VPC))
    }

    async fn attach(&self, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        self.change(Action::Attach, vpc, instances).await
    }

    async fn detach(&self, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        self.change(Action::Detach, vpc, instances).await
    }

    async fn task(&self, id: &TaskId) -> Result<TaskState, CloudError> {
        // A task of the API v2, from before the account was switched: nothing that this API could know.
        if id.0.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(TaskState::Unknown);
        }
        let own = json!({"TaskId": id.0});
        let answer: TaskAnswer = match self.caller.look(Action::ReadTask, Lane::Polling, own).await {
            Err(error) if error.kind == Kind::Missing => return Ok(TaskState::Unknown),
            answer => answer?,
        };
        Ok(match answer.status {
            TaskStatus::Success => TaskState::Succeeded,
            TaskStatus::Failed => TaskState::Failed(self.caller.text(answer.output.as_deref().unwrap_or_default())),
            TaskStatus::Running => TaskState::Running,
        })
    }
}

fn unclear(action: Action, message: &str) -> CloudError {
    Caller::<Json>::error(action, Kind::Unclear, message)
}

fn names<'a>(instances: impl Iterator<Item = &'a InstanceId>) -> Vec<&'a str> {
    instances.map(InstanceId::as_str).collect()
}

/// The filter that leaves one VPC.
fn filter(vpc: &VpcId) -> Value {
    json!({"Name": "vpc-id", "Values": [vpc.as_str()]})
}

/// The parameters of a page of links. The actions of this service take numbers as text, and no order.
fn page(filters: &[Value], offset: usize) -> Value {
    let mut own = json!({"Offset": offset.to_string(), "Limit": LINKS_PER_PAGE.to_string()});
    if !filters.is_empty() {
        own["Filters"] = json!(filters);
    }
    own
}

/// Reads `body` as the answer to each call, for the fuzzer.
#[cfg(fuzzing)]
pub(in crate::cloud) fn fuzz(body: &[u8]) {
    use super::call::fuzz::read;

    let _ = read::<Json, Started>(Action::Attach, body);
    let _ = read::<Json, LinkPage>(Action::ListLinks, body).map(|page| page.page());
    let _ = read::<Json, MachinePage>(Action::ListMachines, body).map(|page| page.page());
    let _ = read::<Json, VpcPage>(Action::ReadVpc, body).map(VpcPage::page);
    let _ = read::<Json, TaskAnswer>(Action::ReadTask, body).map(|task| task.status);
}

#[cfg(test)]
mod tests;
