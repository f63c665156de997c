//! Signatures of the scheme `ACS3-HMAC-SHA256` ("Request syntax and signature method V3").
//!
//! The signature covers the method, the path, the query, the headers that it names and the body, which is always empty
//! here. What is signed is what is sent: the query text and the headers both come from the same maps. The older scheme by
//! HMAC-SHA1 is discontinued and never used.

use std::{collections::BTreeMap, fmt::Write};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::cloud::credentials::Credentials;

/// The scheme, as the header names it.
const SCHEME: &str = "ACS3-HMAC-SHA256";
/// The SHA-256 of no bytes: all parameters travel in the query.
pub(super) const EMPTY_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The parameters of a call by name; the map's order is the order of signing.
pub(super) type Params = BTreeMap<String, String>;
/// The headers that are signed, by lower-case name; the map's order is the order of signing.
pub(super) type Headers = BTreeMap<&'static str, String>;

/// The query, as it is signed and sent.
pub(super) fn query(params: &Params) -> String {
    let pairs = params.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// `text` as RFC 3986 has it: a blank is `%20`, an asterisk `%2A`, a tilde stays. A form would have all three otherwise.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The signature of a `POST` to `/` with an empty body, in hex.
pub(super) fn signature(keys: &Credentials, headers: &Headers, query: &str) -> String {
    let text = format!("{SCHEME}\n{}", hex(&Sha256::digest(canonical(headers, query))));
    keys.sign_with(|key| hex(&hmac(key, text.as_bytes())))
}

/// The value of `Authorization`.
pub(super) fn authorization(id: &str, headers: &Headers, signature: &str) -> String {
    format!("{SCHEME} Credential={id},SignedHeaders={},Signature={signature}", names(headers))
}

fn canonical(headers: &Headers, query: &str) -> String {
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{}", value.trim())).collect();
    // An empty line comes before the names.
    format!("POST\n/\n{query}\n{}\n\n{}\n{EMPTY_BODY}", lines.join("\n"), names(headers))
}

fn names(headers: &Headers) -> String {
    headers.keys().copied().collect::<Vec<_>>().join(";")
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key of any length is a key to HMAC, so there is no error to report.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

/// Bytes in lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::recorded::Recorded;

    const DATE: &str = "2024-01-02T03:04:05Z";
    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    fn keys(id: &str, secret: &str) -> Credentials {
        Credentials::new(id.into(), secret.to_owned().into(), None)
    }

    fn headers(host: &str, action: &str, date: &str, nonce: &str) -> Headers {
        let headers = [
            ("host", host),
            ("x-acs-action", action),
            ("x-acs-content-sha256", EMPTY_BODY),
            ("x-acs-date", date),
            ("x-acs-signature-nonce", nonce),
            ("x-acs-version", "2014-05-26"),
        ];
        headers.map(|(name, value)| (name, value.to_owned())).into()
    }

    fn params(pairs: &[(&str, &str)]) -> Params {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The hash of the canonical request, and the signature.
    fn signed(keys: &Credentials, headers: &Headers, params: &Params) -> (String, String) {
        let query = query(params);
        (hex(&Sha256::digest(canonical(headers, &query))), signature(keys, headers, &query))
    }

    #[test]
    fn the_documents_own_sample_is_signed_as_the_document_says() {
        let nonce = "3156853299f313e23d1673dc12e1703d";
        let headers = headers("ecs.cn-shanghai.aliyuncs.com", "RunInstances", "2023-10-26T10:22:32Z", nonce);
        let image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd";
        let params = params(&[("RegionId", "cn-shanghai"), ("ImageId", image)]);
        let keys = keys("YourAccessKeyId", "YourAccessKeySecret");
        let (hash, signature) = signed(&keys, &headers, &params);
        assert_eq!(hash, "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
        assert_eq!(signature, "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
        assert_eq!(
            authorization(keys.id(), &headers, &signature),
            format!(
                "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
                 x-acs-date;x-acs-signature-nonce;x-acs-version,Signature={signature}"
            )
        );
    }

    #[test]
    fn an_attach_with_a_lasting_key_is_signed_as_the_vendors_library_signs_it() {
        let headers = headers("ecs.cn-hangzhou.aliyuncs.com", "AttachClassicLinkVpc", DATE, NONCE);
        let params = params(&[
            ("InstanceId", "i-bp1gtjxuuvwj17zr0001"),
            ("RegionId", "cn-hangzhou"),
            ("VpcId", "vpc-bp1j4z1sr8zxu4l8u0001"),
        ]);
        let (hash, signature) = signed(&keys("testid", "testsecret"), &headers, &params);
        assert_eq!(hash, "ccbc09c7d72f442a09c15261b7edb7fd5ab900d961aaa5aec1511b24c767c9f7");
        assert_eq!(signature, "30d5816e89004d5a51a1e6c8ac14a8ad23ad1485a888ab966a86dd094fb71009");
    }

    #[test]
    fn a_list_with_a_temporary_key_is_signed_as_the_vendors_library_signs_it() {
        let mut headers = headers("ecs.cn-hangzhou.aliyuncs.com", "DescribeClassicLinkInstances", DATE, NONCE);
        headers.insert("accept", "application/json".to_owned());
        headers.insert("x-acs-accesskey-id", "STS.testid".to_owned());
        headers.insert("x-acs-security-token", "tok/en+1==".to_owned());
        let params = params(&[("InstanceId", "i-a,i-b c*~"), ("RegionId", "cn-hangzhou")]);
        assert_eq!(query(&params), "InstanceId=i-a%2Ci-b%20c%2A~&RegionId=cn-hangzhou");
        let (hash, signature) = signed(&keys("STS.testid", "testsecret"), &headers, &params);
        assert_eq!(hash, "c96aa8c2f6e2ad11fbff4b83742bb5a644dda96b0b7704806e72473b2e2f3fbf");
        assert_eq!(signature, "e28776e7055d88ffdfe838d004f29bd2e7f18136cf425959610c7c5e134eaa35");
    }

    #[test]
    fn the_body_is_empty_and_an_empty_value_stays() {
        assert_eq!(hex(&Sha256::digest(b"")), EMPTY_BODY);
        assert_eq!(query(&params(&[("b", ""), ("a", "长\"[]")])), "a=%E9%95%BF%22%5B%5D&b=");
    }

    #[test]
    fn a_recorded_request_of_the_vendors_library_is_signed_as_the_library_signed_it() {
        Recorded::judge(&["alibaba", "alibabaSts"], 3, |request| {
            let theirs =
                request.header("authorization").filter(|_| request.method == "POST" && request.body.is_empty())?;
            let (id, rest) = theirs.strip_prefix("ACS3-HMAC-SHA256 Credential=")?.split_once(",SignedHeaders=")?;
            let (names, _) = rest.split_once(',')?;
            let value = |name: &str| request.header(name).unwrap().to_owned();
            // Names live as long as the program; the test's few may.
            let signed = names.split(';').map(|name| (&*name.to_owned().leak(), value(name)));
            let headers: Headers = signed.collect();
            let query = query(&request.query().into_iter().collect());
            let ours = signature(&request.keys(id), &headers, &query);
            Some((authorization(id, &headers, &ours), theirs.to_owned()))
        });
    }
}
