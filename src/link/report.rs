//! The report: the whole status, computed from the row.
//!
//! A status is written only if it differs from the one that stands, so nothing in it may change while nothing happens:
//! no counters, no request ids, no "last seen". The sentences are in `words`.

mod words;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::{Decision, Desired, Notice, Refusal, Row, Sighting, Standing, Tempo, Trouble, class::class, settle::later};
use crate::api::{ClassicLinkStatus, ConditionType, Operation, Reason, find, set};

/// What the row says of the conditions.
enum Outlook {
    /// As they stand.
    Keep,
    /// As they stand while they are good and not older than the patience allows; then this.
    KeepUntil(Timestamp, Notice),
    /// This.
    Say(Notice),
    /// As they stand, and that someone has to act, because of this.
    Stall(Notice),
}

/// Computes the whole status. `before` is the one that stands.
#[must_use]
pub fn report(
    desired: &Desired,
    sighting: &Sighting,
    decision: &Decision,
    before: &ClassicLinkStatus,
    (tempo, now): (Tempo, Timestamp),
) -> ClassicLinkStatus {
    let mut status = before.clone();
    decision.record.write(&mut status);
    if decision.checked.is_some() {
        status.last_handled_check_at.clone_from(&decision.checked);
    }
    let ready = find(&before.conditions, ConditionType::Ready);
    let good = ready.is_some_and(|ready| ready.status == "True");
    let ailing = ailing(desired, sighting, decision, (tempo, now));
    let wanted = match outlook(desired, sighting, decision, ready, ailing.as_ref(), tempo) {
        Outlook::Keep => return status,
        Outlook::KeepUntil(until, _) if good && now < until => return status,
        Outlook::KeepUntil(_, notice) | Outlook::Say(notice) => {
            status.observed_generation = Some(desired.generation);
            conditions(desired, &notice, blocked(desired, decision, ailing.as_ref()))
        }
        Outlook::Stall(notice) => {
            // The conditions that are kept keep their own generation: they are about what was seen for that one.
            status.observed_generation = Some(desired.generation);
            stalled(desired, &before.conditions, &notice)
        }
    };
    status.conditions = set(&before.conditions, wanted, now);
    status
}

/// What kstatus is told beside the word of `Ready`, where that word alone says less: a deletion that is blocked by what
/// someone has to mend, and a task that runs for ever.
fn blocked(desired: &Desired, decision: &Decision, ailing: Option<&Notice>) -> Option<ConditionType> {
    match (&decision.row, unremoved(desired, decision), ailing) {
        (_, Some(refusal), _) => class(refusal.reason).progress(),
        (Row::Blocked(why), None, _) | (_, None, Some(why)) => class(why.reason).progress(),
        (row, None, None) => matches!(row, Row::Stuck(_)).then_some(ConditionType::Stalled),
    }
}

/// What keeps a change under way from being settled: told at once where someone has to act, and after the patience where
/// it may pass.
fn ailing(
    desired: &Desired,
    sighting: &Sighting,
    decision: &Decision,
    (tempo, now): (Tempo, Timestamp),
) -> Option<Notice> {
    if !matches!(decision.row, Row::Unsettled(_) | Row::Stuck(_)) {
        return None;
    }
    if let Standing::Refused(notice) | Standing::Foreign(notice) = &desired.standing {
        return Some(notice.clone());
    }
    let Trouble { notice, since } = sighting.trouble.as_ref()?;
    let to_be_mended = class(notice.reason).progress() == Some(ConditionType::Stalled);
    (to_be_mended || now >= later(*since, tempo.patience())).then(|| notice.clone())
}

/// The refusal that keeps the link of a deleted object, whether or not it is just being tried again.
#[expect(clippy::wildcard_enum_match_arm, reason = "in all other rows no link is being removed")]
fn unremoved<'d>(desired: &Desired, decision: &'d Decision) -> Option<&'d Refusal> {
    let due = match &decision.row {
        Row::Refused | Row::Unsettled(_) | Row::Detach => true,
        // The look that follows on each attempt.
        Row::Blocked(why) => why.reason == Reason::Detaching,
        _ => false,
    };
    let due = due && desired.terminating;
    decision.record.standing_refusal(desired.generation).filter(|_| due)
}

/// The conditions as they stand, and that someone has to act.
fn stalled(desired: &Desired, before: &[Condition], notice: &Notice) -> Vec<Condition> {
    let kept = [ConditionType::Ready, ConditionType::Linked, ConditionType::Accepted];
    let kept = kept.iter().filter_map(|type_| find(before, *type_)).cloned();
    kept.chain([condition(desired, ConditionType::Stalled, "True", (notice.reason, &notice.message))]).collect()
}

fn condition(desired: &Desired, type_: ConditionType, status: &str, (reason, message): (Reason, &str)) -> Condition {
    Condition {
        type_: type_.as_str().into(),
        status: status.into(),
        reason: reason.to_string(),
        message: message.into(),
        observed_generation: Some(desired.generation),
        last_transition_time: Time(Timestamp::UNIX_EPOCH),
    }
}

/// The conditions that a word amounts to, in their order. A deletion that is blocked by what someone has to mend is
/// `Stalled`, whatever its word.
fn conditions(desired: &Desired, notice: &Notice, blocked: Option<ConditionType>) -> Vec<Condition> {
    let class = class(notice.reason);
    let condition = |type_, status, reason, message: &str| condition(desired, type_, status, (reason, message));
    let mut all = vec![
        condition(ConditionType::Ready, class.status(), notice.reason, &notice.message),
        condition(ConditionType::Linked, class.status(), notice.reason, &notice.message),
        if desired.standing == Standing::Good {
            condition(ConditionType::Accepted, "True", Reason::Accepted, "the specification is understood and allowed")
        } else {
            condition(ConditionType::Accepted, "False", notice.reason, &notice.message)
        },
    ];
    all.extend(blocked.or(class.progress()).map(|type_| condition(type_, "True", notice.reason, &notice.message)));
    all
}

fn outlook(
    desired: &Desired,
    sighting: &Sighting,
    decision: &Decision,
    ready: Option<&Condition>,
    ailing: Option<&Notice>,
    tempo: Tempo,
) -> Outlook {
    let good = ready.is_some_and(|ready| ready.status == "True");
    Outlook::Say(match (&decision.row, ailing) {
        (Row::Held(notice), _) => return Outlook::Stall(notice.clone()),
        _ if desired.terminating => detaching(desired, decision, ailing),
        (Row::NotAccepted(notice) | Row::NotLinkable(notice) | Row::NoVpc(Some(notice)), _) | (_, Some(notice)) => {
            notice.clone()
        }
        (Row::Lost | Row::NoVpc(None), _) if desired.hands_off().is_some() => {
            words::differs(desired.hands_off().unwrap_or(Reason::Differs), desired)
        }
        // A look showed that the link is not there: nothing that says so may stand.
        (Row::NoVpc(None), _) if good => changing(desired, decision, ready),
        (
            Row::Unknown(None)
            | Row::NoVpc(None)
            | Row::Suspect
            | Row::Forced
            | Row::LeftInPlace
            | Row::NothingOurs
            | Row::Blocked(_)
            | Row::Gone
            | Row::Vanishing
            | Row::Detach,
            _,
        ) => return Outlook::Keep,
        (Row::Unknown(Some(notice)), _) => return patient(sighting, notice, tempo),
        (Row::Missing(since), _) => {
            return Outlook::KeepUntil(later(*since, tempo.patience()), words::missing(desired));
        }
        (Row::Lost, _) => words::lost(),
        (Row::Returned, _) => words::returned(desired),
        (Row::NotFound, _) => words::not_found(desired),
        (Row::Refusing, _) => words::refusing(desired),
        (Row::Linked { verified: true }, _) => words::linked(desired, sighting, decision),
        (Row::Linked { verified: false }, _) => return in_doubt(desired, sighting, ready),
        (Row::Elsewhere(vpc), _) => words::elsewhere(vpc, desired),
        (Row::DeadFound, _) => words::dead_found(desired),
        (Row::Dead(_) | Row::Move(_) | Row::Attach | Row::Unsettled(_) | Row::Refused, _) => {
            changing(desired, decision, ready)
        }
        (Row::Stuck(operation), _) => words::stuck(*operation, desired),
        (Row::HandsOff(reason), _) => words::differs(*reason, desired),
    })
}

fn patient(sighting: &Sighting, notice: &Notice, tempo: Tempo) -> Outlook {
    match &sighting.trouble {
        Some(trouble) => Outlook::KeepUntil(later(trouble.since, tempo.patience()), notice.clone()),
        None => Outlook::Say(notice.clone()),
    }
}

/// A link that is there, for whichever address. What was found dead before a restart is asked about anew; until that is
/// answered, nothing else is known.
fn in_doubt(desired: &Desired, sighting: &Sighting, ready: Option<&Condition>) -> Outlook {
    if sighting.wondering && ready.is_some_and(|ready| ready.reason == Reason::NotOurs.as_str()) {
        return Outlook::Keep;
    }
    let words =
        format!("{} is {}; which address the link was made for is not known", desired.names.instance, words::REACH);
    Outlook::Say(Notice::new(Reason::AddressUnverified, words))
}

/// A change is due, asked for, under way, or refused. While a refusal of this generation stands, the conditions tell of
/// it and do not move when it is tried again.
fn changing(desired: &Desired, decision: &Decision, ready: Option<&Condition>) -> Notice {
    let names = &desired.names;
    if let Some(refusal) = decision.record.standing_refusal(desired.generation) {
        return Notice::new(refusal.reason, words::refused(refusal.reason, &refusal.message, desired));
    }
    let link = decision.record.link.as_ref();
    let leaves = link.map(|link| &link.vpc).filter(|from| Some(*from) != desired.vpc.as_ref());
    let now = ready.and_then(|ready| ready.reason.parse().ok());
    let (reason, message) = match (&decision.row, now) {
        (_, _) if let Some(from) = leaves => (Reason::Moving, format!("moving from {from} to {}", names.vpc)),
        // A move and a healing are two changes; the word of the first stays until the second is done.
        (_, Some(Reason::Moving)) => (Reason::Moving, format!("moving to {}", names.vpc)),
        (Row::Dead(_) | Row::Unsettled(Operation::Detach), _)
        | (_, Some(Reason::Relinking | Reason::Linked | Reason::AddressUnverified)) => {
            (Reason::Relinking, format!("making the link to {} again", names.vpc))
        }
        (_, _) if link.is_some() => (Reason::Relinking, format!("making the link to {} again", names.vpc)),
        (_, _) => (Reason::Attaching, format!("linking {} to {}", names.instance, names.vpc)),
    };
    Notice::new(reason, message)
}

/// While the object is being deleted.
fn detaching(desired: &Desired, decision: &Decision, ailing: Option<&Notice>) -> Notice {
    let names = &desired.names;
    let not_yet = |reason: Reason, words: &str| {
        Notice::new(Reason::Detaching, format!("the link cannot be removed yet: {reason}: {words}"))
    };
    match (&decision.row, unremoved(desired, decision), ailing) {
        (_, Some(refusal), _) => not_yet(refusal.reason, &words::refused(refusal.reason, &refusal.message, desired)),
        (Row::Blocked(notice), None, _) | (_, None, Some(notice)) => not_yet(notice.reason, &notice.message),
        (Row::Vanishing, None, None) => {
            Notice::new(Reason::Detaching, "the link was not seen in the last look; looking once more")
        }
        _ => Notice::new(Reason::Detaching, format!("removing the link of {}", names.instance)),
    }
}
