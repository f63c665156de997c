//! The status that a decision amounts to: each line of the API's table of conditions, patience, and that writing twice
//! changes nothing.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::*;
use crate::{
    api::{
        ClassicLinkStatus, ConditionType, DeletionPolicy, ExistingLink, InstanceReturnPolicy, ManagementPolicy, find,
    },
    link::{Row, report},
};

/// The status of a new object, as the CRD's default has it.
fn fresh() -> ClassicLinkStatus {
    ClassicLinkStatus { conditions: vec![ready("Unknown", Reason::Pending, None)], ..ClassicLinkStatus::default() }
}

fn ready(status: &str, reason: Reason, generation: Option<i64>) -> Condition {
    Condition {
        type_: "Ready".into(),
        status: status.into(),
        reason: reason.to_string(),
        message: "before".into(),
        observed_generation: generation,
        last_transition_time: Time(generation.map_or(Timestamp::UNIX_EPOCH, |_| t(1))),
    }
}

fn standing(status: &str, reason: Reason) -> ClassicLinkStatus {
    ClassicLinkStatus {
        observed_generation: Some(1),
        conditions: vec![ready(status, reason, Some(1))],
        ..ClassicLinkStatus::default()
    }
}

/// The status after one decision at `now`, written twice and a third time later: nothing may move.
fn told_at(desired: &Desired, observed: &Observed, before: &ClassicLinkStatus, now: i64) -> ClassicLinkStatus {
    let decision = decide(desired, observed, tempo(), t(now));
    let write =
        |before: &ClassicLinkStatus, now| report(desired, &observed.sighting, &decision, before, (tempo(), t(now)));
    let once = write(before, now);
    assert_eq!(write(&once, now), once, "writing twice changes nothing");
    assert_eq!(write(&once, now + 1), once, "nothing moves while nothing happens");
    once
}

fn told(desired: &Desired, sighting: Sighting, record: Record, before: &ClassicLinkStatus) -> ClassicLinkStatus {
    told_at(desired, &observed(sighting, record), before, NOW)
}

/// Ready's status and reason, and what stands beside it: "R" for `Reconciling`, "S" for `Stalled`.
fn summary(status: &ClassicLinkStatus) -> (String, String, &'static str) {
    let ready = find(&status.conditions, ConditionType::Ready).unwrap();
    let is = |type_| find(&status.conditions, type_).is_some_and(|condition| condition.status == "True");
    let beside = match (is(ConditionType::Reconciling), is(ConditionType::Stalled)) {
        (true, false) => "R",
        (false, true) => "S",
        (false, false) => "",
        (true, true) => "both",
    };
    (ready.status.clone(), ready.reason.clone(), beside)
}

fn says(status: &ClassicLinkStatus, ready: &str, reason: Reason, beside: &str) {
    assert_eq!(summary(status), (ready.into(), reason.to_string(), beside));
    let linked = find(&status.conditions, ConditionType::Linked).unwrap();
    assert_eq!((linked.status.as_str(), linked.reason.as_str()), (ready, reason.as_str()), "Linked carries the reason");
    for condition in &status.conditions {
        assert!(!condition.message.is_empty(), "{}", condition.type_);
        assert_eq!(condition.observed_generation, Some(1), "{}", condition.type_);
    }
    assert_eq!(status.observed_generation, Some(1));
}

#[test]
fn an_object_that_was_not_looked_at_stays_pending() {
    let status = told(&desired(), Sighting::none(), Record::default(), &fresh());
    assert_eq!(summary(&status), ("Unknown".into(), "Pending".into(), ""));
}

#[test]
fn a_change_under_way_is_attaching_moving_or_relinking() {
    let attach = || changing(task(Operation::Attach, here(), NOW - 5));
    let detach = || changing(task(Operation::Detach, here(), NOW - 5));
    let cases = [
        (attach(), fresh(), Reason::Attaching),
        (attach(), standing("False", Reason::Moving), Reason::Moving),
        (attach(), standing("False", Reason::Relinking), Reason::Relinking),
        (attach(), standing("True", Reason::Linked), Reason::Relinking),
        (attach(), standing("True", Reason::AddressUnverified), Reason::Relinking),
        (detach(), standing("False", Reason::Relinking), Reason::Relinking),
        (detach(), standing("False", Reason::Moving), Reason::Moving),
    ];
    for (record, before, reason) in cases {
        says(&told(&desired(), seen(LinkSeen::Absent), record, &before), "False", reason, "R");
    }
    let moving = told(&desired(), seen(alive(there())), linked(there(), Origin::Created), &fresh());
    says(&moving, "False", Reason::Moving, "R");
}

#[test]
fn a_link_that_was_seen_alive_is_ready_and_the_message_tells_what_decides_besides() {
    for origin in [Origin::Created, Origin::Adopted, Origin::Found] {
        let status = told(&desired(), seen(alive(here())), linked(here(), origin), &fresh());
        says(&status, "True", Reason::Linked, "");
        let message = &find(&status.conditions, ConditionType::Ready).unwrap().message;
        assert!(message.ends_with("security groups, network ACLs and routes decide what gets through"), "{message}");
        let accepted = find(&status.conditions, ConditionType::Accepted).unwrap();
        assert_eq!((accepted.status.as_str(), accepted.reason.as_str()), ("True", "Accepted"));
    }
    let bare = LinkSeen::Unverified(LinkRow { vpc: here(), private_ip: None });
    says(&told(&desired(), seen(bare), Record::default(), &fresh()), "True", Reason::AddressUnverified, "");
}

#[test]
fn a_link_that_was_found_dead_is_not_called_ready_by_a_new_process_before_the_cloud_was_asked() {
    let bare = LinkSeen::Unverified(LinkRow { vpc: here(), private_ip: None });
    let wondering = || Sighting { wondering: true, ..seen(bare.clone()) };
    let before = standing("False", Reason::NotOurs);
    let kept = told(&desired(), wondering(), linked(here(), Origin::Found), &before);
    assert_eq!(kept.conditions, before.conditions);
    let answered = told(&desired(), seen(bare.clone()), linked(here(), Origin::Found), &before);
    says(&answered, "True", Reason::AddressUnverified, "");
    let new = told(&desired(), wondering(), Record::default(), &fresh());
    says(&new, "True", Reason::AddressUnverified, "");
}

#[test]
fn a_dead_or_lost_link_is_relinking() {
    let before = standing("True", Reason::Linked);
    let dead = told(&desired(), seen(LinkSeen::Dead(row_to(here()))), linked(here(), Origin::Created), &before);
    says(&dead, "False", Reason::Relinking, "R");
    let lost = told(&desired(), seen(LinkSeen::Absent), linked(here(), Origin::Created), &before);
    says(&lost, "False", Reason::Relinking, "R");
}

#[test]
fn a_link_that_the_last_look_did_not_show_is_not_ready() {
    let before = standing("True", Reason::Linked);
    let found = told(&desired(), seen(LinkSeen::Absent), linked(here(), Origin::Found), &before);
    says(&found, "False", Reason::Relinking, "R");
    let unread = Sighting { vpc: VpcSeen::Unlooked, ..seen(LinkSeen::Absent) };
    let ours = told(&desired(), unread, linked(here(), Origin::Created), &before);
    says(&ours, "False", Reason::Relinking, "R");
}

#[test]
fn a_link_seen_dead_once_is_as_it_was() {
    let before = standing("True", Reason::Linked);
    let suspect = seen(LinkSeen::Suspect(row_to(here())));
    let status = told(&desired(), suspect, linked(here(), Origin::Created), &before);
    assert_eq!(status.conditions, before.conditions);
}

#[test]
fn what_passes_by_itself_is_reconciling_and_what_needs_someone_is_stalled() {
    let not = |network, state| {
        let machine = MachineSeen::Listed(Machine { network, state, ..machine() });
        Sighting { machine, ..seen(LinkSeen::Absent) }
    };
    let vpc = |vpc| Sighting { vpc, ..seen(LinkSeen::Absent) };
    let facts = |cidr_allowed, classic_link_enabled| {
        VpcSeen::Seen(Vpc { cidr_allowed, cidr: "192.168.0.0/16".into(), classic_link_enabled })
    };
    let never = Sighting { machine: MachineSeen::NeverSeen, ..seen(LinkSeen::Absent) };
    let cases = [
        (not(Network::Classic, MachineState::NotReady), Reason::InstanceNotReady, "R"),
        (not(Network::Vpc, MachineState::Linkable), Reason::InstanceNotClassic, "S"),
        (vpc(VpcSeen::Missing), Reason::VpcNotFound, "S"),
        (vpc(facts(Some(false), true)), Reason::CidrNotSupported, "S"),
        (vpc(facts(None, false)), Reason::ClassicLinkDisabled, "S"),
        (vpc(VpcSeen::Full { most: 100 }), Reason::QuotaExceeded, "S"),
        (seen(alive(there())), Reason::LinkedElsewhere, "S"),
        (seen(LinkSeen::Dead(row_to(here()))), Reason::NotOurs, "S"),
        (never, Reason::InstanceNotFound, "S"),
    ];
    for (sighting, reason, beside) in cases {
        says(&told(&desired(), sighting, Record::default(), &fresh()), "False", reason, beside);
    }
    let refuse = with_policy(|policy| policy.existing = ExistingLink::Refuse);
    let status = told(&refuse, seen(alive(here())), Record::default(), &fresh());
    says(&status, "False", Reason::ExistingLinkRefused, "S");
}

#[test]
fn a_refusal_is_told_with_the_clouds_words_and_does_not_move_when_it_is_tried_again() {
    let not_before = |record| Observed { not_before: Some(t(NOW + 9)), ..observed(seen(LinkSeen::Absent), record) };
    for (reason, ready, beside) in [
        (Reason::QuotaExceeded, "False", "S"),
        (Reason::Refused, "False", "S"),
        (Reason::InstanceBusy, "False", "R"),
        (Reason::PermissionDenied, "Unknown", "S"),
        (Reason::Throttled, "Unknown", "R"),
    ] {
        let record = refused(reason, 0, 1);
        let status = told_at(&desired(), &not_before(record.clone()), &fresh(), NOW);
        says(&status, ready, reason, beside);
        let message = &find(&status.conditions, ConditionType::Ready).unwrap().message;
        assert!(message.contains("full"), "{message}");
        let again = Record { task: Some(task(Operation::Attach, here(), NOW - 1)), ..record };
        let trying = told(&desired(), seen(LinkSeen::Absent), again, &status);
        assert_eq!(trying.conditions, status.conditions, "trying again writes the task only");
        assert_eq!(trying.refusal, status.refusal);
    }
}

#[test]
fn what_is_somebody_elses_is_stalled_and_not_accepted() {
    for reason in [
        Reason::NamespaceNotAllowed,
        Reason::AccountNotFound,
        Reason::AccountNotReady,
        Reason::AccountTerminating,
        Reason::InvalidId,
    ] {
        let desired = Desired { standing: Standing::Refused(Notice::new(reason, "not so")), ..desired() };
        let status = told(&desired, Sighting::none(), Record::default(), &fresh());
        says(&status, "False", reason, "S");
        let accepted = find(&status.conditions, ConditionType::Accepted).unwrap();
        assert_eq!((accepted.status.as_str(), accepted.reason.as_str()), ("False", reason.as_str()));
    }
    let claimed = Desired { standing: Standing::Claimed("other/one".into()), ..desired() };
    let status = told(&claimed, Sighting::none(), Record::default(), &fresh());
    says(&status, "False", Reason::ClaimedByOther, "S");
    assert!(find(&status.conditions, ConditionType::Ready).unwrap().message.contains("other/one"));
}

#[test]
fn a_look_that_fails_makes_unknown_what_was_never_good() {
    for (reason, beside) in [
        (Reason::Throttled, "R"),
        (Reason::ProviderUnavailable, "R"),
        (Reason::CredentialsMissing, "S"),
        (Reason::CredentialsRejected, "S"),
        (Reason::PermissionDenied, "S"),
        (Reason::ApiRetired, "S"),
    ] {
        says(&told(&desired(), troubled(reason), Record::default(), &fresh()), "Unknown", reason, beside);
    }
}

#[test]
fn a_good_ready_outlives_failed_looks_for_the_patience_and_no_longer() {
    let before = standing("True", Reason::Linked);
    let record = linked(here(), Origin::Created);
    let failing = || observed(troubled(Reason::CredentialsRejected), record.clone());
    let patient = told_at(&desired(), &failing(), &before, 9000 + SETTLING - 2);
    assert_eq!(patient.conditions, before.conditions);
    let decision = decide(&desired(), &failing(), tempo(), t(9100));
    assert_eq!(decision.revisit, crate::link::Revisit::At(t(9300)), "it comes back when the patience ends");
    let gone = told_at(&desired(), &failing(), &before, 9000 + SETTLING);
    says(&gone, "Unknown", Reason::CredentialsRejected, "S");
}

#[test]
fn a_linked_machine_that_is_not_listed_is_as_last_seen_until_the_patience_ends() {
    let missing = Sighting { machine: MachineSeen::Missing { since: t(9000) }, ..seen(LinkSeen::Absent) };
    let case = observed(missing, linked(here(), Origin::Created));
    let before = standing("True", Reason::Linked);
    assert_eq!(told_at(&desired(), &case, &before, 9298).conditions, before.conditions);
    says(&told_at(&desired(), &case, &before, 9300), "Unknown", Reason::InstanceMissing, "R");
}

#[test]
fn a_returned_machine_is_stalled_under_retain() {
    let retain = with_policy(|policy| policy.on_return = InstanceReturnPolicy::Retain);
    let gone = Sighting { machine: MachineSeen::Gone, ..seen(LinkSeen::Absent) };
    let status = told(&retain, gone, linked(here(), Origin::Created), &standing("True", Reason::Linked));
    says(&status, "False", Reason::InstanceReturned, "S");
}

#[test]
fn an_object_that_only_observes_says_whether_the_world_is_as_wanted() {
    let observe = with_policy(|policy| policy.management = ManagementPolicy::Observe);
    let suspend = with_policy(|policy| policy.suspend = true);
    for (desired, reason) in [(observe, Reason::Differs), (suspend, Reason::Suspended)] {
        says(&told(&desired, seen(LinkSeen::Absent), Record::default(), &fresh()), "False", reason, "S");
        says(&told(&desired, seen(alive(here())), Record::default(), &fresh()), "True", Reason::Linked, "");
    }
}

#[test]
fn a_deletion_is_detaching_and_stalled_while_someone_has_to_act() {
    let record = || linked(here(), Origin::Created);
    let before = standing("True", Reason::Linked);
    says(&told(&deleted(), seen(alive(here())), record(), &before), "False", Reason::Detaching, "R");
    says(&told(&deleted(), seen(LinkSeen::Absent), record(), &before), "False", Reason::Detaching, "R");
    says(&told(&deleted(), troubled(Reason::Throttled), record(), &before), "False", Reason::Detaching, "R");
    let keys = told(&deleted(), troubled(Reason::CredentialsRejected), record(), &before);
    says(&keys, "False", Reason::Detaching, "S");
    assert!(find(&keys.conditions, ConditionType::Ready).unwrap().message.contains("CredentialsRejected"));
}

#[test]
fn a_deletion_whose_removal_is_refused_says_why() {
    let record = Record { link: linked(here(), Origin::Created).link, ..refused(Reason::PermissionDenied, 0, 1) };
    let case = Observed { not_before: Some(t(NOW + 9)), ..observed(seen(alive(here())), record) };
    let status = told_at(&deleted(), &case, &standing("True", Reason::Linked), NOW);
    says(&status, "False", Reason::Detaching, "S");
    let message = &find(&status.conditions, ConditionType::Ready).unwrap().message;
    assert!(message.contains("PermissionDenied") && message.contains("full"), "{message}");
}

#[test]
fn what_keeps_a_change_from_being_followed_is_told_at_once_where_someone_has_to_act() {
    let record = || changing(task(Operation::Attach, here(), 8990));
    let gone = Notice::new(Reason::AccountNotFound, "there is no account");
    let refused = Desired { standing: Standing::Refused(gone), ..desired() };
    says(&told(&refused, seen(LinkSeen::Absent), record(), &fresh()), "False", Reason::AccountNotFound, "S");
    let keys = told(&desired(), troubled(Reason::CredentialsRejected), record(), &fresh());
    says(&keys, "Unknown", Reason::CredentialsRejected, "S");
    // It may pass: the change is under way, for all that is known.
    let away = observed(troubled(Reason::ProviderUnavailable), record());
    says(&told_at(&desired(), &away, &fresh(), 9298), "False", Reason::Attaching, "R");
    says(&told_at(&desired(), &away, &fresh(), 9300), "Unknown", Reason::ProviderUnavailable, "R");
    let decision = decide(&desired(), &away, tempo(), t(9100));
    assert_eq!(decision.revisit, crate::link::Revisit::At(t(9300)), "it comes back when the patience ends");
}

#[test]
fn a_deletion_with_a_change_under_way_says_what_keeps_it_from_ending() {
    let record =
        || Record { task: changing(task(Operation::Detach, here(), 8990)).task, ..linked(here(), Origin::Created) };
    let before = standing("True", Reason::Linked);
    says(&told(&deleted(), seen(LinkSeen::Unlooked), record(), &before), "False", Reason::Detaching, "R");
    let keys = told(&deleted(), troubled(Reason::CredentialsRejected), record(), &before);
    says(&keys, "False", Reason::Detaching, "S");
    let message = &find(&keys.conditions, ConditionType::Ready).unwrap().message;
    assert!(message.contains("CredentialsRejected"), "{message}");
}

#[test]
fn a_refusal_of_a_deletion_stands_while_it_is_looked_at_again() {
    let record = || Record { link: linked(here(), Origin::Created).link, ..refused(Reason::PermissionDenied, 0, 1) };
    let waiting = Observed { not_before: Some(t(NOW + 9)), ..observed(seen(alive(here())), record()) };
    let before = told_at(&deleted(), &waiting, &standing("True", Reason::Linked), NOW);
    let looking = told(&deleted(), seen(LinkSeen::Unlooked), record(), &before);
    assert_eq!(looking.conditions, before.conditions, "the conditions do not move when it is tried again");
}

#[test]
fn a_move_that_waits_for_the_new_vpc_is_a_move() {
    let unread = Sighting { vpc: VpcSeen::Unlooked, ..seen(alive(there())) };
    let status = told(&desired(), unread, linked(there(), Origin::Created), &standing("True", Reason::Linked));
    says(&status, "False", Reason::Moving, "R");
}

#[test]
fn the_time_of_a_transition_moves_only_with_the_status() {
    let before = standing("False", Reason::Attaching);
    let other = told(&desired(), seen(alive(there())), Record::default(), &before);
    let time =
        |status: &ClassicLinkStatus| find(&status.conditions, ConditionType::Ready).unwrap().last_transition_time.0;
    assert_eq!(time(&other), t(1), "another reason, the same status");
    assert_eq!(time(&told(&desired(), seen(alive(here())), Record::default(), &before)), t(NOW));
    assert_eq!(time(&told(&desired(), troubled(Reason::Throttled), Record::default(), &fresh())), t(NOW), "a default");
}

#[test]
fn the_generation_is_that_of_the_specification_that_was_judged() {
    let edited = Desired { generation: 7, ..desired() };
    let status = told(&edited, seen(alive(here())), Record::default(), &standing("True", Reason::Linked));
    assert_eq!(status.observed_generation, Some(7));
    assert!(status.conditions.iter().all(|condition| condition.observed_generation == Some(7)));
    let unseen = told(&edited, Sighting::none(), Record::default(), &standing("True", Reason::Linked));
    assert_eq!(unseen.observed_generation, Some(1), "nothing was judged yet");
}

#[test]
fn a_release_under_retain_tells_of_no_failure() {
    let retain = Desired { terminating: true, ..with_policy(|policy| policy.deletion = DeletionPolicy::Retain) };
    let decision = decided(&retain, seen(alive(here())), linked(here(), Origin::Created));
    assert_eq!(decision.row, Row::LeftInPlace);
    let status = told(&retain, seen(alive(here())), linked(here(), Origin::Created), &fresh());
    says(&status, "False", Reason::Detaching, "R");
}

#[test]
fn what_another_controller_wrote_into_the_conditions_stays() {
    let mut before = standing("True", Reason::Linked);
    let foreign = Condition { type_: "Audited".into(), ..ready("True", Reason::Linked, Some(1)) };
    before.conditions.push(foreign.clone());
    before.last_handled_check_at = Some("now".into());
    let status = told(&desired(), seen(LinkSeen::Absent), Record::default(), &before);
    assert!(status.conditions.contains(&foreign));
    assert_eq!(status.last_handled_check_at, before.last_handled_check_at);
}
