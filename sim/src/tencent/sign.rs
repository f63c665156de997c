//! Signatures of forms (215/1693): recomputed from the decoded request and compared. API v2 knows no other; 3.0 takes them
//! as well.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;

use super::form::Form;

/// The hash under the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// HMAC-SHA1.
    Sha1,
    /// HMAC-SHA256.
    Sha256,
}

impl Method {
    /// The method a request names; HMAC-SHA1 if it names none.
    pub fn named(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("HmacSHA1") => Some(Self::Sha1),
            Some("HmacSHA256") => Some(Self::Sha256),
            Some(_) => None,
        }
    }
}

/// What is signed: verb, host and path without anything between them, then the sorted raw parameters.
pub fn text(verb: &str, host: &str, path: &str, params: &Form) -> String {
    let is_file = |value: &str| verb == "POST" && value.starts_with('@');
    let signed = params.pairs().filter(|(name, value)| *name != "Signature" && !is_file(value));
    let mut pairs: Vec<(String, &str)> = signed.map(|(name, value)| (name.replace('_', "."), value)).collect();
    pairs.sort();
    let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{verb}{host}{path}?{}", joined.join("&"))
}

/// The signature of a text.
pub fn signature(method: Method, secret_key: &str, text: &str) -> Option<String> {
    let code = match method {
        Method::Sha1 => mac::<Hmac<Sha1>>(secret_key.as_bytes(), text),
        Method::Sha256 => mac::<Hmac<Sha256>>(secret_key.as_bytes(), text),
    };
    code.map(|code| BASE64_STANDARD.encode(code))
}

/// The raw HMAC-SHA256 of a text.
pub fn hmac_sha256(key: &[u8], text: &str) -> Option<Vec<u8>> {
    mac::<Hmac<Sha256>>(key, text)
}

fn mac<M: Mac + KeyInit>(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sample key of the public documents.
    const KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3Cozk1qA";
    const ID: &str = "SecretId=AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA";

    fn signed(method: Method, verb: &str, host: &str, query: &str) -> String {
        let params = Form::parse(query.as_bytes()).unwrap();
        signature(method, KEY, &text(verb, host, "/v2/index.php", &params)).unwrap()
    }

    #[test]
    fn the_samples_of_the_signing_page_come_out() {
        let query = |method| {
            format!(
                "Action=DescribeInstances&InstanceIds.0=ins-09dx96dg&Nonce=11886&Region=ap-guangzhou&{ID}\
                 &SignatureMethod={method}&Timestamp=1465185768"
            )
        };
        let host = "cvm.api.qcloud.com";
        let sha256 = signed(Method::Sha256, "GET", host, &query("HmacSHA256"));
        assert_eq!(sha256, "0EEm/HtGRr/VJXTAD9tYMth1Bzm3lLHz5RCDv1GdM8s=");
        assert_eq!(signed(Method::Sha1, "GET", host, &query("HmacSHA1")), "nPVnY6njQmwQ8ciqbPl5Qe+Oru4=");
    }

    #[test]
    fn the_older_sample_comes_out_with_and_without_its_instances() {
        let query = format!("Action=DescribeInstances&Nonce=345122&Region=gz&{ID}&Timestamp=1408704141");
        let host = "cvm.api.qcloud.com";
        assert_eq!(signed(Method::Sha1, "GET", host, &query), "HgIYOPcx5lN6gz8JsCFBNAWp2oQ=");
        let query = format!("{query}&instanceIds.0=qcvm12345&instanceIds.1=qcvm56789");
        assert_eq!(signed(Method::Sha1, "GET", host, &query), "66prolcgMqz0pm5B52x1Z5ulz/Q=");
    }

    #[test]
    fn an_attach_is_signed_over_the_verb_and_sorted_by_bytes() {
        let query = format!(
            "vpcId=vpc-2ari9m7h&Action=AttachClassicLinkVpc&Nonce=345122&Region=gz&{ID}&SignatureMethod=HmacSHA256\
             &Timestamp=1408704141&instanceIds.0=ins-df454d&Signature=not-signed"
        );
        let host = "vpc.api.qcloud.com";
        assert_eq!(signed(Method::Sha256, "GET", host, &query), "+PV3GLq4wK9F61LEo/1OwMdp+oWEX6b3XdInz+q9tig=");
        assert_eq!(signed(Method::Sha256, "POST", host, &query), "IsyMdZ7rMTqspUJ8A9gC4+4TWqKGt3iWdJJEo94Uuhg=");
        let query = query.replace("&SignatureMethod=HmacSHA256", "");
        assert_eq!(signed(Method::Sha1, "GET", host, &query), "Jh3QZT21yYpSzRFzNo+OLS18++g=");
    }

    /// The path is all that is different on the hosts of 3.0. The first is a sample of the documents (213/30654), the
    /// second our own.
    #[test]
    fn the_samples_of_the_hosts_of_api_3_come_out() {
        let on = |method, verb: &str, host: &str, query: &str| {
            let query = format!("{query}&SecretId=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE&Version=2017-03-12");
            let text = text(verb, host, "/", &Form::parse(query.as_bytes()).unwrap());
            signature(method, "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", &text).unwrap()
        };
        let query = "Action=DescribeInstances&InstanceIds.0=ins-09dx96dg&Limit=20&Nonce=11886&Offset=0\
                     &Region=ap-guangzhou&Timestamp=1465185768";
        assert_eq!(on(Method::Sha1, "GET", "cvm.tencentcloudapi.com", query), "EliP9YW3pW28FpsEdkXt/+WcGeI=");
        let query = "Action=AttachClassicLinkVpc&InstanceIds.0=ins-0x5msjda&Nonce=345122&Region=ap-guangzhou\
                     &SignatureMethod=HmacSHA256&Timestamp=1551113065&VpcId=vpc-gjui0b5t";
        let sha256 = on(Method::Sha256, "POST", "vpc.tencentcloudapi.com", query);
        assert_eq!(sha256, "tU76wi5K/dvDVxuQibyW02qSZo5VEMnSwslsAwtAX00=");
    }

    #[test]
    fn underscores_become_dots_and_values_are_signed_decoded() {
        let params = Form::parse(b"b_c=x%20y&a=%2B").unwrap();
        assert_eq!(text("GET", "h:1", "/p", &params), "GETh:1/p?a=+&b.c=x y");
    }

    #[test]
    fn a_value_that_names_a_file_is_not_signed_on_post() {
        let params = Form::parse(b"a=%40file&b=1").unwrap();
        assert_eq!(text("POST", "h", "/p", &params), "POSTh/p?b=1");
        assert_eq!(text("GET", "h", "/p", &params), "GETh/p?a=@file&b=1");
    }

    #[test]
    fn a_method_nobody_documents_is_none() {
        assert_eq!(Method::named(Some("HmacMD5")), None);
        assert_eq!(Method::named(None), Some(Method::Sha1));
    }
}
