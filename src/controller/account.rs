//! Reconciling a `CloudAccount`: its keys, its finalizer, its own Ready.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{Api, ResourceExt, runtime::controller::Action};

use super::{CALL, Context, Error, accounts::Account, finalizer, observe::recorded, secret, status};
use crate::{
    api::{CloudAccount, CloudAccountStatus, ConditionType, Reason, set},
    clock,
    cloud::credentials::Problem,
    link::{Beat, Notice, Strange},
};

/// While keys are wanting, the Secret is read again this often, in case its watch missed something.
const AGAIN: Duration = Duration::from_mins(1);
/// After a read that brought no answer.
const SOON: Duration = Duration::from_secs(5);

/// Brings one account up to date and wakes the links for which that makes a difference.
///
/// # Errors
/// The API server did not answer, or refused.
pub async fn reconcile(object: Arc<CloudAccount>, context: Arc<Context>) -> Result<Action, Error> {
    let before = context.accounts.get(&object.name_any());
    // The keys come first: an account that is seen without them would be said to have none. Without an answer all else
    // of the account is taken all the same.
    let read = secret::read(&object.spec, &context).await;
    let unread = read.is_err();
    let keys = read.unwrap_or_else(|error| {
        tracing::warn!(account = object.name_any(), error = super::chain(&error), "the Secret cannot be read");
        secret::unread(&object, before.as_deref())
    });
    let Some((account, new_keys)) = context.accounts.put(&object, keys, &context.settings, &context.caches) else {
        return Ok(Action::await_change());
    };
    let other_owner = account.reckon(|| recorded(&account, &context));
    let changed = other_owner || before.is_none_or(|before| differs(&before, &account));
    if new_keys || other_owner {
        // What was refused for the former keys is tried with these.
        context.claims.of_account(&account.name).iter().for_each(|link| context.backoff.forget(&link.owner.uid));
        account.brokers().iter().for_each(crate::cloud::broker::Broker::look_again);
    }
    if new_keys || changed {
        context.wake(context.claims.around_account(&account.name));
    }
    let object = if account.terminating {
        match served(&account, &context) {
            Served::All => {
                finalizer::remove(&Api::all(context.client.clone()), &*object).await?;
                return Ok(Action::await_change());
            }
            Served::Until(at) => {
                write(&object, &account, &context).await?;
                return Ok(Action::requeue(clock::until(clock::now(), at)));
            }
            Served::Some => (*object).clone(),
        }
    } else {
        finalizer::add(&Api::all(context.client.clone()), &*object).await?
    };
    write(&object, &account, &context).await?;
    // Keys that are fetched are the keeper's to renew, and it says when there is something new.
    let wait = account.keyring.problem().filter(|_| account.spec().credentials.secret_ref.is_some()).map(|_| AGAIN);
    Ok(unread.then_some(SOON).or(wait).map_or_else(Action::await_change, Action::requeue))
}

/// Whether an account that is being deleted has served its last link.
enum Served {
    All,
    Some,
    /// Nothing holds it, but a write that began before may end until then.
    Until(Timestamp),
}

/// A link that saw the account in use may be writing down that it holds something, its finalizer first: these two writes
/// are waited for. Whoever decides later sees that the account goes.
fn served(account: &Account, context: &Context) -> Served {
    let links = context.claims.of_account(&account.name);
    let last = account.leaving_since.and_then(|since| since.checked_add(CALL * 2).ok());
    match last.filter(|last| *last > clock::now()) {
        _ if links.iter().any(super::claims::Claimant::holds) => Served::Some,
        Some(last) if !links.is_empty() => Served::Until(last),
        Some(_) | None => Served::All,
    }
}

fn differs(before: &Account, after: &Account) -> bool {
    before.spec() != after.spec()
        || before.terminating != after.terminating
        || before.refused != after.refused
        || before.acknowledged != after.acknowledged
}

async fn write(object: &CloudAccount, account: &Account, context: &Context) -> Result<(), Error> {
    let before = object.status.clone().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    let notice = judge(account, &context.settings.namespace);
    let in_use = context.claims.of_account(&account.name).into_iter().map(|claimant| claimant.machine.0).collect();
    let next = CloudAccountStatus {
        regions: account.regions(&in_use, &before.regions),
        observed_generation: Some(generation),
        conditions: set(&before.conditions, conditions(&notice, generation), clock::now()),
        identity: account.identity().or_else(|| before.identity.clone()),
    };
    if next != before {
        status::patch(&Api::all(context.client.clone()), object, &next).await?;
    }
    Ok(())
}

/// What the account's own Ready says.
fn judge(account: &Account, namespace: &str) -> Notice {
    if account.terminating {
        return Notice::new(
            Reason::AccountTerminating,
            "it serves the links that hold something, and goes with the last of them",
        );
    }
    if let Some(notice) = &account.refused {
        return notice.clone();
    }
    if let Some(notice) = problem(account, namespace) {
        return notice;
    }
    if let Some(Strange::Changed(notice)) = account.strange() {
        return notice;
    }
    let trouble = account.brokers().iter().find_map(crate::cloud::broker::Broker::trouble);
    trouble.unwrap_or_else(|| Notice::new(Reason::Accepted, "the account can be used"))
}

/// What is wrong with the keys.
#[must_use]
pub fn problem(account: &Account, namespace: &str) -> Option<Notice> {
    let problem = account.keyring.problem()?;
    let secret = account.spec().credentials.secret_ref.as_ref().map(|secret| secret.name.as_str()).unwrap_or_default();
    let advice = match &problem {
        Problem::Missing => format!("create the Secret {namespace}/{secret} with the keys of account {}", account.name),
        Problem::Forbidden => {
            format!(
                "let the operator's service account read the Secret {namespace}/{secret}, or correct its --namespace"
            )
        }
        Problem::Unreadable => format!("the API server does not tell {namespace}/{secret}; it is tried again"),
        Problem::Incomplete { entry } => format!("put {entry} into the Secret {namespace}/{secret}"),
        Problem::Unset { name } => {
            format!(
                "write it into account {}, or let the cluster's webhook set {name} in the operator's pod",
                account.name
            )
        }
        Problem::NoToken { .. } => "mount the projected token of the operator's service account".to_owned(),
        Problem::Fetching => format!("account {} asks the cloud for them", account.name),
        Problem::Cloud(error) if error.kind.on_giving_keys().beat() == Beat::Slow => {
            format!("check the role that account {} names, and who may take it", account.name)
        }
        Problem::Cloud(_) => "it is tried again".to_owned(),
    };
    Some(Notice::new(problem.reason(), format!("{problem}: {advice}")))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "an account has few reasons of the whole list")]
fn conditions(notice: &Notice, generation: i64) -> Vec<Condition> {
    let (status, progress) = match notice.reason {
        Reason::Accepted => ("True", None),
        Reason::Throttled | Reason::ProviderUnavailable => ("Unknown", Some(ConditionType::Reconciling)),
        Reason::AccountNotReady | Reason::AccountChanged => ("False", Some(ConditionType::Stalled)),
        Reason::AccountTerminating => ("False", Some(ConditionType::Reconciling)),
        // What is left are the reasons of keys.
        _ => ("Unknown", Some(ConditionType::Stalled)),
    };
    let condition = |type_: ConditionType, status: &str| Condition {
        type_: type_.as_str().into(),
        status: status.into(),
        reason: notice.reason.to_string(),
        message: notice.message.clone(),
        observed_generation: Some(generation),
        last_transition_time: Time(Timestamp::UNIX_EPOCH),
    };
    let progress = progress.map(|type_| condition(type_, "True"));
    [Some(condition(ConditionType::Ready, status)), progress].into_iter().flatten().collect()
}
