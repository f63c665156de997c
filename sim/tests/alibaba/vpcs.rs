//! VPCs and the switch of ClassicLink.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

const OFF: [(&str, &str); 1] = [("VpcId", "vpc-test0003")];

async fn is_enabled(cloud: &Cloud) -> Value {
    cloud.ok(VPC, &OFF).await["ClassicLinkEnabled"].clone()
}

#[tokio::test]
async fn the_attributes_say_whether_classic_link_is_on_and_the_list_does_not() {
    let cloud = Cloud::start().await;
    let vpc = json!({"account": ACCOUNT, "region": "cn-hangzhou", "id": "vpc-full0001", "cidr": "192.168.0.0/16",
                     "secondaryCidrs": ["10.1.0.0/16"], "status": "pending", "name": "full"});
    cloud.post("/vpcs", vpc).await;
    let vpc = cloud.ok(VPC, &[("VpcId", "vpc-full0001")]).await;
    assert_eq!((&vpc["ClassicLinkEnabled"], &vpc["Status"]), (&json!(false), &json!("Pending")));
    assert_eq!(vpc["SecondaryCidrBlocks"], json!({"SecondaryCidrBlock": ["10.1.0.0/16"]}));
    assert_eq!((&vpc["CidrBlock"], &vpc["VpcName"]), (&json!("192.168.0.0/16"), &json!("full")));
    assert_eq!(vpc["OwnerId"], json!(1_135_000_000_000_001_i64));
    let list = cloud.ok(VPCS, &[("VpcId", "vpc-test0001,vpc-full0001,vpc-test0099")]).await;
    assert_eq!(list["TotalCount"], 2);
    assert!(list["Vpcs"]["Vpc"].as_array().unwrap().iter().all(|row| row.get("ClassicLinkEnabled").is_none()));
    assert_eq!(
        cloud.ok(VPCS, &[("PageSize", "3"), ("PageNumber", "2")]).await["Vpcs"]["Vpc"][0]["VpcId"],
        "vpc-full0001"
    );
}

#[tokio::test]
async fn looks_at_vpcs_are_refused_by_name() {
    let cloud = Cloud::start().await;
    for (action, own, status, code) in [
        (VPC, ("VpcId", "vpc-test0099"), 404, "InvalidVpcId.NotFound"),
        (VPC, ("VpcId", "vpc-test0009"), 400, "Forbidden.VpcNotFound"),
        (VPC, ("VpcId", ""), 400, "MissingParameter"),
        (VPCS, ("PageSize", "51"), 400, "InvalidParameter"),
        (VPCS, ("DryRun", "true"), 400, "DryRunOperation"),
        (ENABLE, ("VpcId", "vpc-test0099"), 404, "InvalidVpcId.NotFound"),
        (DISABLE, ("VpcId", "vpc-test0009"), 404, "InvalidVpcId.NotFound"),
    ] {
        assert_eq!(cloud.refusal(action, &[own]).await, refusal(status, code), "{own:?}");
    }
    let many = ["vpc-test0001"; 21].join(",");
    assert_eq!(cloud.refusal(VPCS, &[("VpcId", &many)]).await, refusal(400, "InvalidVpcIdNumber.NotSupported"));
    assert_eq!(cloud.refusal(VPC, &[OFF[0], ("DryRun", "True")]).await, refusal(400, "DryRunOperation"));
}

#[tokio::test]
async fn classic_link_is_switched_on_and_off_again() {
    let cloud = Cloud::start().await;
    assert_eq!(is_enabled(&cloud).await, false);
    for _ in 0..2 {
        cloud.ok(ENABLE, &OFF).await;
        assert_eq!(is_enabled(&cloud).await, true);
    }
    cloud.ok(DISABLE, &OFF).await;
    assert_eq!(is_enabled(&cloud).await, false);
}

#[tokio::test]
async fn a_route_to_the_classic_network_or_a_vpc_being_made_keeps_classic_link_off() {
    let cloud = Cloud::start().await;
    let path = "/vpcs/vpc-test0003";
    cloud.arrange(Method::PATCH, path, json!({"routes": ["10.0.0.0/8"]})).await;
    assert_eq!(cloud.refusal(ENABLE, &OFF).await, refusal(400, "RouteConflict.AlreadyExist"));
    cloud.arrange(Method::PATCH, path, json!({"routes": ["10.1.0.0/16"], "status": "pending"})).await;
    assert_eq!(cloud.refusal(ENABLE, &OFF).await, refusal(400, "IncorrectVpcStatus"));
    cloud.arrange(Method::PATCH, path, json!({"status": "available"})).await;
    cloud.ok(ENABLE, &OFF).await;
}

#[tokio::test]
async fn classic_link_is_not_switched_off_while_there_are_links() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let vpc = [PAIR[1]];
    assert_eq!(cloud.refusal(DISABLE, &vpc).await, refusal(400, "DependencyViolation.Instance"));
    assert_eq!(cloud.message(DISABLE, &vpc).await, "ClassicLink Instances exist in VPC.");
    cloud.switch(json!({"disableWithLinks": "invalid-action"})).await;
    assert_eq!(cloud.refusal(DISABLE, &vpc).await, refusal(400, "InvalidAction"));
    cloud.ok(DETACH, &PAIR).await;
    cloud.ok(DISABLE, &vpc).await;
    assert_eq!(cloud.refusal(ATTACH, &PAIR).await, refusal(403, "OperationDenied"));
}

#[tokio::test]
async fn each_generation_words_an_unknown_region_in_its_own_way() {
    let cloud = Cloud::start().await;
    for (generation, status) in [("g2", 400), ("g1", 404)] {
        cloud.switch(json!({"generation": generation})).await;
        for action in [VPC, VPCS, ENABLE, DISABLE] {
            let own = [OFF[0], ("RegionId", "mars-1")];
            assert_eq!(cloud.refusal(action, &own).await, refusal(status, "InvalidRegionId.NotFound"));
        }
    }
}
