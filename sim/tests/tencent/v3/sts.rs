//! STS, and what the keys that it hands out are good for.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::*;

const IDENTITY: &str = "GetCallerIdentity";
const ASSUME: &str = "AssumeRole";
const WEB: &str = "AssumeRoleWithWebIdentity";

const ARN: &str = "qcs::cam::uin/100000000001:roleName/operator";
const STRANGER: &str = "100000000002";

/// The scene with a role, a web identity for it, and another account that has a machine.
async fn start() -> Cloud {
    let cloud = Cloud::start().await;
    cloud.post(&format!("/accounts/{ACCOUNT}/roles"), json!({"name": "operator"})).await;
    let pod = json!({"name": "pod", "token": "a.b.c", "provider": "tke", "subject": "system:serviceaccount:ns:sa"});
    cloud.post(&format!("/accounts/{ACCOUNT}/identities"), pod).await;
    let key = json!({"secretId": "AKIDstranger", "secretKey": SECRET});
    cloud.post("/accounts", json!({"id": STRANGER, "keys": [key]})).await;
    let machine = json!({"account": STRANGER, "region": "ap-guangzhou", "id": "ins-stranger", "ip": "10.66.9.9"});
    cloud.post("/machines", machine).await;
    cloud
}

fn wanted(arn: &str) -> Value {
    json!({"RoleArn": arn, "RoleSessionName": "test"})
}

fn web(token: &str) -> Value {
    json!({"ProviderId": "tke", "WebIdentityToken": token, "RoleArn": ARN, "RoleSessionName": "test"})
}

/// A temporary key.
struct Temporary {
    id: String,
    secret: String,
    token: String,
}

impl Temporary {
    fn of(answer: &Value) -> Self {
        let credentials = &answer["Credentials"];
        let text = |name: &str| credentials[name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        Self { id: text("TmpSecretId"), secret: text("TmpSecretKey"), token: text("Token") }
    }

    fn signs(&self, call: Call) -> Call {
        call.signed_by(&self.id, &self.secret).with("x-tc-token", &self.token)
    }
}

impl Cloud {
    async fn role(&self, role: &str, change: Value) {
        self.arrange(Method::PATCH, &format!("/accounts/{ACCOUNT}/roles/{role}"), change).await;
    }

    async fn assumed(&self) -> Temporary {
        Temporary::of(&self.answer(&Call::sts(ASSUME, &wanted(ARN))).await)
    }

    /// Without a signature, as the way of Kubernetes has it.
    async fn skipped(&self, action: &str, body: &Value) -> Value {
        open(self.request(&Call::sts(action, body), "SKIP".into()).send().await.unwrap()).await
    }
}

#[tokio::test]
async fn a_key_is_told_whose_it_is() {
    let cloud = start().await;
    let answer = cloud.answer(&Call::sts(IDENTITY, &json!({}))).await;
    assert_eq!((&answer["AccountId"], &answer["Type"]), (&json!(ACCOUNT), &json!("CAMUser")), "{answer}");
    let user = answer["UserId"].as_str().unwrap();
    assert_eq!(answer["Arn"], format!("qcs::cam:{ACCOUNT}:uin/{user}"));
    let other = Call::sts(IDENTITY, &json!({})).signed_by("AKIDstranger", SECRET);
    assert_eq!(cloud.answer(&other).await["AccountId"], STRANGER);
    let key = json!({"secretId": "AKIDroot", "secretKey": SECRET, "root": true});
    cloud.post(&format!("/accounts/{ACCOUNT}/keys"), key).await;
    let root = Call::sts(IDENTITY, &json!({})).signed_by("AKIDroot", SECRET);
    assert_eq!(cloud.answer(&root).await["UserId"], ACCOUNT);
    let session = cloud.answer(&cloud.assumed().await.signs(Call::sts(IDENTITY, &json!({})))).await;
    assert_eq!((&session["AccountId"], &session["Type"]), (&json!(ACCOUNT), &json!("CAMRole")), "{session}");
    assert!(session["UserId"].as_str().unwrap().ends_with(":test"), "{session}");
}

#[tokio::test]
async fn who_they_are_can_be_refused_to_a_key_and_to_all_of_an_account() {
    let cloud = start().await;
    let call = || Call::sts(IDENTITY, &json!({}));
    let key = format!("/accounts/{ACCOUNT}/keys/{KEY_ID}");
    for path in [key, format!("/accounts/{ACCOUNT}")] {
        cloud.arrange(Method::PATCH, &path, json!({"identityRefused": true})).await;
        assert_eq!(cloud.code(call()).await, "AuthFailure.UnauthorizedOperation", "{path}");
        assert_eq!(cloud.code(call().signed_by("AKIDstranger", SECRET)).await, "");
        assert_eq!(cloud.refusal(MACHINES, &json!({})).await, "", "everything else goes on");
        cloud.arrange(Method::PATCH, &path, json!({"identityRefused": false})).await;
        assert_eq!(cloud.code(call()).await, "");
    }
}

#[tokio::test]
async fn a_temporary_key_opens_its_account_together_with_its_token_alone() {
    let cloud = start().await;
    let answer = cloud.answer(&Call::sts(ASSUME, &wanted(ARN))).await;
    let left = answer["ExpiredTime"].as_u64().unwrap() - unix_seconds();
    assert!((7_100..=7_200).contains(&left), "two hours: {answer}");
    assert!(answer["Expiration"].as_str().unwrap().ends_with('Z'), "{answer}");
    let (key, other) = (Temporary::of(&answer), cloud.assumed().await);
    let call = || Call::new(MACHINES, &json!({}));
    let listed = cloud.answer(&key.signs(call())).await;
    assert_eq!(listed["TotalCount"], 5, "its own account's and no others: {listed}");
    let bare = call().signed_by(&key.id, &key.secret);
    assert_eq!(cloud.code(bare).await, "AuthFailure.TokenFailure");
    assert_eq!(
        cloud.code(call().signed_by(&key.id, &key.secret).with("x-tc-token", &other.token)).await,
        "AuthFailure.TokenFailure"
    );
    assert_eq!(cloud.code(key.signs(call()).signed_by(&key.id, &other.secret)).await, "AuthFailure.SignatureFailure");
    assert_eq!(cloud.code(key.signs(Call::new(ATTACH, &pair()))).await, "");
    assert_eq!(cloud.linked().await, ["ins-test0001"]);
}

#[tokio::test]
async fn machines_of_another_account_are_not_seen() {
    let cloud = start().await;
    let stranger = |action: &str, body: Value| Call::new(action, &body).signed_by("AKIDstranger", SECRET);
    assert_eq!(cloud.answer(&stranger(MACHINES, json!({}))).await["TotalCount"], 1);
    assert_eq!(cloud.answer(&stranger(VPCS, json!({}))).await["TotalCount"], 0);
    let theirs = stranger(MACHINES, json!({"InstanceIds": ["ins-test0001"]}));
    assert_eq!(cloud.answer(&theirs).await["TotalCount"], 0);
    assert_eq!(cloud.code(stranger(ATTACH, pair())).await, NOT_FOUND);
    assert_eq!(cloud.refusal(ATTACH, &to("vpc-test0001", "ins-stranger")).await, NOT_FOUND);
}

#[tokio::test]
async fn a_temporary_key_ends_when_it_was_said_to_and_all_can_be_ended_now() {
    let cloud = start().await;
    cloud.set(json!({"timing": {"sessionLifetimeMs": 5_000}})).await;
    let key = cloud.assumed().await;
    let call = || Call::new(MACHINES, &json!({}));
    assert_eq!(cloud.code(key.signs(call())).await, "");
    cloud.until("the key ends", async || cloud.code(key.signs(call())).await == "AuthFailure.TokenFailure").await;
    cloud.set(json!({"timing": {"sessionLifetimeMs": null}})).await;
    let key = cloud.assumed().await;
    assert_eq!(cloud.post(&format!("/sessions/expire?account={STRANGER}"), json!({})).await["ended"], 0);
    assert_eq!(cloud.code(key.signs(call())).await, "");
    assert_eq!(cloud.post("/sessions/expire", json!({})).await["ended"], 1);
    assert_eq!(cloud.code(key.signs(call())).await, "AuthFailure.TokenFailure");
    assert_eq!(cloud.refusal(MACHINES, &json!({})).await, "", "a permanent key stays");
    assert_eq!(cloud.code(cloud.assumed().await.signs(call())).await, "");
}

#[tokio::test]
async fn a_role_limits_what_its_keys_may_do_also_afterwards() {
    let cloud = start().await;
    let key = cloud.assumed().await;
    cloud.role("operator", json!({"allowedActions": ["cvm:*"]})).await;
    for key in [key, cloud.assumed().await] {
        assert_eq!(cloud.code(key.signs(Call::new(MACHINES, &json!({})))).await, "");
        assert_eq!(cloud.code(key.signs(Call::new(LINKS, &json!({})))).await, "AuthFailure.UnauthorizedOperation");
    }
    let key = cloud.assumed().await;
    cloud.arrange(Method::DELETE, &format!("/accounts/{ACCOUNT}/roles/operator"), json!({})).await;
    assert_eq!(cloud.code(key.signs(Call::new(MACHINES, &json!({})))).await, "AuthFailure.SecretIdNotFound");
}

#[tokio::test]
async fn a_role_is_taken_by_those_it_trusts() {
    let cloud = start().await;
    let by = |id: &str| Call::sts(ASSUME, &wanted(ARN)).signed_by(id, SECRET);
    assert_eq!(cloud.code(by(KEY_ID)).await, "");
    assert_eq!(cloud.code(by("AKIDstranger")).await, "UnauthorizedOperation");
    cloud.role("operator", json!({"trustedKeys": ["AKIDstranger"]})).await;
    assert_eq!(cloud.code(by(KEY_ID)).await, "UnauthorizedOperation");
    let key = Temporary::of(&cloud.answer(&by("AKIDstranger")).await);
    let identity = cloud.answer(&key.signs(Call::sts(IDENTITY, &json!({})))).await;
    assert_eq!(identity["AccountId"], ACCOUNT, "the role's account, not the taker's");
    cloud.role("operator", json!({"trustedKeys": null})).await;
    let path = format!("/accounts/{ACCOUNT}/keys/{KEY_ID}");
    cloud.arrange(Method::PATCH, &path, json!({"allowedActions": ["cvm:*", "vpc:*"]})).await;
    assert_eq!(cloud.code(by(KEY_ID)).await, "AuthFailure.UnauthorizedOperation", "sts:AssumeRole is missing");
}

#[tokio::test]
async fn a_role_can_be_taken_by_the_bearer_of_another_role() {
    let cloud = start().await;
    let second = json!({"name": "second", "trustedRoles": [format!("{ACCOUNT}/operator")]});
    cloud.post(&format!("/accounts/{STRANGER}/roles"), second).await;
    let arn = format!("qcs::cam::uin/{STRANGER}:roleName/second");
    assert_eq!(cloud.code(Call::sts(ASSUME, &wanted(&arn))).await, "UnauthorizedOperation");
    let first = cloud.assumed().await;
    let chained = Temporary::of(&cloud.answer(&first.signs(Call::sts(ASSUME, &wanted(&arn)))).await);
    let listed = cloud.answer(&chained.signs(Call::new(MACHINES, &json!({})))).await;
    assert_eq!(listed["InstanceSet"][0]["InstanceId"], "ins-stranger");
}

#[tokio::test]
async fn what_is_asked_of_a_role_is_checked() {
    let cloud = start().await;
    let with = |name: &str, value: Value| {
        let mut body = wanted(ARN);
        body[name] = value;
        Call::sts(ASSUME, &body)
    };
    for (call, code) in [
        (with("RoleArn", json!("qcs::cam::uin/100000000001:roleName/nobody")), "ResourceNotFound.RoleNotFound"),
        (with("RoleArn", json!("qcs::cam::uin/100000000009:roleName/operator")), "ResourceNotFound.RoleNotFound"),
        (with("RoleArn", json!("acs:ram::100000000001:role/operator")), "InvalidParameter.ParamError"),
        (with("RoleArn", json!(7)), "InvalidParameter"),
        (with("RoleArn", Value::Null), "MissingParameter"),
        (with("RoleSessionName", json!("a b")), "InvalidParameter.ParamError"),
        (with("RoleSessionName", json!("a")), "InvalidParameter.ParamError"),
        (with("DurationSeconds", json!(43_201)), "InvalidParameter.OverTimeError"),
        (with("DurationSeconds", json!(0)), "InvalidParameter.ParamError"),
        (with("DurationSeconds", json!("900")), "InvalidParameter"),
        (with("DurationSeconds", json!(43_200)), ""),
        (with("Colour", json!("red")), "UnknownParameter"),
        (with("DurationSeconds", json!(900)).without("x-tc-region"), "MissingParameter"),
        (with("DurationSeconds", json!(900)).with("x-tc-version", "2017-03-12"), "NoSuchVersion"),
        (with("DurationSeconds", json!(900)).with("x-tc-action", ATTACH), "InvalidAction"),
    ] {
        assert_eq!(cloud.code(call).await, code);
    }
    let elsewhere = Call { service: "vpc", ..Call::sts(ASSUME, &wanted(ARN)) };
    assert_eq!(cloud.code(elsewhere).await, "NoSuchProduct");
    cloud.role("operator", json!({"maxSessionSeconds": 1_000})).await;
    assert_eq!(cloud.code(with("DurationSeconds", json!(1_001))).await, "InvalidParameter.OverTimeError");
    let account = cloud.get(&format!("/accounts/{ACCOUNT}")).await;
    assert_eq!(account["roles"][0]["arn"], ARN);
}

#[tokio::test]
async fn a_role_may_be_named_by_its_number() {
    let cloud = start().await;
    let identity = cloud.answer(&cloud.assumed().await.signs(Call::sts(IDENTITY, &json!({})))).await;
    let number = identity["UserId"].as_str().unwrap().strip_suffix(":test").unwrap().to_owned();
    let arn = format!("qcs::cam::uin/{ACCOUNT}:role/{number}");
    assert_eq!(cloud.code(Call::sts(ASSUME, &wanted(&arn))).await, "");
}

#[tokio::test]
async fn a_web_identity_needs_no_signature_and_may_have_one() {
    let cloud = start().await;
    let key = Temporary::of(&cloud.skipped(WEB, &web("a.b.c")).await);
    assert_eq!(cloud.code(key.signs(Call::new(MACHINES, &json!({})))).await, "");
    assert_eq!(cloud.code(Call::sts(WEB, &web("a.b.c"))).await, "");
    let wrong = Call::sts(WEB, &web("a.b.c")).signed_by(KEY_ID, "wrong");
    assert_eq!(cloud.code(wrong).await, "AuthFailure.SignatureFailure");
    for (action, body) in [(ASSUME, wanted(ARN)), (IDENTITY, json!({}))] {
        assert_eq!(code(&cloud.skipped(action, &body).await), "AuthFailure.InvalidAuthorization", "{action}");
    }
    let stale = Call::sts(WEB, &web("a.b.c")).at(unix_seconds() - 1_000);
    let answer = open(cloud.request(&stale, "SKIP".into()).send().await.unwrap()).await;
    assert_eq!(code(&answer), "AuthFailure.SignatureExpire");
    let elsewhere = Call::new(MACHINES, &json!({}));
    let answer = open(cloud.request(&elsewhere, "SKIP".into()).send().await.unwrap()).await;
    assert_eq!(code(&answer), "AuthFailure.InvalidAuthorization");
}

#[tokio::test]
async fn a_web_identity_must_be_known_fresh_of_its_provider_and_trusted() {
    let cloud = start().await;
    let path = format!("/accounts/{ACCOUNT}/identities/pod");
    let refused = async |body: &Value| code(&cloud.skipped(WEB, body).await);
    assert_eq!(refused(&web("wrong")).await, "InvalidParameter.WebIdentityTokenError");
    let mut other = web("a.b.c");
    other["ProviderId"] = json!("other");
    assert_eq!(refused(&other).await, "InvalidParameter.WebIdentityTokenError");
    other = web("a.b.c");
    other["RoleArn"] = json!("qcs::cam::uin/100000000001:roleName/nobody");
    assert_eq!(refused(&other).await, "InternalError.GetRoleError");
    cloud.set(json!({"tencentSts": {"unknownWebRole": "role-not-found"}})).await;
    assert_eq!(refused(&other).await, "ResourceNotFound.RoleNotFound");
    cloud.arrange(Method::PATCH, &path, json!({"expiresAt": 1})).await;
    assert_eq!(refused(&web("a.b.c")).await, "InvalidParameter.WebIdentityTokenError");
    cloud.arrange(Method::PATCH, &path, json!({"expiresAt": null, "token": "d.e.f"})).await;
    assert_eq!(refused(&web("a.b.c")).await, "InvalidParameter.WebIdentityTokenError", "it was rotated");
    assert_eq!(refused(&web("d.e.f")).await, "");
    cloud.role("operator", json!({"trustedSubjects": ["system:serviceaccount:ns:other"]})).await;
    assert_eq!(refused(&web("d.e.f")).await, "UnauthorizedOperation");
    cloud.role("operator", json!({"trustedSubjects": ["system:serviceaccount:ns:sa"]})).await;
    assert_eq!(refused(&web("d.e.f")).await, "");
}

#[tokio::test]
async fn faults_and_rates_meet_these_calls_too_and_the_log_keeps_no_token() {
    let cloud = start().await;
    cloud.fault(WEB, json!({"answer": {"code": "InternalError.SystemError"}})).await;
    assert_eq!(code(&cloud.skipped(WEB, &web("a.b.c")).await), "InternalError.SystemError");
    let fault =
        json!({"api": "tencentSts", "action": "*", "account": STRANGER, "count": null, "effect": "resetBefore"});
    cloud.post("/faults", fault).await;
    let call = Call::sts(IDENTITY, &json!({}));
    assert!(cloud.send(&call).await.is_ok());
    assert!(cloud.send(&call.signed_by("AKIDstranger", SECRET)).await.is_err());
    cloud.post("/calls/reset", json!({})).await;
    let key = Temporary::of(&cloud.skipped(WEB, &web("a.b.c")).await);
    let counts = cloud.get("/calls").await;
    assert_eq!((&counts["byApi"]["tencentSts"], &counts["byAction"][WEB]), (&json!(1), &json!(1)));
    assert_eq!(counts["byAccount"][ACCOUNT][WEB], 1, "a call without a key is its role's account's");
    let text = cloud.get("/calls/log").await.to_string() + &cloud.get("/state").await.to_string();
    assert!(text.contains(ARN) && text.contains(&key.id), "{text}");
    assert!(!text.contains("a.b.c") && !text.contains(&key.token) && !text.contains(&key.secret), "{text}");
    cloud.set(json!({"traffic": {"callsPerSecond": {IDENTITY: 0}}})).await;
    assert_eq!(cloud.code(Call::sts(IDENTITY, &json!({}))).await, "RequestLimitExceeded");
    cloud.set(json!({"tencentSts": {"throttleCode": "over-limit"}})).await;
    assert_eq!(cloud.code(Call::sts(IDENTITY, &json!({}))).await, "InvalidParameter.OverLimit");
}
