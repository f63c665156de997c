//! What the watches of accounts and namespaces have shown.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    ResourceExt,
    core::PartialObjectMeta,
    runtime::reflector::{ObjectRef, Store},
};
use tokio::sync::watch;

use crate::api::CloudAccount;

/// The caches of accounts and namespaces.
pub struct Caches {
    /// Accounts.
    pub accounts: Store<CloudAccount>,
    /// Namespaces, without their specification.
    pub namespaces: Store<PartialObjectMeta<Namespace>>,
    /// Whether each was completely listed once. Taken from the watches' own word: the store's readiness wakes one waiter
    /// only.
    pub accounts_listed: watch::Receiver<bool>,
    /// See `accounts_listed`.
    pub namespaces_listed: watch::Receiver<bool>,
}

impl Caches {
    /// Whether there is an account of this name.
    #[must_use]
    pub fn has_account(&self, name: &str) -> bool {
        self.accounts.get(&ObjectRef::new(name)).is_some()
    }

    /// The labels of a namespace.
    #[must_use]
    pub fn labels(&self, namespace: &str) -> Option<BTreeMap<String, String>> {
        self.namespaces.get(&ObjectRef::new(namespace)).map(|namespace| namespace.labels().clone())
    }

    /// Waits until both were completely listed.
    pub async fn listed(&self) {
        for listed in [&self.accounts_listed, &self.namespaces_listed] {
            // A watch that ended ends the process.
            let _ = listed.clone().wait_for(|listed| *listed).await;
        }
    }
}
