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
//! The table's lock is the innermost of all: nothing is called while it is held, neither what judges accounts (their
//! census has a lock too, and asks this table what is on record) nor anything that was passed in.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use kube::ResourceExt;
use tokio::sync::watch;

use super::status::version;
use crate::{
    api::{ClassicLink, ManagementPolicy},
    cloud::broker::Owner,
    link::Record,
};

/// What the table knows of one object.
#[derive(Clone, Debug)]
pub struct Claimant {
    /// The object.
    pub owner: Owner,
    /// Its account, by name.
    pub account: String,
    /// The machine: region and id.
    pub machine: (String, String),
    /// When it was created, seconds since the epoch.
    created: i64,
    /// What it has on record.
    pub record: Record,
    /// The resource version that this was read from.
    version: u64,
    /// It is no more, but a change of it is under way.
    pub vanished: bool,
    /// By itself it could act: manages, not suspended, not being deleted.
    acts: bool,
}

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

impl Claimant {
    /// What an object says of itself.
    #[must_use]
    pub fn of(link: &ClassicLink) -> Self {
        let record = link.status.as_ref().map(Record::read).unwrap_or_default();
        let spec = &link.spec;
        Self {
            owner: owner(link),
            account: spec.account_ref.name.clone(),
            machine: (spec.region.clone(), spec.instance_id.clone()),
            created: link.creation_timestamp().map_or(i64::MAX, |created| created.0.as_second()),
            record,
            version: version(link),
            vanished: false,
            acts: spec.management_policy == ManagementPolicy::Manage
                && !spec.suspend
                && link.metadata.deletion_timestamp.is_none(),
        }
    }

    /// Whether something in the cloud is, or may become, its own.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.record.holds()
    }

    /// What others call it.
    #[must_use]
    pub fn called(&self) -> String {
        let Owner { namespace, name, .. } = &self.owner;
        let gone = if self.vanished { " (removed, but a change of it is under way)" } else { "" };
        format!("{namespace}/{name}{gone}")
    }

    /// Lower goes first.
    fn rank(&self) -> (bool, bool, i64, &str) {
        (!self.holds(), self.record.link.is_none() && !self.holds(), self.created, &self.owner.uid)
    }

    /// What concerns its rivals.
    fn standing(&self) -> (bool, bool, i64, &str, bool, bool) {
        let (free, unlinked, created, uid) = self.rank();
        (free, unlinked, created, uid, self.acts, self.record.task.is_some())
    }
}

/// The name of an object, as the broker keeps it.
#[must_use]
pub fn owner(link: &ClassicLink) -> Owner {
    Owner {
        namespace: link.namespace().unwrap_or_default(),
        name: link.name_any(),
        uid: link.uid().unwrap_or_default(),
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

    /// An object went. Returns it as it was last seen: with a change under way it keeps its claim
    /// ([`Claimant::vanished`]) until [`Self::remove`].
    pub fn leave(&self, uid: &str) -> Option<Claimant> {
        let mut table = self.table();
        let gone = table.objects.get_mut(uid)?;
        gone.vanished = gone.record.task.is_some();
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
        let (unable, .., first) =
            judged.min_by(|one, other| (one.0, one.1, one.2).cmp(&(other.0, other.1, other.2)))?;
        (!unable || !first.acts).then(|| first.clone())
    }

    /// Whether another object has a change under way for the machine of the object with this UID.
    #[must_use]
    pub fn is_changed_by_another(&self, uid: &str, same: impl Fn(&str, &str) -> bool) -> bool {
        let Some((object, rivals)) = self.rivals(uid) else { return true };
        rivals.iter().any(|rival| rival.record.task.is_some() && same(&rival.account, &object.account))
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
    fn put(&mut self, claimant: Claimant) -> Option<Vec<Owner>> {
        let uid = claimant.owner.uid.clone();
        let before = self.objects.get(&uid);
        if before.is_some_and(|before| before.vanished || before.version > claimant.version) {
            return None;
        }
        let same = before.is_some_and(|before| before.standing() == claimant.standing());
        // A machine is immutable in an object: it never moves from one entry to another.
        let machine = claimant.machine.clone();
        self.machines.entry(machine.clone()).or_default().insert(uid.clone());
        self.objects.insert(uid.clone(), claimant);
        (!same).then(|| self.peers(&machine, &uid))
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
mod tests;
