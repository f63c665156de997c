//! Observing: from an object and its surroundings to what is wanted and what was seen. Nothing here waits or writes.

use std::{collections::BTreeSet, sync::Arc};

use kube::{ResourceExt, core::SelectorExt};

use super::{Caches, Context, account::problem, accounts::Account, claims::Claimant, finalizer};
use crate::{
    api::{AllowedNamespaces, CHECK_REQUESTED_AT, ClassicLink, FORCE_RELEASE, NamespacesFrom, Reason},
    clock,
    cloud::broker::{Broker, Known, Owner},
    link::{
        Check, Desired, InstanceId, Names, Notice, Observed, Policy, Record, Region, Sighting, Standing, Strange,
        Tempo, Trouble, VpcId,
    },
};

/// One object, ready to be decided on.
#[derive(Clone)]
pub struct Case {
    /// Its name.
    pub owner: Owner,
    /// What is wanted.
    pub desired: Desired,
    /// What was observed.
    pub observed: Observed,
    /// The intervals of its account.
    pub tempo: Tempo,
    /// Its machine, and who looks at it; `None` where the object may not ask.
    pub broker: Option<(InstanceId, Broker)>,
    /// Who may still be looking, or hold a place, for an object that may not ask any more.
    pub idle: Option<(InstanceId, Broker)>,
}

/// Gathers what the decision needs. `None` while the account is not known well enough to say anything: it wakes its
/// links once it is.
#[must_use]
pub fn observe(link: &ClassicLink, context: &Context) -> Option<Case> {
    let owner = super::claims::owner(link);
    let record = link.status.as_ref().map(Record::read).unwrap_or_default();
    let account = context.accounts.get(&link.spec.account_ref.name);
    if account.is_none() && context.caches.has_account(&link.spec.account_ref.name) {
        return None;
    }
    if account.as_ref().is_some_and(|account| account.refused.is_none() && account.keyring.is_settling()) {
        return None;
    }
    let desired = desired(link, account.as_deref(), &record, &owner, context);
    let tempo = account.as_ref().map_or_else(|| context.settings.tempo(), |account| account.tempo);
    let usable = account.as_deref().filter(|account| account.refused.is_none());
    let asked = usable.and_then(|account| broker(link, account, context));
    // A change that is under way is followed to its end, whatever became of the permission to begin another.
    let asks = match desired.standing {
        Standing::Good | Standing::Foreign(_) => true,
        Standing::Refused(_) => record.task.is_some(),
        Standing::Claimed(_) => false,
    };
    let (broker, idle) = if asks { (asked, None) } else { (None, asked) };
    let (mut sighting, attempt) = broker.as_ref().map_or((Sighting::none(), None), |(instance, broker)| {
        let task = record.task.as_ref().map(|task| task.started_at);
        let (recorded, remembered) = (record.saw_machine(), record.remembered());
        let known = Known { recorded, remembered, vpc: desired.vpc.clone(), task };
        broker.observe(instance, &owner, &known)
    });
    if let Some(account) = &account {
        keys_wanting(&mut sighting, account, desired.terminating, context);
    }
    let not_before = context.backoff.not_before(&owner.uid, desired.generation);
    let check = check(link, &owner.uid, context);
    let observed = Observed { sighting, record, attempt, not_before, check, finalizer: finalizer::has(link) };
    Some(Case { owner, desired, observed, tempo, broker, idle })
}

/// The check that was asked for and is not answered yet.
fn check(link: &ClassicLink, uid: &str, context: &Context) -> Option<Check> {
    let value = link.annotations().get(CHECK_REQUESTED_AT)?;
    let handled = link.status.as_ref().and_then(|status| status.last_handled_check_at.as_ref());
    let since = context.checks.since(uid, value, clock::now());
    (handled != Some(value)).then(|| Check { value: value.clone(), since })
}

fn broker(link: &ClassicLink, account: &Account, context: &Context) -> Option<(InstanceId, Broker)> {
    let instance = InstanceId::new(&link.spec.instance_id).ok()?;
    let region = Region::new(&link.spec.region).ok()?;
    let broker = account.broker(&region, &context.settings).ok()?;
    Some((instance, broker))
}

/// Without usable keys in the Secret everything waits, but the detaching of deleted objects, for which the last good
/// keys serve. With keys of which nobody knows whose they are, everything does.
fn keys_wanting(sighting: &mut Sighting, account: &Account, terminating: bool, context: &Context) {
    if let Some(Strange::Unsure(trouble)) = account.strange() {
        sighting.trouble = Some(trouble);
    }
    let Some(notice) = problem(account, &context.settings.namespace) else { return };
    if !(terminating && account.keyring.current().is_some()) {
        sighting.trouble = Some(Trouble { notice, since: account.keyring.wanting_since() });
    }
}

fn desired(
    link: &ClassicLink,
    account: Option<&Account>,
    record: &Record,
    owner: &Owner,
    context: &Context,
) -> Desired {
    let spec = &link.spec;
    let terminating = link.metadata.deletion_timestamp.is_some();
    Desired {
        generation: link.metadata.generation.unwrap_or_default(),
        vpc: VpcId::new(&spec.vpc_id).ok(),
        terminating,
        forced: terminating && link.annotations().get(FORCE_RELEASE) == Some(&owner.uid),
        policy: Policy {
            management: spec.management_policy,
            suspend: spec.suspend,
            deletion: spec.deletion_policy,
            existing: spec.existing_link,
            on_return: spec.instance_return_policy,
        },
        standing: standing(link, account, record, (owner, terminating), context),
        names: Names {
            instance: spec.instance_id.clone(),
            vpc: spec.vpc_id.clone(),
            region: spec.region.clone(),
            account: spec.account_ref.name.clone(),
        },
    }
}

/// Judges once more whether the object may act, after its intent became known: of two that write at the same time, and
/// of a link and its account that is just being deleted, one at least sees the other.
#[must_use]
pub fn may_still_act(link: &ClassicLink, case: &Case, context: &Context) -> bool {
    let account = context.accounts.get(&link.spec.account_ref.name);
    let who = (&case.owner, case.desired.terminating);
    let same = |one: &str, other: &str| context.accounts.same(one, other, &context.caches);
    !context.claims.is_outrun(&case.owner.uid, same)
        && (case.desired.standing != Standing::Good
            || standing(link, account.as_deref(), &case.observed.record, who, context) == Standing::Good)
}

/// Judges whether the object may act. An object that is being deleted needs no permission to remove what is its own.
fn standing(
    link: &ClassicLink,
    account: Option<&Account>,
    record: &Record,
    (owner, terminating): (&Owner, bool),
    context: &Context,
) -> Standing {
    let refuse = |reason, message: String| Standing::Refused(Notice::new(reason, message));
    let name = &link.spec.account_ref.name;
    let Some(account) = account else {
        return refuse(
            Reason::AccountNotFound,
            format!("there is no CloudAccount {name:?}; create it, or name another"),
        );
    };
    if let Some(notice) = &account.refused {
        return refuse(Reason::AccountNotReady, format!("CloudAccount {name} cannot be used: {}", notice.message));
    }
    if let Err(message) = valid(link, account, terminating) {
        return refuse(Reason::InvalidId, message);
    }
    let allowed = &account.spec().allowed_namespaces;
    if !terminating && let Some(why) = not_allowed(allowed, &owner.namespace, &context.caches) {
        return refuse(Reason::NamespaceNotAllowed, format!("CloudAccount {name} {why}"));
    }
    let serves = || record.holds() || context.claims.is_healing(&owner.uid);
    if !terminating && account.terminating && !serves() {
        return refuse(
            Reason::AccountTerminating,
            format!("CloudAccount {name} is being deleted and takes no new links"),
        );
    }
    match winner(&owner.uid, context) {
        Some(winner) if winner.owner.uid != owner.uid => Standing::Claimed(winner.called()),
        Some(_) | None => match account.strange() {
            Some(Strange::Changed(notice)) => Standing::Foreign(notice),
            Some(Strange::Unsure(_)) | None => Standing::Good,
        },
    }
}

/// An object that is being deleted needs no readable VPC: what is to be removed stands in the record.
fn valid(link: &ClassicLink, account: &Account, terminating: bool) -> Result<(), String> {
    InstanceId::of(account.cloud(), &link.spec.instance_id).map_err(|error| error.to_string())?;
    Region::new(&link.spec.region).map_err(|error| error.to_string())?;
    if !terminating {
        VpcId::new(&link.spec.vpc_id).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn winner(uid: &str, context: &Context) -> Option<Claimant> {
    let same = |one: &str, other: &str| context.accounts.same(one, other, &context.caches);
    context.claims.winner(uid, same, |claimant| usable(claimant, context))
}

/// Whether account and namespace let this object act: one that may not blocks nobody.
fn usable(claimant: &Claimant, context: &Context) -> bool {
    context.accounts.get(&claimant.account).is_some_and(|account: Arc<Account>| {
        account.refused.is_none()
            && !account.terminating
            && not_allowed(&account.spec().allowed_namespaces, &claimant.owner.namespace, &context.caches).is_none()
    })
}

/// The machines of an account that were seen once and that are looked at now, by id.
#[must_use]
pub fn recorded(account: &Account, context: &Context) -> BTreeSet<String> {
    let allowed = &account.spec().allowed_namespaces;
    let looked_at = |claimant: &Claimant| not_allowed(allowed, &claimant.owner.namespace, &context.caches).is_none();
    let links = context.claims.of_account(&account.name).into_iter();
    links
        .filter(|claimant| claimant.record.saw_machine() && looked_at(claimant))
        .map(|claimant| claimant.machine.1)
        .collect()
}

/// Why an account may not be used from a namespace, if so. One that was not seen yet has labels that nobody knows: a
/// selector of what must not be there would let it in.
fn not_allowed(allowed: &AllowedNamespaces, namespace: &str, caches: &Caches) -> Option<String> {
    if allowed.from == NamespacesFrom::All {
        return None;
    }
    let Some(labels) = caches.labels(namespace) else {
        return Some(format!("allows namespaces by their labels, and those of {namespace} were not seen yet"));
    };
    let selector = allowed.selector.clone().and_then(|selector| kube::core::Selector::try_from(selector).ok());
    let allows = selector.is_some_and(|selector| selector.matches(&labels));
    (!allows).then(|| format!("does not allow namespace {namespace}; see its allowedNamespaces"))
}

/// The name of an object in logs.
#[must_use]
pub fn named(link: &ClassicLink) -> String {
    format!("{}/{}", link.namespace().unwrap_or_default(), link.name_any())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn without(label: &str) -> AllowedNamespaces {
        let expression = json!({ "key": label, "operator": "DoesNotExist" });
        let selector = json!({ "matchExpressions": [expression] });
        serde_json::from_value(json!({ "from": "Selector", "selector": selector })).unwrap()
    }

    #[test]
    fn a_namespace_that_was_not_seen_yet_is_not_one_without_labels() {
        let caches = Caches::of([], [("open", json!({})), ("closed", json!({ "restricted": "yes" }))]);
        assert_eq!(not_allowed(&without("restricted"), "open", &caches), None);
        assert!(not_allowed(&without("restricted"), "closed", &caches).unwrap().contains("does not allow"));
        let unseen = not_allowed(&without("restricted"), "unseen", &caches).unwrap();
        assert!(unseen.contains("were not seen yet"), "{unseen}");
    }

    #[test]
    fn an_account_for_all_namespaces_asks_for_none() {
        let all = serde_json::from_value(json!({ "from": "All" })).unwrap();
        assert_eq!(not_allowed(&all, "unseen", &Caches::of([], [])), None);
    }
}
