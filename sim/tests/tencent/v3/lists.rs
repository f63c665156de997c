//! Lists of links, VPCs and machines, and counts.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::client::*;

async fn attach_all(cloud: &Cloud) {
    for number in 1..=5 {
        cloud.ok(ATTACH, &to("vpc-test0001", &format!("ins-test000{number}"))).await;
    }
}

fn machines(answer: &Value) -> Vec<&str> {
    let rows = answer["ClassicLinkInstanceSet"].as_array().unwrap();
    rows.iter().map(|row| row["InstanceId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn links_are_paged_by_texts_and_by_numbers() {
    let cloud = Cloud::start().await;
    attach_all(&cloud).await;
    for page in [json!({"Offset": "1", "Limit": "2"}), json!({"Offset": 1, "Limit": 2})] {
        let listed = cloud.ok(LINKS, &page).await;
        assert_eq!(listed["TotalCount"], 5);
        assert_eq!(machines(&listed), ["ins-test0002", "ins-test0003"]);
    }
    assert_eq!(machines(&cloud.ok(LINKS, &json!({"Offset": "9"})).await), Vec::<&str>::new());
    cloud.set(json!({"tencentV3": {"pageNumbers": "documented-type"}})).await;
    assert_eq!(cloud.refusal(LINKS, &json!({"Limit": 2})).await, "InvalidParameter");
    assert_eq!(cloud.refusal(VPCS, &json!({"Offset": 2})).await, "InvalidParameter");
    assert_eq!(cloud.refusal(MACHINES, &json!({"Limit": "2"})).await, "InvalidParameter");
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let cloud = Cloud::start().await;
    for action in [LINKS, VPCS, MACHINES] {
        let above = json!({"Limit": 101});
        assert_eq!(cloud.refusal(action, &above).await, "InvalidParameterValue.LimitExceeded");
        assert_eq!(cloud.refusal(action, &json!({"Limit": 0})).await, "InvalidParameterValue.Range");
        assert_eq!(cloud.refusal(action, &json!({"Offset": -1})).await, "InvalidParameterValue.Range");
        assert_eq!(cloud.refusal(action, &json!({"Offset": "many"})).await, "InvalidParameterValue");
        assert_eq!(cloud.refusal(action, &json!({"Offset": [1]})).await, "InvalidParameter");
    }
    cloud.set(json!({"tencentV3": {"limitAboveMaximum": "clamped"}})).await;
    cloud.ok(LINKS, &json!({"Limit": "101"})).await;
}

#[tokio::test]
async fn links_are_found_by_vpc_and_by_address() {
    let cloud = Cloud::start().await;
    attach_all(&cloud).await;
    cloud.ok(DETACH, &to("vpc-test0001", "ins-test0005")).await;
    cloud.ok(ATTACH, &to("vpc-test0002", "ins-test0005")).await;
    let by = async |filters: Value| machines(&cloud.ok(LINKS, &filters).await).join(" ");
    assert_eq!(by(filter("vpc-id", &["vpc-test0002"])).await, "ins-test0005");
    assert_eq!(by(filter("vm-ip", &["10.66.0.3", "10.66.0.5"])).await, "ins-test0003 ins-test0005");
    assert_eq!(by(filter("vpc-id", &["vpc-test0002", "vpc-test0003"])).await, "ins-test0005");
    assert_eq!(by(filter("vm-ip", &["10.99.9.9"])).await, "");
    assert_eq!(by(filter("vm-ip", &["10.9.0.3.0"])).await, "");
    let both = json!({"Filters": [{"Name": "vpc-id", "Values": ["vpc-test0001"]},
                                  {"Name": "vm-ip", "Values": ["10.66.0.3", "10.66.0.5"]}]});
    assert_eq!(by(both).await, "ins-test0003");
}

#[tokio::test]
async fn filters_that_are_none_are_refused_in_the_words_of_their_service() {
    let cloud = Cloud::start().await;
    for (filters, of_vpc, of_cvm) in [
        (json!("vpc-id"), "InvalidParameter", "InvalidParameter"),
        (json!(["vpc-id"]), "InvalidParameter.FilterNotDict", "InvalidFilter"),
        (json!([{"Name": "nonsense", "Values": ["a"]}]), "InvalidParameter.FilterInvalidKey", "InvalidFilter"),
        (json!([{"Name": "vpc-id", "Values": "a"}]), "InvalidParameter.FilterValuesNotList", "InvalidFilter"),
        (json!([{"Name": "vpc-id"}]), "InvalidParameter.FilterValuesNotList", "InvalidFilter"),
    ] {
        let body = json!({"Filters": filters});
        assert_eq!(cloud.refusal(LINKS, &body).await, of_vpc, "{body}");
        assert_eq!(cloud.refusal(VPCS, &body).await, of_vpc, "{body}");
        assert_eq!(cloud.refusal(MACHINES, &body).await, of_cvm, "{body}");
    }
    let malformed = "InvalidParameterValue.Malformed";
    assert_eq!(cloud.refusal(LINKS, &filter("vpc-id", &["nonsense"])).await, malformed);
    assert_eq!(cloud.refusal(VPCS, &json!({"VpcIds": ["nonsense"]})).await, malformed);
}

#[tokio::test]
async fn a_filter_by_address_compares_the_recorded_or_the_present_one() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &pair()).await;
    cloud.post("/machines/ins-test0001/change-ip", json!({"ip": "10.66.9.9"})).await;
    for (switch, hit, miss) in [("recorded", "10.66.0.1", "10.66.9.9"), ("present", "10.66.9.9", "10.66.0.1")] {
        cloud.switch("addressFilter", switch).await;
        assert_eq!(cloud.ok(LINKS, &filter("vm-ip", &[hit])).await["TotalCount"], 1, "{switch}");
        assert_eq!(cloud.ok(LINKS, &filter("vm-ip", &[miss])).await["TotalCount"], 0, "{switch}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_an_error_or_left_out() {
    let cloud = Cloud::start().await;
    let in_filter = filter("vpc-id", &["vpc-test9999"]);
    let named = json!({"VpcIds": ["vpc-test9999"]});
    let asked = [(LINKS, &in_filter), (VPCS, &in_filter), (VPCS, &named), (DASHBOARD, &named)];
    for (action, body) in asked {
        assert_eq!(cloud.refusal(action, body).await, NOT_FOUND);
    }
    cloud.set(json!({"switches": {"unknownVpcInList": "empty", "unknownVpc": "empty"}})).await;
    for (action, body) in asked {
        let set = match action {
            LINKS => "ClassicLinkInstanceSet",
            VPCS => "VpcSet",
            _ => "ResourceDashboardSet",
        };
        assert_eq!(cloud.ok(action, body).await[set], json!([]));
    }
    let machines = json!({"InstanceIds": ["ins-test9999", "ins-test0001"]});
    assert_eq!(cloud.ok(MACHINES, &machines).await["TotalCount"], 1);
    cloud.switch("unknownMachine", "error").await;
    assert_eq!(cloud.refusal(MACHINES, &machines).await, "InvalidInstanceId.NotFound");
    assert_eq!(cloud.ok(MACHINES, &filter("instance-id", &["ins-test9999"])).await["TotalCount"], 0);
}

#[tokio::test]
async fn lists_lag_behind_the_truth_and_can_be_shuffled() {
    let cloud = Cloud::start().await;
    attach_all(&cloud).await;
    cloud.switch("listOrder", "random").await;
    let mut orders = HashSet::new();
    for _ in 0..40 {
        orders.insert(machines(&cloud.ok(LINKS, &json!({})).await).join(" "));
    }
    assert!(orders.len() > 1, "forty lists in the same order");
    cloud.set(json!({"timing": {"listDelayMs": 5_000}})).await;
    cloud.until("the links are listed", async || cloud.links().await.len() == 5).await;
    cloud.ok(DETACH, &pair()).await;
    assert_eq!(cloud.links().await.len(), 5);
    let counted = cloud.ok(DASHBOARD, &json!({"VpcIds": ["vpc-test0001"]})).await;
    assert_eq!(counted["ResourceDashboardSet"], json!([{"VpcId": "vpc-test0001", "Classiclink": 5}]));
    cloud.until("the link is no longer listed", async || cloud.links().await.len() == 4).await;
}

#[tokio::test]
async fn vpcs_are_found_by_id_or_by_filters_never_by_both() {
    let cloud = Cloud::start().await;
    let all = cloud.ok(VPCS, &json!({})).await;
    assert_eq!(all["TotalCount"], 4);
    let row = cloud.ok(VPCS, &json!({"VpcIds": ["vpc-test0002"]})).await["VpcSet"][0].clone();
    assert_eq!((&row["VpcId"], &row["CidrBlock"]), (&json!("vpc-test0002"), &json!("10.1.0.0/16")));
    assert_eq!((&row["AssistantCidrSet"], &row["IsDefault"]), (&json!([]), &json!(false)));
    assert_eq!(row["CreatedTime"].as_str().unwrap().len(), "2018-04-25 10:26:26".len());
    for (name, value, count) in [
        ("vpc-id", "vpc-test0002", 1),
        ("vpc-name", "vpc-test0002", 1),
        ("cidr-block", "10.1.0.0/16", 1),
        ("is-default", "false", 4),
        ("is-default", "true", 0),
        ("tag:team", "a", 0),
    ] {
        assert_eq!(cloud.ok(VPCS, &filter(name, &[value])).await["TotalCount"], count, "{name}");
    }
    let mut both = filter("vpc-id", &["vpc-test0002"]);
    both["VpcIds"] = json!(["vpc-test0002"]);
    assert_eq!(cloud.refusal(VPCS, &both).await, "InvalidParameter.Coexist");
    let many: Vec<String> = (0..101).map(|number| format!("vpc-many{number:04}")).collect();
    assert_eq!(cloud.refusal(VPCS, &json!({"VpcIds": many})).await, "InvalidParameterValue.LimitExceeded");
}

#[tokio::test]
async fn the_quota_of_links_is_told() {
    let cloud = Cloud::start().await;
    let name = "vpc-max-basic-network-interconnections";
    let expected = |value: u64| json!([{"LimitType": name, "LimitValue": value}]);
    let asked = json!({"LimitTypes": [name]});
    assert_eq!(cloud.ok(LIMITS, &asked).await["VpcLimitSet"], expected(100));
    cloud.set(json!({"limits": {"linksPerVpc": 7}})).await;
    assert_eq!(cloud.ok(LIMITS, &asked).await["VpcLimitSet"], expected(7));
    assert_eq!(cloud.refusal(LIMITS, &json!({"LimitTypes": ["nonsense"]})).await, "InvalidParameterValue");
    assert_eq!(cloud.refusal(LIMITS, &json!({})).await, "MissingParameter");
    let many = vec![name; 101];
    assert_eq!(cloud.refusal(LIMITS, &json!({"LimitTypes": many})).await, "InvalidParameterValue.LimitExceeded");
}

#[tokio::test]
async fn machines_are_found_by_id_or_by_filters_never_by_both() {
    let cloud = Cloud::start().await;
    for (name, value, count) in [
        ("instance-id", "ins-test0001", 1),
        ("instance-name", "ins-test0001", 1),
        ("instance-state", "RUNNING", 5),
        ("private-ip-address", "10.66.0.1", 1),
        ("vpc-id", "vpc-test0001", 0),
        ("zone", "ap-guangzhou-0", 5),
        ("zone", "ap-guangzhou-1", 0),
    ] {
        assert_eq!(cloud.ok(MACHINES, &filter(name, &[value])).await["TotalCount"], count, "{name}");
    }
    let mut both = filter("instance-id", &["ins-test0001"]);
    both["InstanceIds"] = json!(["ins-test0001"]);
    assert_eq!(cloud.refusal(MACHINES, &both).await, "InvalidParameter");
    let six = filter("zone", &["a", "b", "c", "d", "e", "f"]);
    assert_eq!(cloud.refusal(MACHINES, &six).await, "InvalidFilterValue.LimitExceeded");
    let eleven = json!({"Filters": vec![json!({"Name": "zone", "Values": ["a"]}); 11]});
    assert_eq!(cloud.refusal(MACHINES, &eleven).await, "InvalidParameterValue.LimitExceeded");
    for (body, expected) in [
        (json!({"InstanceIds": ["INS"]}), "InvalidInstanceId.Malformed"),
        (filter("instance-id", &["INS"]), "InvalidParameterValue.InstanceIdMalformed"),
        (filter("private-ip-address", &["10.9.0.3.0"]), "InvalidParameterValue.IPAddressMalformed"),
        (json!({"InstanceIds": vec!["ins-test0001"; 101]}), "InvalidParameterValue.LimitExceeded"),
    ] {
        assert_eq!(cloud.refusal(MACHINES, &body).await, expected);
    }
}

#[tokio::test]
async fn another_region_or_account_sees_nothing_of_it() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &pair()).await;
    let key = json!({"secretId": "AKIDother", "secretKey": "other"});
    cloud.post("/accounts", json!({"id": "200000000002", "keys": [key]})).await;
    let elsewhere = cloud.answer(&Call::new(LINKS, &json!({})).with("x-tc-region", "ap-shanghai")).await;
    assert_eq!(elsewhere["TotalCount"], 0);
    assert_eq!(cloud.code(Call::new(DETACH, &pair()).signed_by("AKIDother", "other")).await, NOT_FOUND);
}

#[tokio::test]
async fn both_apis_show_the_same_world() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &pair()).await;
    let link = &cloud.get("/state").await["accounts"][0]["regions"]["ap-guangzhou"]["links"][0];
    assert_eq!((&link["instanceId"], &link["alive"]), (&json!("ins-test0001"), &json!(true)));
    cloud.post("/links", json!({"instanceId": "ins-test0002", "vpcId": "vpc-test0002"})).await;
    assert_eq!(cloud.links().await[1], ["ins-test0002", "vpc-test0002"]);
}
