use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::{
    api::{Operation, Origin},
    link::{
        Caution, Link, LinkSeen, Machine, MachineSeen, MachineState, Names, Network, Notice, Observed, Policy,
        Sighting, Task, Tempo, VpcId, VpcSeen, decide,
    },
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn vpc() -> VpcId {
    VpcId::new("vpc-here").unwrap()
}

fn desired() -> Desired {
    Desired {
        generation: 1,
        vpc: Some(vpc()),
        terminating: false,
        forced: false,
        policy: Policy::default(),
        standing: Standing::Good,
        names: Names::default(),
    }
}

/// A link of ours whose detach has been under way.
fn detaching() -> Record {
    let (vpc, private_ip) = (vpc(), "10.0.0.1".parse().ok());
    let task = Task {
        operation: Operation::Detach,
        vpc: vpc.clone(),
        private_ip,
        id: None,
        started_at: at(100),
        unclear_since: None,
    };
    Record {
        link: Some(Link { vpc, private_ip, origin: Origin::Created, since: at(0) }),
        task: Some(task),
        refusal: None,
    }
}

/// A look long after the detach, which shows no link.
fn no_link(vpc: VpcSeen) -> Sighting {
    let addresses = vec!["10.0.0.2".parse().unwrap()];
    Sighting {
        machine: MachineSeen::Listed(Machine {
            addresses,
            network: Network::Classic,
            state: MachineState::Linkable,
            lock: None,
        }),
        link: LinkSeen::Absent,
        vpc,
        looked: Some(at(900)),
        agreed: Some(at(900)),
        caution: Caution::None,
        ..Sighting::none()
    }
}

fn decision(desired: &Desired, record: Record, sighting: Sighting) -> Decision {
    let observed = Observed { sighting, record, attempt: None, not_before: None, check: None, finalizer: true };
    decide(desired, &observed, Tempo::new(1.0, Duration::from_mins(1)), at(1000))
}

/// Whether a heal begins, and goes on, once that detach is settled.
fn once_detached(desired: &Desired, vpc: VpcSeen) -> (bool, bool) {
    let decision = decision(desired, detaching(), no_link(vpc));
    assert_eq!(decision.record.task, None, "the detach is settled");
    (begins(&detaching(), &decision), goes_on(desired, &decision))
}

#[test]
fn a_link_that_was_detached_to_be_made_again_is_healing_also_while_the_vpc_is_not_read_yet() {
    let unread = Notice::new(Reason::Throttled, "too fast");
    for vpc in [VpcSeen::Unlooked, VpcSeen::Unknown(unread)] {
        assert_eq!(once_detached(&desired(), vpc), (true, true));
    }
}

#[test]
fn a_detach_for_good_begins_no_heal() {
    let policy = Policy { suspend: true, ..Policy::default() };
    for desired in [Desired { terminating: true, ..desired() }, Desired { policy, ..desired() }] {
        assert!(!once_detached(&desired, VpcSeen::Unlooked).1);
    }
}

#[test]
fn a_vpc_that_cannot_be_linked_ends_the_heal() {
    assert!(!once_detached(&desired(), VpcSeen::Missing).1);
}

#[test]
fn a_withdrawn_permission_does_not_take_the_right_away_and_another_holder_does() {
    let refused = Standing::Refused(Notice::new(Reason::NamespaceNotAllowed, "not from here"));
    for (standing, kept) in [(refused, true), (Standing::Claimed("default/other".into()), false)] {
        assert_eq!(once_detached(&Desired { standing, ..desired() }, VpcSeen::Unlooked).1, kept);
    }
}

#[test]
fn an_object_that_never_had_a_link_heals_nothing() {
    let decision = decision(&desired(), Record::default(), no_link(VpcSeen::Unlooked));
    assert!(!begins(&Record::default(), &decision));
}
