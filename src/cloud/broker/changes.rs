//! Changes: admitted when the budget allows, sent once, answered item by item.
//!
//! A batch is admitted as a whole. Its members are woken, write their intents and hand them over; it leaves when each
//! was handed over or given up, at most [`crate::link::Tempo::handover`] later. What comes back is never sent again
//! from here: it becomes the answer of each member, and the decision says what to do.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;

use super::{Inner, requests::Batch};
use crate::{
    api::Operation,
    clock,
    cloud::{Action, CloudError, Kind, Taken},
    link::{Answer, Attempt, Denial, InstanceId, Lane},
};

/// Admits one batch after the other.
pub(super) async fn admit(inner: Arc<Inner>, operation: Operation) {
    let action = match operation {
        Operation::Attach => Action::Attach,
        Operation::Detach => Action::Detach,
    };
    loop {
        let urgent = inner.state().waiting(operation).map(|(_, request)| request.change.lane).min();
        let Some(lane) = urgent else {
            inner.changes(operation).notified().await;
            continue;
        };
        inner.place(operation, action, lane).await;
    }
}

impl Inner {
    async fn place(self: &Arc<Self>, operation: Operation, action: Action, lane: Lane) {
        let _permit = self.pace.permit(action, lane).await;
        let admitted = self.state().admit(operation, self.max_batch);
        let Some((id, owners)) = admitted else { return };
        let inner = Arc::clone(self);
        self.tasks.spawn(async move { inner.depart(id).await });
        self.tell(owners);
    }

    /// Waits for the intents, and sends those that were written.
    async fn depart(&self, id: u64) {
        let deadline = clock::instant() + self.tempo.handover();
        while self.waits_for_intents(id) {
            let Some(ready) = self.state().batches.get(&id).map(|batch| Arc::clone(&batch.ready)) else { return };
            if tokio::time::timeout_at(deadline, ready.notified()).await.is_err() {
                break;
            }
        }
        let Some(batch) = self.state().batches.remove(&id) else { return };
        let left_behind = batch.members.iter().filter(|(_, stamp)| stamp.is_none()).map(|(instance, _)| instance);
        for instance in left_behind {
            if let Some(entry) = self.state().machines.get_mut(instance)
                && let Some(request) = entry.request.as_mut().filter(|request| request.batch == Some(id))
            {
                // It waits for the next batch.
                request.batch = None;
                self.changes(batch.operation).notify_one();
            }
        }
        self.send(batch).await;
    }

    fn waits_for_intents(&self, id: u64) -> bool {
        self.state().batches.get(&id).is_some_and(|batch| batch.members.values().any(Option::is_none))
    }

    async fn send(&self, batch: Batch) {
        let Batch { operation, vpc, members, .. } = batch;
        let stamps = members.into_iter().filter_map(|(instance, stamp)| Some((instance, stamp?)));
        let now = clock::now();
        let (late, members): (HashMap<_, _>, HashMap<_, _>) = stamps.partition(|(_, stamp)| self.is_late(*stamp, now));
        self.answer(late, |_| Answer::NotSent);
        // Keys that came after the intent and may be another account's send nothing.
        if !self.census().whose.is_settled() {
            self.answer(members, |_| Answer::NotSent);
            return;
        }
        if members.is_empty() {
            return;
        }
        // An intent that was written is sent even while the process stops: left unsent, it would keep its machine
        // waiting for the whole settling time.
        let mut instances: Vec<InstanceId> = members.keys().cloned().collect();
        instances.sort();
        let result = match operation {
            Operation::Attach => self.provider.attach(&vpc, &instances).await,
            Operation::Detach => self.provider.detach(&vpc, &instances).await,
        };
        tracing::info!(?operation, %vpc, instances = instances.len(), failed = result.is_err(), "change sent");
        if let Err(error) = &result {
            tracing::warn!(
                action = error.action,
                code = error.code,
                kind = error.kind.label(),
                request_id = error.request_id,
                "change failed: {error}"
            );
        }
        let at = clock::now();
        self.answer(members, |batch| answer_of(&result, operation, at, batch));
    }

    /// A change that has not left this long after its intent never leaves: the next leader counts on it.
    fn is_late(&self, stamp: Timestamp, now: Timestamp) -> bool {
        stamp.checked_add(self.tempo.departure()).is_ok_and(|latest| now > latest)
    }

    /// Gives each member its answer.
    fn answer(&self, members: HashMap<InstanceId, Timestamp>, answer: impl Fn(usize) -> Answer) {
        let count = members.len();
        let now = clock::now();
        let mut owners = Vec::new();
        for (instance, started_at) in members {
            let mut state = self.state();
            let Some(entry) = state.machines.get_mut(&instance) else { continue };
            let answer = answer(count);
            if answer != Answer::NotSent {
                entry.trail.stale(now);
            }
            entry.attempt = Some(Attempt { started_at, answer: Some(answer), progress: None });
            owners.push(entry.owner.clone());
        }
        self.tell(owners);
    }
}

/// What the answer to a call means for each of its items.
fn answer_of(result: &Result<Taken, CloudError>, operation: Operation, at: Timestamp, batch: usize) -> Answer {
    let error = match result {
        Ok(Taken::Task(id)) => return Answer::Taken { task: Some(id.clone()), at, batch },
        Ok(Taken::Done) => return Answer::Taken { task: None, at, batch },
        Err(error) => error,
    };
    if batch > 1 && error.kind.splits_batch() {
        return Answer::Split { at, batch };
    }
    if error.kind.may_have_happened() {
        return Answer::Unclear { at };
    }
    if error.kind == Kind::AlreadyGone && operation == Operation::Detach {
        // To be confirmed by reading, like any detach that was taken on.
        return Answer::Taken { task: None, at, batch };
    }
    let locked = error.kind == Kind::Locked;
    Answer::Refused(Denial { reason: error.kind.reason(), message: said(error), beat: error.kind.beat(), locked })
}

/// The cloud's words for a condition: code and text, without what differs in each call.
fn said(error: &CloudError) -> String {
    match (error.code.is_empty(), error.message.is_empty()) {
        (true, _) => error.message.clone(),
        (false, true) => error.code.clone(),
        (false, false) => format!("{}: {}", error.code, error.message),
    }
}
