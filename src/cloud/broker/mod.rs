//! The broker of one account and region: it looks, admits, sends and follows for every object at once.
//!
//! Objects ask and are told; none of the questions waits. [`Broker::observe`] answers from the last looks,
//! [`Broker::attend`] says what the broker shall do next, [`Broker::ask`] asks for a place in a batch. A few loops do the
//! work: `looks` (the looks that decisions need, and the sweep), `probes` (for which address a link was made), `changes`
//! (one for attaching, one for detaching) and `tasks`. When what an object was last told is no longer so, the object is
//! woken, and only then: at rest a sweep costs a few calls and wakes nobody.
//!
//! The broker never decides. It never sends a change again, and what it remembers may vanish at any time: all that has
//! to survive is in the statuses of the objects.

mod changes;
mod entry;
mod looks;
mod plan;
mod probes;
mod requests;
mod state;
mod tasks;
#[cfg(test)]
mod tests;
mod usage;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc::UnboundedSender};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Provider, pace::Pace};
use crate::{
    api::{Operation, RegionUse},
    clock,
    link::{
        Attempt, Census, Change, Guard, InstanceId, LinkSeen, MachineSeen, Notice, Remembered, Sighting, Tempo, VpcId,
        Watch,
    },
};
use state::State;

/// The object that watches a machine.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Owner {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID: an object that was made again is another owner.
    pub uid: String,
}

/// What an object knows of its machine before it asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Whether the record has the machine's address: it was seen once.
    pub recorded: bool,
    /// The address that the link was made for, as far as it is known.
    pub remembered: Remembered,
    /// The VPC that is wanted.
    pub vpc: Option<VpcId>,
    /// The stamp of the change on record.
    pub task: Option<Timestamp>,
}

/// Where a broker tells that something changed.
#[derive(Clone, Debug)]
pub struct Wake {
    /// Objects whose world changed.
    pub objects: UnboundedSender<Owner>,
    /// The account, by name, when the health of its looks changed.
    pub account: UnboundedSender<String>,
    /// The account's name.
    pub name: String,
    /// What is counted of the account, across its regions.
    pub census: Arc<Mutex<Census>>,
}

/// The answer to a request for a place.
#[derive(Debug)]
pub enum Place {
    /// Not yet; the object is woken when it has one.
    Waiting,
    /// Now: write the intent and hand it over, or give the place up.
    Admitted(Ticket),
}

/// A place in a batch that is about to leave.
#[derive(Debug)]
pub struct Ticket {
    batch: u64,
    instance: InstanceId,
}

/// The broker of one account and region.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    provider: Arc<dyn Provider>,
    pace: Pace,
    tempo: Tempo,
    max_batch: usize,
    wake: Wake,
    state: Mutex<State>,
    look: Notify,
    probe: Notify,
    change: [Notify; 2],
    follow: Notify,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Broker {
    /// Starts the loops. They end when `stop` is cancelled; calls that are under way are finished.
    #[must_use]
    pub fn start(
        provider: Arc<dyn Provider>,
        pace: Pace,
        tempo: Tempo,
        max_batch: usize,
        wake: Wake,
        (stop, tasks): (CancellationToken, TaskTracker),
    ) -> Self {
        let max_batch = max_batch.clamp(1, provider.nature().max_batch.max(1));
        let inner = Arc::new(Inner {
            provider,
            pace,
            tempo,
            max_batch,
            wake,
            state: Mutex::default(),
            look: Notify::new(),
            probe: Notify::new(),
            change: [Notify::new(), Notify::new()],
            follow: Notify::new(),
            stop,
            tasks,
        });
        inner.run(looks::needs);
        inner.run(looks::sweeps);
        inner.run(probes::probe);
        inner.run(tasks::follow);
        inner.run(|inner| changes::admit(inner, Operation::Attach));
        inner.run(|inner| changes::admit(inner, Operation::Detach));
        Self(inner)
    }

    /// What was seen of a machine, and what is known of the attempt under way. From now on `owner` is told when that
    /// changes.
    #[must_use]
    pub fn observe(&self, instance: &InstanceId, owner: &Owner, known: &Known) -> (Sighting, Option<Attempt>) {
        let nature = self.0.provider.nature();
        let (mut sighting, attempt) = self.0.state().observe(instance, owner, known, nature, self.0.tempo);
        sighting.guard = self.0.guard(&owner.uid, &sighting);
        (sighting, attempt)
    }

    /// Takes what the decision wants done until the next one.
    pub fn attend(&self, instance: &InstanceId, owner: &Owner, watch: Watch) {
        self.0.state().attend(instance, owner, watch);
        self.0.wonder(instance);
        self.0.look.notify_one();
        self.0.follow.notify_one();
    }

    /// Asks for a place in a batch. Asking again for the same change answers the same; another change takes its place.
    #[must_use]
    pub fn ask(&self, instance: &InstanceId, owner: &Owner, change: &Change) -> Place {
        let place = self.0.state().ask(instance, owner, change, clock::now());
        self.0.changes(change.operation).notify_one();
        place
    }

    /// This object wants no change any more. One that had the machine earlier has no say.
    pub fn withdraw(&self, instance: &InstanceId, owner: &Owner) {
        self.0.state().withdraw(instance, owner);
    }

    /// The intent was written, with this stamp: the change may leave.
    #[expect(clippy::needless_pass_by_value, reason = "a place is used once")]
    pub fn hand_over(&self, ticket: Ticket, started_at: Timestamp) {
        let late = self.0.state().hand_over(&ticket, started_at);
        // The batch left without it: nobody else would say so.
        self.0.tell(late);
    }

    /// The intent was written, or may have been, but the change must not leave: the place is given up, and whoever reads
    /// that intent hears that it was not sent. Returns whose machine it is by now.
    #[expect(clippy::needless_pass_by_value, reason = "a place is used once")]
    #[must_use]
    pub fn not_sent(&self, ticket: Ticket, started_at: Timestamp) -> Option<Owner> {
        self.0.state().not_sent(&ticket, started_at, self.0.tempo)
    }

    /// The object may not ask any more: its request is withdrawn, and nothing is looked at or followed for it.
    pub fn let_go(&self, instance: &InstanceId, owner: &Owner) {
        self.0.state().let_go(instance, owner);
    }

    /// Forgets a machine whose object went.
    pub fn forget(&self, instance: &InstanceId, uid: &str) {
        self.0.state().forget(instance, uid);
        let mut census = self.0.census();
        census.leave(uid);
        census.whose.forget(instance.as_str(), clock::now());
    }

    /// Looks at everything at once: the keys changed, or someone asked.
    pub fn look_again(&self) {
        self.0.state().look_again();
        self.0.look.notify_one();
    }

    /// What the account may tell of the region; `None` until something was seen.
    #[must_use]
    pub fn usage(&self) -> Option<RegionUse> {
        self.0.state().usage.told()
    }

    /// Why looks at the whole region fail, if they do.
    #[must_use]
    pub fn trouble(&self) -> Option<Notice> {
        self.0.state().health.clone()
    }
}

impl Inner {
    fn run<F, W>(self: &Arc<Self>, work: W)
    where
        F: Future<Output = ()> + Send + 'static,
        W: FnOnce(Arc<Self>) -> F,
    {
        let stop = self.stop.clone();
        let work = work(Arc::clone(self));
        self.tasks.spawn(async move { stop.run_until_cancelled_owned(work).await });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn census(&self) -> MutexGuard<'_, Census> {
        self.wake.census.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why what is seen of this object is not believed, if so.
    fn guard(&self, uid: &str, sighting: &Sighting) -> Option<Notice> {
        let guard = if sighting.machine == MachineSeen::Gone {
            Guard::Return
        } else if matches!(sighting.link, LinkSeen::Dead(_)) {
            Guard::Relink
        } else {
            return None;
        };
        self.census().holds(guard, uid, &self.wake.name, self.tempo, clock::now())
    }

    fn changes(&self, operation: Operation) -> &Notify {
        match operation {
            Operation::Attach => &self.change[0],
            Operation::Detach => &self.change[1],
        }
    }

    fn tell(&self, owners: impl IntoIterator<Item = Owner>) {
        for owner in owners {
            // Nobody listens any more when the process ends.
            let _ = self.wake.objects.send(owner);
        }
    }
}
