//! What an error must never be, for the fuzzer: long, or with a secret in it.

use crate::cloud::{
    CloudError,
    credentials::{Credentials, Lease},
};

const KEYS: [&str; 3] = ["canary-id", "canary-secret", "canary-token"];
/// A signature that must not come back.
pub(in crate::cloud) const SIGNATURE: &str = "canary-signature";

/// Keys that must not come back.
pub(in crate::cloud) fn keys() -> Credentials {
    let [id, secret, token] = KEYS.map(ToOwned::to_owned);
    Credentials::new(id, secret.into(), Some(token.into()))
}

/// What was read; an error is judged.
pub(in crate::cloud) fn judge<T>(read: Result<T, CloudError>) -> Option<T> {
    let error = match read {
        Ok(read) => return Some(read),
        Err(error) => error,
    };
    assert!(error.message.chars().count() < 1024 && error.code.len() < 1024, "{error}");
    for secret in KEYS.into_iter().chain([SIGNATURE]) {
        assert!(!format!("{error:?}").contains(secret), "{error}");
    }
    None
}

/// The same of an answer that has keys in it: without a code of the cloud, the text is ours and quotes none of it.
pub(in crate::cloud) fn judge_keys<T>(read: Result<T, CloudError>) -> Option<T> {
    if let Err(error) = &read {
        assert!(!error.code.is_empty() || !error.message.contains("tmp-"), "{error}");
    }
    judge(read)
}

/// Keys that end, and are renewed before they do.
pub(in crate::cloud) fn judge_lease(lease: &Lease) {
    assert!(lease.renew <= lease.life && lease.keys.token().is_some() && !lease.keys.id().is_empty());
}
