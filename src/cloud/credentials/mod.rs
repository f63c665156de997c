//! The keys of an account: the one place where secrets live.
//!
//! A key enters as the data of a Secret, or as the answer of a service that gives temporary ones, and leaves only through
//! [`Credentials::sign_with`] into a signature. Nothing here prints one; the texts of [`Problem`] name the entries of the
//! Secret, never their values.
//!
//! `source` says where keys come from and how they are asked for; `keyring` holds those in use; `keeper` renews them in
//! time, and asks whose they are.

mod keeper;
mod keyring;
mod source;

use std::{cmp::Reverse, collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

pub use self::{
    keeper::Keeper,
    keyring::{Keyring, Term},
    source::{Ambient, Lease, Origin, Role, SESSION, Source, Tokens, WebIdentity},
};
use super::{CloudError, Kind};
use crate::api::{Provider, Reason};

/// How a stand-in for an identity begins: no cloud's account id does.
const STAND_IN: &str = crate::link::STAND_IN;

/// A key pair, with a token where the keys are temporary.
#[derive(Clone)]
pub struct Credentials {
    /// The key id: no secret, but shown nowhere all the same.
    id: String,
    secret: SecretString,
    token: Option<SecretString>,
}

impl Credentials {
    /// Keys as given.
    #[must_use]
    pub fn new(id: String, secret: SecretString, token: Option<SecretString>) -> Self {
        Self { id, secret, token }
    }

    /// The key id, for a request.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Lends the secret key to `sign`; what comes back must be a signature, not the key.
    pub fn sign_with<T>(&self, sign: impl FnOnce(&[u8]) -> T) -> T {
        sign(self.secret.expose_secret().as_bytes())
    }

    /// The token that goes into a request with temporary keys.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_ref().map(ExposeSecret::expose_secret)
    }

    /// Replaces each secret in `text`: some clouds echo parts of a request in their messages.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        let mut secrets = [self.id.as_str(), self.secret.expose_secret(), self.token().unwrap_or_default()];
        // The longest first: a token may have the key id in it.
        secrets.sort_unstable_by_key(|secret| Reverse(secret.len()));
        let present = secrets.into_iter().filter(|secret| !secret.is_empty());
        present.fold(text.to_owned(), |text, secret| text.replace(secret, "[redacted]"))
    }

    /// Reads the entries that this cloud uses from the data of a Secret. Values are trimmed: a trailing newline is the
    /// usual slip.
    ///
    /// # Errors
    /// [`Problem::Incomplete`] names the entry that is missing or empty.
    pub fn from_secret(provider: Provider, data: &BTreeMap<String, Vec<u8>>) -> Result<Self, Problem> {
        let (id, secret, token) = match provider {
            Provider::TencentCloud => ("secretId", "secretKey", "token"),
            Provider::AlibabaCloud => ("accessKeyId", "accessKeySecret", "securityToken"),
        };
        Ok(Self {
            id: entry(data, id)?,
            secret: SecretString::from(entry(data, secret)?),
            token: if data.contains_key(token) { Some(SecretString::from(entry(data, token)?)) } else { None },
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials([redacted])")
    }
}

fn entry(data: &BTreeMap<String, Vec<u8>>, name: &'static str) -> Result<String, Problem> {
    let text = data.get(name).and_then(|bytes| std::str::from_utf8(bytes).ok()).map(str::trim).unwrap_or_default();
    if is_key(text) { Ok(text.to_owned()) } else { Err(Problem::Incomplete { entry: name }) }
}

/// Whether this can be a key or a token: it goes into a header or a form, so anything but visible ASCII cannot be one.
#[must_use]
pub fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Why there are no keys.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The Secret is not there, or not read yet.
    #[error("the Secret with the keys is not there")]
    Missing,
    /// The API server refuses to show the Secret.
    #[error("the Secret with the keys may not be read")]
    Forbidden,
    /// The API server does not answer when asked for the Secret.
    #[error("the Secret with the keys cannot be read")]
    Unreadable,
    /// The Secret lacks an entry, or it is empty.
    #[error("the Secret has no usable entry {entry:?}")]
    Incomplete {
        /// The entry's name.
        entry: &'static str,
    },
    /// The environment lacks what the cluster's webhook puts there.
    #[error("the environment has no usable {name}")]
    Unset {
        /// The variable's name.
        name: &'static str,
    },
    /// The file with the identity of the service account cannot be read, or is empty.
    #[error("the file that {name} names cannot be read")]
    NoToken {
        /// The variable's name.
        name: &'static str,
    },
    /// They were not asked for yet, or the answer is on its way.
    #[error("the keys are being fetched")]
    Fetching,
    /// The cloud gave none.
    #[error("no keys were given: {0}")]
    Cloud(CloudError),
}

impl Problem {
    /// The word users see.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Missing | Self::Forbidden | Self::Unreadable | Self::NoToken { .. } => Reason::CredentialsMissing,
            Self::Incomplete { .. } | Self::Unset { .. } => Reason::CredentialsIncomplete,
            Self::Fetching => Reason::ProviderUnavailable,
            Self::Cloud(error) => error.kind.on_giving_keys().reason(),
        }
    }

    /// What a call that finds no keys failed of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Missing
            | Self::Forbidden
            | Self::Unreadable
            | Self::Incomplete { .. }
            | Self::Unset { .. }
            | Self::NoToken { .. } => Kind::KeyDenied,
            Self::Fetching => Kind::Transient,
            Self::Cloud(error) => error.kind.on_giving_keys(),
        }
    }
}

impl Credentials {
    /// Whether these are the very same keys.
    fn same(&self, other: &Self) -> bool {
        self.id == other.id
            && self.secret.expose_secret() == other.secret.expose_secret()
            && self.token() == other.token()
    }

    /// What stands in for the account's identity where the cloud does not tell it: the same for the same key id, and not
    /// the id itself.
    #[must_use]
    pub fn stand_in(&self) -> String {
        let hash = Sha256::digest(self.id.as_bytes());
        let short = hash.iter().take(8).fold(0_u64, |short, byte| short << 8 | u64::from(*byte));
        format!("{STAND_IN}{short:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(entries: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        entries.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_trailing_newline_is_no_part_of_a_key() {
        let secret = data(&[("secretId", "AKIDexample\n"), ("secretKey", " key-of-the-example ")]);
        let credentials = Credentials::from_secret(Provider::TencentCloud, &secret).unwrap();
        assert_eq!(credentials.id(), "AKIDexample");
        credentials.sign_with(|key| assert_eq!(key, b"key-of-the-example"));
    }

    #[test]
    fn a_missing_entry_is_named() {
        for (entries, missing) in
            [(data(&[("secretKey", "x")]), "secretId"), (data(&[("secretId", "x"), ("secretKey", "")]), "secretKey")]
        {
            let problem = Credentials::from_secret(Provider::TencentCloud, &entries).unwrap_err();
            assert_eq!(problem, Problem::Incomplete { entry: missing });
        }
    }

    #[test]
    fn nothing_prints_a_key() {
        let keys = Credentials::new("AKIDcanary".into(), "canary-secret".into(), Some("canary-token".into()));
        let ring = Keyring::default();
        ring.put(Ok(keys.clone()));
        let text = format!("{keys:?} {ring:?} {}", keys.scrub("id AKIDcanary key canary-secret token canary-token"));
        assert!(!text.contains("canary"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_that_was_read_before_may_be_unreadable_for_a_while() {
        let (ring, patience) = (Keyring::default(), std::time::Duration::from_mins(1));
        assert!(ring.unread(patience), "none was ever read");
        assert!(ring.put(Err(Problem::Unreadable)));
        assert!(ring.put(Ok(Credentials::new("id".into(), "secret".into(), None))));
        assert!(!ring.unread(patience));
        crate::clock::sleep(patience).await;
        assert!(ring.unread(patience) && ring.put(Err(Problem::Unreadable)));
        assert!(ring.unread(patience), "to say so is no answer");
        assert!(ring.put(Ok(Credentials::new("id".into(), "secret".into(), None))), "mended");
        assert!(!ring.unread(patience));
    }

    #[test]
    fn the_last_good_keys_stay_when_the_secret_goes() {
        let ring = Keyring::default();
        assert_eq!(ring.problem(), Some(Problem::Missing));
        assert!(ring.put(Ok(Credentials::new("id".into(), "secret".into(), None))));
        assert!(!ring.put(Ok(Credentials::new("id".into(), "secret".into(), None))));
        assert!(ring.put(Err(Problem::Missing)));
        assert!(ring.current().is_some());
        assert_eq!(ring.problem(), Some(Problem::Missing));
    }
}
