//! Vectors of the signature: A and B are samples of the documents (213/30654, an older edition and the present one), the
//! others our own, of which the vendor's Python library has reproduced the first.

use super::*;

const ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
const KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const SAMPLE: &str = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
const ATTACH: &str = r#"{"VpcId":"vpc-2ari9m7h","InstanceIds":["ins-df454d"]}"#;
/// 2019-02-25 16:44:25 UTC
const MOMENT: u64 = 1_551_113_065;

fn raw(service: &str, content_type: &str, body: &'static str) -> Raw {
    let host = format!("{service}.tencentcloudapi.com");
    let headers = [("content-type", content_type), ("host", &host), ("x-tc-action", "DescribeInstances")];
    let header = |(name, value): (&'static str, &str)| (name.parse().unwrap(), value.parse().unwrap());
    Raw {
        verb: "POST".into(),
        query: String::new(),
        headers: headers.map(header).into_iter().collect(),
        body: Bytes::from_static(body.as_bytes()),
    }
}

fn sample() -> Raw {
    raw("cvm", "application/json; charset=utf-8", SAMPLE)
}

fn authorization(service: &str, date: &str, signed: &str) -> Authorization {
    let credential = format!("{ID}/{date}/{service}/tc3_request");
    let text = format!("TC3-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature=00");
    Authorization::parse(&text).unwrap()
}

fn hashed(raw: &Raw, signed: &str) -> String {
    let signed: Vec<String> = signed.split(';').map(str::to_owned).collect();
    sha256(canonical(raw, &signed).unwrap().as_bytes())
}

fn signed(raw: &Raw, service: &str, date: &str, key: &str, at: u64) -> Option<String> {
    signature(raw, &authorization(service, date, "content-type;host"), key, at)
}

#[test]
fn vector_a_comes_out_step_by_step() {
    let raw = sample();
    assert_eq!(sha256(&raw.body), "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064");
    let canonical = hashed(&raw, "content-type;host");
    assert_eq!(canonical, "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031");
    let keys = keys(KEY, "2019-02-25", "cvm").unwrap().map(|key| hex(&key));
    assert_eq!(keys[0], "d1308c81fe71cfd4e06437bbc067b2b8a3d2d8c0e375d547f15c41d5214b395a");
    assert_eq!(keys[1], "3c7cb7c7795393edc14fd2e0e6434a518564b4504b88e94f5d11bf59ba3e7050");
    assert_eq!(keys[2], "ac658d5dde49e9bfdd14e04e062f66b05d9f637d44b8a8d845327d4a77f666b1");
    let signature = signed(&raw, "cvm", "2019-02-25", KEY, MOMENT).unwrap();
    assert_eq!(signature, "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168");
}

#[test]
fn vector_b_signs_a_third_header_in_lower_case() {
    let (raw, masked) = (sample(), "*".repeat(32));
    let headers = "content-type;host;x-tc-action";
    let canonical = hashed(&raw, headers);
    assert_eq!(canonical, "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84");
    let keys = keys(&masked, "2019-02-25", "cvm").unwrap().map(|key| hex(&key));
    assert_eq!(keys[0], "da98fb70dcf6b112dc21038d1eeeb3a95c74b4dcb12c1131f864f6066bd02be0");
    assert_eq!(keys[1], "8d70cbefb03939f929db64d32dc2ba89b1095620119fe3e050e2b18c5bd2752f");
    assert_eq!(keys[2], "b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af");
    let authorization = authorization("cvm", "2019-02-25", headers);
    let signature = signature(&raw, &authorization, &masked, MOMENT).unwrap();
    assert_eq!(signature, "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f");
}

#[test]
fn vector_c1_attaches() {
    let raw = raw("vpc", "application/json", ATTACH);
    assert_eq!(sha256(&raw.body), "840b69586bee505699ecee7fd583b7c2468e7c21772c570fa32c1d7a8068e3e2");
    let canonical = hashed(&raw, "content-type;host");
    assert_eq!(canonical, "5bec075da53c986b02e4c8e0ceb2d3791e53abcbd2ca5a38fd861a5450f681cf");
    let keys = keys(KEY, "2019-02-25", "vpc").unwrap().map(|key| hex(&key));
    assert_eq!(keys[1], "35d14804546caccbbb062066ecb69931cebc66cfe5ebf4dacc77c35aeeabd60c");
    assert_eq!(keys[2], "31d453c2aa1850576f42c049215095d0ac829fa9fb37b229bbab396625f19efb");
    let signature = signed(&raw, "vpc", "2019-02-25", KEY, MOMENT).unwrap();
    assert_eq!(signature, "65820687bb515ce880efb379bea73f9c3f1b1a0a3e85db6b4b89996848ee83f1");
}

#[test]
fn vector_c2_lists() {
    let body = r#"{"Filters":[{"Name":"vpc-id","Values":["vpc-gjui0b5t"]}],"Offset":"0","Limit":"100"}"#;
    let raw = raw("vpc", "application/json", body);
    assert_eq!(sha256(&raw.body), "72922095df33222adf6aea6074767c1c27889005aaa66549a086f45d9e8f01e8");
    let canonical = hashed(&raw, "content-type;host");
    assert_eq!(canonical, "a41fdb6f85c35802f2f8b777e97370c41319952271f291bf53de027d0b2f4ada");
    let signature = signed(&raw, "vpc", "2019-02-25", KEY, MOMENT).unwrap();
    assert_eq!(signature, "2dac2d0821098ced11add1bb9ecfae7e540563f2c919558ef85fb1f279accfb8");
}

#[test]
fn vector_c3_takes_the_date_of_utc_and_no_other() {
    let (raw, at) = (raw("vpc", "application/json", ATTACH), 1_551_200_400);
    let signature = signed(&raw, "vpc", "2019-02-26", KEY, at).unwrap();
    assert_eq!(signature, "9f080f733135890b35a59ac8c6b61ee724dd9748827860b30ed7c2a5b4d9d844");
    assert_eq!(signed(&raw, "vpc", "2019-02-27", KEY, at), None);
}

#[test]
fn a_header_that_is_signed_but_not_sent_has_no_signature() {
    let authorization = authorization("cvm", "2019-02-25", "content-type;host;x-tc-region");
    assert_eq!(signature(&sample(), &authorization, KEY, MOMENT), None);
}

#[test]
fn an_authorization_that_does_not_comply_is_none() {
    let scope = "Credential=AKID/2019-02-25/cvm/tc3_request";
    for text in [
        "SKIP".to_owned(),
        "Bearer abc".to_owned(),
        format!("TC3-HMAC-SHA256 {scope}, SignedHeaders=content-type;host"),
        format!("TC3-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00"),
        format!("TC3-HMAC-SHA256 {scope}, SignedHeaders=content-type, Signature=00"),
        format!("TC3-HMAC-SHA256 {scope}/more, SignedHeaders=content-type;host, Signature=00"),
        "TC3-HMAC-SHA256 Credential=AKID, SignedHeaders=content-type;host, Signature=00".to_owned(),
    ] {
        assert_eq!(Authorization::parse(&text), None, "{text}");
    }
}
