//! Rules of the world, one test each, with a clock that the tests hold.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::settings::{
    Accepted, Attach, Checked, DeadRecordInQuota, DetachOfDeadRecord, DetachWithoutLink, NotClassic, WriteInRecycleBin,
    WriteWhileTaskRuns,
};
use super::*;

const DURATION: Millis = 1_000;

fn place() -> Place {
    Place { account: "1".into(), region: "ap-guangzhou".into() }
}

fn vpc(name: &str) -> VpcId {
    VpcId::try_from(format!("vpc-{name}")).unwrap()
}

fn machine(number: usize) -> InstanceId {
    InstanceId::try_from(format!("ins-test{number}")).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn ip(last: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 66, 0, u8::try_from(last).unwrap())
}

/// VPCs `good`, `other`, `wide` and `wrong`, and nine machines with the addresses 10.66.0.1 and on.
fn world() -> World {
    let mut world = World::default();
    world.add_account(read(json!({"id": "1"}))).unwrap();
    let ranges =
        [("good", "10.0.0.0/16"), ("other", "10.47.255.0/24"), ("wide", "10.32.0.0/12"), ("wrong", "10.48.0.0/16")];
    for (name, cidr) in ranges {
        let new = json!({"account": "1", "region": "ap-guangzhou", "id": vpc(name), "cidr": cidr});
        world.add_vpc(read(new), 0).unwrap();
    }
    for number in 1..=9 {
        let new = json!({"account": "1", "region": "ap-guangzhou", "id": machine(number), "ip": ip(number)});
        world.add_machine(read(new), 0).unwrap();
    }
    world
}

fn order(operation: Operation, name: &str, machines: &[usize]) -> Order {
    let machines = machines.iter().copied().map(machine).collect();
    Order { place: place(), operation, vpc: vpc(name), machines, request_id: None }
}

fn attach(world: &mut World, name: &str, machines: &[usize], now: Millis) -> Result<u64, Refusal> {
    world.submit(order(Operation::Attach, name, machines), None, now).map(|receipt| receipt.task)
}

fn detach(world: &mut World, name: &str, machines: &[usize], now: Millis) -> Result<u64, Refusal> {
    world.submit(order(Operation::Detach, name, machines), None, now).map(|receipt| receipt.task)
}

/// A world in which the first machine is linked to `good` at `DURATION`.
fn linked() -> World {
    let mut world = world();
    attach(&mut world, "good", &[1], 0).unwrap();
    world.advance(DURATION);
    assert_eq!(listed(&world, DURATION), [ip(1)]);
    world
}

/// A world in which the first machine's record is dead.
fn dead() -> World {
    let mut world = linked();
    world.change_ip(&machine(1), Some(ip(100)), DURATION).unwrap();
    world
}

fn listed(world: &World, now: Millis) -> Vec<Ipv4Addr> {
    let links = world.list_links(&place(), &LinkFilter::default(), now).unwrap();
    links.into_iter().map(|link| link.recorded_ip).collect()
}

fn outcome(world: &mut World, task: u64, now: Millis) -> Outcome {
    world.advance(now);
    world.look_at_task(&place(), task, now).unwrap().outcome.clone()
}

fn is_failed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(_))
}

#[test]
fn a_task_takes_effect_at_the_moment_it_is_due() {
    let mut world = world();
    let task = attach(&mut world, "good", &[1], 5).unwrap();
    assert_eq!(outcome(&mut world, task, 4 + DURATION), Outcome::Running);
    assert!(listed(&world, 4 + DURATION).is_empty());
    // Nobody looked at the moment itself; the link has stood since then all the same.
    assert_eq!(outcome(&mut world, task, 9_999), Outcome::Succeeded);
    assert_eq!(world.look_at_task(&place(), task, 9_999).unwrap().ended_at, Some(5 + DURATION));
    let link = world.region(&place()).unwrap().links.of(&machine(1)).unwrap();
    assert_eq!((link.since, link.recorded_ip), (5 + DURATION, ip(1)));
}

#[test]
fn a_task_of_no_duration_has_taken_effect_when_its_write_is_answered() {
    let mut world = world();
    world.rules.timing.task_duration_ms = 0;
    attach(&mut world, "good", &[1], 5).unwrap();
    assert_eq!(listed(&world, 5), [ip(1)]);
}

#[test]
fn tasks_have_increasing_ids() {
    let mut world = world();
    let first = attach(&mut world, "good", &[1], 0).unwrap();
    assert_eq!(attach(&mut world, "good", &[2], 0), Ok(first + 1));
}

#[test]
fn only_ranges_inside_10_0_to_10_47_are_linkable() {
    let mut world = world();
    attach(&mut world, "other", &[1], 0).unwrap();
    assert_eq!(attach(&mut world, "wrong", &[2], 0), Err(Refusal::CidrUnsupported));
    for (cidr, is_linkable) in
        [("10.47.0.0/16", true), ("10.48.0.0/16", false), ("10.0.0.0/28", true), ("172.16.0.0/16", false)]
    {
        let new = json!({"account": "1", "region": "ap-guangzhou", "cidr": cidr});
        let id = world.add_vpc(read(new), 0).unwrap();
        let order = Order { vpc: id, ..order(Operation::Attach, "good", &[3]) };
        let judged = rules::judge(&world.rules, world.region(&place()), &order);
        assert_eq!(judged[0].is_ok(), is_linkable, "{cidr}");
    }
}

#[test]
fn a_range_wider_than_16_is_for_the_switch_to_decide() {
    let mut world = world();
    attach(&mut world, "wide", &[1], 0).unwrap();
    world.rules.switches.wide_cidr = Accepted::Refused;
    assert_eq!(attach(&mut world, "wide", &[2], 0), Err(Refusal::CidrUnsupported));
}

#[test]
fn an_unsupported_range_can_fail_in_the_task() {
    let mut world = world();
    world.rules.switches.unsupported_cidr = Checked::InTask;
    let task = attach(&mut world, "wrong", &[1], 0).unwrap();
    assert!(is_failed(&outcome(&mut world, task, DURATION)));
}

#[test]
fn a_machine_of_a_vpc_cannot_be_linked() {
    let mut world = world();
    world.migrate(&machine(1), vpc("good"), ip(200), 0).unwrap();
    for (switch, refusal) in
        [(NotClassic::Immediate, Refusal::NotClassic), (NotClassic::InstanceNotFound, Refusal::MachineNotFound)]
    {
        world.rules.switches.not_classic = switch;
        assert_eq!(attach(&mut world, "good", &[1], 0), Err(refusal));
    }
    world.rules.switches.not_classic = NotClassic::InTask;
    let task = attach(&mut world, "good", &[1], 0).unwrap();
    assert!(is_failed(&outcome(&mut world, task, DURATION)));
}

#[test]
fn a_machine_without_an_address_is_not_ready() {
    let mut world = world();
    world.change_ip(&machine(1), None, 0).unwrap();
    assert_eq!(attach(&mut world, "good", &[1], 0), Err(Refusal::Busy));
}

#[test]
fn a_machine_has_one_link() {
    let mut world = linked();
    assert_eq!(attach(&mut world, "other", &[1], 2_000), Err(Refusal::AlreadyLinked));
}

#[test]
fn attaching_to_the_same_vpc_again_changes_nothing() {
    let mut world = linked();
    attach(&mut world, "good", &[1], 2_000).unwrap();
    world.advance(9_000);
    assert_eq!(world.region(&place()).unwrap().links.of(&machine(1)).unwrap().since, DURATION);
    world.rules.switches.attach_same_vpc_again = Attach::AlreadyLinked;
    assert_eq!(attach(&mut world, "good", &[1], 9_000), Err(Refusal::AlreadyLinked));
}

#[test]
fn a_changed_address_leaves_a_dead_record_with_the_old_one() {
    let world = dead();
    let region = world.region(&place()).unwrap();
    let link = region.links.of(&machine(1)).unwrap();
    assert!(!region.is_alive(link));
    assert_eq!(link.recorded_ip, ip(1));
}

#[test]
fn a_machine_that_shows_no_address_does_not_kill_its_record() {
    let mut world = linked();
    world.change_ip(&machine(1), None, DURATION).unwrap();
    let region = world.region(&place()).unwrap();
    assert!(region.is_alive(region.links.of(&machine(1)).unwrap()));
}

#[test]
fn a_dead_record_is_replaced_or_in_the_way() {
    let mut world = dead();
    world.rules.switches.attach_over_dead_record = Attach::AlreadyLinked;
    assert_eq!(attach(&mut world, "good", &[1], 2_000), Err(Refusal::AlreadyLinked));
    world.rules.switches.attach_over_dead_record = Attach::Success;
    attach(&mut world, "other", &[1], 2_000).unwrap();
    world.advance(3_000);
    assert_eq!(listed(&world, 3_000), [ip(100)]);
    assert_eq!(world.region(&place()).unwrap().links.count(&vpc("good")), 0);
}

#[test]
fn a_dead_record_can_go_by_itself() {
    let mut world = linked();
    world.rules.timing.dead_record_lifetime_ms = Some(500);
    world.change_ip(&machine(1), Some(ip(100)), 2_000).unwrap();
    world.advance(2_499);
    assert_eq!(listed(&world, 2_499).len(), 1);
    world.advance(2_500);
    assert!(listed(&world, 2_500).is_empty());
}

#[test]
fn a_record_that_came_alive_again_does_not_vanish() {
    let mut world = linked();
    world.rules.timing.dead_record_lifetime_ms = Some(500);
    world.change_ip(&machine(1), Some(ip(100)), 2_000).unwrap();
    world.change_ip(&machine(1), Some(ip(1)), 2_100).unwrap();
    world.advance(9_000);
    assert_eq!(listed(&world, 9_000), [ip(1)]);
}

#[test]
fn the_detach_of_a_dead_record_succeeds_or_is_refused_and_it_vanishes() {
    let mut world = dead();
    detach(&mut world, "good", &[1], 2_000).unwrap();
    world.advance(3_000);
    assert!(listed(&world, 3_000).is_empty());

    let mut world = dead();
    world.rules.switches.detach_of_dead_record = DetachOfDeadRecord::NotFoundThenVanishes;
    assert_eq!(detach(&mut world, "good", &[1], 2_000), Err(Refusal::NoLink));
    world.advance(3_999);
    assert_eq!(listed(&world, 3_999).len(), 1);
    world.advance(4_000);
    assert!(listed(&world, 4_000).is_empty());
}

#[test]
fn a_dead_record_whose_detach_is_refused_in_its_task_does_not_vanish_before_that() {
    let mut world = dead();
    world.rules.switches.detach_of_dead_record = DetachOfDeadRecord::NotFoundThenVanishes;
    world.rules.switches.business_checks = Checked::InTask;
    detach(&mut world, "good", &[1], 2_000).unwrap();
    world.advance(4_999);
    assert_eq!(listed(&world, 4_999).len(), 1);
    world.advance(5_000);
    assert!(listed(&world, 5_000).is_empty());
}

#[test]
fn a_detach_touches_only_a_link_to_the_vpc_it_names() {
    let mut world = linked();
    let task = detach(&mut world, "other", &[1], 2_000).unwrap();
    assert_eq!(outcome(&mut world, task, 3_000), Outcome::Succeeded);
    assert_eq!(listed(&world, 3_000), [ip(1)]);
}

#[test]
fn a_detach_of_nothing_succeeds_is_refused_or_fails_in_the_task() {
    let mut world = world();
    let task = detach(&mut world, "good", &[1], 0).unwrap();
    assert_eq!(outcome(&mut world, task, DURATION), Outcome::Succeeded);
    world.rules.switches.detach_without_link = DetachWithoutLink::NotFound;
    assert_eq!(detach(&mut world, "good", &[1], 2_000), Err(Refusal::NoLink));
    world.rules.switches.detach_without_link = DetachWithoutLink::TaskFailed;
    let task = detach(&mut world, "good", &[1], 2_000).unwrap();
    assert!(is_failed(&outcome(&mut world, task, 3_000)));
}

#[test]
fn the_quota_counts_the_items_of_one_batch() {
    let mut world = world();
    world.rules.limits.links_per_vpc = 2;
    assert_eq!(attach(&mut world, "good", &[1, 2, 3], 0), Err(Refusal::QuotaReached));
    attach(&mut world, "good", &[1, 2], 0).unwrap();
}

#[test]
fn writes_that_together_exceed_the_quota_fail_in_the_later_task() {
    let mut world = world();
    world.rules.limits.links_per_vpc = 1;
    let first = attach(&mut world, "good", &[1], 0).unwrap();
    let second = attach(&mut world, "good", &[2], 1).unwrap();
    assert!(is_failed(&outcome(&mut world, second, 2_000)));
    assert_eq!(outcome(&mut world, first, 2_000), Outcome::Succeeded);
    assert_eq!(listed(&world, 2_000), [ip(1)]);
}

#[test]
fn a_quota_of_its_own_goes_before_the_general_one() {
    let mut world = world();
    world.rules.limits.links_per_vpc = 1;
    world.change_vpc(&vpc("good"), read(json!({"quota": 2}))).unwrap();
    attach(&mut world, "good", &[1, 2], 0).unwrap();
}

#[test]
fn dead_records_count_against_the_quota_or_not() {
    let mut world = dead();
    world.rules.limits.links_per_vpc = 1;
    assert_eq!(attach(&mut world, "good", &[2], 2_000), Err(Refusal::QuotaReached));
    world.rules.switches.dead_record_in_quota = DeadRecordInQuota::Free;
    attach(&mut world, "good", &[2], 2_000).unwrap();
}

#[test]
fn a_dead_record_can_be_replaced_in_a_full_vpc() {
    let mut world = dead();
    world.rules.limits.links_per_vpc = 1;
    attach(&mut world, "good", &[1], 2_000).unwrap();
}

#[test]
fn a_bad_item_spoils_its_batch_or_only_itself() {
    let mut world = linked();
    assert_eq!(attach(&mut world, "other", &[1, 2], 2_000), Err(Refusal::AlreadyLinked));
    world.rules.switches.batch_with_bad_item = BatchWithBadItem::PartlyDone;
    let receipt = world.submit(order(Operation::Attach, "other", &[1, 2]), None, 2_000).unwrap();
    assert_eq!(receipt.partly_refused, Some(Refusal::AlreadyLinked));
    world.advance(3_000);
    assert_eq!(listed(&world, 3_000), [ip(1), ip(2)]);
}

#[test]
fn a_batch_of_bad_items_is_refused_whatever_the_switch() {
    let mut world = linked();
    world.rules.switches.batch_with_bad_item = BatchWithBadItem::PartlyDone;
    assert_eq!(attach(&mut world, "other", &[1], 2_000), Err(Refusal::AlreadyLinked));
}

#[test]
fn a_task_fails_if_the_world_changed_while_it_ran() {
    let mut world = world();
    let task = attach(&mut world, "good", &[1], 0).unwrap();
    let foreign = json!({"instanceId": machine(1), "vpcId": vpc("other")});
    world.link_by_hand(read(foreign), 500).unwrap();
    assert!(is_failed(&outcome(&mut world, task, DURATION)));
    assert_eq!(world.region(&place()).unwrap().links.of(&machine(1)).unwrap().vpc, vpc("other"));
}

#[test]
fn an_arranged_failure_has_no_effect() {
    let mut world = world();
    let order = order(Operation::Attach, "good", &[1]);
    let task = world.submit(order, Some("no".into()), 0).unwrap().task;
    assert_eq!(outcome(&mut world, task, DURATION), Outcome::Failed("no".into()));
    assert!(listed(&world, DURATION).is_empty());
}

#[test]
fn a_running_task_locks_its_machine_unless_the_switch_lets_writes_through() {
    let mut world = world();
    attach(&mut world, "good", &[1], 0).unwrap();
    assert_eq!(detach(&mut world, "good", &[1], 1), Err(Refusal::Busy));
    attach(&mut world, "good", &[2], 1).unwrap();
    world.rules.switches.write_while_task_runs = WriteWhileTaskRuns::Accepted;
    detach(&mut world, "good", &[1], 1).unwrap();
    world.advance(5_000);
    assert_eq!(listed(&world, 5_000), [ip(2)]);
}

#[test]
fn an_overlap_is_counted_for_tasks_of_the_same_account_that_still_run() {
    let mut world = world();
    attach(&mut world, "good", &[1], 0).unwrap();
    let other = Place { account: "2".into(), ..place() };
    world.note_arrival(&other, Operation::Detach, &[machine(1)], 1);
    assert_eq!(world.overlap_counts().get("1"), None);
    world.note_arrival(&place(), Operation::Detach, &[machine(1), machine(2)], 1);
    assert_eq!(world.overlap_counts().get("1"), Some(&1));
    world.advance(DURATION);
    world.note_arrival(&place(), Operation::Detach, &[machine(1)], DURATION);
    assert_eq!(world.overlap_counts().get("1"), Some(&1));
}

#[test]
fn lists_show_the_links_of_a_while_ago() {
    let mut world = linked();
    world.rules.timing.list_delay_ms = 300;
    assert!(listed(&world, DURATION + 299).is_empty());
    assert_eq!(listed(&world, DURATION + 300), [ip(1)]);
    world.unlink_by_hand(&machine(1), 2_000).unwrap();
    assert_eq!(listed(&world, 2_299), [ip(1)]);
    assert!(listed(&world, 2_300).is_empty());
    assert_eq!(world.count_links(&place(), 2_299).get(&vpc("good")), Some(&1));
}

#[test]
fn isolation_and_every_status_keep_the_link() {
    let mut world = linked();
    world.set_isolation(&machine(1), Some(Isolation::Security)).unwrap();
    for status in [MachineStatus::Stopped, MachineStatus::Reinstalling, MachineStatus::Upgrading] {
        world.set_status(&machine(1), status, 2_000).unwrap();
    }
    assert_eq!(listed(&world, 2_000), [ip(1)]);
}

#[test]
fn a_return_unlinks_with_the_recycle_bin_or_with_the_destruction() {
    let mut world = linked();
    world.return_machine(&machine(1), 2_000).unwrap();
    assert!(listed(&world, 2_000).is_empty());

    let mut world = linked();
    world.rules.switches.unlink_on_return = UnlinkOnReturn::AtDestruction;
    world.return_machine(&machine(1), 2_000).unwrap();
    assert_eq!(listed(&world, 2_000), [ip(1)]);
    world.destroy_machine(&machine(1), 3_000).unwrap();
    assert!(listed(&world, 3_000).is_empty());
}

#[test]
fn the_recycle_bin_can_empty_itself() {
    let mut world = world();
    world.rules.timing.recycle_bin_ms = Some(100);
    world.return_machine(&machine(1), 0).unwrap();
    world.advance(99);
    assert!(world.home(&machine(1)).is_some());
    world.advance(100);
    assert!(world.home(&machine(1)).is_none());
}

#[test]
fn a_returned_machine_is_not_found_by_writes_unless_the_switch_says_otherwise() {
    let mut world = world();
    world.return_machine(&machine(1), 0).unwrap();
    assert_eq!(attach(&mut world, "good", &[1], 0), Err(Refusal::MachineNotFound));
    world.rules.switches.write_in_recycle_bin = WriteInRecycleBin::Accepted;
    attach(&mut world, "good", &[1], 0).unwrap();
}

#[test]
fn a_linked_machine_does_not_migrate_and_a_linked_vpc_is_not_deleted() {
    let mut world = linked();
    assert!(world.migrate(&machine(1), vpc("good"), ip(200), 0).is_err());
    assert!(world.remove_vpc(&vpc("good"), 0).is_err());
    world.unlink_by_hand(&machine(1), 2_000).unwrap();
    world.migrate(&machine(1), vpc("other"), ip(200), 0).unwrap();
    world.remove_vpc(&vpc("good"), 0).unwrap();
    assert!(world.remove_vpc(&vpc("other"), 0).is_err(), "a machine lives there");
}

#[test]
fn nothing_is_found_in_another_place() {
    let mut world = linked();
    let elsewhere = Place { region: "ap-shanghai".into(), ..place() };
    let order = Order { place: elsewhere.clone(), ..order(Operation::Attach, "good", &[2]) };
    assert_eq!(world.submit(order, None, 0).unwrap_err(), Refusal::VpcNotFound);
    assert!(world.list_links(&elsewhere, &LinkFilter::default(), DURATION).unwrap().is_empty());
    assert_eq!(world.look_at_task(&elsewhere, 135_254, DURATION).unwrap_err(), Refusal::TaskNotFound);
}

#[test]
fn a_key_may_do_what_its_patterns_say() {
    let key = |actions: Value| {
        Key::from(read::<NewKey>(json!({"secretId": "a", "secretKey": "b", "allowedActions": actions})))
    };
    assert!(key(Value::Null).may("vpc", "Attach"));
    assert!(key(json!(["*"])).may("vpc", "Attach"));
    assert!(key(json!(["vpc:*"])).may("vpc", "Attach"));
    assert!(!key(json!(["vpc:*"])).may("cvm", "Attach"));
    assert!(!key(json!(["vpc:List"])).may("vpc", "Attach"));
    assert!(!key(json!([])).may("vpc", "Attach"));
}

#[test]
fn a_secret_does_not_show_in_debug() {
    let key: NewKey = read(json!({"secretId": "a", "secretKey": "hidden-key", "token": "hidden-token"}));
    assert!(!format!("{key:?}").contains("hidden"));
}

#[test]
fn ids_have_a_form() {
    for (text, is_id) in
        [("ins-abcd", true), ("i-0000", true), ("ins-abc", false), ("ins-ABCD", false), ("vpc-abcd", false)]
    {
        assert_eq!(InstanceId::try_from(text.to_owned()).is_ok(), is_id, "{text}");
    }
    assert!(VpcId::try_from("vpc-demo0001".to_owned()).is_ok());
    assert!(VpcId::try_from("gz_vpc_245".to_owned()).is_err());
}
