//! The vendor's published signatures, and what its own library signed.

use super::*;
use crate::cloud::recorded::Recorded;

// The sample keys of the public documents.
const ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
const SECRET: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const ATTACH: &[u8] = br#"{"VpcId":"vpc-2ari9m7h","InstanceIds":["ins-df454d"]}"#;
const LIST: &[u8] = br#"{"Filters":[{"Name":"vpc-id","Values":["vpc-gjui0b5t"]}],"Offset":"0","Limit":"100"}"#;
const SAMPLE: &[u8] = br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
const VPC: [(&str, &str); 2] = [("content-type", "application/json"), ("host", "vpc.tencentcloudapi.com")];
const CVM: [(&str, &str); 3] = [
    ("content-type", "application/json; charset=utf-8"),
    ("host", "cvm.tencentcloudapi.com"),
    ("x-tc-action", "describeinstances"),
];

fn keys(secret: &str) -> Credentials {
    Credentials::new(ID.into(), secret.into(), None)
}

fn signing<'a>(service: &'a str, second: i64, headers: &'a [(&'a str, &'a str)], body: &'a [u8]) -> Signing<'a> {
    Signing { service, at: Timestamp::from_second(second).unwrap(), headers, body }
}

/// The keys on the way: of the date, of the service, and the one that signs.
fn chain(signing: &Signing<'_>, secret: &str) -> [String; 3] {
    let date = hmac(format!("TC3{secret}").as_bytes(), signing.date().as_bytes());
    let service = hmac(&date, signing.service.as_bytes());
    [hex(&date), hex(&service), hex(&signing.key(secret.as_bytes()))]
}

#[test]
fn the_documents_older_sample_is_signed_as_the_document_says() {
    let signing = signing("cvm", 1_551_113_065, &CVM[..2], SAMPLE);
    assert_eq!(sha256(SAMPLE), "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064");
    assert_eq!(
        sha256(signing.canonical().as_bytes()),
        "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
    );
    assert_eq!(
        chain(&signing, SECRET),
        [
            "d1308c81fe71cfd4e06437bbc067b2b8a3d2d8c0e375d547f15c41d5214b395a",
            "3c7cb7c7795393edc14fd2e0e6434a518564b4504b88e94f5d11bf59ba3e7050",
            "ac658d5dde49e9bfdd14e04e062f66b05d9f637d44b8a8d845327d4a77f666b1",
        ]
    );
    let signature = signing.signature(&keys(SECRET));
    assert_eq!(signature, "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168");
    assert_eq!(
        signing.authorization(&keys(SECRET), &signature),
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
         SignedHeaders=content-type;host, \
         Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    );
}

#[test]
fn the_documents_present_sample_signs_the_action_too() {
    let masked = "*".repeat(32);
    let signing = signing("cvm", 1_551_113_065, &CVM, SAMPLE);
    assert_eq!(
        sha256(signing.canonical().as_bytes()),
        "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
    );
    assert_eq!(
        chain(&signing, &masked),
        [
            "da98fb70dcf6b112dc21038d1eeeb3a95c74b4dcb12c1131f864f6066bd02be0",
            "8d70cbefb03939f929db64d32dc2ba89b1095620119fe3e050e2b18c5bd2752f",
            "b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af",
        ]
    );
    let signature = signing.signature(&keys(&masked));
    assert_eq!(signature, "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f");
    assert!(signing.authorization(&keys(&masked), &signature).contains("SignedHeaders=content-type;host;x-tc-action,"));
}

#[test]
fn the_call_that_attaches_is_signed_to_the_byte() {
    let signing = signing("vpc", 1_551_113_065, &VPC, ATTACH);
    assert_eq!(sha256(ATTACH), "840b69586bee505699ecee7fd583b7c2468e7c21772c570fa32c1d7a8068e3e2");
    assert_eq!(
        sha256(signing.canonical().as_bytes()),
        "5bec075da53c986b02e4c8e0ceb2d3791e53abcbd2ca5a38fd861a5450f681cf"
    );
    assert_eq!(
        chain(&signing, SECRET)[1..],
        [
            "35d14804546caccbbb062066ecb69931cebc66cfe5ebf4dacc77c35aeeabd60c",
            "31d453c2aa1850576f42c049215095d0ac829fa9fb37b229bbab396625f19efb",
        ]
    );
    let signature = signing.signature(&keys(SECRET));
    assert_eq!(signature, "65820687bb515ce880efb379bea73f9c3f1b1a0a3e85db6b4b89996848ee83f1");
}

#[test]
fn the_call_that_lists_links_is_signed_to_the_byte() {
    let signing = signing("vpc", 1_551_113_065, &VPC, LIST);
    assert_eq!(LIST.len(), 84);
    assert_eq!(sha256(LIST), "72922095df33222adf6aea6074767c1c27889005aaa66549a086f45d9e8f01e8");
    assert_eq!(
        sha256(signing.canonical().as_bytes()),
        "a41fdb6f85c35802f2f8b777e97370c41319952271f291bf53de027d0b2f4ada"
    );
    let signature = signing.signature(&keys(SECRET));
    assert_eq!(signature, "2dac2d0821098ced11add1bb9ecfae7e540563f2c919558ef85fb1f279accfb8");
}

#[test]
fn the_date_is_that_of_utc_when_china_has_the_next_day() {
    let signing = signing("vpc", 1_551_200_400, &VPC, ATTACH);
    assert_eq!(signing.date(), "2019-02-26");
    let signature = signing.signature(&keys(SECRET));
    assert_eq!(signature, "9f080f733135890b35a59ac8c6b61ee724dd9748827860b30ed7c2a5b4d9d844");
    // What the date of China would give.
    assert_ne!(signature, "63ebc751f11d0bc48ecaf2af8d5bac49611ff2a2ed55bfd6b73112c1e2c8ffab");
}

#[test]
fn a_second_that_has_begun_counts_as_that_second() {
    let whole = signing("vpc", 1_551_113_065, &VPC, ATTACH);
    let begun = Signing { at: Timestamp::new(1_551_113_065, 999_999_999).unwrap(), ..whole };
    assert_eq!(begun.signature(&keys(SECRET)), "65820687bb515ce880efb379bea73f9c3f1b1a0a3e85db6b4b89996848ee83f1");
}

#[test]
fn a_recorded_request_of_the_vendors_library_is_signed_as_the_library_signed_it() {
    Recorded::judge(&["tencentV3", "tencentSts"], 3, |request| {
        let theirs = request.header("authorization").filter(|_| request.method == "POST")?;
        let (id, scope) = theirs.strip_prefix("TC3-HMAC-SHA256 Credential=")?.split_once('/')?;
        let (_, names) = theirs.split_once("SignedHeaders=")?;
        let names = names.split(',').next()?.split(';');
        let headers: Vec<_> = names.map(|name| (name, request.header(name).unwrap())).collect();
        let second = request.header("x-tc-timestamp")?.parse().unwrap();
        let signing = Signing {
            service: scope.split('/').nth(1)?,
            at: Timestamp::from_second(second).unwrap(),
            headers: &headers,
            body: request.body.as_bytes(),
        };
        let keys = request.keys(id);
        Some((signing.authorization(&keys, &signing.signature(&keys)), theirs.to_owned()))
    });
}
