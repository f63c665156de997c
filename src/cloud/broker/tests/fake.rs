//! A cloud in memory: answers at once, as scripted, and counts what it is asked.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::super::{Broker, Known, Owner, Wake};
use crate::{
    api::Operation,
    cloud::{CloudError, Kind, Lane, LinkList, LinkScope, MachineList, Nature, Provider, Taken, pace::Pace},
    link::{
        Change, InstanceId, LinkRow, Machine, MachineState, Need, Network, TaskId, TaskState, Tempo, Vpc, VpcId, Watch,
    },
};

/// What the cloud holds and what it was asked.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct World {
    pub(super) links: HashMap<InstanceId, LinkRow>,
    pub(super) incomplete: bool,
    pub(super) calls: BTreeMap<&'static str, u32>,
    pub(super) scopes: Vec<LinkScope>,
    /// Each change that arrived: what, and how many machines it named.
    pub(super) changes: Vec<(Operation, usize)>,
    pub(super) refuse: Option<Kind>,
    pub(super) running: bool,
    /// Why no question about a task is answered.
    pub(super) mute: Option<Kind>,
    /// No task is known.
    pub(super) unknown: bool,
    /// No list holds every link: they are asked for machine by machine.
    pub(super) by_machine: bool,
    /// For whom the links were asked, machine by machine.
    pub(super) asked_for: Vec<BTreeSet<InstanceId>>,
    /// Which links, at which addresses, were asked for.
    pub(super) asked_at: Vec<(VpcId, BTreeSet<IpAddr>)>,
    /// No link is at an address that its machine has.
    pub(super) elsewhere: bool,
    /// The addresses of every machine; none: it has one.
    pub(super) addresses: Vec<IpAddr>,
    /// Why no list is answered.
    pub(super) blind: Option<Kind>,
    /// The VPC's range is a reason for this.
    pub(super) caution: Option<&'static str>,
}

#[derive(Clone, Default)]
pub(super) struct Fake(Arc<Mutex<World>>);

impl Fake {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    pub(super) fn asked(&self, call: &'static str) -> u32 {
        self.world().calls.get(call).copied().unwrap_or_default()
    }

    fn count(&self, call: &'static str) {
        *self.world().calls.entry(call).or_default() += 1;
    }

    fn change(&self, operation: Operation, count: usize) -> Result<Taken, CloudError> {
        let mut world = self.world();
        world.changes.push((operation, count));
        match world.refuse {
            Some(kind) => Err(error(kind)),
            None => Ok(Taken::Task(TaskId(format!("{}", world.changes.len())))),
        }
    }
}

pub(super) fn error(kind: Kind) -> CloudError {
    CloudError { kind, action: "Attach", code: "Code".into(), message: "text".into(), request_id: None }
}

#[async_trait]
impl Provider for Fake {
    fn nature(&self) -> Nature {
        let world = self.world();
        Nature {
            links_die_with_address: !world.by_machine,
            max_batch: 100,
            lists_all_links: !world.by_machine,
            has_cautions: world.by_machine,
        }
    }

    async fn links(&self, scope: &LinkScope, _: Lane) -> Result<LinkList, CloudError> {
        self.count("links");
        let mut world = self.world();
        world.scopes.push(scope.clone());
        let complete = !world.incomplete || *scope != LinkScope::All;
        Ok(LinkList { rows: world.links.clone(), complete })
    }

    async fn links_of(&self, ids: &BTreeSet<InstanceId>, lane: Lane) -> Result<LinkList, CloudError> {
        if !self.world().by_machine {
            return self.links(&LinkScope::All, lane).await;
        }
        let mut world = self.world();
        world.asked_for.push(ids.clone());
        if let Some(kind) = world.blind {
            return Err(error(kind));
        }
        let rows = world.links.iter().filter(|(id, _)| ids.contains(*id));
        Ok(LinkList { rows: rows.map(|(id, row)| (id.clone(), row.clone())).collect(), complete: !world.incomplete })
    }

    async fn links_at(
        &self,
        vpc: &VpcId,
        addresses: &BTreeSet<IpAddr>,
        _: Lane,
    ) -> Result<Option<LinkList>, CloudError> {
        self.count("links_at");
        let mut world = self.world();
        world.asked_at.push((vpc.clone(), addresses.clone()));
        if let Some(kind) = world.blind {
            return Err(error(kind));
        }
        let rows = if world.elsewhere { HashMap::new() } else { world.links.clone() };
        Ok(Some(LinkList { rows, complete: !world.incomplete }))
    }

    fn caution(&self, _: &Vpc) -> Option<&'static str> {
        self.world().caution
    }

    async fn machines(&self, ids: &BTreeSet<InstanceId>, _: Lane) -> Result<MachineList, CloudError> {
        self.count("machines");
        let mut addresses = self.world().addresses.clone();
        if addresses.is_empty() {
            addresses.push("10.0.0.1".parse().unwrap());
        }
        let machine = Machine { addresses, network: Network::Classic, state: MachineState::Linkable, lock: None };
        Ok(MachineList { found: ids.iter().map(|id| (id.clone(), machine.clone())).collect(), unknown: HashMap::new() })
    }

    async fn vpc(&self, _: &VpcId, _: Lane) -> Result<Option<Vpc>, CloudError> {
        self.count("vpc");
        Ok(Some(Vpc { cidr_allowed: Some(true), cidr: "10.0.0.0/16".into(), classic_link_enabled: true }))
    }

    async fn attach(&self, _: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        self.change(Operation::Attach, instances.len())
    }

    async fn detach(&self, _: &VpcId, instances: &[InstanceId]) -> Result<Taken, CloudError> {
        self.change(Operation::Detach, instances.len())
    }

    async fn task(&self, _: &TaskId) -> Result<TaskState, CloudError> {
        self.count("task");
        let world = self.world();
        if let Some(kind) = world.mute {
            return Err(error(kind));
        }
        Ok(match (world.unknown, world.running) {
            (true, _) => TaskState::Unknown,
            (false, true) => TaskState::Running,
            (false, false) => TaskState::Succeeded,
        })
    }
}

/// A broker over a fake cloud, with the objects that it wakes.
pub(super) struct Bench {
    pub(super) fake: Fake,
    pub(super) broker: Broker,
    pub(super) woken: UnboundedReceiver<Owner>,
    _stop: tokio_util::sync::DropGuard,
}

impl Bench {
    pub(super) fn new(calls_per_second: u32, max_batch: usize) -> Self {
        let fake = Fake::default();
        let (objects, woken) = mpsc::unbounded_channel();
        let (account, _) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let tempo = Tempo::new(1.0, Duration::from_mins(1));
        let broker = Broker::start(
            Arc::new(fake.clone()),
            Pace::new(calls_per_second),
            tempo,
            max_batch,
            Wake { objects, account, name: "account".into(), census: Arc::default() },
            (stop.clone(), TaskTracker::new()),
        );
        Self { fake, broker, woken, _stop: stop.drop_guard() }
    }

    /// Lets the broker look at a machine once, and forgets the wakes of that.
    pub(super) async fn watch(&mut self, number: usize) -> (InstanceId, Owner) {
        let (instance, owner) = (instance(number), owner(number));
        drop(self.broker.observe(&instance, &owner, &Known::default()));
        self.broker.attend(&instance, &owner, watching(Some(Need { after: jiff::Timestamp::MIN, vpc: None })));
        self.until(&owner).await;
        drop(self.broker.observe(&instance, &owner, &Known::default()));
        self.broker.attend(&instance, &owner, watching(None));
        (instance, owner)
    }

    /// Waits until this object is woken, within an hour of paused time.
    pub(super) async fn until(&mut self, owner: &Owner) {
        let woken = async { while self.woken.recv().await.as_ref() != Some(owner) {} };
        tokio::time::timeout(Duration::from_hours(1), woken).await.expect("it is woken");
    }

    /// Those that were woken and not yet heard.
    pub(super) fn heard(&mut self) -> Vec<Owner> {
        std::iter::from_fn(|| self.woken.try_recv().ok()).collect()
    }
}

pub(super) fn instance(number: usize) -> InstanceId {
    InstanceId::new(&format!("ins-test{number:04}")).unwrap()
}

pub(super) fn vpc() -> VpcId {
    VpcId::new("vpc-test0001").unwrap()
}

pub(super) fn owner(number: usize) -> Owner {
    Owner { namespace: "default".into(), name: format!("link-{number}"), uid: format!("uid-{number}") }
}

pub(super) fn watching(need: Option<Need>) -> Watch {
    Watch {
        lane: Lane::NewLink,
        vpc: None,
        follow: None,
        need,
        attempt: None,
        recorded: false,
        place: Some(vpc()),
        verify: false,
    }
}

pub(super) fn attach(most: Option<usize>) -> Change {
    Change { operation: Operation::Attach, vpc: vpc(), lane: Lane::NewLink, most, unclear_since: None }
}
