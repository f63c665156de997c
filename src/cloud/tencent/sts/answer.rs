//! Taking an answer apart: keys, an account, or why there are none.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    clock,
    cloud::{
        CloudError, Kind,
        clean::Cleaner,
        credentials::{Credentials, Lease, is_key},
        http::Answer,
        tencent::{
            call::{CLOCKS_DIFFER, clocks_differ},
            lenient::{number, text},
            v3::{
                codes,
                wire::{self, Failure},
            },
        },
    },
};

/// Keys of a node are renewed when so much of their life is left (the cloud's own clients).
const NODE_MARGIN: Duration = Duration::from_mins(5);
/// The name of a read of the metadata, in errors.
pub(super) const NODE_ROLE: &str = "security-credentials";
/// What is said of an answer that is JSON and not what is documented.
const OTHER_FORM: &str = "an answer of another form than documented";

/// Takes an answer apart; every text is cleaned.
pub(super) fn read<T: DeserializeOwned>(
    action: &'static str,
    answer: &Answer,
    cleaner: &Cleaner<'_>,
) -> Result<T, CloudError> {
    if answer.status != 200 {
        return Err(error(action, Kind::Transient, &format!("HTTP status {}", answer.status)));
    }
    match wire::read::<Value>(&answer.body) {
        Ok((request_id, value)) => {
            tracing::debug!(action, request_id, "the cloud answered");
            // An error of reading quotes what was read, which may be keys.
            T::deserialize(value).map_err(|_| error(action, Kind::Transient, OTHER_FORM))
        }
        Err(Failure::Unreadable { text, request_id }) => {
            let request_id = request_id.map(|id| cleaner.code(&id));
            // What comes after the colon quotes the answer.
            let text = text.split_once(": ").map_or(text.as_str(), |(what, _)| what);
            Err(CloudError { request_id, ..error(action, Kind::Transient, &cleaner.message(text)) })
        }
        Err(Failure::Refused { code, message, request_id, .. }) => {
            let kind = codes::of_tokens(&code);
            if kind.is_none() {
                tracing::warn!(action, code = cleaner.code(&code), "the cloud answered with an unknown code");
            }
            let skewed = codes::is_about_time(&code) && clocks_differ(answer.date.as_deref());
            let hint = if skewed { CLOCKS_DIFFER } else { "" };
            Err(CloudError {
                kind: kind.unwrap_or(Kind::Unclear),
                action,
                code: cleaner.code(&code),
                message: cleaner.message(&format!("{message}{hint}")),
                request_id: request_id.map(|id| cleaner.code(&id)),
            })
        }
    }
}

pub(super) fn error(action: &'static str, kind: Kind, message: &str) -> CloudError {
    CloudError { kind, action, code: String::new(), message: message.to_owned(), request_id: None }
}

/// Who asks (1312/66098). No form of it says more than the account.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Told {
    #[serde(deserialize_with = "text")]
    account_id: Option<String>,
}

impl Told {
    /// The account's id: digits.
    pub(super) fn account(self, action: &'static str) -> Result<String, CloudError> {
        let account = self.account_id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
        account.ok_or_else(|| error(action, Kind::Unclear, "an answer without an account"))
    }
}

/// The answer to both ways of taking on a role. Never printed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Given {
    #[serde(default)]
    credentials: Keys,
    #[serde(deserialize_with = "number")]
    expired_time: i64,
}

/// The name of the role that is bound to the node, as the metadata has it on a page of its own.
pub(super) fn role(page: &[u8]) -> String {
    String::from_utf8_lossy(page).trim().to_owned()
}

/// Whether a role may have this name, which becomes part of an address.
pub(super) fn is_role(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@-_".contains(&byte))
}

/// The keys on the page of a role.
pub(super) fn of_node(page: &[u8]) -> Result<Lease, CloudError> {
    let keys: OfNode = serde_json::from_slice(page).map_err(|_| error(NODE_ROLE, Kind::Transient, OTHER_FORM))?;
    keys.lease()
}

/// What the metadata answers: the same, flat.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfNode {
    #[serde(flatten)]
    keys: Keys,
    #[serde(deserialize_with = "number")]
    expired_time: i64,
    #[serde(default, deserialize_with = "text")]
    code: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Keys {
    #[serde(deserialize_with = "text")]
    tmp_secret_id: Option<String>,
    #[serde(deserialize_with = "text")]
    tmp_secret_key: Option<String>,
    #[serde(deserialize_with = "text")]
    token: Option<String>,
}

impl Given {
    /// Renewed at nine tenths of their life (the cloud's own clients).
    pub(super) fn lease(self, action: &'static str) -> Result<Lease, CloudError> {
        self.credentials.lease(action, self.expired_time, |life| life * 9 / 10)
    }
}

impl OfNode {
    fn lease(self) -> Result<Lease, CloudError> {
        if self.code.as_deref() != Some("Success") {
            return Err(error(NODE_ROLE, Kind::Transient, "the metadata service has no keys at the moment"));
        }
        self.keys.lease(NODE_ROLE, self.expired_time, |life| life.saturating_sub(NODE_MARGIN.min(life / 2)))
    }
}

impl Keys {
    fn lease(self, action: &'static str, ends: i64, renew: fn(Duration) -> Duration) -> Result<Lease, CloudError> {
        let ends = Timestamp::from_second(ends).ok();
        let life = ends.map(|ends| clock::until(clock::wall(), ends)).filter(|life| !life.is_zero());
        let life = life.ok_or_else(|| error(action, Kind::Transient, "keys that have ended already"))?;
        let usable = |key: Option<String>| key.filter(|key| is_key(key));
        let whole = (usable(self.tmp_secret_id), usable(self.tmp_secret_key), usable(self.token));
        let (Some(id), Some(secret), Some(token)) = whole else {
            return Err(error(action, Kind::Unclear, "an answer without keys"));
        };
        let keys = Credentials::new(id, SecretString::from(secret), Some(SecretString::from(token)));
        Ok(Lease { keys, life, renew: renew(life) })
    }
}

#[cfg(fuzzing)]
pub(super) mod fuzz;
