//! The adversary: what it can do, and what it still may.

use classiclink::api::Reason;

use super::{
    operator::Build,
    steps::{end, see_machine},
    world::{Broken, By, Call, Life, Memory, Net, Reply, Row, State},
};

/// What the adversary can do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Foe {
    Crash,
    Delete,
    Edit,
    Retain,
    ForeignAttach(Net),
    ForeignDetach,
    ChangeAddress,
    ReturnMachine,
    /// The object was written meanwhile.
    Conflict,
    /// The call is refused for its quota.
    Refuse(usize),
    /// One of several is refused; `true` if this one was carried out before.
    Split(usize, bool),
    /// The answer is lost.
    Mute(usize),
    /// The call is lost on the way, and nobody knows.
    Drop(usize),
    /// The task fails.
    Fail(usize),
    /// The cloud does not know the task, yet or any more.
    Forget,
    /// A look fails.
    BadLook,
    /// A list that is said to be complete lacks the link. Not while a change is under way, and not twice: a list that lies
    /// at the same time as a call is lost, or again a sweep later, can be told from the truth by nobody.
    EmptyList,
}

impl Build {
    pub fn foe(&self, state: &State, foe: Foe) -> Option<State> {
        let mut next = state.clone();
        let (lag, now) = (state.rules.lag, state.now);
        next.budget.all -= 1;
        match foe {
            Foe::Crash => crash(&mut next),
            Foe::Delete => delete(&mut next)?,
            Foe::Edit => {
                next.budget.edit -= 1;
                let object = next.object.as_mut()?;
                object.want = object.want.other();
                object.generation += 1;
            }
            Foe::Retain => {
                next.budget.retain -= 1;
                let object = next.object.as_mut()?;
                object.retain = !object.retain;
                object.generation += 1;
            }
            Foe::ForeignAttach(to) => {
                next.budget.foreign -= 1;
                let known = state.object.as_ref().is_some_and(|object| object.record.knows(to));
                let by = if known { By::Either } else { By::Them };
                next.cloud.becomes(Some(Row { net: to, ip: state.cloud.ip, by }), lag, now);
            }
            Foe::ForeignDetach => {
                next.budget.foreign -= 1;
                next.cloud.becomes(None, lag, now);
            }
            Foe::ChangeAddress => {
                next.budget.address -= 1;
                next.cloud.ip = 3 - next.cloud.ip;
            }
            Foe::ReturnMachine => depart(&mut next),
            Foe::Conflict => {
                next.budget.conflict -= 1;
                let budget = next.budget;
                next = self.reconcile(&next, true)?;
                next.budget = budget;
            }
            Foe::Refuse(_)
            | Foe::Split(..)
            | Foe::Mute(_)
            | Foe::Drop(_)
            | Foe::Fail(_)
            | Foe::Forget
            | Foe::BadLook
            | Foe::EmptyList => self.fault(&mut next, foe)?,
        }
        Some(next)
    }

    fn fault(&self, next: &mut State, foe: Foe) -> Option<()> {
        let (lag, now) = (next.rules.lag, next.now);
        if foe == Foe::EmptyList {
            next.budget.glitch -= 1;
        } else {
            next.budget.fault -= 1;
        }
        match foe {
            Foe::Refuse(index) => next.cloud.calls[index].reply = Some(Reply::Refused(Reason::QuotaExceeded)),
            Foe::Split(index, done) => {
                let Call { operation, net, .. } = next.cloud.calls[index];
                if done {
                    next.cloud.apply(operation, net, lag, now);
                }
                next.cloud.calls[index].reply = Some(Reply::Split);
            }
            Foe::Mute(index) => mute(next, index),
            Foe::Drop(index) => {
                mute(next, index);
                next.cloud.calls.remove(index);
            }
            Foe::Fail(index) => end(next, index, false),
            Foe::Forget => {
                *next = self.poll(next, true)?;
                next.cloud.jobs.iter_mut().for_each(|job| job.unknown = true);
            }
            Foe::BadLook => {
                next.memory.trouble.get_or_insert(now);
            }
            Foe::EmptyList => {
                see_machine(next);
                next.saw_link(None);
            }
            Foe::Crash
            | Foe::Delete
            | Foe::Edit
            | Foe::Retain
            | Foe::ForeignAttach(_)
            | Foe::ForeignDetach
            | Foe::ChangeAddress
            | Foe::ReturnMachine
            | Foe::Conflict => return None,
        }
        Some(())
    }
}

pub fn foes(state: &State) -> Vec<Foe> {
    let (budget, cloud) = (state.budget, &state.cloud);
    let Some(object) = state.object.as_ref().filter(|_| budget.all > 0) else { return Vec::new() };
    let mut foes = Vec::new();
    let mut may = |left: u8, when: bool, foe: Foe| {
        if left > 0 && when {
            foes.push(foe);
        }
    };
    may(budget.crash, state.memory != Memory::default(), Foe::Crash);
    may(budget.delete, !object.terminating, Foe::Delete);
    may(budget.edit, !object.terminating, Foe::Edit);
    may(budget.retain, true, Foe::Retain);
    let free = cloud.link.is_none() && cloud.life == Life::Here;
    may(budget.foreign, free, Foe::ForeignAttach(Net::A));
    may(budget.foreign, free, Foe::ForeignAttach(Net::B));
    may(budget.foreign, cloud.link.is_some(), Foe::ForeignDetach);
    may(budget.address, cloud.life == Life::Here, Foe::ChangeAddress);
    may(budget.depart, cloud.life == Life::Here, Foe::ReturnMachine);
    may(1, cloud.life == Life::Returning, Foe::ReturnMachine);
    may(budget.conflict, state.memory.attempt.is_some_and(|attempt| attempt.answer.is_some()), Foe::Conflict);
    for (index, call) in cloud.calls.iter().enumerate() {
        let flying = call.reply.is_none();
        let heard = !call.deaf;
        let company = state.memory.attempt.is_some_and(|attempt| attempt.batch > 1) && heard;
        may(budget.fault, flying, Foe::Refuse(index));
        may(budget.fault, flying && company, Foe::Split(index, false));
        may(budget.fault, flying && company, Foe::Split(index, true));
        may(budget.fault, heard, Foe::Mute(index));
        may(budget.fault, heard && flying, Foe::Drop(index));
    }
    for (index, job) in cloud.jobs.iter().enumerate() {
        may(budget.fault, job.ended.is_none(), Foe::Fail(index));
    }
    may(budget.fault, object.record.task.is_some(), Foe::Forget);
    may(budget.fault, state.memory.trouble.is_none(), Foe::BadLook);
    let lied = state.memory.links.last().is_some_and(|last| last.1.is_none());
    may(budget.glitch, cloud.link.is_some() && object.record.task.is_none() && !lied, Foe::EmptyList);
    foes
}

fn crash(next: &mut State) {
    next.budget.crash -= 1;
    next.memory = Memory::default();
    next.cloud.calls.iter_mut().for_each(|call| call.deaf = true);
    let told = next.object.as_ref().and_then(|object| object.record.task).and_then(|task| task.id);
    next.cloud.jobs.iter_mut().filter(|job| told != Some(job.id)).for_each(|job| job.unknown = true);
}

fn delete(next: &mut State) -> Option<()> {
    next.budget.delete -= 1;
    let object = next.object.as_mut()?;
    object.terminating = true;
    object.generation += 1;
    if !object.finalizer {
        if next.memory.handed || next.cloud.busy() || next.cloud.link.is_some_and(|row| row.by == By::Us) {
            next.breaks(Broken::Orphan);
        }
        next.object = None;
    }
    Some(())
}

fn depart(next: &mut State) {
    let (lag, now) = (next.rules.lag, next.now);
    if next.cloud.life == Life::Here {
        next.budget.depart -= 1;
        next.cloud.life = Life::Returning;
        if next.rules.bin_unlinks {
            next.cloud.becomes(None, lag, now);
        }
    } else {
        next.budget.all += 1;
        next.cloud.life = Life::Gone;
        next.cloud.becomes(None, lag, now);
    }
}

/// The answer of a call is lost; what it does, it does.
fn mute(next: &mut State, index: usize) {
    next.cloud.calls[index].deaf = true;
    if let Some(Reply::Taken(Some(id))) = next.cloud.calls[index].reply {
        next.cloud.jobs.iter_mut().filter(|job| job.id == id).for_each(|job| job.unknown = true);
    }
    if let Some(attempt) = &mut next.memory.attempt {
        attempt.answer = Some((Reply::Unclear, next.now));
        next.outdated();
    }
}
