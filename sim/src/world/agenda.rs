//! What is going to happen, in order of time.

use std::collections::BTreeMap;

use super::{InstanceId, Place};
use crate::clock::Millis;

/// Something that happens later.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A task takes effect or fails.
    TaskDue(u64),
    /// A dead record goes by itself.
    RecordVanishes { place: Place, serial: u64 },
    /// A machine leaves the recycle bin for good.
    BinEmptied(InstanceId),
}

/// Events by time; those of one moment in the order in which they were put down.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    events: BTreeMap<(Millis, u64), Event>,
    written: u64,
}

impl Agenda {
    pub(super) fn put(&mut self, at: Millis, event: Event) {
        self.written += 1;
        self.events.insert((at, self.written), event);
    }

    pub(super) fn pop_due(&mut self, now: Millis) -> Option<(Millis, Event)> {
        let entry = self.events.first_entry()?;
        let at = entry.key().0;
        (at <= now).then(|| (at, entry.remove()))
    }
}
