//! Requests for a place, and the batches that were admitted.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use tokio::sync::Notify;

use super::{Owner, Place, Ticket, state::State};
use crate::{
    api::Operation,
    clock,
    link::{Answer, Attempt, Change, InstanceId, Tempo, VpcId},
};

/// A change that an object asks a place for.
pub(super) struct Request {
    pub(super) change: Change,
    pub(super) since: Timestamp,
    pub(super) batch: Option<u64>,
}

/// A batch that was admitted and has not left.
pub(super) struct Batch {
    pub(super) operation: Operation,
    pub(super) vpc: VpcId,
    /// For each member, the stamp of its intent once that is written.
    pub(super) members: HashMap<InstanceId, Option<Timestamp>>,
    pub(super) ready: Arc<Notify>,
}

impl State {
    pub(super) fn ask(&mut self, instance: &InstanceId, owner: &Owner, change: &Change, now: Timestamp) -> Place {
        let Some(entry) = self.machines.get_mut(instance).filter(|entry| entry.owner == *owner) else {
            return Place::Waiting;
        };
        let same =
            |request: &&mut Request| request.change.operation == change.operation && request.change.vpc == change.vpc;
        // A change of a former owner may be on its way: its answer wakes whoever has the machine now.
        if entry.attempt.as_ref().is_some_and(|attempt| attempt.answer.is_none() && attempt.progress.is_none()) {
            return Place::Waiting;
        }
        if let Some(request) = entry.request.as_mut().filter(same) {
            request.change = change.clone();
            let admitted = request.batch.filter(|batch| self.batches.contains_key(batch));
            request.batch = admitted;
            return admitted
                .map_or(Place::Waiting, |batch| Place::Admitted(Ticket { batch, instance: instance.clone() }));
        }
        self.take_back(instance);
        if let Some(entry) = self.machines.get_mut(instance) {
            entry.request = Some(Request { change: change.clone(), since: now, batch: None });
        }
        Place::Waiting
    }

    pub(super) fn withdraw(&mut self, instance: &InstanceId, owner: &Owner) {
        if self.machines.get(instance).is_some_and(|entry| entry.owner == *owner) {
            self.take_back(instance);
        }
    }

    pub(super) fn take_back(&mut self, instance: &InstanceId) {
        let request = self.machines.get_mut(instance).and_then(|entry| entry.request.take());
        if let Some(batch) = request.and_then(|request| request.batch) {
            self.leave_out(batch, instance);
        }
    }

    /// Returns the owner if the batch left already: then nothing was sent.
    pub(super) fn hand_over(&mut self, ticket: &Ticket, started_at: Timestamp) -> Option<Owner> {
        let member = self.batches.get_mut(&ticket.batch).and_then(|batch| batch.members.get_mut(&ticket.instance));
        let late = member.is_none();
        if let Some(member) = member {
            *member = Some(started_at);
        }
        if let Some(entry) = self.machines.get_mut(&ticket.instance) {
            entry.request.take_if(|request| request.batch == Some(ticket.batch));
            // No earlier intent can be on record any more.
            entry.unsent.clear();
            let answer = late.then_some(Answer::NotSent);
            entry.attempt = Some(Attempt { started_at, answer, progress: None });
        }
        if let Some(batch) = self.batches.get(&ticket.batch) {
            batch.ready.notify_one();
        }
        self.machines.get(&ticket.instance).filter(|_| late).map(|entry| entry.owner.clone())
    }

    /// What is known of an earlier attempt stays: if the intent was not written, that one is still on record. So does what
    /// another object, which got the machine meanwhile, has asked for or handed over.
    pub(super) fn not_sent(&mut self, ticket: &Ticket, started_at: Timestamp, tempo: Tempo) -> Option<Owner> {
        let entry = self.machines.get_mut(&ticket.instance);
        let owner = entry.map(|entry| {
            entry.request.take_if(|request| request.batch == Some(ticket.batch));
            // Of one that is older than this, what is seen counts anyhow.
            let span = tempo.departure() + tempo.settling();
            entry.unsent.retain(|stamp| clock::until(*stamp, started_at) < span);
            entry.unsent.insert(started_at);
            entry.owner.clone()
        });
        if !self.is_handed_over(ticket) {
            self.leave_out(ticket.batch, &ticket.instance);
        }
        owner
    }

    pub(super) fn let_go(&mut self, instance: &InstanceId, owner: &Owner) {
        let Some(entry) = self.machines.get_mut(instance).filter(|entry| entry.owner == *owner) else { return };
        if let Some(watch) = &mut entry.watch {
            watch.need = None;
            watch.follow = None;
        }
        self.take_back(instance);
    }

    fn is_handed_over(&self, ticket: &Ticket) -> bool {
        self.batches
            .get(&ticket.batch)
            .is_some_and(|batch| matches!(batch.members.get(&ticket.instance), Some(Some(_))))
    }

    fn leave_out(&mut self, batch: u64, instance: &InstanceId) {
        if let Some(batch) = self.batches.get_mut(&batch) {
            batch.members.remove(instance);
            batch.ready.notify_one();
        }
    }

    /// Picks the members of the next batch: the most urgent request, and those that may travel with it.
    pub(super) fn admit(&mut self, operation: Operation, max_batch: usize) -> Option<(u64, Vec<Owner>)> {
        let mut waiting: Vec<(&InstanceId, &Request)> = self.waiting(operation).collect();
        waiting.sort_by_key(|(instance, request)| (request.change.lane, request.since, (*instance).clone()));
        let vpc = waiting.first()?.1.change.vpc.clone();
        let mut most = max_batch;
        let mut members = Vec::new();
        for (instance, request) in waiting.into_iter().filter(|(_, request)| request.change.vpc == vpc) {
            let allowed = most.min(request.change.most.unwrap_or(most));
            if members.len() < allowed {
                most = allowed;
                members.push(instance.clone());
            }
        }
        self.next_batch += 1;
        let id = self.next_batch;
        let owners = members.iter().filter_map(|member| self.admitted(member, id)).collect();
        let members = members.into_iter().map(|member| (member, None)).collect();
        self.batches.insert(id, Batch { operation, vpc, members, ready: Arc::default() });
        Some((id, owners))
    }

    fn admitted(&mut self, instance: &InstanceId, batch: u64) -> Option<Owner> {
        let entry = self.machines.get_mut(instance)?;
        entry.request.as_mut()?.batch = Some(batch);
        Some(entry.owner.clone())
    }

    /// Requests that wait for a place.
    pub(super) fn waiting(&self, operation: Operation) -> impl Iterator<Item = (&InstanceId, &Request)> {
        self.machines.iter().filter_map(move |(instance, entry)| {
            let request = entry.request.as_ref()?;
            (request.change.operation == operation && request.batch.is_none()).then_some((instance, request))
        })
    }
}
