//! Refused by a rule, somebody else's, without keys: what waits for someone to act.

use classiclink::{
    api::{ExistingLink, Operation, Reason},
    link::{LinkRow, LinkSeen, MachineSeen, MachineState, Network, Progress, Standing, VpcId, VpcSeen},
};

use crate::{
    scene::Scene,
    scenes::{
        MINUTE, MOMENT, dead, denied, found, linkable, linked, machine, notice, refused, row, running, stuck, too_long,
        vpc,
    },
    state::{State, compare},
};

fn is_false(reason: Reason, name: &str, scene: Scene) -> State {
    State::failed(format!("{reason}, {name}"), ("False", reason), scene)
}

/// What account, namespace or claim say of the object.
fn not_accepted(scene: Scene, standing: Standing) -> Scene {
    scene.wants(|desired| desired.standing = standing).decided()
}

pub(super) fn by_a_rule() -> Vec<State> {
    let elsewhere = LinkRow { vpc: VpcId::new("vpc-another1").unwrap(), ..row() };
    let refuses = linkable().wants(|desired| desired.policy.existing = ExistingLink::Refuse);
    let invalid = not_accepted(Scene::new(), Standing::Refused(notice(Reason::InvalidId)));
    let unreadable = linkable().wants(|desired| desired.vpc = None).decided();
    let sees_machine = |seen: MachineSeen| linkable().sees(|sighting| sighting.machine = seen).decided();
    let sees_vpc = |seen: VpcSeen| linkable().sees(|sighting| sighting.vpc = seen).decided();
    vec![
        is_false(Reason::InvalidId, "of the machine", invalid),
        is_false(Reason::InvalidId, "of the VPC", unreadable),
        is_false(Reason::InstanceNotFound, "never seen", sees_machine(MachineSeen::NeverSeen)),
        is_false(Reason::InstanceNotClassic, "of a VPC", sees_machine(machine(Network::Vpc, MachineState::Linkable))),
        is_false(Reason::VpcNotFound, "not read", sees_vpc(VpcSeen::Missing)),
        is_false(Reason::CidrNotSupported, "as read", sees_vpc(vpc(false, true))),
        is_false(Reason::ClassicLinkDisabled, "as read", sees_vpc(vpc(true, false))),
        is_false(Reason::LinkedElsewhere, "by someone else", linkable().looks(LinkSeen::Alive(elsewhere)).decided()),
        is_false(Reason::NotOurs, "a dead record", dead(found()).decided()),
        is_false(Reason::ExistingLinkRefused, "by policy", refuses.looks(LinkSeen::Alive(row())).decided()),
    ]
}

#[test]
fn what_a_rule_refuses_is_failed() {
    compare(&by_a_rule());
}

/// What the cloud's table of codes may answer to an attach.
pub(super) fn by_the_cloud() -> Vec<State> {
    let reasons = [
        Reason::QuotaExceeded,
        Reason::CidrNotSupported,
        Reason::ClassicLinkDisabled,
        Reason::InstanceNotClassic,
        Reason::RegionNotSupported,
        Reason::Refused,
    ];
    let mut all: Vec<_> = reasons.map(|reason| is_false(reason, "by the cloud", denied(reason))).into();
    let task = running(linkable().begun()).after(MOMENT);
    let at = task.now;
    let task = task.progresses(Progress::Failed { at, message: "the task's own words".into() });
    all.push(is_false(Reason::Refused, "as a failed task", task.after(MOMENT).looks(LinkSeen::Absent).decided()));
    all
}

#[test]
fn what_the_cloud_refuses_is_failed() {
    compare(&by_the_cloud());
}

#[test]
fn a_change_that_is_tried_again_while_its_refusal_stands_stays_failed() {
    let again = denied(Reason::QuotaExceeded).after(MINUTE).looks(LinkSeen::Absent).begun();
    compare(&[is_false(Reason::QuotaExceeded, "tried again", running(again))]);
}

pub(super) fn for_ever() -> Vec<State> {
    vec![is_false(Reason::InstanceBusy, "for half an hour", stuck(linkable().begun(), Operation::Attach))]
}

#[test]
fn a_task_that_never_ends_is_failed() {
    compare(&for_ever());
}

pub(super) fn somebody_elses() -> Vec<State> {
    let reasons = [
        Reason::NamespaceNotAllowed,
        Reason::AccountNotFound,
        Reason::AccountNotReady,
        Reason::AccountTerminating,
        Reason::AccountChanged,
    ];
    let claimed = Standing::Claimed("default/other".into());
    let told = reasons.map(|reason| (reason, Standing::Refused(notice(reason))));
    let standings = told.into_iter().chain([(Reason::ClaimedByOther, claimed)]);
    let both = |(reason, standing): (Reason, Standing)| {
        let linked = not_accepted(linked(), standing.clone());
        [
            is_false(reason, "of a new object", not_accepted(Scene::new(), standing)),
            is_false(reason, "of a linked one", linked),
        ]
    };
    standings.flat_map(both).collect()
}

#[test]
fn what_is_somebody_elses_is_failed() {
    compare(&somebody_elses());
}

pub(super) fn without_keys() -> Vec<State> {
    let unknown = |reason, name: &str, scene| State::failed(format!("{reason}, {name}"), ("Unknown", reason), scene);
    let mut all = Vec::new();
    for reason in [
        Reason::CredentialsMissing,
        Reason::CredentialsIncomplete,
        Reason::CredentialsRejected,
        Reason::PermissionDenied,
        Reason::ApiRetired,
    ] {
        let blind = linked().after(MINUTE).fails_to_look(notice(reason));
        all.extend([
            unknown(reason, "never Ready", Scene::new().fails_to_look(notice(reason)).decided()),
            State::current(format!("{reason}, for a minute"), Reason::Linked, blind.clone().after(MINUTE).decided()),
            unknown(reason, "past the patience", blind.after(too_long()).decided()),
        ]);
    }
    // What a change may be refused for although looks succeed.
    for reason in [Reason::CredentialsRejected, Reason::PermissionDenied, Reason::ApiRetired] {
        let moving = linked().after(MINUTE).edited("vpc-another1").begun();
        all.extend([
            unknown(reason, "on the attach", denied(reason)),
            unknown(reason, "on the detach of a move", refused(moving, reason)),
            unknown(reason, "on the detach of a dead record", refused(dead(linked()).begun(), reason)),
        ]);
    }
    all
}

#[test]
fn keys_that_do_not_serve_are_failed_and_a_linked_object_stays_current_for_the_patience() {
    compare(&without_keys());
}
