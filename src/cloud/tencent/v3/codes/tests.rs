//! What each code means, and the documented codes against the table.

use std::collections::HashSet;

use super::*;
use crate::cloud::{
    documented::{Documented, named},
    tencent::v3::wire,
};

const INVALID_ID: Kind = Kind::Refused(Reason::InvalidId);
const LOOKS: [Action; 5] =
    [Action::ListLinks, Action::ListMachines, Action::ReadVpc, Action::ReadTask, Action::ReadQuota];

// Every code that a document or a client of the cloud lists, with its kind where the action makes no difference.
const CODES: [(&str, Kind); 82] = [
    ("ActionOffline", Kind::Offline),
    ("AuthFailure", Kind::KeyDenied),
    ("AuthFailure.InvalidAuthorization", Kind::KeyDenied),
    ("AuthFailure.InvalidSecretId", Kind::KeyDenied),
    ("AuthFailure.MFAFailure", Kind::KeyDenied),
    ("AuthFailure.SecretIdNotFound", Kind::KeyDenied),
    ("AuthFailure.SignatureExpire", Kind::KeyDenied),
    ("AuthFailure.SignatureFailure", Kind::KeyDenied),
    ("AuthFailure.TokenFailure", Kind::KeyDenied),
    ("AuthFailure.UnauthorizedOperation", Kind::PermissionDenied),
    ("DryRunOperation", REFUSED),
    ("InternalError", Kind::Transient),
    ("InternalError.DbError", Kind::Transient),
    ("InternalError.GetRoleError", Kind::Transient),
    ("InternalError.ModuleError", Kind::Transient),
    ("InternalError.SystemError", Kind::Transient),
    ("InternalError.UnknownError", Kind::Transient),
    ("InternalServerError", Kind::Transient),
    ("InvalidAction", Kind::Offline),
    ("InvalidFilter", REFUSED),
    ("InvalidFilterValue.LimitExceeded", REFUSED),
    ("InvalidInstanceId.Malformed", INVALID_ID),
    ("InvalidParameter", REFUSED),
    ("InvalidParameter.Coexist", REFUSED),
    ("InvalidParameter.FilterInvalidKey", REFUSED),
    ("InvalidParameter.FilterNotDict", REFUSED),
    ("InvalidParameter.FilterValuesNotList", REFUSED),
    ("InvalidParameter.GrantOtherResource", Kind::KeyDenied),
    ("InvalidParameter.OverLimit", Kind::Throttled),
    ("InvalidParameter.OverTimeError", Kind::KeyDenied),
    ("InvalidParameter.ParamError", REFUSED),
    ("InvalidParameter.WebIdentityTokenError", Kind::KeyDenied),
    ("InvalidParameterValue.BasicNetworkInstanceFamily", REFUSED),
    ("InvalidParameterValue.IPAddressMalformed", REFUSED),
    ("InvalidParameterValue.InstanceIdMalformed", INVALID_ID),
    ("InvalidParameterValue.LimitExceeded", REFUSED),
    ("InvalidParameterValue.NotUtf8EncodingError", REFUSED),
    ("InvalidParameterValue.Range", REFUSED),
    ("InvalidRequest", REFUSED),
    ("IpInBlacklist", Kind::KeyDenied),
    ("IpNotInWhitelist", Kind::KeyDenied),
    ("LimitExceeded.ActionLimited", Kind::Throttled),
    ("MissingParameter", REFUSED),
    ("MutexOperation.TaskRunning", Kind::Busy),
    ("NoSuchProduct", Kind::Offline),
    ("NoSuchVersion", Kind::Offline),
    ("OperationDenied.InstanceOperationInProgress", Kind::Busy),
    ("OperationDenied.MutexTaskRunning", Kind::Busy),
    ("RequestLimitExceeded", Kind::Throttled),
    ("RequestLimitExceeded.GlobalRegionUinLimitExceeded", Kind::Throttled),
    ("RequestLimitExceeded.IPLimitExceeded", Kind::Throttled),
    ("RequestLimitExceeded.UinLimitExceeded", Kind::Throttled),
    ("RequestSizeLimitExceeded", REFUSED),
    ("ResourceInUse", Kind::Busy),
    ("ResourceInsufficient", Kind::Busy),
    ("ResourceNotFound.RoleNotFound", Kind::KeyDenied),
    ("ResourceUnavailable", Kind::Transient),
    ("ResponseSizeLimitExceeded", REFUSED),
    ("ServiceUnavailable", Kind::Transient),
    ("UnauthorizedOperation", Kind::PermissionDenied),
    ("UnauthorizedOperation.AttachmentNotFound", Kind::PermissionDenied),
    ("UnauthorizedOperation.InvalidAccount", Kind::KeyDenied),
    ("UnauthorizedOperation.InvalidToken", Kind::KeyDenied),
    ("UnauthorizedOperation.NoRealNameAuthentication", Kind::KeyDenied),
    ("UnknownParameter", REFUSED),
    ("UnknownParameter.WithGuess", REFUSED),
    ("UnsupportedOperation.ActionNotFound", Kind::Offline),
    ("UnsupportedOperation.CIDRUnSupportedClassicLink", Kind::Refused(Reason::CidrNotSupported)),
    ("UnsupportedOperation.ClassicInstanceIdAlreadyExists", Kind::Conflict),
    ("UnsupportedOperation.LockedResources", Kind::Busy),
    ("UnsupportedOperation.ModifyVPCWithCLB", REFUSED),
    ("UnsupportedOperation.ModifyVPCWithClassLink", REFUSED),
    ("UnsupportedOperation.MutexOperationTaskRunning", Kind::Busy),
    ("UnsupportedProtocol", Kind::Offline),
    ("UnsupportedRegion", Kind::Refused(Reason::RegionNotSupported)),
    // Endings that nobody knows, by 8.1 of the facts.
    ("AuthFailure.NobodyKnows", Kind::KeyDenied),
    ("InternalError.NobodyKnows", Kind::Transient),
    ("InvalidParameter.NobodyKnows.AtAll", REFUSED),
    ("MissingParameter.NobodyKnows", REFUSED),
    ("RequestLimitExceeded.NobodyKnows", Kind::Throttled),
    ("UnauthorizedOperation.NobodyKnows", Kind::PermissionDenied),
    ("UnsupportedOperation.MutexOperationTaskRunning.NobodyKnows", Kind::Busy),
];

/// The codes where it does, with their kinds on an attach, on a detach, on a look at links, machines or VPCs, and on a look
/// at a task.
const BY_ACTION: [(&str, Kind, Kind, Kind, Kind); 12] = [
    ("FailedOperation", Kind::Transient, Kind::Transient, Kind::Transient, Kind::Unclear),
    ("FailedOperation.TaskFailed", Kind::Transient, Kind::Transient, Kind::Transient, Kind::Unclear),
    ("UnsupportedOperation", REFUSED, REFUSED, REFUSED, Kind::Missing),
    ("UnsupportedOperation.NobodyKnows", REFUSED, REFUSED, REFUSED, Kind::Missing),
    ("LimitExceeded", Kind::Quota, REFUSED, REFUSED, REFUSED),
    ("LimitExceeded.NobodyKnows", Kind::Quota, REFUSED, REFUSED, REFUSED),
    ("ResourceNotFound", Kind::Missing, Kind::AlreadyGone, Kind::Missing, Kind::Missing),
    ("ResourceNotFound.NobodyKnows", Kind::Missing, Kind::AlreadyGone, Kind::Missing, Kind::Missing),
    ("InvalidInstanceId.NotFound", Kind::Missing, Kind::AlreadyGone, Kind::Missing, Kind::Missing),
    ("InvalidParameterValue", REFUSED, REFUSED, REFUSED, Kind::Missing),
    ("InvalidParameterValue.NobodyKnows", REFUSED, REFUSED, REFUSED, Kind::Missing),
    ("InvalidParameterValue.Malformed", INVALID_ID, INVALID_ID, INVALID_ID, Kind::Missing),
];

#[test]
fn each_code_has_its_kind() {
    for (code, expected) in CODES {
        for action in Action::ALL {
            assert_eq!(kind(action, code, None), Some(expected), "{code} {action:?}");
        }
    }
}

#[test]
fn each_code_that_depends_on_the_action_has_the_kind_of_its_action() {
    for (code, attach, detach, look, task) in BY_ACTION {
        assert_eq!(kind(Action::Attach, code, None), Some(attach), "{code}");
        assert_eq!(kind(Action::Detach, code, None), Some(detach), "{code}");
        assert_eq!(kind(Action::ReadTask, code, None), Some(task), "{code}");
        for action in LOOKS.into_iter().filter(|action| *action != Action::ReadTask) {
            assert_eq!(kind(action, code, None), Some(look), "{code} {action:?}");
        }
    }
}

#[test]
fn no_code_is_tried_twice() {
    let all = CODES.iter().map(|(code, _)| *code).chain(BY_ACTION.iter().map(|(code, ..)| *code));
    let mut seen = HashSet::new();
    assert!(all.into_iter().all(|code| seen.insert(code)));
}

#[test]
fn an_unknown_code_has_no_kind() {
    for code in ["", ".", "NobodyKnows", "OperationDenied.NobodyKnows", "Unsupported", "InternalErrors", "4000"] {
        for action in Action::ALL {
            assert_eq!(kind(action, code, None), None, "{code}");
        }
    }
}

#[test]
fn a_code_of_the_api_v2_counts_only_in_its_own_envelope() {
    for (code, number, expected) in [
        ("InvalidVpc.NotFound", "5000", Some(Kind::Missing)),
        ("InstanceAlreadyLinked", "4000", Some(Kind::Conflict)),
        ("4100", "4100", Some(Kind::KeyDenied)),
        ("NobodyKnows", "4400", Some(Kind::Throttled)),
        // What API 3.0 knows as well is known by its name.
        ("ActionOffline", "4000", Some(Kind::Offline)),
        ("NobodyKnows", "7777", None),
    ] {
        assert_eq!(kind(Action::Attach, code, Some(number)), expected, "{code} {number}");
    }
    assert_eq!(kind(Action::Attach, "InvalidVpc.NotFound", None), None);
}

#[test]
fn a_lock_is_no_refusal_and_did_not_happen() {
    let code = "UnsupportedOperation.MutexOperationTaskRunning";
    let locked = kind(Action::Attach, code, None).unwrap();
    assert!(locked == Kind::Busy && !locked.may_have_happened());
}

#[test]
fn only_an_expired_signature_is_explained_by_a_clock() {
    assert!(is_about_time("AuthFailure.SignatureExpire"));
    assert_eq!(CODES.iter().filter(|(code, _)| is_about_time(code)).count(), 1);
}

/// Every code of the documents.
fn documented() -> Vec<Documented> {
    Documented::all(include_str!("../../../../../tests/data/codes/tencent-v3.tsv"))
}

#[test]
fn every_documented_code_has_a_row_and_a_kind_that_follows_the_document() {
    let named = named(include_str!("../codes.rs"));
    for row in documented() {
        assert!(named.contains(row.code), "{row:?}");
        if row.action == "sts" {
            let kind = of_tokens(row.code).unwrap();
            assert!(row.allows(kind), "{row:?} {kind:?}");
        }
        for action in Action::ALL.into_iter().filter(|action| row.is_of(*action, wire::name)) {
            let kind = kind(action, row.code, None).unwrap();
            assert!(row.allows(kind), "{row:?} {action:?} {kind:?}");
        }
    }
}

#[test]
fn no_row_is_without_a_documented_code() {
    let documented = documented();
    // Or the beginning of one, for endings that nobody knows yet.
    let is_known = |name: &str| documented.iter().any(|row| beginnings(row.code).any(|beginning| beginning == name));
    let unknown: Vec<_> = named(include_str!("../codes.rs")).into_iter().filter(|name| !is_known(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
