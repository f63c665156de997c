//! What the codes of the API v2 mean, by action and code.
//!
//! The business name (`codeDesc`) decides first, the number (`code`) second: which number goes with which name is
//! documented nowhere. Never the text, never the HTTP status. Sources: common codes 213/6982 and 309/7025, module codes
//! 245/4924, actions 215/2098, 215/2097, 215/2112, 215/5094, 215/1372, 213/831.

use crate::{
    api::Reason,
    cloud::{Action, Kind, tencent::call::unreadable},
};

/// The kind of this code in an answer to `action`; `None` where the code is in no table.
pub(in crate::cloud::tencent) fn kind(action: Action, code_desc: Option<&str>, code: &str) -> Option<Kind> {
    code_desc.and_then(|name| by_name(action, name)).or_else(|| by_number(action, code))
}

/// Whether a number is one that a wrong clock explains: 4100 a signature, which covers the time; 4200 expired; 4500 replay.
pub(super) fn is_about_time(code: &str) -> bool {
    matches!(code, "4100" | "4200" | "4500")
}

fn by_name(action: Action, name: &str) -> Option<Kind> {
    Some(match name {
        "InvalidVpc.NotFound" | "InvalidInstance.NotFound" => not_found(action),
        // Documented for the list by address, which is never asked for.
        "InvalidLanIp.NotFound" => Kind::Missing,
        "InstanceLimitExceeded" => Kind::Quota,
        // "To another VPC", says the document; what the same VPC gives is undocumented, so the next look says.
        "InstanceAlreadyLinked" => Kind::Conflict,
        // An earlier operation has not ended; this one did not begin.
        "ActionLocked" => Kind::Busy,
        "ServiceUnavailable" => Kind::Transient,
        _ => return None,
    })
}

fn by_number(action: Action, code: &str) -> Option<Kind> {
    Some(match code {
        // 4000 a parameter is missing, malformed or out of range; 5200 purchase failed, 5300 balance insufficient: not
        // expected of something that is free.
        "4000" | "5200" | "5300" => Kind::Refused(Reason::Refused),
        // 4100 signature; 4104 key unknown or inactive; 4105 token; 4106 a second factor, which a machine has not;
        // 4200 expired by the clock, and not carried out; 4300 banned, or outside the allowed users; 5500 an account
        // whose qualification is missing. All concern the caller as a whole: no smaller batch would help.
        "4100" | "4104" | "4105" | "4106" | "4200" | "4300" | "5500" => Kind::KeyDenied,
        // 4101 the action; 4102 the resource; 4103 a resource that the action touches; 4110 any other rule.
        "4101" | "4102" | "4103" | "4110" => Kind::PermissionDenied,
        "4400" => Kind::Throttled,
        // Replay. Nothing is sent twice here; if something between resent it, the first copy may have been carried out.
        "4500" => unreadable(action),
        // 4600 no plain HTTP any more; 6100 version or action not served here.
        "4600" | "6100" => Kind::Offline,
        // Unknown, already returned, or another user's.
        "5000" => not_found(action),
        // The batch was carried out in part; only reading tells which part.
        "5400" => Kind::Partial,
        // 5100 the operation on the resource failed, at a point that is not told; 6000 internal error; 6200 under
        // maintenance.
        "5100" | "6000" | "6200" => Kind::Transient,
        _ => return None,
    })
}

const fn not_found(action: Action) -> Kind {
    match action {
        Action::Detach => Kind::AlreadyGone,
        Action::Attach
        | Action::ListLinks
        | Action::ListMachines
        | Action::ReadVpc
        | Action::ReadTask
        | Action::ReadQuota => Kind::Missing,
    }
}

#[cfg(test)]
mod tests {
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
    const NUMBERS: [(&str, Kind, Kind, Kind); 23] = [
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
        ("5100", Kind::Transient, Kind::Transient, Kind::Transient),
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
    fn an_unknown_code_has_no_kind() {
        for number in ["", "1", "4001", "9999", "InternalError"] {
            assert_eq!(kind(Action::Attach, Some("NobodyKnows"), number), None, "{number}");
        }
    }

    #[test]
    fn a_wrong_clock_explains_a_refused_timestamp_and_nothing_else() {
        assert!(["4100", "4200", "4500"].into_iter().all(is_about_time));
        assert!(
            !NUMBERS.iter().any(|(number, ..)| is_about_time(number) && !matches!(*number, "4100" | "4200" | "4500"))
        );
    }

    /// Every code of the documents.
    fn documented() -> Vec<Documented> {
        Documented::all(include_str!("../../../../tests/data/codes/tencent-v2.tsv"))
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
        let unknown: Vec<_> = named(include_str!("codes.rs")).into_iter().filter(|name| !is_known(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
