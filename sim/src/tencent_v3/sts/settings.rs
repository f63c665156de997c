//! What the documents of STS leave open. The first setting is the default.

use serde::{Deserialize, Serialize};

use crate::world::switch;

/// Settings of this service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// What calls are answered that come too often.
    pub throttle_code: ThrottleCode,
    /// What a web identity is answered that wants a role which is not there.
    pub unknown_web_role: UnknownWebRole,
}

switch! {
    /// What calls are answered that come too often.
    ThrottleCode {
        /// `RequestLimitExceeded`.
        RequestLimitExceeded,
        /// `InvalidParameter.OverLimit`.
        OverLimit
    }
    /// What is answered where a role is not there.
    UnknownWebRole {
        /// `InternalError.GetRoleError`.
        GetRoleError,
        /// `ResourceNotFound.RoleNotFound`.
        RoleNotFound,
        /// `UnauthorizedOperation`.
        Unauthorized
    }
}
