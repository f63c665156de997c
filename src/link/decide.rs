//! The decision: settle what is under way, carry the record forward, look the rest up, and say when to come back.

use jiff::Timestamp;

use super::{
    Attempt, Beat, Check, Desired, Lane, LinkSeen, Need, Notice, Progress, Record, Revisit, Row, Sighting, Task, Tempo,
    Verdict, VpcId, Watch,
    carry::{Open, Settled, absorb, close},
    settle::later,
    verdict,
    verdict::removes_object,
    watch::lane,
};
use crate::api::{Operation, Reason};

/// What was observed: the sighting, the record, and what this process knows of the attempt under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// What was seen.
    pub sighting: Sighting,
    /// What was written down.
    pub record: Record,
    /// What came back for the task on record.
    pub attempt: Option<Attempt>,
    /// When a refused change may be tried again.
    pub not_before: Option<Timestamp>,
    /// The check that was asked for and is not answered yet.
    pub check: Option<Check>,
    /// Whether the object has our finalizer.
    pub finalizer: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The row of the table.
    pub row: Row,
    /// What to do in the cloud, or with the object.
    pub step: Step,
    /// What becomes of the finalizer.
    pub finalizer: Finalizer,
    /// When to come back.
    pub revisit: Revisit,
    /// What the broker shall do meanwhile.
    pub watch: Watch,
    /// The record as it is to be written.
    pub record: Record,
    /// What happened, to be told once the record is written.
    pub news: Vec<Notice>,
    /// Why the step is taken, or the finalizer goes; to be told once that is done.
    pub cause: Option<Notice>,
    /// A change was refused just now, and is to be tried again at this beat.
    pub denied: Option<Beat>,
    /// The check that this decision answers.
    pub checked: Option<String>,
}

/// What to do in the cloud, or with the object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Nothing, for now.
    Nothing,
    /// Ask for a place, write the intent, hand it over.
    Change(Change),
    /// Delete the object: its machine is gone.
    RemoveObject,
}

/// A change to ask for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// What.
    pub operation: Operation,
    /// For which VPC.
    pub vpc: VpcId,
    /// How urgent it is.
    pub lane: Lane,
    /// The largest batch that it may travel in, if an earlier one was refused for its company.
    pub most: Option<usize>,
    /// Since when an earlier attempt of the same change is unclear.
    pub unclear_since: Option<Timestamp>,
}

/// What becomes of the finalizer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finalizer {
    /// As it is.
    Leave,
    /// It must be there before the step.
    Need,
    /// It goes.
    Release,
}

/// Decides. `now` is the present time, `tempo` the product's intervals.
#[must_use]
pub fn decide(desired: &Desired, observed: &Observed, tempo: Tempo, now: Timestamp) -> Decision {
    let mut decision = undemanded(desired, observed, tempo, now);
    if let Some(Check { value, since }) = &observed.check {
        let looked = observed.sighting.looked.is_some_and(|looked| looked >= *since);
        if looked || matches!(decision.row, Row::NotAccepted(_)) {
            decision.checked = Some(value.clone());
        } else if decision.watch.need.is_none() {
            decision.watch.need = Some(Need { after: *since, vpc: decision.watch.place.clone() });
        }
    }
    decision
}

/// The decision, whether or not a look was asked for.
fn undemanded(desired: &Desired, observed: &Observed, tempo: Tempo, now: Timestamp) -> Decision {
    let mut settled = close(desired, observed, tempo, now);
    let task = settled.record.task.take();
    match (task, settled.open.take()) {
        (Some(task), Some(Open::Follow { look_after, running })) => {
            unsettled(observed, settled, task, (look_after, running), (tempo, now))
        }
        (Some(task), Some(Open::TrySmaller { most })) => again(desired, observed, settled, task, most, tempo, now),
        (None, _) | (Some(_), None) => {
            let observed = &as_proven(observed, &settled);
            absorb(&mut settled, desired, &observed.sighting, tempo, now);
            settled.caution(desired, &observed.record, &observed.sighting);
            let not_before = settled.not_before(desired, observed);
            let found = verdict(desired, &observed.sighting, &settled.record, not_before, (tempo, now));
            conclude(desired, observed, settled, found, tempo)
        }
    }
}

/// Where the list tells no address, a link is compared with that of the attach under way. One that came to nothing
/// proves nothing about a link that is seen all the same: the next look is compared with the record again.
fn as_proven(observed: &Observed, settled: &Settled) -> Observed {
    let mut proven = observed.clone();
    let attach = observed.record.task.as_ref().is_some_and(|task| task.operation == Operation::Attach);
    let made = settled.record.link != observed.record.link;
    if let (LinkSeen::Alive(row), true, false) = (&observed.sighting.link, attach, made)
        && row.private_ip.is_none()
        && observed.sighting.bound
    {
        proven.sighting.link = LinkSeen::Unverified(row.clone());
    }
    proven
}

/// The record with the intent in it, as it must be written before the cloud is asked.
#[must_use]
pub fn begin(record: &Record, change: &Change, address: Option<std::net::IpAddr>, started_at: Timestamp) -> Record {
    let mut record = record.clone();
    let made_for = record.link.as_ref().filter(|link| link.vpc == change.vpc).and_then(|link| link.private_ip);
    record.task = Some(Task {
        operation: change.operation,
        vpc: change.vpc.clone(),
        private_ip: match change.operation {
            Operation::Attach => address,
            Operation::Detach => made_for.or(address),
        },
        id: None,
        started_at,
        unclear_since: change.unclear_since,
    });
    record
}

/// A change is under way.
fn unsettled(
    observed: &Observed,
    mut settled: Settled,
    task: Task,
    (look_after, running): (Timestamp, bool),
    (tempo, now): (Tempo, Timestamp),
) -> Decision {
    let attempt = observed.attempt.as_ref().filter(|attempt| attempt.started_at == task.started_at);
    let progress = attempt.and_then(|attempt| attempt.progress.as_ref());
    let runs = matches!(progress, Some(Progress::Running { .. }));
    let ended = matches!(progress, Some(Progress::Succeeded { .. } | Progress::Failed { .. }));
    let watch = Watch {
        follow: task.id.clone().filter(|_| !ended).map(|id| (id, task.started_at)),
        need: (!running).then(|| Need { after: look_after, vpc: Some(task.vpc.clone()) }),
        attempt: Some(task.started_at),
        ..Watch::rest(Lane::Healing, &settled.record)
    };
    let stuck = later(task.started_at, tempo.stuck_task());
    let row = if runs && now >= stuck { Row::Stuck(task.operation) } else { Row::Unsettled(task.operation) };
    // Looks and answers wake the object; this is for the case that none comes, and for the clock's part.
    let quiet = later(look_after, tempo.settling());
    let due = if running && now < stuck { stuck } else { quiet.max(later(now, tempo.sweep())) };
    let patience = observed.sighting.trouble.as_ref().map(|trouble| later(trouble.since, tempo.patience()));
    let revisit = Revisit::At(patience.filter(|patience| *patience > now).map_or(due, |patience| patience.min(due)));
    settled.record.task = Some(task);
    Decision {
        row,
        step: Step::Nothing,
        finalizer: Finalizer::Leave,
        revisit,
        watch,
        record: settled.record,
        news: settled.news,
        cause: None,
        denied: None,
        checked: None,
    }
}

/// One of several was refused: the same change is asked for again, in smaller company; any other change waits until
/// this one is settled.
fn again(
    desired: &Desired,
    observed: &Observed,
    settled: Settled,
    task: Task,
    most: usize,
    tempo: Tempo,
    now: Timestamp,
) -> Decision {
    let found = verdict(desired, &observed.sighting, &settled.record, None, (tempo, now));
    if found.change != Some((task.operation, task.vpc.clone())) {
        let look_after = task.started_at;
        return unsettled(observed, settled, task, (look_after, false), (tempo, now));
    }
    let mut decision = conclude(desired, observed, settled, found, tempo);
    if let Step::Change(change) = &mut decision.step {
        change.most = Some(most);
        change.unclear_since = task.unclear_since.or(Some(task.started_at));
    }
    // Until the new intent is written, the old one stands.
    decision.row = Row::Unsettled(task.operation);
    decision.watch.attempt = Some(task.started_at);
    decision.record.task = Some(task);
    decision
}

/// Turns a row into a decision.
fn conclude(
    desired: &Desired,
    observed: &Observed,
    settled: Settled,
    Verdict { row, change }: Verdict,
    tempo: Tempo,
) -> Decision {
    let Settled { record, news, denied, .. } = settled;
    let lane = lane(&row, &record);
    let step = match (&row, change) {
        (Row::Returned, _) if removes_object(desired) => Step::RemoveObject,
        (_, Some((operation, vpc))) => Step::Change(Change { operation, vpc, lane, most: None, unclear_since: None }),
        (_, None) => Step::Nothing,
    };
    Decision {
        finalizer: finalizer(&row, &step, &record),
        revisit: Revisit::of(&row, observed, denied, tempo),
        watch: Watch::of(&row, desired, &record, observed, tempo),
        cause: cause(&row, &record, &observed.sighting),
        news,
        row,
        step,
        record,
        denied,
        checked: None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what holds needs a finalizer, whatever its row")]
fn finalizer(row: &Row, step: &Step, record: &Record) -> Finalizer {
    match row {
        Row::Forced | Row::LeftInPlace | Row::NothingOurs | Row::Gone => Finalizer::Release,
        _ if matches!(step, Step::Change(_)) || record.holds() => Finalizer::Need,
        _ => Finalizer::Leave,
    }
}

/// Why the row's step is taken, where people want to know.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other rows are told by the status alone")]
fn cause(row: &Row, record: &Record, sighting: &Sighting) -> Option<Notice> {
    let address = |ip: Option<std::net::IpAddr>| ip.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string());
    let link = record.link.as_ref();
    match row {
        Row::Dead(dead) => {
            let (old, new) = (dead.private_ip.or(link.and_then(|link| link.private_ip)), sighting.address());
            // An address that was only seen, of a link that somebody else made, is not the one it was made for.
            let old = old.filter(|old| !sighting.addresses().contains(old));
            let (old, new) = (address(old), address(new));
            let message = format!("the private address changed from {old} to {new}; the link is made again");
            Some(Notice::new(Reason::PrivateIpChanged, message))
        }
        Row::Attach => link.map(|link| {
            Notice::new(Reason::LinkLost, format!("the link to {} went without our doing; it is made again", link.vpc))
        }),
        Row::Forced => Some(Notice::new(
            Reason::ForceReleased,
            link.map_or_else(
                || "released by force; nothing is on record in the cloud".to_owned(),
                |link| format!("released by force; a link to {} may be left behind in the cloud", link.vpc),
            ),
        )),
        Row::LeftInPlace => {
            link.map(|link| Notice::new(Reason::LeftInPlace, format!("the link to {} is left in place", link.vpc)))
        }
        Row::Returned => Some(Notice::new(Reason::InstanceReturned, "the machine was returned to the cloud")),
        _ => None,
    }
}
