//! TC3-HMAC-SHA256 (213/30654): recomputed from the request as it came and compared.
//!
//! Any set of signed headers will do that includes `content-type` and `host`. Values are trimmed and in lower case, as
//! the documents have it. The date is the UTC date of the timestamp, whatever the credential says.

use std::fmt::Write;

use axum::body::Bytes;
use axum::http::HeaderMap;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::tencent::sign::hmac_sha256;

/// What the header `Authorization` begins with.
const ALGORITHM: &str = "TC3-HMAC-SHA256";
/// What the scope of a credential ends with.
const SCOPE_END: &str = "tc3_request";
/// A client may leave its body unsigned, as the vendor's libraries can.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// The header `Authorization`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization {
    pub(super) secret_id: String,
    date: String,
    pub(super) service: String,
    signed_headers: Vec<String>,
    pub(super) signature: String,
}

impl Authorization {
    /// Reads the header; none if it does not comply with the standard, or leaves out what must be signed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
        let part = |name: &str| {
            rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        let credential = part("Credential")?;
        let [secret_id, date, service, SCOPE_END] = *credential.split('/').collect::<Vec<_>>() else { return None };
        let signed_headers: Vec<String> = part("SignedHeaders")?.split(';').map(str::to_owned).collect();
        let signs = |name: &str| signed_headers.iter().any(|signed| signed == name);
        if !signs("content-type") || !signs("host") {
            return None;
        }
        Some(Self {
            secret_id: secret_id.to_owned(),
            date: date.to_owned(),
            service: service.to_owned(),
            signed_headers,
            signature: part("Signature")?,
        })
    }
}

/// A request as it came.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) verb: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The signature that a request must have; none if it was signed for another day than that of its timestamp, or names a
/// header that it does not have.
pub(super) fn signature(raw: &Raw, authorization: &Authorization, secret_key: &str, timestamp: u64) -> Option<String> {
    let date = date(timestamp)?;
    if authorization.date != date {
        return None;
    }
    let service = &authorization.service;
    let canonical = canonical(raw, &authorization.signed_headers)?;
    let text = format!("{ALGORITHM}\n{timestamp}\n{date}/{service}/{SCOPE_END}\n{}", sha256(canonical.as_bytes()));
    let [.., key] = keys(secret_key, &date, service)?;
    hmac_sha256(&key, &text).map(|code| hex(&code))
}

fn canonical(raw: &Raw, signed: &[String]) -> Option<String> {
    let mut names: Vec<&str> = signed.iter().map(String::as_str).collect();
    names.sort_unstable();
    let mut headers = String::new();
    for name in &names {
        let value = raw.headers.get(*name)?.to_str().ok()?.trim().to_lowercase();
        writeln!(headers, "{name}:{value}").ok()?;
    }
    let is_unsigned = raw.headers.get("x-tc-content-sha256").is_some_and(|value| value == UNSIGNED);
    let body = sha256(if is_unsigned { UNSIGNED.as_bytes() } else { &raw.body });
    Some(format!("{}\n/\n{}\n{headers}\n{}\n{body}", raw.verb, raw.query, names.join(";")))
}

/// The keys of the day, of the service and for signing.
fn keys(secret_key: &str, date: &str, service: &str) -> Option<[Vec<u8>; 3]> {
    let of_day = hmac_sha256(format!("TC3{secret_key}").as_bytes(), date)?;
    let of_service = hmac_sha256(&of_day, service)?;
    let signing = hmac_sha256(&of_service, SCOPE_END)?;
    Some([of_day, of_service, signing])
}

fn date(timestamp: u64) -> Option<String> {
    let timestamp = Timestamp::from_second(i64::try_from(timestamp).ok()?).ok()?;
    Some(timestamp.strftime("%Y-%m-%d").to_string())
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests;
