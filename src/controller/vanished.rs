//! Objects that vanished with a change under way.
//!
//! Somebody took the finalizer off by hand, or the object's storage was restored. What was sent may still land, so the
//! machine stays reserved until the change is settled: the same decision goes on being made for the object as it was
//! last seen, and nothing else is done for it. Nothing of this survives the process: the next one does not know that
//! the object was there.

use jiff::Timestamp;

use super::{Context, claims::Claimant};
use crate::{
    clock,
    cloud::broker::{Broker, Known},
    link::{Desired, InstanceId, Names, Observed, Policy, Record, Region, Sighting, Standing, Tempo, decide},
};

/// Waits until what the object had under way is settled.
pub async fn follow(gone: &Claimant, context: &Context) {
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
            None if expired(task.started_at, tempo) => return,
            None => {}
        }
        // Asked again and again: there is no object any more that could be woken.
        clock::sleep(tempo.confirm_gap(1)).await;
    }
}

fn looking(gone: &Claimant, context: &Context) -> Option<(InstanceId, Broker)> {
    let (region, instance) = &gone.machine;
    let account = context.accounts.get(&gone.account)?;
    let broker = account.broker(&Region::new(region).ok()?, &context.settings).ok()?;
    Some((InstanceId::new(instance).ok()?, broker))
}

/// The record after one more decision, which the broker serves and nobody carries out.
fn decided(gone: &Claimant, record: Record, (instance, broker): (&InstanceId, &Broker), tempo: Tempo) -> Record {
    let known = Known { recorded: record.saw_machine(), remembered: record.remembered(), vpc: None };
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
