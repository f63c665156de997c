//! How accounts, keys, roles and web identities are described.

use serde::Deserialize;

use super::Change;
use crate::clock::Millis;
use crate::world::{Cloud, Secret};

/// An account to be made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccount {
    /// The cloud's own id of the account.
    pub id: String,
    /// Whose cloud it is in.
    #[serde(default)]
    pub cloud: Cloud,
    /// Its keys.
    #[serde(default)]
    pub keys: Vec<NewKey>,
    /// Its roles.
    #[serde(default)]
    pub roles: Vec<NewRole>,
    /// Tokens of other identity providers that it trusts.
    #[serde(default)]
    pub identities: Vec<NewIdentity>,
    /// Whether nobody is told who they are.
    #[serde(default)]
    pub identity_refused: bool,
}

/// A change to an account; what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountChange {
    /// Whether nobody is told who they are.
    pub identity_refused: Option<bool>,
}

/// A role to be made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRole {
    /// Its name; it is unique in its account.
    pub name: String,
    /// `service:Action`, `service:*` or `*`; left out: everything.
    pub allowed_actions: Option<Vec<String>>,
    /// Ids of the keys that may take it.
    pub trusted_keys: Option<Vec<String>>,
    /// The roles that may take it, as `name` or `account/name`. Neither keys nor roles: everyone of the account.
    pub trusted_roles: Option<Vec<String>>,
    /// Subjects of web identities that may take it; left out: all of the account.
    pub trusted_subjects: Option<Vec<String>>,
    /// The longest that it is given for; left out: what the API documents.
    pub max_session_seconds: Option<u64>,
}

/// A change to a role; what is left out stays, `null` clears.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleChange {
    /// What its bearers may do; `null`: everything.
    #[serde(default)]
    pub allowed_actions: Change<Vec<String>>,
    /// Ids of the keys that may take it.
    #[serde(default)]
    pub trusted_keys: Change<Vec<String>>,
    /// The roles that may take it.
    #[serde(default)]
    pub trusted_roles: Change<Vec<String>>,
    /// Subjects of web identities that may take it.
    #[serde(default)]
    pub trusted_subjects: Change<Vec<String>>,
    /// The longest that it is given for.
    #[serde(default)]
    pub max_session_seconds: Change<u64>,
}

/// A token of another identity provider that is to be trusted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewIdentity {
    /// What the simulator calls it.
    pub name: String,
    /// What is sent.
    pub token: Secret,
    /// The provider: its id at Tencent, its ARN at Alibaba.
    pub provider: String,
    /// Whom it names; left out: its name.
    pub subject: Option<String>,
    /// When it ends, in Unix milliseconds.
    pub expires_at: Option<Millis>,
}

/// A change to a web identity; what is left out stays, `null` clears.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityChange {
    /// What is sent.
    pub token: Option<Secret>,
    /// The provider.
    pub provider: Option<String>,
    /// Whom it names.
    pub subject: Option<String>,
    /// When it ends, in Unix milliseconds.
    #[serde(default)]
    pub expires_at: Change<Millis>,
}

/// A key to be made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewKey {
    /// The public half.
    pub secret_id: String,
    /// The secret half.
    pub secret_key: Secret,
    /// For temporary keys.
    pub token: Option<Secret>,
    /// When the token ends, in Unix milliseconds.
    pub token_expires_at: Option<Millis>,
    /// `service:Action`, `service:*` or `*`; left out: everything.
    pub allowed_actions: Option<Vec<String>>,
    /// Whether it works.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether it is the account's own key; left out: a user's.
    #[serde(default)]
    pub root: bool,
    /// Whether its bearer is not told who they are.
    #[serde(default)]
    pub identity_refused: bool,
}

/// A change to a key; what is left out stays, `null` clears.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyChange {
    /// The secret half.
    pub secret_key: Option<Secret>,
    /// For temporary keys.
    #[serde(default)]
    pub token: Change<Secret>,
    /// When the token ends, in Unix milliseconds.
    #[serde(default)]
    pub token_expires_at: Change<Millis>,
    /// What the key may do; `null`: everything.
    #[serde(default)]
    pub allowed_actions: Change<Vec<String>>,
    /// Whether it works.
    pub enabled: Option<bool>,
    /// Whether its bearer is not told who they are.
    pub identity_refused: Option<bool>,
}

fn yes() -> bool {
    true
}
