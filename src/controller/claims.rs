//! The claim table: which object owns which machine.
//!
//! A *holder* has an unsettled task, or a link that it created or adopted; it keeps the claim whatever its policy,
//! account or namespace became, and of two holders the oldest has it. Without a holder those compete that could act now:
//! one with a found link first, then the oldest, then the smaller UID. The table is filled from the watch, and from what
//! our own writes return, which the watch shows later; nothing is decided before the first list was complete.
//!
//! An object that vanishes with a change under way (its finalizer was taken off by hand) keeps its claim until that
//! change is settled: it may still land, and whoever has the machine next must not act before.
//!
//! A link that is healed or moved is detached first and then attached again, and in between nothing is on record. The
//! object keeps its claim all the same ([`Claims::heals`]): an older rival would else take the machine, and its account
//! would go. That is known to this process alone; the next one sees an object without a link, which competes like others.
//!
//! An object that is being deleted and has our finalizer no more is gone for this table, whoever else still keeps it:
//! nothing is ever done for it again.
//!
//! The table's lock is the innermost of all: nothing is called while it is held, neither what judges accounts (their
//! census has a lock too, and asks this table what is on record) nor anything that was passed in.

mod claimant;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use self::claimant::Memory;
pub use self::claimant::{Claimant, owner};
use crate::{api::ClassicLink, cloud::broker::Owner};

/// The claim table.
#[derive(Debug)]
pub struct Claims {
    table: Mutex<Table>,
    complete: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Table {
    objects: HashMap<String, Claimant>,
    machines: HashMap<(String, String), BTreeSet<String>>,
}

impl Default for Claims {
    fn default() -> Self {
        Self { table: Mutex::default(), complete: watch::Sender::new(false) }
    }
}

impl Claims {
    /// Takes a version of an object, unless a newer one is known. Returns the others that name its machine, if its
    /// standing changed.
    pub fn put(&self, link: &ClassicLink) -> Option<Vec<Owner>> {
        self.table().put(Claimant::of(link))
    }

    /// Takes what a write of ours returned, before the watch shows it. An object that went meanwhile stays gone.
    pub fn learn(&self, link: &ClassicLink) -> Option<Vec<Owner>> {
        let mut table = self.table();
        let claimant = Claimant::of(link);
        let known = table.objects.get(&claimant.owner.uid).is_some_and(|known| !known.vanished);
        if known { table.put(claimant) } else { None }
    }

    /// Our finalizer is about to be taken off: nothing of ours is left, whatever the object's last version says. To be
    /// said before it is, since the watch may show that before our own call returns.
    pub fn releasing(&self, uid: &str) {
        self.table().remember(uid, |memory| memory.released = true);
    }

    /// Our finalizer was not taken off after all, as far as we know.
    pub fn stays(&self, uid: &str) {
        self.table().remember(uid, |memory| memory.released = false);
    }

    /// A link of the object's own went and `begins` to be made again, and that still `goes_on`: until it is settled the
    /// object keeps its claim, though nothing is on record meanwhile. Returns the others that name its machine, if that
    /// changed its standing.
    pub fn heals(&self, uid: &str, begins: bool, goes_on: bool) -> Option<Vec<Owner>> {
        let mut table = self.table();
        table.remember(uid, |memory| memory.heals = (memory.heals || begins) && goes_on)
    }

    /// Whether a link of the object's own is being made again.
    #[must_use]
    pub fn is_healing(&self, uid: &str) -> bool {
        self.table().objects.get(uid).is_some_and(|object| object.memory.heals)
    }

    /// An object went. Returns it as it was last seen, once: with a change under way it keeps its claim
    /// ([`Claimant::vanished`]) until [`Self::remove`].
    pub fn leave(&self, uid: &str) -> Option<Claimant> {
        let mut table = self.table();
        let gone = table.objects.get_mut(uid).filter(|object| !object.vanished)?;
        gone.vanished = gone.record.task.is_some() && !gone.memory.released;
        gone.memory.heals = false;
        let gone = gone.clone();
        if !gone.vanished {
            table.remove(&gone);
        }
        Some(gone)
    }

    /// What an object that vanished had under way is settled.
    pub fn remove(&self, gone: &Claimant) {
        self.table().remove(gone);
    }

    /// Whether there is such an object, or a change of it is under way.
    #[must_use]
    pub fn knows(&self, uid: &str) -> bool {
        self.table().objects.contains_key(uid)
    }

    /// The objects that are not among these: the list was read anew, and they went. One that is known to have vanished
    /// is not named again.
    pub fn missing(&self, uids: &BTreeSet<String>) -> Vec<String> {
        let table = self.table();
        let missing = table.objects.values().filter(|object| !object.vanished && !uids.contains(&object.owner.uid));
        missing.map(|object| object.owner.uid.clone()).collect()
    }

    /// Whoever has the claim to the machine of the object with this UID. `same` says whether two accounts are one,
    /// `usable` whether an object's account and namespace let it act. A change of another's that is under way comes
    /// before all: until it is settled, nobody else acts.
    #[must_use]
    pub fn winner(
        &self,
        uid: &str,
        same: impl Fn(&str, &str) -> bool,
        usable: impl Fn(&Claimant) -> bool,
    ) -> Option<Claimant> {
        let (object, mut rivals) = self.rivals(uid)?;
        rivals.retain(|rival| same(&rival.account, &object.account));
        rivals.push(object);
        // Of several that may not act, one has the watch all the same.
        let able = |rival: &Claimant| rival.holds() || (rival.acts && usable(rival));
        let judged = rivals.iter().map(|rival| (!able(rival), rival.record.task.is_none(), rival.rank(), rival));
        let (is_unfit, .., first) =
            judged.min_by(|one, other| (one.0, one.1, one.2).cmp(&(other.0, other.1, other.2)))?;
        (!is_unfit || !first.acts).then(|| first.clone())
    }

    /// Whether an intent of the object with this UID must not be carried out: the object went while it was written, and who
    /// follows it has to hear that nothing was sent, or another one has a change under way for its machine.
    #[must_use]
    pub fn is_outrun(&self, uid: &str, same: impl Fn(&str, &str) -> bool) -> bool {
        let Some((object, rivals)) = self.rivals(uid) else { return true };
        object.vanished
            || rivals.iter().any(|rival| rival.record.task.is_some() && same(&rival.account, &object.account))
    }

    /// The object with this UID, and the others that name its machine, as they are now.
    fn rivals(&self, uid: &str) -> Option<(Claimant, Vec<Claimant>)> {
        let table = self.table();
        let object = table.objects.get(uid)?;
        let others = table.machines.get(&object.machine)?.iter().filter(|other| *other != uid);
        Some((object.clone(), others.filter_map(|other| table.objects.get(other)).cloned().collect()))
    }

    /// The others that name the machine of the object with this UID.
    #[must_use]
    pub fn peers(&self, uid: &str) -> Vec<Owner> {
        let table = self.table();
        table.objects.get(uid).map(|object| table.peers(&object.machine, uid)).unwrap_or_default()
    }

    /// The objects that name this machine.
    #[must_use]
    pub fn of_machine(&self, machine: &(String, String)) -> Vec<Owner> {
        self.table().peers(machine, "")
    }

    /// The objects of an account.
    #[must_use]
    pub fn of_account(&self, account: &str) -> Vec<Claimant> {
        self.table().objects.values().filter(|object| object.account == account).cloned().collect()
    }

    /// The objects of an account, and those that name the same machines: who wins may depend on the account.
    #[must_use]
    pub fn around_account(&self, account: &str) -> Vec<Owner> {
        let own = self.of_account(account);
        let peers: Vec<Owner> = own.iter().flat_map(|claimant| self.peers(&claimant.owner.uid)).collect();
        own.into_iter().map(|claimant| claimant.owner).chain(peers).collect()
    }

    /// The objects of a namespace.
    #[must_use]
    pub fn of_namespace(&self, namespace: &str) -> Vec<Owner> {
        let table = self.table();
        let inside = table.objects.values().filter(|object| object.owner.namespace == namespace);
        inside.map(|object| object.owner.clone()).collect()
    }

    /// The first list is complete.
    pub fn is_complete(&self) {
        self.complete.send_replace(true);
    }

    /// Whether the first list is complete.
    #[must_use]
    pub fn was_complete(&self) -> bool {
        *self.complete.borrow()
    }

    /// Waits until the first list is complete.
    pub async fn complete(&self) {
        // The sender lives as long as self: an error cannot be.
        let _ = self.complete.subscribe().wait_for(|complete| *complete).await;
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn put(&mut self, mut claimant: Claimant) -> Option<Vec<Owner>> {
        let uid = claimant.owner.uid.clone();
        let before = self.objects.get(&uid);
        if before.is_some_and(|before| before.vanished || before.version > claimant.version) {
            return None;
        }
        claimant.memory = before.map(|before| before.memory).unwrap_or_default();
        let same = before.is_some_and(|before| before.standing() == claimant.standing());
        // A machine is immutable in an object: it never moves from one entry to another.
        let machine = claimant.machine.clone();
        self.machines.entry(machine.clone()).or_default().insert(uid.clone());
        self.objects.insert(uid.clone(), claimant);
        (!same).then(|| self.peers(&machine, &uid))
    }

    /// Returns the others that name the object's machine, if what is remembered changes its standing.
    fn remember(&mut self, uid: &str, change: impl FnOnce(&mut Memory)) -> Option<Vec<Owner>> {
        let object = self.objects.get_mut(uid)?;
        let held = object.holds();
        change(&mut object.memory);
        let machine = (object.holds() != held).then(|| object.machine.clone())?;
        Some(self.peers(&machine, uid))
    }

    fn remove(&mut self, gone: &Claimant) {
        self.objects.remove(&gone.owner.uid);
        self.leave(&gone.machine, &gone.owner.uid);
    }

    fn leave(&mut self, machine: &(String, String), uid: &str) {
        if let Some(rivals) = self.machines.get_mut(machine) {
            rivals.remove(uid);
            if rivals.is_empty() {
                self.machines.remove(machine);
            }
        }
    }

    fn peers(&self, machine: &(String, String), uid: &str) -> Vec<Owner> {
        let rivals = self.machines.get(machine).into_iter().flatten().filter(|rival| *rival != uid);
        rivals.filter_map(|rival| self.objects.get(rival)).map(|rival| rival.owner.clone()).collect()
    }
}

#[cfg(test)]
pub(super) mod tests;
