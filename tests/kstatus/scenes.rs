//! Where the states begin: scenes that several of them share.

use std::time::Duration;

use classiclink::{
    api::{Operation, Reason},
    link::{
        Answer, Beat, Census, Denial, Guard, LinkRow, LinkSeen, Machine, MachineSeen, MachineState, Network, Notice,
        Progress, Sighting, TaskId, Vpc, VpcId, VpcSeen,
    },
};

use crate::scene::{Scene, address, tempo};

pub(crate) const MOMENT: Duration = Duration::from_secs(2);
pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// Longer than a good Ready outlives failed looks.
pub(crate) fn too_long() -> Duration {
    tempo().patience() + MOMENT
}

pub(crate) fn notice(reason: Reason) -> Notice {
    Notice::new(reason, format!("{reason}, for the reason that there is"))
}

/// A link to the VPC that is wanted at first, for the address that the machine has at first.
pub(crate) fn row() -> LinkRow {
    LinkRow { vpc: VpcId::new("vpc-gjui0b5t").unwrap(), private_ip: Some(address()) }
}

pub(crate) fn machine(network: Network, state: MachineState) -> MachineSeen {
    MachineSeen::Listed(Machine { addresses: vec![address()], network, state, lock: None })
}

pub(crate) fn vpc(cidr_allowed: bool, classic_link_enabled: bool) -> VpcSeen {
    VpcSeen::Seen(Vpc { cidr_allowed: Some(cidr_allowed), cidr: "10.1.0.0/16".into(), classic_link_enabled })
}

/// Machine and VPC are seen and fit; no link is.
pub(crate) fn linkable() -> Scene {
    Scene::new().looks(LinkSeen::Absent).sees(|seen| {
        seen.machine = machine(Network::Classic, MachineState::Linkable);
        seen.vpc = vpc(true, true);
    })
}

/// The change that was begun runs as a task of the cloud.
pub(crate) fn running(scene: Scene) -> Scene {
    let scene = scene.after(MOMENT);
    let at = scene.now;
    let taken = Answer::Taken { task: Some(TaskId("135254".into())), at, batch: 1 };
    scene.answered(taken).progresses(Progress::Running { at }).decided()
}

/// The task ended, and a look shows what it wanted; what comes next is not decided yet.
pub(crate) fn ended(scene: Scene, shows: LinkSeen) -> Scene {
    let scene = scene.after(MOMENT);
    let at = scene.now;
    scene.progresses(Progress::Succeeded { at }).looks(shows)
}

/// A link that we made.
pub(crate) fn linked() -> Scene {
    ended(running(linkable().begun()), LinkSeen::Alive(row())).decided()
}

/// A link that was there before us.
pub(crate) fn found() -> Scene {
    linkable().looks(LinkSeen::Alive(row())).decided()
}

/// The same link, once the machine has another address: seen once, then proven, and not yet decided on.
pub(crate) fn dead(scene: Scene) -> Scene {
    let moved = |seen: &mut Sighting| {
        let addresses = vec![[10, 66, 0, 8].into()];
        seen.machine = MachineSeen::Listed(Machine {
            addresses,
            network: Network::Classic,
            state: MachineState::Linkable,
            lock: None,
        });
    };
    let suspect = scene.after(MINUTE).sees(moved).looks(LinkSeen::Suspect(row())).decided();
    suspect.after(tempo().dead_proof()).looks(LinkSeen::Dead(row()))
}

/// The machine is proven gone; not yet decided on.
pub(crate) fn gone(scene: Scene) -> Scene {
    let missing = scene.after(MINUTE).misses_machine().decided();
    missing.after(MINUTE).sees(|seen| seen.machine = MachineSeen::Gone)
}

/// The cloud refuses the change that was begun, and this is the word for it.
pub(crate) fn refused(scene: Scene, reason: Reason) -> Scene {
    let denial = Denial { reason, message: "the cloud's own words".into(), beat: Beat::Slow, locked: false };
    scene.after(MOMENT).answered(Answer::Refused(denial)).decided()
}

/// The cloud refuses the first attach.
pub(crate) fn denied(reason: Reason) -> Scene {
    refused(linkable().begun(), reason)
}

/// So many fare like this one that the guard does not believe it.
pub(crate) fn guarded(guard: Guard, scene: Scene) -> Scene {
    let mut census = Census::default();
    for number in 0..10 {
        census.note(&format!("uid-{number}"), true, &scene.sighting, scene.now);
    }
    let notice = census.holds(guard, "uid-0", &scene.desired.names.account, tempo(), scene.now).unwrap();
    scene.sees(|seen| seen.guard = Some(notice))
}

/// The cloud's task has run for more than half an hour.
pub(crate) fn stuck(scene: Scene, operation: Operation) -> Scene {
    let scene = running(scene).after(tempo().stuck_task());
    let at = scene.now;
    let scene = scene.progresses(Progress::Running { at }).decided();
    let task = scene.status().task.as_ref().unwrap();
    assert_eq!(task.operation, operation);
    scene
}
