//! STS, and what the keys that it hands out are good for.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

const IDENTITY: &str = "GetCallerIdentity";
const ASSUME: &str = "AssumeRole";
const WEB: &str = "AssumeRoleWithOIDC";

const ARN: &str = "acs:ram::1135000000000001:role/operator";
const PROVIDER: &str = "acs:ram::1135000000000001:oidc-provider/ack-rrsa-c1";
const WANTED: [(&str, &str); 2] = [("RoleArn", ARN), ("RoleSessionName", "test")];

/// The scene with a role and a web identity for it.
async fn start() -> Cloud {
    let cloud = Cloud::start().await;
    cloud.post(&format!("/accounts/{ACCOUNT}/roles"), json!({"name": "operator"})).await;
    let pod = json!({"name": "pod", "token": "a.b.c", "provider": PROVIDER, "subject": "system:serviceaccount:ns:sa"});
    cloud.post(&format!("/accounts/{ACCOUNT}/identities"), pod).await;
    cloud
}

fn web(token: &str) -> Vec<(&str, &str)> {
    vec![("OIDCProviderArn", PROVIDER), ("OIDCToken", token), ("RoleArn", ARN), ("RoleSessionName", "test")]
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
        Self { id: text("AccessKeyId"), secret: text("AccessKeySecret"), token: text("SecurityToken") }
    }

    fn signs(&self, call: Call) -> Call {
        Call { token: Some(self.token.clone()), ..call.signed_by(&self.id, &self.secret) }
    }
}

impl Cloud {
    async fn role(&self, change: Value) {
        self.arrange(Method::PATCH, &format!("/accounts/{ACCOUNT}/roles/operator"), change).await;
    }

    async fn assumed(&self) -> Temporary {
        Temporary::of(&self.ok(ASSUME, &WANTED).await)
    }

    /// Without a key or a signature, in a form.
    async fn anonymous(&self, action: &str, own: &[(&str, &str)]) -> Answer {
        self.send(&Call { scheme: Scheme::None, as_form: true, ..Call::new(action, own) }.with("Format", "JSON")).await
    }

    async fn refused_anonymously(&self, own: &[(&str, &str)]) -> (u16, String) {
        let answer = self.anonymous(WEB, own).await;
        (answer.status, answer.json()["Code"].as_str().unwrap_or_default().to_owned())
    }
}

#[tokio::test]
async fn a_key_is_told_whose_it_is() {
    let cloud = start().await;
    let answer = cloud.ok(IDENTITY, &[]).await;
    assert_eq!((&answer["AccountId"], &answer["IdentityType"]), (&json!(ACCOUNT), &json!("RAMUser")), "{answer}");
    assert_eq!(answer["UserId"], answer["PrincipalId"]);
    let key = json!({"secretId": "LTAIroot", "secretKey": SECRET, "root": true});
    cloud.post(&format!("/accounts/{ACCOUNT}/keys"), key).await;
    let root = cloud.send(&Call::new(IDENTITY, &[]).signed_by("LTAIroot", SECRET)).await.json();
    assert_eq!((&root["IdentityType"], &root["UserId"]), (&json!("Account"), &json!(ACCOUNT)), "{root}");
    assert_eq!(
        cloud.refused(&Call::new(ASSUME, &WANTED).signed_by("LTAIroot", SECRET)).await,
        refusal(403, "NoPermission")
    );
    let stranger = cloud.send(&Call::new(IDENTITY, &[]).signed_by("LTAIstranger", SECRET)).await.json();
    assert_eq!(stranger["AccountId"], STRANGER);
    let session = cloud.send(&cloud.assumed().await.signs(Call::new(IDENTITY, &[]))).await.json();
    assert_eq!(session["Arn"], format!("acs:ram::{ACCOUNT}:assumed-role/operator/test"));
    let role = session["RoleId"].as_str().unwrap();
    assert_eq!(session["PrincipalId"], format!("{role}:test"), "{session}");
    let xml = cloud.send(&Call::new(IDENTITY, &[]).by_query()).await.text;
    assert!(xml.contains("<GetCallerIdentityResponse>") && xml.contains(ACCOUNT), "{xml}");
}

#[tokio::test]
async fn who_they_are_can_be_refused_to_a_key_and_to_all_of_an_account() {
    let cloud = start().await;
    for path in [format!("/accounts/{ACCOUNT}/keys/{KEY_ID}"), format!("/accounts/{ACCOUNT}")] {
        cloud.arrange(Method::PATCH, &path, json!({"identityRefused": true})).await;
        assert_eq!(cloud.refusal(IDENTITY, &[]).await, refusal(403, "NoPermission"), "{path}");
        cloud.ok(MACHINES, &[]).await;
        cloud.arrange(Method::PATCH, &path, json!({"identityRefused": false})).await;
        cloud.ok(IDENTITY, &[]).await;
    }
}

#[tokio::test]
async fn a_temporary_key_opens_its_account_together_with_its_token_alone() {
    let cloud = start().await;
    let answer = cloud.ok(ASSUME, &WANTED).await;
    assert_eq!(answer["AssumedRoleUser"]["Arn"], format!("{ARN}/test"));
    let end: jiff::Timestamp = answer["Credentials"]["Expiration"].as_str().unwrap().parse().unwrap();
    let start: jiff::Timestamp = time(0).parse().unwrap();
    assert!((3_550..=3_600).contains(&(end.as_second() - start.as_second())), "an hour: {answer}");
    let (key, other) = (Temporary::of(&answer), cloud.assumed().await);
    for call in [Call::new(MACHINES, &[]), Call::new(MACHINES, &[]).by_query().with("Format", "JSON")] {
        let listed = cloud.send(&key.signs(call)).await.json();
        assert_eq!(listed["TotalCount"], 5, "its own account's and no others: {listed}");
    }
    for (token, code) in [
        (None, "MissingSecurityToken"),
        (Some(other.token), "InvalidSecurityToken.MismatchWithAccessKey"),
        (Some("wrong".into()), "InvalidSecurityToken.Malformed"),
    ] {
        let call = Call { token, ..Call::new(MACHINES, &[]).signed_by(&key.id, &key.secret) };
        assert_eq!(cloud.refused(&call).await, refusal(400, code));
    }
    assert_eq!(cloud.send(&key.signs(Call::new(ATTACH, &PAIR))).await.status, 200);
    assert_eq!(cloud.linked().await, ["i-test0001"]);
    let theirs = [("InstanceId", "i-test0009"), ("VpcId", "vpc-test0001")];
    assert_eq!(
        cloud.refused(&key.signs(Call::new(ATTACH, &theirs))).await,
        refusal(403, "InvalidInstanceId.NotBelong")
    );
}

#[tokio::test]
async fn a_temporary_key_ends_when_it_was_said_to_and_all_can_be_ended_now() {
    let cloud = start().await;
    let expired = refusal(400, "InvalidSecurityToken.Expired");
    let settings = |lifetime: Value| json!({"timing": {"sessionLifetimeMs": lifetime}});
    cloud.arrange(Method::PATCH, "/settings", settings(json!(0))).await;
    let key = cloud.assumed().await;
    assert_eq!(cloud.refused(&key.signs(Call::new(MACHINES, &[]))).await, expired);
    cloud.arrange(Method::PATCH, "/settings", settings(Value::Null)).await;
    let key = cloud.assumed().await;
    assert_eq!(cloud.send(&key.signs(Call::new(MACHINES, &[]))).await.status, 200);
    assert_eq!(cloud.post(&format!("/sessions/expire?account={STRANGER}"), json!({})).await["ended"], 0);
    assert_eq!(cloud.post(&format!("/sessions/expire?account={ACCOUNT}"), json!({})).await["ended"], 1);
    assert_eq!(cloud.refused(&key.signs(Call::new(MACHINES, &[]))).await, expired);
    assert_eq!(cloud.refused(&key.signs(Call::new(IDENTITY, &[]))).await, expired);
    cloud.ok(MACHINES, &[]).await;
}

#[tokio::test]
async fn a_role_limits_its_keys_and_is_taken_by_those_it_trusts() {
    let cloud = start().await;
    cloud.role(json!({"allowedActions": ["ecs:DescribeInstances"]})).await;
    let key = cloud.assumed().await;
    assert_eq!(cloud.send(&key.signs(Call::new(MACHINES, &[]))).await.status, 200);
    assert_eq!(cloud.refused(&key.signs(Call::new(ATTACH, &PAIR))).await, refusal(403, "Forbidden.SubUser"));
    let by = |id: &str| Call::new(ASSUME, &WANTED).signed_by(id, SECRET);
    assert_eq!(cloud.refused(&by("LTAIstranger")).await, refusal(403, "NoPermission"));
    cloud.role(json!({"trustedKeys": ["LTAIstranger"]})).await;
    assert_eq!(cloud.refused(&by(KEY_ID)).await, refusal(403, "NoPermission"));
    assert_eq!(cloud.send(&by("LTAIstranger")).await.status, 200);
    cloud.role(json!({"trustedKeys": null})).await;
    cloud.change_key(json!({"allowedActions": ["ecs:*"]})).await;
    let message = cloud.message(ASSUME, &WANTED).await;
    assert_eq!(message, "You are not authorized to do this action. You should be authorized by RAM.");
}

#[tokio::test]
async fn what_is_asked_of_a_role_is_checked() {
    let cloud = start().await;
    for (name, value, expected) in [
        ("RoleArn", "acs:ram::1135000000000001:role/nobody", refusal(404, "EntityNotExist.Role")),
        ("RoleArn", "acs:ram::1135000000000009:role/operator", refusal(404, "EntityNotExist.Role")),
        ("RoleArn", "qcs::cam::uin/1:roleName/operator", refusal(400, "InvalidParameter.RoleArn")),
        ("RoleArn", "", refusal(400, "MissingParameter")),
        ("RoleSessionName", "a b", refusal(400, "InvalidParameter.RoleSessionName")),
        ("DurationSeconds", "899", refusal(400, "InvalidParameter.DurationSeconds")),
        ("DurationSeconds", "3601", refusal(400, "InvalidParameter.DurationSeconds")),
        ("DurationSeconds", "long", refusal(400, "InvalidParameter.DurationSeconds")),
        ("DurationSeconds", "900", refusal(200, "")),
    ] {
        let call = Call::new(ASSUME, &WANTED).with(name, value);
        assert_eq!(cloud.refused(&call).await, expected, "{name}={value}");
    }
    cloud.role(json!({"maxSessionSeconds": 7_200})).await;
    let call = || Call::new(ASSUME, &WANTED).with("DurationSeconds", "7200");
    assert_eq!(cloud.send(&call()).await.status, 200);
    assert_eq!(cloud.refused(&Call { version: "2014-05-26", ..call() }).await, refusal(404, "InvalidApi.NotFound"));
}

#[tokio::test]
async fn a_web_identity_is_anonymous_and_may_be_signed() {
    let cloud = start().await;
    let answer = cloud.anonymous(WEB, &web("a.b.c")).await.json();
    let about = &answer["OIDCTokenInfo"];
    assert_eq!(
        (&about["Subject"], &about["VerificationInfo"]),
        (&json!("system:serviceaccount:ns:sa"), &json!("Success"))
    );
    let key = Temporary::of(&answer);
    assert_eq!(cloud.send(&key.signs(Call::new(MACHINES, &[]))).await.status, 200);
    for scheme in [Scheme::None, Scheme::V3, Scheme::Query] {
        let call = Call { method: Method::GET, scheme, ..Call::new(WEB, &web("a.b.c")) };
        assert_eq!(cloud.send(&call).await.status, 200);
    }
    let mut headers = Call { scheme: Scheme::None, ..Call::new(WEB, &web("a.b.c")) };
    for (name, value) in [("x-acs-action", WEB), ("x-acs-version", "2015-04-01"), ("x-acs-date", &time(0))] {
        headers.headers.insert(name.into(), value.into());
    }
    headers.action.clear();
    assert!(cloud.send(&headers).await.json()["Credentials"].is_object(), "an SDK puts it into headers");
    let wrong = Call::new(WEB, &web("a.b.c")).signed_by(KEY_ID, "wrong");
    assert_eq!(cloud.refused(&wrong).await, refusal(400, "SignatureDoesNotMatch"));
    let stale = Call { scheme: Scheme::None, time: time(-1_000), ..Call::new(WEB, &web("a.b.c")) };
    assert_eq!(cloud.refused(&stale.with("Format", "JSON")).await, refusal(400, "InvalidTimeStamp.Expired"));
    for (action, own) in [(ASSUME, &WANTED[..]), (IDENTITY, &[])] {
        let answer = cloud.anonymous(action, own).await;
        assert_eq!((answer.status, &answer.json()["Code"]), (400, &json!("MissingParameter")), "{action}");
    }
}

#[tokio::test]
async fn a_web_identity_must_be_known_fresh_of_its_provider_and_trusted() {
    let cloud = start().await;
    let path = format!("/accounts/{ACCOUNT}/identities/pod");
    let invalid = refusal(401, "AuthenticationFail.OIDCToken.Invalid");
    let no_permission = refusal(401, "AuthenticationFail.NoPermission");
    assert_eq!(cloud.refused_anonymously(&web("wrong")).await, invalid);
    let with = |name: &'static str, value: &'static str| [web("a.b.c"), vec![(name, value)]].concat();
    assert_eq!(cloud.refused_anonymously(&with("OIDCProviderArn", "acs:ram::1:oidc-provider/x")).await, no_permission);
    let nobody = with("RoleArn", "acs:ram::1135000000000001:role/nobody");
    assert_eq!(cloud.refused_anonymously(&nobody).await, refusal(404, "EntityNotExist.Role"));
    cloud.arrange(Method::PATCH, &path, json!({"expiresAt": 1})).await;
    assert_eq!(cloud.refused_anonymously(&web("a.b.c")).await, refusal(401, "AuthenticationFail.OIDCToken.Expired"));
    cloud.arrange(Method::PATCH, &path, json!({"expiresAt": null, "token": "d.e.f"})).await;
    assert_eq!(cloud.refused_anonymously(&web("a.b.c")).await, invalid, "it was rotated");
    assert_eq!(cloud.refused_anonymously(&web("d.e.f")).await, refusal(200, ""));
    cloud.role(json!({"trustedSubjects": []})).await;
    assert_eq!(cloud.refused_anonymously(&web("d.e.f")).await, no_permission);
    cloud.arrange(Method::DELETE, &path, json!({})).await;
    assert_eq!(cloud.refused_anonymously(&web("d.e.f")).await, invalid);
}

#[tokio::test]
async fn faults_and_rates_meet_these_calls_too_and_the_log_keeps_no_token() {
    let cloud = start().await;
    let effect = json!({"answer": {"code": "AuthenticationFail.OIDCToken.AudienceNotMatch", "httpStatus": 401}});
    let fault = json!({"api": "alibabaSts", "action": WEB, "account": ACCOUNT, "effect": effect});
    cloud.post("/faults", fault).await;
    let expected = refusal(401, "AuthenticationFail.OIDCToken.AudienceNotMatch");
    assert_eq!(cloud.refused_anonymously(&web("a.b.c")).await, expected);
    cloud.post("/calls/reset", json!({})).await;
    let key = Temporary::of(&cloud.anonymous(WEB, &web("a.b.c")).await.json());
    let counts = cloud.get("/calls").await;
    assert_eq!((&counts["byApi"]["alibabaSts"], &counts["byAccount"][ACCOUNT][WEB]), (&json!(1), &json!(1)));
    let text = cloud.get("/calls/log").await.to_string() + &cloud.get("/state").await.to_string();
    assert!(text.contains(ARN) && text.contains(&key.id), "{text}");
    assert!(!text.contains("a.b.c") && !text.contains(&key.token) && !text.contains(&key.secret), "{text}");
    cloud.switch(json!({"callsPerMinute": {IDENTITY: 0}})).await;
    assert_eq!(cloud.refusal(IDENTITY, &[]).await, refusal(400, "Throttling.User"));
}

#[tokio::test]
async fn a_dry_run_has_the_status_that_is_set() {
    let cloud = start().await;
    for (setting, status) in [("bad-request", 400), ("forbidden", 403), ("precondition-failed", 412)] {
        cloud.switch(json!({"dryRunStatus": setting})).await;
        assert_eq!(cloud.refusal(MACHINES, &[("DryRun", "true")]).await, refusal(status, "DryRunOperation"));
    }
}
