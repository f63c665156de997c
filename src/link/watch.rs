//! What the broker shall do until the next decision, and when to come back without being woken.

use jiff::Timestamp;

use super::{Beat, Caution, Desired, Lane, Observed, Record, Row, TaskId, Tempo, VpcId, settle::later};

/// When to come back, besides when the world or the object changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Revisit {
    /// Not before something changes.
    OnWake,
    /// At this time.
    At(Timestamp),
    /// At this beat.
    Beat(Beat),
}

/// What the broker shall do for the machine until the next decision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Watch {
    /// How urgent its looks are.
    pub lane: Lane,
    /// The VPC whose facts are wanted.
    pub vpc: Option<VpcId>,
    /// The task to ask about, and the stamp of the attempt it belongs to.
    pub follow: Option<(TaskId, Timestamp)>,
    /// The look that is wanted.
    pub need: Option<Need>,
    /// The stamp of the attempt that is still of interest.
    pub attempt: Option<Timestamp>,
    /// Whether the record knows the machine.
    pub recorded: bool,
    /// The VPC whose list tells of the machine.
    pub place: Option<VpcId>,
    /// Whether it matters for which address its link was made.
    pub verify: bool,
}

/// A look that is wanted, again and again until the decision no longer asks for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Need {
    /// It must begin at this time or later.
    pub after: Timestamp,
    /// The VPC whose list is enough.
    pub vpc: Option<VpcId>,
}

/// A look that a person asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// The annotation's value, echoed once it is answered.
    pub value: String,
    /// A look begun at this time or later answers it.
    pub since: Timestamp,
}

impl Watch {
    /// Every VPC that matters to it.
    pub fn vpcs(&self) -> impl Iterator<Item = &VpcId> {
        self.vpc.iter().chain(&self.place).chain(self.need.iter().filter_map(|need| need.vpc.as_ref()))
    }

    /// Nothing but the sweeps.
    pub(super) fn rest(lane: Lane, record: &Record) -> Self {
        Self {
            lane,
            vpc: None,
            follow: None,
            need: None,
            attempt: None,
            recorded: record.saw_machine(),
            place: record.link.as_ref().map(|link| link.vpc.clone()),
            verify: false,
        }
    }

    /// What a row needs to be looked at.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other rows are looked at by the sweeps")]
    pub(super) fn of(row: &Row, desired: &Desired, record: &Record, observed: &Observed, tempo: Tempo) -> Self {
        let sighting = &observed.sighting;
        let rest = Self::rest(lane(row, record), record);
        let place = rest.place.clone().or_else(|| desired.vpc.clone());
        let from = |at: Option<Timestamp>, span| at.map(|at| Need { after: later(at, span), vpc: place.clone() });
        let need = match row {
            Row::Unknown(_) | Row::Blocked(_) => Some(Need { after: Timestamp::MIN, vpc: place.clone() }),
            Row::Suspect => from(sighting.looked, tempo.dead_proof()),
            Row::Vanishing | Row::Lost => from(sighting.agreed.or(sighting.looked), tempo.sweep()),
            _ => None,
        };
        let asks =
            matches!(row, Row::Unknown(_) | Row::Lost | Row::Move(_) | Row::NoVpc(_) | Row::Attach | Row::Refused)
                || (matches!(row, Row::Linked { .. }) && sighting.caution == Caution::Unread);
        let recorded = rest.recorded || observed.record.saw_machine();
        // What came back stays of interest until a status without the task was written.
        let attempt = observed.record.task.as_ref().map(|task| task.started_at);
        let wanted = sighting.link.row().is_some_and(|row| Some(&row.vpc) == desired.vpc.as_ref());
        let verify = wanted && !desired.terminating;
        Self { vpc: desired.vpc.clone().filter(|_| asks), need, place, recorded, attempt, verify, ..rest }
    }
}

/// How urgent a row is.
pub(super) fn lane(row: &Row, record: &Record) -> Lane {
    let first = record.link.is_none() && matches!(row, Row::Attach | Row::Unknown(_) | Row::NoVpc(_));
    if row.is_of_deletion() {
        Lane::Deletion
    } else if matches!(row, Row::Move(_)) {
        Lane::UserChange
    } else if first {
        Lane::NewLink
    } else {
        Lane::Healing
    }
}

impl Revisit {
    /// When to come back to a row. Looks wake the object when what is seen changes, and so do its account and its
    /// namespace: only the passing of time does not.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other rows wait to be woken")]
    pub(super) fn of(row: &Row, observed: &Observed, denied: Option<Beat>, tempo: Tempo) -> Self {
        let trouble = observed.sighting.trouble.as_ref().map(|trouble| trouble.since);
        match row {
            Row::Refused => {
                let remembered = observed.not_before.map_or(Self::Beat(Beat::Slow), Self::At);
                denied.map_or(remembered, Self::Beat)
            }
            Row::Missing(since) => Self::At(later(*since, tempo.patience())),
            // What was too much at once may be little by then: the beat is as long as the guards' window.
            Row::Held(_) => Self::Beat(Beat::Slow),
            _ => trouble.map_or(Self::OnWake, |since| Self::At(later(since, tempo.patience()))),
        }
    }
}
