//! What is read of a VPC, and how many links it may have.

use classiclink::cloud::{Action, Kind};
use serde_json::json;

use crate::{
    api::Api,
    cloud::{Cloud, no_vpc},
};

on_each_api! {
    each: [
        a_vpc_has_its_range_and_whether_it_can_be_linked,
        a_vpc_that_does_not_exist_is_none,
        a_vpc_of_another_account_is_none,
        the_number_of_links_that_a_vpc_may_have_is_told_where_the_cloud_tells_it,
    ],
    tencent: [],
    alibaba: [a_vpc_says_whether_classic_link_is_on, a_range_that_nothing_may_get_through_is_a_reason_for_caution]
}

async fn a_vpc_has_its_range_and_whether_it_can_be_linked(cloud: &Cloud) {
    let tencent = [
        ("10.1.0.0/16", Some(true)),
        ("10.47.4.0/24", Some(true)),
        ("10.48.0.0/16", Some(false)),
        ("192.168.0.0/16", Some(false)),
        ("172.16.0.0/12", Some(false)),
        ("10.0.0.0/12", None),
    ];
    for (cidr, allowed) in tencent {
        let id = cloud.vpc(cidr).await;
        let vpc = cloud.provider().vpc(&id).await.unwrap().unwrap();
        // The other cloud refuses no range that is known.
        let allowed = if cloud.api == Api::Alibaba { None } else { allowed };
        assert_eq!((vpc.cidr.as_str(), vpc.cidr_allowed, vpc.classic_link_enabled), (cidr, allowed, true));
    }
}

async fn a_vpc_that_does_not_exist_is_none(cloud: &Cloud) {
    cloud.vpc("10.1.0.0/16").await;
    for setting in ["error", "empty"] {
        cloud.set(json!({ "switches": { "unknownVpc": setting } })).await;
        assert_eq!(cloud.provider().vpc(&no_vpc()).await, Ok(None), "{setting}");
    }
}

async fn a_vpc_of_another_account_is_none(cloud: &Cloud) {
    let owner = cloud.api.of("tencent", "tencent", "alibaba");
    cloud.post("accounts", json!({ "id": "100000000002", "cloud": owner })).await;
    let region = cloud.api.of("ap-guangzhou", "ap-guangzhou", "cn-hangzhou");
    let new = json!({ "account": "100000000002", "region": region, "cidr": "10.1.0.0/16", "id": no_vpc().as_str() });
    cloud.post("vpcs", new).await;
    assert_eq!(cloud.provider().vpc(&no_vpc()).await, Ok(None));
}

async fn the_number_of_links_that_a_vpc_may_have_is_told_where_the_cloud_tells_it(cloud: &Cloud) {
    let provider = cloud.provider();
    for limit in [100, 7] {
        cloud.set(json!({ "limits": { "linksPerVpc": limit } })).await;
        assert_eq!(provider.quota().await, Ok((cloud.api == Api::V3).then_some(limit)));
    }
    let calls = cloud.calls().await.len();
    assert_eq!(calls, if cloud.api == Api::V3 { 2 } else { 0 });
}

async fn a_vpc_says_whether_classic_link_is_on(cloud: &Cloud) {
    let (machine, id) = cloud.pair().await;
    let provider = cloud.provider();
    cloud.change_vpc(&id, json!({ "classicLinkEnabled": false })).await;
    assert!(!provider.vpc(&id).await.unwrap().unwrap().classic_link_enabled);
    assert_eq!(provider.attach(&id, &machine).await, Err(Kind::Conflict));
    cloud.change_vpc(&id, json!({ "classicLinkEnabled": true })).await;
    assert!(provider.vpc(&id).await.unwrap().unwrap().classic_link_enabled);
    assert_eq!(cloud.calls_of(Action::ReadVpc).await, 2);
}

async fn a_range_that_nothing_may_get_through_is_a_reason_for_caution(cloud: &Cloud) {
    let provider = cloud.provider();
    assert!(provider.itself().nature().has_cautions);
    for (cidr, cautious) in [("172.16.0.0/12", false), ("192.168.0.0/16", true), ("10.1.0.0/16", true)] {
        let id = cloud.vpc(cidr).await;
        let vpc = provider.vpc(&id).await.unwrap().unwrap();
        assert_eq!(provider.itself().caution(&vpc).is_some(), cautious, "{cidr}");
    }
}
