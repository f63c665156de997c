//! When a change of ours is over, and what became of it.
//!
//! A change is settled when
//! - (a) it did not happen: it never left, or it was refused by a code that says so, alone in its call or by a kind that
//!   concerns the whole call; or
//! - (b) none of its tasks runs, and a complete look begun after the answer shows what it wanted; or
//! - (c) [`Tempo::settling`] has passed since the last moment at which it can have left or its task was seen running:
//!   then what is seen counts.
//!
//! Until then nothing else is sent for the machine, and no finalizer goes. An earlier attempt of the same change whose
//! fate is unclear (`task.unclearSince`) keeps (a) from settling it: the later refusal says nothing about the earlier
//! call.

use std::time::Duration;

use jiff::Timestamp;

use super::{Beat, LinkSeen, Sighting, Task, TaskId, Tempo, VpcId};
use crate::api::{Operation, Reason};

/// What is known, in memory, of the attempt that a task on record stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// The task's `startedAt`.
    pub started_at: Timestamp,
    /// What came back.
    pub answer: Option<Answer>,
    /// What the cloud said of its task.
    pub progress: Option<Progress>,
}

impl Attempt {
    /// Whether it says nothing that the cloud did not know the task when it was `asked`: in its first seconds a task may
    /// not be visible yet. Taken for over, it might carry out a detach after the next attach.
    #[must_use]
    pub fn may_not_be_visible(&self, asked: Timestamp, tempo: Tempo) -> bool {
        let begun = match &self.answer {
            Some(Answer::Taken { at, .. }) => *at,
            Some(Answer::NotSent | Answer::Refused(_) | Answer::Unclear { .. } | Answer::Split { .. }) | None => {
                self.started_at
            }
        };
        self.progress.is_none() && asked < later(begun, tempo.task_visible())
    }
}

/// What came back for one item of a change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// It never left.
    NotSent,
    /// It was refused, and did not happen.
    Refused(Denial),
    /// The cloud took it on, as this task if it has tasks, in a call with so many items.
    Taken {
        /// The task.
        task: Option<TaskId>,
        /// When the answer came.
        at: Timestamp,
        /// The number of items in the call.
        batch: usize,
    },
    /// Nothing tells whether it happened.
    Unclear {
        /// When the call ended.
        at: Timestamp,
    },
    /// It was refused together with others, one of whom may be to blame: it may have happened.
    Split {
        /// When the answer came.
        at: Timestamp,
        /// The number of items in the call.
        batch: usize,
    },
}

/// Why a change was refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Denial {
    /// The word.
    pub reason: Reason,
    /// The cloud's own words.
    pub message: String,
    /// When to try again.
    pub beat: Beat,
    /// The cloud says that the machine is locked.
    pub locked: bool,
}

/// What the cloud says of a task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Progress {
    /// It runs; when the question was asked.
    Running {
        /// When the question was asked.
        at: Timestamp,
    },
    /// It ended well.
    Succeeded {
        /// When the question was asked.
        at: Timestamp,
    },
    /// It failed.
    Failed {
        /// When the question was asked.
        at: Timestamp,
        /// The cloud's text.
        message: String,
    },
    /// The cloud does not know it (yet, or any more).
    Unknown {
        /// When the first question was asked that was answered so.
        at: Timestamp,
    },
}

/// Where a change stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Settling {
    /// Not settled: go on looking, with looks that begin after this.
    Open {
        /// The earliest begin of a look that can settle it.
        look_after: Timestamp,
        /// Whether its task runs, or may run; until it ends no look can settle it.
        running: bool,
        /// When it is settled at the latest, by what is seen then.
        expiry: Timestamp,
    },
    /// (a) It did not happen, and this is why, if the cloud said so.
    NotDone(Option<Denial>),
    /// (b) It happened.
    Done,
    /// (c) Nobody knows; what is seen counts. With why the last attempt was refused, if an earlier one was unclear.
    Expired(Option<Denial>),
    /// It was one of several, and nothing shows it: try again with so many at most.
    TrySmaller {
        /// The largest batch.
        most: usize,
    },
}

/// The facts of one attempt, in order of time.
struct Course {
    /// The begin of the earliest look that can show its end.
    look_after: Timestamp,
    /// The last moment at which it can have left or was seen running.
    last_alive: Timestamp,
    running: bool,
    end: End,
}

enum End {
    /// It may have happened.
    Open,
    NotDone(Option<Denial>),
    /// Its failure may be another's fault: of a call with several items.
    Shared {
        batch: usize,
    },
    /// The task failed, alone in its call.
    Failed(Denial),
}

/// Judges whether `task` is settled.
#[must_use]
pub fn settle(task: &Task, attempt: Option<&Attempt>, sighting: &Sighting, tempo: Tempo, now: Timestamp) -> Settling {
    let attempt = attempt.filter(|attempt| attempt.started_at == task.started_at);
    let course = Course::of(task, attempt, tempo, now);
    let looked = sighting.looked.is_some_and(|looked| looked >= course.look_after);
    let shown = looked && !course.running && shows(task.operation, &task.vpc, &sighting.link);
    let expiry = later(course.last_alive.max(task.unclear_since.unwrap_or(course.last_alive)), tempo.settling());
    let expired = sighting.looked.is_some_and(|looked| looked >= expiry) && now >= expiry;
    let refused = course.end.refusal();
    match course.end {
        End::NotDone(why) if task.unclear_since.is_none() => return Settling::NotDone(why),
        // An attach whose task failed was refused; a link that is seen all the same is somebody else's.
        End::Failed(why)
            if looked && task.unclear_since.is_none() && !(shown && task.operation == Operation::Detach) =>
        {
            return Settling::NotDone(Some(why));
        }
        // What is not tried again, because something else is wanted by now, is settled by time like anything else.
        End::Shared { batch } if looked && !shown && !course.running && !expired => {
            return Settling::TrySmaller { most: (batch / 2).max(1) };
        }
        End::NotDone(_) | End::Failed(_) | End::Shared { .. } | End::Open => {}
    }
    if shown {
        return Settling::Done;
    }
    if expired {
        return Settling::Expired(refused);
    }
    Settling::Open { look_after: course.look_after, running: course.running, expiry }
}

impl End {
    fn refusal(&self) -> Option<Denial> {
        match self {
            Self::NotDone(why) => why.clone(),
            Self::Failed(why) => Some(why.clone()),
            Self::Open | Self::Shared { .. } => None,
        }
    }
}

impl Course {
    fn of(task: &Task, attempt: Option<&Attempt>, tempo: Tempo, now: Timestamp) -> Self {
        let departed = later(task.started_at, tempo.departure());
        let answer = attempt.and_then(|attempt| attempt.answer.as_ref());
        let (look_after, last_alive, end, batch) = match answer {
            // In flight, or before our time: it can have left until the departure, and be under way now.
            None => (departed, departed, End::Open, None),
            Some(Answer::NotSent) => (departed, task.started_at, End::NotDone(None), None),
            Some(Answer::Refused(why)) => (departed, task.started_at, End::NotDone(Some(why.clone())), None),
            Some(Answer::Taken { at, batch, .. }) => (*at, *at, End::Open, Some(*batch)),
            Some(Answer::Unclear { at }) => (departed.max(*at), departed.max(*at), End::Open, None),
            Some(Answer::Split { at, batch }) => (*at, *at, End::Shared { batch: *batch }, None),
        };
        let course = Self { look_after, last_alive, running: false, end };
        let progress = attempt.and_then(|attempt| attempt.progress.as_ref());
        course.with(progress, task.id.is_some() && progress.is_none(), batch, now)
    }

    /// Adds what the cloud said of the task. While nothing was said of a known task, it may be running.
    fn with(mut self, progress: Option<&Progress>, unasked: bool, batch: Option<usize>, now: Timestamp) -> Self {
        match progress {
            None if unasked => {
                self.running = true;
                self.last_alive = self.last_alive.max(now);
            }
            None => {}
            Some(Progress::Running { at }) => {
                self.running = true;
                self.last_alive = self.last_alive.max(*at);
            }
            // What the cloud forgot may have run until then.
            Some(Progress::Unknown { at } | Progress::Succeeded { at }) => self.last_alive = self.last_alive.max(*at),
            Some(Progress::Failed { at, message }) => {
                self.look_after = self.look_after.max(*at);
                self.last_alive = self.last_alive.max(*at);
                self.end = match batch {
                    Some(1) => End::Failed(Denial {
                        reason: Reason::Refused,
                        message: message.clone(),
                        beat: Beat::Backoff,
                        locked: false,
                    }),
                    // After a restart nothing tells how many there were: the next attempt goes alone.
                    None => End::Shared { batch: 1 },
                    Some(batch) => End::Shared { batch },
                };
            }
        }
        self
    }
}

/// Whether what is seen is what the change wanted.
pub(super) fn shows(operation: Operation, vpc: &VpcId, link: &LinkSeen) -> bool {
    if *link == LinkSeen::Unlooked {
        return false;
    }
    let there = link.row().is_some_and(|row| row.vpc == *vpc);
    match operation {
        Operation::Attach => there,
        Operation::Detach => !there,
    }
}

/// `span` after `at`.
pub(super) fn later(at: Timestamp, span: Duration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}
