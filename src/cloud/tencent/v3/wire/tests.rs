//! Answers, the documents' own and damaged ones.

use serde::de::DeserializeOwned;
use serde_json::json;

use super::*;

const ID: &str = "354f4ac3-8546-4516-8c8a-69e3ab73aa8a";

/// Reads this as what is inside `Response`.
fn parsed<T: DeserializeOwned>(response: &Value) -> Result<T, Failure> {
    read(json!({ "Response": response }).to_string().as_bytes()).map(|(_, answer)| answer)
}

fn unreadable_text<T: DeserializeOwned + std::fmt::Debug>(body: &[u8]) -> String {
    match read::<T>(body).unwrap_err() {
        Failure::Unreadable { text, .. } => text,
        refused @ Failure::Refused { .. } => panic!("{refused:?}"),
    }
}

fn machine(item: Value) -> Option<Machine> {
    serde_json::from_value::<MachineItem>(item).unwrap().machine()
}

#[test]
fn the_documents_own_answers_are_understood() {
    let started = br#"{"Response":{"RequestId":"354f4ac3-8546-4516-8c8a-69e3ab73aa8a"}}"#;
    assert_eq!(read::<Started>(started).unwrap().1.request_id, ID);

    let list = br#"{"Response":{"TotalCount":1,"ClassicLinkInstanceSet":[{"VpcId":"vpc-gjui0b5t",
        "InstanceId":"ins-0x5msjda"}],"RequestId":"354f4ac3-8546-4516-8c8a-69e3ab73aa8a"}}"#;
    let (request_id, page) = read::<LinkPage>(list).unwrap();
    let page = page.page();
    assert_eq!((request_id.as_deref(), page.total), (Some(ID), 1));
    let (instance, row) = page.rows[0].clone().unwrap();
    assert_eq!((instance.as_str(), row.vpc.as_str()), ("ins-0x5msjda", "vpc-gjui0b5t"));
    assert_eq!(row.private_ip, None);

    let task = br#"{"Response":{"Status":"RUNNING","Output":"","Result":null,"RequestId":"x"}}"#;
    let task = read::<TaskAnswer>(task).unwrap().1;
    assert_eq!((task.status, task.output.as_deref()), (TaskStatus::Running, Some("")));

    let refused = br#"{"Response":{"Error":{"Code":"ResourceNotFound","Message":"..."},"RequestId":"x"}}"#;
    let (code, message, request_id) = ("ResourceNotFound".into(), "...".into(), Some("x".into()));
    assert_eq!(read::<Started>(refused).unwrap_err(), Failure::Refused { code, number: None, message, request_id });
}

#[test]
fn an_error_is_no_success_whatever_stands_beside_it() {
    for error in [json!({"Code": "X"}), json!({"Code": "X", "Message": null, "More": 1}), json!(["X", "text"])] {
        let answer = json!({"Error": error, "RequestId": ID, "Status": "SUCCESS", "TotalCount": 0});
        assert!(matches!(parsed::<TaskAnswer>(&answer), Err(Failure::Refused { code, .. }) if code == "X"), "{error}");
    }
    for error in [json!({}), json!({"Code": ""}), json!({"Message": "text"}), json!("X"), json!(false), json!([])] {
        let body = json!({"Response": {"Error": error, "RequestId": ID}}).to_string();
        unreadable_text::<Started>(body.as_bytes());
    }
    assert!(parsed::<Started>(&json!({"Error": null, "RequestId": ID})).is_ok());
}

#[test]
fn the_request_id_is_kept_whatever_the_answer_says() {
    let refused = parsed::<Started>(&json!({"Error": {"Code": "X"}, "RequestId": ID})).unwrap_err();
    assert!(matches!(refused, Failure::Refused { request_id: Some(id), .. } if id == ID));
    let unreadable = parsed::<TaskAnswer>(&json!({"RequestId": ID})).unwrap_err();
    assert!(matches!(unreadable, Failure::Unreadable { request_id: Some(id), .. } if id == ID));
}

#[test]
fn the_envelope_of_the_api_v2_is_understood_and_is_never_a_success() {
    for (body, code, number) in [
        (json!({"code": 4100, "message": "text", "codeDesc": "AuthFailure"}), "AuthFailure", "4100"),
        (json!({"code": "6100", "message": "text"}), "6100", "6100"),
        (json!({"code": 4000, "message": "text", "codeDesc": ""}), "4000", "4000"),
        (json!({"code": 0, "message": "text", "codeDesc": "ActionLocked"}), "ActionLocked", "0"),
    ] {
        let (code, number, message) = (code.to_owned(), Some(number.to_owned()), "text".to_owned());
        let expected = Failure::Refused { code, number, message, request_id: None };
        assert_eq!(read::<Started>(body.to_string().as_bytes()).unwrap_err(), expected);
    }
    for body in [json!({"code": 0, "taskId": 1}), json!({"code": 0, "codeDesc": "Success", "RequestId": ID})] {
        assert!(unreadable_text::<Started>(body.to_string().as_bytes()).contains("another API"));
    }
}

#[test]
fn what_is_no_answer_of_this_api_is_unreadable() {
    for (body, text) in [
        (&b""[..], "cut off"),
        (br#"{"Response":{"RequestId":"354f"#, "cut off"),
        (b"<html>502</html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[0]", "another form"),
        (b"null", "another form"),
        (b"{}", "without a Response"),
        (br#"{"Response":null}"#, "without a Response"),
        (br#"{"Response":[{"RequestId":"x"}]}"#, "without a Response"),
        (br#"{"Response":"x","code":0}"#, "without a Response"),
        (br#"{"RequestId":"x"}"#, "without a Response"),
        (br#"{"code":null}"#, "without a Response"),
        (br#"{"response":{"RequestId":"x"}}"#, "without a Response"),
    ] {
        let found = unreadable_text::<Started>(body);
        assert!(found.contains(text), "{found}");
    }
}

#[test]
fn a_success_without_a_request_id_has_no_task() {
    for id in [json!(null), json!(""), json!("  "), json!([ID]), json!("two words"), json!("x".repeat(129))] {
        let body = json!({"Response": {"RequestId": id}}).to_string();
        unreadable_text::<Started>(body.as_bytes());
    }
    unreadable_text::<Started>(br#"{"Response":{}}"#);
}

#[test]
fn a_task_without_a_status_that_is_known_has_not_succeeded() {
    for status in [json!(null), json!(""), json!(0), json!("success"), json!("DONE"), json!(["SUCCESS"])] {
        let body = json!({"Response": {"Status": status, "Output": "SUCCESS", "RequestId": ID}}).to_string();
        unreadable_text::<TaskAnswer>(body.as_bytes());
    }
    unreadable_text::<TaskAnswer>(br#"{"Response":{"Output":"SUCCESS","RequestId":"x"}}"#);
    for (name, status) in
        [("SUCCESS", TaskStatus::Success), ("FAILED", TaskStatus::Failed), ("RUNNING", TaskStatus::Running)]
    {
        for output in [json!(null), json!({"a": 1}), json!("text")] {
            let answer = json!({"Status": name, "Output": output, "RequestId": ID});
            assert_eq!(parsed::<TaskAnswer>(&answer).unwrap().status, status);
        }
    }
}

#[test]
fn a_list_that_says_it_is_empty_needs_no_rows_and_one_without_a_total_is_unreadable() {
    for answer in [json!({"TotalCount": 0}), json!({"TotalCount": "0", "ClassicLinkInstanceSet": null, "New": {}})] {
        let page = parsed::<LinkPage>(&answer).unwrap().page();
        assert!(page.rows.is_empty() && page.total == 0);
    }
    for answer in [
        json!({"ClassicLinkInstanceSet": []}),
        json!({"TotalCount": -1, "ClassicLinkInstanceSet": []}),
        json!({"TotalCount": 1, "ClassicLinkInstanceSet": "x"}),
        json!({"TotalCount": 1, "ClassicLinkInstanceSet": [1]}),
    ] {
        let body = json!({ "Response": answer }).to_string();
        unreadable_text::<LinkPage>(body.as_bytes());
    }
}

#[test]
fn a_link_is_nobodys_if_its_row_has_no_usable_name() {
    for row in [
        json!({"VpcId": "vpc-gjui0b5t", "InstanceId": "qcvm12345"}),
        json!({"VpcId": "gz_vpc_245", "InstanceId": "ins-0x5msjda"}),
        json!({"VpcId": "vpc-gjui0b5t"}),
        json!({"InstanceId": "ins-0x5msjda"}),
        json!({}),
    ] {
        let page = parsed::<LinkPage>(&json!({"TotalCount": 1, "ClassicLinkInstanceSet": [row]})).unwrap().page();
        assert_eq!(page.rows, [None]);
    }
}

#[test]
fn a_machine_is_classic_in_each_of_four_ways_and_nothing_where_the_form_is_another() {
    for (cloud, network) in [
        (None, Some(Network::Classic)),
        (Some(json!(null)), Some(Network::Classic)),
        (Some(json!({"VpcId": "", "SubnetId": ""})), Some(Network::Classic)),
        (Some(json!({"VpcId": null, "SubnetId": null})), Some(Network::Classic)),
        (Some(json!({"SubnetId": ""})), Some(Network::Classic)),
        (Some(json!({"VpcId": "vpc-gjui0b5t", "AsVpcGateway": false})), Some(Network::Vpc)),
        (Some(json!({"VpcId": "gz_vpc_245"})), Some(Network::Vpc)),
        (Some(json!({"VpcId": 0})), None),
        (Some(json!({"VpcId": false})), None),
        (Some(json!("")), None),
        (Some(json!([])), None),
    ] {
        let mut item = json!({"InstanceId": "ins-0x5msjda", "InstanceState": "RUNNING"});
        if let Some(cloud) = &cloud {
            item["VirtualPrivateCloud"] = cloud.clone();
        }
        assert_eq!(machine(item).map(|machine| machine.network), network, "{cloud:?}");
    }
}

#[test]
fn only_the_states_that_the_documents_name_stand_in_the_way_of_a_link() {
    for (names, state) in [
        (&["PENDING", "LAUNCH_FAILED"][..], MachineState::NotReady),
        (&["SHUTDOWN", "TERMINATING"], MachineState::Returning),
        (
            &["RUNNING", "STOPPED", "STARTING", "STOPPING", "REBOOTING", "RESCUE_MODE", "NOBODY_KNOWS"],
            MachineState::Linkable,
        ),
    ] {
        for name in names {
            let item = json!({"InstanceState": name, "IsolatedSource": "MANMADE", "RestrictState": "EXPIRED"});
            assert_eq!(machine(item).unwrap().state, state, "{name}");
        }
    }
    for name in [json!(null), json!(""), json!(["RUNNING"])] {
        assert_eq!(machine(json!({"InstanceState": name})), None);
    }
    assert_eq!(machine(json!({})), None);
}

#[test]
fn addresses_are_all_known_or_none_is() {
    for (list, known) in [
        (json!(["10.1.2.3", "10.1.2.4"]), vec!["10.1.2.3", "10.1.2.4"]),
        (json!(null), vec![]),
        (json!([]), vec![]),
        (json!(["10.1.2.3", "10.1.2"]), vec![]),
        (json!(["0.0.0.0"]), vec![]),
        (json!("10.1.2.3"), vec![]),
        (json!([167_837_955]), vec![]),
    ] {
        let machine = machine(json!({"InstanceState": "RUNNING", "PrivateIpAddresses": list})).unwrap();
        let addresses: Vec<_> = machine.addresses.iter().map(IpAddr::to_string).collect();
        assert_eq!(addresses, known, "{list}");
    }
}
