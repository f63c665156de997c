//! `ACS3-HMAC-SHA256` signatures in headers.

use std::collections::BTreeMap;

use hmac::Hmac;
use sha2::{Digest, Sha256};

use super::{encode, mac};

/// The only method of this scheme.
const METHOD: &str = "ACS3-HMAC-SHA256";

/// Headers that must be there and must be signed.
const MANDATORY: [&str; 6] =
    ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];

/// What `Authorization` says.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::alibaba) struct Authorization {
    pub(in crate::alibaba) credential: String,
    pub(in crate::alibaba) signed: Vec<String>,
    pub(in crate::alibaba) signature: String,
}

impl Authorization {
    /// `ACS3-HMAC-SHA256 Credential=<id>,SignedHeaders=<a;b;c>,Signature=<hex>`
    pub(in crate::alibaba) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(METHOD)?.strip_prefix(' ')?.split(',');
        let mut part = |name: &str| parts.next().and_then(|part| part.strip_prefix(name)).map(str::to_owned);
        let (credential, signed) = (part("Credential=")?, part("SignedHeaders=")?);
        let signature = part("Signature=")?;
        let signed = signed.split(';').map(str::to_owned).collect();
        parts.next().is_none().then_some(Self { credential, signed, signature })
    }
}

/// What a request is made of, as far as it is signed.
#[derive(Debug)]
pub(in crate::alibaba) struct Signed<'a> {
    pub(in crate::alibaba) verb: &'a str,
    pub(in crate::alibaba) query: &'a [(String, String)],
    pub(in crate::alibaba) headers: &'a BTreeMap<String, String>,
    pub(in crate::alibaba) names: &'a [String],
    pub(in crate::alibaba) body: &'a [u8],
}

impl Signed<'_> {
    /// Whether every header is signed that must be: the mandatory ones, all `x-acs-*`, and the type of a body.
    pub(in crate::alibaba) fn is_complete(&self) -> bool {
        let is_signed = |name: &str| self.headers.contains_key(name) && self.names.iter().any(|other| other == name);
        let is_due = |name: &str| name.starts_with("x-acs-") || (name == "content-type" && !self.body.is_empty());
        MANDATORY.iter().all(|name| is_signed(name))
            && self.headers.keys().all(|name| !is_due(name) || is_signed(name))
            && self.names.iter().all(|name| self.headers.contains_key(name))
    }

    /// Whether the hash in the header is that of the body.
    pub(in crate::alibaba) fn fits_body(&self) -> bool {
        let hash = encode::hex(&Sha256::digest(self.body));
        self.headers.get("x-acs-content-sha256").is_some_and(|sent| *sent == hash)
    }

    /// The string to sign.
    pub(in crate::alibaba) fn text(&self) -> String {
        let query = encode::canonical(self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let value = |name: &String| self.headers.get(name).map(String::as_str).unwrap_or_default();
        let headers: String = self.names.iter().flat_map(|name| [name, ":", value(name), "\n"]).collect();
        let (names, hash) = (self.names.join(";"), encode::hex(&Sha256::digest(self.body)));
        let canonical = format!("{}\n/\n{query}\n{headers}\n{names}\n{hash}", self.verb);
        format!("{METHOD}\n{}", encode::hex(&Sha256::digest(canonical)))
    }
}

pub(in crate::alibaba) fn signature(secret: &str, text: &str) -> Option<String> {
    mac::<Hmac<Sha256>>(secret, text).map(|bytes| encode::hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// The hash of the canonical request and the signature.
    fn signed(secret: &str, query: &str, headers: &[(&str, &str)]) -> (String, String) {
        let headers: BTreeMap<String, String> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let names: Vec<String> = headers.keys().cloned().collect();
        let query = encode::decoded(query.as_bytes());
        let signed = Signed { verb: "POST", query: &query, headers: &headers, names: &names, body: b"" };
        assert!(signed.is_complete());
        let text = signed.text();
        let signature = signature(secret, &text).unwrap();
        (text.strip_prefix("ACS3-HMAC-SHA256\n").unwrap().to_owned(), signature)
    }

    fn own<'a>(action: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut headers = vec![
            ("host", "ecs.cn-hangzhou.aliyuncs.com"),
            ("x-acs-action", action),
            ("x-acs-content-sha256", EMPTY),
            ("x-acs-date", "2024-01-02T03:04:05Z"),
            ("x-acs-signature-nonce", "0123456789abcdef0123456789abcdef"),
            ("x-acs-version", "2014-05-26"),
        ];
        headers.extend(more);
        headers
    }

    #[test]
    fn the_sample_of_the_signing_page_comes_out() {
        let (hash, signature) = signed(
            "YourAccessKeySecret",
            "RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            &[
                ("host", "ecs.cn-shanghai.aliyuncs.com"),
                ("x-acs-action", "RunInstances"),
                ("x-acs-content-sha256", EMPTY),
                ("x-acs-date", "2023-10-26T10:22:32Z"),
                ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
                ("x-acs-version", "2014-05-26"),
            ],
        );
        assert_eq!(hash, "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
        assert_eq!(signature, "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
    }

    #[test]
    fn an_attach_with_a_plain_key_comes_out() {
        let query = "VpcId=vpc-bp1j4z1sr8zxu4l8u0001&RegionId=cn-hangzhou&InstanceId=i-bp1gtjxuuvwj17zr0001";
        let (hash, signature) = signed("testsecret", query, &own("AttachClassicLinkVpc", &[]));
        assert_eq!(hash, "ccbc09c7d72f442a09c15261b7edb7fd5ab900d961aaa5aec1511b24c767c9f7");
        assert_eq!(signature, "30d5816e89004d5a51a1e6c8ac14a8ad23ad1485a888ab966a86dd094fb71009");
    }

    #[test]
    fn a_list_with_a_temporary_key_comes_out_however_its_space_was_sent() {
        let more = [
            ("accept", "application/json"),
            ("x-acs-accesskey-id", "STS.testid"),
            ("x-acs-security-token", "tok/en+1=="),
        ];
        for space in ["+", "%20"] {
            let query = format!("InstanceId=i-a%2Ci-b{space}c*~&RegionId=cn-hangzhou");
            let (hash, signature) = signed("testsecret", &query, &own("DescribeClassicLinkInstances", &more));
            assert_eq!(hash, "c96aa8c2f6e2ad11fbff4b83742bb5a644dda96b0b7704806e72473b2e2f3fbf");
            assert_eq!(signature, "e28776e7055d88ffdfe838d004f29bd2e7f18136cf425959610c7c5e134eaa35");
        }
    }

    #[test]
    fn a_header_that_is_not_understood_is_none() {
        let whole = "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=b;c,Signature=d";
        let read = Authorization::parse(whole).unwrap();
        assert_eq!((read.credential.as_str(), read.signed.len(), read.signature.as_str()), ("a", 2, "d"));
        for broken in ["", "ACS3-HMAC-SHA256", &whole.replace(",Sig", ", Sig"), &whole.replace("ACS3", "ACS4")] {
            assert_eq!(Authorization::parse(broken), None, "{broken}");
        }
    }
}
