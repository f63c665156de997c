//! What is Alibaba Cloud's own.

use classiclink::api::{CloudAccount, ConditionType, Reason};
use serde_json::json;

use crate::harness::{
    World,
    cloud::{Action, Change, CloudApi},
    read::Told,
    story,
    wait::eventually,
};

async fn world(name: &str) -> World {
    World::on(CloudApi::Alibaba, name).await
}

#[test]
fn a_vpc_without_classic_link_is_waited_for_and_never_switched_on() {
    story(async {
        let world = world("switched-off").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.switch(&vpc, false).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        let held = world.until_says(&link, "False", Reason::ClassicLinkDisabled).await;

        assert!(held.message().contains(&vpc), "{}", held.message());
        assert_eq!(held.condition(ConditionType::Stalled).unwrap().status, "True");
        // A call that would switch it on is none that the harness knows: reading them would fail.
        assert_eq!(world.cloud.sent_for(&machine).await, []);
        world.cloud.switch(&vpc, true).await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_machine_that_is_locked_for_an_unpaid_bill_is_said_to_be_and_linked_once_that_is_paid() {
    story(async {
        let world = world("unpaid").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.cloud.lock(&machine, &["financial"]).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        let held = world.until_says(&link, "False", Reason::InstanceNotReady).await;

        assert!(held.message().contains("locked: financial; InvalidStatus.InstanceLocked"), "{}", held.message());
        assert_eq!(world.cloud.linked(&machine).await, None);
        let sent = world.cloud.sent_for(&machine).await.len();
        // At the slow beat it would be tried again 24 to 90 s later.
        world.cloud.set_free(&machine).await;
        world.until_ready(&link).await;
        assert_eq!(world.cloud.sent_for(&machine).await.len(), sent + 1);
    });
}

#[test]
fn a_machine_of_the_other_cloud_is_refused_and_nobody_is_asked_about_it() {
    story(async {
        let world = world("other-cloud").await;
        let vpc = world.cloud.vpc("172.16.0.0/12").await;
        let link = world.link("web", "ins-0x5msjda", &vpc);

        world.apply(&link).await;
        let refused = world.until_says(&link, "False", Reason::InvalidId).await;

        assert!(refused.message().contains("i-bp1gtjxuuvwj17zr"), "{}", refused.message());
        assert!(world.cloud.calls().await.is_empty());
    });
}

#[test]
fn an_account_whose_machines_are_asked_for_off_loopback_is_not_used_by_an_operator_in_a_hurry() {
    story(async {
        let world = world("off-loopback").await;
        world.until_account_says(&world.name, "True", Reason::Accepted).await;
        for (ecs, words) in [
            (json!("https://ecs.cn-hangzhou.example.com"), "loopback"),
            (json!(null), "loopback"),
            (json!("https://user@127.0.0.1"), "the endpoint of ecs is no address"),
        ] {
            let mut account = world.account(&world.name);
            account["spec"]["endpoints"]["ecs"] = ecs;
            if account["spec"]["endpoints"]["ecs"].is_null() {
                account["spec"]["endpoints"].as_object_mut().unwrap().remove("ecs");
            }
            world.apply_account(&account).await;
            let says = |account: &CloudAccount| account.message().contains(words);
            eventually(words, async || world.accounts().get_opt(&world.name).await.unwrap().filter(says)).await;
            world.until_account_says(&world.name, "False", Reason::AccountNotReady).await;
        }
        world.apply_account(&world.account(&world.name)).await;
        world.until_account_says(&world.name, "True", Reason::Accepted).await;
    });
}

#[test]
fn a_list_that_is_empty_for_lack_of_a_permission_proves_no_return() {
    story(async {
        let world = world("empty-list").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        // All but the list of machines, which goes on to be answered, and is empty.
        let rest =
            ["ecs:DescribeClassicLinkInstances", "ecs:AttachClassicLinkVpc", "ecs:DetachClassicLinkVpc", "vpc:*"];
        world.cloud.allow(Some(&rest)).await;
        let account = world.until_account_says(&world.name, "Unknown", Reason::PermissionDenied).await;
        let blind = world.until_says(&link, "Unknown", Reason::PermissionDenied).await;

        assert!(account.message().contains("policy"), "{}", account.message());
        assert_eq!(blind.metadata.deletion_timestamp, None);
        assert_eq!(world.told(&world.name, "web", Reason::InstanceReturned).await, [""; 0]);
        assert_eq!(world.told(&world.name, "web", Reason::LinkLost).await, [""; 0]);
        world.cloud.allow(None).await;
        world.until_ready(&link).await;
        world.until_account_says(&world.name, "True", Reason::Accepted).await;
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

#[test]
fn a_range_with_rules_that_nothing_can_check_is_linked_and_told() {
    story(async {
        let world = world("ranges").await;
        for (name, ip, range, words) in [
            ("rules", "10.66.0.7", "192.168.0.0/16", Some("a route to 192.168.0.0/16")),
            ("free", "10.66.0.8", "172.16.0.0/12", None),
        ] {
            let (machine, vpc) = (world.cloud.machine(ip).await, world.cloud.vpc(range).await);
            let link = world.link(name, &machine, &vpc);
            world.apply(&link).await;
            let made = world.until_ready(&link).await;

            let message = made.message();
            assert!(message.ends_with("decide what gets through"), "{message}");
            assert_eq!(message.contains(range), words.is_some(), "{message}");
            if let Some(words) = words {
                assert!(message.contains(words), "{message}");
                let told = world.until_told(&link, Reason::AddressRules).await;
                assert!(told.contains(&vpc) && told.contains(words), "{told}");
            }
        }
        world.until_told(&world.link("free", "i-00000000", "vpc-00000000"), Reason::Attached).await;
        assert_eq!(world.told(&world.name, "free", Reason::AddressRules).await, [""; 0]);
    });
}

#[test]
fn a_machine_that_was_moved_into_a_vpc_is_linked_no_more_whatever_is_listed_and_its_object_can_be_deleted() {
    story(async {
        let world = world("moved-machine").await;
        for (fate, ip) in [("stays", "10.66.0.7"), ("ends", "10.66.0.8")] {
            world.cloud.set(&json!({ "alibabaCloud": { "linkOnMigration": fate } })).await;
            let (machine, vpc) = (world.cloud.machine(ip).await, world.cloud.vpc("172.16.0.0/12").await);
            let link = world.link(fate, &machine, &vpc);
            world.apply(&link).await;
            world.until_ready(&link).await;

            world.cloud.migrate(&machine, &vpc, "172.16.0.7").await;
            world.until_says(&link, "False", Reason::InstanceNotClassic).await;
            assert_eq!(world.cloud.linked(&machine).await.is_some(), fate == "stays");
            world.delete(&link).await;
            world.until_gone(&link).await;

            assert_eq!(world.cloud.done_for(&machine).await, [Change::Attach]);
            let sent = world.cloud.sent_for(&machine).await;
            assert!(!sent.contains(&Action::Detach), "there was nothing to detach");
            // Machine and link are read by two calls: where the link ends in between, it alone seems lost. An attach that
            // is sent then is refused.
            assert!(fate == "ends" || sent == [Action::Attach], "{sent:?}");
        }
    });
}
