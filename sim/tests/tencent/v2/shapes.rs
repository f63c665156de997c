//! Shapes of answers that the documents leave open.

use serde_json::{Value, json};

use super::client::*;

async fn shape(setting: Value) -> Cloud {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    cloud.set(json!({"tencentV2": setting})).await;
    cloud
}

#[tokio::test]
async fn a_total_is_a_string_or_a_number() {
    let cloud = shape(json!({})).await;
    assert_eq!(cloud.ok(LINKS, &[]).await["totalCount"], "1");
    cloud.set(json!({"tencentV2": {"totalCount": "int"}})).await;
    assert_eq!(cloud.ok(LINKS, &[]).await["totalCount"], 1);
}

#[tokio::test]
async fn a_code_can_be_a_string() {
    let cloud = shape(json!({"code": "string"})).await;
    assert_eq!(cloud.call(LINKS, &[]).await["code"], "0");
    assert_eq!(cloud.call(LINKS, &[("vpcId", "vpc-test9999")]).await["code"], "5000");
}

#[tokio::test]
async fn the_new_id_of_a_vpc_has_either_name_or_both() {
    for (setting, names) in
        [("uniq-vpc-id", vec!["uniqVpcId"]), ("un-vpc-id", vec!["unVpcId"]), ("both", vec!["uniqVpcId", "unVpcId"])]
    {
        let cloud = shape(json!({"vpcIdField": setting})).await;
        let row = cloud.ok(LINKS, &[]).await["data"][0].clone();
        let found: Vec<&str> = ["uniqVpcId", "unVpcId"].into_iter().filter(|name| row.get(name).is_some()).collect();
        assert_eq!(found, names);
        assert!(row["vpcId"].as_str().unwrap().starts_with("gz_vpc_"));
    }
}

#[tokio::test]
async fn the_data_of_a_task_is_an_object_or_an_array() {
    let cloud = shape(json!({"taskData": "array"})).await;
    let id = cloud.ok(ATTACH, &PAIR).await["taskId"].to_string();
    assert_eq!(cloud.ok(TASK, &[("taskId", &id)]).await["data"], json!([{"status": 0}]));
}

#[tokio::test]
async fn a_success_may_have_a_name() {
    let cloud = shape(json!({"successCodeDesc": "present"})).await;
    assert_eq!(cloud.ok(LINKS, &[]).await["codeDesc"], "Success");
}

#[tokio::test]
async fn times_are_written_for_china_or_for_utc() {
    let cloud = shape(json!({})).await;
    let time = async || {
        let text = cloud.ok(LINKS, &[]).await["data"][0]["createTime"].as_str().unwrap().to_owned();
        jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text).unwrap()
    };
    let china = time().await;
    cloud.set(json!({"tencentV2": {"createTimeZone": "utc"}})).await;
    let utc = time().await;
    assert_eq!((china - utc).total(jiff::Unit::Hour).unwrap().to_string(), "8");
}
