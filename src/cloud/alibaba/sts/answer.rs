//! Taking an answer apart: keys, an account, or why there are none.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    clock,
    cloud::{
        CloudError, Kind,
        alibaba::{
            call::{CLOCKS_DIFFER, clocks_differ},
            codes,
            wire::{self, Failure, Success},
        },
        clean::Cleaner,
        credentials::{Credentials, Lease, is_key},
        http::{Answer, Transport},
    },
};

/// Keys are renewed when so much of their life is left (the vendor's own library).
pub(super) const MARGIN: Duration = Duration::from_mins(15);
/// The name of a read of the metadata, in errors.
pub(super) const NODE_ROLE: &str = "security-credentials";

/// Takes an answer apart; every text is cleaned.
pub(super) fn read(
    action: &'static str,
    answer: Result<Answer, Transport>,
    cleaner: &Cleaner<'_>,
) -> Result<Value, CloudError> {
    let answer = answer.map_err(|transport| error(action, Kind::Transient, &transport.to_string()))?;
    let failed = match wire::read::<Value>(&answer.body) {
        Ok(Success { request_id, value }) if (200..300).contains(&answer.status) => {
            tracing::debug!(action, request_id, "the cloud answered");
            return Ok(value);
        }
        Ok(_) => error(action, Kind::Transient, &format!("HTTP status {}, and no code", answer.status)),
        Err(Failure::Unreadable(text)) => {
            error(action, Kind::Transient, &cleaner.message(&format!("HTTP status {}: {text}", answer.status)))
        }
        Err(Failure::Refused(refusal)) => {
            let clocks = if clocks_differ(refusal.code(), answer.date.as_deref()) { CLOCKS_DIFFER } else { "" };
            let kind = codes::of_tokens(refusal.code());
            let code = cleaner.code(refusal.code());
            if kind.is_none() {
                tracing::warn!(action, code, "the cloud answered with an unknown code");
            }
            CloudError {
                kind: kind.unwrap_or(if refusal.is_of_permission() { Kind::PermissionDenied } else { Kind::Unclear }),
                action,
                code,
                message: cleaner.message(&format!("{clocks}{}", refusal.message())),
                request_id: refusal.request_id.as_deref().map(|id| cleaner.code(id)),
            }
        }
    };
    // Whatever the code: the vendor's library takes such an answer for a throttled one.
    let wait = answer.retry_after.as_deref().and_then(|wait| wait.trim().parse::<u64>().ok());
    Err(if wait.is_some_and(|wait| wait > 0) { CloudError { kind: Kind::Throttled, ..failed } } else { failed })
}

pub(super) fn error(action: &'static str, kind: Kind, message: &str) -> CloudError {
    CloudError { kind, action, code: String::new(), message: message.to_owned(), request_id: None }
}

/// The account's id: digits.
pub(super) fn account(action: &'static str, caller: &Value) -> Result<String, CloudError> {
    let account = text(caller, "AccountId").filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    account.ok_or_else(|| error(action, Kind::Unclear, "an answer without an account"))
}

/// The name of the role that is bound to the node, as the metadata has it on a page of its own.
pub(super) fn role(page: &[u8]) -> String {
    String::from_utf8_lossy(page).trim().to_owned()
}

/// Whether a role may have this name, which becomes part of an address.
pub(super) fn is_role(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte))
}

/// The keys on the page of a role.
pub(super) fn of_node(page: &[u8]) -> Result<Lease, CloudError> {
    let given: Value = serde_json::from_slice(page)
        .map_err(|_| error(NODE_ROLE, Kind::Transient, "an answer of another form than documented"))?;
    if given["Code"] != "Success" {
        return Err(error(NODE_ROLE, Kind::Transient, "the metadata service has no keys at the moment"));
    }
    lease(NODE_ROLE, &given)
}

fn text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::trim).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

/// The keys in an answer. No error of reading them has a value in it.
pub(super) fn lease(action: &'static str, given: &Value) -> Result<Lease, CloudError> {
    let ends = text(given, "Expiration").and_then(|ends| ends.parse::<Timestamp>().ok());
    let life = ends.map(|ends| clock::until(clock::wall(), ends)).filter(|life| !life.is_zero());
    let life = life.ok_or_else(|| error(action, Kind::Transient, "keys that have ended already"))?;
    let usable = |name| text(given, name).filter(|key| is_key(key));
    let (Some(id), Some(secret), Some(token)) =
        (usable("AccessKeyId"), usable("AccessKeySecret"), usable("SecurityToken"))
    else {
        return Err(error(action, Kind::Unclear, "an answer without keys"));
    };
    let keys = Credentials::new(id, SecretString::from(secret), Some(SecretString::from(token)));
    Ok(Lease { keys, life, renew: life.saturating_sub(MARGIN.min(life / 2)) })
}

#[cfg(fuzzing)]
pub(super) mod fuzz;
