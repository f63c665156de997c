//! The keys of an account: the one place where secrets live.
//!
//! A key enters as the data of a Secret and leaves only through [`Credentials::sign_with`] into a signature. Nothing
//! here prints one; the texts of [`Problem`] name the entries of the Secret, never their values.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use secrecy::{ExposeSecret, SecretString};

use crate::api::{Provider, Reason};

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
        let secrets = [Some(self.id.as_str()), Some(self.secret.expose_secret()), self.token()];
        let present = secrets.into_iter().flatten().filter(|secret| !secret.is_empty());
        present.fold(text.to_owned(), |text, secret| text.replace(secret, "[redacted]"))
    }

    /// Reads the entries that this cloud uses from the data of a Secret. Values are trimmed: a trailing newline is the
    /// usual slip (`tencent.md` 5.2).
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
    // A key goes into a header or a form: anything but visible ASCII cannot be one.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Err(Problem::Incomplete { entry: name })
    } else {
        Ok(text.to_owned())
    }
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The Secret is not there, or not read yet.
    #[error("the Secret with the keys is not there")]
    Missing,
    /// The Secret lacks an entry, or it is empty.
    #[error("the Secret has no usable entry {entry:?}")]
    Incomplete {
        /// The entry's name.
        entry: &'static str,
    },
}

impl Problem {
    /// The word users see.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Missing => Reason::CredentialsMissing,
            Self::Incomplete { .. } => Reason::CredentialsIncomplete,
        }
    }
}

/// Where the providers of an account take their keys from, and the controller puts them.
///
/// The last good keys stay when the Secret goes: they serve looks, and the detaching of deleted objects; the problem
/// says that all else has to wait.
#[derive(Debug, Default)]
pub struct Keyring(RwLock<Keys>);

#[derive(Debug, Default)]
struct Keys {
    good: Option<Arc<Credentials>>,
    problem: Option<Problem>,
}

impl Keyring {
    /// Takes what was read from the Secret. Says whether anything changed.
    pub fn put(&self, read: Result<Credentials, Problem>) -> bool {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(new) => {
                let same = keys.good.as_ref().is_some_and(|old| old.same(&new)) && keys.problem.is_none();
                *keys = Keys { good: Some(Arc::new(new)), problem: None };
                !same
            }
            Err(problem) => keys.problem.replace(problem) != Some(problem),
        }
    }

    /// The keys to use now, if there ever were any.
    #[must_use]
    pub fn current(&self) -> Option<Arc<Credentials>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).good.clone()
    }

    /// What is wrong with the Secret.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.problem.or_else(|| keys.good.is_none().then_some(Problem::Missing))
    }
}

impl Credentials {
    fn same(&self, other: &Self) -> bool {
        self.id == other.id
            && self.secret.expose_secret() == other.secret.expose_secret()
            && self.token() == other.token()
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
