//! The budget: calls a second, by account and action, adapted to what the cloud bears.
//!
//! One [`Pace`] serves every region of an account. It never refuses; it says when. Permits go to the most urgent lane
//! first, and every fourth to the one that has waited longest, so that none starves.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use super::{Action, CloudError, Kind, Lane};
use crate::{
    clock,
    metrics::{CallLabels, Metrics},
};

/// The slowest that the budget of an action becomes: one call in five seconds still finds out that the cloud recovered.
const SLOWEST: f64 = 0.2;
/// How much of the full rate comes back with each call that went well: full speed again after twenty.
const RECOVERY: f64 = 0.05;
/// How long an action rests after the cloud throttled it, unless [`Pace::resting`] says otherwise: the window of Tencent
/// Cloud's limits is a second (1278/109059).
const REST: Duration = Duration::from_secs(1);
/// Every so many permits, the one that waited longest goes first.
const FAIR_EVERY: u32 = 4;

/// The budget of one account.
#[derive(Clone, Debug)]
pub struct Pace {
    buckets: Arc<Mutex<HashMap<Action, Bucket>>>,
    rate: f64,
    rest: Duration,
    metrics: Option<Metrics>,
}

/// Leave for one call. Has been counted when it is handed out.
#[derive(Debug)]
pub struct Permit(());

#[derive(Debug)]
struct Bucket {
    /// Calls a second, at present.
    rate: f64,
    tokens: f64,
    refilled: Instant,
    resting_until: Option<Instant>,
    queue: VecDeque<(Lane, oneshot::Sender<Permit>)>,
    handed_out: u32,
    pumping: bool,
}

impl Pace {
    /// A budget of `calls_per_second` for each action.
    #[must_use]
    pub fn new(calls_per_second: u32) -> Self {
        Self { buckets: Arc::default(), rate: f64::from(calls_per_second.max(1)), rest: REST, metrics: None }
    }

    /// With another rest for an action that was throttled.
    #[must_use]
    pub fn resting(self, rest: Duration) -> Self {
        Self { rest, ..self }
    }

    /// Counts each call that it learns of.
    #[must_use]
    pub fn counted(self, metrics: Metrics) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// Waits for leave to make one call.
    pub async fn permit(&self, action: Action, lane: Lane) -> Permit {
        let waiting = {
            let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            let bucket = buckets.entry(action).or_insert_with(|| Bucket::full(self.rate));
            let (sender, receiver) = oneshot::channel();
            bucket.queue.push_back((lane, sender));
            if !bucket.pumping {
                bucket.pumping = true;
                tokio::spawn(self.clone().pump(action));
            }
            receiver
        };
        // The pump lives until the queue is empty, so that a sender is dropped only with the runtime.
        waiting.await.unwrap_or(Permit(()))
    }

    /// Learns from how a call went.
    pub fn learn<T>(&self, action: Action, result: &Result<T, CloudError>) {
        self.count(action, result);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(action).or_insert_with(|| Bucket::full(self.rate));
        match result {
            Ok(_) => bucket.rate = (bucket.rate + self.rate * RECOVERY).min(self.rate),
            Err(error) if error.kind.pauses_account() => {
                bucket.rate = (bucket.rate / 2.0).max(SLOWEST);
                bucket.resting_until = Some(clock::instant() + self.rest);
                bucket.tokens = 0.0;
            }
            Err(_) => {}
        }
    }

    /// The cloud asks that an action rests for so long from now on.
    pub fn rest(&self, action: Action, wait: Duration) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(action).or_insert_with(|| Bucket::full(self.rate));
        bucket.resting_until = Some(clock::instant() + wait);
        bucket.tokens = 0.0;
    }

    fn count<T>(&self, action: Action, result: &Result<T, CloudError>) {
        let Some(metrics) = &self.metrics else { return };
        let outcome = result.as_ref().map_or_else(|error| error.kind.label(), |_| "Ok");
        metrics.calls.get_or_create(&CallLabels { action: action.label(), outcome }).inc();
        if let Err(CloudError { kind: Kind::Unclear, code, .. }) = result
            && !code.is_empty()
        {
            metrics.unknown_code(action.label(), code);
        }
    }

    /// Hands out permits of `action` until nobody waits.
    async fn pump(self, action: Action) {
        loop {
            let wait = {
                let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(bucket) = buckets.get_mut(&action) else { return };
                bucket.hand_out(clock::instant(), self.rate);
                if bucket.queue.is_empty() {
                    bucket.pumping = false;
                    return;
                }
                bucket.next_at(clock::instant())
            };
            clock::sleep(wait).await;
        }
    }
}

impl Bucket {
    fn full(rate: f64) -> Self {
        Self {
            rate,
            tokens: rate,
            refilled: clock::instant(),
            resting_until: None,
            queue: VecDeque::new(),
            handed_out: 0,
            pumping: false,
        }
    }

    /// Hands out as many permits as the budget has now.
    fn hand_out(&mut self, now: Instant, most: f64) {
        if let Some(until) = self.resting_until.filter(|until| now < *until) {
            // Nothing is saved up while resting.
            self.refilled = until;
            return;
        }
        self.tokens =
            (self.tokens + now.saturating_duration_since(self.refilled).as_secs_f64() * self.rate).min(most.max(1.0));
        self.refilled = now;
        while self.tokens >= 1.0 {
            let Some(waiting) = self.next() else { return };
            // Who no longer waits costs nothing.
            if waiting.send(Permit(())).is_ok() {
                self.tokens -= 1.0;
                self.handed_out = self.handed_out.wrapping_add(1);
            }
        }
    }

    fn next(&mut self) -> Option<oneshot::Sender<Permit>> {
        let fair = self.handed_out % FAIR_EVERY == FAIR_EVERY - 1;
        let index = if fair {
            0
        } else {
            let urgent = self.queue.iter().enumerate().min_by_key(|(index, (lane, _))| (*lane, *index));
            urgent.map(|(index, _)| index).unwrap_or_default()
        };
        self.queue.remove(index).map(|(_, sender)| sender)
    }

    fn next_at(&self, now: Instant) -> Duration {
        let rest = self.resting_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        rest.max(Duration::from_secs_f64(((1.0 - self.tokens) / self.rate).max(0.001)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttled() -> Result<(), CloudError> {
        let (code, message) = (String::new(), String::new());
        Err(CloudError { kind: Kind::Throttled, action: "Attach", code, message, request_id: None })
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_is_kept() {
        let pace = Pace::new(10);
        let started = clock::instant();
        for _ in 0..40 {
            pace.permit(Action::ListLinks, Lane::Sweep).await;
        }
        let took = clock::instant() - started;
        assert!((2.9..3.2).contains(&took.as_secs_f64()), "40 calls at 10/s with a second in hand took {took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_urgent_go_first_and_the_patient_are_not_forgotten() {
        let pace = Pace::new(1);
        let _permit = pace.permit(Action::ListLinks, Lane::Sweep).await;
        let (sender, mut order) = tokio::sync::mpsc::unbounded_channel();
        for lane in [Lane::Sweep].into_iter().chain([Lane::Deletion; 12]) {
            let (pace, sender) = (pace.clone(), sender.clone());
            tokio::spawn(async move {
                let _permit = pace.permit(Action::ListLinks, lane).await;
                sender.send(lane).unwrap();
            });
            tokio::task::yield_now().await;
        }
        assert_eq!(order.recv().await, Some(Lane::Deletion));
        let mut before = 1;
        while order.recv().await != Some(Lane::Sweep) {
            before += 1;
        }
        assert!(before < 5, "the sweep waited for {before} others");
    }

    #[tokio::test(start_paused = true)]
    async fn an_action_rests_for_as_long_as_the_cloud_says() {
        let pace = Pace::new(10).resting(Duration::from_mins(1));
        let waits = async |action| {
            let started = clock::instant();
            pace.permit(action, Lane::NewLink).await;
            (clock::instant() - started).as_secs()
        };
        pace.learn(Action::Attach, &throttled());
        assert_eq!((waits(Action::Attach).await, waits(Action::Detach).await), (60, 0));
        pace.learn(Action::Attach, &throttled());
        pace.rest(Action::Attach, Duration::from_secs(20));
        assert_eq!(waits(Action::Attach).await, 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_account_slows_down_and_recovers() {
        let pace = Pace::new(10);
        pace.learn(Action::Attach, &throttled());
        pace.learn(Action::Attach, &throttled());
        let started = clock::instant();
        for _ in 0..5 {
            pace.permit(Action::Attach, Lane::NewLink).await;
        }
        assert!(clock::instant() - started > Duration::from_millis(2500), "a second of rest, then 2.5/s");
        for _ in 0..20 {
            pace.learn(Action::Attach, &Ok(()));
        }
        let started = clock::instant();
        for _ in 0..10 {
            pace.permit(Action::Attach, Lane::NewLink).await;
        }
        assert!(clock::instant() - started < Duration::from_millis(1200));
    }
}
