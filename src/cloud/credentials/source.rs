//! Where keys come from: what a Secret holds, what a service account's identity or a node's role is exchanged for, and
//! the role that is taken on with any of these.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use secrecy::SecretString;

use super::{Credentials, Problem};
use crate::{api, cloud::CloudError};

/// How the session is called in the cloud's audit log, unless the account says otherwise.
pub const SESSION: &str = "classiclink-operator";
/// The longest identity of a service account (`AssumeRoleWithOIDC`: 4 to 20,000 characters).
const LONGEST_TOKEN: usize = 20_000;

/// Keys that end.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The keys.
    pub keys: Credentials,
    /// How long they are good, from now.
    pub life: Duration,
    /// In what time they are to be renewed.
    pub renew: Duration,
}

/// A role that is taken on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Role {
    /// Its name at the cloud.
    pub arn: String,
    /// How the session is called in the cloud's audit log.
    pub session: String,
}

/// The role that the identity of a service account is exchanged for, as far as the account says it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WebIdentity {
    /// The role; absent: as the environment has it.
    pub role_arn: Option<String>,
    /// The identity provider; absent: as the environment has it.
    pub provider: Option<String>,
}

/// Who gives temporary keys and says whose keys are: a cloud's token service and its nodes' metadata.
///
/// # Contract
/// As of [`crate::cloud::Provider`]: single calls, nothing repeated, bounded in time and size, no secret in an error.
#[async_trait]
pub trait Tokens: Send + Sync + 'static {
    /// The cloud's own id of the account that `keys` belong to.
    ///
    /// # Errors
    /// The call failed.
    async fn identity(&self, keys: &Credentials) -> Result<String, CloudError>;

    /// Takes on `role` with `keys`.
    ///
    /// # Errors
    /// The call failed.
    async fn assume(&self, keys: &Credentials, role: &Role) -> Result<Lease, CloudError>;

    /// Exchanges the identity of this process's service account, read from its file anew: the cluster rotates it.
    ///
    /// # Errors
    /// The environment lacks something, or the call failed.
    async fn exchange(&self, identity: &WebIdentity) -> Result<Lease, Problem>;

    /// The keys of the role of the node that this process runs on; of the one that is bound to it if none is named.
    ///
    /// # Errors
    /// The call failed.
    async fn of_node(&self, role: Option<&str>) -> Result<Lease, CloudError>;
}

/// Where the first keys come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// A Secret.
    Secret,
    /// The identity of the service account.
    WebIdentity(WebIdentity),
    /// The role of the node: its name, or the one that is bound to it.
    Node(Option<String>),
}

/// Where the keys of an account come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// Where the first keys come from.
    pub origin: Origin,
    /// The role that is taken on with them.
    pub assume: Option<Role>,
}

impl Source {
    /// What an account says.
    #[must_use]
    pub fn of(written: &api::Credentials) -> Self {
        let origin = match (&written.workload_identity, &written.instance_role) {
            (Some(identity), _) => Origin::WebIdentity(WebIdentity {
                role_arn: identity.role_arn.clone(),
                provider: identity.provider_id.clone(),
            }),
            (None, Some(role)) => Origin::Node(role.role_name.clone()),
            (None, None) => Origin::Secret,
        };
        let session = |role: &api::AssumeRole| role.session_name.clone().unwrap_or_else(|| SESSION.to_owned());
        let role = |role: &api::AssumeRole| Role { arn: role.role_arn.clone(), session: session(role) };
        Self { origin, assume: written.assume_role.as_ref().map(role) }
    }

    /// Whether keys have to be asked for, and end.
    #[must_use]
    pub fn is_fetched(&self) -> bool {
        self.origin != Origin::Secret || self.assume.is_some()
    }

    /// Asks for keys, once. `given` are those of the Secret.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn fetch(&self, tokens: &dyn Tokens, given: Option<&Credentials>) -> Result<Lease, Problem> {
        let first = match &self.origin {
            Origin::Secret => None,
            Origin::WebIdentity(identity) => Some(tokens.exchange(identity).await?),
            Origin::Node(role) => Some(tokens.of_node(role.as_deref()).await.map_err(Problem::Cloud)?),
        };
        match (&self.assume, first) {
            (None, Some(lease)) => Ok(lease),
            (None, None) => Err(Problem::Missing),
            (Some(role), first) => {
                let keys = first.as_ref().map(|lease| &lease.keys).or(given).ok_or(Problem::Missing)?;
                tokens.assume(keys, role).await.map_err(Problem::Cloud)
            }
        }
    }
}

/// What the environment of the process says about identities: the variables that the clouds' webhooks put there, and no
/// others. None of them is a secret.
#[derive(Clone, Debug, Default)]
pub struct Ambient(BTreeMap<&'static str, String>);

impl Ambient {
    const NAMES: [&'static str; 11] = [
        "TKE_REGION",
        "TKE_PROVIDER_ID",
        "TKE_WEB_IDENTITY_TOKEN_FILE",
        "TKE_ROLE_ARN",
        "ALIBABA_CLOUD_ROLE_ARN",
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
        "ALIBABA_CLOUD_STS_REGION",
        "ALIBABA_CLOUD_STS_ENDPOINT",
        "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED",
        "ALIBABA_CLOUD_IMDSV1_DISABLED",
    ];

    /// What the environment says now.
    #[must_use]
    pub fn from_env() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// What `lookup` says.
    #[must_use]
    pub fn of(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let said = |name: &'static str| {
            lookup(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
                .map(|value| (name, value))
        };
        Self(Self::NAMES.into_iter().filter_map(said).collect())
    }

    /// The value of a variable, if it has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What the account says, or else this variable.
    ///
    /// # Errors
    /// [`Problem::Unset`].
    pub fn or_said(&self, written: Option<&str>, name: &'static str) -> Result<String, Problem> {
        written.or_else(|| self.get(name)).map(ToOwned::to_owned).ok_or(Problem::Unset { name })
    }

    /// Reads the identity of the service account from the file that this variable names. Read anew each time, trimmed.
    ///
    /// # Errors
    /// [`Problem::Unset`], [`Problem::NoToken`].
    pub async fn token(&self, name: &'static str) -> Result<SecretString, Problem> {
        let file = self.get(name).ok_or(Problem::Unset { name })?;
        let text = tokio::fs::read_to_string(file).await.map_err(|_| Problem::NoToken { name })?;
        let token = text.trim();
        if super::is_key(token) && token.len() <= LONGEST_TOKEN {
            Ok(SecretString::from(token.to_owned()))
        } else {
            Err(Problem::NoToken { name })
        }
    }
}
