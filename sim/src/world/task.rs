//! Tasks: writes on their way to an effect.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Serialize;

use super::{InstanceId, Order, Place};
use crate::clock::Millis;

/// How many ended tasks are remembered.
const KEEP_ENDED: usize = 10_000;

/// How many overlaps are remembered one by one.
const KEEP_OVERLAPS: usize = 100;

/// The first id; the documents only show that ids are integers (245/2098).
const FIRST_ID: u64 = 135_254;

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// Makes links.
    Attach,
    /// Removes links.
    Detach,
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not due yet.
    Running,
    /// It took effect.
    Succeeded,
    /// It did not, or only for some of its machines.
    Failed(String),
}

/// A write on its way.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its id; increasing.
    pub id: u64,
    /// What was ordered.
    pub order: Order,
    /// When it was accepted.
    pub started_at: Millis,
    /// When it takes effect.
    pub due_at: Millis,
    /// When it did.
    pub ended_at: Option<Millis>,
    /// How far it is.
    pub outcome: Outcome,
    /// A failure that was arranged.
    pub(super) arranged_failure: Option<String>,
}

/// A write that arrived for a machine while a task of the same account ran for it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overlap {
    /// When it arrived.
    pub at: Millis,
    /// Whose machine.
    pub account: String,
    /// Which machine.
    pub instance_id: InstanceId,
    /// What the write wanted.
    pub operation: Operation,
    /// The task that was running.
    pub task_id: u64,
}

/// Running tasks and the last that ended.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    rows: BTreeMap<u64, Task>,
    running_for: HashMap<InstanceId, Vec<u64>>,
    of_request: HashMap<String, u64>,
    ended: VecDeque<u64>,
    made: u64,
    overlaps: VecDeque<Overlap>,
    overlap_counts: BTreeMap<String, u64>,
}

impl Tasks {
    pub(super) fn all(&self) -> impl Iterator<Item = &Task> {
        self.rows.values()
    }

    pub(super) fn of(&self, id: u64) -> Option<&Task> {
        self.rows.get(&id)
    }

    pub(super) fn of_request(&self, request_id: &str) -> Option<u64> {
        self.of_request.get(request_id).copied()
    }

    pub(super) fn is_running_for(&self, machine: &InstanceId) -> bool {
        self.running_for.contains_key(machine)
    }

    pub(super) fn start(&mut self, order: Order, failure: Option<String>, started_at: Millis, due_at: Millis) -> u64 {
        let id = FIRST_ID + self.made;
        self.made += 1;
        for machine in &order.machines {
            self.running_for.entry(machine.clone()).or_default().push(id);
        }
        if let Some(request_id) = &order.request_id {
            self.of_request.insert(request_id.clone(), id);
        }
        let outcome = Outcome::Running;
        self.rows
            .insert(id, Task { id, order, started_at, due_at, ended_at: None, outcome, arranged_failure: failure });
        id
    }

    pub(super) fn end(&mut self, id: u64, outcome: Outcome, at: Millis) {
        let Some(task) = self.rows.get_mut(&id) else { return };
        task.outcome = outcome;
        task.ended_at = Some(at);
        for machine in &task.order.machines {
            release(&mut self.running_for, machine, id);
        }
        self.ended.push_back(id);
        if self.ended.len() > KEEP_ENDED
            && let Some(oldest) = self.ended.pop_front()
        {
            let request_id = self.rows.remove(&oldest).and_then(|task| task.order.request_id);
            request_id.and_then(|request_id| self.of_request.remove(&request_id));
        }
    }

    pub(super) fn overlap_counts(&self) -> &BTreeMap<String, u64> {
        &self.overlap_counts
    }

    pub(super) fn last_overlaps(&self) -> impl Iterator<Item = &Overlap> {
        self.overlaps.iter()
    }

    pub(super) fn note_overlaps(&mut self, place: &Place, operation: Operation, machines: &[InstanceId], at: Millis) {
        for machine in machines {
            let Some(task_id) = self.task_in_the_way(place, machine) else { continue };
            *self.overlap_counts.entry(place.account.clone()).or_default() += 1;
            self.overlaps.push_back(Overlap {
                at,
                account: place.account.clone(),
                instance_id: machine.clone(),
                operation,
                task_id,
            });
        }
        while self.overlaps.len() > KEEP_OVERLAPS {
            self.overlaps.pop_front();
        }
    }

    fn task_in_the_way(&self, place: &Place, machine: &InstanceId) -> Option<u64> {
        let is_own = |id: &&u64| self.rows.get(id).is_some_and(|task| task.order.place.account == place.account);
        self.running_for.get(machine)?.iter().find(is_own).copied()
    }
}

fn release(running_for: &mut HashMap<InstanceId, Vec<u64>>, machine: &InstanceId, id: u64) {
    if let Some(ids) = running_for.get_mut(machine) {
        ids.retain(|other| *other != id);
        if ids.is_empty() {
            running_for.remove(machine);
        }
    }
}
