//! The proof of the core: each row of the table, the life of a change, of a trail and of a status, and then the whole
//! domain against the invariants. What the parts do together, in a world that lags and fails, is `tests/model`.

mod changes;
mod enumeration;
mod honesty;
mod imports;
mod outliving;
mod ownership;
mod people;
mod probes;
mod reports;
mod rows;
mod settling;
mod table;
mod trails;

use std::{net::IpAddr, time::Duration};

use jiff::Timestamp;

use super::{
    Answer, Attempt, Caution, Decision, Denial, Desired, Link, LinkRow, LinkSeen, Machine, MachineSeen, MachineState,
    Names, Network, Notice, Observed, Policy, Progress, Record, Refusal, Remembered, Sighting, Standing, Task, TaskId,
    Tempo, Trouble, Vpc, VpcId, VpcSeen, decide,
};
use crate::api::{Operation, Origin, Reason};

/// The sweep interval of the tests, in seconds.
const SWEEP: i64 = 60;
/// The settling time, in seconds.
const SETTLING: i64 = 300;
/// When the tests decide, if nothing else is said: long after everything else.
const NOW: i64 = 10_000;

fn tempo() -> Tempo {
    Tempo::new(1.0, Duration::from_mins(1))
}

/// A moment, in seconds.
fn t(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

/// The wanted VPC.
fn here() -> VpcId {
    VpcId::new("vpc-here").unwrap()
}

/// Another VPC.
fn there() -> VpcId {
    VpcId::new("vpc-there").unwrap()
}

fn ip(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

fn desired() -> Desired {
    Desired {
        generation: 1,
        vpc: Some(here()),
        terminating: false,
        forced: false,
        policy: Policy::default(),
        standing: Standing::Good,
        names: Names {
            instance: "ins-test".into(),
            vpc: "vpc-here".into(),
            region: "ap-guangzhou".into(),
            account: "prod".into(),
        },
    }
}

fn deleted() -> Desired {
    Desired { terminating: true, ..desired() }
}

fn with_policy(change: impl FnOnce(&mut Policy)) -> Desired {
    let mut desired = desired();
    change(&mut desired.policy);
    desired
}

fn machine() -> Machine {
    Machine { addresses: vec![ip(1)], network: Network::Classic, state: MachineState::Linkable, lock: None }
}

fn row_to(vpc: VpcId) -> LinkRow {
    LinkRow { vpc, private_ip: Some(ip(1)) }
}

fn alive(vpc: VpcId) -> LinkSeen {
    LinkSeen::Alive(row_to(vpc))
}

fn good_vpc() -> VpcSeen {
    VpcSeen::Seen(Vpc { cidr_allowed: Some(true), cidr: "10.0.0.0/16".into(), classic_link_enabled: true })
}

/// One look, begun at 9,000, that showed this of the link.
fn seen(link: LinkSeen) -> Sighting {
    Sighting {
        machine: MachineSeen::Listed(machine()),
        link,
        vpc: good_vpc(),
        looked: Some(t(9000)),
        agreed: Some(t(9000)),
        trouble: None,
        guard: None,
        caution: Caution::None,
        bound: true,
        wondering: false,
    }
}

/// The same, by looks that agree for a sweep interval.
fn proven(link: LinkSeen) -> Sighting {
    Sighting { agreed: Some(t(9000 - SWEEP)), ..seen(link) }
}

fn troubled(reason: Reason) -> Sighting {
    let trouble = Trouble { notice: Notice::new(reason, "the cloud cannot be read"), since: t(9000) };
    Sighting { trouble: Some(trouble), ..Sighting::none() }
}

fn linked(vpc: VpcId, origin: Origin) -> Record {
    Record { link: Some(Link { vpc, private_ip: Some(ip(1)), origin, since: t(0) }), task: None, refusal: None }
}

fn task(operation: Operation, vpc: VpcId, started_at: i64) -> Task {
    Task { operation, vpc, private_ip: Some(ip(1)), id: None, started_at: t(started_at), unclear_since: None }
}

fn changing(task: Task) -> Record {
    Record { task: Some(task), ..Record::default() }
}

fn refused(reason: Reason, at: i64, generation: i64) -> Record {
    let refusal = Refusal { reason, message: "full".into(), at: t(at), generation };
    Record { refusal: Some(refusal), ..Record::default() }
}

fn attempt(started_at: i64, answer: Answer) -> Attempt {
    Attempt { started_at: t(started_at), answer: Some(answer), progress: None }
}

/// The cloud took the change on, at this moment, alone in its call, as task "1".
fn taken(at: i64) -> Answer {
    Answer::Taken { task: Some(TaskId("1".into())), at: t(at), batch: 1 }
}

fn denial() -> Denial {
    Denial { reason: Reason::QuotaExceeded, message: "full".into(), beat: super::Beat::Slow, locked: false }
}

fn failed(at: i64) -> Progress {
    Progress::Failed { at: t(at), message: "it failed".into() }
}

fn observed(sighting: Sighting, record: Record) -> Observed {
    Observed { sighting, record, attempt: None, not_before: None, check: None, finalizer: true }
}

/// The decision of an object that knows nothing of an attempt, now.
fn decided(desired: &Desired, sighting: Sighting, record: Record) -> Decision {
    decide(desired, &observed(sighting, record), tempo(), t(NOW))
}
