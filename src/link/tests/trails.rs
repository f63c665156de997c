//! How looks become a sighting.

use super::*;
use crate::link::{LinkLook, MachineLook, Trail};

fn listed(addresses: &[u8]) -> MachineLook {
    MachineLook::Listed(Machine { addresses: addresses.iter().map(|last| ip(*last)).collect(), ..machine() })
}

fn absent(others_seen: bool) -> MachineLook {
    MachineLook::NotListed { others_seen }
}

fn to(vpc: VpcId, address: Option<u8>) -> LinkLook {
    LinkLook::Row(LinkRow { vpc, private_ip: address.map(ip) })
}

/// What a trail amounts to on a cloud whose links die with the address.
fn sighting(trail: &Trail) -> Sighting {
    trail.sighting(true, true, tempo())
}

/// The same, where the machine is listed: without it, no absence proves anything.
fn beside_its_machine(trail: &Trail) -> Sighting {
    Sighting { machine: MachineSeen::Listed(machine()), ..sighting(trail) }
}

fn both(trail: &mut Trail, at: i64, machine: MachineLook, link: LinkLook) {
    trail.machine(t(at), machine, tempo());
    trail.link(t(at), link);
}

#[test]
fn nothing_was_seen_before_the_first_look() {
    let none = sighting(&Trail::default());
    assert_eq!(none, Sighting::none());
}

#[test]
fn a_list_of_one_vpc_does_not_hide_a_link_to_another() {
    let mut trail = Trail::default();
    both(&mut trail, 0, listed(&[1]), to(there(), Some(1)));
    trail.link(t(10), LinkLook::NotIn(here()));
    assert_eq!(sighting(&trail).link, alive(there()));
    assert_eq!(sighting(&trail).looked, Some(t(0)), "it is no look at the other link");
    trail.link(t(20), LinkLook::NotIn(there()));
    assert_eq!(sighting(&trail).link, LinkSeen::Absent);
}

#[test]
fn a_list_of_all_that_does_not_hold_the_machine_shows_that_there_is_no_link() {
    let mut trail = Trail::default();
    both(&mut trail, 0, listed(&[1]), to(there(), Some(1)));
    trail.link(t(10), LinkLook::Nowhere);
    let seen = sighting(&trail);
    assert_eq!((seen.link, seen.looked, seen.agreed), (LinkSeen::Absent, Some(t(10)), Some(t(10))));
}

#[test]
fn absence_is_proven_by_looks_that_agree_for_the_span_and_by_nothing_less() {
    let mut trail = Trail::default();
    let span = tempo().sweep();
    trail.link(t(0), LinkLook::Nowhere);
    assert!(!beside_its_machine(&trail).is_absent_for(&here(), span), "one empty list proves nothing");
    trail.link(t(59), LinkLook::Nowhere);
    assert!(!beside_its_machine(&trail).is_absent_for(&here(), span));
    trail.link(t(60), LinkLook::Nowhere);
    assert!(beside_its_machine(&trail).is_absent_for(&here(), span));
    trail.link(t(70), to(here(), Some(1)));
    trail.link(t(80), LinkLook::Nowhere);
    assert!(!beside_its_machine(&trail).is_absent_for(&here(), span), "it came back in between");
}

#[test]
fn where_the_machine_is_not_seen_an_empty_list_of_links_proves_nothing() {
    let blind = |machine| Sighting { machine, ..proven(LinkSeen::Absent) }.is_absent_for(&here(), tempo().sweep());
    assert!(!blind(MachineSeen::Missing { since: t(0) }));
    assert!(!blind(MachineSeen::NeverSeen));
    assert!(!blind(MachineSeen::Unlooked));
    assert!(blind(MachineSeen::Gone) && blind(MachineSeen::Listed(machine())));
    let guard = Some(Notice::new(Reason::MassReturnSuspected, "say so"));
    let guarded = Sighting { machine: MachineSeen::Gone, guard, ..proven(LinkSeen::Absent) };
    assert!(!guarded.is_absent_for(&here(), tempo().sweep()));
}

#[test]
fn a_link_that_leads_elsewhere_is_absent_from_where_it_was() {
    let mut trail = Trail::default();
    trail.link(t(0), to(there(), Some(1)));
    trail.link(t(60), to(there(), Some(1)));
    assert!(beside_its_machine(&trail).is_absent_for(&here(), tempo().sweep()));
    assert!(!beside_its_machine(&trail).is_absent_for(&there(), tempo().sweep()));
}

#[test]
fn an_older_look_is_no_news() {
    let mut trail = Trail::default();
    both(&mut trail, 10, listed(&[1]), to(here(), Some(1)));
    both(&mut trail, 9, absent(true), LinkLook::Nowhere);
    let seen = sighting(&trail);
    assert_eq!((seen.link, seen.looked), (alive(here()), Some(t(10))));
    assert!(matches!(seen.machine, MachineSeen::Listed(_)));
}

#[test]
fn a_change_makes_older_looks_stale() {
    let mut trail = Trail::default();
    both(&mut trail, 0, listed(&[1]), LinkLook::Nowhere);
    both(&mut trail, 60, listed(&[1]), LinkLook::Nowhere);
    trail.stale(t(61));
    assert!(trail.is_stale());
    assert_eq!((sighting(&trail).link, sighting(&trail).looked), (LinkSeen::Unlooked, None));
    trail.link(t(60), LinkLook::Nowhere);
    assert_eq!(sighting(&trail).link, LinkSeen::Unlooked, "begun before the change");
    trail.link(t(62), LinkLook::Nowhere);
    let seen = sighting(&trail);
    assert_eq!(seen.link, LinkSeen::Absent);
    assert!(!seen.is_absent_for(&here(), tempo().sweep()), "agreement counts from the change on");
    trail.stale(t(10));
    assert!(!trail.is_stale(), "an older change does not unsettle what was seen since");
}

#[test]
fn a_dead_record_needs_two_looks_five_seconds_apart() {
    let mut trail = Trail::default();
    let row = LinkRow { vpc: here(), private_ip: Some(ip(1)) };
    both(&mut trail, 0, listed(&[1]), to(here(), Some(1)));
    assert_eq!(sighting(&trail).link, LinkSeen::Alive(row.clone()));
    for at in [10, 14] {
        both(&mut trail, at, listed(&[2]), to(here(), Some(1)));
        assert_eq!(sighting(&trail).link, LinkSeen::Suspect(row.clone()));
    }
    trail.link(t(15), to(here(), Some(1)));
    assert_eq!(sighting(&trail).link, LinkSeen::Suspect(row.clone()), "the machine was not looked at again");
    both(&mut trail, 15, listed(&[2]), to(here(), Some(1)));
    assert_eq!(sighting(&trail).link, LinkSeen::Dead(row.clone()));
    both(&mut trail, 16, listed(&[2, 1]), to(here(), Some(1)));
    assert_eq!(sighting(&trail).link, LinkSeen::Alive(row), "any of the present addresses will do");
}

#[test]
fn an_address_that_changes_again_starts_the_proof_anew() {
    let mut trail = Trail::default();
    both(&mut trail, 0, listed(&[2]), to(here(), Some(1)));
    both(&mut trail, 6, listed(&[3]), to(here(), Some(1)));
    assert!(matches!(sighting(&trail).link, LinkSeen::Suspect(_)));
    both(&mut trail, 11, listed(&[3]), to(here(), Some(1)));
    assert!(matches!(sighting(&trail).link, LinkSeen::Dead(_)));
}

#[test]
fn the_proof_of_a_dead_record_begins_after_the_last_change() {
    let mut trail = Trail::default();
    both(&mut trail, 0, listed(&[2]), to(here(), Some(1)));
    trail.stale(t(3));
    both(&mut trail, 6, listed(&[2]), to(here(), Some(1)));
    assert!(matches!(sighting(&trail).link, LinkSeen::Suspect(_)));
    both(&mut trail, 8, listed(&[2]), to(here(), Some(1)));
    assert!(matches!(sighting(&trail).link, LinkSeen::Dead(_)));
}

#[test]
fn a_machine_listed_without_addresses_is_unknown_not_different() {
    let mut trail = Trail::default();
    for at in [0, 10, 20] {
        both(&mut trail, at, listed(&[]), to(here(), Some(1)));
        assert_eq!(sighting(&trail).link, alive(here()));
    }
}

#[test]
fn where_the_list_tells_no_address_the_remembered_one_is_compared() {
    let mut trail = Trail::default();
    both(&mut trail, 0, listed(&[2]), to(here(), None));
    assert!(matches!(sighting(&trail).link, LinkSeen::Unverified(_)), "nothing is remembered of a found link");
    trail.remember(Remembered::MadeFor(ip(2)));
    assert!(matches!(sighting(&trail).link, LinkSeen::Alive(_)));
    trail.remember(Remembered::MadeFor(ip(1)));
    assert!(matches!(sighting(&trail).link, LinkSeen::Suspect(_)));
    both(&mut trail, 5, listed(&[2]), to(here(), None));
    assert!(matches!(sighting(&trail).link, LinkSeen::Dead(_)));
}

#[test]
fn where_links_survive_a_change_of_address_none_is_dead() {
    let mut trail = Trail::default();
    both(&mut trail, 0, listed(&[2]), to(here(), Some(1)));
    both(&mut trail, 10, listed(&[2]), to(here(), Some(1)));
    assert_eq!(trail.sighting(true, false, tempo()).link, alive(here()));
}

#[test]
fn a_machine_that_was_never_seen_is_not_returned() {
    let mut trail = Trail::default();
    for at in 0..20 {
        trail.machine(t(at * SWEEP), absent(true), tempo());
        assert_eq!(trail.sighting(false, true, tempo()).machine, MachineSeen::NeverSeen);
    }
}

#[test]
fn a_machine_seen_in_a_returning_state_and_then_absent_is_gone() {
    let mut trail = Trail::default();
    let returning = Machine { state: MachineState::Returning, ..machine() };
    trail.machine(t(0), MachineLook::Listed(returning.clone()), tempo());
    assert_eq!(trail.sighting(false, true, tempo()).machine, MachineSeen::Listed(returning));
    trail.machine(t(1), absent(false), tempo());
    assert_eq!(trail.sighting(false, true, tempo()).machine, MachineSeen::Gone);
}

#[test]
fn a_machine_absent_in_two_counted_looks_while_others_are_seen_is_gone() {
    let mut trail = Trail::default();
    trail.machine(t(0), absent(true), tempo());
    assert_eq!(sighting(&trail).machine, MachineSeen::Missing { since: t(0) });
    for at in [1, 30, 59] {
        trail.machine(t(at), absent(true), tempo());
        assert_eq!(sighting(&trail).machine, MachineSeen::Missing { since: t(0) }, "looks count a sweep apart");
    }
    trail.machine(t(SWEEP), absent(true), tempo());
    assert_eq!(sighting(&trail).machine, MachineSeen::Gone);
}

#[test]
fn where_no_machine_is_seen_five_counted_absences_over_ten_minutes_prove_a_return() {
    let mut trail = Trail::default();
    for at in (0..600).step_by(20) {
        trail.machine(t(at), absent(false), tempo());
        assert_eq!(sighting(&trail).machine, MachineSeen::Missing { since: t(0) }, "{at}");
    }
    trail.machine(t(600), absent(false), tempo());
    assert_eq!(sighting(&trail).machine, MachineSeen::Gone);
    let mut rare = Trail::default();
    for at in [0, 200, 400, 600] {
        rare.machine(t(at), absent(false), tempo());
        assert!(matches!(sighting(&rare).machine, MachineSeen::Missing { .. }), "four are not five");
    }
    rare.machine(t(800), absent(false), tempo());
    assert_eq!(sighting(&rare).machine, MachineSeen::Gone);
}

#[test]
fn a_machine_that_is_listed_again_starts_the_count_anew() {
    let mut trail = Trail::default();
    trail.machine(t(0), absent(true), tempo());
    trail.machine(t(30), listed(&[1]), tempo());
    trail.machine(t(SWEEP), absent(true), tempo());
    assert_eq!(sighting(&trail).machine, MachineSeen::Missing { since: t(SWEEP) });
}

#[test]
fn while_a_link_of_it_is_listed_a_machine_that_is_not_is_gone_only_after_ten_minutes() {
    let mut trail = Trail::default();
    both(&mut trail, -SWEEP, listed(&[1]), to(here(), Some(1)));
    for at in (0..600).step_by(60) {
        both(&mut trail, at, absent(true), to(here(), Some(1)));
        assert_eq!(sighting(&trail).machine, MachineSeen::Missing { since: t(0) }, "{at}");
    }
    let mut unlinked = trail.clone();
    both(&mut unlinked, 600, absent(true), LinkLook::Nowhere);
    assert_eq!(sighting(&unlinked).machine, MachineSeen::Gone, "its link went with it");
    both(&mut trail, 600, absent(true), to(here(), Some(1)));
    assert_eq!(sighting(&trail).machine, MachineSeen::Gone, "some clouds forget to tidy up");
}

#[test]
fn a_link_that_was_listed_before_the_machine_was_missed_says_nothing_about_its_return() {
    let mut trail = Trail::default();
    both(&mut trail, 0, listed(&[1]), to(here(), Some(1)));
    for at in [SWEEP, 2 * SWEEP] {
        trail.machine(t(at), absent(true), tempo());
    }
    assert_eq!(sighting(&trail).machine, MachineSeen::Gone);
}

#[test]
fn where_links_survive_a_change_of_address_one_of_a_machine_in_a_vpc_is_none() {
    let survives = |trail: &Trail| trail.sighting(true, false, tempo());
    let moved = || MachineLook::Listed(Machine { network: Network::Vpc, ..machine() });
    let mut trail = Trail::default();
    both(&mut trail, 0, listed(&[1]), to(here(), Some(1)));
    both(&mut trail, 100, moved(), to(here(), Some(1)));
    let once = survives(&trail);
    assert_eq!((&once.link, once.agreed), (&LinkSeen::Absent, Some(t(100))));
    assert!(!once.is_absent_for(&here(), tempo().sweep()), "one look is none");
    both(&mut trail, 100 + SWEEP, moved(), to(here(), Some(1)));
    assert!(survives(&trail).is_absent_for(&here(), tempo().sweep()));
    assert_eq!(sighting(&trail).link, alive(here()), "elsewhere the address tells");
}

#[test]
fn one_counted_look_that_saw_others_is_not_enough_among_blind_ones() {
    let mut trail = Trail::default();
    trail.machine(t(0), absent(false), tempo());
    trail.machine(t(SWEEP), absent(true), tempo());
    assert!(matches!(sighting(&trail).machine, MachineSeen::Missing { .. }));
    trail.machine(t(2 * SWEEP), absent(true), tempo());
    assert_eq!(sighting(&trail).machine, MachineSeen::Gone);
}
