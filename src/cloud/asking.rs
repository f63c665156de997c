//! Asking about many machines, a hundred at a time, so that one bad id does not hide the others.
//!
//! Whether one unknown id makes the whole list fail is documented for few lists; a call that fails for a reason that may be
//! one machine's is halved until that machine is asked for by itself.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    api::Reason,
    cloud::{CloudError, Kind},
    link::InstanceId,
};

/// The most ids that one list takes: of Tencent Cloud (213/831, 213/15728), of Alibaba Cloud
/// (`DescribeClassicLinkInstances`, `DescribeInstances`).
pub(super) const IDS_PER_CALL: usize = 100;

/// The most ids of which it is remembered that they make a list fail. Others are found by halving each time, which costs
/// calls and nothing else.
const MOST_ALONE: usize = 1000;

/// The machines that made a list fail; they are asked for alone, until one is answered.
#[derive(Debug, Default)]
pub(super) struct Alone(Mutex<BTreeSet<InstanceId>>);

impl Alone {
    fn ids(&self) -> MutexGuard<'_, BTreeSet<InstanceId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, id: &InstanceId) {
        let mut ids = self.ids();
        if ids.len() < MOST_ALONE {
            ids.insert(id.clone());
        }
    }
}

/// What is still to be asked. In all it takes fewer than twice as many calls as ids.
pub(super) struct Asking<'a> {
    open: Vec<Vec<&'a InstanceId>>,
    alone: &'a Alone,
}

/// Whose fault a failed call was.
pub(super) enum Blame<'a> {
    /// No machine's: the others would fail as well.
    Call(CloudError),
    /// This one's.
    Machine(&'a InstanceId, CloudError),
    /// One of those asked for; they are asked for in halves next.
    Open,
}

impl<'a> Asking<'a> {
    /// Asks for `ids`; those in `alone`, which made a call fail before, each by itself from the start.
    pub(super) fn new(ids: &'a BTreeSet<InstanceId>, alone: &'a Alone) -> Self {
        let (singles, together): (Vec<_>, Vec<_>) = {
            let known = alone.ids();
            ids.iter().partition(|id| known.contains(*id))
        };
        let together = together.chunks(IDS_PER_CALL).map(<[_]>::to_vec);
        Self { open: singles.into_iter().map(|id| vec![id]).chain(together).collect(), alone }
    }

    /// The ids of the next call; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Vec<&'a InstanceId>> {
        self.open.pop()
    }

    /// Says that the call for `ids` was answered.
    pub(super) fn answered(&self, ids: &[&InstanceId]) {
        if let [id] = ids {
            self.alone.ids().remove(*id);
        }
    }

    /// Says whose fault it was that the call for `ids` failed.
    pub(super) fn blame(&mut self, ids: &[&'a InstanceId], error: CloudError) -> Blame<'a> {
        if !may_blame_one(error.kind) {
            return Blame::Call(error);
        }
        if let &[id] = ids {
            self.alone.add(id);
            return Blame::Machine(id, error);
        }
        let (left, right) = ids.split_at(ids.len() / 2);
        self.open.extend([right.to_vec(), left.to_vec()]);
        Blame::Open
    }
}

/// Whether a failed list may be the fault of one id in it. A missing permission, or a region, concerns the call.
const fn may_blame_one(kind: Kind) -> bool {
    let of_the_call = matches!(kind, Kind::Refused(Reason::RegionNotSupported) | Kind::PermissionDenied);
    !of_the_call && kind.splits_batch()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_that_failed_before_are_asked_for_alone() {
        let ids: BTreeSet<_> = (0..150).map(|number| InstanceId::new(&format!("i-{number:06}")).unwrap()).collect();
        let alone = Alone::default();
        ids.iter().take(2).cloned().chain(InstanceId::new("i-other1")).for_each(|id| alone.add(&id));
        let mut asking = Asking::new(&ids, &alone);
        let mut sizes: Vec<_> = std::iter::from_fn(|| asking.next()).map(|ids| ids.len()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 1, 48, 100]);
    }
}
