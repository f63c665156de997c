//! The API v2 of 2017. The cloud announced its end for 2023 (215/81827): old accounts only.
//!
//! Its words are in `wire`, its codes in `codes`, its signature in `sign`; `dialect` puts a request together and takes an
//! answer apart. What lists prove is not decided here, but in the folder above, for both APIs alike.

pub(super) mod codes;
mod dialect;
mod sign;
mod wire;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;

use self::{
    dialect::Form,
    sign::Params,
    wire::{LinkPage, MachinePage, Started, TaskAnswer, VpcPage},
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

/// The most links that the cloud puts on a page (215/2112).
const LINKS_PER_PAGE: usize = 50;

/// One account and region by the API v2.
#[derive(Debug)]
pub struct V2 {
    caller: Caller<Form>,
    /// The machines that made a list fail.
    alone: Alone,
}

impl V2 {
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
        let mut own = numbered(instances.iter());
        own.insert("vpcId".to_owned(), vpc.to_string());
        let started: Started = self.caller.call(action, own).await?;
        Ok(Taken::Task(TaskId(started.task_id.to_string())))
    }

    /// One list of these machines, 100 at most.
    async fn some_machines(&self, ids: &[&InstanceId], lane: Lane) -> Result<machines::Page, CloudError> {
        let mut own = numbered(ids.iter().copied());
        own.insert("limit".to_owned(), IDS_PER_CALL.to_string());
        let page: MachinePage = self.caller.look(Action::ListMachines, lane, own).await?;
        Ok(page.page())
    }
}

#[async_trait]
impl Provider for V2 {
    fn nature(&self) -> Nature {
        NATURE
    }

    async fn links(&self, scope: &LinkScope, lane: Lane) -> Result<LinkList, CloudError> {
        let mut reading = links::Reading::new(scope);
        while let Some(offset) = reading.next() {
            let answer = self.caller.look(Action::ListLinks, lane, list(scope, offset)).await;
            reading.take(answer.map(|page: LinkPage| page.page()))?;
        }
        Ok(reading.finish())
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
        let own = Params::from([("vpcId".to_owned(), id.to_string())]);
        let page: VpcPage = match self.caller.look(Action::ReadVpc, lane, own).await {
            Err(error) if error.kind == Kind::Missing => return Ok(None),
            answer => answer?,
        };
        page.page().find(id).map_err(|text| unclear(Action::ReadVpc, text))
    }

    async fn attach(&self, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        self.change(Action::Attach, vpc, instances).await
    }

    async fn detach(&self, vpc: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        self.change(Action::Detach, vpc, instances).await
    }

    async fn task(&self, id: &TaskId) -> Result<TaskState, CloudError> {
        // A task of the API 3.0, from before the account was switched: nothing that this API could know.
        if id.0.is_empty() || !id.0.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(TaskState::Unknown);
        }
        let own = Params::from([("taskId".to_owned(), id.0.clone())]);
        let answer: TaskAnswer = match self.caller.look(Action::ReadTask, Lane::Polling, own).await {
            // Which code an unknown id gives is undocumented; the id is all that could be missing or out of range.
            Err(error) if matches!(error.kind, Kind::Missing | Kind::Refused(_)) => return Ok(TaskState::Unknown),
            answer => answer?,
        };
        match answer.status() {
            0 => Ok(TaskState::Succeeded),
            1 => Ok(TaskState::Failed(self.caller.text(answer.text()))),
            2 => Ok(TaskState::Running),
            _ => Err(unclear(Action::ReadTask, "the task has a status that no document knows")),
        }
    }
}

fn unclear(action: Action, message: &str) -> CloudError {
    Caller::<Form>::error(action, Kind::Unclear, message)
}

/// `instanceIds.0`, `instanceIds.1` and so on.
fn numbered<'a>(instances: impl Iterator<Item = &'a InstanceId>) -> Params {
    instances.enumerate().map(|(index, id)| (format!("instanceIds.{index}"), id.to_string())).collect()
}

/// The parameters of a page of links.
fn list(scope: &LinkScope, offset: usize) -> Params {
    let mut own = Params::from([
        ("offset".to_owned(), offset.to_string()),
        ("limit".to_owned(), LINKS_PER_PAGE.to_string()),
        // Oldest first: what is added while we read comes at the end and moves no other row.
        ("orderField".to_owned(), "createTime".to_owned()),
        ("orderDirection".to_owned(), "asc".to_owned()),
    ]);
    if let LinkScope::Vpc(vpc) = scope {
        own.insert("vpcId".to_owned(), vpc.to_string());
    }
    own
}

/// Reads `body` as the answer to each call, for the fuzzer.
#[cfg(fuzzing)]
pub(in crate::cloud) fn fuzz(body: &[u8]) {
    use super::call::fuzz::read;

    let _ = read::<Form, Started>(Action::Attach, body);
    let _ = read::<Form, LinkPage>(Action::ListLinks, body).map(|page| page.page());
    let _ = read::<Form, MachinePage>(Action::ListMachines, body).map(|page| page.page());
    let _ = read::<Form, VpcPage>(Action::ReadVpc, body).map(|page| page.page());
    let _ = read::<Form, TaskAnswer>(Action::ReadTask, body).map(|task| (task.status(), task.text().to_owned()));
}

#[cfg(test)]
mod tests;
