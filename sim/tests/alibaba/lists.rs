//! The list of links and the list of machines.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

async fn link(cloud: &Cloud, machine: &str, vpc: &str) {
    cloud.post("/links", json!({"instanceId": machine, "vpcId": vpc})).await;
}

fn ids(answer: &Value) -> Vec<&str> {
    let rows = answer["Instances"]["Instance"].as_array().unwrap().iter();
    rows.map(|row| row["InstanceId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn links_are_listed_by_vpc_by_machines_or_by_both() {
    let cloud = Cloud::start().await;
    for (machine, vpc) in
        [("i-test0001", "vpc-test0001"), ("i-test0002", "vpc-test0002"), ("i-test0003", "vpc-test0001")]
    {
        link(&cloud, machine, vpc).await;
    }
    let (one, two, three) = ("i-test0001>vpc-test0001", "i-test0002>vpc-test0002", "i-test0003>vpc-test0001");
    assert_eq!(cloud.links(&[("VpcId", "vpc-test0001")]).await, [one, three]);
    for list in ["i-test0001,i-test0002,i-test0004", "i-test0001, i-test0002, i-test0004"] {
        assert_eq!(cloud.links(&[("InstanceId", list)]).await, [one, two]);
    }
    assert_eq!(cloud.links(&[("InstanceId", "i-test0002"), ("VpcId", "vpc-test0001")]).await, [""; 0]);
}

#[tokio::test]
async fn links_come_in_pages_of_ten() {
    let cloud = Cloud::start().await;
    for number in 11..=22 {
        let id = format!("i-page{number:04}");
        let machine =
            json!({"account": ACCOUNT, "region": "cn-hangzhou", "id": id, "ip": format!("10.170.1.{number}")});
        cloud.post("/machines", machine).await;
        link(&cloud, &id, "vpc-test0001").await;
    }
    let vpc = ("VpcId", "vpc-test0001");
    let first = cloud.ok(LINKS, &[vpc]).await;
    assert_eq!((&first["TotalCount"], &first["PageNumber"], &first["PageSize"]), (&json!(12), &json!(1), &json!(10)));
    assert_eq!(first["Links"]["Link"].as_array().unwrap().len(), 10);
    assert_eq!(cloud.links(&[vpc, ("PageNumber", "2")]).await.len(), 2);
    assert_eq!(cloud.links(&[vpc, ("PageNumber", "3")]).await.len(), 0);
    assert_eq!(cloud.links(&[vpc, ("PageSize", "100")]).await.len(), 12);
    for (name, value) in [("PageSize", "0"), ("PageSize", "101"), ("PageSize", "x"), ("PageNumber", "0")] {
        let code = format!("InvalidParameter.{name}");
        assert_eq!(cloud.refusal(LINKS, &[vpc, (name, value)]).await, refusal(403, &code), "{value}");
    }
}

#[tokio::test]
async fn a_list_must_name_something_and_not_too_much() {
    let cloud = Cloud::start().await;
    for generation in ["g2", "g1"] {
        cloud.switch(json!({"generation": generation})).await;
        let code = "InvalidParameter.InvalidInstanceIdAndVpcId";
        assert_eq!(cloud.refusal(LINKS, &[]).await, refusal(403, code));
        let many = ["i-test0001"; 101].join(",");
        let code = "InvalidParameter.ToManyInstanceIds";
        assert_eq!(cloud.refusal(LINKS, &[("InstanceId", &many)]).await, refusal(403, code));
        cloud.links(&[("InstanceId", &["i-test0001"; 100].join(","))]).await;
    }
}

#[tokio::test]
async fn ids_that_are_not_there_fail_the_list_or_are_left_out() {
    let cloud = Cloud::start().await;
    link(&cloud, "i-test0001", "vpc-test0001").await;
    for (generation, status) in [("g2", 403), ("g1", 404)] {
        cloud.switch(json!({"generation": generation})).await;
        for id in ["i-test0099", "i-test0001,i-test0099", "Nonsense"] {
            let expected = refusal(status, "InvalidInstanceId.NotFound");
            assert_eq!(cloud.refusal(LINKS, &[("InstanceId", id)]).await, expected);
        }
        let foreign = [("InstanceId", "i-test0009")];
        assert_eq!(cloud.refusal(LINKS, &foreign).await, refusal(403, "InvalidInstanceId.NotBelong"));
    }
    cloud.switch(json!({"badIdInList": "left-out"})).await;
    let links = cloud.links(&[("InstanceId", "i-test0001,i-test0099,i-test0009")]).await;
    assert_eq!(links, ["i-test0001>vpc-test0001"]);
}

#[tokio::test]
async fn machines_of_a_vpc_and_unknown_vpcs_are_for_switches_to_decide() {
    let cloud = Cloud::start().await;
    let housed = [("InstanceId", "i-test0005")];
    assert!(cloud.links(&housed).await.is_empty());
    for vpc in ["vpc-test0009", "vpc-test0099"] {
        assert_eq!(cloud.refusal(LINKS, &[("VpcId", vpc)]).await, refusal(403, "InvalidVpc.NotBelong"));
    }
    cloud.switch(json!({"vpcMachineInList": "error", "unknownVpcInList": "empty"})).await;
    assert_eq!(cloud.refusal(LINKS, &housed).await, refusal(403, "InvalidInstanceId.MalFormed"));
    assert!(cloud.links(&[("VpcId", "vpc-test0099")]).await.is_empty());
}

#[tokio::test]
async fn the_list_of_links_can_be_late() {
    let cloud = Cloud::start().await;
    cloud.arrange(Method::PATCH, "/settings", json!({"timing": {"listDelayMs": 600_000}})).await;
    cloud.ok(ATTACH, &PAIR).await;
    assert!(cloud.links(&[PAIR[0]]).await.is_empty());
    assert_eq!(cloud.linked().await, ["i-test0001"]);
    cloud.arrange(Method::PATCH, "/settings", json!({"timing": {"listDelayMs": 0}})).await;
    assert_eq!(cloud.links(&[PAIR[0]]).await.len(), 1);
}

#[tokio::test]
async fn an_empty_list_of_links_has_three_shapes() {
    let cloud = Cloud::start().await;
    let one = [("InstanceId", "i-test0001")];
    assert_eq!(cloud.ok(LINKS, &one).await["Links"], json!({"Link": []}));
    cloud.switch(json!({"emptyLinks": "null"})).await;
    let answer = cloud.ok(LINKS, &one).await;
    assert!(answer.get("Links").is_some_and(Value::is_null));
    cloud.switch(json!({"emptyLinks": "absent"})).await;
    assert_eq!(cloud.ok(LINKS, &one).await.get("Links"), None);
    cloud.ok(ATTACH, &PAIR).await;
    assert_eq!(cloud.links(&one).await.len(), 1);
}

#[tokio::test]
async fn machines_are_shown_with_network_addresses_locks_and_groups() {
    let cloud = Cloud::start().await;
    let machine = json!({"account": ACCOUNT, "region": "cn-hangzhou", "id": "i-full0001", "ip": "10.170.9.9", "zone": 1,
                         "status": "Stopped", "locks": ["security", "Recycling"], "securityGroups": ["sg-one"]});
    cloud.post("/machines", machine).await;
    let answer = cloud.ok(MACHINES, &[("InstanceIds", r#"["i-full0001","i-test0005","i-test0099"]"#)]).await;
    assert_eq!((ids(&answer).len(), &answer["TotalCount"]), (2, &json!(2)));
    let rows = &answer["Instances"]["Instance"];
    let (housed, full) = (&rows[0], &rows[1]);
    assert_eq!((&full["Status"], &full["ZoneId"]), (&json!("Stopped"), &json!("cn-hangzhou-b")));
    assert_eq!(full["InnerIpAddress"], json!({"IpAddress": ["10.170.9.9"]}));
    assert_eq!(full["OperationLocks"]["LockReason"][1]["LockReason"], "Recycling");
    assert_eq!(full["SecurityGroupIds"], json!({"SecurityGroupId": ["sg-one"]}));
    assert_eq!(full["VpcAttributes"]["VpcId"], "");
    assert_eq!(full["CreationTime"].as_str().unwrap().len(), "2017-12-10T04:04Z".len());
    assert_eq!(housed["InstanceNetworkType"], "vpc");
    assert_eq!(housed["VpcAttributes"]["PrivateIpAddress"], json!({"IpAddress": ["172.16.0.5"]}));
}

#[tokio::test]
async fn machines_are_filtered() {
    let cloud = Cloud::start().await;
    cloud.post("/machines/i-test0002/status", json!({"status": "Starting"})).await;
    cloud.post("/machines/i-test0003/locks", json!({"locks": ["recycling"]})).await;
    let classic = ("InstanceNetworkType", "classic");
    let address = ("InnerIpAddresses", r#"["10.170.0.4"]"#);
    for (own, expected) in [
        (vec![("InstanceNetworkType", "vpc")], vec!["i-test0005"]),
        (vec![classic, address], vec!["i-test0004"]),
        (vec![("Status", "Starting")], vec!["i-test0002"]),
        (vec![("LockReason", "recycling")], vec!["i-test0003"]),
        (vec![("VpcId", "vpc-test0001")], vec!["i-test0005"]),
        (vec![("InstanceIds", "[]")], vec![]),
        (vec![("InstanceIds", r#"["i-test0009"]"#)], vec![]),
    ] {
        assert_eq!(ids(&cloud.ok(MACHINES, &own).await), expected, "{own:?}");
    }
    // Private addresses are looked at only where the classic network is asked for.
    assert_eq!(ids(&cloud.ok(MACHINES, &[address]).await).len(), 5);
    for (own, status, code) in [
        (("InstanceNetworkType", "moon"), 404, "InvalidNetworkType.NotFound"),
        (("Status", "Dancing"), 404, "InvalidStatus.NotFound"),
        (("LockReason", "rust"), 404, "InvalidLockReason.NotFound"),
        (("InstanceIds", "i-test0001"), 400, "InvalidParameter"),
        (("PageSize", "101"), 400, "InvalidParameter"),
        (("NextToken", "?"), 400, "InvalidParameter"),
        (("DryRun", "True"), 400, "DryRunOperation"),
    ] {
        assert_eq!(cloud.refusal(MACHINES, &[own]).await, refusal(status, code), "{own:?}");
    }
}

#[tokio::test]
async fn machines_come_in_pages_by_number_or_by_token() {
    let cloud = Cloud::start().await;
    for number in 10..=20 {
        let machine = json!({"account": ACCOUNT, "region": "cn-hangzhou", "ip": format!("10.170.1.{number}")});
        cloud.post("/machines", machine).await;
    }
    let page = cloud.ok(MACHINES, &[("PageSize", "15"), ("PageNumber", "2")]).await;
    assert_eq!((ids(&page).len(), &page["TotalCount"]), (1, &json!(16)));
    assert_eq!(ids(&cloud.ok(MACHINES, &[]).await).len(), 10);
    // Below ten is raised to ten, and the page number means nothing.
    let first = cloud.ok(MACHINES, &[("MaxResults", "1"), ("PageNumber", "2")]).await;
    assert_eq!(ids(&first).len(), 10);
    let token = first["NextToken"].as_str().unwrap();
    let second = cloud.ok(MACHINES, &[("MaxResults", "10"), ("NextToken", token)]).await;
    assert_eq!((ids(&second).len(), &second["NextToken"]), (6, &json!("")));
    assert!(ids(&second).iter().all(|id| !ids(&first).contains(id)));
    assert!(ids(&second).iter().all(|id| id.starts_with("i-")));
}
