//! Reads an answer as if a call had brought it, for the fuzzer.

use super::*;

const KEYS: [&str; 3] = ["canary-id", "canary-secret", "canary-token"];
const SIGNATURE: &str = "canary-signature";

/// Reads `body` as the answer to a call of `action`. An error is checked for what an error must never be.
pub(in crate::cloud::tencent) fn read<D: Dialect, T: DeserializeOwned>(action: Action, body: &[u8]) -> Option<T> {
    let endpoint = Endpoint::new("vpc", D::VPC, D::PATH).ok()?;
    let [id, secret, token] = KEYS.map(ToOwned::to_owned);
    let keys = Credentials::new(id, secret.into(), Some(token.into()));
    let call = Call { endpoint: &endpoint, action, region: "ap-guangzhou", keys: &keys };
    let answer = Answer { status: 200, body: body.to_vec(), date: None, retry_after: None };
    match call.read::<D, T>(&answer) {
        Ok(answer) => Some(answer),
        Err(failure) => {
            let error = call.error::<D>(failure, SIGNATURE);
            assert!(error.message.chars().count() < 1024 && error.code.len() < 1024, "{error}");
            for secret in KEYS.into_iter().chain([SIGNATURE]) {
                assert!(!format!("{error:?}").contains(secret), "{error}");
            }
            None
        }
    }
}
