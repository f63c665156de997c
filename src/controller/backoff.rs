//! When a refused change may be tried again. In memory: after a restart it is tried once, and paced.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::link::{Beat, Tempo};

/// After so many failed tasks in a row the cloud's "failed" is taken for "refused".
const PATIENT_TRIES: u32 = 3;

/// The tries of each object.
#[derive(Debug, Default)]
pub struct Backoff(Mutex<HashMap<String, Tries>>);

#[derive(Clone, Copy, Debug)]
struct Tries {
    generation: i64,
    count: u32,
    not_before: Timestamp,
}

impl Backoff {
    /// When the object may try again, if it has to wait.
    #[must_use]
    pub fn not_before(&self, uid: &str, generation: i64) -> Option<Timestamp> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.get(uid).filter(|tries| tries.generation == generation).map(|tries| tries.not_before)
    }

    /// A try failed: the next has to wait for the beat, longer each time. Returns how long.
    pub fn failed(&self, uid: &str, generation: i64, beat: Beat, tempo: Tempo, now: Timestamp) -> Duration {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = tries.get(uid).filter(|tries| tries.generation == generation).map_or(0, |tries| tries.count);
        let wait = wait(uid, before, beat, tempo);
        let not_before = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        tries.insert(uid.to_owned(), Tries { generation, count: before.saturating_add(1), not_before });
        wait
    }

    /// The object needs no patience any more, or is gone.
    pub fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}

/// Doubles from the first to the longest wait of the beat, ± 20 % by the object's UID, so that a herd disperses.
fn wait(uid: &str, tries: u32, beat: Beat, tempo: Tempo) -> Duration {
    let beat = if beat == Beat::Backoff && tries >= PATIENT_TRIES { Beat::Slow } else { beat };
    let (first, longest) = tempo.beat(beat);
    let mut hasher = DefaultHasher::new();
    (uid, tries).hash(&mut hasher);
    let share = f64::from(u32::try_from(hasher.finish() % 401).unwrap_or_default()) / 1000.0;
    first.saturating_mul(2_u32.saturating_pow(tries.min(16))).min(longest).mul_f64(0.8 + share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPO: fn() -> Tempo = || Tempo::new(1.0, Duration::from_mins(1));

    #[test]
    fn waits_grow_to_the_longest_of_the_beat_and_scatter_by_a_fifth() {
        for tries in 0..40 {
            let soon = wait("uid", tries, Beat::Soon, TEMPO());
            assert!((4.0..=72.0).contains(&soon.as_secs_f64()), "{tries}: {soon:?}");
        }
        assert!(wait("uid", 30, Beat::Soon, TEMPO()).as_secs() >= 48);
        assert!(wait("uid", 0, Beat::Slow, TEMPO()).as_secs() >= 480);
    }

    #[test]
    fn after_three_tries_a_fault_is_taken_for_a_refusal() {
        assert!(wait("uid", 2, Beat::Backoff, TEMPO()).as_secs() < 60);
        assert!(wait("uid", 3, Beat::Backoff, TEMPO()).as_secs() >= 480);
    }

    #[test]
    fn a_new_generation_waits_for_nothing() {
        let backoff = Backoff::default();
        backoff.failed("uid", 1, Beat::Slow, TEMPO(), Timestamp::UNIX_EPOCH);
        assert!(backoff.not_before("uid", 1).is_some());
        assert_eq!(backoff.not_before("uid", 2), None);
    }
}
