//! Objects that vanished with a change under way.
//!
//! Somebody took the finalizer off by hand, or the object's storage was restored. What was sent may still land, so the
//! machine stays reserved until the change is settled: the same decision goes on being made for the object as it was
//! last seen, and nothing else is done for it. A link of ours that is there in the end is left in place, and said to be.
//! Nothing of this survives the process: the next one does not know that the object was there, unless another finalizer
//! keeps it.

use jiff::Timestamp;

use super::{Context, claims::Claimant};
use crate::{
    api::Reason,
    clock,
    cloud::broker::{Broker, Known},
    link::{Desired, InstanceId, Names, Notice, Observed, Policy, Record, Region, Sighting, Standing, Tempo, decide},
};

/// Waits until what the object had under way is settled. Returns what is on record then.
pub async fn follow(gone: &Claimant, context: &Context) -> Record {
    tracing::warn!(
        namespace = gone.owner.namespace,
        link = gone.owner.name,
        "the object went with a change under way; its machine is reserved until that is settled"
    );
    let mut record = gone.record.clone();
    while let Some(task) = &record.task {
        let account = context.accounts.get(&gone.account);
        let tempo = account.as_ref().map_or_else(|| context.settings.tempo(), |account| account.tempo);
        match looking(gone, context) {
            Some((instance, broker)) => record = decided(gone, record, (&instance, &broker), tempo),
            // Nobody can look: what is left is the time after which what is seen counts.
            None if expired(task.started_at, tempo) => break,
            None => {}
        }
        if record.task.is_some() {
            // Asked again and again: there is no object any more that could be woken.
            clock::sleep(tempo.confirm_gap(1)).await;
        }
    }
    record
}

/// Says of a link of ours that nobody removes any more. The account hears it: its object is gone.
pub fn tell(gone: &Claimant, record: &Record, context: &Context) {
    let Some(vpc) = gone.leaves(record) else { return };
    let machine = &gone.machine.1;
    let message =
        format!("{} is gone, and {machine} may still be linked to {vpc}: that link is left in place", gone.name());
    tracing::warn!(namespace = gone.owner.namespace, link = gone.owner.name, "{message}");
    context.events.tell_account(&gone.account, Notice::new(Reason::LeftInPlace, message));
}

fn looking(gone: &Claimant, context: &Context) -> Option<(InstanceId, Broker)> {
    let (region, instance) = &gone.machine;
    let account = context.accounts.get(&gone.account)?;
    let broker = account.broker(&Region::new(region).ok()?, &context.settings).ok()?;
    Some((InstanceId::new(instance).ok()?, broker))
}

/// The record after one more decision, which the broker serves and nobody carries out.
fn decided(gone: &Claimant, record: Record, (instance, broker): (&InstanceId, &Broker), tempo: Tempo) -> Record {
    let task = record.task.as_ref().map(|task| task.started_at);
    let known = Known { recorded: record.saw_machine(), remembered: record.remembered(), vpc: None, task };
    let (sighting, attempt): (Sighting, _) = broker.observe(instance, &gone.owner, &known);
    let observed = Observed { sighting, record, attempt, not_before: None, check: None, finalizer: true };
    let decision = decide(&nothing_wanted(), &observed, tempo, clock::now());
    broker.attend(instance, &gone.owner, decision.watch);
    decision.record
}

fn nothing_wanted() -> Desired {
    Desired {
        generation: 0,
        vpc: None,
        terminating: true,
        forced: false,
        policy: Policy::default(),
        standing: Standing::Good,
        names: Names::default(),
    }
}

fn expired(started_at: Timestamp, tempo: Tempo) -> bool {
    clock::until(started_at, clock::now()) >= tempo.departure() + tempo.settling()
}
