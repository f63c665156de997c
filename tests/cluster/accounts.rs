//! Accounts that go.

use std::time::Duration;

use classiclink::api::{ClassicLink, CloudAccount, Reason};
use futures::future::join_all;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;

use crate::harness::{
    Recording, World,
    cloud::{Action, Call},
    read::TellsOfLink,
    stage::let_go,
    story,
    wait::eventually,
};

/// So many accounts go: each gives a reconcile that is under way another chance to be late.
const ACCOUNTS: usize = 24;
/// Bytes; a Secret holds 1 MiB.
const PADDING: usize = 700 << 10;
/// Looks at a region are two calls each: an account that is still in use is looked at several times meanwhile.
const WINDOW: usize = 10;

#[test]
fn an_account_that_is_deleted_serves_its_links_to_the_last_and_takes_no_new_ones() {
    story(async {
        let world = World::shared("leaving").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let late = world.cloud.machine("10.66.0.8").await;
        let (link, second) = (world.link("web", &machine, &vpc), world.link("late", &late, &vpc));
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.accounts().delete(&world.name, &DeleteParams::default()).await.unwrap();
        world.until_account_says(&world.name, "False", Reason::AccountTerminating).await;
        world.apply(&second).await;
        world.until_says(&second, "False", Reason::AccountTerminating).await;
        world.cloud.unlink_by_hand(&machine).await;
        eventually("it is linked again", async || world.cloud.linked(&machine).await).await;
        world.delete(&link).await;
        world.until_gone(&link).await;

        let gone = async || world.accounts().get_opt(&world.name).await.unwrap().is_none().then_some(());
        eventually("the account is gone", gone).await;
        assert_eq!(world.cloud.linked(&machine).await, None);
    });
}

#[test]
fn an_account_that_is_deleted_stays_for_a_link_between_the_halves_of_its_heal() {
    story(async {
        let world = World::shared("leaving-healing").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;
        world.accounts().delete(&world.name, &DeleteParams::default()).await.unwrap();
        world.until_account_says(&world.name, "False", Reason::AccountTerminating).await;

        // Detached, it cannot be attached again before the VPC is read, once what was read of it is a few sweeps old.
        let looks = world.cloud.calls().await.iter().filter(|call| call.action == Action::ListLinks).count();
        world.cloud.until_arrived(Action::ListLinks, looks + 5).await;
        world.cloud.answer_after(Action::ListVpcs, Duration::from_secs(3)).await;
        let recording = Recording::of(&world, &link).await;
        world.cloud.change_ip(&machine, "10.66.0.99").await;
        let between = |link: &ClassicLink| link.on_record().is_none() && link.task().is_none();
        recording.first("detached and not attached yet", between).await;
        world.cloud.answer_after(Action::ListVpcs, Duration::ZERO).await;
        let healed = world.until_ready(&link).await;

        assert_eq!(world.cloud.recorded_ip(&machine).await.as_deref(), Some("10.66.0.99"));
        assert!(healed.on_record().is_some());
        assert!(world.accounts().get_opt(&world.name).await.unwrap().is_some(), "it stays as long as the link does");
    });
}

#[test]
fn an_account_that_was_taken_away_while_it_was_reconciled_is_used_no_more() {
    story(async {
        let world = World::shared("taken").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.apply(&world.link("stays", &machine, &vpc)).await;
        let taken = join_all((0..ACCOUNTS).map(|number| take_away(&world, number))).await;

        let by_taken = |call: &Call| call.key_id.as_ref().is_some_and(|key| taken.contains(key));
        let keys = world.cloud.keys();
        let by_left = |call: &&Call| call.key_id.as_deref() == keys["secretId"].as_str();
        // What was asked before is answered first. Were one still in use, its region would be looked at in between, again
        // and again.
        eventually("the account that is left is looked at, and none of the others", async || {
            let calls = world.cloud.calls().await;
            let alone = calls.rsplit(by_taken).next()?;
            (alone.iter().filter(by_left).count() >= WINDOW).then_some(())
        })
        .await;
    });
}

/// An account comes into use, and is edited and taken away at once, without asking who holds it. Returns its key.
async fn take_away(world: &World, number: usize) -> String {
    let name = format!("{}.{number}", world.name);
    let mut keys = world.cloud.another_key(&number.to_string(), None).await;
    let key = keys["secretId"].as_str().unwrap().to_owned();
    // A Secret that takes long to read: a reconcile is then mostly under way when the account goes.
    keys["padding"] = json!("x".repeat(PADDING));
    world.apply_secret(&name, &keys).await;
    world.apply_account(&world.account(&name)).await;
    let machine = world.cloud.machine("10.66.0.50").await;
    let account = json!({ "accountRef": { "name": name } });
    let link = world.link_with(&format!("web-{number}"), &machine, "vpc-nowhere1", &account);
    world.apply(&link).await;
    world.until_says(&link, "False", Reason::VpcNotFound).await;
    let namespaces = json!({ "from": "Selector", "selector": { "matchLabels": { "classiclink": "allowed" } } });
    let edit = Patch::Merge(json!({ "spec": { "allowedNamespaces": namespaces } }));
    world.accounts().patch(&name, &PatchParams::default(), &edit).await.unwrap();
    let_go::<CloudAccount>(&world.accounts(), &name).await;
    key
}
