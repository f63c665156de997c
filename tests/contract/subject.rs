//! A provider that is watched: what comes back has no secret in it, and what it sends is counted.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    slice,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use classiclink::{
    cloud::{Action, CloudError, Kind, Lane, LinkList, LinkScope, MachineList, Provider, Taken},
    link::{InstanceId, TaskId, TaskState, Vpc, VpcId},
};

/// In every key id, secret and token of these tests, and in nothing else.
pub(crate) const CANARY: &str = "canary";

const LANE: Lane = Lane::NewLink;

/// A provider.
pub(crate) struct Subject {
    provider: Box<dyn Provider>,
    asked: Arc<AtomicUsize>,
}

impl Subject {
    /// Watches a provider; changes that are asked of it are counted in `asked`.
    pub(crate) fn new(provider: Box<dyn Provider>, asked: &Arc<AtomicUsize>) -> Self {
        Self { provider, asked: Arc::clone(asked) }
    }

    /// What it says of itself.
    pub(crate) fn itself(&self) -> &dyn Provider {
        &*self.provider
    }

    pub(crate) async fn links(&self, scope: &LinkScope) -> Result<LinkList, Kind> {
        told(self.provider.links(scope, LANE).await)
    }

    pub(crate) async fn links_to(&self, vpc: &VpcId) -> Result<LinkList, Kind> {
        self.links(&LinkScope::Vpc(vpc.clone())).await
    }

    pub(crate) async fn links_of(&self, ids: &BTreeSet<InstanceId>) -> Result<LinkList, Kind> {
        told(self.provider.links_of(ids, LANE).await)
    }

    pub(crate) async fn machines(&self, ids: &BTreeSet<InstanceId>) -> Result<MachineList, Kind> {
        let list = told(self.provider.machines(ids, LANE).await);
        list.inspect(|list| list.unknown.values().for_each(has_no_secret))
    }

    pub(crate) async fn vpc(&self, id: &VpcId) -> Result<Option<Vpc>, Kind> {
        told(self.provider.vpc(id, LANE).await)
    }

    pub(crate) async fn quota(&self) -> Result<Option<usize>, Kind> {
        told(self.provider.quota(LANE).await)
    }

    pub(crate) async fn attach(&self, vpc: &VpcId, machine: &InstanceId) -> Result<Taken, Kind> {
        self.attach_all(vpc, slice::from_ref(machine)).await
    }

    pub(crate) async fn attach_all(&self, vpc: &VpcId, machines: &[InstanceId]) -> Result<Taken, Kind> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        told(self.provider.attach(vpc, machines).await)
    }

    pub(crate) async fn detach(&self, vpc: &VpcId, machine: &InstanceId) -> Result<Taken, Kind> {
        self.detach_all(vpc, slice::from_ref(machine)).await
    }

    pub(crate) async fn detach_all(&self, vpc: &VpcId, machines: &[InstanceId]) -> Result<Taken, Kind> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        told(self.provider.detach(vpc, machines).await)
    }

    pub(crate) async fn task(&self, id: &TaskId) -> Result<TaskState, Kind> {
        told(self.provider.task(id).await)
    }
}

/// An answer to any question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    Links(LinkList),
    Machines(MachineList),
    Vpc(Option<Vpc>),
    Quota(Option<usize>),
    Task(TaskState),
    Taken(Taken),
}

/// What there is to ask about.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) machine: InstanceId,
    pub(crate) vpc: VpcId,
    pub(crate) task: TaskId,
}

impl Subject {
    /// Makes one call of this action.
    pub(crate) async fn ask(&self, action: Action, about: &Topic) -> Result<Said, Kind> {
        match action {
            Action::Attach => self.attach(&about.vpc, &about.machine).await.map(Said::Taken),
            Action::Detach => self.detach(&about.vpc, &about.machine).await.map(Said::Taken),
            Action::ListLinks => self.links_to(&about.vpc).await.map(Said::Links),
            Action::ListMachines => self.machines(&BTreeSet::from([about.machine.clone()])).await.map(Said::Machines),
            Action::ReadVpc => self.vpc(&about.vpc).await.map(Said::Vpc),
            Action::ReadTask => self.task(&about.task).await.map(Said::Task),
            Action::ReadQuota => self.quota().await.map(Said::Quota),
        }
    }
}

/// The answer, or of the error what the contract is about.
fn told<T: Debug>(answer: Result<T, CloudError>) -> Result<T, Kind> {
    assert!(!format!("{answer:?}").contains(CANARY), "{answer:?}");
    answer.inspect_err(has_no_secret).map_err(|error| error.kind)
}

fn has_no_secret(error: &CloudError) {
    let texts = format!("{error} {error:?}");
    assert!(!texts.contains(CANARY), "{texts}");
    assert!(error.message.chars().count() <= 256 && !error.message.contains('\n'), "{texts}");
}
