//! The claim table: which object owns which machine.
//!
//! A *holder* has an unsettled task, or a link that it created or adopted; it keeps the claim whatever its policy,
//! account or namespace became, and of two holders the oldest has it. Without a holder those compete that could act now:
//! one with a found link first, then the oldest, then the smaller UID. The table is filled from the watch; nothing is
//! decided before the first list was complete.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use kube::ResourceExt;
use tokio::sync::watch;

use crate::{
    api::{ClassicLink, ManagementPolicy},
    cloud::broker::Owner,
    link::Record,
};

/// What the table knows of one object.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and they go together in every way")]
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
    /// Whether its machine was seen once.
    pub recorded: bool,
    holds: bool,
    found: bool,
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
            recorded: record.saw_machine(),
            holds: record.holds(),
            found: record.link.is_some_and(|link| !link.is_ours()),
            acts: spec.management_policy == ManagementPolicy::Manage
                && !spec.suspend
                && link.metadata.deletion_timestamp.is_none(),
        }
    }

    /// Whether something in the cloud is, or may become, its own.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.holds
    }

    /// Lower goes first.
    fn rank(&self) -> (bool, bool, i64, &str) {
        (!self.holds, !(self.holds || self.found), self.created, &self.owner.uid)
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
    /// Takes the newest version of an object. Returns the others that name its machine, if its standing changed.
    pub fn put(&self, link: &ClassicLink) -> Option<Vec<Owner>> {
        let claimant = Claimant::of(link);
        let uid = claimant.owner.uid.clone();
        let mut table = self.table();
        let before = table.objects.insert(uid.clone(), claimant.clone());
        if let Some(before) = before.as_ref().filter(|before| before.machine != claimant.machine) {
            table.leave(&before.machine, &uid);
        }
        table.machines.entry(claimant.machine.clone()).or_default().insert(uid.clone());
        let same = before.is_some_and(|before| before.rank() == claimant.rank() && before.acts == claimant.acts);
        (!same).then(|| table.peers(&claimant.machine, &uid))
    }

    /// An object went. Returns the others that name its machine.
    pub fn remove(&self, uid: &str) -> Vec<Owner> {
        let mut table = self.table();
        let Some(gone) = table.objects.remove(uid) else { return Vec::new() };
        table.leave(&gone.machine, uid);
        table.peers(&gone.machine, uid)
    }

    /// Keeps only these objects: the list was read anew. Returns those that went.
    pub fn retain(&self, uids: &BTreeSet<String>) -> Vec<Claimant> {
        let table = self.table();
        table.objects.values().filter(|object| !uids.contains(&object.owner.uid)).cloned().collect()
    }

    /// Whoever has the claim to the machine of the object with this UID. `same` says whether two accounts are one,
    /// `usable` whether an object's account and namespace let it act.
    #[must_use]
    pub fn winner(
        &self,
        uid: &str,
        same: impl Fn(&str, &str) -> bool,
        usable: impl Fn(&Claimant) -> bool,
    ) -> Option<Owner> {
        let table = self.table();
        let object = table.objects.get(uid)?;
        let rivals = table.machines.get(&object.machine)?.iter().filter_map(|uid| table.objects.get(uid));
        let rivals = rivals.filter(|rival| rival.owner.uid == uid || same(&rival.account, &object.account));
        // Of several that may not act, one has the watch all the same.
        let able = |rival: &Claimant| rival.holds || (rival.acts && usable(rival));
        let first = rivals.min_by_key(|rival| (!able(rival), rival.rank()));
        first.filter(|rival| able(rival) || !rival.acts).map(|winner| winner.owner.clone())
    }

    /// The others that name the machine of the object with this UID.
    #[must_use]
    pub fn peers(&self, uid: &str) -> Vec<Owner> {
        let table = self.table();
        table.objects.get(uid).map(|object| table.peers(&object.machine, uid)).unwrap_or_default()
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
