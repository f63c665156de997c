//! The actions that are played: those that give keys, and the one that tells whose they are.

use crate::dialect::actions;

/// The version of the service (1312/73070).
pub(super) const VERSION: &str = "2018-08-13";

/// The service, as signatures and permissions name it.
pub(super) const SERVICE: &str = "sts";

actions! {
    /// An action of the service.
    pub enum Action {
        /// 1312/66098
        GetCallerIdentity,
        /// 598/33164
        AssumeRole,
        /// 1312/73070
        AssumeRoleWithWebIdentity,
    }
}

impl Action {
    /// Whether it documents this parameter. Policies, tags and the like are taken and have no effect.
    pub(super) fn has(self, parameter: &str) -> bool {
        let own: &[&str] = match self {
            Self::GetCallerIdentity => &[],
            Self::AssumeRole => &[
                "RoleArn",
                "RoleSessionName",
                "DurationSeconds",
                "Policy",
                "ExternalId",
                "Tags",
                "SourceIdentity",
                "SerialNumber",
                "TokenCode",
            ],
            Self::AssumeRoleWithWebIdentity => {
                &["ProviderId", "WebIdentityToken", "RoleArn", "RoleSessionName", "DurationSeconds", "Policy"]
            }
        };
        own.contains(&parameter)
    }

    /// Whether the log of calls keeps this parameter, by the name that it has there: never a token.
    pub(super) fn is_logged(self, name: &str) -> bool {
        match self {
            Self::GetCallerIdentity => false,
            Self::AssumeRole | Self::AssumeRoleWithWebIdentity => {
                ["roleArn", "roleSessionName", "durationSeconds", "providerId"].contains(&name)
            }
        }
    }
}
