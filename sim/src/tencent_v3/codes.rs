//! Which code each refusal has (the page of each action, and 1388/114322 for what they have in common), in the vendor's
//! own words where they are documented. `ResourceNotFound` does not say what is missing, and "already bound" not to what:
//! so it is in the documents.

use super::envelope::Failure;
use super::settings::{LockedCode, PermissionCode, Settings, UnknownTask};
use crate::tencent::gate::Denied;
use crate::world::Refusal;

const NOT_FOUND: &str = "The resource does not exist.";

/// Why a call is not let in.
pub(super) fn denied(denied: &Denied, settings: &Settings) -> Failure {
    match denied {
        Denied::UnknownKey => Failure::new(
            "AuthFailure.SecretIdNotFound",
            "The SecretId is not found, please ensure that your SecretId is correct.",
        ),
        Denied::TooFarOff => Failure::new(
            "AuthFailure.SignatureExpire",
            "Signature expired. Timestamp and server time cannot differ by more than five minutes.",
        ),
        // No code of 3.0 is documented for this; v2 has one for both (4500).
        Denied::NonceUsed => Failure::new("AuthFailure.SignatureExpire", denied.to_string()),
        Denied::WrongSignature => Failure::new(
            "AuthFailure.SignatureFailure",
            "The provided credentials could not be validated. Please check your signature is correct.",
        ),
        Denied::WrongToken => Failure::new("AuthFailure.TokenFailure", "Token error."),
        Denied::TooOften { calls, limit } => Failure::new(
            "RequestLimitExceeded",
            format!(
                "Your current request times equals to `{calls}` in a second, which exceeds the frequency limit `{limit}` \
                 for a second. Please reduce the frequency of calls."
            ),
        ),
        Denied::Forbidden { service, action } => Failure::new(
            permission(settings.permission_code),
            format!("You are not authorized to perform operation ({service}:{action})."),
        ),
    }
}

/// Why the world refuses what is asked.
pub(super) fn failure(refusal: Refusal, settings: &Settings) -> Failure {
    match refusal {
        Refusal::VpcNotFound
        | Refusal::MachineNotFound
        | Refusal::MachineNotOwned
        | Refusal::NoLink
        | Refusal::AddressNotFound => Failure::new("ResourceNotFound", NOT_FOUND),
        Refusal::NotClassic | Refusal::ClassicLinkOff | Refusal::RegionUnsupported => {
            Failure::new("UnsupportedOperation", "Unsupported operation.")
        }
        Refusal::CidrUnsupported => Failure::new(
            "UnsupportedOperation.CIDRUnSupportedClassicLink",
            "The specified VPC CIDR range does not support Classiclink.",
        ),
        Refusal::AlreadyLinked | Refusal::LinkedToThisVpc => Failure::new(
            "UnsupportedOperation.ClassicInstanceIdAlreadyExists",
            "The instance has already been bound to the VPC.",
        ),
        Refusal::QuotaReached => Failure::new("LimitExceeded", "Quota limit is reached."),
        Refusal::Busy | Refusal::WrongStatus => Failure::new(locked(settings.locked_code), refusal.to_string()),
        Refusal::TaskNotFound => match settings.unknown_task {
            UnknownTask::NotFound => Failure::new("ResourceNotFound", NOT_FOUND),
            UnknownTask::InvalidParameterValue => Failure::wrong_value("TaskId"),
        },
    }
}

fn permission(code: PermissionCode) -> &'static str {
    match code {
        PermissionCode::AuthFailure => "AuthFailure.UnauthorizedOperation",
        PermissionCode::Unauthorized => "UnauthorizedOperation",
    }
}

fn locked(code: LockedCode) -> &'static str {
    match code {
        LockedCode::MutexOperationTaskRunning => "UnsupportedOperation.MutexOperationTaskRunning",
        LockedCode::MutexTaskRunning => "OperationDenied.MutexTaskRunning",
        LockedCode::LockedResources => "UnsupportedOperation.LockedResources",
    }
}
