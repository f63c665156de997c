//! The actions that are played: those that give keys, and the one that tells whose they are.

/// The version of the product.
pub(super) const VERSION: &str = "2015-04-01";

/// The product, as permissions name it.
pub(super) const SERVICE: &str = "sts";

/// An action of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    GetCallerIdentity,
    AssumeRole,
    AssumeRoleWithOIDC,
}

impl Action {
    const ALL: [Self; 3] = [Self::GetCallerIdentity, Self::AssumeRole, Self::AssumeRoleWithOIDC];

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::AssumeRole => "AssumeRole",
            Self::AssumeRoleWithOIDC => "AssumeRoleWithOIDC",
        }
    }

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
