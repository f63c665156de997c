//! Clouds whose links outlive the address of their machine, and whose VPCs have rules that nothing here can check.

use super::*;
use crate::{
    api::{ConditionType, find},
    link::{LinkLook, MachineLook, Remembered, Row, Step, Trail, VpcSeen, report},
};

const CAUTION: Caution = Caution::Say("its range has a rule");

/// What such a cloud lists tells no address.
fn bare() -> LinkRow {
    LinkRow { vpc: here(), private_ip: None }
}

/// A link that is listed, of a machine with these addresses.
fn sighted(addresses: &[u8]) -> Sighting {
    let mut trail = Trail::default();
    let machine = Machine { addresses: addresses.iter().map(|last| ip(*last)).collect(), ..machine() };
    trail.machine(t(9000), MachineLook::Listed(machine), tempo());
    trail.link(t(9000), LinkLook::Row(bare()));
    trail.remember(Remembered::MadeFor(ip(1)));
    Sighting { vpc: VpcSeen::Unlooked, ..trail.sighting(true, false, tempo()) }
}

fn told_of(decision: &Decision, reason: Reason) -> Vec<&str> {
    decision.news.iter().filter(|notice| notice.reason == reason).map(|notice| notice.message.as_str()).collect()
}

#[test]
fn the_address_on_record_follows_the_machine_with_an_event_and_nothing_is_changed() {
    for origin in [Origin::Created, Origin::Adopted, Origin::Found] {
        let decision = decided(&desired(), sighted(&[9]), linked(here(), origin));
        assert_eq!((&decision.row, &decision.step), (&Row::Linked { verified: true }, &Step::Nothing));
        let link = decision.record.link.clone().unwrap();
        assert_eq!((link.private_ip, link.origin), (Some(ip(9)), origin));
        let told = told_of(&decision, Reason::PrivateIpChanged);
        assert_eq!(told, ["the private address changed from 10.0.0.1 to 10.0.0.9"]);
    }
}

#[test]
fn of_several_addresses_the_known_one_stays_in_whichever_order_they_are_listed() {
    let decision = decided(&desired(), sighted(&[9, 1]), linked(here(), Origin::Created));
    assert_eq!(decision.record.link.as_ref().unwrap().private_ip, Some(ip(1)));
    assert!(decision.news.is_empty());
}

#[test]
fn a_machine_that_is_listed_without_addresses_keeps_the_known_one() {
    let decision = decided(&desired(), sighted(&[]), linked(here(), Origin::Created));
    assert_eq!(decision.record.link.as_ref().unwrap().private_ip, Some(ip(1)));
    assert!(decision.news.is_empty());
}

#[test]
fn a_link_found_after_a_refused_attach_is_not_called_unverified() {
    let refused = Some(attempt(8000, Answer::Refused(denial())));
    let observed =
        Observed { attempt: refused, ..observed(sighted(&[1]), changing(task(Operation::Attach, here(), 8000))) };
    let decision = decide(&desired(), &observed, tempo(), t(NOW));
    assert_eq!(decision.row, Row::Linked { verified: true });
    assert_eq!(decision.record.link.unwrap().origin, Origin::Found);
}

#[test]
fn a_rule_that_nothing_can_check_is_told_once_for_each_new_link_and_stays_in_the_message() {
    let cautious = || Sighting { caution: CAUTION, ..seen(alive(here())) };
    let new = decided(&desired(), cautious(), changing(task(Operation::Attach, here(), 8000)));
    assert_eq!(told_of(&new, Reason::AddressRules), ["linked to vpc-here, but its range has a rule"]);
    let found = decided(&desired(), cautious(), Record::default());
    assert_eq!(told_of(&found, Reason::AddressRules).len(), 1);

    let later = decided(&desired(), cautious(), new.record);
    assert_eq!(told_of(&later, Reason::AddressRules), [""; 0]);
    let status = report(&desired(), &cautious(), &later, &crate::api::ClassicLinkStatus::default(), (tempo(), t(NOW)));
    let message = &find(&status.conditions, ConditionType::Ready).unwrap().message;
    assert!(message.starts_with("vpc-here: its range has a rule; "), "{message}");
    assert!(message.ends_with("decide what gets through"), "{message}");
}

#[test]
fn a_rule_of_the_wanted_vpc_is_not_told_of_another() {
    let elsewhere = Desired { vpc: Some(there()), ..desired() };
    let sighting = Sighting { caution: CAUTION, ..seen(alive(here())) };
    let decision = decided(&elsewhere, sighting, changing(task(Operation::Attach, here(), 8000)));
    assert_eq!(told_of(&decision, Reason::Attached).len(), 1);
    assert_eq!(told_of(&decision, Reason::AddressRules), [""; 0]);
}

#[test]
fn a_vpc_whose_rules_are_not_known_is_read_although_its_link_is_alive() {
    for (caution, reads) in [(Caution::Unread, true), (Caution::None, false), (CAUTION, false)] {
        let sighting = Sighting { caution, ..seen(alive(here())) };
        let decision = decided(&desired(), sighting, linked(here(), Origin::Created));
        assert_eq!(decision.watch.vpc.is_some(), reads, "{caution:?}");
    }
}
