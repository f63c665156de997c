//! Signatures of API 3.0: `TC3-HMAC-SHA256` (213/30654).
//!
//! The signature covers the host and the content type byte by byte as they are sent, the body, and the second at which it
//! was made. The date in it is that of UTC, from the very same second: a local date would refuse every call for the first
//! eight hours of a day in China. The token is sent beside it and not signed.

use std::fmt::Write;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::cloud::{credentials::Credentials, tencent::hmac};

/// The name of the algorithm, first word of the header and of what is signed.
const ALGORITHM: &str = "TC3-HMAC-SHA256";
/// The end of every scope.
const END: &str = "tc3_request";

/// What a signature covers. Always a `POST` to `/` without a query.
pub(in crate::cloud::tencent) struct Signing<'a> {
    /// `vpc` or `cvm`.
    pub(in crate::cloud::tencent) service: &'a str,
    /// The time of the call, as `X-TC-Timestamp` says it.
    pub(in crate::cloud::tencent) at: Timestamp,
    /// The headers that are signed: names in lower case and in byte order, values as they are sent.
    pub(in crate::cloud::tencent) headers: &'a [(&'a str, &'a str)],
    /// The body as it is sent.
    pub(in crate::cloud::tencent) body: &'a [u8],
}

impl Signing<'_> {
    /// The signature, in hexadecimal.
    pub(in crate::cloud::tencent) fn signature(&self, keys: &Credentials) -> String {
        keys.sign_with(|secret| hex(&hmac(&self.key(secret), self.text().as_bytes())))
    }

    /// The value of the header `Authorization`.
    pub(in crate::cloud::tencent) fn authorization(&self, keys: &Credentials, signature: &str) -> String {
        let (id, scope, names) = (keys.id(), self.scope(), self.names());
        format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }

    /// The key of the day and the service.
    fn key(&self, secret: &[u8]) -> Vec<u8> {
        let first = [b"TC3", secret].concat();
        [self.date().as_str(), self.service, END].into_iter().fold(first, |key, part| hmac(&key, part.as_bytes()))
    }

    /// What is signed.
    fn text(&self) -> String {
        let second = self.at.as_second().to_string();
        [ALGORITHM, &second, &self.scope(), &sha256(self.canonical().as_bytes())].join("\n")
    }

    /// The request as both sides write it down.
    fn canonical(&self) -> String {
        // Each of these lines ends by itself, so that an empty line follows the last.
        let headers = self.headers.iter().map(|(name, value)| [name, ":", value.trim(), "\n"].concat());
        ["POST", "/", "", &headers.collect::<String>(), &self.names(), &sha256(self.body)].join("\n")
    }

    fn names(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    fn scope(&self) -> String {
        [&self.date(), self.service, END].join("/")
    }

    /// The date in UTC.
    fn date(&self) -> String {
        self.at.strftime("%Y-%m-%d").to_string()
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
