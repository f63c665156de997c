//! The whole domain of the decision, case by case, against the invariants.
//!
//! The domain, each value a class of its own:
//! - the object: wanted or deleted × management 2 × suspended 2 × deletion policy 2 × existing link 3 × return policy 2 ×
//!   standing 4 (good, claimed by another, refused, with another account's keys);
//! - the machine: not looked at, listed (classic in 3 states, of a VPC), never seen, missing, gone;
//! - the link: not looked at, absent, and here or there × alive, unverified, suspect, dead;
//! - the agreement of looks: one look, a sweep interval or more;
//! - the VPC: not looked at, missing, good, of a wrong range, switched off, unreadable;
//! - the looks: good or failing;
//! - the record: no link, or here or there × created, adopted, found;
//! - a refusal: none, of this generation and not yet due, of this generation and due, of an earlier generation;
//! - for decisions with a change under way: attach or detach × here or there × what came back (12 classes) × whether an
//!   earlier attempt is unclear × whether the look is older than the answer, younger, or younger than the settling time.

use super::*;
use crate::{
    api::{DeletionPolicy, ExistingLink, InstanceReturnPolicy, ManagementPolicy},
    link::{Finalizer, Row, Step, verdict},
};

const MANAGEMENT: [ManagementPolicy; 2] = [ManagementPolicy::Manage, ManagementPolicy::Observe];
const EXISTING: [ExistingLink; 3] = [ExistingLink::Keep, ExistingLink::Adopt, ExistingLink::Refuse];
const DELETION: [DeletionPolicy; 2] = [DeletionPolicy::Detach, DeletionPolicy::Retain];
const RETURN: [InstanceReturnPolicy; 2] = [InstanceReturnPolicy::Delete, InstanceReturnPolicy::Retain];

fn policies() -> Vec<Policy> {
    let mut all = Vec::new();
    for management in MANAGEMENT {
        for suspend in [false, true] {
            for deletion in DELETION {
                for existing in EXISTING {
                    all.extend(RETURN.map(|on_return| Policy { management, suspend, deletion, existing, on_return }));
                }
            }
        }
    }
    all
}

pub(super) fn objects() -> Vec<Desired> {
    let standings = [
        Standing::Good,
        Standing::Claimed("other/one".into()),
        Standing::Refused(Notice::new(Reason::NamespaceNotAllowed, "not from here")),
        Standing::Foreign(Notice::new(Reason::AccountChanged, "another account's keys")),
    ];
    let mut all = Vec::new();
    for policy in policies() {
        for standing in &standings {
            for terminating in [false, true] {
                all.push(Desired { policy, standing: standing.clone(), terminating, ..desired() });
            }
        }
    }
    all
}

fn machines() -> Vec<MachineSeen> {
    let listed = |network, state| MachineSeen::Listed(Machine { network, state, ..machine() });
    vec![
        MachineSeen::Unlooked,
        listed(Network::Classic, MachineState::Linkable),
        listed(Network::Classic, MachineState::NotReady),
        listed(Network::Classic, MachineState::Returning),
        listed(Network::Vpc, MachineState::Linkable),
        MachineSeen::NeverSeen,
        MachineSeen::Missing { since: t(8000) },
        MachineSeen::Gone,
    ]
}

fn links() -> Vec<LinkSeen> {
    let mut all = vec![LinkSeen::Unlooked, LinkSeen::Absent];
    for vpc in [here(), there()] {
        all.push(LinkSeen::Alive(row_to(vpc.clone())));
        all.push(LinkSeen::Unverified(LinkRow { vpc: vpc.clone(), private_ip: None }));
        all.push(LinkSeen::Suspect(row_to(vpc.clone())));
        all.push(LinkSeen::Dead(row_to(vpc)));
    }
    all
}

pub(super) fn vpcs() -> Vec<VpcSeen> {
    let facts = |cidr_allowed, classic_link_enabled| {
        VpcSeen::Seen(Vpc { cidr_allowed, cidr: "10.0.0.0/16".into(), classic_link_enabled })
    };
    vec![
        VpcSeen::Unlooked,
        VpcSeen::Missing,
        good_vpc(),
        facts(Some(false), true),
        facts(None, false),
        VpcSeen::Full { most: 100 },
        VpcSeen::Unknown(Notice::new(Reason::Throttled, "slow down")),
    ]
}

/// What was seen: every combination, with looks that agree once or for a sweep interval.
pub(super) fn sightings(vpcs: &[VpcSeen]) -> Vec<Sighting> {
    let mut all = Vec::new();
    for machine in machines() {
        for link in links() {
            for vpc in vpcs {
                for agreed in [9000, 9000 - SWEEP] {
                    for trouble in [None, troubled(Reason::Throttled).trouble] {
                        let looked = (link != LinkSeen::Unlooked).then(|| t(9000));
                        let agreed = looked.map(|_| t(agreed));
                        let (machine, link, vpc) = (machine.clone(), link.clone(), vpc.clone());
                        all.push(Sighting { machine, link, vpc, looked, agreed, trouble, ..Sighting::none() });
                    }
                }
            }
        }
    }
    all
}

/// The links on record.
pub(super) fn records() -> Vec<Record> {
    let origins = [Origin::Created, Origin::Adopted, Origin::Found];
    let places = [here(), there()];
    let links = places.iter().flat_map(|vpc| origins.map(|origin| linked(vpc.clone(), origin)));
    links.chain([Record::default()]).collect()
}

/// A refusal, and when it may be tried again.
fn refusals() -> Vec<(Option<Refusal>, Option<Timestamp>)> {
    let of = |generation| refused(Reason::QuotaExceeded, 0, generation).refusal;
    vec![(None, None), (of(1), Some(t(NOW + 1))), (of(1), Some(t(NOW))), (of(0), None)]
}

/// What must hold of a step, whatever it came from. `record` is the record that the step was decided on.
fn step_is_allowed(desired: &Desired, sighting: &Sighting, record: &Record, asked: Option<&(Operation, VpcId)>) {
    let Some((operation, vpc)) = asked else { return };
    assert_eq!(desired.hands_off(), None, "8: observe and suspend never change anything");
    assert_eq!(sighting.trouble, None, "1: nothing is done on a guess");
    assert_ne!(sighting.link, LinkSeen::Unlooked, "1: nothing is done before a look");
    assert!(!matches!(desired.standing, Standing::Claimed(_)), "7: without the claim nothing is changed");
    assert!(desired.terminating || desired.standing == Standing::Good, "7: what is not accepted changes nothing");
    assert_eq!(record.task, None, "4: no second change");
    match operation {
        Operation::Detach => {
            let ours = record.our_link().map(|link| &link.vpc);
            assert_eq!(ours, Some(vpc), "3: only what we made or adopted is removed");
            assert_eq!(sighting.link.row().map(|row| &row.vpc), Some(vpc), "4: only what was seen is removed");
            let wanted = !desired.terminating && desired.vpc.as_ref() == Some(vpc);
            assert!(!wanted || matches!(sighting.link, LinkSeen::Dead(_)), "a wanted link goes only when proven dead");
            let retained = desired.terminating && desired.policy.deletion == DeletionPolicy::Retain;
            assert!(!retained, "8: what is retained stays");
        }
        Operation::Attach => {
            assert!(!desired.terminating, "nothing is made for what is being deleted");
            assert_eq!(desired.vpc.as_ref(), Some(vpc), "only what is wanted is made");
            assert_eq!(sighting.link, LinkSeen::Absent, "3: what is linked elsewhere is never attached");
            let linkable = matches!(&sighting.machine, MachineSeen::Listed(machine)
                if machine.network == Network::Classic && machine.state == MachineState::Linkable);
            assert!(linkable, "1, 6: only a machine that is seen and can be linked");
            assert!(matches!(sighting.vpc, VpcSeen::Seen(_)), "only to a VPC that was seen");
        }
    }
}

/// When the finalizer may go.
fn release_is_allowed(desired: &Desired, sighting: &Sighting, record: &Record) {
    assert!(desired.terminating, "8: only of what is being deleted");
    assert_eq!(record.task, None, "8: never while something of ours may still land");
    let left = desired.policy.deletion == DeletionPolicy::Retain
        || desired.hands_off().is_some()
        || matches!(desired.standing, Standing::Claimed(_));
    let seen_gone = |link: &Link| {
        sighting.trouble.is_none()
            && desired.standing == Standing::Good
            && (sighting.machine == MachineSeen::Gone || sighting.is_absent_for(&link.vpc, tempo().sweep()))
    };
    assert!(left || record.our_link().is_none_or(seen_gone), "8: nothing of ours is left behind");
}

#[test]
fn the_table_keeps_the_invariants_in_every_case() {
    let (objects, sightings, records, refusals) = (objects(), sightings(&vpcs()), records(), refusals());
    let mut cases = 0_u64;
    for desired in &objects {
        for record in &records {
            for (refusal, not_before) in &refusals {
                let record = Record { refusal: refusal.clone(), ..record.clone() };
                for sighting in &sightings {
                    cases += 1;
                    let found = verdict(desired, sighting, &record, *not_before, (tempo(), t(NOW)));
                    step_is_allowed(desired, sighting, &record, found.change.as_ref());
                    let waits = not_before.is_some_and(|until| t(NOW) < until);
                    assert!(!waits || found.change.is_none(), "11: a refusal that stands is not tried again at once");
                    if matches!(found.row, Row::LeftInPlace | Row::NothingOurs | Row::Gone) {
                        release_is_allowed(desired, sighting, &record);
                    }
                    assert_eq!(found.row.is_of_deletion(), found.row.is_of_deletion() && desired.terminating);
                }
            }
        }
    }
    println!("{cases} cases of the table");
    assert!(cases > 5_000_000, "{cases}");
}

/// Every decision with nothing under way: the step and the fate of the finalizer, on the record as it is carried
/// forward; and a second decision on that record says the same.
#[test]
fn decisions_at_rest_keep_the_invariants_and_are_stable() {
    let (objects, sightings, records) = (objects(), sightings(&[good_vpc(), VpcSeen::Unlooked]), records());
    let mut cases = 0_u64;
    for desired in &objects {
        for record in &records {
            for sighting in &sightings {
                cases += 1;
                let observed = observed(sighting.clone(), record.clone());
                let decision = decide(desired, &observed, tempo(), t(NOW));
                decision_is_allowed(desired, &observed, &decision);
                let carried = Observed { record: decision.record.clone(), ..observed };
                let again = decide(desired, &carried, tempo(), t(NOW));
                assert_eq!((&again.record, &again.step), (&decision.record, &decision.step), "{desired:?} {carried:?}");
                assert!(again.news.is_empty(), "what happened is told once: {:?}", again.news);
            }
        }
    }
    println!("{cases} decisions at rest");
}

fn asked(step: &Step) -> Option<(Operation, VpcId)> {
    match step {
        Step::Change(change) => Some((change.operation, change.vpc.clone())),
        Step::Nothing | Step::RemoveObject => None,
    }
}

fn decision_is_allowed(desired: &Desired, observed: &Observed, decision: &Decision) {
    let sighting = &observed.sighting;
    step_is_allowed(desired, sighting, &decision.record, asked(&decision.step).as_ref());
    let changes = matches!(decision.step, Step::Change(_));
    assert!(!changes || decision.finalizer == Finalizer::Need, "2: the finalizer is there before a change");
    if decision.finalizer == Finalizer::Release {
        release_is_allowed(desired, sighting, &decision.record);
        assert_eq!(decision.step, Step::Nothing);
    }
    if decision.step == Step::RemoveObject {
        assert_eq!((&sighting.machine, &sighting.trouble), (&MachineSeen::Gone, &None), "6: gone needs proof");
        assert!(!desired.terminating && desired.hands_off().is_none());
        assert_eq!(desired.policy.on_return, InstanceReturnPolicy::Delete);
    }
    record_is_kept(desired, observed, decision);
}

/// A link on record goes only when it was seen gone; nothing that was found becomes ours but by adoption here.
fn record_is_kept(desired: &Desired, observed: &Observed, decision: &Decision) {
    let sighting = &observed.sighting;
    match (&observed.record.link, &decision.record.link) {
        (Some(old), Some(new)) if old.vpc == new.vpc => {
            let adopted = desired.policy.existing == ExistingLink::Adopt
                && sighting.link.row().is_some_and(|row| Some(&row.vpc) == desired.vpc.as_ref() && row.vpc == new.vpc);
            assert!(old.is_ours() == new.is_ours() || adopted, "3: {:?} became {:?}", old.origin, new.origin);
        }
        (Some(old), _) => {
            let gone = sighting.trouble.is_none() && sighting.is_absent_for(&old.vpc, tempo().sweep());
            assert!(gone || observed.record.task.is_some(), "a link is forgotten only when it was seen gone");
        }
        (None, Some(new)) => {
            let row = sighting.link.row().unwrap();
            let task = observed.record.task.as_ref();
            let asked = desired.vpc.as_ref() == Some(&new.vpc) || task.is_some_and(|task| task.vpc == new.vpc);
            assert!(asked && new.vpc == row.vpc, "3: only a link to the wanted VPC, or to that of the intent");
            let ours = new.is_ours() && desired.policy.existing != ExistingLink::Adopt;
            assert!(!ours || observed.record.task.is_some(), "3: what was there before us is not ours");
        }
        (None, None) => {}
    }
}

/// What may have come back for the attempt begun at 8,000; `true` where that leaves it open whether it happened.
fn outcomes() -> Vec<(Option<Attempt>, bool)> {
    let id = || Some(TaskId("1".into()));
    let of = |answer, progress| Some(Attempt { started_at: t(8000), answer, progress });
    let taken = |task, batch| Some(Answer::Taken { task, at: t(8001), batch });
    vec![
        (None, true),
        (of(None, None), true),
        (of(None, Some(Progress::Failed { at: t(8005), message: "no".into() })), true),
        (of(Some(Answer::NotSent), None), false),
        (of(Some(Answer::Refused(denial())), None), false),
        (of(Some(Answer::Unclear { at: t(8012) }), None), true),
        (of(Some(Answer::Split { at: t(8001), batch: 4 }), None), true),
        (of(taken(None, 1), None), true),
        (of(taken(id(), 1), Some(Progress::Running { at: t(8900) })), true),
        (of(taken(id(), 1), Some(Progress::Succeeded { at: t(8005) })), true),
        (of(taken(id(), 1), Some(Progress::Failed { at: t(8005), message: "no".into() })), false),
        (of(taken(id(), 3), Some(Progress::Unknown { at: t(8005) })), true),
    ]
}

/// Every decision with a change under way. What the table makes of return policies and of machines that cannot be linked
/// is not asked again.
#[test]
fn decisions_under_way_keep_the_invariants() {
    let plain = |desired: &Desired| {
        !desired.policy.suspend && desired.policy.on_return == InstanceReturnPolicy::Delete && !desired.forced
    };
    let objects: Vec<Desired> = objects().into_iter().filter(plain).collect();
    let mut cases = 0_u64;
    for (attempt, may_happen) in outcomes() {
        for task in tasks() {
            let records = records().into_iter().filter(|record| may_precede(record, &task));
            for record in records.map(|record| Record { task: Some(task.clone()), ..record }) {
                for sighting in later_sightings() {
                    let observed = Observed { attempt: attempt.clone(), ..observed(sighting, record.clone()) };
                    cases += objects.len() as u64;
                    for desired in &objects {
                        under_way(desired, &observed, may_happen);
                    }
                }
            }
        }
    }
    println!("{cases} decisions under way");
}

fn tasks() -> Vec<Task> {
    let mut all = Vec::new();
    for operation in [Operation::Attach, Operation::Detach] {
        for vpc in [here(), there()] {
            for unclear_since in [None, Some(t(7990))] {
                all.push(Task { unclear_since, ..task(operation, vpc.clone(), 8000) });
            }
        }
    }
    all
}

/// Looks older than the answer, younger, and younger than the settling time.
fn later_sightings() -> Vec<Sighting> {
    let machine = |sighting: &Sighting| {
        let MachineSeen::Listed(machine) = &sighting.machine else { return true };
        machine.network == Network::Classic && machine.state == MachineState::Linkable
    };
    let first = |sighting: &Sighting| sighting.agreed == sighting.looked;
    let all = sightings(&[good_vpc()]).into_iter().filter(|sighting| machine(sighting) && first(sighting));
    let at = |sighting: &Sighting, looked| {
        let looked = sighting.looked.map(|_| t(looked));
        Sighting { looked, agreed: looked, ..sighting.clone() }
    };
    all.flat_map(|sighting| [7999, 8020, 9500].map(|looked| at(&sighting, looked))).collect()
}

/// An attach is asked for only once a found link is off the record, a detach only for a link of ours.
fn may_precede(record: &Record, task: &Task) -> bool {
    match task.operation {
        Operation::Attach => record.link.as_ref().is_none_or(Link::is_ours),
        Operation::Detach => record.our_link().is_some_and(|link| link.vpc == task.vpc),
    }
}

fn under_way(desired: &Desired, observed: &Observed, may_happen: bool) {
    let now = t(8200);
    let decision = decide(desired, observed, tempo(), now);
    let task = observed.record.task.as_ref().unwrap();
    let sighting = &observed.sighting;
    let open = may_happen || task.unclear_since.is_some();
    let shown = sighting.link.row().is_some_and(|row| row.vpc == task.vpc) == (task.operation == Operation::Attach)
        && sighting.link != LinkSeen::Unlooked
        && sighting.looked.is_some_and(|looked| looked >= t(8001));
    let believed = decision.record.task.is_none();
    assert!(shown || !open || !believed, "4: not settled, and believed: {observed:?}");
    if !believed {
        let same = asked(&decision.step).is_none_or(|asked| asked == (task.operation, task.vpc.clone()));
        assert!(same, "4: nothing but the same change, in smaller company");
        assert_ne!(decision.finalizer, Finalizer::Release, "8: never while something of ours may still land");
        return;
    }
    decision_is_allowed(desired, observed, &decision);
}
