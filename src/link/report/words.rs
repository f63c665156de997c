//! The sentences of the conditions: what is the matter, and what to do about it.

use crate::{
    api::{Operation, Reason},
    link::{Caution, Decision, Desired, Notice, Sighting, VpcId},
};

/// What a link carries, and what it does not: "linked" was never "reachable".
pub(super) const REACH: &str = "linked at the cloud; security groups, network ACLs and routes decide what gets through";

const fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Attach => "attach",
        Operation::Detach => "detach",
    }
}

pub(super) fn missing(desired: &Desired) -> Notice {
    let names = &desired.names;
    Notice::new(
        Reason::InstanceMissing,
        format!("{} is not listed in {}; whether it was returned is being checked", names.instance, names.region),
    )
}

pub(super) fn returned(desired: &Desired) -> Notice {
    let words = "was returned to the cloud; delete this object, or remove it from Git";
    Notice::new(Reason::InstanceReturned, format!("{} {words}", desired.names.instance))
}

pub(super) fn not_found(desired: &Desired) -> Notice {
    let names = &desired.names;
    let words = format!(
        "{} does not exist in {} of account {}, or the keys may not see it; remove it from Git, or set \
         instanceReturnPolicy: Retain",
        names.instance, names.region, names.account
    );
    Notice::new(Reason::InstanceNotFound, words)
}

pub(super) fn refusing(desired: &Desired) -> Notice {
    let names = &desired.names;
    let words = format!("{} is linked to {} already; set existingLink: Keep or Adopt", names.instance, names.vpc);
    Notice::new(Reason::ExistingLinkRefused, words)
}

pub(super) fn stuck(operation: Operation, desired: &Desired) -> Notice {
    let (verb, instance) = (verb(operation), &desired.names.instance);
    let words = format!("the cloud's task to {verb} {instance} has run for half an hour; ask the cloud's support");
    Notice::new(Reason::InstanceBusy, words)
}

pub(super) fn linked(desired: &Desired, sighting: &Sighting, decision: &Decision) -> Notice {
    let names = &desired.names;
    let caution = match sighting.caution {
        Caution::Say(words) => format!("{}: {words}; ", names.vpc),
        Caution::None | Caution::Unread => String::new(),
    };
    let link = decision.record.link.as_ref();
    let address = link.and_then(|link| link.private_ip).map(|ip| format!(" ({ip})")).unwrap_or_default();
    Notice::new(Reason::Linked, format!("{caution}{}{address} is {REACH}", names.instance))
}

/// What to do about a refusal, and the cloud's own words.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other refusals have no advice of their own")]
pub(super) fn refused(reason: Reason, words: &str, desired: &Desired) -> String {
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
        Reason::InstanceNotReady => format!(
            "{} is locked at the cloud until its owner settles that; it is tried again once it is not, and from time to \
             time",
            names.instance
        ),
        Reason::InstanceBusy => format!("{} is busy with another task; it is tried again", names.instance),
        Reason::Throttled => "the cloud asks to slow down; it is tried again".to_owned(),
        _ => "the cloud refuses; it is tried again from time to time".to_owned(),
    };
    if words.is_empty() { advice } else { format!("{advice} (the cloud says: {words})") }
}

pub(super) fn elsewhere(vpc: &VpcId, desired: &Desired) -> Notice {
    let instance = &desired.names.instance;
    let words = format!("{instance} is linked to {vpc}, by someone else; remove that link, or write vpcId: {vpc}");
    Notice::new(Reason::LinkedElsewhere, words)
}

pub(super) fn dead_found(desired: &Desired) -> Notice {
    let vpc = &desired.names.vpc;
    let words = format!("the link to {vpc} died with the old address and is not ours; remove it at the cloud");
    Notice::new(Reason::NotOurs, words)
}

pub(super) fn lost() -> Notice {
    Notice::new(Reason::Relinking, "the link was not seen in the last look; looking once more")
}

/// The world is not as wanted, and nothing is done about it.
pub(super) fn differs(reason: Reason, desired: &Desired) -> Notice {
    Notice::new(reason, format!("{} is not linked to {}", desired.names.instance, desired.names.vpc))
}
