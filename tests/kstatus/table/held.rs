//! Machines that go, guards that hold, policies that keep hands off.

use classiclink::{
    api::{ConditionType, InstanceReturnPolicy, ManagementPolicy, Reason},
    link::{Guard, LinkSeen, Policy},
};
use control_plane::Kstatus;

use crate::{
    scene::Scene,
    scenes::{MINUTE, dead, found, gone, guarded, linkable, linked, notice, row, too_long},
    state::{State, compare},
};

pub(super) fn missing() -> Vec<State> {
    let missed = || linked().after(MINUTE).misses_machine();
    let unknown = |name: &str, scene| State::in_progress(name, ("Unknown", Reason::InstanceMissing), scene);
    let never_ready = linkable().begun().after(MINUTE).misses_machine();
    vec![
        State::current("for a moment", Reason::Linked, missed().decided()),
        State::current("for a minute", Reason::Linked, missed().after(MINUTE).decided()),
        unknown("past the patience", missed().after(too_long()).decided()),
        unknown("before it was ever Ready", settled(never_ready)),
    ]
}

/// Long enough that what is seen counts, whatever became of the change.
fn settled(scene: Scene) -> Scene {
    scene.after(too_long() + MINUTE).looks(LinkSeen::Absent).decided()
}

#[test]
fn a_missing_machine_is_as_last_seen_and_in_progress_past_the_patience() {
    compare(&missing());
}

pub(super) fn for_a_person() -> Vec<State> {
    let stalled =
        |name: &str, ready, scene| State::new(name, scene, ready, Some(ConditionType::Stalled), Kstatus::Failed);
    let as_linked = |name: &str, scene| stalled(name, ("True", Reason::Linked), scene);
    let long_missing = linked().after(MINUTE).misses_machine().after(too_long()).decided();
    // The brake has no count of its own here: its word is handed in where the other guards hand in theirs.
    let braked = dead(linked()).sees(|seen| seen.guard = Some(notice(Reason::DetachHeld)));
    vec![
        as_linked("many machines went", guarded(Guard::Return, gone(linked())).decided()),
        as_linked(
            "many machines went, and the object was edited",
            guarded(Guard::Return, gone(linked())).edited("vpc-another1").decided(),
        ),
        stalled(
            "many machines were missing for long, and went",
            ("Unknown", Reason::InstanceMissing),
            guarded(Guard::Return, gone(long_missing)).decided(),
        ),
        as_linked("many links died", guarded(Guard::Relink, dead(linked())).decided()),
        as_linked("many links would be removed", braked.decided()),
    ]
}

#[test]
fn what_waits_for_a_person_is_failed_while_ready_stays_as_last_seen() {
    compare(&for_a_person());
}

pub(super) fn returned() -> Vec<State> {
    let returned = |name: &str, policy: Policy| {
        let scene = gone(linked()).wants(|desired| desired.policy = policy).decided();
        State::failed(name, ("False", Reason::InstanceReturned), scene)
    };
    vec![
        returned("kept by policy", Policy { on_return: InstanceReturnPolicy::Retain, ..Policy::default() }),
        returned("observed", Policy { management: ManagementPolicy::Observe, ..Policy::default() }),
        returned("suspended", Policy { suspend: true, ..Policy::default() }),
    ]
}

#[test]
fn a_returned_machine_whose_object_stays_is_failed() {
    compare(&returned());
}

pub(super) fn hands_off() -> Vec<State> {
    let policies = [
        (Reason::Differs, Policy { management: ManagementPolicy::Observe, ..Policy::default() }),
        (Reason::Suspended, Policy { suspend: true, ..Policy::default() }),
    ];
    let each = |(reason, policy): (Reason, Policy)| {
        let off = |scene: Scene| scene.wants(|desired| desired.policy = policy);
        let differs =
            |name: &str, scene| State::failed(format!("{reason}, {name}"), ("False", reason), off(scene).decided());
        let moved = linked().after(MINUTE).edited("vpc-another1");
        [
            State::current(format!("{reason}, linked by us"), Reason::Linked, off(linked()).decided()),
            State::current(
                format!("{reason}, found"),
                Reason::Linked,
                off(linkable()).looks(LinkSeen::Alive(row())).decided(),
            ),
            differs("no link", linkable()),
            differs("our link was lost", linked().after(MINUTE).looks(LinkSeen::Absent)),
            differs("our link is dead", dead(linked())),
            differs("our link leads to the VPC of before", moved),
        ]
    };
    policies.into_iter().flat_map(each).collect()
}

#[test]
fn an_object_that_keeps_its_hands_off_is_current_while_the_world_is_as_wanted_and_failed_when_it_differs() {
    compare(&hands_off());
}

#[test]
fn an_object_goes_with_its_machine_as_it_was_last_seen() {
    let left = |scene: Scene| State::current("until the look that proves it", Reason::Linked, gone(scene));
    compare(&[left(linked()), left(found())]);
}
