//! Which code each refusal has (`AssumeRoleWithOIDC`), in the vendor's own words where a page shows them. The statuses
//! are those of the product's own error table: 401 for what is wrong with a web identity.

use axum::http::StatusCode;

use super::super::failure::Failure;
use crate::world::Stranger;

/// Whether somebody may take roles at all, or be told who they are.
pub(super) fn unauthorized() -> Failure {
    Failure::forbidden("NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
}

/// The account's own key takes no roles.
pub(super) fn root() -> Failure {
    Failure::forbidden("NoPermission", "Roles may not be assumed by root accounts.")
}

/// The role does not trust the key that wants it.
pub(super) fn not_trusted() -> Failure {
    Failure::forbidden(
        "NoPermission",
        "No permission perform sts:AssumeRole on this Role. Maybe you are not authorized to perform sts:AssumeRole or \
         the specified role does not trust you.",
    )
}

/// There is no such role.
pub(super) fn no_role() -> Failure {
    Failure::not_found("EntityNotExist.Role", "The specified Role not exists.")
}

/// A parameter that is not as it should be.
pub(super) fn parameter(name: &str) -> Failure {
    Failure::bad(&format!("InvalidParameter.{name}"), format!("The parameter {name} is wrongly formed."))
}

/// Shorter or longer than a role is given for.
pub(super) fn duration(most: u64) -> Failure {
    let message = format!("The Min/Max value of DurationSeconds is 15min/{}hr.", most / 3_600);
    Failure::bad("InvalidParameter.DurationSeconds", message)
}

/// A web identity is not taken for one.
pub(super) fn stranger(stranger: Stranger) -> Failure {
    let (code, message) = match stranger {
        Stranger::Unknown => {
            ("AuthenticationFail.OIDCToken.Invalid", "The Jwt content is invalid that cannot be recognized.")
        }
        Stranger::Expired => ("AuthenticationFail.OIDCToken.Expired", "This JsonWebToken is expired."),
        Stranger::OtherProvider => ("AuthenticationFail.NoPermission", "No such OIDC Provider registered."),
        Stranger::NotTrusted => ("AuthenticationFail.NoPermission", "There is no permission"),
    };
    Failure::new(StatusCode::UNAUTHORIZED, code, message)
}
