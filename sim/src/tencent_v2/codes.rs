//! Which code each refusal of the world has.
//!
//! The names are documented by action; which number goes with which name is not. The pairs are our reading of
//! what the numbers mean (213/6982): 4000 for what is wrong or at a limit, 5000 for what is not found, 5100 for locks.

use super::envelope::Failure;
use super::settings::{NumberOfName, Settings, StaleTimestamp, UnknownTask};
use crate::tencent::gate::Denied;
use crate::world::Refusal;

/// Why a call is not let in.
pub(super) fn denied(denied: &Denied, settings: &Settings) -> Failure {
    let code = match denied {
        Denied::UnknownKey => 4104,
        Denied::TooFarOff => match settings.stale_timestamp {
            StaleTimestamp::Replay => 4500,
            StaleTimestamp::Expired => 4200,
        },
        Denied::NonceUsed => 4500,
        Denied::WrongSignature => 4100,
        Denied::WrongToken => 4105,
        Denied::TooOften { .. } => 4400,
        Denied::Forbidden { .. } => 4101,
    };
    Failure::new(code, denied.to_string())
}

pub(super) fn failure(refusal: Refusal, settings: &Settings) -> Failure {
    let text = refusal.to_string();
    let failure = match refusal {
        Refusal::VpcNotFound => Failure::named(5000, "InvalidVpc.NotFound", text),
        // DetachClassicLinkVpc documents no other code for a machine that has no link (215/2097).
        Refusal::MachineNotFound | Refusal::MachineNotOwned | Refusal::NoLink => {
            Failure::named(5000, "InvalidInstance.NotFound", text)
        }
        Refusal::AddressNotFound => Failure::named(5000, "InvalidLanIp.NotFound", text),
        Refusal::AlreadyLinked | Refusal::LinkedToThisVpc => Failure::named(4000, "InstanceAlreadyLinked", text),
        Refusal::QuotaReached => Failure::named(4000, "InstanceLimitExceeded", text),
        Refusal::Busy | Refusal::WrongStatus => Failure::named(5100, "ActionLocked", text),
        // No document of v2 names a code for these.
        Refusal::NotClassic | Refusal::CidrUnsupported | Refusal::ClassicLinkOff | Refusal::RegionUnsupported => {
            Failure::new(4000, text)
        }
        Refusal::TaskNotFound => Failure::new(task_code(settings.unknown_task), text),
    };
    match (&failure.code_desc, settings.number_of_name) {
        (Some(_), NumberOfName::Parameter) => Failure { code: 4000, ..failure },
        (Some(_), NumberOfName::ByKind) | (None, _) => failure,
    }
}

fn task_code(answer: UnknownTask) -> i64 {
    match answer {
        UnknownTask::NotFound => 5000,
        UnknownTask::InvalidParameter => 4000,
    }
}
