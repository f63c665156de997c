//! Reads an answer as if the token service or the metadata had given it, for the fuzzer.

use super::*;
use crate::cloud::{alibaba::sign, clean};

/// Reads `body` as each answer. Keys are taken only where they are whole; an error is checked for what it must never be.
pub(in crate::cloud) fn fuzz(body: &[u8]) {
    let caller = sent(body).and_then(|caller| account("GetCallerIdentity", &caller));
    assert!(clean::fuzz::judge_keys(caller).is_none_or(|account| account.bytes().all(|byte| byte.is_ascii_digit())));
    let given = sent(body).and_then(|given| lease("AssumeRole", &given["Credentials"]));
    for lease in [clean::fuzz::judge_keys(given), clean::fuzz::judge_keys(of_node(body))].into_iter().flatten() {
        clean::fuzz::judge_lease(&lease);
    }
    assert!(!is_role(&role(body)) || role(body).is_ascii());
}

fn sent(body: &[u8]) -> Result<Value, CloudError> {
    let answer = Answer { status: 200, body: body.to_vec(), date: None, retry_after: None };
    let keys = clean::fuzz::keys();
    read("AssumeRole", Ok(answer), &Cleaner { keys: &keys, signature: clean::fuzz::SIGNATURE, encode: sign::encode })
}
