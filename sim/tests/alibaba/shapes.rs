//! How answers are written.

use serde_json::json;

use crate::harness::*;

const UNKNOWN: [(&str, &str); 1] = [("InstanceId", "i-test0099")];

#[tokio::test]
async fn the_format_is_json_or_xml_by_parameter_and_by_scheme() {
    let cloud = Cloud::start().await;
    let vpc = [("VpcId", "vpc-test0001")];
    for (call, is_xml) in [
        (Call::new(LINKS, &vpc), false),
        (Call::new(LINKS, &vpc).with("Format", "XML"), true),
        (Call::new(LINKS, &vpc).by_query(), true),
        (Call::new(LINKS, &vpc).by_query().with("Format", "json"), false),
    ] {
        let answer = cloud.send(&call).await;
        let kind = if is_xml { "text/xml;charset=utf-8" } else { "application/json;charset=utf-8" };
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{}", answer.text);
        assert_eq!(answer.text.contains("<DescribeClassicLinkInstancesResponse>"), is_xml);
    }
}

#[tokio::test]
async fn a_list_in_xml_wraps_its_rows() {
    let cloud = Cloud::start().await;
    cloud.ok(ATTACH, &PAIR).await;
    let answer = cloud.send(&Call::new(LINKS, &PAIR).with("Format", "xml")).await;
    let row = "<Links><Link><InstanceId>i-test0001</InstanceId><VpcId>vpc-test0001</VpcId></Link></Links>";
    assert!(answer.text.starts_with("<?xml version='1.0' encoding='UTF-8'?>\n"), "{}", answer.text);
    assert!(answer.text.contains(row) && answer.text.contains("<TotalCount>1</TotalCount>"), "{}", answer.text);
}

#[tokio::test]
async fn an_error_has_its_envelope_in_both_formats() {
    let cloud = Cloud::start().await;
    let answer = cloud.send(&Call::new(LINKS, &UNKNOWN)).await.json();
    let id = answer["RequestId"].as_str().unwrap();
    assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_eq!(answer["HostId"].as_str(), cloud.api.strip_prefix("http://"));
    let page = format!("q=InvalidInstanceId.NotFound&product=Ecs&requestId={id}");
    assert!(answer["Recommend"].as_str().unwrap().ends_with(&page));
    let answer = cloud.send(&Call::new(LINKS, &UNKNOWN).with("Format", "XML")).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("<Error><Code>InvalidInstanceId.NotFound</Code>"), "{}", answer.text);
    assert!(answer.text.contains("<Recommend><![CDATA[https://"), "{}", answer.text);
}

#[tokio::test]
async fn errors_can_be_spelled_in_lower_case_or_come_as_xml_unasked() {
    let cloud = Cloud::start().await;
    cloud.switch(json!({"errorKeys": "lower"})).await;
    let answer = cloud.send(&Call::new(LINKS, &UNKNOWN)).await.json();
    assert_eq!(answer["code"], "InvalidInstanceId.NotFound");
    assert!(answer["requestId"].is_string() && answer["message"].is_string() && answer.get("Code").is_none());
    cloud.switch(json!({"errorKeys": "upper", "errorFormat": "xml"})).await;
    let answer = cloud.send(&Call::new(LINKS, &UNKNOWN)).await;
    assert_eq!(answer.header("content-type"), Some("text/xml;charset=utf-8"));
    assert!(answer.text.contains("<Code>InvalidInstanceId.NotFound</Code>"), "{}", answer.text);
    cloud.ok(ATTACH, &PAIR).await;
}

#[tokio::test]
async fn a_date_says_what_time_the_cloud_believes_it_is() {
    let cloud = Cloud::start().await;
    let skew = json!({"traffic": {"clockSkewMs": 3_600_000}});
    cloud.arrange(reqwest::Method::PATCH, "/settings", skew).await;
    assert_eq!(cloud.refusal(LINKS, &UNKNOWN).await, refusal(400, "InvalidTimeStamp.Expired"));
    let call = Call { time: time(3_600), ..Call::new(VPCS, &[]) };
    let answer = cloud.send(&call).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("date").unwrap().ends_with(" GMT"));
}
