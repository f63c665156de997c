//! One test for each row of the table in `link`'s module documentation; `table` sees that none is forgotten.

use super::*;
use crate::{
    api::{DeletionPolicy, ExistingLink, InstanceReturnPolicy, ManagementPolicy},
    link::{Finalizer, Row, Step},
};

/// What the step asks of the cloud.
fn change(decision: &Decision) -> Option<(Operation, VpcId)> {
    match &decision.step {
        Step::Change(change) => Some((change.operation, change.vpc.clone())),
        Step::Nothing | Step::RemoveObject => None,
    }
}

fn rests(decision: &Decision) -> bool {
    decision.step == Step::Nothing && decision.finalizer != Finalizer::Release
}

fn releases(decision: &Decision) -> bool {
    decision.step == Step::Nothing && decision.finalizer == Finalizer::Release
}

#[test]
fn unsettled_when_a_change_on_record_is_not_settled() {
    for desired in [desired(), deleted()] {
        let record = changing(task(Operation::Attach, here(), NOW - 20));
        let decision = decided(&desired, seen(LinkSeen::Absent), record.clone());
        assert_eq!(decision.row, Row::Unsettled(Operation::Attach));
        assert!(rests(&decision));
        assert_eq!(decision.record, record);
        assert_eq!(decision.watch.need.unwrap().after, t(NOW - 10), "a look begun after the departure settles it");
    }
}

#[test]
fn stuck_when_its_task_has_run_for_half_an_hour() {
    let record = changing(task(Operation::Attach, here(), 0));
    let running = |now| {
        let attempt = Attempt { progress: Some(Progress::Running { at: t(now) }), ..attempt(0, taken(1)) };
        let observed = Observed { attempt: Some(attempt), ..observed(seen(LinkSeen::Absent), record.clone()) };
        decide(&desired(), &observed, tempo(), t(now))
    };
    assert_eq!(running(1799).row, Row::Unsettled(Operation::Attach));
    assert_eq!(running(1800).row, Row::Stuck(Operation::Attach));
    assert!(rests(&running(1800)));
    assert!(running(1800).watch.follow.is_some(), "it goes on asking");
}

#[test]
fn forced_when_deleted_and_the_annotation_asks_for_it() {
    let forced = Desired { forced: true, ..deleted() };
    for record in [Record::default(), linked(here(), Origin::Created)] {
        for sighting in [Sighting::none(), troubled(Reason::CredentialsMissing), seen(alive(here()))] {
            let decision = decided(&forced, sighting, record.clone());
            assert_eq!(decision.row, Row::Forced);
            assert!(releases(&decision));
            assert_eq!(decision.cause.unwrap().reason, Reason::ForceReleased);
        }
    }
    let early = changing(task(Operation::Attach, here(), NOW - 20));
    let decision = decided(&forced, Sighting::none(), early);
    assert!(rests(&decision), "not while something of ours may still land");
}

#[test]
fn held_when_a_guard_does_not_believe_what_is_seen() {
    let guard = Some(Notice::new(Reason::MassReturnSuspected, "4 of 10 machines are gone at once"));
    let gone = Sighting { machine: MachineSeen::Gone, guard: guard.clone(), ..seen(LinkSeen::Absent) };
    let dead = Sighting { guard: guard.clone(), ..seen(LinkSeen::Dead(row_to(here()))) };
    for (desired, sighting) in [(desired(), gone.clone()), (deleted(), gone), (desired(), dead)] {
        let decision = decided(&desired, sighting, linked(here(), Origin::Created));
        assert_eq!(Some(&decision.row), guard.clone().map(Row::Held).as_ref());
        assert!(rests(&decision));
        assert!(decision.record.link.is_some());
    }
}

#[test]
fn left_in_place_when_deleted_under_retain_or_hands_off_or_with_the_claim_lost() {
    let record = linked(here(), Origin::Created);
    let retain = |policy: &mut Policy| policy.deletion = DeletionPolicy::Retain;
    let observe = |policy: &mut Policy| policy.management = ManagementPolicy::Observe;
    let suspend = |policy: &mut Policy| policy.suspend = true;
    let kept = [with_policy(retain), with_policy(observe), with_policy(suspend)];
    let lost = Desired { standing: Standing::Claimed("other/one".into()), ..desired() };
    for desired in kept.into_iter().chain([lost]) {
        let decision = decided(&Desired { terminating: true, ..desired }, seen(alive(here())), record.clone());
        assert_eq!(decision.row, Row::LeftInPlace);
        assert!(releases(&decision));
        assert_eq!(decision.cause.unwrap().reason, Reason::LeftInPlace);
    }
}

#[test]
fn nothing_ours_when_deleted_with_a_found_link_or_none_on_record() {
    for record in [Record::default(), linked(here(), Origin::Found)] {
        let decision = decided(&deleted(), seen(alive(here())), record);
        assert_eq!(decision.row, Row::NothingOurs);
        assert!(releases(&decision));
    }
}

#[test]
fn blocked_when_deleted_and_nothing_can_be_seen() {
    let record = linked(here(), Origin::Created);
    let notice = Notice::new(Reason::AccountNotFound, "there is no account");
    let refused = Desired { standing: Standing::Refused(notice), ..deleted() };
    let cases = [
        (refused, seen(LinkSeen::Absent)),
        (deleted(), Sighting { trouble: troubled(Reason::Throttled).trouble, ..proven(LinkSeen::Absent) }),
        (deleted(), Sighting::none()),
    ];
    for (desired, sighting) in cases {
        let decision = decided(&desired, sighting, record.clone());
        assert!(matches!(decision.row, Row::Blocked(_)), "{:?}", decision.row);
        assert!(rests(&decision));
        assert_eq!(decision.record, record);
    }
}

#[test]
fn gone_when_deleted_and_the_machine_or_the_link_is_proven_gone() {
    let returned = Sighting { machine: MachineSeen::Gone, ..seen(alive(here())) };
    // Where the record loses the link first, it is the row for nothing of ours that lets go.
    for (sighting, row) in [(returned, Row::Gone), (proven(LinkSeen::Absent), Row::NothingOurs)] {
        let decision = decided(&deleted(), sighting, linked(here(), Origin::Created));
        assert_eq!(decision.row, row);
        assert!(releases(&decision));
    }
    let record = linked(here(), Origin::Created);
    let found = crate::link::verdict(&deleted(), &proven(LinkSeen::Absent), &record, None, (tempo(), t(NOW)));
    assert_eq!(found.row, Row::Gone);
}

#[test]
fn vanishing_when_deleted_and_the_link_was_not_seen_in_the_last_look() {
    for link in [LinkSeen::Absent, alive(there())] {
        let decision = decided(&deleted(), seen(link), linked(here(), Origin::Adopted));
        assert_eq!(decision.row, Row::Vanishing);
        assert!(rests(&decision));
        assert_eq!(decision.watch.need.unwrap().after, t(9000 + SWEEP), "a sweep interval after the first look");
    }
}

#[test]
fn detach_when_deleted_and_our_link_is_seen_alive_or_dead() {
    for origin in [Origin::Created, Origin::Adopted] {
        for link in [alive(here()), LinkSeen::Dead(row_to(here())), LinkSeen::Suspect(row_to(here()))] {
            let decision = decided(&deleted(), seen(link), linked(here(), origin));
            assert_eq!(decision.row, Row::Detach);
            assert_eq!(change(&decision), Some((Operation::Detach, here())));
            assert_eq!(decision.finalizer, Finalizer::Need);
        }
    }
}

#[test]
fn not_accepted_when_specification_account_namespace_or_claim_forbid_it() {
    let standings = [
        Standing::Claimed("other/one".into()),
        Standing::Refused(Notice::new(Reason::NamespaceNotAllowed, "not from here")),
    ];
    for standing in standings {
        let decision = decided(&Desired { standing, ..desired() }, seen(LinkSeen::Absent), Record::default());
        assert!(matches!(decision.row, Row::NotAccepted(_)));
        assert!(rests(&decision));
    }
    let unreadable = Desired { vpc: None, ..desired() };
    let decision = decided(&unreadable, seen(LinkSeen::Absent), Record::default());
    assert!(matches!(decision.row, Row::NotAccepted(notice) if notice.reason == Reason::InvalidId));
}

#[test]
fn unknown_when_the_last_look_failed_or_none_was_made() {
    let trouble = Sighting { trouble: troubled(Reason::Throttled).trouble, ..seen(LinkSeen::Absent) };
    let blind = Sighting { machine: MachineSeen::Unlooked, ..seen(LinkSeen::Absent) };
    for sighting in [trouble, blind, seen(LinkSeen::Unlooked), Sighting::none()] {
        let decision = decided(&desired(), sighting, linked(here(), Origin::Created));
        assert!(matches!(decision.row, Row::Unknown(_)), "{:?}", decision.row);
        assert!(rests(&decision));
        assert!(decision.watch.need.is_some(), "it goes on looking");
    }
}

#[test]
fn returned_when_the_machine_is_proven_gone() {
    let gone = || Sighting { machine: MachineSeen::Gone, ..seen(LinkSeen::Absent) };
    let decision = decided(&desired(), gone(), linked(here(), Origin::Created));
    assert_eq!((decision.row, decision.step), (Row::Returned, Step::RemoveObject));
    let retain = with_policy(|policy| policy.on_return = InstanceReturnPolicy::Retain);
    for desired in [retain, with_policy(|policy| policy.suspend = true)] {
        let decision = decided(&desired, gone(), linked(here(), Origin::Created));
        assert_eq!(decision.row, Row::Returned);
        assert!(rests(&decision));
    }
}

#[test]
fn missing_when_the_machine_was_seen_before_and_is_not_listed() {
    let missing = Sighting { machine: MachineSeen::Missing { since: t(9000) }, ..seen(LinkSeen::Absent) };
    let decision = decided(&desired(), missing, linked(here(), Origin::Created));
    assert_eq!(decision.row, Row::Missing(t(9000)));
    assert!(rests(&decision));
}

#[test]
fn not_found_when_the_machine_was_never_seen() {
    let never = Sighting { machine: MachineSeen::NeverSeen, ..seen(LinkSeen::Absent) };
    let decision = decided(&desired(), never, Record::default());
    assert_eq!(decision.row, Row::NotFound);
    assert!(rests(&decision));
}

#[test]
fn refusing_when_a_found_link_is_alive_and_the_policy_is_to_refuse_it() {
    let refuse = with_policy(|policy| policy.existing = ExistingLink::Refuse);
    let decision = decided(&refuse, seen(alive(here())), Record::default());
    assert_eq!(decision.row, Row::Refusing);
    assert_eq!(decision.record.link, None, "what is refused is not used");
    let ours = decided(&refuse, seen(alive(here())), linked(here(), Origin::Created));
    assert_eq!(ours.row, Row::Linked { verified: true }, "what we made was not there before");
}

#[test]
fn linked_when_a_link_to_the_wanted_vpc_is_alive() {
    let unverified = LinkSeen::Unverified(LinkRow { vpc: here(), private_ip: None });
    for (link, verified) in [(alive(here()), true), (unverified, false)] {
        for record in [Record::default(), linked(here(), Origin::Created), linked(here(), Origin::Found)] {
            let decision = decided(&desired(), seen(link.clone()), record);
            assert_eq!(decision.row, Row::Linked { verified });
            assert!(rests(&decision));
            assert!(decision.watch.verify, "it matters for which address it was made");
        }
    }
}

#[test]
fn suspect_when_the_link_was_seen_dead_once() {
    let decision = decided(&desired(), seen(LinkSeen::Suspect(row_to(here()))), linked(here(), Origin::Created));
    assert_eq!(decision.row, Row::Suspect);
    assert!(rests(&decision));
    assert_eq!(decision.watch.need.unwrap().after, t(9005), "the second look comes five seconds later");
}

#[test]
fn move_when_the_link_leads_elsewhere_and_is_ours() {
    for link in [alive(there()), LinkSeen::Dead(row_to(there())), LinkSeen::Suspect(row_to(there()))] {
        let decision = decided(&desired(), seen(link), linked(there(), Origin::Created));
        assert_eq!(decision.row, Row::Move(there()));
        assert_eq!(change(&decision), Some((Operation::Detach, there())));
    }
}

#[test]
fn no_move_begins_until_it_is_known_that_the_new_vpc_can_take_the_link() {
    let switched_off = Vpc { cidr_allowed: Some(true), cidr: "10.0.0.0/16".into(), classic_link_enabled: false };
    for (vpc, reason) in [
        (VpcSeen::Missing, Reason::VpcNotFound),
        (VpcSeen::Full { most: 100 }, Reason::QuotaExceeded),
        (VpcSeen::Seen(switched_off), Reason::ClassicLinkDisabled),
        (VpcSeen::Unknown(Notice::new(Reason::PermissionDenied, "may not be read")), Reason::PermissionDenied),
    ] {
        let sighting = Sighting { vpc, ..seen(alive(there())) };
        let decision = decided(&desired(), sighting, linked(there(), Origin::Created));
        let Row::NoVpc(Some(notice)) = &decision.row else { panic!("{:?}", decision.row) };
        assert_eq!(notice.reason, reason);
        assert!(notice.message.ends_with("the link to vpc-there is kept"), "{}", notice.message);
        assert!(rests(&decision));
        assert_eq!(decision.watch.vpc, Some(here()), "it comes back once the VPC has changed");
    }
    let unread = Sighting { vpc: VpcSeen::Unlooked, ..seen(alive(there())) };
    let decision = decided(&desired(), unread, linked(there(), Origin::Created));
    assert_eq!((&decision.row, decision.watch.vpc.clone()), (&Row::NoVpc(None), Some(here())));
    assert!(rests(&decision));
    let starting = Machine { state: MachineState::NotReady, ..machine() };
    let not_ready = Sighting { machine: MachineSeen::Listed(starting), ..seen(alive(there())) };
    let decision = decided(&desired(), not_ready, linked(there(), Origin::Created));
    assert!(matches!(decision.row, Row::NotLinkable(notice) if notice.reason == Reason::InstanceNotReady));
}

#[test]
fn elsewhere_when_the_link_leads_elsewhere_and_is_not_ours() {
    for record in [Record::default(), linked(there(), Origin::Found), linked(here(), Origin::Created)] {
        let decision = decided(&desired(), seen(alive(there())), record);
        assert_eq!(decision.row, Row::Elsewhere(there()));
        assert!(rests(&decision));
        assert!(!decision.watch.verify, "it does not matter for which address somebody else's was made");
    }
}

#[test]
fn dead_when_the_link_is_dead_and_ours() {
    let dead = LinkRow { vpc: here(), private_ip: Some(ip(9)) };
    let decision = decided(&desired(), seen(LinkSeen::Dead(dead.clone())), linked(here(), Origin::Adopted));
    assert_eq!(decision.row, Row::Dead(dead));
    assert_eq!(change(&decision), Some((Operation::Detach, here())));
    let cause = decision.cause.unwrap();
    assert!(cause.message.contains("10.0.0.9") && cause.message.contains("10.0.0.1"), "{}", cause.message);
    let bare = LinkSeen::Dead(LinkRow { vpc: here(), private_ip: None });
    let cause = decided(&desired(), seen(bare), linked(here(), Origin::Adopted)).cause.unwrap();
    assert!(cause.message.contains("from unknown to 10.0.0.1"), "it was seen, not made for it: {}", cause.message);
}

#[test]
fn dead_found_when_the_link_is_dead_and_not_ours() {
    for record in [Record::default(), linked(here(), Origin::Found)] {
        let decision = decided(&desired(), seen(LinkSeen::Dead(row_to(here()))), record);
        assert_eq!(decision.row, Row::DeadFound);
        assert!(rests(&decision));
        assert!(decision.watch.verify, "it may have been repaired when somebody asks for a look");
    }
}

#[test]
fn not_linkable_when_there_is_no_link_and_network_or_state_of_the_machine_forbid_one() {
    let cases = [
        (Network::Vpc, MachineState::Linkable, Reason::InstanceNotClassic),
        (Network::Classic, MachineState::NotReady, Reason::InstanceNotReady),
        (Network::Classic, MachineState::Returning, Reason::InstanceNotReady),
    ];
    for (network, state, reason) in cases {
        let machine = MachineSeen::Listed(Machine { network, state, ..machine() });
        let without =
            decided(&desired(), Sighting { machine: machine.clone(), ..seen(LinkSeen::Absent) }, Record::default());
        assert!(matches!(&without.row, Row::NotLinkable(notice) if notice.reason == reason), "{:?}", without.row);
        assert!(rests(&without));
        let with = decided(&desired(), Sighting { machine, ..seen(alive(here())) }, linked(here(), Origin::Created));
        assert_eq!(with.row, Row::Linked { verified: true }, "a living link is not made red by the machine's state");
    }
}

#[test]
fn lost_when_a_found_link_was_not_seen_in_the_last_look() {
    let decision = decided(&desired(), seen(LinkSeen::Absent), linked(here(), Origin::Found));
    assert_eq!(decision.row, Row::Lost);
    assert!(rests(&decision));
    assert_eq!(decision.watch.need.unwrap().after, t(9000 + SWEEP));
}

#[test]
fn no_vpc_when_the_vpc_is_missing_full_cannot_be_linked_or_was_not_read() {
    let facts = |cidr_allowed, classic_link_enabled| {
        VpcSeen::Seen(Vpc { cidr_allowed, cidr: "192.168.0.0/16".into(), classic_link_enabled })
    };
    let cases = [
        (VpcSeen::Missing, Some(Reason::VpcNotFound)),
        (facts(Some(false), true), Some(Reason::CidrNotSupported)),
        (facts(None, false), Some(Reason::ClassicLinkDisabled)),
        (VpcSeen::Full { most: 100 }, Some(Reason::QuotaExceeded)),
        (VpcSeen::Unknown(Notice::new(Reason::Throttled, "slow down")), Some(Reason::Throttled)),
        (VpcSeen::Unlooked, None),
    ];
    for (vpc, reason) in cases {
        let decision = decided(&desired(), Sighting { vpc, ..seen(LinkSeen::Absent) }, Record::default());
        let Row::NoVpc(notice) = &decision.row else { panic!("{:?}", decision.row) };
        assert_eq!(notice.as_ref().map(|notice| notice.reason), reason);
        assert!(rests(&decision));
        assert_eq!(decision.watch.vpc, Some(here()), "its facts are asked for");
    }
}

#[test]
fn refused_when_the_cloud_refused_this_generation_and_it_is_not_yet_time() {
    let waiting = |link, record, desired: &Desired| {
        let observed = Observed { not_before: Some(t(NOW + 1)), ..observed(seen(link), record) };
        decide(desired, &observed, tempo(), t(NOW))
    };
    let decision = waiting(LinkSeen::Absent, refused(Reason::QuotaExceeded, 0, 1), &desired());
    assert_eq!(decision.row, Row::Refused);
    assert!(rests(&decision));
    // A removal that was refused waits for its beat like anything else.
    for (desired, origin) in [(desired(), there()), (deleted(), here())] {
        let record = Record { link: linked(origin.clone(), Origin::Created).link, ..refused(Reason::Refused, 0, 1) };
        let decision = waiting(alive(origin), record, &desired);
        assert_eq!(decision.row, Row::Refused);
        assert!(rests(&decision));
    }
}

#[test]
fn attach_when_there_is_no_link() {
    for record in [Record::default(), linked(here(), Origin::Created)] {
        let decision = decided(&desired(), seen(LinkSeen::Absent), record);
        assert_eq!(decision.row, Row::Attach);
        assert_eq!(change(&decision), Some((Operation::Attach, here())));
        assert_eq!(decision.finalizer, Finalizer::Need);
    }
    let proven = decided(&desired(), proven(LinkSeen::Absent), linked(here(), Origin::Found));
    assert_eq!((proven.row, proven.record.link), (Row::Attach, None), "a found link that went is attached anew");
}

#[test]
fn hands_off_when_a_change_is_due_and_the_policies_forbid_it() {
    let observe = with_policy(|policy| policy.management = ManagementPolicy::Observe);
    let suspend = with_policy(|policy| policy.suspend = true);
    for (desired, reason) in [(observe, Reason::Differs), (suspend, Reason::Suspended)] {
        let due = [
            (LinkSeen::Absent, Record::default()),
            (alive(there()), linked(there(), Origin::Created)),
            (LinkSeen::Dead(row_to(here())), linked(here(), Origin::Created)),
        ];
        for (link, record) in due {
            let decision = decided(&desired, seen(link), record);
            assert_eq!(decision.row, Row::HandsOff(reason));
            assert!(rests(&decision));
        }
        let wanted = decided(&desired, seen(alive(here())), linked(here(), Origin::Created));
        assert_eq!(wanted.row, Row::Linked { verified: true });
    }
}
