//! From the events of the watch to the claim table: who is there, and who went.

use std::{collections::BTreeSet, sync::Arc};

use kube::{ResourceExt, runtime::watcher::Event};

use super::{
    claims::{Claimant, Claims},
    finalizer,
};
use crate::{api::ClassicLink, cloud::broker::Owner};

/// What a change of a link means for others.
pub(super) enum Ripple {
    /// This account's link changed its standing, and these have to decide again.
    Wake(String, Vec<Owner>),
    /// This one went.
    Gone(Box<Claimant>),
}

/// Keeps the claim table by the events of the watch.
pub(super) struct Listing<F> {
    claims: Arc<Claims>,
    ripple: F,
    /// The UIDs of a list that is being read.
    reading: BTreeSet<String>,
}

impl<F: Fn(Ripple)> Listing<F> {
    pub(super) fn inspector(claims: Arc<Claims>, ripple: F) -> impl FnMut(&Event<ClassicLink>) {
        let mut listing = Self { claims, ripple, reading: BTreeSet::new() };
        move |event| listing.take(event)
    }

    fn take(&mut self, event: &Event<ClassicLink>) {
        match event {
            Event::Init => self.reading.clear(),
            Event::InitApply(link) => {
                self.reading.insert(link.uid().unwrap_or_default());
                self.show(link);
            }
            Event::InitDone => {
                for gone in self.claims.missing(&self.reading) {
                    self.gone(&gone);
                }
                self.claims.is_complete();
            }
            Event::Apply(link) => self.show(link),
            Event::Delete(link) => self.end(link),
        }
    }

    /// Nothing is done any more for an object that is being deleted without our finalizer, though another may keep it.
    fn show(&self, link: &ClassicLink) {
        if link.metadata.deletion_timestamp.is_some() && !finalizer::has(link) {
            self.end(link);
        } else {
            self.put(link);
        }
    }

    /// The last version tells what stood in it last. One that ended before it was known has nothing under way, unless
    /// the first list shows what an earlier process left so.
    fn end(&self, link: &ClassicLink) {
        let uid = link.uid().unwrap_or_default();
        let left = || !self.claims.was_complete() && Claimant::of(link).record.task.is_some();
        if self.claims.knows(&uid) || left() {
            self.put(link);
            self.gone(&uid);
        }
    }

    fn put(&self, link: &ClassicLink) {
        if let Some(peers) = self.claims.put(link) {
            (self.ripple)(Ripple::Wake(link.spec.account_ref.name.clone(), peers));
        }
    }

    fn gone(&self, uid: &str) {
        if let Some(claimant) = self.claims.leave(uid) {
            (self.ripple)(Ripple::Gone(Box::new(claimant)));
        }
    }
}

#[cfg(test)]
mod tests;
