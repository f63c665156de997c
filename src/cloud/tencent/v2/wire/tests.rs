//! Answers, the documents' own and damaged ones.

use serde_json::json;

use super::*;

fn parsed<T: DeserializeOwned>(body: &Value) -> Result<T, Failure> {
    read(body.to_string().as_bytes())
}

fn unreadable_text<T: DeserializeOwned + std::fmt::Debug>(body: &[u8]) -> String {
    match read::<T>(body).unwrap_err() {
        Failure::Unreadable(text) => text,
        refused @ Failure::Refused { .. } => panic!("{refused:?}"),
    }
}

#[test]
fn the_documents_own_answers_are_understood() {
    let started: Started = read(br#"{"code":0,"message":"","taskId":135254}"#).unwrap();
    assert_eq!(started.task_id, 135_254);

    let list = br#"{"code":0,"message":"","totalCount":"1","data":[{"vpcId":"gz_vpc_245","uniqVpcId":"vpc-2ari9m7h",
        "classicLinkId":"vcx-opgnzgo9","lanIp":"10.1.2.3","instanceId":"ins-df454d","instanceName":"n",
        "createTime":"2016-01-21 14:59:37"}]}"#;
    let page: LinkPage = read(list).unwrap();
    assert_eq!(page.total_count, 1);
    let (instance, row) = page.data[0].row().unwrap();
    assert_eq!((instance.as_str(), row.vpc.as_str()), ("ins-df454d", "vpc-2ari9m7h"));
    assert_eq!(row.private_ip, Some([10, 1, 2, 3].into()));

    let task: TaskAnswer = read(br#"{"code":0,"message":"","data":{"status":2}}"#).unwrap();
    assert_eq!((task.status(), task.text()), (2, ""));

    let refused = read::<Started>(br#"{"code":4000,"message":"...","codeDesc":"InstanceAlreadyLinked"}"#).unwrap_err();
    let code_desc = Some("InstanceAlreadyLinked".to_owned());
    assert_eq!(refused, Failure::Refused { code: "4000".into(), code_desc, message: "...".into() });
}

#[test]
fn numbers_may_come_as_text() {
    let body = json!({"code": "0", "codeDesc": "Success", "taskId": "135254"});
    assert_eq!(parsed::<Started>(&body).unwrap().task_id, 135_254);
    let refused = parsed::<Started>(&json!({"code": "5100", "message": null})).unwrap_err();
    assert_eq!(refused, Failure::Refused { code: "5100".into(), code_desc: None, message: String::new() });
    let body = json!({"code": 0, "data": {"status": "0"}});
    assert_eq!(parsed::<TaskAnswer>(&body).unwrap().status(), 0);
    for total in [json!(7), json!("7"), json!(" 7 ")] {
        let body = json!({"code": 0, "totalCount": total, "data": [], "nobodyKnows": {"a": [1]}});
        assert_eq!(parsed::<LinkPage>(&body).unwrap().total_count, 7);
    }
}

#[test]
fn no_business_name_is_the_same_as_an_empty_one_or_success() {
    for name in [json!(null), json!(""), json!("Success"), json!("success")] {
        let refused = parsed::<Started>(&json!({"code": 5000, "codeDesc": name})).unwrap_err();
        assert_eq!(refused, Failure::Refused { code: "5000".into(), code_desc: None, message: String::new() });
        assert!(parsed::<Started>(&json!({"code": 0, "codeDesc": name, "taskId": 1})).is_ok());
    }
}

#[test]
fn a_business_name_is_no_success_whatever_the_number_says() {
    let refused = parsed::<Started>(&json!({"code": 0, "codeDesc": "ActionLocked", "taskId": 1})).unwrap_err();
    assert!(matches!(refused, Failure::Refused { code_desc: Some(name), .. } if name == "ActionLocked"));
}

#[test]
fn what_is_no_answer_of_this_api_is_unreadable() {
    for (body, text) in [
        (&b""[..], "cut off"),
        (br#"{"code":0,"taskId":13"#, "cut off"),
        (b"<html>502</html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[0]", "another form"),
        (b"0", "another form"),
        (b"null", "another form"),
        (b"{}", "without a code"),
        (br#"{"code":null,"taskId":1}"#, "without a code"),
        (br#"{"Response":{"RequestId":"x"}}"#, "without a code"),
        (br#"{"code":[0],"taskId":1}"#, "without a code"),
    ] {
        let found = unreadable_text::<Started>(body);
        assert!(found.contains(text), "{found}");
    }
}

#[test]
fn a_success_without_a_task_is_none() {
    for task in [json!(null), json!(0), json!(-1), json!(""), json!("x"), json!(1.5), json!([1]), json!({"id": 1})] {
        let body = json!({"code": 0, "message": "", "taskId": task});
        unreadable_text::<Started>(body.to_string().as_bytes());
    }
    unreadable_text::<Started>(br#"{"code":0,"message":""}"#);
}

#[test]
fn a_task_without_a_status_has_not_succeeded() {
    for data in [
        json!(null),
        json!({}),
        json!([]),
        json!([{}]),
        json!([0]),
        json!([[0]]),
        json!([0, null]),
        json!(0),
        json!({"status": null}),
        json!({"status": ""}),
        json!({"status": false}),
        json!({"Status": 0}),
        json!([{"status": 0}, {"status": 0}]),
    ] {
        let body = json!({"code": 0, "data": data});
        unreadable_text::<TaskAnswer>(body.to_string().as_bytes());
    }
    unreadable_text::<TaskAnswer>(br#"{"code":0,"status":0}"#);
}

#[test]
fn a_task_may_be_a_list_of_one_and_may_say_what_went_wrong() {
    for (data, text) in [
        (json!([{"status": 1}]), "in the envelope"),
        (json!({"status": 1, "output": {"errorCode": 1, "errorMsg": "no such CVM"}}), "no such CVM"),
        (json!({"status": 1, "output": "no such CVM"}), "no such CVM"),
        (json!({"status": 1, "output": []}), "in the envelope"),
        (json!({"status": 1, "output": ""}), "in the envelope"),
    ] {
        let task: TaskAnswer = parsed(&json!({"code": 0, "message": "in the envelope", "data": data})).unwrap();
        assert_eq!((task.status(), task.text()), (1, text));
    }
}

#[test]
fn a_list_that_says_it_is_empty_needs_no_rows_and_one_without_a_total_is_unreadable() {
    for body in [json!({"code": 0, "totalCount": 0}), json!({"code": 0, "totalCount": "0", "data": null})] {
        assert!(parsed::<LinkPage>(&body).unwrap().data.is_empty());
    }
    for body in [
        json!({"code": 0, "data": []}),
        json!({"code": 0, "totalCount": "many", "data": []}),
        json!({"code": 0, "totalCount": -1, "data": []}),
        json!({"code": 0, "totalCount": 1, "data": "x"}),
        json!({"code": 0, "totalCount": 1, "data": [1]}),
    ] {
        unreadable_text::<LinkPage>(body.to_string().as_bytes());
    }
}

#[test]
fn a_vpc_goes_by_either_name_of_its_new_id() {
    for (row, id) in [
        (json!({"unVpcId": "vpc-2ari9m7h"}), Some("vpc-2ari9m7h")),
        (json!({"uniqVpcId": "vpc-2ari9m7h", "vpcId": "gz_vpc_245"}), Some("vpc-2ari9m7h")),
        (json!({"unVpcId": "", "uniqVpcId": "vpc-2ari9m7h"}), Some("vpc-2ari9m7h")),
        (json!({"unVpcId": "vpc-2ari9m7h", "uniqVpcId": "vpc-2ari9m7h"}), Some("vpc-2ari9m7h")),
        (json!({"vpcId": "vpc-2ari9m7h"}), Some("vpc-2ari9m7h")),
        (json!({"vpcId": "gz_vpc_245"}), None),
        (json!({"vpcId": 245}), None),
        (json!({"unVpcId": "vpc-2ari9m7h", "uniqVpcId": "vpc-other123"}), None),
        (json!({}), None),
    ] {
        let item: VpcItem = serde_json::from_value(row.clone()).unwrap();
        assert_eq!(item.id().as_ref().map(VpcId::as_str), id, "{row}");
    }
}

#[test]
fn a_link_is_nobodys_if_its_row_has_no_usable_name() {
    for (instance, vpc) in [("qcvm12345", "vpc-2ari9m7h"), ("i-bp1gtjxuuvwj17zr", "vpc-2ari9m7h"), ("ins-df454d", "x")]
    {
        let row = json!({"instanceId": instance, "unVpcId": vpc});
        assert!(serde_json::from_value::<LinkItem>(row).unwrap().row().is_none(), "{instance} {vpc}");
    }
}

#[test]
fn an_address_that_is_none_is_unknown() {
    for address in [json!(null), json!(""), json!("0.0.0.0"), json!("10.1.2"), json!(["10.1.2.3"])] {
        let row = json!({"instanceId": "ins-df454d", "unVpcId": "vpc-2ari9m7h", "lanIp": address});
        let (_, link) = serde_json::from_value::<LinkItem>(row).unwrap().row().unwrap();
        assert_eq!(link.private_ip, None);
        let row = json!({"unInstanceId": "ins-df454d", "vpcId": 0, "status": 2, "lanIp": address});
        let machine = serde_json::from_value::<MachineItem>(row).unwrap().machine().unwrap();
        assert!(machine.addresses.is_empty());
    }
}

#[test]
fn a_machine_is_known_by_its_new_id_only() {
    let row = json!({"unInstanceId": "ins-0x5msjda", "instanceId": "ins-df454d"});
    let item: MachineItem = serde_json::from_value(row).unwrap();
    assert_eq!(item.id().unwrap().as_str(), "ins-0x5msjda");
    let item: MachineItem = serde_json::from_value(json!({"instanceId": "ins-df454d"})).unwrap();
    assert_eq!(item.id(), None);
}

#[test]
fn a_machine_is_classic_where_its_vpc_is_zero_and_nothing_where_it_is_not_told() {
    for (vpc, network) in [
        (json!(0), Some(Network::Classic)),
        (json!("0"), Some(Network::Classic)),
        (json!(245), Some(Network::Vpc)),
        (json!("vpc-2ari9m7h"), Some(Network::Vpc)),
        (json!(""), None),
        (json!(null), None),
    ] {
        let row = json!({"unInstanceId": "ins-df454d", "vpcId": vpc, "status": 2, "lanIp": "10.1.2.3"});
        let machine = serde_json::from_value::<MachineItem>(row).unwrap().machine();
        assert_eq!(machine.map(|machine| machine.network), network, "{vpc}");
    }
}

#[test]
fn only_the_states_that_the_documents_name_stand_in_the_way_of_a_link() {
    for status in [-1, 3] {
        assert_eq!(state(status), MachineState::NotReady);
    }
    for status in [5, 6] {
        assert_eq!(state(status), MachineState::Returning);
    }
    for status in [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 99, -2] {
        assert_eq!(state(status), MachineState::Linkable);
    }
    for status in [json!(null), json!("running"), json!(2.5)] {
        let row = json!({"unInstanceId": "ins-df454d", "vpcId": 0, "status": status});
        assert_eq!(serde_json::from_value::<MachineItem>(row).unwrap().machine(), None);
    }
}

#[test]
fn a_region_goes_by_its_short_name_where_it_has_one() {
    let table = [("ap-guangzhou", "gz"), ("na-toronto", "ca"), ("ap-shenzhen-fsi", "szjr"), ("ap-tianjin", "tsn")];
    for (long, short) in table {
        assert_eq!(region(long), short);
    }
    assert_eq!(region("ap-nowhere"), "ap-nowhere");
}
