//! Accounts and the keys that open them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::{AccountChange, Cloud, KeyChange, Mistake, NewAccount, NewKey, Role, Session, WebIdentity, World};
use crate::clock::Millis;

/// A text that no log, read or error may show.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for signing and comparing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An account: it owns machines and VPCs, and has keys.
#[derive(Debug, Default)]
pub struct Account {
    /// Whose cloud it is in.
    pub cloud: Cloud,
    /// The keys, by their public id.
    pub keys: BTreeMap<String, Key>,
    /// The roles, by name.
    pub roles: BTreeMap<String, Role>,
    /// Tokens of other identity providers that are trusted, by a name of the simulator's own.
    pub identities: BTreeMap<String, WebIdentity>,
    /// Whether nobody of the account is told who they are.
    pub identity_refused: bool,
}

/// A pair of key id and secret, with what it may do.
#[derive(Debug, Clone)]
pub struct Key {
    /// What requests are signed with.
    pub secret: Secret,
    /// For temporary keys: the token that must come along.
    pub token: Option<Secret>,
    /// When the token ends.
    pub token_expires_at: Option<Millis>,
    /// `service:Action`, `service:*` or `*`; none: everything.
    pub allowed_actions: Option<Vec<String>>,
    /// A key can be switched off.
    pub enabled: bool,
    /// Whether it is the account's own key and no user's.
    pub is_root: bool,
    /// Whether its bearer is not told who they are.
    pub identity_refused: bool,
    /// For what a temporary key was handed out.
    pub session: Option<Session>,
}

impl Key {
    /// Whether the key may call this action of this service.
    pub fn may(&self, service: &str, action: &str) -> bool {
        let permits = |pattern: &str| {
            pattern == "*"
                || pattern.split_once(':').is_some_and(|(of, what)| of == service && (what == "*" || what == action))
        };
        self.allowed_actions.as_ref().is_none_or(|patterns| patterns.iter().any(|pattern| permits(pattern)))
    }

    /// Whether the token sent, or its absence, fits this key now.
    pub fn fits_token(&self, sent: Option<&str>, now: Millis) -> bool {
        let is_fresh = self.token_expires_at.is_none_or(|end| now < end);
        sent == self.token.as_ref().map(Secret::reveal) && is_fresh
    }
}

/// The number of the user that a key belongs to, which is no account's own: always the same.
pub fn user_number(key_id: &str) -> u64 {
    key_id.bytes().fold(0, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}

impl From<NewKey> for Key {
    fn from(new: NewKey) -> Self {
        Self {
            secret: new.secret_key,
            token: new.token,
            token_expires_at: new.token_expires_at,
            allowed_actions: new.allowed_actions,
            enabled: new.enabled,
            is_root: new.root,
            identity_refused: new.identity_refused,
            session: None,
        }
    }
}

impl World {
    /// The account and key behind a key id.
    pub fn key(&self, secret_id: &str) -> Option<(&String, &Key)> {
        self.accounts.iter().find_map(|(id, account)| account.keys.get(secret_id).map(|key| (id, key)))
    }

    /// Makes an account.
    pub fn add_account(&mut self, new: NewAccount) -> Result<(), Mistake> {
        if self.accounts.contains_key(&new.id) {
            return Err(Mistake::exists("account", &new.id));
        }
        let NewAccount { id, cloud, keys, roles, identities, identity_refused } = new;
        self.accounts.insert(id.clone(), Account { cloud, identity_refused, ..Account::default() });
        keys.into_iter().try_for_each(|key| self.add_key(&id, key))?;
        roles.into_iter().try_for_each(|role| self.add_role(&id, role))?;
        identities.into_iter().try_for_each(|identity| self.add_identity(&id, identity))
    }

    /// Changes what the change mentions.
    pub fn change_account(&mut self, id: &str, change: &AccountChange) -> Result<(), Mistake> {
        let account = self.account_mut(id)?;
        account.identity_refused = change.identity_refused.unwrap_or(account.identity_refused);
        Ok(())
    }

    /// Whether the bearer of a key is not told who they are.
    pub fn refuses_identity(&self, account: &str, key: &Key) -> bool {
        key.identity_refused || self.accounts.get(account).is_some_and(|account| account.identity_refused)
    }

    /// Removes an account with all it owns.
    pub fn remove_account(&mut self, id: &str) -> Result<(), Mistake> {
        self.accounts.remove(id).ok_or_else(|| Mistake::missing("account", &id))?;
        self.places.retain(|place, _| place.account != id);
        self.bindings.retain(|binding| binding.account != id);
        Ok(())
    }

    /// Gives an account a key.
    pub fn add_key(&mut self, account: &str, new: NewKey) -> Result<(), Mistake> {
        if self.key(&new.secret_id).is_some() {
            return Err(Mistake::exists("key", &new.secret_id));
        }
        let keys = &mut self.account_mut(account)?.keys;
        keys.insert(new.secret_id.clone(), new.into());
        Ok(())
    }

    /// Changes what the change mentions.
    pub fn change_key(&mut self, account: &str, secret_id: &str, change: KeyChange) -> Result<(), Mistake> {
        let keys = &mut self.account_mut(account)?.keys;
        let key = keys.get_mut(secret_id).ok_or_else(|| Mistake::missing("key", &secret_id))?;
        key.secret = change.secret_key.unwrap_or_else(|| key.secret.clone());
        change.token.change(&mut key.token);
        change.token_expires_at.change(&mut key.token_expires_at);
        change.allowed_actions.change(&mut key.allowed_actions);
        key.enabled = change.enabled.unwrap_or(key.enabled);
        key.identity_refused = change.identity_refused.unwrap_or(key.identity_refused);
        Ok(())
    }

    /// Takes a key away.
    pub fn remove_key(&mut self, account: &str, secret_id: &str) -> Result<(), Mistake> {
        let keys = &mut self.account_mut(account)?.keys;
        keys.remove(secret_id).map(drop).ok_or_else(|| Mistake::missing("key", &secret_id))
    }

    pub(super) fn account_mut(&mut self, id: &str) -> Result<&mut Account, Mistake> {
        self.accounts.get_mut(id).ok_or_else(|| Mistake::missing("account", &id))
    }

    pub(super) fn expect_account(&self, id: &str) -> Result<(), Mistake> {
        self.accounts.get(id).map(drop).ok_or_else(|| Mistake::missing("account", &id))
    }
}
