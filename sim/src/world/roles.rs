//! Roles of an account, whom they trust, and the web identities that may take them.

use std::collections::BTreeMap;

use super::{IdentityChange, Key, Mistake, NewIdentity, NewRole, RoleChange, Secret, World};
use crate::clock::Millis;

/// A role: permissions that somebody else may take for a while.
#[derive(Debug, Clone)]
pub struct Role {
    /// The number that the cloud gives it.
    pub id: u64,
    /// `service:Action`, `service:*` or `*`; none: everything.
    pub allowed_actions: Option<Vec<String>>,
    /// Whom it trusts.
    pub trust: Trust,
    /// The longest that it is given for.
    pub max_session_seconds: Option<u64>,
}

/// Whom a role trusts. While neither keys nor roles are listed, that is everyone of its own account.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Ids of keys, of any account.
    pub keys: Option<Vec<String>>,
    /// Roles, as `name` (of the same account) or `account/name`.
    pub roles: Option<Vec<String>>,
    /// Subjects of web identities of its account; none: all of them.
    pub subjects: Option<Vec<String>>,
}

/// A token of another identity provider that the cloud trusts: a Kubernetes service account's, for one.
#[derive(Debug, Clone)]
pub struct WebIdentity {
    /// What is sent.
    pub token: Secret,
    /// The provider, as the cloud calls it: its id at Tencent, its ARN at Alibaba.
    pub provider: String,
    /// Whom it names.
    pub subject: String,
    /// When it ends.
    pub expires_at: Option<Millis>,
}

/// Why a web identity is not taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    /// Nobody issued such a token.
    #[error("the token is not one of the account")]
    Unknown,
    /// It ended.
    #[error("the token expired")]
    Expired,
    /// It is another provider's.
    #[error("the token is not of this provider")]
    OtherProvider,
    /// The role does not trust its subject.
    #[error("the role does not trust the subject of the token")]
    NotTrusted,
}

impl Trust {
    /// Whether a key of an account may take the role, which is one of `home`.
    pub fn takes(&self, home: &str, account: &str, key_id: &str, key: &Key) -> bool {
        if self.keys.is_none() && self.roles.is_none() {
            return home == account;
        }
        let Some(session) = &key.session else {
            return self.keys.iter().flatten().any(|id| id == key_id);
        };
        let full = format!("{account}/{}", session.role);
        self.roles.iter().flatten().any(|role| *role == full || (home == account && *role == session.role))
    }
}

impl World {
    /// The role of this name in an account.
    pub fn role(&self, account: &str, name: &str) -> Option<&Role> {
        self.accounts.get(account)?.roles.get(name)
    }

    /// The name of the role with this number.
    pub fn role_name(&self, account: &str, id: u64) -> Option<&String> {
        let roles = &self.accounts.get(account)?.roles;
        roles.iter().find_map(|(name, role)| (role.id == id).then_some(name))
    }

    /// Who sends a token of a provider and wants a role of this account.
    pub fn recognise(
        &self,
        account: &str,
        role: &Role,
        (provider, token): (&str, &str),
        now: Millis,
    ) -> Result<&WebIdentity, Stranger> {
        let known = self.accounts.get(account).into_iter().flat_map(|account| account.identities.values());
        let sent = known.into_iter().find(|known| known.token.reveal() == token).ok_or(Stranger::Unknown)?;
        if sent.expires_at.is_some_and(|end| end <= now) {
            return Err(Stranger::Expired);
        }
        if sent.provider != provider {
            return Err(Stranger::OtherProvider);
        }
        let is_trusted = role.trust.subjects.as_ref().is_none_or(|subjects| subjects.contains(&sent.subject));
        if is_trusted { Ok(sent) } else { Err(Stranger::NotTrusted) }
    }

    /// Makes a role.
    pub fn add_role(&mut self, account: &str, new: NewRole) -> Result<(), Mistake> {
        let id = self.next_serial();
        let roles = &mut self.account_mut(account)?.roles;
        let NewRole { name, allowed_actions, trusted_keys, trusted_roles, trusted_subjects, max_session_seconds } = new;
        let trust = Trust { keys: trusted_keys, roles: trusted_roles, subjects: trusted_subjects };
        insert(roles, "role", name, Role { id, allowed_actions, trust, max_session_seconds })
    }

    /// Changes what the change mentions. Keys that were given out for the role follow at once.
    pub fn change_role(&mut self, account: &str, name: &str, change: RoleChange) -> Result<(), Mistake> {
        let account = self.account_mut(account)?;
        let role = account.roles.get_mut(name).ok_or_else(|| Mistake::missing("role", &name))?;
        change.allowed_actions.change(&mut role.allowed_actions);
        change.trusted_keys.change(&mut role.trust.keys);
        change.trusted_roles.change(&mut role.trust.roles);
        change.trusted_subjects.change(&mut role.trust.subjects);
        change.max_session_seconds.change(&mut role.max_session_seconds);
        let allowed = role.allowed_actions.clone();
        for key in account.keys.values_mut().filter(|key| key.is_of_role(name)) {
            key.allowed_actions.clone_from(&allowed);
        }
        Ok(())
    }

    /// Takes a role away, and all keys that were given out for it.
    pub fn remove_role(&mut self, account: &str, name: &str) -> Result<(), Mistake> {
        let owner = self.account_mut(account)?;
        owner.roles.remove(name).ok_or_else(|| Mistake::missing("role", &name))?;
        owner.keys.retain(|_, key| !key.is_of_role(name));
        self.unbind(account, name);
        Ok(())
    }

    /// Makes a web identity known to the cloud.
    pub fn add_identity(&mut self, account: &str, new: NewIdentity) -> Result<(), Mistake> {
        let identities = &mut self.account_mut(account)?.identities;
        let NewIdentity { name, token, provider, subject, expires_at } = new;
        let subject = subject.unwrap_or_else(|| name.clone());
        insert(identities, "web identity", name, WebIdentity { token, provider, subject, expires_at })
    }

    /// Changes what the change mentions.
    pub fn change_identity(&mut self, account: &str, name: &str, change: IdentityChange) -> Result<(), Mistake> {
        let identities = &mut self.account_mut(account)?.identities;
        let identity = identities.get_mut(name).ok_or_else(|| Mistake::missing("web identity", &name))?;
        identity.token = change.token.unwrap_or_else(|| identity.token.clone());
        identity.provider = change.provider.unwrap_or_else(|| identity.provider.clone());
        identity.subject = change.subject.unwrap_or_else(|| identity.subject.clone());
        change.expires_at.change(&mut identity.expires_at);
        Ok(())
    }

    /// Makes a web identity unknown.
    pub fn remove_identity(&mut self, account: &str, name: &str) -> Result<(), Mistake> {
        let identities = &mut self.account_mut(account)?.identities;
        identities.remove(name).map(drop).ok_or_else(|| Mistake::missing("web identity", &name))
    }
}

fn insert<T>(map: &mut BTreeMap<String, T>, kind: &'static str, name: String, thing: T) -> Result<(), Mistake> {
    if map.contains_key(&name) {
        return Err(Mistake::exists(kind, &name));
    }
    map.insert(name, thing);
    Ok(())
}
