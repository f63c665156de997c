//! Acting: carrying a decision out, in an order in which a crash at any point loses nothing.
//!
//! The finalizer is there before the intent, the intent is written before the cloud is asked, and each write carries the
//! `resourceVersion` that the decision was made from: on a conflict nothing is sent, and the object decides again.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, Unit};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Preconditions},
    runtime::controller::Action,
};

use super::{
    Context, Error, finalizer, healing,
    observe::{Case, may_still_act},
    status, within,
};
use crate::{
    api::{ClassicLink, ClassicLinkStatus, ConditionType, Operation, find},
    clock,
    cloud::broker::{Broker, Place, Ticket},
    link::{Change, Decision, Finalizer, InstanceId, Notice, Record, Revisit, Row, Step, Tempo, begin, report},
    metrics::ReasonLabel,
};

/// Carries out one decision on one object.
pub struct Act<'a> {
    /// The surroundings.
    pub context: &'a Context,
    /// What it was decided from.
    pub case: &'a Case,
    /// The decision.
    pub decision: Decision,
    /// When it was made.
    pub decided_at: Timestamp,
}

impl Act<'_> {
    /// Carries the decision out.
    ///
    /// # Errors
    /// The API server did not answer, or refused; then nothing was sent to a cloud.
    pub async fn carry_out(self, link: Arc<ClassicLink>) -> Result<Action, Error> {
        self.keep_right(&link);
        let link = match self.decision.finalizer {
            Finalizer::Need if !self.case.observed.finalizer && !self.case.desired.terminating => {
                self.context.written.put(finalizer::add(&self.api(&link), &*link).await?)
            }
            Finalizer::Need | Finalizer::Leave | Finalizer::Release => link,
        };
        self.attend();
        match (&self.decision.step, &self.case.broker) {
            (Step::Change(change), Some((instance, broker))) => {
                self.change(&link, change, instance, broker).await?;
            }
            (Step::RemoveObject, _) => self.remove(&link).await?,
            (Step::Nothing | Step::Change(_), _) if self.decision.finalizer == Finalizer::Release => {
                self.withdraw();
                self.release(&link).await?;
            }
            (Step::Nothing | Step::Change(_), _) => {
                self.withdraw();
                self.write(&link, &self.decision).await?;
            }
        }
        Ok(self.revisit())
    }

    /// Before the version is written in which the object has nothing on record any more.
    fn keep_right(&self, link: &ClassicLink) {
        let begins = healing::begins(&self.case.observed.record, &self.decision);
        let goes_on = healing::goes_on(&self.case.desired, &self.decision);
        if let Some(rivals) = self.context.claims.heals(&self.case.owner.uid, begins, goes_on) {
            self.context.stirred(&link.spec.account_ref.name, rivals);
        }
    }

    /// Tells the broker what to do until the next decision.
    fn attend(&self) {
        if let Some((instance, broker)) = &self.case.broker {
            broker.attend(instance, &self.case.owner, self.decision.watch.clone());
        }
        if let Some((instance, broker)) = &self.case.idle {
            broker.let_go(instance, &self.case.owner);
        }
    }

    fn withdraw(&self) {
        if let Some((instance, broker)) = &self.case.broker {
            broker.withdraw(instance, &self.case.owner);
        }
    }

    /// Asks for a place; with one, writes the intent and hands the change over.
    async fn change(
        &self,
        link: &ClassicLink,
        change: &Change,
        instance: &InstanceId,
        broker: &Broker,
    ) -> Result<(), Error> {
        match broker.ask(instance, &self.case.owner, change) {
            Place::Waiting => self.while_waiting(link).await,
            Place::Admitted(ticket) => self.hand_over(link, change, ticket, broker).await,
        }
    }

    /// What must not go unsaid while the object waits: that a link is no longer good, and what became of the last
    /// change. A new link says nothing yet: its intent follows, and one write is enough.
    async fn while_waiting(&self, link: &ClassicLink) -> Result<(), Error> {
        let conditions = link.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
        let good = find(conditions, ConditionType::Ready).is_some_and(|ready| ready.status == "True");
        if good || self.decision.record != self.case.observed.record {
            self.write(link, &self.decision).await?;
        }
        Ok(())
    }

    async fn hand_over(
        &self,
        link: &ClassicLink,
        change: &Change,
        ticket: Ticket,
        broker: &Broker,
    ) -> Result<(), Error> {
        let started_at = stamp(clock::now());
        let address = self.case.observed.sighting.address();
        let intent = Decision {
            row: row_of(&self.decision.row, change.operation),
            record: begin(&self.decision.record, change, address, started_at),
            ..self.decision.clone()
        };
        match self.write(link, &intent).await {
            Ok(()) if !may_still_act(link, self.case, self.context) => {
                self.context.wake(broker.not_sent(ticket, started_at));
                Ok(())
            }
            Ok(()) => {
                broker.hand_over(ticket, started_at);
                self.tell(link, self.decision.cause.iter());
                Ok(())
            }
            // Whatever the error, even a conflict, which our own first try may have caused: the write may have been
            // carried out, and whoever reads that intent must know that it never left. The object comes back by itself.
            Err(error) => {
                let whose = broker.not_sent(ticket, started_at);
                self.context.wake(whose.filter(|whose| *whose != self.case.owner));
                Err(error)
            }
        }
    }

    /// Writes the status, if it differs, and then tells what happened.
    async fn write(&self, link: &ClassicLink, decision: &Decision) -> Result<(), Error> {
        let before = link.status.clone().unwrap_or_default();
        let case = self.case;
        let now = stamp(clock::now());
        let next = report(&case.desired, &case.observed.sighting, decision, &before, (case.tempo, now));
        if next == before {
            return Ok(());
        }
        let written = self.context.written.put(status::patch(&self.api(link), link, &next).await?);
        if let Some(rivals) = self.context.claims.learn(&written) {
            self.context.stirred(&written.spec.account_ref.name, rivals);
        }
        self.remember(decision, now);
        self.log(link, &before, &next);
        self.tell(link, decision.news.iter());
        Ok(())
    }

    /// A refusal that is on record now is tried again later; a link that is good needs no patience any more.
    fn remember(&self, decision: &Decision, now: Timestamp) {
        let uid = &self.case.owner.uid;
        match decision.denied {
            Some(beat) => {
                self.context.backoff.failed(uid, self.case.desired.generation, beat, self.case.tempo, now);
            }
            None if matches!(decision.row, Row::Linked { .. }) => self.context.backoff.forget(uid),
            None => {}
        }
    }

    fn log(&self, link: &ClassicLink, before: &ClassicLinkStatus, next: &ClassicLinkStatus) {
        let reason = |status: &ClassicLinkStatus| {
            find(&status.conditions, ConditionType::Ready).map(|ready| ready.reason.clone()).unwrap_or_default()
        };
        let told = reason(next);
        if let Some(known) = told.parse().ok().filter(|_| told != reason(before)) {
            let known: crate::api::Reason = known;
            self.context.settings.metrics.outcomes.get_or_create(&ReasonLabel { reason: known.as_str() }).inc();
        }
        tracing::info!(
            link = super::observe::named(link),
            reason = told,
            vpc = link.spec.vpc_id,
            instance = link.spec.instance_id,
            task = ?next.task.as_ref().map(|task| task.operation),
            "status written"
        );
    }

    fn tell<'n>(&self, link: &ClassicLink, news: impl Iterator<Item = &'n Notice>) {
        for notice in news {
            self.context.events.tell(link, notice.clone());
        }
    }

    /// Deletes the object: only this very one, and only as it was read.
    async fn remove(&self, link: &ClassicLink) -> Result<(), Error> {
        self.withdraw();
        let preconditions = Preconditions { uid: link.uid(), resource_version: link.resource_version() };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match within(self.api(link).delete(&link.name_any(), &parameters)).await {
            Ok(_) => {}
            Err(error) if error.is_gone() => {}
            Err(error) => return Err(error),
        }
        if let Some(notice) = &self.decision.cause {
            self.context.events.tell(link, notice.clone());
            let message = format!("{}: {}; the object was removed", super::observe::named(link), notice.message);
            self.context.events.tell_account(&link.spec.account_ref.name, Notice::new(notice.reason, message));
        }
        Ok(())
    }

    /// Takes the finalizer off. A status that nobody can read any more is not written.
    async fn release(&self, link: &ClassicLink) -> Result<(), Error> {
        let (claims, uid) = (&self.context.claims, &self.case.owner.uid);
        if is_over(&self.decision.row, &self.case.observed.record) {
            claims.releasing(uid);
        }
        finalizer::remove(&self.api(link), link).await.inspect_err(|_| claims.stays(uid))?;
        self.tell(link, self.decision.news.iter().chain(&self.decision.cause));
        if let Some(forced) = self.decision.cause.as_ref().filter(|_| self.decision.row == Row::Forced) {
            let label = ReasonLabel { reason: forced.reason.as_str() };
            self.context.settings.metrics.outcomes.get_or_create(&label).inc();
            tracing::warn!(link = super::observe::named(link), "{}", forced.message);
        }
        tracing::info!(link = super::observe::named(link), row = ?self.decision.row, "released");
        Ok(())
    }

    fn revisit(&self) -> Action {
        let remembered = self.context.backoff.not_before(&self.case.owner.uid, self.case.desired.generation);
        let times = (self.decided_at, clock::now());
        wait(&self.decision, remembered, times, self.case.tempo).map_or_else(Action::await_change, Action::requeue)
    }

    fn api(&self, link: &ClassicLink) -> Api<ClassicLink> {
        Api::namespaced(self.context.client.clone(), &link.namespace().unwrap_or_default())
    }
}

/// How long until the object comes back by itself. `remembered` is when a refused change may be tried again.
fn wait(
    decision: &Decision,
    remembered: Option<Timestamp>,
    (decided_at, now): (Timestamp, Timestamp),
    tempo: Tempo,
) -> Option<Duration> {
    match decision.revisit {
        Revisit::OnWake => None,
        // What a time was for was done if it had passed; one that passed since then has come.
        Revisit::At(at) => (at > decided_at).then(|| clock::until(now, at)),
        Revisit::Beat(beat) => {
            // What is remembered of an earlier refusal has passed, as a rule.
            let not_before = remembered.filter(|_| decision.denied.is_some());
            Some(not_before.map_or(tempo.beat(beat).0, |at| clock::until(now, at)))
        }
    }
}

/// Whether nothing of the object can land any more once it is let go. Force does not wait for a task that never ends:
/// the machine stays reserved for that one.
fn is_over(row: &Row, record: &Record) -> bool {
    *row != Row::Forced || record.task.is_none()
}

/// The row under which an intent is reported: a move and a healing keep their own word.
fn row_of(row: &Row, operation: Operation) -> Row {
    if matches!(row, Row::Move(_) | Row::Dead(_) | Row::Attach) { row.clone() } else { Row::Unsettled(operation) }
}

/// Stamps of a status have microseconds: one with more would not be recognised when it is read again.
fn stamp(at: Timestamp) -> Timestamp {
    at.round(Unit::Microsecond).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Beat, Lane, VpcId, Watch};

    #[test]
    fn who_is_let_go_by_force_while_a_task_runs_leaves_its_machine_reserved() {
        let vpc = VpcId::new("vpc-here").unwrap();
        let attach = Change { operation: Operation::Attach, vpc, lane: Lane::NewLink, most: None, unclear_since: None };
        let running = begin(&Record::default(), &attach, None, Timestamp::UNIX_EPOCH);
        assert!(!is_over(&Row::Forced, &running));
        // In every other row the task was settled by this very decision.
        assert!(is_over(&Row::Forced, &Record::default()) && is_over(&Row::Gone, &running));
    }

    const NOW: Timestamp = Timestamp::constant(1_700_000_000, 0);

    fn after(seconds: i64) -> Timestamp {
        NOW.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap()
    }

    fn waits(revisit: Revisit, denied: Option<Beat>, remembered: Option<Timestamp>) -> Option<u64> {
        let decision = Decision { revisit, denied, ..nothing() };
        let tempo = Tempo::new(1.0, Duration::from_mins(1));
        wait(&decision, remembered, (NOW, after(1)), tempo).map(|wait| wait.as_secs())
    }

    fn nothing() -> Decision {
        Decision {
            row: Row::NothingOurs,
            step: Step::Nothing,
            finalizer: Finalizer::Leave,
            revisit: Revisit::OnWake,
            watch: Watch {
                lane: Lane::Sweep,
                vpc: None,
                follow: None,
                need: None,
                attempt: None,
                recorded: false,
                place: None,
                verify: false,
            },
            record: Record::default(),
            news: Vec::new(),
            cause: None,
            denied: None,
            checked: None,
        }
    }

    #[test]
    fn an_old_refusal_does_not_bring_an_object_back_at_once_that_waits_for_something_else() {
        let long_ago = Some(after(-100));
        assert_eq!(waits(Revisit::Beat(Beat::Slow), None, long_ago), Some(600));
        assert_eq!(waits(Revisit::Beat(Beat::Slow), Some(Beat::Slow), Some(after(501))), Some(500));
    }

    #[test]
    fn a_time_that_passed_between_decision_and_write_has_come_and_one_before_the_decision_is_done() {
        assert_eq!(waits(Revisit::At(NOW), None, None), None);
        assert_eq!(waits(Revisit::At(after(1)), None, None), Some(0));
        assert_eq!(waits(Revisit::At(after(31)), None, None), Some(30));
    }
}
