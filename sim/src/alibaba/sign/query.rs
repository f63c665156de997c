//! HMAC-SHA1 signatures among the parameters (`SignatureVersion=1.0`).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::Hmac;
use sha1::Sha1;

use super::{encode, mac};

/// What is signed: all parameters of query and form but the signature, encoded twice.
pub(in crate::alibaba) fn text<'a>(verb: &str, params: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let canonical = encode::canonical(params.filter(|(name, _)| *name != "Signature"));
    format!("{verb}&%2F&{}", encode::percent(&canonical))
}

pub(in crate::alibaba) fn signature(secret: &str, text: &str) -> Option<String> {
    let bytes = mac::<Hmac<Sha1>>(&format!("{secret}&"), text)?;
    Some(BASE64_STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(verb: &str, params: &[(&str, &str)]) -> (String, String) {
        let text = text(verb, params.iter().copied());
        let signature = signature("testsecret", &text).unwrap();
        (text, signature)
    }

    #[test]
    fn the_sample_of_the_signing_page_comes_out() {
        let (text, signature) = signed(
            "GET",
            &[
                ("Version", "2014-05-26"),
                ("AccessKeyId", "testid"),
                ("Action", "DescribeRegions"),
                ("Format", "XML"),
                ("Signature", "not signed"),
                ("SignatureMethod", "HMAC-SHA1"),
                ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
                ("SignatureVersion", "1.0"),
                ("Timestamp", "2016-02-23T12:46:24Z"),
            ],
        );
        assert_eq!(
            text,
            "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod%3DHMAC-SHA1\
             %26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0\
             %26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26"
        );
        assert_eq!(signature, "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
    }

    #[test]
    fn an_attach_is_signed_with_its_parameters() {
        let (_, signature) = signed(
            "POST",
            &[
                ("AccessKeyId", "testid"),
                ("Action", "AttachClassicLinkVpc"),
                ("Format", "JSON"),
                ("InstanceId", "i-bp1gtjxuuvwj17zr0001"),
                ("RegionId", "cn-hangzhou"),
                ("SignatureMethod", "HMAC-SHA1"),
                ("SignatureNonce", "0123456789abcdef0123456789abcdef"),
                ("SignatureVersion", "1.0"),
                ("Timestamp", "2024-01-02T03:04:05Z"),
                ("Version", "2014-05-26"),
                ("VpcId", "vpc-bp1j4z1sr8zxu4l8u0001"),
            ],
        );
        assert_eq!(signature, "FSiiF9RNsVtA7TTgdgFUU+5rA7I=");
    }

    #[test]
    fn what_is_not_plain_is_percent_encoded_in_upper_case() {
        assert_eq!(encode::percent("a-_.~ *+/ü"), "a-_.~%20%2A%2B%2F%C3%BC");
    }
}
