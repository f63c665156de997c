//! Keys that are fetched and end: a role that is taken on, and the role of a node.

use classiclink::api::Reason;
use serde_json::{Value, json};

use crate::harness::{
    World,
    cloud::{ACCOUNT, CloudApi},
    story,
    tokens::Tokens,
    wait::eventually,
};

/// How long a lease is good, in seconds: renewed after about two.
const LIFE: i64 = 4;
/// So many leases are there: enough for about four minutes.
const LEASES: usize = 120;

/// Temporary keys of the account, and a token service that gives them one after the other.
async fn temporary(world: &World, tokens: &Tokens) -> Vec<Value> {
    let mut keys = Vec::new();
    for number in 0..LEASES {
        let token = format!("canary-token-{number}");
        keys.push(world.cloud.another_key(&format!("tmp{number}"), Some(&token)).await);
    }
    for key in keys.iter().chain([&world.cloud.keys()]) {
        tokens.knows(key, ACCOUNT);
    }
    tokens.gives(keys.clone().into_iter(), LIFE);
    keys
}

/// Links, waits for several renewals while former keys are taken away, and removes the link with the newest.
async fn lives_on_short_leases(world: &World, tokens: &Tokens, keys: &[Value]) {
    let (machine, vpc) = world.cloud.machine_and_vpc().await;
    let link = world.link("web", &machine, &vpc);
    world.apply(&link).await;
    world.until_ready(&link).await;

    tokens.until_given(4).await;
    for key in &keys[..2] {
        world.cloud.remove_key(key).await;
    }
    world.delete(&link).await;
    world.until_gone(&link).await;
    assert_eq!(world.cloud.linked(&machine).await, None);
}

#[test]
fn a_role_is_taken_on_with_the_keys_of_a_secret_and_renewed_before_it_ends() {
    story(async {
        let world = World::shared("assumed").await;
        let tokens = Tokens::start().await;
        let keys = temporary(&world, &tokens).await;
        let mut account = world.account(&world.name);
        account["spec"]["endpoints"]["sts"] = json!(tokens.url);
        account["spec"]["credentials"]["assumeRole"] = json!({ "roleArn": "qcs::cam::uin/1:roleName/links" });
        world.apply_account(&account).await;
        lives_on_short_leases(&world, &tokens, &keys).await;
    });
}

#[test]
fn the_role_of_the_node_gives_keys_that_are_renewed_before_they_end() {
    story(async {
        let world = World::shared("node").await;
        let tokens = Tokens::start().await;
        let keys = temporary(&world, &tokens).await;
        let name = format!("{}.node", world.name);
        let mut account = world.account(&name);
        account["spec"]["endpoints"]["metadata"] = json!(tokens.url);
        account["spec"]["credentials"] = json!({ "instanceRole": {} });
        world.apply_account(&account).await;
        world.until_account_says(&name, "True", Reason::Accepted).await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link_with("web", &machine, &vpc, &json!({ "accountRef": { "name": name } }));
        world.apply(&link).await;
        world.until_ready(&link).await;
        tokens.until_given(3).await;
        world.cloud.remove_key(&keys[0]).await;
        world.delete(&link).await;
        world.until_gone(&link).await;
        assert_eq!(world.cloud.linked(&machine).await, None);
    });
}

#[test]
fn a_role_that_is_refused_is_told_of_the_account_once_the_former_keys_ended() {
    story(async {
        let world = World::shared("untrusted").await;
        let tokens = Tokens::start().await;
        temporary(&world, &tokens).await;
        let mut account = world.account(&world.name);
        account["spec"]["endpoints"]["sts"] = json!(tokens.url);
        account["spec"]["credentials"]["assumeRole"] = json!({ "roleArn": "qcs::cam::uin/1:roleName/links" });
        world.apply_account(&account).await;
        world.until_account_says(&world.name, "True", Reason::Accepted).await;
        tokens.until_given(2).await;
        tokens.refuses();
        world.until_account_says(&world.name, "Unknown", Reason::PermissionDenied).await;
    });
}

/// An account with other credentials is used for a link's way from apply to deletion; the cloud tells whose it is.
async fn links_with(world: &World, credentials: Value) {
    let (sts, metadata) = world.cloud.tokens();
    let name = format!("{}.fetched", world.name);
    let mut account = world.account(&name);
    account["spec"]["endpoints"]["sts"] = json!(sts);
    account["spec"]["endpoints"]["metadata"] = json!(metadata);
    account["spec"]["credentials"] = credentials;
    world.apply_account(&account).await;
    eventually("the account has its identity", async || {
        let account = world.accounts().get(&name).await.unwrap();
        account.status.and_then(|status| status.identity).filter(|identity| identity == ACCOUNT)
    })
    .await;

    let (machine, vpc) = world.cloud.machine_and_vpc().await;
    let link = world.link_with("web", &machine, &vpc, &json!({ "accountRef": { "name": name } }));
    world.apply(&link).await;
    world.until_ready(&link).await;
    world.delete(&link).await;
    world.until_gone(&link).await;
    assert_eq!(world.cloud.linked(&machine).await, None);
}

#[test]
fn a_role_is_taken_on_with_the_keys_of_the_node_and_the_cloud_tells_whose_it_is() {
    story(async {
        for api in CloudApi::ALL {
            let world = World::on(api, "chained").await;
            world.cloud.role("node", true).await;
            world.cloud.role("links", false).await;
            let role = json!({ "roleArn": world.cloud.role_arn("links") });
            links_with(&world, json!({ "instanceRole": {}, "assumeRole": role })).await;
        }
    });
}

#[test]
fn the_identity_of_the_pod_is_exchanged_for_a_role() {
    story(async {
        for (api, provider) in [
            (CloudApi::V2, "tke-oidc".to_owned()),
            (CloudApi::V3, "tke-oidc".to_owned()),
            (CloudApi::Alibaba, format!("acs:ram::{ACCOUNT}:oidc-provider/ack-rrsa-c1")),
        ] {
            let world = World::on(api, "pod").await;
            world.cloud.role("links", false).await;
            world.cloud.trust_the_pod(&provider).await;
            let identity = json!({ "roleArn": world.cloud.role_arn("links"), "providerId": provider });
            links_with(&world, json!({ "workloadIdentity": identity })).await;
        }
    });
}
