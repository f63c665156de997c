//! Doors for the fuzzer (`fuzz/`): each reads bytes as an answer to every call of one API, to the last of its words.

use super::{alibaba, tencent};

/// An answer of Tencent Cloud's API v2.
pub fn tencent_v2(body: &[u8]) {
    tencent::fuzz_v2(body);
}

/// An answer of Tencent Cloud's API 3.0.
pub fn tencent_v3(body: &[u8]) {
    tencent::fuzz_v3(body);
}

/// An answer of Tencent Cloud's token service, or a page of a CVM's metadata.
pub fn tencent_sts(body: &[u8]) {
    tencent::fuzz_sts(body);
}

/// An answer of Alibaba Cloud, JSON or XML.
pub fn alibaba(body: &[u8]) {
    alibaba::fuzz(body);
}

/// An answer of Alibaba Cloud's token service, or a page of an ECS instance's metadata.
pub fn alibaba_sts(body: &[u8]) {
    alibaba::fuzz_sts(body);
}
