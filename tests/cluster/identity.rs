//! Whose keys they are: the identity of an account, its change, and claims across accounts.

use classiclink::api::{CloudAccount, Reason};
use serde_json::{Value, json};

use crate::harness::{
    World,
    cloud::{ACCOUNT, Action, OTHER_ACCOUNT},
    operator::QUICK,
    read::Told,
    story,
    tokens::Tokens,
    wait::eventually,
};

/// The account of a world, whose token service is this one.
fn account(world: &World, secret: &str, tokens: &Tokens) -> Value {
    let mut account = world.account(secret);
    account["spec"]["endpoints"]["sts"] = json!(tokens.url);
    account
}

async fn until_identity(world: &World, name: &str, identity: &str) -> CloudAccount {
    let is = |account: &CloudAccount| {
        account.status.as_ref().and_then(|status| status.identity.as_deref()) == Some(identity)
    };
    eventually(&format!("the identity of {name} is {identity}"), async || {
        world.accounts().get_opt(name).await.unwrap().filter(is)
    })
    .await
}

#[test]
fn the_status_of_an_account_has_the_identity_that_the_cloud_tells_or_a_stand_in_without_the_key_id() {
    story(async {
        let world = World::shared("whose").await;
        let tokens = Tokens::start().await;
        world.apply_account(&account(&world, &world.name, &tokens)).await;
        let stand_in = eventually("an identity", async || {
            let account = world.accounts().get(&world.name).await.unwrap();
            account.status.and_then(|status| status.identity)
        })
        .await;
        assert!(stand_in.starts_with("key-") && !stand_in.contains("canary"), "{stand_in}");

        let keys = world.cloud.another_key("two", None).await;
        tokens.knows(&keys, ACCOUNT);
        world.apply_secret(&world.name, &keys).await;
        until_identity(&world, &world.name, ACCOUNT).await;
    });
}

#[test]
fn with_another_accounts_keys_nothing_is_changed_and_nothing_is_gone_until_the_former_are_back() {
    story(async {
        let mut world = World::alone("swapped", QUICK).await;
        let tokens = Tokens::start().await;
        let other = world.cloud.other_account().await;
        tokens.knows(&world.cloud.keys(), ACCOUNT);
        tokens.knows(&other, OTHER_ACCOUNT);
        world.apply_account(&account(&world, &world.name, &tokens)).await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let (link, leaving) = (world.link("web", &machine, &vpc), world.cloud.machine("10.66.0.8").await);
        let leaving = (world.link("leaving", &leaving, &vpc), leaving);
        for link in [&link, &leaving.0] {
            world.apply(link).await;
            world.until_ready(link).await;
        }
        until_identity(&world, &world.name, ACCOUNT).await;

        world.apply_secret(&world.name, &other).await;
        let told = world.until_says(&link, "False", Reason::AccountChanged).await;
        assert!(told.message().contains(OTHER_ACCOUNT) && told.message().contains(ACCOUNT), "{}", told.message());
        world.until_account_says(&world.name, "False", Reason::AccountChanged).await;
        world.delete(&leaving.0).await;
        let calls = world.cloud.calls().await.len();
        world.cloud.until_calls(calls + 12).await;
        assert!(world.read(&leaving.0).await.is_some(), "an empty list is no proof");

        world.kill_operator();
        world.start_operator().await;
        let calls = world.cloud.calls().await.len();
        world.cloud.until_calls(calls + 12).await;
        world.until_says(&link, "False", Reason::AccountChanged).await;
        assert!(world.read(&leaving.0).await.is_some(), "nor is it after a restart");
        until_identity(&world, &world.name, ACCOUNT).await;
        for machine in [&machine, &leaving.1] {
            assert_eq!(world.cloud.sent_for(machine).await, [Action::Attach]);
        }

        world.apply_secret(&world.name, &world.cloud.keys()).await;
        world.until_ready(&link).await;
        world.until_gone(&leaving.0).await;
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
        assert_eq!(world.cloud.linked(&leaving.1).await, None);
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

#[test]
fn a_new_key_whose_account_nobody_tells_is_used_once_the_machine_was_seen_with_it() {
    story(async {
        let world = World::shared("silent").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        let keys = world.cloud.another_key("next", None).await;
        world.apply_secret(&world.name, &keys).await;
        world.cloud.remove_key(&world.cloud.keys()).await;
        world.delete(&link).await;
        world.until_gone(&link).await;
        assert_eq!(world.cloud.linked(&machine).await, None);
    });
}

#[test]
fn two_accounts_of_one_identity_make_one_claim() {
    story(async {
        let world = World::shared("same").await;
        let tokens = Tokens::start().await;
        let second = format!("{}.second", world.name);
        let keys = world.cloud.another_key("second", None).await;
        for keys in [&keys, &world.cloud.keys()] {
            tokens.knows(keys, ACCOUNT);
        }
        world.apply_secret(&second, &keys).await;
        for name in [&world.name, &second] {
            world.apply_account(&account(&world, name, &tokens)).await;
            until_identity(&world, name, ACCOUNT).await;
        }
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let elsewhere = world.cloud.vpc("10.2.0.0/16").await;
        let link = world.link("elder", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        let rival = world.link_with("rival", &machine, &elsewhere, &json!({ "accountRef": { "name": second } }));
        world.apply(&rival).await;
        world.until_says(&rival, "False", Reason::ClaimedByOther).await;
        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
    });
}
