//! Reconciling a `ClassicLink`: observe, decide, act, report.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use kube::{ResourceExt, runtime::controller::Action};

use super::{
    Context, Error,
    act::Act,
    finalizer,
    observe::{Case, observe},
};
use crate::{api::ClassicLink, clock, link::decide, metrics::KindLabel};

/// Decides on one object and carries the decision out.
///
/// # Errors
/// The API server did not answer, or refused.
pub async fn reconcile(link: Arc<ClassicLink>, context: Arc<Context>) -> Result<Action, Error> {
    context.settings.metrics.reconciles.get_or_create(&KindLabel { kind: "ClassicLink" }).inc();
    // A panic in one object must not end the others.
    match AssertUnwindSafe(once(link, &context)).catch_unwind().await {
        Ok(result) => result,
        Err(_) => Err(Error::Panicked),
    }
}

async fn once(link: Arc<ClassicLink>, context: &Context) -> Result<Action, Error> {
    context.listed().await;
    let link = context.written.newest(link);
    if link.metadata.deletion_timestamp.is_some() && !finalizer::has(&*link) {
        return Ok(Action::await_change());
    }
    let Some(case) = observe(&link, context) else { return Ok(Action::await_change()) };
    let decided_at = clock::now();
    let decision = decide(&case.desired, &case.observed, case.tempo, decided_at);
    tracing::debug!(link = link.name_any(), row = ?decision.row, step = ?decision.step, "decided");
    let done = Act { context, case: &case, decision, decided_at }.carry_out(link).await;
    if !context.claims.knows(&case.owner.uid) {
        forget(&case, context);
    }
    done
}

/// The object went meanwhile: what was remembered again in the last moment is forgotten again.
fn forget(case: &Case, context: &Context) {
    context.forget(&case.owner.uid);
    if let Some((instance, broker)) = &case.broker {
        broker.forget(instance, &case.owner.uid);
    }
}

/// When to come back after an error. A conflict is no fault: somebody else wrote, and the newest version decides.
#[expect(clippy::needless_pass_by_value, reason = "the runtime's signature")]
#[must_use]
pub fn on_error(link: Arc<ClassicLink>, error: &Error, _: Arc<Context>) -> Action {
    if error.is_conflict() {
        tracing::debug!(link = super::observe::named(&link), "conflict; deciding again");
        return Action::requeue(Duration::from_millis(50));
    }
    tracing::warn!(link = super::observe::named(&link), error = %super::chain(error), "reconcile failed");
    Action::requeue(Duration::from_secs(5))
}
