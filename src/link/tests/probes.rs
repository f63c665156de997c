//! How asking for the links at a machine's addresses becomes a sighting.

use super::*;
use crate::link::{
    AddressLook::{self, Failed, Listed, NotListed},
    LinkLook, MachineLook, Question, Trail,
};

/// A trail over one link whose list tells no address.
#[derive(Default)]
struct Walk(Trail);

impl Walk {
    /// A look at the machine, which has these addresses, and at its link.
    fn looks(&mut self, at: i64, addresses: &[u8]) -> &mut Self {
        let addresses = addresses.iter().map(|last| ip(*last)).collect();
        self.0.machine(t(at), MachineLook::Listed(Machine { addresses, ..machine() }), tempo());
        self.0.link(t(at), LinkLook::Row(bare()));
        self
    }

    fn question(&self) -> Option<Question> {
        self.0.question(true, tempo())
    }

    /// Asks what is to be asked.
    fn asks(&mut self, at: i64, said: AddressLook) -> &mut Self {
        let question = self.question().expect("there is something to ask");
        assert!(question.after <= t(at), "not before {}", question.after);
        self.0.addresses(t(at), &question, said, tempo());
        self
    }

    fn wonders(&self) -> bool {
        self.0.sighting(true, true, tempo()).wondering
    }

    fn sees(&self) -> LinkSeen {
        self.0.sighting(true, true, tempo()).link
    }
}

fn bare() -> LinkRow {
    LinkRow { vpc: here(), private_ip: None }
}

fn unverified() -> LinkSeen {
    LinkSeen::Unverified(bare())
}

fn dead() -> Walk {
    let mut walk = Walk::default();
    walk.looks(0, &[1]).asks(1, NotListed).looks(5, &[1]).asks(6, NotListed);
    assert_eq!(walk.sees(), LinkSeen::Dead(bare()));
    walk
}

#[test]
fn a_link_listed_at_a_present_address_proves_nothing_and_is_asked_about_once() {
    let mut walk = Walk::default();
    walk.looks(0, &[2, 1]);
    let question = walk.question().unwrap();
    assert_eq!((question.vpc, question.addresses), (here(), [ip(1), ip(2)].into()));
    assert!(walk.wonders());
    walk.asks(1, Listed);
    for at in [60, 120] {
        walk.looks(at, &[1, 2]);
        assert_eq!((walk.sees(), walk.question()), (unverified(), None), "whatever the order of the addresses");
        assert!(!walk.wonders());
    }
}

#[test]
fn a_link_that_is_at_no_present_address_is_dead_in_two_sightings_five_seconds_apart() {
    let mut walk = Walk::default();
    walk.looks(0, &[1]).asks(1, NotListed);
    assert_eq!(walk.sees(), LinkSeen::Suspect(bare()));
    walk.looks(4, &[1]);
    assert_eq!(walk.question(), None, "the looks are not far enough apart");
    walk.looks(5, &[1]);
    assert_eq!(walk.question().unwrap().after, t(6), "nor are the questions");
    walk.asks(6, NotListed);
    assert_eq!(walk.sees(), LinkSeen::Dead(bare()));
    walk.looks(60, &[1]);
    assert_eq!((walk.sees(), walk.question()), (LinkSeen::Dead(bare()), None), "at rest nothing is asked");
}

#[test]
fn only_the_second_question_can_decide() {
    let mut walk = Walk::default();
    walk.looks(0, &[1]);
    assert!(!walk.question().unwrap().decides);
    walk.asks(1, NotListed).looks(5, &[1]);
    assert!(walk.question().unwrap().decides);
}

#[test]
fn a_link_listed_at_the_second_time_is_not_dead() {
    let mut walk = Walk::default();
    walk.looks(0, &[1]).asks(1, NotListed).looks(5, &[1]).asks(6, Listed);
    assert_eq!((walk.sees(), walk.question()), (unverified(), None));
}

#[test]
fn an_address_that_is_listed_late_starts_anew() {
    let mut walk = Walk::default();
    walk.looks(0, &[1]).asks(1, NotListed);
    let old = walk.looks(5, &[1]).question().unwrap();
    walk.looks(6, &[2]);
    assert_eq!(walk.sees(), unverified(), "what was answered was about another address");
    walk.0.addresses(t(7), &old, NotListed, tempo());
    assert_eq!(walk.sees(), unverified(), "so is what comes back now");
    walk.looks(8, &[1]);
    assert_eq!(walk.sees(), unverified(), "which one is true, nobody knows");
    assert!(!walk.question().unwrap().decides);
}

#[test]
fn a_link_that_went_and_came_back_is_asked_about_anew() {
    let mut walk = dead();
    walk.0.link(t(60), LinkLook::Nowhere);
    assert_eq!(walk.sees(), LinkSeen::Absent);
    walk.looks(120, &[1]);
    assert_eq!(walk.sees(), unverified());
    walk.asks(121, Listed);
    assert_eq!(walk.sees(), unverified());
}

#[test]
fn evidence_from_before_the_last_change_proves_nothing_and_is_no_all_clear() {
    let mut walk = dead();
    walk.0.stale(t(10));
    assert_eq!(walk.question(), None, "not before the next look");
    walk.looks(12, &[1]);
    assert_eq!(walk.sees(), LinkSeen::Suspect(bare()));
    walk.asks(13, NotListed).looks(17, &[1]);
    assert_eq!(walk.sees(), LinkSeen::Suspect(bare()), "the proof begins after the change");
    walk.asks(18, NotListed);
    assert_eq!(walk.sees(), LinkSeen::Dead(bare()));
}

#[test]
fn an_answer_that_fails_leaves_no_half_a_proof_and_is_asked_for_three_times() {
    let mut walk = Walk::default();
    walk.looks(0, &[1]).asks(1, NotListed).looks(5, &[1]).asks(6, Failed);
    assert_eq!(walk.sees(), unverified());
    assert_eq!(walk.question().unwrap().after, t(66), "a sweep interval later");
    walk.looks(65, &[1]).asks(66, Failed).looks(125, &[1]).asks(126, Failed);
    walk.looks(600, &[1]);
    assert_eq!(walk.question(), None, "a cloud that does not say is not asked for ever");
    assert!(!walk.wonders(), "nor waited for");
    walk.0.doubt();
    walk.asks(601, Listed);
    assert_eq!(walk.question(), None);
}

#[test]
fn somebody_who_repaired_a_dead_link_is_believed_once_he_asks_for_a_look() {
    let mut walk = dead();
    walk.0.doubt();
    walk.asks(100, Failed);
    assert_eq!(walk.sees(), LinkSeen::Dead(bare()), "no answer is none");
    walk.0.doubt();
    walk.asks(101, Listed);
    assert_eq!(walk.sees(), unverified());
}

#[test]
fn nothing_is_asked_where_the_address_is_known_or_differs_or_does_not_matter() {
    let mut walk = Walk::default();
    walk.looks(0, &[1]);
    walk.0.remember(Remembered::MadeFor(ip(1)));
    assert_eq!((walk.sees(), walk.question()), (LinkSeen::Alive(bare()), None));
    walk.0.remember(Remembered::Seen(ip(2)));
    assert_eq!((walk.sees(), walk.question()), (LinkSeen::Suspect(bare()), None), "it changed since it was seen");
    walk.0.remember(Remembered::Seen(ip(1)));
    assert_eq!(walk.sees(), unverified(), "it was seen with the link: that is no proof that it was made for it");
    assert!(walk.question().is_some());
    assert_eq!(walk.0.question(false, tempo()), None, "links of this cloud survive a change");
    walk.0.link(t(1), LinkLook::Row(LinkRow { private_ip: Some(ip(1)), ..bare() }));
    assert_eq!(walk.question(), None, "the list tells");
}

#[test]
fn nothing_is_asked_about_a_machine_without_addresses_and_nothing_is_said_of_its_link() {
    let mut walk = Walk::default();
    walk.looks(0, &[]);
    for remembered in [Remembered::Nothing, Remembered::Seen(ip(1))] {
        walk.0.remember(remembered);
        assert_eq!((walk.sees(), walk.question()), (unverified(), None));
    }
}
