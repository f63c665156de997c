//! Taking an answer apart: keys, or why there are none.

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use super::MARGIN;
use crate::{
    clock,
    cloud::{
        CloudError, Kind,
        alibaba::{
            call::{CLOCKS_DIFFER, clocks_differ},
            codes, sign,
            wire::{self, Failure, Success},
        },
        clean::{CODE_LENGTH, MESSAGE_LENGTH, cut},
        credentials::{Credentials, Lease, is_key},
        http::{Answer, Transport},
    },
};

/// Takes an answer apart; every text is cleaned of the keys and of the signature.
pub(super) fn read(
    action: &'static str,
    answer: Result<Answer, Transport>,
    keys: &[&Credentials],
    signature: &str,
) -> Result<Value, CloudError> {
    let answer = answer.map_err(|transport| error(action, Kind::Transient, &transport.to_string()))?;
    let clean = |text: &str, length| cut(&scrub(text, keys, signature), length);
    let failed = match wire::read::<Value>(&answer.body) {
        Ok(Success { request_id, value }) if (200..300).contains(&answer.status) => {
            tracing::debug!(action, request_id, "the cloud answered");
            return Ok(value);
        }
        Ok(_) => error(action, Kind::Transient, &format!("HTTP status {}, and no code", answer.status)),
        Err(Failure::Unreadable(text)) => {
            error(action, Kind::Transient, &clean(&format!("HTTP status {}: {text}", answer.status), MESSAGE_LENGTH))
        }
        Err(Failure::Refused(refusal)) => {
            let clocks = if clocks_differ(refusal.code(), answer.date.as_deref()) { CLOCKS_DIFFER } else { "" };
            let kind = codes::of_tokens(refusal.code());
            let code = clean(refusal.code(), CODE_LENGTH);
            if kind.is_none() {
                tracing::warn!(action, code, "the cloud answered with an unknown code");
            }
            CloudError {
                kind: kind.unwrap_or(if refusal.is_of_permission() { Kind::PermissionDenied } else { Kind::Unclear }),
                action,
                code,
                message: clean(&format!("{clocks}{}", refusal.message()), MESSAGE_LENGTH),
                request_id: refusal.request_id.as_deref().map(|id| clean(id, CODE_LENGTH)),
            }
        }
    };
    // Whatever the code: the vendor's library takes such an answer for a throttled one.
    let wait = answer.retry_after.as_deref().and_then(|wait| wait.trim().parse::<u64>().ok());
    Err(if wait.is_some_and(|wait| wait > 0) { CloudError { kind: Kind::Throttled, ..failed } } else { failed })
}

fn scrub(text: &str, keys: &[&Credentials], signature: &str) -> String {
    let encoded: Vec<String> = keys.iter().filter_map(|keys| keys.token()).map(sign::encode).collect();
    let plain = keys.iter().fold(text.to_owned(), |text, keys| keys.scrub(&text));
    let secrets = encoded.iter().map(String::as_str).chain([signature]).filter(|secret| !secret.is_empty());
    secrets.fold(plain, |text, secret| text.replace(secret, "[redacted]"))
}

pub(super) fn error(action: &'static str, kind: Kind, message: &str) -> CloudError {
    CloudError { kind, action, code: String::new(), message: message.to_owned(), request_id: None }
}

pub(super) fn text(value: &Value, name: &str) -> Option<String> {
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
