//! The services that give keys, under each setting of each of their switches: keys that are given are good, and where none
//! are given it is said by its kind what that means.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use classiclink::cloud::{
    CloudError, Kind,
    credentials::{Ambient, Credentials, Lease, Role, Tokens, WebIdentity},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    cloud::{ACCOUNT, Cloud, KEY, SECRET},
    process::new_log,
    subject::CANARY,
    wait::eventually,
};

on_each_api! {
    each: [under_every_setting_of_every_switch_of_the_token_services_keys_are_given_and_good],
    tencent: [
        what_comes_too_often_is_throttled_by_either_code,
        a_web_identity_without_its_role_gets_no_keys_and_is_told_why,
    ],
    alibaba: [the_keys_of_a_node_are_given_where_tokens_are_wanted_and_where_there_are_none]
}

/// How long the operator waits for an answer of the metadata service.
const METADATA_DEADLINE: Duration = Duration::from_secs(2);

/// A switch, with all its settings.
#[derive(Deserialize)]
struct Switch {
    settings: Vec<Value>,
}

async fn under_every_setting_of_every_switch_of_the_token_services_keys_are_given_and_good(cloud: &Cloud) {
    let scene = Scene::new(cloud).await;
    let tokens = scene.tokens(None);
    let role = Role { arn: scene.role("links"), session: "contract".to_owned() };
    for service in ["tencentSts", "metadata"] {
        let switches: Vec<Switch> = serde_json::from_value(cloud.space_of(service).await).unwrap();
        assert!(!switches.is_empty(), "{service}");
        for setting in switches.into_iter().flat_map(|switch| switch.settings) {
            cloud.set(setting.clone()).await;
            let what = setting.to_string();
            assert_eq!(tokens.identity(&scene.keys).await.unwrap(), ACCOUNT, "{what}");
            scene.is_good(tokens.assume(&scene.keys, &role).await.unwrap(), &what).await;
            scene.is_good(tokens.exchange(&scene.identity("links")).await.unwrap(), &what).await;
            scene.is_good(of_node(&*tokens, None).await.unwrap(), &what).await;
        }
    }
}

async fn what_comes_too_often_is_throttled_by_either_code(cloud: &Cloud) {
    let scene = Scene::new(cloud).await;
    let tokens = scene.tokens(None);
    let role = Role { arn: scene.role("links"), session: "contract".to_owned() };
    cloud.set(json!({ "traffic": { "callsPerSecond": { "AssumeRole": 0, "GetCallerIdentity": 0 } } })).await;
    for setting in ["request-limit-exceeded", "over-limit"] {
        cloud.set(json!({ "tencentSts": { "throttleCode": setting } })).await;
        let refused =
            [tokens.identity(&scene.keys).await.unwrap_err(), tokens.assume(&scene.keys, &role).await.unwrap_err()];
        assert_eq!(refused.map(|error| error.kind), [Kind::Throttled; 2], "{setting}");
    }
}

async fn a_web_identity_without_its_role_gets_no_keys_and_is_told_why(cloud: &Cloud) {
    let scene = Scene::new(cloud).await;
    let settings = [
        ("get-role-error", Kind::Transient),
        ("role-not-found", Kind::KeyDenied),
        ("unauthorized", Kind::PermissionDenied),
    ];
    for (setting, kind) in settings {
        cloud.set(json!({ "tencentSts": { "unknownWebRole": setting } })).await;
        let refused = scene.tokens(None).exchange(&scene.identity("nobody")).await.unwrap_err();
        assert_eq!(refused.kind(), kind, "{setting}: {refused}");
        assert!(!format!("{refused} {refused:?}").contains(CANARY), "{refused:?}");
    }
}

async fn the_keys_of_a_node_are_given_where_tokens_are_wanted_and_where_there_are_none(cloud: &Cloud) {
    let scene = Scene::new(cloud).await;
    for setting in ["optional", "required", "absent"] {
        cloud.set(json!({ "metadata": { "tokens": setting } })).await;
        for role in [None, Some("links")] {
            scene.is_good(of_node(&*scene.tokens(None), role).await.unwrap(), setting).await;
        }
        // Whoever insists on a token takes nothing without one.
        let insisting = scene.tokens(Some(("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")));
        let given = of_node(&*insisting, None).await.map(drop).map_err(|error| error.kind);
        assert_eq!(given, if setting == "absent" { Err(Kind::Transient) } else { Ok(()) }, "{setting}");
    }
}

/// What comes of asking for the keys of the node. What fails once the deadline has passed tells of a busy machine, also
/// where it was only the token that came too late, and is asked again; what fails at once is an answer.
async fn of_node(tokens: &dyn Tokens, role: Option<&str>) -> Result<Lease, CloudError> {
    eventually("the metadata service answers in time", async || {
        let asked = Instant::now();
        let given = tokens.of_node(role).await;
        Some(given).filter(|given| given.is_ok() || asked.elapsed() < METADATA_DEADLINE)
    })
    .await
}

/// An account with a role that this process may take in each way: with its key, with its identity, as its node.
struct Scene<'a> {
    cloud: &'a Cloud,
    /// Where the identity of the process is.
    file: PathBuf,
    keys: Credentials,
    provider: &'static str,
}

impl<'a> Scene<'a> {
    async fn new(cloud: &'a Cloud) -> Self {
        let provider = cloud.api.of("tke-oidc", "tke-oidc", "acs:ram::100000000001:oidc-provider/ack-rrsa-c1");
        let token = format!("a.{CANARY}.c");
        let identity = json!({ "name": "pod", "token": token, "provider": provider });
        cloud.post(&format!("accounts/{ACCOUNT}/identities"), identity).await;
        cloud.post(&format!("accounts/{ACCOUNT}/roles"), json!({ "name": "links" })).await;
        cloud.post("metadata", json!({ "account": ACCOUNT, "role": "links" })).await;
        let test = thread::current().name().unwrap_or_default().replace("::", "-");
        let file = new_log(&format!("contract-{test}")).with_extension("token");
        fs::write(&file, token).unwrap();
        Self { cloud, file, keys: Credentials::new(KEY.into(), SECRET.into(), None), provider }
    }

    /// What gives keys to a process in whose environment this is, besides the file with its identity.
    fn tokens(&self, more: Option<(&str, &str)>) -> Box<dyn Tokens> {
        let ambient = Ambient::of(|name| match name {
            "TKE_WEB_IDENTITY_TOKEN_FILE" | "ALIBABA_CLOUD_OIDC_TOKEN_FILE" => Some(self.file.display().to_string()),
            _ => more.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()),
        });
        self.cloud.tokens(ambient)
    }

    fn role(&self, name: &str) -> String {
        let tencent = format!("qcs::cam::uin/{ACCOUNT}:roleName/{name}");
        self.cloud.api.of(tencent.clone(), tencent, format!("acs:ram::{ACCOUNT}:role/{name}"))
    }

    fn identity(&self, role: &str) -> WebIdentity {
        WebIdentity { role_arn: Some(self.role(role)), provider: Some(self.provider.to_owned()) }
    }

    /// The keys are the account's, and last.
    async fn is_good(&self, lease: Lease, what: &str) {
        assert!(lease.life > lease.renew && !lease.renew.is_zero(), "{what}: {:?} {:?}", lease.life, lease.renew);
        let told = self.tokens(None).identity(&lease.keys).await;
        assert_eq!(told.unwrap(), ACCOUNT, "{what}");
    }
}
