//! Reads an answer as if a call had brought it, for the fuzzer.

use super::*;
use crate::cloud::clean;

/// Reads `body` as the answer to a call of `action`. An error is checked for what an error must never be.
pub(in crate::cloud::tencent) fn read<D: Dialect, T: DeserializeOwned>(action: Action, body: &[u8]) -> Option<T> {
    let endpoint = Endpoint::new("vpc", D::VPC, D::PATH).ok()?;
    let keys = clean::fuzz::keys();
    let call = Call { endpoint: &endpoint, action, region: "ap-guangzhou", keys: &keys };
    let answer = Answer { status: 200, body: body.to_vec(), date: None, retry_after: None };
    clean::fuzz::judge(call.read::<D, T>(&answer).map_err(|failure| call.error::<D>(failure, clean::fuzz::SIGNATURE)))
}
