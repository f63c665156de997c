//! The operator of the model: the real core, and the glue around it as small steps.
//!
//! The order of the steps is that of the controller and the broker: the finalizer, a place, the intent, the hand-over, the
//! call, the answer, the look. Each is a step of its own, so that a crash can come between any two.

use std::{net::IpAddr, time::Duration};

use classiclink::{
    api::{ClassicLinkStatus, ConditionType, Operation, Origin, Reason, find},
    link::{
        Answer, Attempt, Beat, Change, Decision, Denial, Desired, Finalizer, Link, LinkLook, LinkRow, Machine,
        MachineLook, MachineState, Names, Network, Notice, Observed, Policy, Progress, Record, Refusal, Remembered,
        Row, Sighting, Standing, Step, TaskId, Tempo, Trail, Trouble, Vpc, VpcId, VpcSeen, begin, decide, report,
    },
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::{
    steps::lies,
    world::{Broken, By, Call, Life, Memory, Net, Object, Rec, Reply, State, Status, Task, Tick, Try, Word},
};

/// How the operator is built: as it is, or with a seeded bug.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    pub tempo: Tempo,
    /// Bug: the intent is written after the call.
    pub records_late: bool,
    /// Bug: one list without the link proves that it is gone.
    pub credulous: bool,
    /// Bug: what came back is forgotten before the status that holds it was written.
    pub forgets_early: bool,
}

impl Build {
    /// As it is, with every interval divided by sixty.
    pub fn real() -> Self {
        Self {
            tempo: Tempo::new(60.0, Duration::from_mins(1)),
            records_late: false,
            credulous: false,
            forgets_early: false,
        }
    }
}

const BASE: i64 = 1_700_000_000;

fn at(tick: Tick) -> Timestamp {
    Timestamp::from_second(BASE + i64::from(tick)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn tick(at: Timestamp) -> Tick {
    Tick::try_from(at.as_second() - BASE).unwrap_or_default()
}

fn vpc(net: Net) -> VpcId {
    VpcId::recorded(match net {
        Net::A => "vpc-aaaa",
        Net::B => "vpc-bbbb",
    })
}

fn net(vpc: &VpcId) -> Net {
    if vpc.as_str() == "vpc-aaaa" { Net::A } else { Net::B }
}

fn ip(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

fn last(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(_) => 0,
    }
}

fn record(rec: &Rec) -> Record {
    Record {
        link: rec.link.map(|(to, address, origin)| Link {
            vpc: vpc(to),
            private_ip: address.map(ip),
            origin,
            since: at(0),
        }),
        task: rec.task.map(|task| classiclink::link::Task {
            operation: task.operation,
            vpc: vpc(task.net),
            private_ip: task.ip.map(ip),
            id: task.id.map(|id| TaskId(id.to_string())),
            started_at: at(task.started),
            unclear_since: task.unclear.map(at),
        }),
        refusal: rec.refusal.map(|(reason, generation)| Refusal {
            reason,
            message: String::new(),
            at: at(0),
            generation: generation.into(),
        }),
    }
}

fn rec(record: &Record) -> Rec {
    Rec {
        link: record.link.as_ref().map(|link| (net(&link.vpc), link.private_ip.map(last), link.origin)),
        task: record.task.as_ref().map(|task| Task {
            operation: task.operation,
            net: net(&task.vpc),
            ip: task.private_ip.map(last),
            id: task.id.as_ref().and_then(|id| id.0.parse().ok()),
            started: tick(task.started_at),
            unclear: task.unclear_since.map(tick),
        }),
        refusal: record
            .refusal
            .as_ref()
            .map(|refusal| (refusal.reason, i8::try_from(refusal.generation).unwrap_or_default())),
    }
}

fn desired(object: &Object) -> Desired {
    let mut policy = Policy::default();
    if object.retain {
        policy.deletion = classiclink::api::DeletionPolicy::Retain;
    }
    Desired {
        generation: object.generation.into(),
        vpc: Some(vpc(object.want)),
        terminating: object.terminating,
        forced: false,
        policy,
        standing: Standing::Good,
        names: Names::default(),
    }
}

impl Memory {
    /// The real trail, walked again.
    fn trail(&self, remembered: Remembered, tempo: Tempo) -> Trail {
        let mut trail = Trail::default();
        trail.remember(remembered);
        for (begun, seen) in &self.links {
            let look = seen.map_or(LinkLook::Nowhere, |(to, address)| {
                LinkLook::Row(LinkRow { vpc: vpc(to), private_ip: address.map(ip) })
            });
            trail.link(at(*begun), look);
        }
        for (begun, seen) in &self.machines {
            let look = seen.map_or(MachineLook::NotListed { others_seen: true }, |(address, returning)| {
                let state = if returning { MachineState::Returning } else { MachineState::Linkable };
                MachineLook::Listed(Machine {
                    addresses: vec![ip(address)],
                    network: Network::Classic,
                    state,
                    lock: None,
                })
            });
            trail.machine(at(*begun), look, tempo);
        }
        if let Some(stale) = self.stale {
            trail.stale(at(stale));
        }
        trail
    }

    /// As the broker does on each decision.
    fn attend(&mut self, decision: &Decision, forgets_early: bool) {
        let settled = forgets_early && decision.record.task.is_none();
        let wanted = decision.watch.attempt.map(tick).filter(|_| !settled);
        self.attempt = self.attempt.filter(|attempt| Some(attempt.started) == wanted || attempt.answer.is_none());
    }
}

fn attempt(seen: &Try) -> Attempt {
    let answer = seen.answer.map(|(reply, when)| match reply {
        Reply::NotSent => Answer::NotSent,
        Reply::Taken(task) => {
            Answer::Taken { task: task.map(|id| TaskId(id.to_string())), at: at(when), batch: seen.batch.into() }
        }
        Reply::Refused(reason) => {
            Answer::Refused(Denial { reason, message: String::new(), beat: Beat::Soon, locked: false })
        }
        Reply::Unclear => Answer::Unclear { at: at(when) },
        Reply::Split => Answer::Split { at: at(when), batch: seen.batch.into() },
    });
    let progress = seen.progress.map(|(word, when)| match word {
        Word::Running => Progress::Running { at: at(when) },
        Word::Succeeded => Progress::Succeeded { at: at(when) },
        Word::Failed => Progress::Failed { at: at(when), message: String::new() },
        Word::Unknown => Progress::Unknown { at: at(when) },
    });
    Attempt { started_at: at(seen.started), answer, progress }
}

fn status(object: &Object) -> ClassicLinkStatus {
    let (status, reason) = object.ready;
    let ready = Condition {
        type_: "Ready".into(),
        status: format!("{status:?}"),
        reason: reason.to_string(),
        message: String::new(),
        observed_generation: Some(1),
        last_transition_time: Time(at(0)),
    };
    let mut status = ClassicLinkStatus { conditions: vec![ready], ..ClassicLinkStatus::default() };
    record(&object.record).write(&mut status);
    status
}

fn ready(status: &ClassicLinkStatus) -> (Status, Reason) {
    let ready = find(&status.conditions, ConditionType::Ready);
    let word = ready.map_or(Status::Unknown, |ready| match ready.status.as_str() {
        "True" => Status::True,
        "False" => Status::False,
        _ => Status::Unknown,
    });
    (word, ready.and_then(|ready| ready.reason.parse().ok()).unwrap_or(Reason::Pending))
}

/// One decision and what it was made from.
pub struct Case {
    desired: Desired,
    observed: Observed,
    pub decision: Decision,
}

impl Build {
    /// Observes and decides.
    pub fn case(&self, state: &State) -> Option<Case> {
        let object = state.object.as_ref()?;
        let record = record(&object.record);
        let trail = state.memory.trail(record.remembered(), self.tempo);
        let good = Vpc { cidr_allowed: Some(true), cidr: String::new(), classic_link_enabled: true };
        let trouble = state
            .memory
            .trouble
            .map(|since| Trouble { notice: Notice::new(Reason::Throttled, "slow down"), since: at(since) });
        let seen = trail.sighting(record.saw_machine(), true, self.tempo);
        let agreed = if self.credulous { seen.looked.map(|_| at(0)) } else { seen.agreed };
        let sighting = Sighting { vpc: VpcSeen::Seen(good), trouble, agreed, ..seen };
        let observed = Observed {
            sighting,
            record,
            attempt: state.memory.attempt.as_ref().map(attempt),
            not_before: state.memory.not_before.map(at),
            check: None,
            finalizer: object.finalizer,
        };
        let desired = desired(object);
        let decision = decide(&desired, &observed, self.tempo, at(state.now));
        Some(Case { desired, observed, decision })
    }

    /// Decides, and carries out the first effect of it. On a conflict nothing is written.
    pub fn reconcile(&self, state: &State, conflict: bool) -> Option<State> {
        let case = self.case(state)?;
        let mut next = state.clone();
        if let Some(record) = next.memory.unwritten.take() {
            next.object.as_mut()?.record = record;
            return Some(next);
        }
        next.memory.attend(&case.decision, self.forgets_early);
        if conflict {
            forgets(state, &mut next);
            return Some(next);
        }
        believes(&mut next, &case.decision);
        let object = next.object.as_mut()?;
        let decision = &case.decision;
        if decision.finalizer == Finalizer::Need && !object.finalizer && !object.terminating {
            object.finalizer = true;
            return Some(next);
        }
        match &decision.step {
            Step::Change(change) => self.change(&mut next, &case, change),
            Step::RemoveObject => {
                object.terminating = true;
                object.generation += 1;
                if !object.finalizer {
                    next.object = None;
                }
            }
            Step::Nothing if decision.finalizer == Finalizer::Release => release(&mut next),
            Step::Nothing => {
                next.memory.request = None;
                self.write(&mut next, &case, decision);
            }
        }
        lies(&mut next);
        Some(next)
    }

    fn change(&self, next: &mut State, case: &Case, change: &Change) {
        let asked = Some((change.operation, net(&change.vpc)));
        next.memory.alone = change.most == Some(1);
        if next.memory.request != asked {
            next.memory.request = asked;
            let good = next.object.as_ref().is_some_and(|object| object.ready.0 == Status::True);
            if good || case.decision.record != case.observed.record {
                self.write(next, case, &case.decision);
            }
            return;
        }
        let kept = matches!(case.decision.row, Row::Move(_) | Row::Dead(_) | Row::Attach);
        let row = if kept { case.decision.row.clone() } else { Row::Unsettled(change.operation) };
        let address = case.observed.sighting.address();
        let record = begin(&case.decision.record, change, address, at(next.now));
        let intent = Decision { row, record, ..case.decision.clone() };
        next.memory.request = None;
        let batch = if next.rules.company && !next.memory.alone { 2 } else { 1 };
        next.memory.attempt = Some(Try { started: next.now, answer: None, progress: None, batch });
        next.memory.handed = true;
        unseen(next, change);
        if self.records_late {
            next.memory.unwritten = Some(rec(&intent.record));
            self.send(next);
        } else {
            self.write(next, case, &intent);
        }
    }

    fn write(&self, next: &mut State, case: &Case, decision: &Decision) {
        let (now, tempo) = (next.now, self.tempo);
        let Some(object) = next.object.as_mut() else { return };
        let before = status(object);
        let after = report(&case.desired, &case.observed.sighting, decision, &before, (tempo, at(now)));
        if after == before {
            return;
        }
        object.record = rec(&decision.record);
        object.ready = ready(&after);
        if decision.denied.is_some() {
            next.memory.not_before = Some(now + 2);
        } else if matches!(decision.row, Row::Linked { .. }) {
            next.memory.not_before = None;
        }
    }

    /// What was handed over leaves, or is too late.
    pub fn send(&self, next: &mut State) {
        next.memory.handed = false;
        let written = next.object.as_ref().and_then(|object| object.record.task);
        let task = next.memory.unwritten.as_ref().map_or(written, |record| record.task);
        let (Some(task), Some(attempt)) = (task, next.memory.attempt.as_mut()) else { return };
        let departure = Tick::try_from(self.tempo.departure().as_secs()).unwrap_or(Tick::MAX);
        if next.now - attempt.started > departure {
            attempt.answer = Some((Reply::NotSent, next.now));
            return;
        }
        if next.cloud.under_way() {
            next.breaks(Broken::Second);
        }
        let theirs = next.cloud.link.is_some_and(|row| row.net == task.net && row.by == By::Them);
        if task.operation == Operation::Detach && theirs {
            next.breaks(Broken::Stolen);
        }
        let ours = next.object.as_ref().and_then(|object| object.record.link);
        let ours = ours.is_some_and(|(to, _, origin)| to == task.net && origin != Origin::Found);
        if task.operation == Operation::Detach && !ours {
            next.breaks(Broken::NotOurs);
        }
        let call = Call { operation: task.operation, net: task.net, left: next.now, deaf: false, reply: None };
        next.cloud.calls.push(call);
    }
}

/// What was not listed although it was there cannot be told from what is made now.
fn unseen(next: &mut State, change: &Change) {
    if let Some(link) = next.cloud.link.as_mut().filter(|link| link.by == By::Them)
        && (change.operation, link.net) == (Operation::Attach, net(&change.vpc))
    {
        link.by = By::Either;
    }
}

/// An attach that the decision holds for settled, because a look showed it, is over.
fn believes(next: &mut State, decision: &Decision) {
    let Some(old) = next.object.as_ref().and_then(|object| object.record.task) else { return };
    let Some((_, row)) = next.memory.links.last().filter(|_| decision.record.task.is_none()) else { return };
    if old.operation == Operation::Attach && row.is_some_and(|(to, _)| to == old.net) {
        next.cloud.attached(old.net);
    }
}

/// Whether an answer that came is gone, and the change that it settles still on record.
fn forgets(before: &State, next: &mut State) {
    let task = next.object.as_ref().and_then(|object| object.record.task);
    let told = before.memory.attempt.is_some_and(|attempt| Some(attempt.started) == task.map(|task| task.started));
    if told && next.memory.attempt.is_none() {
        next.breaks(Broken::Forgotten);
    }
}

/// The finalizer goes, and with it the object.
fn release(next: &mut State) {
    let retained = next.object.as_ref().is_some_and(|object| object.retain);
    let left = next.cloud.link.is_some_and(|row| row.by == By::Us) && !retained;
    if left || (next.cloud.may_link() && next.cloud.life != Life::Gone) {
        next.breaks(Broken::Orphan);
    }
    next.object = None;
}
