//! Every interval of the product, each with its derivation.
//!
//! `--time-scale` divides them all for tests. Two never fall below two seconds: they are measured against calls whose
//! own deadline is not divided.

use std::time::Duration;

/// How long one call of the cloud may take. Not divided: the network does not speed up for a test.
pub const CALL_DEADLINE: Duration = Duration::from_secs(10);

/// The product's intervals, scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tempo {
    scale: f64,
    sweep: Duration,
}

impl Tempo {
    /// Intervals divided by `scale`, for an account that is swept every `sweep` (not yet divided).
    #[must_use]
    pub fn new(scale: f64, sweep: Duration) -> Self {
        Self { scale: scale.max(f64::MIN_POSITIVE), sweep }
    }

    fn scaled(self, seconds: u64) -> Duration {
        Duration::from_secs(seconds).div_f64(self.scale)
    }

    /// Time between two sweeps of an account and region.
    #[must_use]
    pub fn sweep(self) -> Duration {
        self.sweep.div_f64(self.scale)
    }

    /// After this long, what is seen counts, whatever became of the change.
    ///
    /// 300 s: public code that uses these APIs waits up to 200 s for a task, plus the seconds by which a list lags the
    /// truth, and half as much again for what nobody has measured.
    #[must_use]
    pub fn settling(self) -> Duration {
        self.scaled(300)
    }

    /// A change that has not left this long after its intent was written never leaves; a look begun later than that
    /// after an unanswered change shows what became of it.
    ///
    /// 10 s: the deadline of a call. Never below 2 s, because the API server's write lies in between.
    #[must_use]
    pub fn departure(self) -> Duration {
        self.scaled(10).max(Duration::from_secs(2))
    }

    /// How long a batch waits for the intents of its members to be written. Never below 2 s, for the same reason.
    #[must_use]
    pub fn handover(self) -> Duration {
        self.scaled(2).max(Duration::from_secs(2))
    }

    /// How far apart two looks must have begun to prove a dead record: longer than the seconds by which the list of
    /// machines and the list of links may lag each other.
    #[must_use]
    pub fn dead_proof(self) -> Duration {
        self.scaled(5)
    }

    /// Where no machine of an account is seen any more, absence must last this long to be believed.
    #[must_use]
    pub fn blind_gone(self) -> Duration {
        self.scaled(600)
    }

    /// How long Alibaba Cloud goes on refusing an action whose limit was met: what is refused in one minute is served in
    /// the next ("API call throttling").
    #[must_use]
    pub fn throttled_minute(self) -> Duration {
        self.scaled(60)
    }

    /// What happens within this span happens at once, for the guards: ten minutes.
    #[must_use]
    pub fn guard_window(self) -> Duration {
        self.scaled(600)
    }

    /// How long a good Ready outlives failed looks: a key that stops working for a minute turns no link red.
    #[must_use]
    pub fn patience(self) -> Duration {
        (self.sweep() * 5).max(self.scaled(300))
    }

    /// For so long a new task may be unknown to the cloud, and runs all the same.
    ///
    /// 10 s: the deadline of a call. How soon a task is visible nobody has measured.
    #[must_use]
    pub fn task_visible(self) -> Duration {
        self.scaled(10)
    }

    /// How often an account may tell anew how many links its VPCs have, while that changes.
    #[must_use]
    pub fn usage_gap(self) -> Duration {
        self.scaled(30)
    }

    /// How long a task may run before it is reported as stuck.
    #[must_use]
    pub fn stuck_task(self) -> Duration {
        self.scaled(1800)
    }

    /// The first and the longest wait of a beat.
    #[must_use]
    pub fn beat(self, beat: Beat) -> (Duration, Duration) {
        match beat {
            Beat::Soon => (self.scaled(5), self.scaled(60)),
            Beat::Backoff => (self.scaled(5), self.scaled(300)),
            Beat::Slow => (self.scaled(600), self.scaled(1800)),
        }
    }

    /// Time before the confirming look number `done`: at once, then after 2, 4, 8 and 15 s.
    #[must_use]
    pub fn confirm_gap(self, done: u32) -> Duration {
        match done {
            0 => Duration::ZERO,
            1 => self.scaled(2),
            2 => self.scaled(4),
            3 => self.scaled(8),
            _ => self.scaled(15),
        }
    }

    /// Time before the next question about a task that has run for `age`: a tenth of its age, so that the end is seen
    /// within a tenth of the whole; not below 200 ms (five calls a second for one task), not above 15 s.
    #[must_use]
    pub fn poll_gap(self, age: Duration) -> Duration {
        (age / 10).clamp(Duration::from_millis(200), self.scaled(15).max(Duration::from_millis(200)))
    }
}

/// How soon to come back. No beat is "never": the world can heal without a change of the specification.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Beat {
    /// 5 to 60 s: passes by itself, soon.
    Soon,
    /// 5 s to 5 min, doubling: a fault.
    Backoff,
    /// 10 to 30 min: needs someone to act.
    Slow,
}
