//! The actions that are played: those that give keys, and the one that tells whose they are.

use crate::dialect::actions;

/// The version of the product.
pub(super) const VERSION: &str = "2015-04-01";

/// The product, as permissions name it.
pub(super) const SERVICE: &str = "sts";

actions! {
    /// An action of the product.
    pub enum Action {
        GetCallerIdentity,
        AssumeRole,
        AssumeRoleWithOIDC,
    }
}

impl Action {
    /// Whether the log of calls keeps this parameter: never a token.
    pub(super) fn is_logged(self, parameter: &str) -> bool {
        match self {
            Self::GetCallerIdentity => parameter == "RegionId",
            Self::AssumeRole | Self::AssumeRoleWithOIDC => {
                ["RegionId", "RoleArn", "RoleSessionName", "DurationSeconds", "OIDCProviderArn"].contains(&parameter)
            }
        }
    }
}
