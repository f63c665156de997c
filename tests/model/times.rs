//! Looks and times of a state, kept so that the states are finitely many: what makes no difference is dropped, and times
//! are brought together.

use super::world::{Broken, Budget, Call, Memory, Net, Reply, State, Tick};

/// A gap longer than every interval.
const LONG: Tick = 6;
/// The present, after the times were made comparable.
const PRESENT: Tick = 100;

impl Budget {
    /// What cannot be spent any more is gone.
    fn spend(&mut self) {
        let all = self.all;
        let Self { all: _, crash, delete, edit, retain, foreign, address, depart, fault, conflict, glitch, delay } =
            self;
        for part in [crash, delete, edit, retain, foreign, address, depart, fault, conflict, glitch, delay] {
            *part = (*part).min(all);
        }
    }
}

impl State {
    pub fn breaks(&mut self, broken: Broken) {
        self.broken = self.broken.or(Some(broken));
    }

    /// An answer came: looks that began before it no longer count, also those of the same tick.
    pub fn outdated(&mut self) {
        self.memory.stale = Some(self.now);
        let now = self.now;
        if self.memory.links.last().is_some_and(|last| last.0 == now) {
            self.memory.links.clear();
        }
    }

    /// One more look at the link.
    pub fn saw_link(&mut self, row: Option<(Net, Option<u8>)>) {
        let looks = &mut self.memory.links;
        if looks.last().is_none_or(|last| last.1 != row) {
            looks.clear();
        }
        looks.truncate(1);
        if looks.last().is_none_or(|last| last.0 != self.now) {
            looks.push((self.now, row));
        }
    }

    /// One more look at the machine. The last that listed it stays, for the proof of a return.
    pub fn saw_machine(&mut self, machine: Option<(u8, bool)>) {
        let looks = &mut self.memory.machines;
        if looks.last().is_some_and(|last| last.0 == self.now && last.1.is_some() == machine.is_some()) {
            looks.pop();
        }
        if let Some((ip, _)) = machine {
            looks.retain(|(_, old)| old.is_some_and(|(old, _)| old == ip));
            if looks.iter().any(|look| look.1.is_none()) {
                looks.clear();
            }
            looks.truncate(1);
        } else {
            let listed = looks.iter().rev().find(|look| look.1.is_some()).copied();
            looks.retain(|look| look.1.is_none());
            looks.truncate(2);
            if let Some(listed) = listed {
                looks.insert(0, listed);
            }
        }
        looks.push((self.now, machine));
    }

    /// Drops what makes no difference, and brings the times together.
    pub fn settled(mut self) -> Self {
        self.forget();
        let mut times = Vec::new();
        self.times(&mut |time| times.push(*time));
        times.sort_unstable();
        times.dedup();
        let mut near = Vec::with_capacity(times.len());
        for (index, time) in times.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| (times[before], near[before]));
            near.push(before.map_or(0, |(old, new)| new + (time - old).min(LONG)));
        }
        let place = |time: Tick| times.binary_search(&time).map_or(time, |index| near[index]);
        let shift = PRESENT - place(self.now);
        self.times(&mut |time| *time = place(*time) + shift);
        self
    }

    fn forget(&mut self) {
        let task = self.object.as_ref().and_then(|object| object.record.task);
        let lag = self.rules.lag;
        let now = self.now;
        self.cloud.past.retain(|(until, _)| now - until < lag);
        let heard = self.memory.attempt.and_then(|attempt| match attempt.answer {
            Some((Reply::Taken(id), _)) => id,
            _ => None,
        });
        let named = |id: u8| task.is_some_and(|task| task.id == Some(id)) || heard == Some(id);
        let announced: Vec<u8> = self.cloud.calls.iter().copied().filter_map(Call::announces).collect();
        self.cloud.jobs.retain(|job| job.ended.is_none() || named(job.id) || announced.contains(&job.id));
        if self.object.is_none() {
            self.memory = Memory::default();
            self.cloud.calls.iter_mut().for_each(|call| call.deaf = true);
        }
        self.cloud.calls.retain(|call| !(call.deaf && call.reply.is_some()));
        if self.memory.not_before.is_some_and(|until| until <= now) {
            self.memory.not_before = None;
        }
        if self.memory.links.first().is_some_and(|first| Some(first.0) >= self.memory.stale) {
            self.memory.stale = None;
        }
        if let Some(since) = &mut self.memory.trouble {
            *since = (*since).max(now - LONG);
        }
        self.near(task.is_none());
        self.budget.spend();
    }

    /// Looks that agree for a sweep agree for good, and without a change under way a look is old after a sweep: both are
    /// compared with nothing longer.
    fn near(&mut self, idle: bool) {
        let now = self.now;
        let memory = &mut self.memory;
        if idle && memory.stale.is_none() {
            let last = memory.links.iter().map(|look| look.0).chain(memory.machines.iter().map(|look| look.0)).max();
            let shift = last.map_or(0, |last| (now - 1 - last).max(0));
            memory.links.iter_mut().for_each(|look| look.0 += shift);
            memory.machines.iter_mut().for_each(|look| look.0 += shift);
        }
        let last = memory.links.last().map_or(now, |last| last.0);
        memory.links.iter_mut().for_each(|look| look.0 = look.0.max(last - 1));
        if memory.machines.iter().all(|look| look.1.is_some()) {
            let last = memory.machines.last().map_or(now, |last| last.0);
            memory.machines.iter_mut().for_each(|look| look.0 = look.0.max(last - 1));
        }
    }

    fn times(&mut self, visit: &mut dyn FnMut(&mut Tick)) {
        visit(&mut self.now);
        self.cloud.past.iter_mut().for_each(|past| visit(&mut past.0));
        self.cloud.calls.iter_mut().for_each(|call| visit(&mut call.left));
        self.cloud.jobs.iter_mut().filter(|job| job.ended.is_none()).for_each(|job| visit(&mut job.born));
        self.cloud.jobs.iter_mut().filter(|job| job.ended.is_some()).for_each(|job| job.born = 0);
        if let Some(task) = self.object.as_mut().and_then(|object| object.record.task.as_mut()) {
            visit(&mut task.started);
            task.unclear.as_mut().into_iter().for_each(&mut *visit);
        }
        if let Some(task) = self.memory.unwritten.as_mut().and_then(|record| record.task.as_mut()) {
            visit(&mut task.started);
        }
        let memory = &mut self.memory;
        memory.links.iter_mut().for_each(|look| visit(&mut look.0));
        memory.machines.iter_mut().for_each(|look| visit(&mut look.0));
        for time in [&mut memory.stale, &mut memory.trouble, &mut memory.not_before].into_iter().flatten() {
            visit(time);
        }
        if let Some(attempt) = &mut memory.attempt {
            visit(&mut attempt.started);
            attempt.answer.iter_mut().for_each(|answer| visit(&mut answer.1));
            attempt.progress.iter_mut().for_each(|progress| visit(&mut progress.1));
        }
    }
}

impl Call {
    fn announces(self) -> Option<u8> {
        match self.reply {
            Some(Reply::Taken(id)) if !self.deaf => id,
            _ => None,
        }
    }
}
