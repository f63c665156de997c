//! The table as a whole: no row and no word is left out.

use std::collections::BTreeSet;

use classiclink::{api::Reason, link::Row};

use super::{good, held, leaving, refused};
use crate::state::State;

fn all() -> Vec<State> {
    [
        good::new(),
        good::changing(),
        good::alive(),
        good::edited(),
        good::healing(),
        good::waiting_for_the_cloud(),
        good::waiting_for_the_machine(),
        refused::by_a_rule(),
        refused::by_the_cloud(),
        refused::for_ever(),
        refused::somebody_elses(),
        refused::without_keys(),
        held::missing(),
        held::for_a_person(),
        held::returned(),
        held::hands_off(),
        leaving::before_anyone_saw_it(),
        leaving::detaching(),
        leaving::blocked(),
        leaving::going(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The number of rows.
const ROWS: usize = 28;

/// The place of a row in the list of them. A new one gets the next place, and the number above grows.
fn place(row: &Row) -> usize {
    match row {
        Row::Unsettled(_) => 0,
        Row::Stuck(_) => 1,
        Row::Forced => 2,
        Row::Held(_) => 3,
        Row::LeftInPlace => 4,
        Row::NothingOurs => 5,
        Row::Blocked(_) => 6,
        Row::Gone => 7,
        Row::Vanishing => 8,
        Row::Detach => 9,
        Row::NotAccepted(_) => 10,
        Row::Unknown(_) => 11,
        Row::Returned => 12,
        Row::Missing(_) => 13,
        Row::NotFound => 14,
        Row::Refusing => 15,
        Row::Linked { .. } => 16,
        Row::Suspect => 17,
        Row::Move(_) => 18,
        Row::Elsewhere(_) => 19,
        Row::Dead(_) => 20,
        Row::DeadFound => 21,
        Row::NotLinkable(_) => 22,
        Row::Lost => 23,
        Row::NoVpc(_) => 24,
        Row::Refused => 25,
        Row::Attach => 26,
        Row::HandsOff(_) => 27,
    }
}

#[test]
fn every_row_of_the_decision_is_among_the_states() {
    let judged: BTreeSet<usize> = all().iter().flat_map(|state| state.scene.rows()).map(place).collect();

    assert_eq!(judged.into_iter().collect::<Vec<_>>(), (0..ROWS).collect::<Vec<_>>());
}

/// Words that no condition `Ready` or `Stalled` ever has: of the condition `Accepted`, and of Events.
const ELSEWHERE: [Reason; 9] = [
    Reason::Accepted,
    Reason::PrivateIpChanged,
    Reason::AddressRules,
    Reason::LinkLost,
    Reason::FoundExistingLink,
    Reason::LeftInPlace,
    Reason::ForceReleased,
    Reason::Attached,
    Reason::Detached,
];

#[test]
fn every_word_of_the_list_is_told_by_a_state() {
    let words = |state: &State| -> Vec<String> {
        let conditions = state.scene.status().conditions.iter().filter(|condition| condition.type_ != "Accepted");
        conditions.map(|condition| condition.reason.clone()).collect()
    };
    let told: BTreeSet<String> = all().iter().flat_map(words).collect();

    let list = Reason::ALL.iter().filter(|reason| !ELSEWHERE.contains(reason));
    assert_eq!(told, list.map(ToString::to_string).collect());
}
