//! Asking for which address a link was made, where nothing tells: once for each link in doubt, and again only when its
//! machine's addresses change, when half a proof is there, or when somebody asks for a look. At rest nothing is asked.
//!
//! Apart from the looks, and in the last lane: ten thousand links that were there before us are asked about one by one, and
//! nothing else waits for that.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Inner, Owner, entry::Shown, state::State};
use crate::{
    clock,
    cloud::{CloudError, LinkList},
    link::{AddressLook, Census, InstanceId, Lane, Question, Tempo},
};

/// Asks what is to be asked.
pub(super) async fn probe(inner: Arc<Inner>) {
    let dies = inner.provider.nature().links_die_with_address;
    loop {
        let (due, next) = inner.state().questions(clock::now(), dies, inner.tempo);
        if due.is_empty() {
            let asked = inner.probe.notified();
            match next {
                Some(wait) => drop(tokio::time::timeout(wait, asked).await),
                None => asked.await,
            }
        }
        for (instance, question) in due {
            inner.ask_where(&instance, &question, dies).await;
        }
    }
}

impl State {
    /// What is to be asked, and how long until the next is. All that is new is asked before what could prove a link dead:
    /// the guards must know of every suspect before the first is believed.
    fn questions(&self, now: Timestamp, dies: bool, tempo: Tempo) -> (Vec<(InstanceId, Question)>, Option<Duration>) {
        let all = self
            .machines
            .keys()
            .filter_map(|instance| self.question(instance, dies, tempo).map(|question| (instance.clone(), question)));
        let (due, later): (Vec<_>, Vec<_>) = all.partition(|(_, question)| question.after <= now);
        let next = later.into_iter().map(|(_, question)| question.after).min();
        let (decide, begin): (Vec<_>, Vec<_>) = due.into_iter().partition(|(_, question)| question.decides);
        let due = if begin.is_empty() { decide } else { begin };
        (due, next.map(|next| clock::until(now, next)))
    }

    fn question(&self, instance: &InstanceId, dies: bool, tempo: Tempo) -> Option<Question> {
        let entry = self.machines.get(instance)?;
        let wanted = entry.watch.as_ref().is_some_and(|watch| watch.verify);
        entry.trail.question(dies, tempo).filter(|_| wanted)
    }

    /// Takes an answer, and counts what it says. Returns the owner if it is news.
    fn take_answer(
        &mut self,
        instance: &InstanceId,
        (begun, question, look): (Timestamp, &Question, AddressLook),
        census: &mut Census,
        (dies, tempo): (bool, Tempo),
    ) -> Option<Owner> {
        let entry = self.machines.get_mut(instance)?;
        entry.trail.addresses(begun, question, look, tempo);
        let recorded = entry.watch.as_ref().is_some_and(|watch| watch.recorded);
        let sighting = entry.sighting(recorded, dies, tempo);
        census.note(&entry.owner.uid, recorded, &sighting, clock::now());
        let news = entry.shown.as_ref().is_some_and(|shown| !shown.has_link_of(&Shown::of(&sighting)));
        news.then(|| entry.owner.clone())
    }
}

impl Inner {
    /// Something is to be asked about this machine, perhaps.
    pub(super) fn wonder(&self, instance: &InstanceId) {
        let dies = self.provider.nature().links_die_with_address;
        if self.state().question(instance, dies, self.tempo).is_some() {
            self.probe.notify_one();
        }
    }

    async fn ask_where(&self, instance: &InstanceId, question: &Question, dies: bool) {
        // Much may have happened since it was found due.
        if self.state().question(instance, dies, self.tempo).as_ref() != Some(question) {
            return;
        }
        let begun = clock::now();
        let list = self.provider.links_at(&question.vpc, &question.addresses, Lane::Sweep).await;
        let look = said(list, instance, question);
        let answer = (begun, question, look);
        let owner = self.state().take_answer(instance, answer, &mut self.census(), (dies, self.tempo));
        self.tell(owner);
    }
}

/// What a list of the links at a machine's addresses says of it. An error says nothing, about the health of the region
/// either: links are seen without this.
fn said(list: Result<Option<LinkList>, CloudError>, instance: &InstanceId, question: &Question) -> AddressLook {
    match list {
        Ok(Some(list)) if list.rows.contains_key(instance) => AddressLook::Listed,
        Ok(Some(list)) if list.complete => AddressLook::NotListed,
        Ok(_) => AddressLook::Failed,
        Err(error) => {
            tracing::info!(%instance, vpc = %question.vpc, "which links are at an address is not known: {error}");
            AddressLook::Failed
        }
    }
}
