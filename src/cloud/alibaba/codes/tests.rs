//! What each code means, each in one row of the test, and the documented codes against the table.

use std::collections::HashSet;

use super::*;
use crate::cloud::{
    alibaba::wire,
    documented::{Documented, named},
};

const GONE: Kind = Kind::AlreadyGone;
const KEY: Kind = Kind::KeyDenied;
const PERMISSION: Kind = Kind::PermissionDenied;
const LOOKS: [Action; 4] = [Action::ListLinks, Action::ListMachines, Action::ReadVpc, Action::ReadTask];

/// Every code, with its kind on an attach, on a detach and on a look.
const CODES: &[(&str, Kind, Kind, Kind)] = &[
    ("Abs.InvalidInstanceId.MalFormed", Kind::Conflict, Kind::Conflict, Kind::Conflict),
    ("OperationDenied", Kind::Conflict, Kind::Conflict, Kind::Conflict),
    ("InvalidInstanceId.MalFormed", NOT_CLASSIC, GONE, NOT_CLASSIC),
    ("InvalidInstanceId.NotFound", Kind::Missing, GONE, Kind::Missing),
    ("Forbidden.InstanceNotFound", Kind::Missing, GONE, Kind::Missing),
    ("InvalidInstanceId.NotBelong", PERMISSION, PERMISSION, REFUSED),
    ("InvalidInstanceId.LimitedRegion", NO_REGION, NO_REGION, NO_REGION),
    ("InvalidRegionId.Malformed", NO_REGION, NO_REGION, NO_REGION),
    ("InvalidRegionId.NotFound", NO_REGION, NO_REGION, NO_REGION),
    ("InvalidVpcId.Malformed", Kind::Missing, GONE, Kind::Missing),
    ("InvalidVpcId.NotFound", Kind::Missing, GONE, Kind::Missing),
    ("InvalidVpcID.NotFound", Kind::Missing, GONE, Kind::Missing),
    ("Forbidden.VpcNotFound", Kind::Missing, GONE, Kind::Missing),
    ("InvalidVpc.NotBelong", PERMISSION, PERMISSION, Kind::Missing),
    ("InvalidOperation.InvalidVpc", REFUSED, GONE, REFUSED),
    ("InvalidStatus.InstanceStatus", Kind::Busy, Kind::Busy, Kind::Busy),
    ("InvalidStatus.InstanceLocked", Kind::Locked, Kind::Locked, Kind::Busy),
    ("IncorrectVpcStatus", Kind::Busy, Kind::Busy, Kind::Busy),
    ("OperationConflict", Kind::Busy, Kind::Busy, Kind::Busy),
    ("LastTokenProcessing", Kind::Busy, Kind::Busy, Kind::Busy),
    ("QuotaExceeded", Kind::Quota, Kind::Quota, Kind::Quota),
    ("InternalError", Kind::Transient, Kind::Transient, Kind::Transient),
    ("UnknownError", Kind::Transient, Kind::Transient, Kind::Transient),
    ("ServiceUnavailable", Kind::Transient, Kind::Transient, Kind::Transient),
    ("ServiceUnavailable.RegionMaintaining", Kind::Transient, Kind::Transient, Kind::Transient),
    ("AuthenticationFail.OIDCToken.IssuerConfigurationBroken", Kind::Transient, Kind::Transient, Kind::Transient),
    ("SignatureNonceUsed", Kind::Unclear, Kind::Unclear, Kind::Transient),
    ("InvalidAccessKeyId.NotFound", KEY, KEY, KEY),
    ("InvalidAccessKeyId.Inactive", KEY, KEY, KEY),
    ("Forbidden.AccessKeyDisabled", KEY, KEY, KEY),
    ("SignatureDoesNotMatch", KEY, KEY, KEY),
    ("IncompleteSignature", KEY, KEY, KEY),
    ("InvalidSignatureMethod", KEY, KEY, KEY),
    ("InvalidTimeStamp.Expired", KEY, KEY, KEY),
    ("InvalidTimeStamp.Format", KEY, KEY, KEY),
    ("IllegalTimestamp", KEY, KEY, KEY),
    ("MissingSecurityToken", KEY, KEY, KEY),
    ("InvalidSecurityToken.Expired", KEY, KEY, KEY),
    ("InvalidSecurityToken.Malformed", KEY, KEY, KEY),
    ("InvalidSecurityToken.MismatchWithAccessKey", KEY, KEY, KEY),
    ("InvalidAccount.NotFound", KEY, KEY, KEY),
    ("InvalidAliuid", KEY, KEY, KEY),
    ("RealNameAuthenticationError", KEY, KEY, KEY),
    ("Forbidden.RiskControl", KEY, KEY, KEY),
    ("InsufficientBalance", KEY, KEY, KEY),
    ("AuthenticationFail.OIDCToken.Expired", KEY, KEY, KEY),
    ("AuthenticationFail.OIDCToken.Invalid", KEY, KEY, KEY),
    ("AuthenticationFail.OIDCToken.AudienceNotMatch", KEY, KEY, KEY),
    ("AuthenticationFail.OIDCToken.IssuerNotMatch", KEY, KEY, KEY),
    ("AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch", KEY, KEY, KEY),
    ("AuthenticationFail.NoPermission", KEY, KEY, KEY),
    ("EntityNotExist.Role", KEY, KEY, KEY),
    ("Forbidden.SubUser", PERMISSION, PERMISSION, PERMISSION),
    ("Forbidden.RAM", PERMISSION, PERMISSION, PERMISSION),
    ("Forbidden.NotSupportRAM", PERMISSION, PERMISSION, PERMISSION),
    ("Forbidden.Unauthorized", PERMISSION, PERMISSION, PERMISSION),
    ("NoPermission", PERMISSION, PERMISSION, PERMISSION),
    ("InvalidProduct.NotFound", Kind::Offline, Kind::Offline, Kind::Offline),
    ("InvalidApi.NotFound", Kind::Offline, Kind::Offline, Kind::Offline),
    ("InvalidAction", Kind::Offline, Kind::Offline, Kind::Offline),
    ("InvalidProtocol.NeedSsl", Kind::Offline, Kind::Offline, Kind::Offline),
    ("UnsupportedHTTPMethod", Kind::Offline, Kind::Offline, Kind::Offline),
    ("InvalidParameter", REFUSED, REFUSED, REFUSED),
    ("InvalidParamater", REFUSED, REFUSED, REFUSED),
    ("InvalidParameter.Format", REFUSED, REFUSED, REFUSED),
    ("InvalidParameter.IsNull", REFUSED, REFUSED, REFUSED),
    ("InvalidParameter.InvalidInstanceIdAndVpcId", REFUSED, REFUSED, REFUSED),
    ("InvalidParameter.ToManyInstanceIds", REFUSED, REFUSED, REFUSED),
    ("InvalidParameter.PageNumber", REFUSED, REFUSED, REFUSED),
    ("InvalidParameter.PageSize", REFUSED, REFUSED, REFUSED),
    ("UnsupportedParameter", REFUSED, REFUSED, REFUSED),
    ("InvalidOwner", REFUSED, REFUSED, REFUSED),
    ("InvalidOwnerId", REFUSED, REFUSED, REFUSED),
    ("InvalidOwnerAccount", REFUSED, REFUSED, REFUSED),
    ("InvalidInstanceChargeType.NotFound", REFUSED, REFUSED, REFUSED),
    ("InvalidInternetChargeType.ValueNotSupported", REFUSED, REFUSED, REFUSED),
    ("InvalidLockReason.NotFound", REFUSED, REFUSED, REFUSED),
    ("InvalidFilterKey.NotFound", REFUSED, REFUSED, REFUSED),
    ("InvalidNetworkType.NotFound", REFUSED, REFUSED, REFUSED),
    ("InvalidStatus.NotFound", REFUSED, REFUSED, REFUSED),
    ("InvalidTag.Mismatch", REFUSED, REFUSED, REFUSED),
    ("InvalidTagCount", REFUSED, REFUSED, REFUSED),
    ("InvalidHpcClusterId.NotFound", REFUSED, REFUSED, REFUSED),
    ("InvalidHpcClusterId.Creating", REFUSED, REFUSED, REFUSED),
    ("InvalidVpcIdNumber.NotSupported", REFUSED, REFUSED, REFUSED),
    ("IdempotentParameterMismatch", REFUSED, REFUSED, REFUSED),
    ("InvalidIdempotenceParameter.Mismatch", REFUSED, REFUSED, REFUSED),
    ("Forbidden.EnableClassicLink", REFUSED, REFUSED, REFUSED),
    ("Forbbiden", REFUSED, REFUSED, REFUSED),
    ("RouteConflict.AlreadyExist", REFUSED, REFUSED, REFUSED),
    ("OperationFailed.RouteConflict", REFUSED, REFUSED, REFUSED),
    ("DependencyViolation.Instance", REFUSED, REFUSED, REFUSED),
    ("DryRunOperation", Kind::Unclear, Kind::Unclear, Kind::Unclear),
    ("MissingParameter", REFUSED, REFUSED, REFUSED),
    ("MissingRegionId", REFUSED, REFUSED, REFUSED),
    ("Throttling", Kind::Throttled, Kind::Throttled, Kind::Throttled),
    ("Throttling.User", Kind::Throttled, Kind::Throttled, Kind::Throttled),
    ("Throttling.Api", Kind::Throttled, Kind::Throttled, Kind::Throttled),
    ("Rejected.Throttling", Kind::Throttled, Kind::Throttled, Kind::Throttled),
];

#[test]
fn each_code_has_its_kind_however_it_is_written() {
    for &(code, attach, detach, look) in CODES {
        for code in [code.to_owned(), code.to_lowercase(), code.to_uppercase()] {
            assert_eq!(kind(Action::Attach, &code), Some(attach), "{code}");
            assert_eq!(kind(Action::Detach, &code), Some(detach), "{code}");
            for action in LOOKS {
                assert_eq!(kind(action, &code), Some(look), "{code} {action:?}");
            }
        }
    }
}

#[test]
fn no_code_has_two_meanings_and_none_is_left_untested() {
    let known: Vec<String> = ROWS.iter().flat_map(|row| row.codes).map(|code| code.to_lowercase()).collect();
    let distinct: HashSet<&String> = known.iter().collect();
    assert_eq!(distinct.len(), known.len());
    let tested: HashSet<String> = CODES.iter().map(|(code, ..)| code.to_lowercase()).collect();
    assert_eq!(known.iter().find(|code| !tested.contains(*code)), None);
}

#[test]
fn an_unknown_code_has_no_kind() {
    for code in ["", "403", "NotFound", "InvalidThing.NotFound", "Throttle", "Miss", "长长长长", "InvalidInstanceId"]
    {
        assert_eq!(kind(Action::Attach, code), None, "{code}");
    }
}

#[test]
fn a_wrong_region_or_a_foreign_key_never_reads_as_gone() {
    for code in
        ["InvalidRegionId.NotFound", "InvalidAccessKeyId.NotFound", "InvalidAccount.NotFound", "InvalidApi.NotFound"]
    {
        for action in Action::ALL {
            assert!(!matches!(kind(action, code), Some(Kind::AlreadyGone | Kind::Missing)), "{code} {action:?}");
        }
    }
}

/// Every code of the documents.
fn documented() -> Vec<Documented> {
    Documented::all(include_str!("../../../../tests/data/codes/alibaba.tsv"))
}

/// Where the table does not do what the document advises, and does better.
const OTHERWISE: [(&str, Kind); 3] = [
    // Advice: wrong configuration. It is of another account, so the keys may have been swapped.
    ("InvalidInstanceId.NotBelong", PERMISSION),
    // Advice: a bug of ours. It concerns the keys' signature and the call as a whole, whoever is to blame.
    ("InvalidSignatureMethod", KEY),
    ("InvalidTimeStamp.Format", KEY),
];

#[test]
fn every_documented_code_has_a_row_and_a_kind_that_follows_the_document() {
    for row in documented() {
        if row.action == "sts" {
            let kind = of_tokens(row.code).unwrap_or_else(|| panic!("{row:?} has no row"));
            assert!(row.allows(kind), "{row:?} {kind:?}");
            continue;
        }
        // `Missing*` stands for a family.
        let code = row.code.replace('*', "Anything");
        for action in Action::ALL {
            let kind = kind(action, &code).unwrap_or_else(|| panic!("{row:?} has no row"));
            let follows = row.allows(kind) || OTHERWISE.contains(&(row.code, kind));
            assert!(follows || !row.is_of(action, wire::name), "{row:?} {action:?} {kind:?}");
        }
    }
}

#[test]
fn no_row_is_without_a_documented_code() {
    let documented = documented();
    // Or the beginning of a family, which ends in a dot.
    let is = |code: &str, name: &str| code.eq_ignore_ascii_case(name) || name.ends_with('.') && code.starts_with(name);
    let is_known = |name: &str| documented.iter().any(|row| is(row.code.trim_end_matches('*'), name));
    let unknown: Vec<_> = named(include_str!("../codes.rs")).into_iter().filter(|name| !is_known(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
