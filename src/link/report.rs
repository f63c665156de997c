//! The report: the whole status, computed from the row.
//!
//! A status is written only if it differs from the one that stands, so nothing in it may change while nothing happens:
//! no counters, no request ids, no "last seen".

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::{Caution, Decision, Desired, Notice, Refusal, Row, Sighting, Standing, Tempo, class::class, settle::later};
use crate::api::{ClassicLinkStatus, ConditionType, Operation, Reason, find, set};

/// What a link carries, and what it does not: "linked" was never "reachable".
const REACH: &str = "linked at the cloud; security groups, network ACLs and routes decide what gets through";

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
    let wanted = match outlook(desired, sighting, decision, ready, tempo) {
        Outlook::Keep => return status,
        Outlook::KeepUntil(until, _) if good && now < until => return status,
        Outlook::KeepUntil(_, notice) | Outlook::Say(notice) => {
            status.observed_generation = Some(desired.generation);
            conditions(desired, &notice, blocked(desired, decision))
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
fn blocked(desired: &Desired, decision: &Decision) -> Option<ConditionType> {
    match (&decision.row, unremoved(desired, decision)) {
        (Row::Blocked(why), _) => class(why.reason).progress(),
        (_, Some(refusal)) => class(refusal.reason).progress(),
        (row, None) => matches!(row, Row::Stuck(_)).then_some(ConditionType::Stalled),
    }
}

/// The refusal that keeps the link of a deleted object, whether or not it is just being tried again.
fn unremoved<'d>(desired: &Desired, decision: &'d Decision) -> Option<&'d Refusal> {
    let due = desired.terminating && matches!(decision.row, Row::Refused | Row::Unsettled(_) | Row::Detach);
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
    tempo: Tempo,
) -> Outlook {
    let say = |reason, message: String| Outlook::Say(Notice::new(reason, message));
    let names = &desired.names;
    match &decision.row {
        Row::Held(notice) => Outlook::Stall(notice.clone()),
        _ if desired.terminating => Outlook::Say(detaching(desired, decision)),
        Row::NotAccepted(notice) | Row::NotLinkable(notice) | Row::NoVpc(Some(notice)) => Outlook::Say(notice.clone()),
        Row::Lost | Row::NoVpc(None) if desired.hands_off().is_some() => {
            differs(desired.hands_off().unwrap_or(Reason::Differs), desired)
        }
        // A look showed that the link is not there: nothing that says so may stand.
        Row::NoVpc(None) if ready.is_some_and(|ready| ready.status == "True") => changing(desired, decision, ready),
        Row::Lost => say(Reason::Relinking, "the link was not seen in the last look; looking once more".to_owned()),
        Row::Unknown(None)
        | Row::NoVpc(None)
        | Row::Suspect
        | Row::Forced
        | Row::LeftInPlace
        | Row::NothingOurs
        | Row::Blocked(_)
        | Row::Gone
        | Row::Vanishing
        | Row::Detach => Outlook::Keep,
        Row::Unknown(Some(notice)) => patient(sighting, notice, tempo),
        Row::Missing(since) => Outlook::KeepUntil(later(*since, tempo.patience()), missing(desired)),
        Row::Returned => Outlook::Say(returned(desired)),
        Row::NotFound => Outlook::Say(not_found(desired)),
        Row::Refusing => Outlook::Say(refusing(desired)),
        Row::Linked { verified: true } => Outlook::Say(linked(desired, sighting, decision)),
        Row::Linked { verified: false } => in_doubt(desired, sighting, ready),
        Row::Elsewhere(vpc) => say(
            Reason::LinkedElsewhere,
            format!("{} is linked to {vpc}, by someone else; remove that link, or write vpcId: {vpc}", names.instance),
        ),
        Row::DeadFound => say(
            Reason::NotOurs,
            format!("the link to {} died with the old address and is not ours; remove it at the cloud", names.vpc),
        ),
        Row::Dead(_) | Row::Move(_) | Row::Attach | Row::Unsettled(_) | Row::Refused => {
            changing(desired, decision, ready)
        }
        Row::Stuck(operation) => Outlook::Say(stuck(*operation, desired)),
        Row::HandsOff(reason) => differs(*reason, desired),
    }
}

/// The world is not as wanted, and nothing is done about it.
fn differs(reason: Reason, desired: &Desired) -> Outlook {
    Outlook::Say(Notice::new(reason, format!("{} is not linked to {}", desired.names.instance, desired.names.vpc)))
}

const fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Attach => "attach",
        Operation::Detach => "detach",
    }
}

fn patient(sighting: &Sighting, notice: &Notice, tempo: Tempo) -> Outlook {
    match &sighting.trouble {
        Some(trouble) => Outlook::KeepUntil(later(trouble.since, tempo.patience()), notice.clone()),
        None => Outlook::Say(notice.clone()),
    }
}

fn missing(desired: &Desired) -> Notice {
    let names = &desired.names;
    Notice::new(
        Reason::InstanceMissing,
        format!("{} is not listed in {}; whether it was returned is being checked", names.instance, names.region),
    )
}

fn returned(desired: &Desired) -> Notice {
    let words = "was returned to the cloud; delete this object, or remove it from Git";
    Notice::new(Reason::InstanceReturned, format!("{} {words}", desired.names.instance))
}

fn not_found(desired: &Desired) -> Notice {
    let names = &desired.names;
    let words = format!(
        "{} does not exist in {} of account {}, or the keys may not see it; remove it from Git, or set \
         instanceReturnPolicy: Retain",
        names.instance, names.region, names.account
    );
    Notice::new(Reason::InstanceNotFound, words)
}

fn refusing(desired: &Desired) -> Notice {
    let names = &desired.names;
    let words = format!("{} is linked to {} already; set existingLink: Keep or Adopt", names.instance, names.vpc);
    Notice::new(Reason::ExistingLinkRefused, words)
}

fn stuck(operation: Operation, desired: &Desired) -> Notice {
    let (verb, instance) = (verb(operation), &desired.names.instance);
    let words = format!("the cloud's task to {verb} {instance} has run for half an hour; ask the cloud's support");
    Notice::new(Reason::InstanceBusy, words)
}

fn linked(desired: &Desired, sighting: &Sighting, decision: &Decision) -> Notice {
    let names = &desired.names;
    let caution = match sighting.caution {
        Caution::Say(words) => format!("{}: {words}; ", names.vpc),
        Caution::None | Caution::Unread => String::new(),
    };
    let link = decision.record.link.as_ref();
    let address = link.and_then(|link| link.private_ip).map(|ip| format!(" ({ip})")).unwrap_or_default();
    Notice::new(Reason::Linked, format!("{caution}{}{address} is {REACH}", names.instance))
}

/// A link that is there, for whichever address. What was found dead before a restart is asked about anew; until that is
/// answered, nothing else is known.
fn in_doubt(desired: &Desired, sighting: &Sighting, ready: Option<&Condition>) -> Outlook {
    if sighting.wondering && ready.is_some_and(|ready| ready.reason == Reason::NotOurs.as_str()) {
        return Outlook::Keep;
    }
    let words = format!("{} is {REACH}; which address the link was made for is not known", desired.names.instance);
    Outlook::Say(Notice::new(Reason::AddressUnverified, words))
}

/// A change is due, asked for, under way, or refused. While a refusal of this generation stands, the conditions tell of
/// it and do not move when it is tried again.
fn changing(desired: &Desired, decision: &Decision, ready: Option<&Condition>) -> Outlook {
    let names = &desired.names;
    if let Some(refusal) = decision.record.standing_refusal(desired.generation) {
        return Outlook::Say(Notice::new(refusal.reason, refused(refusal.reason, &refusal.message, desired)));
    }
    let now = ready.and_then(|ready| ready.reason.parse().ok());
    let (reason, message) = match (&decision.row, now) {
        (Row::Move(from), _) => (Reason::Moving, format!("moving from {from} to {}", names.vpc)),
        // A move and a healing are two changes; the word of the first stays until the second is done.
        (_, Some(Reason::Moving)) => (Reason::Moving, format!("moving to {}", names.vpc)),
        (Row::Dead(_) | Row::Unsettled(Operation::Detach), _)
        | (_, Some(Reason::Relinking | Reason::Linked | Reason::AddressUnverified)) => {
            (Reason::Relinking, format!("making the link to {} again", names.vpc))
        }
        (_, _) if decision.record.link.is_some() => {
            (Reason::Relinking, format!("making the link to {} again", names.vpc))
        }
        (_, _) => (Reason::Attaching, format!("linking {} to {}", names.instance, names.vpc)),
    };
    Outlook::Say(Notice::new(reason, message))
}

/// What to do about a refusal, and the cloud's own words.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other refusals have no advice of their own")]
fn refused(reason: Reason, words: &str, desired: &Desired) -> String {
    let names = &desired.names;
    let advice = match reason {
        Reason::QuotaExceeded => {
            format!("{} has as many links as it may have; remove one, or have the quota raised", names.vpc)
        }
        Reason::CidrNotSupported => format!("the range of {} cannot be linked", names.vpc),
        Reason::PermissionDenied => {
            format!("the keys of account {} may not change links; extend their policy", names.account)
        }
        Reason::CredentialsRejected => format!("the keys of account {} are not accepted; replace them", names.account),
        Reason::InstanceBusy => format!("{} is busy with another task; it is tried again", names.instance),
        Reason::Throttled => "the cloud asks to slow down; it is tried again".to_owned(),
        _ => "the cloud refuses; it is tried again from time to time".to_owned(),
    };
    if words.is_empty() { advice } else { format!("{advice} (the cloud says: {words})") }
}

/// While the object is being deleted.
fn detaching(desired: &Desired, decision: &Decision) -> Notice {
    let names = &desired.names;
    let not_yet = |reason: Reason, words: &str| {
        Notice::new(Reason::Detaching, format!("the link cannot be removed yet: {reason}: {words}"))
    };
    match (&decision.row, unremoved(desired, decision)) {
        (Row::Blocked(notice), _) => not_yet(notice.reason, &notice.message),
        (_, Some(refusal)) => not_yet(refusal.reason, &refused(refusal.reason, &refusal.message, desired)),
        (Row::Vanishing, _) => {
            Notice::new(Reason::Detaching, "the link was not seen in the last look; looking once more")
        }
        _ => Notice::new(Reason::Detaching, format!("removing the link of {}", names.instance)),
    }
}
