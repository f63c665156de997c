//! Temporary keys: handed out for a role, good together with their token alone, and for a while.

use std::iter::repeat_with;

use serde::{Deserialize, Serialize};

use super::{Cloud, Key, Mistake, Secret, World};
use crate::clock::Millis;

/// What a machine's own service hands out is good for six hours, as in Alibaba's sample.
const INSTANCE_SESSION: Millis = 6 * 3_600_000;

/// How long a temporary key that ended is remembered, so that it is told from one that never was.
const REMEMBERED: Millis = 3_600_000;

/// For what a temporary key was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The role.
    pub role: String,
    /// The number of the role.
    pub role_id: u64,
    /// What the taker called it.
    pub name: String,
}

/// A temporary key as it is handed out.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The public half.
    pub id: String,
    /// The secret half.
    pub secret: Secret,
    /// What must come along.
    pub token: Secret,
    /// When it ends.
    pub expires_at: Millis,
}

/// A role of the machine that a client runs on; its metadata service hands out keys for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Binding {
    /// Whose role.
    pub account: String,
    /// Which one.
    pub role: String,
}

impl World {
    /// Hands out a temporary key for a role, if there is such a role.
    pub fn issue(&mut self, account: &str, role: &str, name: &str, asked_for: Millis, now: Millis) -> Option<Issued> {
        let lifetime = self.rules.timing.session_lifetime_ms.unwrap_or(asked_for);
        let owner = self.accounts.get_mut(account)?;
        let role_taken = owner.roles.get(role)?;
        let prefix = match owner.cloud {
            Cloud::Tencent => "AKID",
            Cloud::Alibaba => "STS.",
        };
        let id = format!("{prefix}{}", random(32));
        let (secret, token) = (Secret::new(random(32)), Secret::new(random(96)));
        let issued = Issued { id, secret, token, expires_at: now.saturating_add(lifetime) };
        let session = Session { role: role.to_owned(), role_id: role_taken.id, name: name.to_owned() };
        let key = Key {
            secret: issued.secret.clone(),
            token: Some(issued.token.clone()),
            token_expires_at: Some(issued.expires_at),
            allowed_actions: role_taken.allowed_actions.clone(),
            enabled: true,
            is_root: false,
            identity_refused: false,
            session: Some(session),
        };
        owner.keys.retain(|_, key| !key.is_forgotten(now));
        owner.keys.insert(issued.id.clone(), key);
        Some(issued)
    }

    /// Ends all temporary keys that were handed out, perhaps of one account; tells how many.
    pub fn expire_sessions(&mut self, account: Option<&str>, now: Millis) -> usize {
        let is_wanted = |id: &str| account.is_none_or(|wanted| wanted == id);
        let accounts = self.accounts.iter_mut().filter(|(id, _)| is_wanted(id));
        let keys = accounts.flat_map(|(_, account)| account.keys.values_mut());
        let mut ended = 0;
        for key in keys.filter(|key| key.session.is_some()) {
            if key.token_expires_at.is_none_or(|end| end > now) {
                key.token_expires_at = Some(now);
                ended += 1;
            }
        }
        ended
    }

    /// The roles of the machine that a client runs on.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter()
    }

    /// The first of those roles in a cloud.
    pub fn first_binding(&self, cloud: Cloud) -> Option<&Binding> {
        self.bindings.iter().find(|binding| self.cloud(&binding.account) == cloud)
    }

    /// The role of that name in a cloud.
    pub fn binding(&self, cloud: Cloud, role: &str) -> Option<&Binding> {
        self.bindings.iter().find(|it| it.role == role && self.cloud(&it.account) == cloud)
    }

    /// What the machine's own service hands out for a role of the machine: a fresh key each time.
    pub fn issue_to_machine(&mut self, binding: &Binding, now: Millis) -> Option<Issued> {
        self.issue(&binding.account, &binding.role, "instance", INSTANCE_SESSION, now)
    }

    /// Gives the machine a role.
    pub fn bind(&mut self, binding: Binding) -> Result<(), Mistake> {
        if self.role(&binding.account, &binding.role).is_none() {
            return Err(Mistake::missing("role", &format!("{}/{}", binding.account, binding.role)));
        }
        let cloud = self.cloud(&binding.account);
        if self.binding(cloud, &binding.role).is_some() {
            return Err(Mistake::exists("role of the machine", &binding.role));
        }
        self.bindings.push(binding);
        Ok(())
    }

    /// Takes a role from the machine; tells whether it had it.
    pub fn unbind(&mut self, account: &str, role: &str) -> bool {
        let before = self.bindings.len();
        self.bindings.retain(|it| it.account != account || it.role != role);
        self.bindings.len() < before
    }
}

impl Key {
    pub(super) fn is_of_role(&self, role: &str) -> bool {
        self.session.as_ref().is_some_and(|session| session.role == role)
    }

    fn is_forgotten(&self, now: Millis) -> bool {
        self.session.is_some() && self.token_expires_at.is_some_and(|end| end.saturating_add(REMEMBERED) <= now)
    }
}

fn random(length: usize) -> String {
    repeat_with(fastrand::alphanumeric).take(length).collect()
}
