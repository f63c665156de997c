//! Tencent Cloud: a classic-network CVM and a VPC.
//!
//! Two APIs, one silhouette: [`V3`] speaks API 3.0, [`V2`] the API of 2017 that old accounts still use. Each states what is
//! listed and carries out single calls; it must never repeat a change, decide anything, or take for absent what a list may
//! have left out. In `v2` and `v3` are the same files: `mod` the provider, `sign` its signature, `wire` its words, `codes`
//! its codes, `dialect` a request and an answer. Here is what does not depend on the API: `call` is one request, made by a
//! `caller`; `sts` gives temporary keys; `links`, `machines` and `vpcs` say what lists prove; `lenient` reads.

mod call;
mod caller;
mod lenient;
mod links;
mod machines;
mod sts;
mod v2;
mod v3;
mod vpcs;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use self::{sts::Sts, v2::V2, v3::V3};
#[cfg(fuzzing)]
pub(in crate::cloud) use self::{sts::fuzz as fuzz_sts, v2::fuzz as fuzz_v2, v3::fuzz as fuzz_v3};
use super::Nature;

/// The most machines that one change may name. No document has a figure; a VPC may have 100 links (215/537), so that more
/// in one call would be refused by the quota, as a rule. What the account allows is less.
const MAX_BATCH: usize = 100;

/// Addresses to use instead of the cloud's own, each like `https://host:port`. Whether plain `http` is allowed is for the
/// caller to judge.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Endpoints {
    /// Of the service `vpc`.
    pub vpc: Option<String>,
    /// Of the service `cvm`.
    pub cvm: Option<String>,
}

/// How links behave on this cloud, whichever API shows them.
const NATURE: Nature =
    Nature { links_die_with_address: true, max_batch: MAX_BATCH, lists_all_links: true, has_cautions: false };

/// `text` as a form has it.
fn in_a_form(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// HMAC-SHA256, which both APIs sign with.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key of any length is a key to HMAC, so there is no error to report.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}
