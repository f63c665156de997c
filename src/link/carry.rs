//! Carrying the record forward: what a settled change made of it, and what is seen while none is under way.

use jiff::Timestamp;

use super::{
    Answer, Attempt, Beat, Caution, Denial, Desired, Link, LinkRow, LinkSeen, MachineSeen, Notice, Observed, Record,
    Refusal, Settling, Sighting, Standing, Task, Tempo, lock, settle,
    settle::{later, shows},
};
use crate::api::{ExistingLink, Operation, Origin, Reason};

/// What settling made of the record.
pub(super) struct Settled {
    pub(super) record: Record,
    /// What happened.
    pub(super) news: Vec<Notice>,
    /// A change was refused just now.
    pub(super) denied: Option<Beat>,
    pub(super) open: Option<Open>,
}

/// A change that is not over.
pub(super) enum Open {
    Follow { look_after: Timestamp, running: bool },
    TrySmaller { most: usize },
}

/// Settles the change on record, if there is one.
pub(super) fn close(desired: &Desired, observed: &Observed, tempo: Tempo, now: Timestamp) -> Settled {
    let mut settled = Settled { record: observed.record.clone(), news: Vec::new(), denied: None, open: None };
    let Some(task) = settled.record.task.as_mut() else { return settled };
    learn(task, observed.attempt.as_ref());
    let task = task.clone();
    match settle(&task, observed.attempt.as_ref(), &observed.sighting, tempo, now) {
        // Who lets go by force does not wait for looks that may never come, nor for a task that never ends.
        Settling::Open { expiry, .. }
            if desired.forced && (now >= expiry || now >= later(task.started_at, tempo.stuck_task())) =>
        {
            settled.record.task = None;
        }
        Settling::Open { look_after, running, .. } => settled.open = Some(Open::Follow { look_after, running }),
        Settling::TrySmaller { most } => settled.open = Some(Open::TrySmaller { most }),
        Settling::NotDone(why) => settled.not_done(blamed(why, &task, desired, observed), desired.generation, now),
        Settling::Expired(why @ Some(_)) if !shows(task.operation, &task.vpc, &observed.sighting.link) => {
            settled.not_done(blamed(why, &task, desired, observed), desired.generation, now);
        }
        Settling::Done | Settling::Expired(_) => settled.done(&task, &observed.sighting, now),
    }
    settled
}

/// What a refusal of this change says about what is wanted now: nothing, where the VPC was edited meanwhile.
fn blamed(why: Option<Denial>, task: &Task, desired: &Desired, observed: &Observed) -> Option<Denial> {
    let concerns = task.operation == Operation::Detach || Some(&task.vpc) == desired.vpc.as_ref();
    why.filter(|_| concerns).map(|why| lock::explained(why, task.operation, &observed.sighting))
}

/// Writes into the task what this process knows of its attempt.
fn learn(task: &mut Task, attempt: Option<&Attempt>) {
    let Some(answer) =
        attempt.filter(|attempt| attempt.started_at == task.started_at).and_then(|attempt| attempt.answer.as_ref())
    else {
        return;
    };
    match answer {
        Answer::Taken { task: id, .. } => {
            if id.is_some() {
                task.id.clone_from(id);
            }
        }
        Answer::Unclear { at } | Answer::Split { at, .. } => {
            task.unclear_since.get_or_insert(*at);
        }
        Answer::NotSent | Answer::Refused(_) => {}
    }
}

impl Settled {
    /// Until when a refused change waits.
    pub(super) fn not_before(&self, desired: &Desired, observed: &Observed) -> Option<Timestamp> {
        let refusal = self.record.standing_refusal(desired.generation);
        match self.denied {
            Some(_) => Some(Timestamp::MAX),
            None => observed.not_before.filter(|_| !lock::is_gone(refusal, &observed.sighting)),
        }
    }

    /// Tells, once for each new link to the wanted VPC, of a rule for addresses that nothing here can check.
    pub(super) fn caution(&mut self, desired: &Desired, before: &Record, sighting: &Sighting) {
        let vpc = |record: &Record| record.link.as_ref().map(|link| link.vpc.clone());
        let now =
            vpc(&self.record).filter(|now| Some(now) == desired.vpc.as_ref() && vpc(before).as_ref() != Some(now));
        if let (Some(vpc), Caution::Say(words)) = (now, sighting.caution) {
            self.news.push(Notice::new(Reason::AddressRules, format!("linked to {vpc}, but {words}")));
        }
    }

    fn not_done(&mut self, why: Option<Denial>, generation: i64, now: Timestamp) {
        self.record.task = None;
        let Some(Denial { reason, message, beat, .. }) = why else { return };
        let first = self.record.standing_refusal(generation).filter(|old| old.reason == reason);
        let at = first.map_or(now, |old| old.at);
        self.record.refusal = Some(Refusal { reason, message, at, generation });
        self.denied = Some(beat);
    }

    /// The change happened, or what is seen counts.
    fn done(&mut self, task: &Task, sighting: &Sighting, now: Timestamp) {
        self.record.task = None;
        let there = sighting.link.row().filter(|row| row.vpc == task.vpc);
        match (task.operation, there) {
            (Operation::Attach, Some(row)) => {
                self.record.link = Some(Link {
                    vpc: task.vpc.clone(),
                    private_ip: row.private_ip.or(task.private_ip),
                    origin: Origin::Created,
                    since: now,
                });
                self.record.refusal = None;
                self.news.push(Notice::new(Reason::Attached, format!("linked to {}", task.vpc)));
            }
            (Operation::Detach, None) => {
                if self.record.link.as_ref().is_some_and(|link| link.vpc == task.vpc) {
                    self.record.link = None;
                }
                self.record.refusal = None;
                self.news.push(Notice::new(Reason::Detached, format!("no longer linked to {}", task.vpc)));
            }
            // Nothing came of it within the settling time: it is wanted again, or not, as the table says.
            (Operation::Attach, None) | (Operation::Detach, Some(_)) => {}
        }
    }
}

/// Carries the record forward by what is seen, while no change is under way.
pub(super) fn absorb(settled: &mut Settled, desired: &Desired, sighting: &Sighting, tempo: Tempo, now: Timestamp) {
    let Settled { record, news, .. } = settled;
    if sighting.trouble.is_some() {
        return;
    }
    if let Some(link) = record.link.as_ref().filter(|link| sighting.is_absent_for(&link.vpc, tempo.sweep())) {
        // A link that went with its machine was not lost.
        if matches!(sighting.machine, MachineSeen::Listed(_)) {
            news.push(Notice::new(Reason::LinkLost, format!("the link to {} went without our doing", link.vpc)));
        }
        record.link = None;
    }
    let Some(row) = sighting.link.row() else { return };
    match &mut record.link {
        Some(link) if link.vpc == row.vpc => follow(link, row, desired, sighting, news),
        None if may_find(desired, row) => {
            let (origin, fate) = if adopts(desired) {
                (Origin::Adopted, "it is this object's own from now on")
            } else {
                (Origin::Found, "it is used, and not removed")
            };
            let message = format!("a link to {} was there before; {fate}", row.vpc);
            news.push(Notice::new(Reason::FoundExistingLink, message));
            let private_ip = row.private_ip.or(sighting.address());
            record.link = Some(Link { vpc: row.vpc.clone(), private_ip, origin, since: now });
        }
        Some(_) | None => {}
    }
    let wanted = !desired.terminating && Some(&row.vpc) == desired.vpc.as_ref();
    if wanted && matches!(sighting.link, LinkSeen::Alive(_)) {
        record.refusal = None;
    }
}

/// A link that was there before is taken on record only by an object that stands well and does not refuse it.
fn may_find(desired: &Desired, row: &LinkRow) -> bool {
    !desired.terminating
        && desired.standing == Standing::Good
        && desired.policy.existing != ExistingLink::Refuse
        && Some(&row.vpc) == desired.vpc.as_ref()
}

/// Whether a link that was there before is taken over: by an object that manages, and is not on its way out.
fn adopts(desired: &Desired) -> bool {
    desired.policy.existing == ExistingLink::Adopt && !desired.terminating && desired.hands_off().is_none()
}

/// Keeps a link on record true to what is seen of it alive.
fn follow(link: &mut Link, row: &LinkRow, desired: &Desired, sighting: &Sighting, news: &mut Vec<Notice>) {
    if link.origin == Origin::Found && adopts(desired) && may_find(desired, row) {
        link.origin = Origin::Adopted;
    }
    // A link that nobody remembers the address of is taken to be for the one that is seen now: from here on a change shows.
    let first = link.private_ip.is_none() && matches!(sighting.link, LinkSeen::Unverified(_));
    if !first && !matches!(sighting.link, LinkSeen::Alive(_)) {
        return;
    }
    // Of several addresses the one that is known stays the one, in whichever order the cloud lists them.
    let known = || link.private_ip.filter(|old| sighting.addresses().contains(old));
    let Some(present) = row.private_ip.or_else(known).or(sighting.address()) else { return };
    if let Some(old) = link.private_ip.filter(|old| *old != present) {
        news.push(Notice::new(
            Reason::PrivateIpChanged,
            format!("the private address changed from {old} to {present}"),
        ));
    }
    link.private_ip = Some(present);
}
