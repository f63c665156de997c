//! Signatures: recomputed from the decoded request and compared.
//!
//! `v3` is `ACS3-HMAC-SHA256`, in headers; `query` is HMAC-SHA1, among the parameters. Both sign parameters that are
//! percent-encoded in one strict way (`encode`), whatever way they came in.

pub(super) mod encode;
pub(super) mod query;
pub(super) mod v3;

use hmac::Mac;
use hmac::digest::KeyInit;

/// The bytes of a keyed hash.
fn mac<M: Mac + KeyInit>(key: &str, text: &str) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}
