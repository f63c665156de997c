//! New, changing, linked, healing, waiting for the cloud: what passes by itself.

use classiclink::{
    api::{ClassicLinkStatus, CloudAccountStatus, ConditionType, ExistingLink, Reason},
    link::{Answer, LinkRow, LinkSeen, MachineState, Network, Row, VpcSeen},
};
use control_plane::{Kstatus, judge};
use serde_json::{Value, json};

use crate::{
    scene::{Scene, default_status, tempo},
    scenes::{MINUTE, MOMENT, dead, denied, ended, found, linkable, linked, machine, notice, row, running, too_long},
    state::{State, compare},
};

pub(super) fn new() -> Vec<State> {
    let pending =
        |name: &str, scene: Scene| State::new(name, scene, ("Unknown", Reason::Pending), None, Kstatus::InProgress);
    vec![
        pending("as the API server made it", Scene::new()),
        pending("no look was made yet", Scene::new().decided()),
        pending("the VPC was not read yet", linkable().sees(|seen| seen.vpc = VpcSeen::Unlooked).decided()),
    ]
}

#[test]
fn a_new_object_is_in_progress() {
    compare(&new());
}

#[test]
fn a_new_object_of_either_kind_is_in_progress_by_its_default_status_alone() {
    let object = |kind: &str, status: Value| {
        json!({
            "apiVersion": "classiclink.dev/v1alpha1", "kind": kind,
            "metadata": {"name": "new", "generation": 1}, "status": status,
        })
    };
    let link: ClassicLinkStatus = default_status("ClassicLink");
    let account: CloudAccountStatus = default_status("CloudAccount");
    let objects = [
        object("ClassicLink", serde_json::to_value(link).unwrap()),
        object("CloudAccount", serde_json::to_value(account).unwrap()),
    ];
    for (object, judgement) in objects.iter().zip(judge(&objects).unwrap()) {
        assert_eq!(judgement.word, Kstatus::InProgress, "{object:#}");
        assert_eq!(judgement.message, "waiting for the controller");
    }
}

pub(super) fn changing() -> Vec<State> {
    let attaching = |name: &str, scene| State::in_progress(name, ("False", Reason::Attaching), scene);
    let moving = |name: &str, scene| State::in_progress(name, ("False", Reason::Moving), scene);
    let asked = linkable().begun().after(MOMENT);
    let at = asked.now;
    let unclear = asked.clone().answered(Answer::Unclear { at }).decided();
    let split = asked.answered(Answer::Split { at, batch: 8 }).after(MOMENT).looks(LinkSeen::Absent).decided();
    let leaving = linked().after(MINUTE).edited("vpc-another1").begun();
    let left = ended(running(leaving.clone()), LinkSeen::Absent).begun();
    vec![
        attaching("the intent is written", linkable().begun()),
        attaching("the task runs", running(linkable().begun())),
        attaching("nobody knows whether it left", unclear),
        attaching("the batch was refused, and a smaller one is to come", split),
        moving("the old link is to be removed", leaving.clone()),
        moving("the old link is being removed", running(leaving)),
        moving("the old link is gone", left.clone()),
        moving("the new link is being made", running(left)),
    ]
}

#[test]
fn a_running_task_is_in_progress() {
    compare(&changing());
}

/// A link to the wanted VPC, made for nobody knows which address.
fn unverified() -> Scene {
    let adopts = linkable().wants(|desired| desired.policy.existing = ExistingLink::Adopt);
    adopts.looks(LinkSeen::Unverified(LinkRow { private_ip: None, ..row() })).decided()
}

pub(super) fn alive() -> Vec<State> {
    let current = |name: &str, scene| State::current(name, Reason::Linked, scene);
    let adopts = linkable().wants(|desired| desired.policy.existing = ExistingLink::Adopt);
    let stopped = |state| linked().sees(|seen| seen.machine = machine(Network::Classic, state)).decided();
    let suspect = dead(linked());
    assert_eq!(suspect.rows().last(), Some(&Row::Suspect));
    vec![
        current("made by us", linked()),
        current("found", found()),
        current("adopted", adopts.looks(LinkSeen::Alive(row())).decided()),
        current("alive although the machine could not be linked now", stopped(MachineState::NotReady)),
        current("alive although the machine is being returned", stopped(MachineState::Returning)),
        current("seen dead once", suspect),
        State::current("of unknown address", Reason::AddressUnverified, unverified()),
    ]
}

#[test]
fn a_link_that_was_seen_alive_is_current() {
    compare(&alive());
}

/// The specification is newer than the status: whatever that says, it is about the old one.
pub(super) fn edited() -> Vec<State> {
    let unseen = |name: &str, ready, beside, scene: Scene| {
        State::new(name, scene.edited("vpc-another1"), ready, beside, Kstatus::InProgress)
    };
    vec![
        unseen("after it was linked", ("True", Reason::Linked), None, linked()),
        unseen(
            "after it was refused",
            ("False", Reason::QuotaExceeded),
            Some(ConditionType::Stalled),
            denied(Reason::QuotaExceeded),
        ),
    ]
}

#[test]
fn an_edit_that_was_not_seen_yet_is_in_progress_whatever_the_status_says() {
    compare(&edited());
}

pub(super) fn healing() -> Vec<State> {
    let relinking = |name: &str, scene| State::in_progress(name, ("False", Reason::Relinking), scene);
    let removing = dead(linked()).begun();
    let removed = ended(running(removing.clone()), LinkSeen::Absent).begun();
    let lost = linked().after(MINUTE).looks(LinkSeen::Absent).begun();
    let missed = found().after(MINUTE).looks(LinkSeen::Absent).decided();
    let unread = linked().after(MINUTE).looks(LinkSeen::Absent).sees(|seen| seen.vpc = VpcSeen::Unlooked).decided();
    let gone = missed.clone().after(tempo().sweep()).looks(LinkSeen::Absent).begun();
    vec![
        relinking("the dead record is to be removed", removing.clone()),
        relinking("the dead record is being removed", running(removing)),
        relinking("the dead record is gone", removed.clone()),
        relinking("the link is being made again", running(removed)),
        relinking("our link was lost", lost.clone()),
        relinking("our lost link is being made again", running(lost)),
        relinking("our link was lost, and the VPC was not read yet", unread),
        relinking(
            "an adopted link of unknown address was lost",
            unverified().after(MINUTE).looks(LinkSeen::Absent).begun(),
        ),
        relinking("a found link was missed once", missed),
        relinking("a found link went by itself", gone),
    ]
}

#[test]
fn healing_is_in_progress() {
    compare(&healing());
}

pub(super) fn waiting_for_the_cloud() -> Vec<State> {
    let mut all =
        vec![State::in_progress("Throttled, on the attach", ("Unknown", Reason::Throttled), denied(Reason::Throttled))];
    for reason in [Reason::Throttled, Reason::ProviderUnavailable] {
        let wanting = |name: &str, scene| State::in_progress(format!("{reason}, {name}"), ("Unknown", reason), scene);
        let blind = linked().after(MINUTE).fails_to_look(notice(reason));
        let unread = linkable().sees(|seen| seen.vpc = VpcSeen::Unknown(notice(reason)));
        all.extend([
            wanting("before the first success", Scene::new().fails_to_look(notice(reason)).decided()),
            wanting("the VPC cannot be read", unread.decided()),
            State::current(format!("{reason}, for a minute"), Reason::Linked, blind.clone().after(MINUTE).decided()),
            wanting("past the patience", blind.after(too_long()).decided()),
        ]);
    }
    all
}

#[test]
fn a_cloud_that_does_not_answer_is_in_progress_and_a_linked_object_stays_current_for_the_patience() {
    compare(&waiting_for_the_cloud());
}

pub(super) fn waiting_for_the_machine() -> Vec<State> {
    let unready = |state| linkable().sees(|seen| seen.machine = machine(Network::Classic, state)).decided();
    let not_ready = |name: &str, scene| State::in_progress(name, ("False", Reason::InstanceNotReady), scene);
    vec![
        State::in_progress("another task", ("False", Reason::InstanceBusy), denied(Reason::InstanceBusy)),
        not_ready("being made", unready(MachineState::NotReady)),
        not_ready("being returned", unready(MachineState::Returning)),
    ]
}

#[test]
fn a_machine_that_is_busy_or_not_ready_is_in_progress() {
    compare(&waiting_for_the_machine());
}
