//! Which code each refusal has, out of those that the vendor's libraries list for the service. No document shows the
//! texts.

use super::super::codes;
use super::super::envelope::Failure;
use super::settings::{ThrottleCode, UnknownWebRole};
use crate::sim::Sim;
use crate::tencent::gate::Denied;
use crate::world::Stranger;

/// Why a call is not let in that was signed well.
pub(super) fn denied(denied: &Denied, sim: &Sim) -> Failure {
    match (denied, sim.tencent_sts.throttle_code) {
        (Denied::TooOften { .. }, ThrottleCode::OverLimit) => {
            Failure::new("InvalidParameter.OverLimit", "The frequency limit is exceeded.")
        }
        _ => codes::denied(denied, &sim.tencent_v3),
    }
}

/// A parameter that is not as it should be.
pub(super) fn parameter(name: &str) -> Failure {
    Failure::new("InvalidParameter.ParamError", format!("Parameter error: `{name}`."))
}

/// Longer than the role may be given for.
pub(super) fn too_long(most: u64) -> Failure {
    Failure::new("InvalidParameter.OverTimeError", format!("The expiration time exceeds the threshold of {most} s."))
}

/// There is no such role; for a key that wants it.
pub(super) fn no_role() -> Failure {
    Failure::new("ResourceNotFound.RoleNotFound", "The role of the account does not exist.")
}

/// There is no such role; for a web identity that wants it. The action documents no code of this name.
pub(super) fn no_role_for_identity(setting: UnknownWebRole) -> Failure {
    match setting {
        UnknownWebRole::GetRoleError => Failure::new("InternalError.GetRoleError", "Failed to obtain the role."),
        UnknownWebRole::RoleNotFound => no_role(),
        UnknownWebRole::Unauthorized => not_trusted(),
    }
}

/// The role does not trust whoever wants it.
pub(super) fn not_trusted() -> Failure {
    Failure::new("UnauthorizedOperation", "Unauthorized operation.")
}

/// A web identity is not taken for one.
pub(super) fn stranger(stranger: Stranger) -> Failure {
    match stranger {
        Stranger::NotTrusted => not_trusted(),
        Stranger::Unknown | Stranger::Expired | Stranger::OtherProvider => {
            Failure::new("InvalidParameter.WebIdentityTokenError", format!("WebIdentityToken error: {stranger}."))
        }
    }
}
