//! What the codes of the API mean, by action and code.
//!
//! Compared without regard to case, because the editions of the documents differ in it. Never by the HTTP status: what was
//! 400 or 404 in one edition is 403 in the next. Never by the text: `OperationDenied` alone has five, of which two editions
//! give the same one opposite meanings. Sources: the error tables of `AttachClassicLinkVpc`, `DetachClassicLinkVpc`,
//! `DescribeClassicLinkInstances`, `DescribeInstances`, `DescribeVpcAttribute`, `EnableVpcClassicLink`,
//! `DisableVpcClassicLink`, `AssumeRoleWithOIDC`, "Response results" and the gateway's tables.

use crate::{
    api::Reason,
    cloud::{Action, Kind},
};

/// The code by which a dry run says that the call would have been carried out (`DescribeInstances`).
const DRY_RUN: &str = "DryRunOperation";

/// The kind of this code in an answer to `action`; `None` where the code is in no table.
pub(super) fn kind(action: Action, code: &str) -> Option<Kind> {
    if is_throttling(code) {
        return Some(Kind::Throttled);
    }
    let row = ROWS.iter().find(|row| row.codes.iter().any(|known| known.eq_ignore_ascii_case(code)));
    match row {
        Some(row) => Some(row.kind(action)),
        // A whole family in the documents, one code for each parameter.
        None if starts_with(code, "Missing") => Some(Kind::Refused(Reason::Refused)),
        None => None,
    }
}

/// The kind of this code in an answer of the token service; `None` where the code is in no table.
pub(super) fn of_tokens(code: &str) -> Option<Kind> {
    // What the codes of keys mean makes no difference between actions; asking for keys is a look. The parameters are the
    // role, the session and the identity, and a code may name which of them is wrong.
    let of_parameter = || starts_with(code, "InvalidParameter.").then_some(Kind::KeyDenied);
    kind(Action::ListMachines, code).or_else(of_parameter)
}

/// Whether a code says that a token has ended, or is none: new temporary keys help.
pub(super) fn is_about_token(code: &str) -> bool {
    let known = [
        "MissingSecurityToken",
        "InvalidSecurityToken.Expired",
        "InvalidSecurityToken.Malformed",
        "InvalidSecurityToken.MismatchWithAccessKey",
    ];
    known.iter().any(|known| known.eq_ignore_ascii_case(code))
}

/// Whether a dry run says by this code that the call would have been carried out.
pub(super) const fn is_passed_dry_run(code: &str) -> bool {
    code.eq_ignore_ascii_case(DRY_RUN)
}

/// `Throttling`, `Throttling.User`, `Throttling.Api` and more, one for each kind of limit; `Rejected.Throttling`.
fn is_throttling(code: &str) -> bool {
    starts_with(code, "Throttling") || code.eq_ignore_ascii_case("Rejected.Throttling")
}

fn starts_with(code: &str, prefix: &str) -> bool {
    code.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Codes that mean the same, on each side of the contract.
struct Row {
    codes: &'static [&'static str],
    attach: Kind,
    detach: Kind,
    look: Kind,
}

impl Row {
    const fn kind(&self, action: Action) -> Kind {
        match action {
            Action::Attach => self.attach,
            Action::Detach => self.detach,
            Action::ListLinks | Action::ListMachines | Action::ReadVpc | Action::ReadTask | Action::ReadQuota => {
                self.look
            }
        }
    }
}

const fn always(kind: Kind, codes: &'static [&'static str]) -> Row {
    Row { codes, attach: kind, detach: kind, look: kind }
}

const fn each(attach: Kind, detach: Kind, look: Kind, codes: &'static [&'static str]) -> Row {
    Row { codes, attach, detach, look }
}

const REFUSED: Kind = Kind::Refused(Reason::Refused);
const NOT_CLASSIC: Kind = Kind::Refused(Reason::InstanceNotClassic);
const NO_REGION: Kind = Kind::Refused(Reason::RegionNotSupported);

const ROWS: &[Row] = &[
    // Linked to another VPC, or ClassicLink is off, or the instance "does not allow link to vpc", or may not be detached:
    // only reading tells. What a second attach to the same VPC gives is undocumented and may be any of these.
    always(Kind::Conflict, &["OperationDenied", "Abs.InvalidInstanceId.MalFormed"]),
    // Of a VPC, or moved into one, which cannot be undone: it has no classic link any more.
    each(NOT_CLASSIC, Kind::AlreadyGone, NOT_CLASSIC, &["InvalidInstanceId.MalFormed"]),
    // Released, or of another region. The second one is known to the vendor's Terraform provider only.
    each(
        Kind::Missing,
        Kind::AlreadyGone,
        Kind::Missing,
        &["InvalidInstanceId.NotFound", "Forbidden.InstanceNotFound"],
    ),
    // A VPC that does not exist has no code of its own on the actions of ECS.
    each(
        Kind::Missing,
        Kind::AlreadyGone,
        Kind::Missing,
        &["InvalidVpcId.Malformed", "InvalidVpcId.NotFound", "Forbidden.VpcNotFound"],
    ),
    // Another account's. Never "gone": the keys may have been swapped. In a list one such id must not hide the others.
    each(Kind::PermissionDenied, Kind::PermissionDenied, REFUSED, &["InvalidInstanceId.NotBelong"]),
    each(Kind::PermissionDenied, Kind::PermissionDenied, Kind::Missing, &["InvalidVpc.NotBelong"]),
    // Not linked to that VPC, so there is nothing to detach from it; senseless elsewhere.
    each(REFUSED, Kind::AlreadyGone, REFUSED, &["InvalidOperation.InvalidVpc"]),
    // The region, or the pairing of region and endpoint. Never "gone".
    always(NO_REGION, &["InvalidInstanceId.LimitedRegion", "InvalidRegionId.Malformed", "InvalidRegionId.NotFound"]),
    // Pending, starting, stopping; a VPC being made; a concurrent request; the same one, still running. None of these was
    // carried out.
    always(
        Kind::Busy,
        &["InvalidStatus.InstanceStatus", "IncorrectVpcStatus", "OperationConflict", "LastTokenProcessing"],
    ),
    // "Locked, please wait more", "in another processing list"; whether an unpaid bill counts is not documented. Not
    // carried out either.
    each(Kind::Locked, Kind::Locked, Kind::Busy, &["InvalidStatus.InstanceLocked"]),
    always(Kind::Quota, &["QuotaExceeded"]),
    // Known to fail after the change as well; `UnknownError` is repeated by the vendor's library despite its 400.
    always(
        Kind::Transient,
        &[
            "InternalError",
            "UnknownError",
            "ServiceUnavailable",
            "ServiceUnavailable.RegionMaintaining",
            "AuthenticationFail.OIDCToken.IssuerConfigurationBroken",
        ],
    ),
    // Replay. Nothing is sent twice here; if something between resent it, the first copy may have been carried out.
    each(Kind::Unclear, Kind::Unclear, Kind::Transient, &["SignatureNonceUsed"]),
    // The key, its signature, its token and what the clock has to do with them; and the account as a whole (unknown,
    // unverified, suspected, in debt). They concern the caller: no smaller batch would help.
    always(
        Kind::KeyDenied,
        &[
            "InvalidAccessKeyId.NotFound",
            "InvalidAccessKeyId.Inactive",
            "Forbidden.AccessKeyDisabled",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "InvalidSignatureMethod",
            "InvalidTimeStamp.Expired",
            "InvalidTimeStamp.Format",
            "IllegalTimestamp",
            "MissingSecurityToken",
            "InvalidSecurityToken.Expired",
            "InvalidSecurityToken.Malformed",
            "InvalidSecurityToken.MismatchWithAccessKey",
            "InvalidAccount.NotFound",
            "InvalidAliuid",
            "RealNameAuthenticationError",
            "Forbidden.RiskControl",
            "InsufficientBalance",
            "AuthenticationFail.OIDCToken.Expired",
            "AuthenticationFail.OIDCToken.Invalid",
            "AuthenticationFail.OIDCToken.AudienceNotMatch",
            "AuthenticationFail.OIDCToken.IssuerNotMatch",
            "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch",
            "AuthenticationFail.NoPermission",
            "EntityNotExist.Role",
        ],
    ),
    always(
        Kind::PermissionDenied,
        &["Forbidden.SubUser", "Forbidden.RAM", "Forbidden.NotSupportRAM", "Forbidden.Unauthorized", "NoPermission"],
    ),
    // The product, the action or this way of calling is not served (any more). `InvalidAction` means linked instances on
    // "DisableVpcClassicLink", which is never called.
    always(
        Kind::Offline,
        &[
            "InvalidProduct.NotFound",
            "InvalidApi.NotFound",
            "InvalidAction",
            "InvalidProtocol.NeedSsl",
            "UnsupportedHTTPMethod",
        ],
    ),
    // Parameters that are wrong, or that are never sent, filters of lists above all.
    always(
        REFUSED,
        &[
            "InvalidParameter",
            "InvalidParamater",
            "InvalidParameter.Format",
            "InvalidParameter.IsNull",
            "InvalidParameter.InvalidInstanceIdAndVpcId",
            "InvalidParameter.ToManyInstanceIds",
            "InvalidParameter.PageNumber",
            "InvalidParameter.PageSize",
            "UnsupportedParameter",
            "InvalidOwner",
            "InvalidOwnerId",
            "InvalidOwnerAccount",
            "InvalidInstanceChargeType.NotFound",
            "InvalidInternetChargeType.ValueNotSupported",
            "InvalidLockReason.NotFound",
            "InvalidFilterKey.NotFound",
            "InvalidNetworkType.NotFound",
            "InvalidStatus.NotFound",
            "InvalidTag.Mismatch",
            "InvalidTagCount",
            "InvalidHpcClusterId.NotFound",
            "InvalidHpcClusterId.Creating",
            "InvalidVpcIdNumber.NotSupported",
            "IdempotentParameterMismatch",
            "InvalidIdempotenceParameter.Mismatch",
        ],
    ),
    // Of switching ClassicLink on or off, which is never done here. Despite their names no lack of a permission.
    always(
        REFUSED,
        &[
            "Forbidden.EnableClassicLink",
            "Forbbiden",
            "RouteConflict.AlreadyExist",
            "OperationFailed.RouteConflict",
            "DependencyViolation.Instance",
        ],
    ),
    // Where no dry run was asked for, nothing explains it.
    always(Kind::Unclear, &[DRY_RUN]),
];

#[cfg(test)]
mod tests;
