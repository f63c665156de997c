//! Reads an answer as if the token service or the metadata had given it, for the fuzzer.

use super::*;
use crate::cloud::{clean, tencent::in_a_form};

/// Reads `body` as each answer. Keys are taken only where they are whole; an error is checked for what it must never be.
pub(in crate::cloud) fn fuzz(body: &[u8]) {
    let account = sent(body).and_then(|told: Told| told.account("GetCallerIdentity"));
    assert!(clean::fuzz::judge_keys(account).is_none_or(|account| account.bytes().all(|byte| byte.is_ascii_digit())));
    let lease = sent(body).and_then(|given: Given| given.lease("AssumeRole"));
    for lease in [clean::fuzz::judge_keys(lease), clean::fuzz::judge_keys(of_node(body))].into_iter().flatten() {
        clean::fuzz::judge_lease(&lease);
    }
    assert!(!is_role(&role(body)) || role(body).is_ascii());
}

fn sent<T: DeserializeOwned>(body: &[u8]) -> Result<T, CloudError> {
    let answer = Answer { status: 200, body: body.to_vec(), date: None, retry_after: None };
    let keys = clean::fuzz::keys();
    read("AssumeRole", &answer, &Cleaner { keys: &keys, signature: clean::fuzz::SIGNATURE, encode: in_a_form })
}
