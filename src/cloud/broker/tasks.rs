//! Following tasks: each is asked about once, for all its members, quickly at first and then slower.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Inner, entry::Entry, state::State};
use crate::{
    clock,
    cloud::{CloudError, Kind},
    link::{Attempt, Progress, TaskId, TaskState, Tempo},
};

/// Asks about each task that is due.
pub(super) async fn follow(inner: Arc<Inner>) {
    loop {
        let (due, next) = inner.state().tasks_due(clock::now(), inner.tempo);
        for id in due {
            let inner_ = Arc::clone(&inner);
            inner.tasks.spawn(async move { inner_.ask_about(id).await });
        }
        let asked = inner.follow.notified();
        match next {
            Some(wait) => {
                let _ = tokio::time::timeout(wait, asked).await;
            }
            None => asked.await,
        }
    }
}

impl State {
    /// The tasks that are due, and how long until the next is. Those that are due count as being asked about.
    fn tasks_due(&mut self, now: Timestamp, tempo: Tempo) -> (Vec<TaskId>, Option<Duration>) {
        // A task is as old as its oldest follower, and was asked about when any of them heard of it last.
        let mut tasks: HashMap<TaskId, (Timestamp, Option<Timestamp>)> = HashMap::new();
        for entry in self.machines.values() {
            let Some((id, started_at)) = entry.watch.as_ref().and_then(|watch| watch.follow.clone()) else { continue };
            let (born, asked) = tasks.entry(id).or_insert((started_at, None));
            *born = (*born).min(started_at);
            *asked = (*asked).max(entry.asked);
        }
        let due = |(born, asked): (Timestamp, Option<Timestamp>)| {
            let gap = tempo.poll_gap(clock::until(born, now));
            asked.map_or(now, |asked| asked.checked_add(gap).unwrap_or(Timestamp::MAX))
        };
        let mut at: HashMap<TaskId, Timestamp> = tasks.into_iter().map(|(id, task)| (id, due(task))).collect();
        at.retain(|id, _| !self.asking.contains(&id.0));
        let (due, later): (HashMap<_, _>, HashMap<_, _>) = at.into_iter().partition(|(_, at)| *at <= now);
        self.asking.extend(due.keys().map(|id| id.0.clone()));
        (due.into_keys().collect(), later.into_values().min().map(|next| clock::until(now, next)))
    }

    /// Writes down what was said. Returns those for whom it is news.
    fn progressed(
        &mut self,
        id: &TaskId,
        at: Timestamp,
        progress: Option<&Progress>,
        tempo: Tempo,
    ) -> Vec<super::Owner> {
        self.asking.remove(&id.0);
        let mut owners = Vec::new();
        for instance in self.followers(id) {
            let Some(entry) = self.machines.get_mut(&instance) else { continue };
            entry.asked = Some(at);
            let Some((_, started_at)) = entry.watch.as_ref().and_then(|watch| watch.follow.clone()) else { continue };
            let Some(progress) = progress.cloned().or_else(|| entry.unanswered(started_at, at, tempo)) else {
                continue;
            };
            entry.unanswered = entry.unanswered.filter(|_| matches!(progress, Progress::Unknown { .. }));
            let attempt = entry.attempt.get_or_insert(Attempt { started_at, answer: None, progress: None });
            let unknown = matches!(progress, Progress::Unknown { .. });
            if attempt.started_at != started_at || (unknown && attempt.may_not_be_visible(at, tempo)) {
                continue;
            }
            let news = attempt.progress.as_ref().is_none_or(|old| label(old) != label(&progress));
            // While it runs each answer moves the moment at which it was last seen alive; all else is dated by the first
            // answer that said so, since the settling time counts from there.
            if news || matches!(&progress, Progress::Running { .. }) {
                attempt.progress = Some(progress);
            }
            if news {
                owners.push(entry.owner.clone());
            }
        }
        owners
    }
}

impl Entry {
    /// What it means that a question asked at `at` was not answered: nothing at first. Once the settling time has passed
    /// without any answer, that nobody knows: a question that fails for ever must not keep a change open for ever.
    fn unanswered(&mut self, started_at: Timestamp, at: Timestamp, tempo: Tempo) -> Option<Progress> {
        let (_, since) = *self.unanswered.filter(|(of, _)| *of == started_at).get_or_insert((started_at, at));
        self.unanswered = Some((started_at, since));
        (clock::until(since, at) >= tempo.settling()).then_some(Progress::Unknown { at })
    }
}

impl Inner {
    async fn ask_about(&self, id: TaskId) {
        let at = clock::now();
        let progress = said(at, self.provider.task(&id).await);
        let owners = self.state().progressed(&id, at, progress.as_ref(), self.tempo);
        self.tell(owners);
        self.follow.notify_one();
    }
}

/// What an answer means; `None` says nothing and is asked again.
fn said(at: Timestamp, answer: Result<TaskState, CloudError>) -> Option<Progress> {
    match answer {
        Ok(TaskState::Running) => Some(Progress::Running { at }),
        Ok(TaskState::Succeeded) => Some(Progress::Succeeded { at }),
        Ok(TaskState::Failed(message)) => Some(Progress::Failed { at, message }),
        Ok(TaskState::Unknown) => Some(Progress::Unknown { at }),
        Err(error) => match error.kind {
            Kind::Throttled | Kind::Transient => None,
            // A task that cannot be asked about is settled by reading; the change itself may be fine.
            Kind::Busy
            | Kind::Locked
            | Kind::KeyDenied
            | Kind::PermissionDenied
            | Kind::Quota
            | Kind::Missing
            | Kind::Conflict
            | Kind::AlreadyGone
            | Kind::Partial
            | Kind::Refused(_)
            | Kind::Offline
            | Kind::Unclear => Some(Progress::Unknown { at }),
        },
    }
}

const fn label(progress: &Progress) -> u8 {
    match progress {
        Progress::Running { .. } => 0,
        Progress::Succeeded { .. } => 1,
        Progress::Failed { .. } => 2,
        Progress::Unknown { .. } => 3,
    }
}
