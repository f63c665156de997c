//! Lists of links and machines: pages, what they leave out, and the id that makes one fail.

use super::*;

fn names(ids: impl IntoIterator<Item = InstanceId>) -> BTreeSet<InstanceId> {
    ids.into_iter().collect()
}

fn has(asked: &Asked, id: &str) -> bool {
    asked.ids().iter().any(|other| other == id)
}

#[tokio::test]
async fn the_links_of_a_vpc_are_read_page_by_page_until_all_are_seen() {
    let cloud = cloud(|asked| {
        let page: usize = asked.params["PageNumber"].parse().unwrap();
        let row = |number: usize| json!({"InstanceId": format!("i-{number:06}"), "VpcId": "vpc-2ari9m7h"});
        let rows: Vec<Value> = ((page - 1) * 100..(page * 100).min(220)).map(row).collect();
        ok(json!({"TotalCount": "220", "PageNumber": page, "PageSize": 100, "Links": {"Link": rows}}))
    })
    .await;
    let list = cloud.ecs.links(&LinkScope::Vpc(vpc_id()), Lane::Sweep).await.unwrap();
    assert_eq!((list.rows.len(), list.complete), (220, true));
    assert_eq!(list.rows[&instance(219)], LinkRow { vpc: vpc_id(), private_ip: None });
    let asked = cloud.asked();
    assert_eq!(asked.iter().map(|asked| asked.params["PageNumber"].as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
    for asked in asked {
        assert_eq!((asked.action(), asked.params["VpcId"].as_str()), ("DescribeClassicLinkInstances", "vpc-2ari9m7h"));
        assert_eq!((asked.params["PageSize"].as_str(), asked.params.contains_key("InstanceId")), ("100", false));
    }
}

#[tokio::test]
async fn a_list_that_moves_while_it_is_read_is_incomplete() {
    let cloud = cloud(|asked| {
        let first = asked.params["PageNumber"] == "1";
        let ids: Vec<String> = instances(100).iter().map(ToString::to_string).collect();
        let rows = if first { &ids[..] } else { &ids[99..] };
        let rows: Vec<Value> = rows.iter().map(|id| json!({"InstanceId": id, "VpcId": "vpc-2ari9m7h"})).collect();
        ok(json!({"TotalCount": 101, "Links": {"Link": rows}}))
    })
    .await;
    let list = cloud.ecs.links(&LinkScope::Vpc(vpc_id()), Lane::Sweep).await.unwrap();
    assert_eq!((list.rows.len(), list.complete), (100, false));
}

#[tokio::test]
async fn of_all_links_nothing_is_said_and_nothing_is_asked() {
    let cloud = cloud(|_| refused("InvalidParameter.InvalidInstanceIdAndVpcId")).await;
    assert_eq!(cloud.ecs.links(&LinkScope::All, Lane::Sweep).await.unwrap(), LinkList::default());
    assert!(cloud.asked().is_empty());
}

#[tokio::test]
async fn a_vpc_that_is_gone_or_has_classiclink_off_has_no_links() {
    for (code, vpc, empty) in [
        ("InvalidVpcId.Malformed", refused("InvalidVpcId.NotFound"), true),
        ("InvalidVpc.NotBelong", refused("Forbidden.VpcNotFound"), true),
        ("OperationDenied", ok(json!({"VpcId": "vpc-2ari9m7h", "ClassicLinkEnabled": false})), true),
        ("OperationDenied", ok(json!({"VpcId": "vpc-2ari9m7h", "ClassicLinkEnabled": true})), false),
        ("OperationDenied", ok(json!({"VpcId": "vpc-2ari9m7h"})), false),
        ("InvalidVpcId.Malformed", refused("Forbidden.RAM"), false),
        ("InvalidRegionId.NotFound", refused("InvalidVpcId.NotFound"), false),
        ("Forbidden.RAM", refused("InvalidVpcId.NotFound"), false),
    ] {
        let cloud = cloud(move |asked| match asked.action() {
            "DescribeVpcAttribute" => vpc.clone(),
            _ => refused(code),
        })
        .await;
        let list = cloud.ecs.links(&LinkScope::Vpc(vpc_id()), Lane::Sweep).await;
        if empty {
            assert_eq!(list.unwrap(), LinkList { complete: true, ..LinkList::default() }, "{code}");
        } else {
            assert_eq!(list.unwrap_err().code, code);
        }
    }
}

#[tokio::test]
async fn the_links_of_machines_are_listed_a_hundred_at_a_time() {
    let cloud = cloud(|asked| links(asked.ids().iter().filter(|id| id.ends_with('7')))).await;
    let list = cloud.ecs.links_of(&instances(250), Lane::Sweep).await.unwrap();
    assert_eq!((list.rows.len(), list.complete), (25, true));
    let mut sizes: Vec<_> = cloud.asked().iter().map(|asked| asked.ids().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 100, 100]);
    for asked in cloud.asked() {
        assert!(asked.action() == "DescribeClassicLinkInstances" && !asked.params.contains_key("VpcId"));
        assert!(!asked.params["InstanceId"].contains([' ', '"', '[']), "{}", asked.params["InstanceId"]);
    }
    assert_eq!(cloud.ecs.links_of(&BTreeSet::new(), Lane::Sweep).await.unwrap().rows.len(), 0);
    assert_eq!(cloud.asked().len(), 3);
}

#[tokio::test]
async fn a_machine_that_makes_the_list_of_links_fail_is_found_by_halving_and_asked_for_alone_from_then_on() {
    let cloud =
        cloud(|asked| if has(asked, "i-000017") { refused("InvalidInstanceId.NotFound") } else { links(&asked.ids()) })
            .await;
    let list = cloud.ecs.links_of(&instances(100), Lane::Sweep).await.unwrap();
    assert_eq!((list.rows.len(), list.complete), (99, true), "a machine that does not exist has no link");
    let first = cloud.asked().len();
    assert!(first < 16, "{first}");
    let list = cloud.ecs.links_of(&instances(100), Lane::Sweep).await.unwrap();
    assert_eq!((list.rows.len(), list.complete), (99, true));
    assert_eq!(cloud.asked().len() - first, 2);
}

#[tokio::test]
async fn a_machine_that_is_answered_again_is_asked_for_with_the_others_again() {
    let healed = Arc::new(Mutex::new(false));
    let seen = Arc::clone(&healed);
    let cloud = cloud(move |asked| {
        let is_bad = has(asked, "i-000003") && !*seen.lock().unwrap();
        if is_bad { refused("InvalidInstanceId.NotFound") } else { links(&asked.ids()) }
    })
    .await;
    cloud.ecs.links_of(&instances(10), Lane::Sweep).await.unwrap();
    *healed.lock().unwrap() = true;
    assert_eq!(cloud.ecs.links_of(&instances(10), Lane::Sweep).await.unwrap().rows.len(), 10);
    let before = cloud.asked().len();
    assert_eq!(cloud.ecs.links_of(&instances(10), Lane::Sweep).await.unwrap().rows.len(), 10);
    assert_eq!(cloud.asked().len() - before, 1);
}

#[tokio::test]
async fn a_machine_about_which_nothing_is_said_leaves_the_list_incomplete() {
    for code in ["InvalidInstanceId.NotBelong", "InvalidInstanceId.MalFormed", "InvalidStatus.InstanceLocked"] {
        let cloud = cloud(move |asked| if has(asked, "i-000003") { refused(code) } else { links(&asked.ids()) }).await;
        let list = cloud.ecs.links_of(&instances(10), Lane::Sweep).await.unwrap();
        assert_eq!((list.rows.len(), list.complete), (9, false), "{code}");
    }
}

#[tokio::test]
async fn machines_are_listed_a_hundred_at_a_time() {
    let cloud = cloud(|asked| machines(&asked.ids())).await;
    let list = cloud.ecs.machines(&instances(250), Lane::Sweep).await.unwrap();
    assert_eq!((list.found.len(), list.unknown.len()), (250, 0));
    let machine = &list.found[&instance(1)];
    assert_eq!((machine.network, machine.state), (Network::Classic, MachineState::Linkable));
    assert_eq!(machine.addresses, ["10.1.2.3".parse::<std::net::IpAddr>().unwrap()]);
    let asked = cloud.asked();
    assert_eq!(asked.len(), 3, "where all are seen, no dry run is wanted");
    assert!(asked.iter().all(|asked| asked.action() == "DescribeInstances" && asked.params["PageSize"] == "100"));
    assert!(asked.iter().all(|asked| asked.params["InstanceIds"].starts_with("[\"i-")));
}

#[tokio::test]
async fn a_machine_that_is_not_listed_is_absent_once_a_dry_run_proves_the_permission() {
    for status in [400, 403] {
        let cloud = cloud(move |asked| {
            if asked.is_dry_run() {
                Reply { status, ..refused("DryRunOperation") }
            } else {
                machines(asked.ids().iter().filter(|id| *id != "i-000150"))
            }
        })
        .await;
        let list = cloud.ecs.machines(&instances(250), Lane::Sweep).await.unwrap();
        assert_eq!((list.found.len(), list.unknown.len()), (249, 0));
        let dry_runs: Vec<_> = cloud.asked().into_iter().filter(Asked::is_dry_run).collect();
        let [dry_run] = &dry_runs[..] else { panic!("{} dry runs", dry_runs.len()) };
        assert_eq!((dry_run.params["DryRun"].as_str(), dry_run.ids()), ("true", vec!["i-000150".to_owned()]));
    }
}

#[tokio::test]
async fn an_empty_list_without_a_proof_of_permission_says_nothing() {
    for (given, kind) in [
        (refused("Forbidden.RAM"), Kind::PermissionDenied),
        (refused("Throttling.User"), Kind::Throttled),
        (refused("InvalidParameter"), Kind::Refused(Reason::Refused)),
        (reply(502, "<html></html>"), Kind::Transient),
        (machines(&[]), Kind::Unclear),
    ] {
        let cloud = cloud(move |asked| if asked.is_dry_run() { given.clone() } else { machines(&[]) }).await;
        let list = cloud.ecs.machines(&instances(3), Lane::Sweep).await.unwrap();
        assert!(list.found.is_empty());
        assert_eq!(names(list.unknown.keys().cloned()), instances(3));
        assert!(list.unknown.values().all(|error| error.kind == kind), "{kind:?}");
    }
}

#[tokio::test]
async fn a_dry_run_that_passes_is_no_throttling_and_costs_the_budget_nothing() {
    let cloud = cloud(|asked| if asked.is_dry_run() { refused("dryrunoperation") } else { machines(&[]) }).await;
    for _ in 0..20 {
        let list = cloud.ecs.machines(&instances(1), Lane::Sweep).await.unwrap();
        assert_eq!(list, MachineList::default());
    }
    assert_eq!(cloud.asked().len(), 40);
}

#[tokio::test]
async fn a_machine_that_makes_a_list_fail_is_found_by_halving_and_asked_for_alone_from_then_on() {
    let cloud = cloud(|asked| match (has(asked, "i-000017"), has(asked, "i-000080")) {
        (true, _) => refused("InvalidInstanceId.NotFound"),
        (false, true) => refused("InvalidParameter"),
        (false, false) => machines(&asked.ids()),
    })
    .await;
    let list = cloud.ecs.machines(&instances(100), Lane::Sweep).await.unwrap();
    assert_eq!(list.found.len(), 98);
    let unknown: Vec<_> = list.unknown.iter().map(|(id, error)| (id.as_str(), error.kind)).collect();
    assert_eq!(unknown, [("i-000080", Kind::Refused(Reason::Refused))]);
    let first = cloud.asked().len();
    assert!(first < 32, "{first}");
    let again = cloud.ecs.machines(&instances(100), Lane::Sweep).await.unwrap();
    assert_eq!((again.found.len(), again.unknown.len()), (98, 1));
    assert_eq!(cloud.asked().len() - first, 3, "from then on the two are asked for alone");
    assert!(!cloud.asked().iter().any(Asked::is_dry_run), "an id that the cloud names needs no proof of permission");
}

#[tokio::test]
async fn a_failure_that_blames_no_machine_is_not_halved() {
    for (code, kind) in [
        ("Forbidden.RAM", Kind::PermissionDenied),
        ("SignatureDoesNotMatch", Kind::KeyDenied),
        ("Throttling", Kind::Throttled),
        ("InvalidApi.NotFound", Kind::Offline),
        ("InvalidRegionId.NotFound", Kind::Refused(Reason::RegionNotSupported)),
        ("NobodyKnows", Kind::Unclear),
    ] {
        let cloud = cloud(move |_| refused(code)).await;
        assert_eq!(cloud.ecs.machines(&instances(100), Lane::Sweep).await.unwrap_err().kind, kind);
        assert_eq!(cloud.ecs.links_of(&instances(100), Lane::Sweep).await.unwrap_err().kind, kind);
        assert_eq!(cloud.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_list_that_leaves_rows_out_says_nothing_about_the_machines_that_are_not_in_it() {
    let row = json!({"InstanceId": "i-000000", "InstanceNetworkType": "classic", "Status": "Running"});
    for body in [
        json!({"TotalCount": 2, "Instances": {"Instance": [row]}}),
        json!({"TotalCount": 1, "NextToken": "more", "Instances": {"Instance": [row]}}),
        json!({"Instances": {"Instance": [row]}}),
        json!({"TotalCount": 2, "Instances": {"Instance": [row, {"Status": "Running"}]}}),
        json!({"TotalCount": 2, "Instances": {"Instance": [row, {"InstanceId": "i-000001", "Status": "Running"}]}}),
    ] {
        let given = ok(body.clone());
        let cloud = cloud(move |_| given.clone()).await;
        let list = cloud.ecs.machines(&instances(2), Lane::Sweep).await.unwrap();
        assert_eq!(names(list.found.into_keys()), instances(1), "{body}");
        assert_eq!(list.unknown.into_keys().collect::<Vec<_>>(), [instance(1)], "{body}");
    }
}

#[tokio::test]
async fn a_look_whose_answer_is_unreadable_is_a_fault_of_the_moment() {
    for given in [
        reply(502, "<html><h1>502 Bad Gateway</h1></html>"),
        reply(200, r#"{"RequestId":"473469C7","TotalCount":1,"Lin"#),
        reply(200, "<DescribeInstancesResponse><RequestId>473469C7</RequestId>"),
        refused("InternalError"),
    ] {
        let cloud = cloud(move |_| given.clone()).await;
        let ecs = &cloud.ecs;
        assert_eq!(ecs.links(&LinkScope::Vpc(vpc_id()), Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(ecs.links_of(&instances(3), Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(ecs.machines(&instances(3), Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(ecs.vpc(&vpc_id(), Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(cloud.asked().len(), 4);
    }
}
