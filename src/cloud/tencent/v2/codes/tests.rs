//! What each name and each number means, and the documented codes against the tables.

use super::*;
use crate::cloud::{
    documented::{Documented, named},
    tencent::v2::wire,
};

const REFUSED: Kind = Kind::Refused(Reason::Refused);
// Every code, with its kind on an attach, on a detach and on a look.
const NAMES: [(&str, Kind, Kind, Kind); 7] = [
    ("InvalidVpc.NotFound", Kind::Missing, Kind::AlreadyGone, Kind::Missing),
    ("InvalidInstance.NotFound", Kind::Missing, Kind::AlreadyGone, Kind::Missing),
    ("InvalidLanIp.NotFound", Kind::Missing, Kind::Missing, Kind::Missing),
    ("InstanceLimitExceeded", Kind::Quota, Kind::Quota, Kind::Quota),
    ("InstanceAlreadyLinked", Kind::Conflict, Kind::Conflict, Kind::Conflict),
    ("ActionLocked", Kind::Busy, Kind::Busy, Kind::Busy),
    ("ServiceUnavailable", Kind::Transient, Kind::Transient, Kind::Transient),
];
const NUMBERS: [(&str, Kind, Kind, Kind); 22] = [
    ("4000", REFUSED, REFUSED, REFUSED),
    ("4100", Kind::KeyDenied, Kind::KeyDenied, Kind::KeyDenied),
    ("4101", Kind::PermissionDenied, Kind::PermissionDenied, Kind::PermissionDenied),
    ("4102", Kind::PermissionDenied, Kind::PermissionDenied, Kind::PermissionDenied),
    ("4103", Kind::PermissionDenied, Kind::PermissionDenied, Kind::PermissionDenied),
    ("4104", Kind::KeyDenied, Kind::KeyDenied, Kind::KeyDenied),
    ("4105", Kind::KeyDenied, Kind::KeyDenied, Kind::KeyDenied),
    ("4106", Kind::KeyDenied, Kind::KeyDenied, Kind::KeyDenied),
    ("4110", Kind::PermissionDenied, Kind::PermissionDenied, Kind::PermissionDenied),
    ("4200", Kind::KeyDenied, Kind::KeyDenied, Kind::KeyDenied),
    ("4300", Kind::KeyDenied, Kind::KeyDenied, Kind::KeyDenied),
    ("4400", Kind::Throttled, Kind::Throttled, Kind::Throttled),
    ("4500", Kind::Unclear, Kind::Unclear, Kind::Transient),
    ("4600", Kind::Offline, Kind::Offline, Kind::Offline),
    ("5000", Kind::Missing, Kind::AlreadyGone, Kind::Missing),
    ("5200", REFUSED, REFUSED, REFUSED),
    ("5300", REFUSED, REFUSED, REFUSED),
    ("5400", Kind::Partial, Kind::Partial, Kind::Partial),
    ("5500", Kind::KeyDenied, Kind::KeyDenied, Kind::KeyDenied),
    ("6000", Kind::Transient, Kind::Transient, Kind::Transient),
    ("6100", Kind::Offline, Kind::Offline, Kind::Offline),
    ("6200", Kind::Transient, Kind::Transient, Kind::Transient),
];
const LOOKS: [Action; 4] = [Action::ListLinks, Action::ListMachines, Action::ReadVpc, Action::ReadTask];

#[test]
fn each_name_has_its_kind_whatever_number_comes_with_it() {
    for (name, attach, detach, look) in NAMES {
        for number in ["4000", "5000", "5100", "7777", "0"] {
            assert_eq!(kind(Action::Attach, Some(name), number), Some(attach), "{name} {number}");
            assert_eq!(kind(Action::Detach, Some(name), number), Some(detach), "{name} {number}");
            for action in LOOKS {
                assert_eq!(kind(action, Some(name), number), Some(look), "{name} {number} {action:?}");
            }
        }
    }
}

#[test]
fn each_number_has_its_kind_where_no_known_name_comes_with_it() {
    for (number, attach, detach, look) in NUMBERS {
        for name in [None, Some("NobodyKnows")] {
            assert_eq!(kind(Action::Attach, name, number), Some(attach), "{number}");
            assert_eq!(kind(Action::Detach, name, number), Some(detach), "{number}");
            for action in LOOKS {
                assert_eq!(kind(action, name, number), Some(look), "{number} {action:?}");
            }
        }
    }
}

#[test]
fn a_question_about_a_task_that_fails_as_the_task_may_have_failed_tells_nothing() {
    for action in Action::ALL {
        let expected = if action == Action::ReadTask { Kind::Unclear } else { Kind::Transient };
        assert_eq!(kind(action, None, "5100"), Some(expected), "{action:?}");
    }
}

#[test]
fn an_unknown_code_has_no_kind() {
    for number in ["", "1", "4001", "9999", "InternalError"] {
        assert_eq!(kind(Action::Attach, Some("NobodyKnows"), number), None, "{number}");
    }
}

#[test]
fn a_wrong_clock_explains_a_refused_timestamp_and_nothing_else() {
    assert!(["4100", "4200", "4500"].into_iter().all(is_about_time));
    assert!(!NUMBERS.iter().any(|(number, ..)| is_about_time(number) && !matches!(*number, "4100" | "4200" | "4500")));
}

/// Every code of the documents.
fn documented() -> Vec<Documented> {
    Documented::all(include_str!("../../../../../tests/data/codes/tencent-v2.tsv"))
}

#[test]
fn every_documented_code_has_a_row_and_a_kind_that_follows_the_document() {
    for row in documented() {
        for action in Action::ALL.into_iter().filter(|action| row.is_of(*action, wire::name)) {
            // A name comes with a number that tells nothing; a number alone, or with a name that nobody knows.
            let is_name = row.code.parse::<u32>().is_err();
            let (name, number) = if is_name { (Some(row.code), "7777") } else { (None, row.code) };
            let kind = kind(action, name, number).unwrap_or_else(|| panic!("{row:?} has no row"));
            assert!(row.allows(kind), "{row:?} {action:?} {kind:?}");
        }
    }
}

#[test]
fn no_row_is_without_a_documented_code() {
    let documented = documented();
    let is_known = |name: &str| documented.iter().any(|row| row.code == name);
    let unknown: Vec<_> = named(include_str!("../codes.rs")).into_iter().filter(|name| !is_known(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
