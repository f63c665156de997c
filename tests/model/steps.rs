//! What can happen next, and what the adversary can do.

use classiclink::api::{Operation, Reason};

use super::{
    foe::{Foe, foes},
    operator::Build,
    world::{Broken, By, Call, FLIGHT, Job, Life, Memory, Reply, State, Status, Tick, Try, WORK, Word},
};

/// One step.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Act {
    /// The operator decides and does the first thing that follows.
    Reconcile,
    /// What was handed over leaves.
    Send,
    /// The cloud carries a call out.
    Execute(usize),
    /// The answer arrives.
    Deliver(usize),
    /// A task ends well, or as it must.
    End(usize),
    /// The operator asks about its task.
    Poll,
    /// The operator looks; the list shows its oldest view but so many.
    Look(usize),
    Tick,
    /// The adversary acts.
    Foe(Foe),
}

impl Build {
    /// Every step from here.
    pub fn steps(&self, state: &State) -> Vec<Act> {
        let cloud = &state.cloud;
        let mut acts = Vec::new();
        if state.object.is_some() {
            acts.push(Act::Reconcile);
            if may_look(state) {
                acts.extend((0..=cloud.past.len()).map(Act::Look));
            }
            if self.followed(state).is_some() {
                acts.push(Act::Poll);
            }
        }
        if state.memory.handed {
            acts.push(Act::Send);
        }
        for (index, call) in cloud.calls.iter().enumerate() {
            acts.push(if call.reply.is_none() { Act::Execute(index) } else { Act::Deliver(index) });
        }
        let running = cloud.jobs.iter().enumerate().filter(|(_, job)| job.ended.is_none());
        acts.extend(running.map(|(index, _)| Act::End(index)));
        if may_tick(state) && (self.patient(state) || (state.budget.all > 0 && state.budget.delay > 0)) {
            acts.push(Act::Tick);
        }
        acts.extend(foes(state).into_iter().map(Act::Foe));
        acts
    }

    /// The state after a step, unless it changes nothing.
    pub fn step(&self, state: &State, act: Act) -> Option<State> {
        let next = match act {
            Act::Reconcile => self.reconcile(state, false)?,
            Act::Foe(foe) => self.foe(state, foe)?,
            Act::Poll => self.poll(state, false)?,
            Act::Send | Act::Execute(_) | Act::Deliver(_) | Act::End(_) | Act::Look(_) | Act::Tick => {
                let mut next = state.clone();
                match act {
                    Act::Send => self.send(&mut next),
                    Act::Execute(index) => execute(&mut next, index),
                    Act::Deliver(index) => deliver(&mut next, index),
                    Act::End(index) => end(&mut next, index, true),
                    Act::Look(view) => look(&mut next, view),
                    Act::Reconcile | Act::Foe(_) | Act::Poll | Act::Tick => {
                        next.now += 1;
                        if !self.patient(state) {
                            next.budget.all = next.budget.all.saturating_sub(1);
                            next.budget.delay = next.budget.delay.saturating_sub(1);
                        }
                    }
                }
                next
            }
        };
        let mut next = next.settled();
        knows_its_own(&mut next);
        (next != *state).then_some(next)
    }

    /// Whether nothing is kept waiting when time passes: else it is the adversary who delays. What nobody waits for any
    /// more, because of a crash, takes its time for nothing.
    fn patient(&self, state: &State) -> bool {
        let waits = state.memory.handed || state.cloud.calls.iter().any(|call| !call.deaf);
        if waits || self.step(state, Act::Reconcile).is_some() {
            return false;
        }
        let memory = &state.memory;
        let sees = memory.links.last().is_some_and(|last| last.0 == state.now) || memory.trouble.is_some();
        let asks = self.followed(state).is_none() || self.step(state, Act::Poll).is_none();
        state.object.is_none() || *memory == Memory::default() || (sees && asks)
    }

    /// The task that the decision follows.
    fn followed(&self, state: &State) -> Option<u8> {
        let written = state.object.as_ref()?.record.task?;
        let told = state.memory.attempt.filter(|attempt| attempt.started == written.started);
        let told = told.and_then(|attempt| attempt.answer);
        let told = if let Some((Reply::Taken(id), _)) = told { id } else { None };
        written.id.or(told)?;
        let watch = self.case(state)?.decision.watch;
        watch.follow.and_then(|(id, _)| id.0.parse().ok())
    }

    pub fn poll(&self, state: &State, forgotten: bool) -> Option<State> {
        let id = self.followed(state)?;
        let started = state.object.as_ref()?.record.task?.started;
        let job = state.cloud.jobs.iter().find(|job| job.id == id).filter(|_| !forgotten);
        let word = match job.map(|job| job.ended) {
            Some(None) => Word::Running,
            Some(Some(true)) => Word::Succeeded,
            Some(Some(false)) => Word::Failed,
            None => Word::Unknown,
        };
        let mut next = state.clone();
        let fresh = Try { started, answer: None, progress: None, batch: 0 };
        let attempt = next.memory.attempt.get_or_insert(fresh);
        // Since when it is unknown is what counts.
        let same = attempt.progress.is_some_and(|(old, _)| old == word && word == Word::Unknown);
        if !same {
            attempt.progress = Some((word, state.now));
        }
        Some(next)
    }
}

/// One look in a tick, and another where a change made it stale or is under way.
fn may_look(state: &State) -> bool {
    let memory = &state.memory;
    let last = memory.links.last().map(|last| last.0);
    let task = state.object.as_ref().is_some_and(|object| object.record.task.is_some());
    last < Some(state.now) || last < memory.stale || task || memory.trouble.is_some()
}

/// Nothing may take longer than it may.
fn may_tick(state: &State) -> bool {
    let late = |since: Tick, most: Tick| state.now - since >= most;
    let calls = state.cloud.calls.iter().all(|call| call.reply.is_some() || !late(call.left, FLIGHT));
    calls && state.cloud.jobs.iter().all(|job| job.ended.is_some() || !late(job.born, WORK))
}

fn execute(next: &mut State, index: usize) {
    let (lag, now, rules) = (next.rules.lag, next.now, next.rules);
    let Call { operation, net, .. } = next.cloud.calls[index];
    let can = next.cloud.can(operation, net, rules.again_refused);
    let gone = operation == Operation::Detach && !can;
    let reply = if rules.tasks && (can || rules.late) {
        let used = |id: u8| next.cloud.jobs.iter().any(|job| job.id == id);
        let named = next.object.as_ref().and_then(|object| object.record.task).and_then(|task| task.id);
        let id = (1..9).find(|id| !used(*id) && named != Some(*id)).unwrap_or(9);
        next.cloud.jobs.push(Job { id, operation, net, born: now, ended: None, unknown: next.cloud.calls[index].deaf });
        Reply::Taken(Some(id))
    } else if can || gone {
        next.cloud.apply(operation, net, lag, now);
        Reply::Taken(None)
    } else {
        Reply::Refused(Reason::InstanceBusy)
    };
    next.cloud.calls[index].reply = Some(reply);
}

fn deliver(next: &mut State, index: usize) {
    let call = next.cloud.calls.remove(index);
    if let (Some(attempt), Some(reply), false) = (&mut next.memory.attempt, call.reply, call.deaf) {
        attempt.answer = Some((reply, next.now));
        next.outdated();
    }
}

/// A task ends. What cannot be done by then fails.
pub fn end(next: &mut State, index: usize, well: bool) {
    let (lag, now, rules) = (next.rules.lag, next.now, next.rules);
    let Job { operation, net, .. } = next.cloud.jobs[index];
    let done = well && next.cloud.can(operation, net, rules.again_refused);
    if done {
        next.cloud.apply(operation, net, lag, now);
    }
    next.cloud.jobs[index].ended = Some(done);
}

fn look(next: &mut State, view: usize) {
    see_machine(next);
    // What was shown once is not unsaid.
    let row = next.cloud.past.get(view).map_or(next.cloud.link, |past| past.1);
    next.cloud.past.drain(..view.min(next.cloud.past.len()));
    let addresses = next.rules.addresses;
    next.saw_link(row.map(|row| (row.net, addresses.then_some(row.ip))));
}

pub fn see_machine(next: &mut State) {
    let life = next.cloud.life;
    let machine = (life != Life::Gone).then_some((next.cloud.ip, life == Life::Returning));
    next.saw_machine(machine);
    next.memory.trouble = None;
}

/// A link of ours is on record for as long as its object is there.
fn knows_its_own(next: &mut State) {
    let Some(object) = &next.object else { return };
    let ours = next.cloud.link.filter(|row| row.by == By::Us);
    let late = next.memory.unwritten.is_some();
    if ours.is_some_and(|row| !object.record.knows(row.net)) && !late {
        next.breaks(Broken::Lost);
    }
}

/// Whether the status says linked although the last look, good and younger than the last change, did not show it.
pub fn lies(next: &mut State) {
    let Some(object) = &next.object else { return };
    let memory = &next.memory;
    let Some((looked, row)) = memory.links.last() else { return };
    let listed = memory.machines.last().is_some_and(|machine| machine.1.is_some());
    let fresh = Some(*looked) >= memory.stale && memory.trouble.is_none() && listed;
    let shown = row.is_some_and(|(to, _)| to == object.want);
    if object.ready.0 == Status::True && fresh && !shown {
        next.breaks(Broken::Lie);
    }
}
