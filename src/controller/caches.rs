//! What the watches of accounts and namespaces have shown.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    ResourceExt,
    core::PartialObjectMeta,
    runtime::reflector::{ObjectRef, Store},
};
use tokio::sync::watch;

use crate::{
    api::{CloudAccount, Provider},
    link::Identity,
};

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
    /// What is written down of whose keys an account has, with its cloud.
    #[must_use]
    pub fn identity(&self, name: &str) -> Option<(Provider, Identity)> {
        let account = self.accounts.get(&ObjectRef::new(name))?;
        let identity = account.status.as_ref()?.identity.as_deref()?;
        Some((account.spec.provider, Identity::read(identity)))
    }

    /// Whether there is an account of this name.
    #[must_use]
    pub fn has_account(&self, name: &str) -> bool {
        self.accounts.get(&ObjectRef::new(name)).is_some()
    }

    /// Whether this very account is there: not another one that got its name.
    #[must_use]
    pub fn holds(&self, account: &CloudAccount) -> bool {
        self.accounts.get(&ObjectRef::new(&account.name_any())).is_some_and(|cached| cached.uid() == account.uid())
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

#[cfg(test)]
impl Caches {
    /// One with these accounts, and these namespaces with their labels, all listed.
    pub(super) fn of<const A: usize, const N: usize>(
        accounts: [CloudAccount; A],
        namespaces: [(&str, serde_json::Value); N],
    ) -> Self {
        use kube::runtime::{reflector, watcher::Event};

        let (account_store, mut account_writer) = reflector::store();
        for account in accounts {
            account_writer.apply_watcher_event(&Event::Apply(account));
        }
        let (namespace_store, mut namespace_writer) = reflector::store();
        for (name, labels) in namespaces {
            let namespace = serde_json::json!({ "metadata": { "name": name, "labels": labels } });
            namespace_writer.apply_watcher_event(&Event::Apply(serde_json::from_value(namespace).unwrap()));
        }
        let (_, listed) = watch::channel(true);
        Self {
            accounts: account_store,
            namespaces: namespace_store,
            accounts_listed: listed.clone(),
            namespaces_listed: listed,
        }
    }
}
