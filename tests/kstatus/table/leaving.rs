//! Being deleted: whatever is said, the object is terminating.

use classiclink::{
    api::{
        ConditionType::{Reconciling, Stalled},
        DeletionPolicy, Operation, Reason,
    },
    link::{Guard, LinkSeen, Standing},
};
use control_plane::Kstatus;

use crate::{
    scene::{Scene, tempo},
    scenes::{MINUTE, denied, found, gone, guarded, linkable, linked, notice, refused, running, stuck},
    state::{State, compare},
};

fn leaving() -> Scene {
    linked().after(MINUTE).deleted()
}

pub(super) fn before_anyone_saw_it() -> Vec<State> {
    let as_before = |name: &str, ready, beside, scene: Scene| {
        State::new(name, scene.deleted(), ready, beside, Kstatus::Terminating)
    };
    vec![
        as_before("new", ("Unknown", Reason::Pending), None, Scene::new()),
        as_before("linked", ("True", Reason::Linked), None, linked()),
        as_before("attaching", ("False", Reason::Attaching), Some(Reconciling), linkable().begun()),
        as_before("refused", ("False", Reason::QuotaExceeded), Some(Stalled), denied(Reason::QuotaExceeded)),
    ]
}

#[test]
fn an_object_is_terminating_before_anyone_saw_that_it_was_deleted() {
    compare(&before_anyone_saw_it());
}

pub(super) fn detaching() -> Vec<State> {
    let asked = leaving().begun();
    let unseen = leaving().sees(|seen| seen.link = LinkSeen::Unlooked);
    vec![
        State::terminating("the intent is written", Reconciling, asked.clone()),
        State::terminating("the task runs", Reconciling, running(asked)),
        State::terminating(
            "an attach is under way still",
            Reconciling,
            running(linkable().begun()).deleted().decided(),
        ),
        State::terminating("the link was not seen", Reconciling, leaving().looks(LinkSeen::Absent).decided()),
        State::terminating("no look was made yet", Reconciling, unseen.decided()),
    ]
}

#[test]
fn an_object_whose_link_is_being_removed_is_terminating() {
    compare(&detaching());
}

pub(super) fn blocked() -> Vec<State> {
    let blind = |reason| leaving().fails_to_look(notice(reason)).decided();
    let unusable = leaving().wants(|desired| desired.standing = Standing::Refused(notice(Reason::AccountNotFound)));
    vec![
        State::terminating("the cloud is slow", Reconciling, blind(Reason::Throttled)),
        State::terminating("the cloud is not reached", Reconciling, blind(Reason::ProviderUnavailable)),
        State::terminating("the keys are gone", Stalled, blind(Reason::CredentialsMissing)),
        State::terminating("the keys may not", Stalled, blind(Reason::PermissionDenied)),
        State::terminating("the account is gone", Stalled, unusable.decided()),
        State::terminating("the machine is busy", Reconciling, refused(leaving().begun(), Reason::InstanceBusy)),
        State::terminating("the detach is refused", Stalled, refused(leaving().begun(), Reason::PermissionDenied)),
        State::terminating("the task never ends", Stalled, stuck(leaving().begun(), Operation::Detach)),
        State::new(
            "many machines went",
            guarded(Guard::Return, gone(linked()).deleted()).decided(),
            ("True", Reason::Linked),
            Some(Stalled),
            Kstatus::Terminating,
        ),
    ]
}

#[test]
fn an_object_that_cannot_go_yet_is_terminating() {
    compare(&blocked());
}

/// The finalizer goes with this decision: nobody reads a status that were written now.
pub(super) fn going() -> Vec<State> {
    let absent = leaving().looks(LinkSeen::Absent).decided().after(tempo().sweep()).looks(LinkSeen::Absent);
    let retained = leaving().wants(|desired| desired.policy.deletion = DeletionPolicy::Retain);
    vec![
        State::terminating("let go by force", Reconciling, leaving().wants(|desired| desired.forced = true).decided()),
        State::terminating("the link stays", Reconciling, retained.decided()),
        State::terminating("nothing is ours", Reconciling, found().deleted().decided()),
        State::terminating("the link is gone", Reconciling, absent.decided()),
        State::terminating("the machine is gone", Reconciling, gone(linked()).deleted().decided()),
    ]
}

#[test]
fn an_object_is_terminating_until_its_finalizer_went() {
    compare(&going());
}
