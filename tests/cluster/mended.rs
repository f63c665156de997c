//! What cannot be carried out: each has a reason of its own, says what to do, loses nothing, and heals by itself.

use classiclink::api::{ClassicLink, ConditionType, Reason};
use serde_json::json;

use crate::harness::{
    Recording, World,
    cloud::{Action, CloudApi},
    read::Told,
    stage::SYSTEM,
    story,
    wait::eventually,
};

/// Waits until a link says `reason`, with a message that has all of `words`.
async fn until_says(world: &World, link: &ClassicLink, status: &str, reason: Reason, words: &[&str]) {
    let said = world.until_says(link, status, reason).await;
    let message = said.message();
    assert!(words.iter().all(|word| message.contains(word)), "{reason}: {message:?} has not all of {words:?}");
}

#[test]
fn a_link_to_an_account_that_is_not_there_waits_for_it() {
    story(async {
        let world = World::shared("no-account").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let missing = format!("{}.missing", world.name);
        let mut link = world.link("web", &machine, &vpc);
        link.spec.account_ref.name.clone_from(&missing);

        world.apply(&link).await;
        until_says(&world, &link, "False", Reason::AccountNotFound, &[&missing]).await;

        let mut account = world.account(&world.name);
        account["metadata"]["name"] = json!(missing);
        world.apply_account(&account).await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_secret_that_is_not_there_is_waited_for() {
    story(async {
        let world = World::shared("no-secret").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        let missing = format!("{}.missing", world.name);
        let mut account = world.account(&missing);
        account["metadata"]["name"] = json!(world.name);
        world.apply_account(&account).await;

        world.apply(&link).await;
        until_says(&world, &link, "Unknown", Reason::CredentialsMissing, &[SYSTEM, &missing]).await;
        world.until_account_says(&world.name, "Unknown", Reason::CredentialsMissing).await;

        world.apply_secret(&missing, &world.cloud.keys()).await;
        world.until_ready(&link).await;
        world.until_account_says(&world.name, "True", Reason::Accepted).await;
    });
}

#[test]
fn a_secret_without_one_of_the_keys_is_waited_for() {
    story(async {
        let world = World::shared("half-secret").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        let half = format!("{}.half", world.name);
        world.apply_secret(&half, &json!({ "secretId": world.cloud.keys()["secretId"] })).await;
        let mut account = world.account(&half);
        account["metadata"]["name"] = json!(world.name);
        world.apply_account(&account).await;

        world.apply(&link).await;
        until_says(&world, &link, "Unknown", Reason::CredentialsIncomplete, &["secretKey", &half]).await;

        world.apply_secret(&half, &world.cloud.keys()).await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_key_that_the_cloud_does_not_take_is_named_and_used_once_it_is_replaced() {
    story(async {
        let world = World::shared("wrong-key").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        let wrong = json!({ "secretId": world.cloud.keys()["secretId"], "secretKey": "not-the-key-of-this-id" });
        world.apply_secret(&world.name, &wrong).await;

        world.apply(&link).await;
        until_says(&world, &link, "Unknown", Reason::CredentialsRejected, &["replace", "Secret", "4100"]).await;

        world.apply_secret(&world.name, &world.cloud.keys()).await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_key_that_stops_working_turns_no_link_red_at_once_and_cuts_none() {
    story(async {
        let world = World::shared("key-gone").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        let recording = Recording::of(&world, &link).await;
        let failing = world.cloud.calls().await.len();
        world.cloud.disable_key().await;
        world.cloud.until_calls(failing + 4).await;
        let still = world.read(&link).await.unwrap();
        assert!(still.is("True", Reason::Linked), "{:?}", still.conditions());
        until_says(&world, &link, "Unknown", Reason::CredentialsRejected, &["replace", "Secret", "4104"]).await;
        world.cloud.enable_key().await;
        world.until_ready(&link).await;

        let ready = |(_, link): &(_, ClassicLink)| link.condition(ConditionType::Ready).unwrap().status.clone();
        let said: Vec<_> = recording.versions().iter().map(ready).collect();
        assert!(!said.contains(&"False".to_owned()), "{said:?}");
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

#[test]
fn a_secret_that_disappears_does_not_hold_up_the_detaching_of_a_deleted_object() {
    story(async {
        let world = World::shared("secret-gone").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.delete_secret(&world.name).await;
        world.until_account_says(&world.name, "Unknown", Reason::CredentialsMissing).await;
        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, None);
    });
}

#[test]
fn a_move_to_a_vpc_that_does_not_exist_keeps_the_link_until_it_does() {
    story(async {
        let world = World::shared("move-to-nowhere").await;
        let (machine, old) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &old);
        world.apply(&link).await;
        world.until_ready(&link).await;

        world.edit(&link, json!({ "vpcId": "vpc-later002" })).await;
        until_says(&world, &link, "False", Reason::VpcNotFound, &["vpc-later002", &old, "is kept"]).await;
        assert_eq!(world.cloud.linked(&machine).await, Some(old));
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);

        world.cloud.vpc_named("vpc-later002", "10.3.0.0/16").await;
        world.until_ready(&link).await;
        assert_eq!(world.cloud.linked(&machine).await.as_deref(), Some("vpc-later002"));
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach, Action::Detach, Action::Attach]);
    });
}

#[test]
fn a_vpc_that_does_not_exist_is_named_and_taken_once_it_does() {
    story(async {
        let world = World::shared("no-vpc").await;
        let machine = world.cloud.machine("10.66.0.7").await;
        let link = world.link("web", &machine, "vpc-later001");

        world.apply(&link).await;
        until_says(&world, &link, "False", Reason::VpcNotFound, &["vpc-later001", &world.name]).await;
        assert!(world.cloud.sent_for(&machine).await.is_empty(), "a change that must fail is not sent");

        world.cloud.vpc_named("vpc-later001", "10.1.0.0/16").await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_machine_that_does_not_exist_is_named_and_linked_once_it_does() {
    story(async {
        let world = World::shared("no-machine").await;
        let vpc = world.cloud.vpc("10.1.0.0/16").await;
        let link = world.link("web", "ins-later001", &vpc);

        world.apply(&link).await;
        until_says(&world, &link, "False", Reason::InstanceNotFound, &["ins-later001", "Retain"]).await;

        world.cloud.machine_named("ins-later001", "10.66.0.7").await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_range_that_cannot_be_linked_is_said_to_be_one_and_nothing_is_sent() {
    story(async {
        let world = World::shared("wrong-range").await;
        let machine = world.cloud.machine("10.66.0.7").await;
        let (wrong, right) = (world.cloud.vpc("192.168.0.0/16").await, world.cloud.vpc("10.47.0.0/16").await);
        let link = world.link("web", &machine, &wrong);

        world.apply(&link).await;
        let words = ["192.168.0.0/16", "10.0.0.0/16", "10.47.0.0/16"];
        until_says(&world, &link, "False", Reason::CidrNotSupported, &words).await;
        assert!(world.cloud.sent_for(&machine).await.is_empty());

        world.edit(&link, json!({ "vpcId": right })).await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_machine_that_someone_linked_to_another_vpc_is_left_there() {
    story(async {
        let world = World::shared("elsewhere").await;
        let (machine, wanted) = world.cloud.machine_and_vpc().await;
        let other = world.cloud.vpc("10.2.0.0/16").await;
        world.cloud.link_by_hand(&machine, &other).await;
        let link = world.link("web", &machine, &wanted);

        world.apply(&link).await;
        until_says(&world, &link, "False", Reason::LinkedElsewhere, &[&machine, &other]).await;
        assert_eq!(world.cloud.linked(&machine).await, Some(other));
        assert!(world.cloud.sent_for(&machine).await.is_empty());

        world.cloud.unlink_by_hand(&machine).await;
        world.until_ready(&link).await;
        assert_eq!(world.cloud.sent_for(&machine).await, [Action::Attach]);
    });
}

#[test]
fn a_deleted_object_whose_machine_is_linked_elsewhere_goes_and_leaves_that_link() {
    story(async {
        let world = World::shared("elsewhere-gone").await;
        let (machine, wanted) = world.cloud.machine_and_vpc().await;
        let other = world.cloud.vpc("10.2.0.0/16").await;
        world.cloud.link_by_hand(&machine, &other).await;
        let link = world.link("web", &machine, &wanted);
        world.apply(&link).await;
        world.until_says(&link, "False", Reason::LinkedElsewhere).await;

        world.delete(&link).await;
        world.until_gone(&link).await;

        assert_eq!(world.cloud.linked(&machine).await, Some(other));
    });
}

#[test]
fn a_vpc_that_is_full_is_said_to_be_and_is_tried_again_until_a_place_is_free() {
    story(async {
        let world = World::shared("full").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let other = world.cloud.machine("10.66.0.8").await;
        world.cloud.quota(&vpc, 1).await;
        world.cloud.link_by_hand(&other, &vpc).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        until_says(&world, &link, "False", Reason::QuotaExceeded, &[&vpc]).await;
        assert_eq!(world.cloud.linked(&other).await, Some(vpc.clone()), "nobody else is cut off for a place");

        world.cloud.quota(&vpc, 2).await;
        world.until_ready(&link).await;
    });
}

#[test]
fn where_the_cloud_tells_the_quota_nothing_is_sent_to_a_vpc_that_is_full() {
    story(async {
        let world = World::on(CloudApi::V3, "told-full").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let other = world.cloud.machine("10.66.0.8").await;
        world.cloud.set(&json!({ "limits": { "linksPerVpc": 1 } })).await;
        world.cloud.link_by_hand(&other, &vpc).await;
        // VPC and quota are read by two calls: who looks between them is told by a refusal.
        let early = world.link("early", &world.cloud.machine("10.66.0.9").await, &vpc);
        world.apply(&early).await;
        let is_told = |link: &ClassicLink| link.message().contains("all 1 links");
        world.until(&early, "full by the numbers", is_told).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        until_says(&world, &link, "False", Reason::QuotaExceeded, &[&vpc, "all 1 links"]).await;
        assert!(world.cloud.sent_for(&machine).await.is_empty());
        let used = async || {
            let account = world.accounts().get(&world.name).await.unwrap();
            account.status?.regions.get(CloudApi::V3.region())?.vpcs.get(&vpc).cloned()
        };
        let used = eventually("the account tells how many links the VPC has", used).await;
        assert_eq!((used.links, used.quota), (1, Some(1)));

        world.delete(&early).await;
        world.until_gone(&early).await;
        world.cloud.unlink_by_hand(&other).await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_vpc_whose_quota_was_raised_by_ticket_is_tried_although_the_general_number_says_that_it_is_full() {
    story(async {
        let world = World::on(CloudApi::V3, "raised").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let other = world.cloud.machine("10.66.0.8").await;
        world.cloud.set(&json!({ "limits": { "linksPerVpc": 1 } })).await;
        world.cloud.quota(&vpc, 2).await;
        world.cloud.link_by_hand(&other, &vpc).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        world.until_says(&link, "False", Reason::QuotaExceeded).await;

        world.until_ready(&link).await;
    });
}

#[test]
fn a_key_that_may_not_attach_is_said_to_lack_the_permission_and_is_tried_again() {
    story(async {
        let world = World::shared("not-permitted").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let looks = ["vpc:DescribeVpcClassicLink", "vpc:DescribeVpcTaskResult", "vpc:DescribeVpcEx", "cvm:*"];
        world.cloud.allow(Some(&looks)).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        until_says(&world, &link, "Unknown", Reason::PermissionDenied, &[&world.name, "4101"]).await;

        world.cloud.allow(None).await;
        world.until_ready(&link).await;
    });
}

#[test]
fn a_machine_of_a_vpc_is_said_not_to_be_of_the_classic_network_and_nothing_is_sent() {
    story(async {
        let world = World::shared("not-classic").await;
        let (home, vpc) = (world.cloud.vpc("10.2.0.0/16").await, world.cloud.vpc("10.1.0.0/16").await);
        let machine = world.cloud.machine_of_vpc("10.2.0.7", &home).await;
        let link = world.link("web", &machine, &vpc);

        world.apply(&link).await;
        until_says(&world, &link, "False", Reason::InstanceNotClassic, &[&machine, "remove"]).await;
        assert!(world.cloud.sent_for(&machine).await.is_empty());

        world.delete(&link).await;
        world.until_gone(&link).await;
    });
}
