//! The codes that the documents know, as they stand in `tests/data/codes`, against the tables in each `codes.rs`.
//!
//! The lists were typed off the documents, not off the tables: action, code, HTTP status, the class, which is our reading
//! of what the documents say, and where they say it. A class is coarser than [`Kind`]; what it leaves open is allowed.

use std::collections::BTreeSet;

use super::{Action, Kind};

/// A line of a list.
#[derive(Debug)]
pub(super) struct Documented {
    /// The cloud's name of the action, `*` for any, `sts` for another service.
    pub(super) action: &'static str,
    pub(super) code: &'static str,
    class: &'static str,
}

impl Documented {
    /// The lines of a list.
    pub(super) fn all(list: &'static str) -> Vec<Self> {
        let lines = list.lines().filter(|line| !line.starts_with('#')).skip(1);
        let documented: Vec<_> = lines.map(Self::read).collect();
        assert!(documented.len() > 30, "the list is not whole");
        documented
    }

    fn read(line: &'static str) -> Self {
        let columns: Vec<_> = line.split('\t').collect();
        let [action, code, http, class, source] = columns[..] else { panic!("not five columns: {line}") };
        let is_status = |status: &str| status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status));
        assert!(http == "-" || http.split(',').all(is_status), "{line}");
        assert!(!source.is_empty(), "{line}");
        Self { action, code, class }
    }

    /// Whether it is about an action that the operator calls.
    pub(super) fn is_of(&self, action: Action, name: fn(Action) -> &'static str) -> bool {
        self.action == "*" || self.action == name(action)
    }

    /// Whether this kind is of the class.
    pub(super) fn allows(&self, kind: Kind) -> bool {
        match self.class {
            "THROTTLE" => matches!(kind, Kind::Throttled),
            "AUTH" => matches!(kind, Kind::KeyDenied | Kind::PermissionDenied),
            "QUOTA" => matches!(kind, Kind::Quota),
            "BUSY" => matches!(kind, Kind::Busy | Kind::Locked),
            "RETRY" => matches!(kind, Kind::Transient),
            "WAIT" => matches!(kind, Kind::Transient | Kind::Busy | Kind::Locked),
            "GONE" | "DONE" => matches!(kind, Kind::AlreadyGone),
            "EMPTY" => matches!(kind, Kind::Missing),
            // Never taken for "gone".
            "HOLD" => matches!(kind, Kind::PermissionDenied | Kind::Refused(_)),
            "CONFIG" => matches!(kind, Kind::Refused(_) | Kind::Missing),
            "BUG" => matches!(kind, Kind::Refused(_) | Kind::Offline),
            "TERM" => matches!(kind, Kind::Refused(_) | Kind::Missing | Kind::Offline),
            // Whatever makes the next look decide.
            "READBACK" | "VERIFY" => matches!(
                kind,
                Kind::Conflict | Kind::Missing | Kind::AlreadyGone | Kind::Partial | Kind::Unclear | Kind::Transient
            ),
            other => panic!("no class: {other}"),
        }
    }
}

/// The codes that the production part of a `codes.rs` names: its texts in quotes.
pub(super) fn named(source: &'static str) -> BTreeSet<&'static str> {
    let (production, _) = source.split_once("#[cfg(test)]").expect("the tests come last");
    let code = production.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    code.flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
}

#[test]
fn texts_in_comments_are_no_codes() {
    assert_eq!(named("//! \"a\"\nf(\"b\" | \"c\") // \"d\"\n#[cfg(test)]\n\"e\""), BTreeSet::from(["b", "c"]));
}
