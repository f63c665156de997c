//! What the codes of API 3.0 mean, by action and code.
//!
//! A code is a dotted name, and the cloud puts new endings to old ones: the longest beginning that is known decides, so
//! that `UnsupportedOperation.MutexOperationTaskRunning` is a lock and `UnsupportedOperation` with an ending that nobody
//! knows a refusal. Never the text, never the HTTP status. Sources: common codes 1388/114322, actions intl 215/15779,
//! 215/15777, 215/15776, 215/59037, 215/15778, 213/15728, and the lists of codes in the cloud's own clients.

use crate::{
    api::Reason,
    cloud::{Action, Kind, tencent::v2},
};

const REFUSED: Kind = Kind::Refused(Reason::Refused);

/// The kind of this code in an answer to `action`; `None` where the code is in no table. `number` comes beside the code
/// where the answer has the form of the API v2.
pub(super) fn kind(action: Action, code: &str, number: Option<&str>) -> Option<Kind> {
    let known = beginnings(code).find_map(|name| by_action(action, name).or_else(|| by_name(name)));
    known.or_else(|| v2::codes::kind(action, Some(code), number?))
}

/// The kind of this code in an answer of the token service; `None` where the code is in no table. What is wrong with a
/// parameter there is wrong with the role, the identity or their trust, which are what the parameters say
/// (`ParamError`; 1312/73070 and the cloud's own client).
pub(in crate::cloud::tencent) fn of_tokens(code: &str) -> Option<Kind> {
    beginnings(code).find_map(|name| match name {
        "InvalidParameter.ParamError" => Some(Kind::KeyDenied),
        _ => by_name(name),
    })
}

/// Whether a code says that a token has ended, or is none: new temporary keys help. `number` as in [`kind`].
pub(super) fn is_about_token(code: &str, number: Option<&str>) -> bool {
    matches!(code, "AuthFailure.TokenFailure" | "UnauthorizedOperation.InvalidToken")
        || number.is_some_and(v2::codes::is_about_token)
}

/// Whether a code is one that a wrong clock explains.
pub(in crate::cloud::tencent) fn is_about_time(code: &str) -> bool {
    code == "AuthFailure.SignatureExpire"
}

/// `A.B.C`, `A.B`, `A`.
fn beginnings(code: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(code), |name| name.rsplit_once('.').map(|(beginning, _)| beginning))
}

/// Codes that mean something else to this action than to others.
fn by_action(action: Action, name: &str) -> Option<Kind> {
    match (action, name) {
        // The link, the machine or the VPC: which of them is not told, and there is nothing to detach any more.
        (Action::Detach, "ResourceNotFound" | "InvalidInstanceId.NotFound") => Some(Kind::AlreadyGone),
        // 215/5002: 100 links of a VPC. On anything else the quota would be another one.
        (Action::Attach, "LimitExceeded") => Some(Kind::Quota),
        // The id of the task is all that is sent: not yet visible, forgotten, or of another region.
        (Action::ReadTask, "InvalidParameterValue" | "InvalidParameterValue.Malformed" | "UnsupportedOperation") => {
            Some(Kind::Missing)
        }
        // Of the task, or of the question: the list tells.
        (Action::ReadTask, "FailedOperation" | "FailedOperation.TaskFailed") => Some(Kind::Unclear),
        (
            Action::Attach
            | Action::Detach
            | Action::ListLinks
            | Action::ListMachines
            | Action::ReadVpc
            | Action::ReadTask
            | Action::ReadQuota,
            _,
        ) => None,
    }
}

/// Codes that mean the same to every action.
fn by_name(name: &str) -> Option<Kind> {
    Some(match name {
        // Stopped before it reached the service (1278/109059). `OverLimit` is one too, despite its beginning (STS).
        "RequestLimitExceeded"
        | "RequestLimitExceeded.GlobalRegionUinLimitExceeded"
        | "RequestLimitExceeded.IPLimitExceeded"
        | "RequestLimitExceeded.UinLimitExceeded"
        | "LimitExceeded.ActionLimited"
        | "InvalidParameter.OverLimit" => Kind::Throttled,
        // A fault of the service at a point that is not told. A task that failed at once may have done something.
        "InternalError"
        | "InternalError.DbError"
        | "InternalError.GetRoleError"
        | "InternalError.ModuleError"
        | "InternalError.SystemError"
        | "InternalError.UnknownError"
        | "InternalServerError"
        | "FailedOperation"
        | "FailedOperation.TaskFailed"
        | "ServiceUnavailable"
        | "ResourceUnavailable" => Kind::Transient,
        // Another task runs on the object, perhaps one of ours whose answer was lost; or what is used or wanting now may
        // not be so soon.
        "UnsupportedOperation.MutexOperationTaskRunning"
        | "UnsupportedOperation.LockedResources"
        | "OperationDenied.MutexTaskRunning"
        | "OperationDenied.InstanceOperationInProgress"
        | "MutexOperation.TaskRunning"
        | "ResourceInUse"
        | "ResourceInsufficient" => Kind::Busy,
        // "To the VPC", says one language, "with VPC" the other: which VPC, the next look says.
        "UnsupportedOperation.ClassicInstanceIdAlreadyExists" => Kind::Conflict,
        "UnsupportedOperation.CIDRUnSupportedClassicLink" => Kind::Refused(Reason::CidrNotSupported),
        "UnsupportedRegion" => Kind::Refused(Reason::RegionNotSupported),
        "ResourceNotFound" | "InvalidInstanceId.NotFound" => Kind::Missing,
        _ => return of_keys(name).or_else(|| of_request(name)),
    })
}

/// Codes about who asks.
fn of_keys(name: &str) -> Option<Kind> {
    Some(match name {
        // Key, signature, token, clock, second factor, source address, the account's own standing: all concern the caller
        // as a whole, no smaller batch would help. The last line is of STS: a role, or the proof of who may take it.
        "AuthFailure"
        | "AuthFailure.InvalidAuthorization"
        | "AuthFailure.InvalidSecretId"
        | "AuthFailure.MFAFailure"
        | "AuthFailure.SecretIdNotFound"
        | "AuthFailure.SignatureExpire"
        | "AuthFailure.SignatureFailure"
        | "AuthFailure.TokenFailure"
        | "IpInBlacklist"
        | "IpNotInWhitelist"
        | "UnauthorizedOperation.InvalidAccount"
        | "UnauthorizedOperation.InvalidToken"
        | "UnauthorizedOperation.NoRealNameAuthentication"
        | "InvalidParameter.GrantOtherResource"
        | "InvalidParameter.OverTimeError"
        | "InvalidParameter.WebIdentityTokenError"
        | "ResourceNotFound.RoleNotFound" => Kind::KeyDenied,
        // The policy of the key.
        "AuthFailure.UnauthorizedOperation" | "UnauthorizedOperation" | "UnauthorizedOperation.AttachmentNotFound" => {
            Kind::PermissionDenied
        }
        _ => return None,
    })
}

/// Codes about what is asked.
fn of_request(name: &str) -> Option<Kind> {
    Some(match name {
        // Retired, or never there (1278/82311). `UnsupportedProtocol` is the 4600 of the API v2.
        "ActionOffline"
        | "InvalidAction"
        | "NoSuchProduct"
        | "NoSuchVersion"
        | "UnsupportedOperation.ActionNotFound"
        | "UnsupportedProtocol" => Kind::Offline,
        // An id of a form that this cloud has not.
        "InvalidInstanceId"
        | "InvalidInstanceId.Malformed"
        | "InvalidParameterValue.InstanceIdMalformed"
        | "InvalidParameterValue.Malformed" => Kind::Refused(Reason::InvalidId),
        // Not possible for this machine or VPC (`UnsupportedOperation…`; not of the classic network, as a rule), not as we
        // should have asked, or too much at once, which a smaller batch helps. The cloud's text says more.
        "DryRunOperation"
        | "InvalidFilter"
        | "InvalidFilterValue"
        | "InvalidFilterValue.LimitExceeded"
        | "InvalidParameter"
        | "InvalidParameter.Coexist"
        | "InvalidParameter.FilterInvalidKey"
        | "InvalidParameter.FilterNotDict"
        | "InvalidParameter.FilterValuesNotList"
        | "InvalidParameter.ParamError"
        | "InvalidParameterValue"
        | "InvalidParameterValue.BasicNetworkInstanceFamily"
        | "InvalidParameterValue.IPAddressMalformed"
        | "InvalidParameterValue.LimitExceeded"
        | "InvalidParameterValue.NotUtf8EncodingError"
        | "InvalidParameterValue.Range"
        | "InvalidRequest"
        | "LimitExceeded"
        | "MissingParameter"
        | "RequestSizeLimitExceeded"
        | "ResponseSizeLimitExceeded"
        | "UnknownParameter"
        | "UnknownParameter.WithGuess"
        | "UnsupportedOperation"
        | "UnsupportedOperation.ModifyVPCWithCLB"
        | "UnsupportedOperation.ModifyVPCWithClassLink" => REFUSED,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
