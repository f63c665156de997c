//! Answers in JSON and in XML, whole and damaged.

use serde::de::IgnoredAny;
use serde_json::json;

use super::*;
use crate::link::{Machine, MachineState, Network};

fn success<T: DeserializeOwned>(body: &str) -> T {
    match read::<T>(body.as_bytes()) {
        Ok(success) => {
            assert_eq!(success.request_id, "473469C7");
            success.value
        }
        Err(failure) => panic!("{failure:?} in {body}"),
    }
}

fn failure(body: &str) -> Failure {
    read::<IgnoredAny>(body.as_bytes()).unwrap_err()
}

fn refusal(body: &str) -> Refusal {
    match failure(body) {
        Failure::Refused(refusal) => refusal,
        Failure::Unreadable(text) => panic!("{text} in {body}"),
    }
}

#[test]
fn an_error_is_read_in_either_format_and_with_or_without_capitals() {
    for body in [
        r#"{"RequestId":"540C","HostId":"ecs.aliyuncs.com","Code":"OperationDenied","Message":"not & today","Recommend":"x"}"#,
        r#"{"requestId":"540C","code":"OperationDenied","message":"not & today"}"#,
        "<?xml version='1.0' encoding='UTF-8'?>\n<Error><RequestId>540C</RequestId><HostId>ecs.aliyuncs.com</HostId>\
         <Code>OperationDenied</Code><Message>not &amp; today</Message><Recommend><![CDATA[x?q=a&b=c]]></Recommend></Error>",
        "\r\n <Error><requestId>540C</requestId><code>OperationDenied</code><message> not &#38; today\n</message></Error>",
        "<AttachClassicLinkVpcResponse><RequestId>540C</RequestId><Code>OperationDenied</Code>\
         <Message>not &amp; today</Message></AttachClassicLinkVpcResponse>",
    ] {
        let refusal = refusal(body);
        assert_eq!((refusal.code(), refusal.message()), ("OperationDenied", "not & today"), "{body}");
        assert_eq!(refusal.request_id.as_deref(), Some("540C"));
        assert!(!refusal.is_of_permission());
    }
}

#[test]
fn a_missing_permission_is_told_by_its_details() {
    for body in [
        r#"{"Code":"X","AccessDeniedDetail":{"AuthAction":"ecs:Attach","NoPermissionType":"ImplicitDeny"}}"#,
        r#"{"code":"X","accessDeniedDetail":{"authAction":"ecs:Attach"}}"#,
        "<Error><Code>X</Code><AccessDeniedDetail><AuthAction>ecs:Attach</AuthAction></AccessDeniedDetail></Error>",
    ] {
        assert_eq!((refusal(body).is_of_permission(), refusal(body).lacks()), (true, Some("ecs:Attach")), "{body}");
    }
    for detail in [json!(null), json!(""), json!({})] {
        assert!(!refusal(&json!({"Code": "X", "AccessDeniedDetail": detail}).to_string()).is_of_permission());
    }
}

#[test]
fn what_is_no_answer_of_the_api_is_unreadable() {
    for body in [
        "",
        "OK",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"Code":""}"#,
        r#"{"TotalCount":0,"Links":{"Link":[]}}"#,
        r#"{"RequestId":"4734","#,
        "<html><h1>502 Bad Gateway</h1></html>",
        "<!DOCTYPE html><html></html>",
        "<AttachClassicLinkVpcResponse><RequestId>4734</RequestId>",
        "<AttachClassicLinkVpcResponse/>",
        "<Error><Message>no code</Message></Error>",
        "<",
    ] {
        assert!(matches!(failure(body), Failure::Unreadable(_)), "{body}");
    }
    assert!(matches!(read::<IgnoredAny>(b"<Error>\xff</Error>"), Err(Failure::Unreadable(_))));
    assert!(matches!(read::<LinkPage>(br#"{"RequestId":"4","Links":[1]}"#), Err(Failure::Unreadable(_))));
}

#[test]
fn links_are_read_in_either_format() {
    for body in [
        r#"{"PageNumber":1,"PageSize":10,"TotalCount":1,"RequestId":"473469C7",
            "Links":{"Link":[{"InstanceId":"i-test01","VpcId":"vpc-test01"}]}}"#,
        r#"{"TotalCount":"1","RequestId":"473469C7","Links":{"Link":{"InstanceId":"i-test01","VpcId":"vpc-test01"}}}"#,
        "<DescribeClassicLinkInstancesResponse><RequestId>473469C7</RequestId><TotalCount>1</TotalCount>\
         <PageNumber>1</PageNumber><PageSize>10</PageSize>\
         <Links><Link><InstanceId>i-test01</InstanceId><VpcId>vpc-test01</VpcId></Link></Links>\
         </DescribeClassicLinkInstancesResponse>",
    ] {
        let page: LinkPage = success(body);
        assert_eq!(page.total_count, Some(1), "{body}");
        let row = LinkRow { vpc: VpcId::new("vpc-test01").unwrap(), private_ip: None };
        let [item] = page.items() else { panic!("{body}") };
        assert_eq!(item.row(), Some((InstanceId::new("i-test01").unwrap(), row)));
    }
}

#[test]
fn a_list_that_is_missing_or_null_or_empty_has_no_rows() {
    for links in [json!(null), json!(""), json!({}), json!({"Link": null}), json!({"Link": []})] {
        let page: LinkPage = success(&json!({"RequestId": "473469C7", "TotalCount": 0, "Links": links}).to_string());
        assert_eq!((page.total_count, page.items().len()), (Some(0), 0), "{links}");
    }
    let page: LinkPage = success(r#"{"RequestId":"473469C7","TotalCount":0}"#);
    assert!(page.items().is_empty());
    let page: LinkPage =
        success("<XResponse><RequestId>473469C7</RequestId><TotalCount>0</TotalCount><Links/></XResponse>");
    assert!(page.items().is_empty());
    let page: MachinePage = success(r#"{"RequestId":"473469C7","TotalCount":0,"Instances":null}"#);
    assert!(page.items().is_empty() && !page.may_lack_rows());
}

#[test]
fn a_list_without_a_total_or_with_more_to_come_may_lack_rows() {
    for (extra, lacks) in [
        (json!({"TotalCount": 1}), false),
        (json!({"TotalCount": "1", "NextToken": ""}), false),
        (json!({"TotalCount": 0}), false),
        (json!({"TotalCount": 2}), true),
        (json!({"TotalCount": 1, "NextToken": "x"}), true),
        (json!({}), true),
        (json!({"TotalCount": "many"}), true),
    ] {
        let mut body = json!({"RequestId": "473469C7", "Instances": {"Instance": [{"InstanceId": "i-test01"}]}});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_eq!(success::<MachinePage>(&body.to_string()).may_lack_rows(), lacks, "{extra}");
    }
}

/// The only machine of a list.
fn machine(body: &str) -> Option<Machine> {
    let page: MachinePage = success(body);
    let [item] = page.items() else { panic!("{body}") };
    assert_eq!(item.id(), Some(InstanceId::new("i-test01").unwrap()));
    item.machine()
}

#[test]
fn a_machine_is_read_in_either_format() {
    let json = r#"{"RequestId":"473469C7","TotalCount":1,"PageNumber":1,"PageSize":10,"NextToken":"",
        "Instances":{"Instance":[{"InstanceId":"i-test01","RegionId":"cn-hangzhou","Status":"Running",
        "InstanceNetworkType":"classic","InnerIpAddress":{"IpAddress":["10.170.1.2"]},
        "PublicIpAddress":{"IpAddress":["42.112.0.1"]},
        "VpcAttributes":{"VpcId":"","VSwitchId":"","NatIpAddress":"","PrivateIpAddress":{"IpAddress":[]}},
        "OperationLocks":{"LockReason":[]},"SecurityGroupIds":{"SecurityGroupId":["sg-1"]}}]}}"#;
    let xml = "<DescribeInstancesResponse><RequestId>473469C7</RequestId><TotalCount>1</TotalCount><NextToken/>\
        <Instances><Instance><InstanceId>i-test01</InstanceId><Status>Running</Status>\
        <InstanceNetworkType>classic</InstanceNetworkType>\
        <InnerIpAddress><IpAddress>10.170.1.2</IpAddress></InnerIpAddress><OperationLocks/></Instance></Instances>\
        </DescribeInstancesResponse>";
    let expected = Machine {
        addresses: vec!["10.170.1.2".parse().unwrap()],
        network: Network::Classic,
        state: MachineState::Linkable,
        lock: None,
    };
    assert_eq!(machine(json), Some(expected.clone()));
    assert_eq!(machine(xml), Some(expected));
}

#[test]
fn a_machine_is_linkable_when_it_runs_or_is_stopped_and_returning_in_the_recycle_bin() {
    let state = |status: &str, lock: Value| {
        let row = json!({"InstanceId": "i-test01", "InstanceNetworkType": "classic", "Status": status,
            "OperationLocks": {"LockReason": lock}});
        let body = json!({"RequestId": "473469C7", "TotalCount": 1, "Instances": {"Instance": [row]}});
        machine(&body.to_string()).map(|machine| machine.state)
    };
    for (status, expected) in [
        ("Running", Some(MachineState::Linkable)),
        ("Stopped", Some(MachineState::Linkable)),
        ("Pending", Some(MachineState::NotReady)),
        ("Starting", Some(MachineState::NotReady)),
        ("Stopping", Some(MachineState::NotReady)),
        ("SomethingNew", Some(MachineState::NotReady)),
        ("", None),
    ] {
        assert_eq!(state(status, json!([])), expected, "{status}");
        assert_eq!(state(status, json!([{"LockReason": "financial"}, {"LockReason": "security"}])), expected);
    }
    for lock in [
        json!([{"LockReason": "recycling", "LockMsg": ""}]),
        json!([{"LockReason": "financial"}, {"LockReason": "Recycling"}]),
        json!({"LockReason": "Recycling"}),
    ] {
        assert_eq!(state("Stopped", lock.clone()), Some(MachineState::Returning), "{lock}");
    }
}

#[test]
fn why_a_machine_is_locked_is_told_in_a_word_of_the_clouds_and_nothing_longer() {
    let lock = |lock: Value| {
        let row = json!({"InstanceId": "i-test01", "InstanceNetworkType": "classic", "Status": "Running",
            "OperationLocks": {"LockReason": lock}});
        let body = json!({"RequestId": "473469C7", "TotalCount": 1, "Instances": {"Instance": [row]}});
        machine(&body.to_string()).unwrap().lock
    };
    let reasons = |words: &[&str]| words.iter().map(|word| json!({"LockReason": word, "LockMsg": ""})).collect();
    assert_eq!(lock(reasons(&[])), None);
    assert_eq!(lock(reasons(&["recycling"])), None);
    assert_eq!(lock(reasons(&["financial", "Recycling", "security"])).as_deref(), Some("financial, security"));
    assert_eq!(lock(reasons(&["dedicatedhostfinancial"])).as_deref(), Some("dedicatedhostfinancial"));
    assert_eq!(lock(reasons(&["two words", &"x".repeat(41)])).as_deref(), Some("for a reason unknown here"));
}

#[test]
fn a_machine_of_a_vpc_is_of_a_vpc_and_one_of_no_network_is_unknown() {
    let read = |extra: Value| {
        let mut row = json!({"InstanceId": "i-test01", "Status": "Running"});
        row.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let body = json!({"RequestId": "473469C7", "TotalCount": 1, "Instances": {"Instance": [row]}});
        machine(&body.to_string())
    };
    let of_vpc = read(json!({"InstanceNetworkType": "vpc", "InnerIpAddress": {"IpAddress": []},
        "VpcAttributes": {"VpcId": "vpc-1", "PrivateIpAddress": {"IpAddress": ["192.168.0.7"]}}}))
    .unwrap();
    assert_eq!(of_vpc.network, Network::Vpc);
    assert_eq!(of_vpc.addresses, ["192.168.0.7".parse::<std::net::IpAddr>().unwrap()]);
    for extra in [json!({}), json!({"InstanceNetworkType": ""}), json!({"InstanceNetworkType": "other"})] {
        assert_eq!(read(extra.clone()), None, "{extra}");
    }
    let without = read(json!({"InstanceNetworkType": "classic", "InnerIpAddress": {"IpAddress": ["", "0.0.0.0"]}}));
    assert!(without.unwrap().addresses.is_empty());
}

#[test]
fn a_vpc_is_read_in_either_format() {
    for body in [
        r#"{"RequestId":"473469C7","VpcId":"vpc-test01","RegionId":"cn-hangzhou","Status":"Available",
            "CidrBlock":"192.168.0.0/16","ClassicLinkEnabled":false,"SecondaryCidrBlocks":{"SecondaryCidrBlock":[]}}"#,
        "<DescribeVpcAttributeResponse><RequestId>473469C7</RequestId><VpcId>vpc-test01</VpcId><Status>Available</Status>\
         <CidrBlock>192.168.0.0/16</CidrBlock><ClassicLinkEnabled>false</ClassicLinkEnabled></DescribeVpcAttributeResponse>",
    ] {
        let vpc: VpcItem = success(body);
        assert_eq!((vpc.id(), vpc.cidr()), (VpcId::new("vpc-test01").ok(), "192.168.0.0/16"), "{body}");
        assert_eq!(vpc.classic_link_enabled, Some(false));
    }
    for (flag, expected) in
        [(json!(true), Some(true)), (json!("True"), Some(true)), (json!(null), None), (json!("?"), None)]
    {
        let body = json!({"RequestId": "473469C7", "VpcId": "vpc-test01", "ClassicLinkEnabled": flag});
        assert_eq!(success::<VpcItem>(&body.to_string()).classic_link_enabled, expected, "{flag}");
    }
}
