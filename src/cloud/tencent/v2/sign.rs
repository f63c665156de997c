//! Signatures of the API v2 (document 215/1693).
//!
//! The signature covers the method, the host as sent and every parameter, raw and in byte order. It must be computed
//! over exactly what is sent, so both come from the same map. `HmacSHA256` only: `HmacSHA1` is accepted by the cloud
//! too, and never used.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::cloud::{credentials::Credentials, tencent::hmac};

/// The value of `SignatureMethod`; without that parameter the cloud would assume SHA-1.
pub(super) const METHOD: &str = "HmacSHA256";

/// The parameters of a call by name. The map's order is the order of signing: bytes, so capitals come first, and
/// `instanceIds.10` comes before `instanceIds.2`.
pub(super) type Params = BTreeMap<String, String>;

/// What is signed. The documents turn `_` in names into `.`; no parameter that is sent has one.
fn text(verb: &str, host: &str, path: &str, params: &Params) -> String {
    let pairs: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{verb}{host}{path}?{}", pairs.join("&"))
}

/// The value of `Signature`, in Base64: a form has to encode it again, a raw `+` would arrive as a blank.
pub(super) fn signature(keys: &Credentials, verb: &str, host: &str, path: &str, params: &Params) -> String {
    keys.sign_with(|key| BASE64_STANDARD.encode(hmac(key, text(verb, host, path, params).as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::recorded::Recorded;

    fn keys() -> Credentials {
        let (id, secret) = ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA", "Gu5t9xGARNpq86cd98joQYCN3Cozk1qA");
        Credentials::new(id.into(), secret.into(), None)
    }

    fn params(pairs: &[(&str, &str)]) -> Params {
        let common = [("SecretId", keys().id().to_owned()), ("SignatureMethod", METHOD.to_owned())];
        let own = pairs.iter().map(|(name, value)| (*name, (*value).to_owned()));
        common.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn attach() -> Params {
        params(&[
            ("Action", "AttachClassicLinkVpc"),
            ("Nonce", "345122"),
            ("Region", "gz"),
            ("Timestamp", "1408704141"),
            ("instanceIds.0", "ins-df454d"),
            ("vpcId", "vpc-2ari9m7h"),
        ])
    }

    #[test]
    fn the_documents_own_sample_is_signed_as_the_document_says() {
        let params = params(&[
            ("Action", "DescribeInstances"),
            ("InstanceIds.0", "ins-09dx96dg"),
            ("Nonce", "11886"),
            ("Region", "ap-guangzhou"),
            ("Timestamp", "1465185768"),
        ]);
        let host = "cvm.api.qcloud.com";
        assert_eq!(
            text("GET", host, "/v2/index.php", &params),
            "GETcvm.api.qcloud.com/v2/index.php?Action=DescribeInstances&InstanceIds.0=ins-09dx96dg&Nonce=11886\
             &Region=ap-guangzhou&SecretId=AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA&SignatureMethod=HmacSHA256\
             &Timestamp=1465185768"
        );
        let signature = signature(&keys(), "GET", host, "/v2/index.php", &params);
        assert_eq!(signature, "0EEm/HtGRr/VJXTAD9tYMth1Bzm3lLHz5RCDv1GdM8s=");
        let encoded: String = form_urlencoded::byte_serialize(signature.as_bytes()).collect();
        assert_eq!(encoded, "0EEm%2FHtGRr%2FVJXTAD9tYMth1Bzm3lLHz5RCDv1GdM8s%3D");
    }

    #[test]
    fn the_call_that_attaches_is_signed_for_its_method() {
        for (verb, signed) in [
            ("GET", "+PV3GLq4wK9F61LEo/1OwMdp+oWEX6b3XdInz+q9tig="),
            ("POST", "IsyMdZ7rMTqspUJ8A9gC4+4TWqKGt3iWdJJEo94Uuhg="),
        ] {
            assert_eq!(signature(&keys(), verb, "vpc.api.qcloud.com", "/v2/index.php", &attach()), signed);
        }
    }

    #[test]
    fn parameters_are_signed_in_byte_order_and_raw() {
        let params: Params = [("b.10", "1"), ("b.2", "x y+z/"), ("B", "2"), ("a", "&")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        assert_eq!(text("POST", "host:81", "/p", &params), "POSThost:81/p?B=2&a=&&b.10=1&b.2=x y+z/");
    }

    #[test]
    fn a_recorded_request_of_the_vendors_library_is_signed_as_the_library_signed_it() {
        Recorded::judge(&["tencentV2"], 3, |request| {
            let pairs = if request.method == "GET" { request.query() } else { request.form() };
            let mut params: Params = pairs.into_iter().collect();
            let theirs = params.remove("Signature")?;
            let keys = request.keys(&params["SecretId"]);
            let ours = || signature(&keys, &request.method, request.header("host").unwrap(), request.path(), &params);
            // The other method is never used here.
            (params["SignatureMethod"] == METHOD).then(|| (ours(), theirs))
        });
    }
}
