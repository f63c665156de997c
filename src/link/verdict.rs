//! The table of `link`'s module doc, row by row.

use jiff::Timestamp;

use super::{
    Desired, LinkRow, LinkSeen, Machine, MachineSeen, MachineState, Network, Notice, Record, Row, Sighting, Standing,
    Tempo, VpcId, VpcSeen,
};
use crate::api::{DeletionPolicy, ExistingLink, InstanceReturnPolicy, Operation, Reason};

/// A row, and the change that it asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The row.
    pub row: Row,
    /// The change.
    pub change: Option<(Operation, VpcId)>,
}

impl Verdict {
    const fn of(row: Row) -> Self {
        Self { row, change: None }
    }
}

/// Looks the case up in the table. `record` has no unsettled change any more; `not_before` is when a refused change may
/// be tried again.
#[must_use]
pub fn verdict(
    desired: &Desired,
    sighting: &Sighting,
    record: &Record,
    not_before: Option<Timestamp>,
    (tempo, now): (Tempo, Timestamp),
) -> Verdict {
    let found = if desired.terminating {
        terminating(desired, sighting, record, tempo)
    } else {
        wanted(desired, sighting, record, tempo)
    };
    if found.change.is_none() {
        return found;
    }
    if let Some(reason) = desired.hands_off() {
        return Verdict::of(Row::HandsOff(reason));
    }
    let stands = record.standing_refusal(desired.generation).is_some();
    let early = not_before.is_some_and(|not_before| now < not_before);
    if stands && early { Verdict::of(Row::Refused) } else { found }
}

fn terminating(desired: &Desired, sighting: &Sighting, record: &Record, tempo: Tempo) -> Verdict {
    if desired.forced {
        return Verdict::of(Row::Forced);
    }
    let claimed = matches!(desired.standing, Standing::Claimed(_));
    if desired.policy.deletion == DeletionPolicy::Retain || desired.hands_off().is_some() || claimed {
        return Verdict::of(Row::LeftInPlace);
    }
    let Some(ours) = record.our_link() else { return Verdict::of(Row::NothingOurs) };
    if let Some(notice) = blind(desired, sighting) {
        return Verdict::of(Row::Blocked(notice));
    }
    if sighting.is_absent_for(&ours.vpc, tempo.sweep()) {
        return Verdict::of(Row::Gone);
    }
    if sighting.machine == MachineSeen::Gone {
        return Verdict::of(sighting.guard.clone().map_or(Row::Gone, Row::Held));
    }
    match sighting.link.row() {
        Some(row) if row.vpc == ours.vpc => {
            Verdict { row: Row::Detach, change: Some((Operation::Detach, ours.vpc.clone())) }
        }
        Some(_) | None => Verdict::of(Row::Vanishing),
    }
}

/// Why nothing can be seen, for an object that is being deleted.
fn blind(desired: &Desired, sighting: &Sighting) -> Option<Notice> {
    match (&desired.standing, &sighting.trouble) {
        (Standing::Refused(notice) | Standing::Foreign(notice), _) => Some(notice.clone()),
        (Standing::Good | Standing::Claimed(_), Some(trouble)) => Some(trouble.notice.clone()),
        (Standing::Good | Standing::Claimed(_), None) if sighting.link == LinkSeen::Unlooked => {
            Some(Notice::new(Reason::Detaching, "looking at the link"))
        }
        (Standing::Good | Standing::Claimed(_), None) => None,
    }
}

fn wanted(desired: &Desired, sighting: &Sighting, record: &Record, tempo: Tempo) -> Verdict {
    let vpc = match (&desired.standing, &desired.vpc) {
        (Standing::Good, Some(vpc)) => vpc,
        (standing, _) => return Verdict::of(Row::NotAccepted(not_accepted(standing, desired))),
    };
    if let Some(row) = unknown(sighting) {
        return Verdict::of(row);
    }
    if let Some(row) = machine_gone(&sighting.machine) {
        let held = sighting.guard.clone().filter(|_| row == Row::Returned);
        return Verdict::of(held.map_or(row, Row::Held));
    }
    if let Some(row) = sighting.link.row() {
        let found = linked(desired, vpc, row, sighting, record);
        let held = sighting.guard.clone().filter(|_| matches!(found.row, Row::Dead(_)));
        return held.map_or(found, |notice| Verdict::of(Row::Held(notice)));
    }
    absent(desired, vpc, sighting, record, tempo)
}

fn not_accepted(standing: &Standing, desired: &Desired) -> Notice {
    match standing {
        Standing::Refused(notice) | Standing::Foreign(notice) => notice.clone(),
        Standing::Claimed(winner) => Notice::new(
            Reason::ClaimedByOther,
            format!("{} is claimed by {winner}; delete one of the two objects", desired.names.instance),
        ),
        Standing::Good => Notice::new(Reason::InvalidId, format!("{:?} is no VPC id", desired.names.vpc)),
    }
}

fn unknown(sighting: &Sighting) -> Option<Row> {
    if let Some(trouble) = &sighting.trouble {
        return Some(Row::Unknown(Some(trouble.notice.clone())));
    }
    let unlooked = sighting.link == LinkSeen::Unlooked || sighting.machine == MachineSeen::Unlooked;
    unlooked.then_some(Row::Unknown(None))
}

fn machine_gone(machine: &MachineSeen) -> Option<Row> {
    match machine {
        MachineSeen::Gone => Some(Row::Returned),
        MachineSeen::Missing { since } => Some(Row::Missing(*since)),
        MachineSeen::NeverSeen => Some(Row::NotFound),
        MachineSeen::Unlooked | MachineSeen::Listed(_) => None,
    }
}

/// A link is listed.
fn linked(desired: &Desired, vpc: &VpcId, row: &LinkRow, sighting: &Sighting, record: &Record) -> Verdict {
    let ours = record.our_link().is_some_and(|ours| ours.vpc == row.vpc);
    let detach = |row_: Row| Verdict { row: row_, change: Some((Operation::Detach, row.vpc.clone())) };
    if row.vpc != *vpc {
        return match (ours, cannot_move(desired, sighting, &row.vpc)) {
            (false, _) => Verdict::of(Row::Elsewhere(row.vpc.clone())),
            (true, Some(obstacle)) => Verdict::of(obstacle),
            (true, None) => detach(Row::Move(row.vpc.clone())),
        };
    }
    match &sighting.link {
        LinkSeen::Suspect(_) => Verdict::of(Row::Suspect),
        LinkSeen::Dead(_) if ours => detach(Row::Dead(row.clone())),
        LinkSeen::Dead(_) => Verdict::of(Row::DeadFound),
        LinkSeen::Alive(_) | LinkSeen::Unverified(_) | LinkSeen::Absent | LinkSeen::Unlooked => {
            let refuse = desired.policy.existing == ExistingLink::Refuse && !ours;
            let verified = !matches!(sighting.link, LinkSeen::Unverified(_));
            Verdict::of(if refuse { Row::Refusing } else { Row::Linked { verified } })
        }
    }
}

/// Why a move does not begin: what is known to be impossible at the new place costs no link at the old one.
fn cannot_move(desired: &Desired, sighting: &Sighting, from: &VpcId) -> Option<Row> {
    let kept = |notice: Notice| Notice::new(notice.reason, format!("{}; the link to {from} is kept", notice.message));
    if let MachineSeen::Listed(machine) = &sighting.machine
        && let Some(notice) = not_linkable(machine, desired)
    {
        return Some(Row::NotLinkable(kept(notice)));
    }
    no_vpc(&sighting.vpc, desired).map(|notice| Row::NoVpc(notice.map(kept)))
}

/// No link is listed.
fn absent(desired: &Desired, vpc: &VpcId, sighting: &Sighting, record: &Record, tempo: Tempo) -> Verdict {
    if let MachineSeen::Listed(machine) = &sighting.machine
        && let Some(notice) = not_linkable(machine, desired)
    {
        return Verdict::of(Row::NotLinkable(notice));
    }
    let found = record.link.as_ref().filter(|link| !link.is_ours());
    if found.is_some_and(|link| !sighting.is_absent_for(&link.vpc, tempo.sweep())) {
        return Verdict::of(Row::Lost);
    }
    if let Some(notice) = no_vpc(&sighting.vpc, desired) {
        return Verdict::of(Row::NoVpc(notice));
    }
    Verdict { row: Row::Attach, change: Some((Operation::Attach, vpc.clone())) }
}

fn not_linkable(machine: &Machine, desired: &Desired) -> Option<Notice> {
    let name = &desired.names.instance;
    match (machine.network, machine.state) {
        (Network::Vpc, _) => Some(Notice::new(
            Reason::InstanceNotClassic,
            format!("{name} belongs to a VPC: only a machine of the classic network can be linked; remove this object"),
        )),
        (Network::Classic, MachineState::NotReady) => {
            Some(Notice::new(Reason::InstanceNotReady, format!("{name} is not in a state that can be linked")))
        }
        (Network::Classic, MachineState::Returning) => Some(Notice::new(
            Reason::InstanceNotReady,
            format!("{name} is being returned to the cloud; it is not linked again"),
        )),
        (Network::Classic, MachineState::Linkable) => None,
    }
}

/// What can be known by reading is not tried: a change that must fail is not sent. Why not; `Some(None)` until it was read.
#[expect(clippy::option_option, reason = "nothing in the way, not known yet, and known are three cases")]
fn no_vpc(seen: &VpcSeen, desired: &Desired) -> Option<Option<Notice>> {
    let vpc = &desired.names.vpc;
    let hold = |reason, message| Some(Some(Notice::new(reason, message)));
    match seen {
        VpcSeen::Unlooked => Some(None),
        VpcSeen::Unknown(notice) => Some(Some(notice.clone())),
        VpcSeen::Missing => hold(
            Reason::VpcNotFound,
            format!("{vpc} does not exist in {} of account {}", desired.names.region, desired.names.account),
        ),
        VpcSeen::Seen(facts) if facts.cidr_allowed == Some(false) => hold(
            Reason::CidrNotSupported,
            format!("{vpc} has the range {}; only a VPC inside 10.0.0.0/16 to 10.47.0.0/16 can be linked", facts.cidr),
        ),
        VpcSeen::Seen(facts) if !facts.classic_link_enabled => hold(
            Reason::ClassicLinkDisabled,
            format!("ClassicLink is switched off for {vpc}; switch it on at the cloud"),
        ),
        VpcSeen::Full { most } => hold(
            Reason::QuotaExceeded,
            format!("{vpc} has all {most} links that it may have; remove one, or have the quota raised at the cloud"),
        ),
        VpcSeen::Seen(_) => None,
    }
}

/// Whether the machine's return lets the object be removed.
#[must_use]
pub(super) fn removes_object(desired: &Desired) -> bool {
    desired.policy.on_return == InstanceReturnPolicy::Delete && desired.hands_off().is_none()
}
