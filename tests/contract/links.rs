//! Lists of links: what is in them is true, and what is not in a complete one is not there.

use std::collections::BTreeSet;

use classiclink::{
    cloud::{Action, LinkList, LinkScope},
    link::{InstanceId, VpcId},
};
use serde_json::json;

use crate::{
    api::Api,
    cloud::{Cloud, no_vpc},
};

on_each_api! {
    each: [
        every_link_of_a_vpc_is_listed_whichever_page_it_is_on,
        every_link_of_the_account_is_listed_or_the_list_says_that_it_is_not_complete,
        the_links_of_machines_are_listed_wherever_they_lead,
        a_list_whose_rows_move_between_its_pages_is_never_wrongly_complete,
        a_list_of_one_page_is_complete_in_whatever_order,
        a_link_that_comes_and_goes_while_a_list_is_read_hides_no_other,
        an_id_of_no_machine_hides_no_link_of_another,
        a_vpc_that_does_not_exist_has_no_links,
        an_empty_list_is_complete,
    ],
    tencent: [a_dead_record_is_listed_as_it_was_recorded],
    alibaba: [
        a_machine_of_another_account_leaves_the_list_incomplete_and_hides_no_other,
        an_id_that_made_a_list_fail_is_asked_for_alone_from_then_on,
        a_list_of_machines_of_a_vpc_fails_for_none_but_them,
    ]
}

/// More than one page of each API: they have 50 and 100 rows.
const MANY: usize = 250;

async fn every_link_of_a_vpc_is_listed_whichever_page_it_is_on(cloud: &Cloud) {
    let (vpc, other) = (cloud.vpc("10.1.0.0/16").await, cloud.vpc("10.2.0.0/16").await);
    let there = cloud.crowd(&vpc, 0, MANY).await;
    cloud.crowd(&other, 1000, 3).await;

    let list = cloud.provider().links_to(&vpc).await.unwrap();

    assert!(list.complete);
    is_linked(&list, &there, &vpc);
    assert_eq!(list.rows.len(), MANY);
    for (machine, row) in &list.rows {
        let recorded = row.private_ip.map(|ip| ip.to_string());
        let number: usize = machine.as_str().rsplit('-').next().unwrap().parse().unwrap();
        let truth = format!("10.70.{}.{}", number / 200, number % 200 + 1);
        // One API alone tells the address.
        assert_eq!(recorded, (cloud.api == Api::V2).then_some(truth));
    }
}

async fn every_link_of_the_account_is_listed_or_the_list_says_that_it_is_not_complete(cloud: &Cloud) {
    let (vpc, other) = (cloud.vpc("10.1.0.0/16").await, cloud.vpc("10.2.0.0/16").await);
    let (here, there) = (cloud.crowd(&vpc, 0, MANY).await, cloud.crowd(&other, 1000, 120).await);
    let provider = cloud.provider();

    let list = provider.links(&LinkScope::All).await.unwrap();

    assert_eq!(list.complete, provider.itself().nature().lists_all_links);
    assert_eq!(list.complete, cloud.api.has_tasks());
    if list.complete {
        is_linked(&list, &here, &vpc);
        is_linked(&list, &there, &other);
        assert_eq!(list.rows.len(), here.len() + there.len());
    }
}

async fn the_links_of_machines_are_listed_wherever_they_lead(cloud: &Cloud) {
    let (vpc, other) = (cloud.vpc("10.1.0.0/16").await, cloud.vpc("10.2.0.0/16").await);
    let (here, there) = (cloud.crowd(&vpc, 0, MANY).await, cloud.crowd(&other, 1000, 30).await);
    let free = cloud.machine("10.99.0.1").await;
    let ids: BTreeSet<_> = here.iter().chain(&there).chain([&free]).cloned().collect();

    let list = cloud.provider().links_of(&ids).await.unwrap();

    assert!(list.complete);
    is_linked(&list, &here, &vpc);
    is_linked(&list, &there, &other);
    assert_eq!(list.rows.get(&free), None);
}

async fn a_list_whose_rows_move_between_its_pages_is_never_wrongly_complete(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, MANY).await;
    cloud.set(json!({ "switches": { "listOrder": "random" } })).await;
    let provider = cloud.provider();
    for _ in 0..10 {
        let list = provider.links_to(&vpc).await.unwrap();
        assert!(list.rows.iter().all(|(machine, row)| there.contains(machine) && row.vpc == vpc));
        assert_eq!(list.complete, list.rows.len() == there.len());
        // One API alone can be asked for an order, and is.
        assert_eq!(list.complete, cloud.api == Api::V2);
    }
    let list = provider.links_of(&there).await.unwrap();
    assert!(!list.complete || list.rows.len() == there.len());
}

async fn a_list_of_one_page_is_complete_in_whatever_order(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, 50).await;
    cloud.set(json!({ "switches": { "listOrder": "random" } })).await;
    let list = cloud.provider().links_to(&vpc).await.unwrap();
    assert!(list.complete);
    is_linked(&list, &there, &vpc);
    assert_eq!(cloud.calls_of(Action::ListLinks).await, 1);
}

async fn a_link_that_comes_and_goes_while_a_list_is_read_hides_no_other(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let mut there = cloud.crowd(&vpc, 0, MANY).await;
    // The oldest: without it every other row moves.
    let restless = there.pop_first().unwrap();
    let latency = json!({ cloud.api.name(Action::ListLinks): 5 });
    cloud.set(json!({ "traffic": { "latencyMs": latency } })).await;
    let provider = cloud.provider();
    let mut coming_and_going = Box::pin(async {
        loop {
            cloud.unlink_by_hand(&restless).await;
            cloud.link_by_hand(&restless, &vpc).await;
        }
    });
    let mut incomplete = 0;
    for _ in 0..20 {
        let list = tokio::select! {
            list = provider.links_to(&vpc) => list.unwrap(),
            () = &mut coming_and_going => break,
        };
        assert!(list.rows.values().all(|row| row.vpc == vpc));
        if list.complete {
            is_linked(&list, &there, &vpc);
        } else {
            incomplete += 1;
        }
    }
    assert!(incomplete > 0, "nothing moved while the lists were read");
}

async fn an_id_of_no_machine_hides_no_link_of_another(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, 99).await;
    let nobody = cloud.api.machine(44_444);
    let ids: BTreeSet<_> = there.iter().cloned().chain([nobody.clone()]).collect();
    let settings = match cloud.api {
        Api::V2 | Api::V3 => vec![json!({})],
        Api::Alibaba => {
            ["fails-call", "left-out"].map(|setting| json!({ "alibaba": { "badIdInList": setting } })).to_vec()
        }
    };
    for setting in settings {
        cloud.set(setting).await;
        // The first list finds it, the second knows it.
        let provider = cloud.provider();
        for _ in 0..2 {
            let list = provider.links_of(&ids).await.unwrap();
            assert!(list.complete);
            is_linked(&list, &there, &vpc);
            assert!(!list.rows.contains_key(&nobody));
        }
    }
}

async fn a_vpc_that_does_not_exist_has_no_links(cloud: &Cloud) {
    let section = cloud.api.of("switches", "switches", "alibaba");
    for setting in ["error", "empty"] {
        cloud.set(json!({ section: { "unknownVpcInList": setting } })).await;
        let list = cloud.provider().links_to(&no_vpc()).await.unwrap();
        assert_eq!(list, LinkList { complete: true, ..LinkList::default() }, "{setting}");
    }
}

async fn an_empty_list_is_complete(cloud: &Cloud) {
    let (free, vpc) = cloud.pair().await;
    let empty = LinkList { complete: true, ..LinkList::default() };
    let settings = match cloud.api {
        Api::V2 | Api::V3 => vec![json!({})],
        Api::Alibaba => {
            ["list", "absent", "null"].map(|setting| json!({ "alibaba": { "emptyLinks": setting } })).to_vec()
        }
    };
    for setting in settings {
        cloud.set(setting).await;
        let provider = cloud.provider();
        assert_eq!(provider.links_to(&vpc).await.as_ref(), Ok(&empty));
        assert_eq!(provider.links_of(&BTreeSet::from([free.clone()])).await.as_ref(), Ok(&empty));
    }
}

async fn a_dead_record_is_listed_as_it_was_recorded(cloud: &Cloud) {
    let (machine, vpc) = cloud.pair().await;
    cloud.link_by_hand(&machine, &vpc).await;
    cloud.befalls(&machine, "change-ip", json!({ "ip": "10.66.0.99" })).await;

    let list = cloud.provider().links_to(&vpc).await.unwrap();

    let row = &list.rows[&machine];
    let recorded = (cloud.api == Api::V2).then(|| "10.66.0.7".parse().unwrap());
    assert_eq!((&row.vpc, row.private_ip, list.complete), (&vpc, recorded, true));
}

async fn a_machine_of_another_account_leaves_the_list_incomplete_and_hides_no_other(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, 99).await;
    let theirs = anothers_machine(cloud).await;
    let ids = there.iter().cloned().chain([theirs.clone()]).collect();

    let list = cloud.provider().links_of(&ids).await.unwrap();

    assert!(!list.complete, "what another account's machine is linked to, nobody said");
    is_linked(&list, &there, &vpc);
    assert!(!list.rows.contains_key(&theirs));
}

async fn an_id_that_made_a_list_fail_is_asked_for_alone_from_then_on(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, 99).await;
    let ids: BTreeSet<_> = there.iter().cloned().chain([anothers_machine(cloud).await]).collect();
    let provider = cloud.provider();

    provider.links_of(&ids).await.unwrap();
    let halving = cloud.calls_of(Action::ListLinks).await;
    provider.links_of(&ids).await.unwrap();
    let knowing = cloud.calls_of(Action::ListLinks).await - halving;

    // Seven halvings of a hundred, two calls each.
    assert!((8..=15).contains(&halving), "{halving}");
    assert_eq!(knowing, 2);
}

async fn a_list_of_machines_of_a_vpc_fails_for_none_but_them(cloud: &Cloud) {
    let vpc = cloud.vpc("10.1.0.0/16").await;
    let there = cloud.crowd(&vpc, 0, 20).await;
    let moved = cloud.machine_that(json!({ "ip": "10.1.0.9", "network": "vpc", "vpcId": vpc.as_str() })).await;
    let ids: BTreeSet<_> = there.iter().cloned().chain([moved]).collect();
    for (setting, complete) in [("empty", true), ("error", false)] {
        cloud.set(json!({ "alibaba": { "vpcMachineInList": setting } })).await;
        let list = cloud.provider().links_of(&ids).await.unwrap();
        is_linked(&list, &there, &vpc);
        assert_eq!(list.complete, complete, "{setting}");
    }
}

/// A machine of the same region that belongs to someone else.
async fn anothers_machine(cloud: &Cloud) -> InstanceId {
    cloud.post("accounts", json!({ "id": "100000000002", "cloud": "alibaba" })).await;
    let theirs = cloud.api.machine(55_555);
    let new = json!({ "account": "100000000002", "region": "cn-hangzhou", "id": theirs.as_str() });
    cloud.post("machines", new).await;
    theirs
}

fn is_linked(list: &LinkList, machines: &BTreeSet<InstanceId>, vpc: &VpcId) {
    for machine in machines {
        assert_eq!(list.rows.get(machine).map(|row| &row.vpc), Some(vpc), "{machine}");
    }
}
