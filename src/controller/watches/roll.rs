//! The roll: one that went while the watch was down is only told by not being listed any more.

use std::collections::BTreeMap;

use kube::{Resource, runtime::watcher::Event};

/// Who is there, by name and UID.
#[derive(Default)]
pub(super) struct Roll {
    present: BTreeMap<String, String>,
    reading: BTreeMap<String, String>,
}

impl Roll {
    /// Takes an event. Returns those that went.
    pub(super) fn take<K: Resource>(&mut self, event: &Event<K>) -> BTreeMap<String, String> {
        let entry = |object: &K| {
            (object.meta().name.clone().unwrap_or_default(), object.meta().uid.clone().unwrap_or_default())
        };
        match event {
            Event::Init => self.reading.clear(),
            Event::InitApply(object) => self.reading.extend([entry(object)]),
            Event::Apply(object) => {
                let (name, uid) = entry(object);
                let other = self.present.insert(name.clone(), uid.clone()).filter(|before| *before != uid);
                return other.map(|other| (name, other)).into_iter().collect();
            }
            Event::Delete(object) => {
                let (name, uid) = entry(object);
                self.present.remove(&name);
                return BTreeMap::from([(name, uid)]);
            }
            Event::InitDone => {
                let before = std::mem::replace(&mut self.present, std::mem::take(&mut self.reading));
                return before.into_iter().filter(|(name, uid)| self.present.get(name) != Some(uid)).collect();
            }
        }
        BTreeMap::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::CloudAccount;

    fn named(name: &str, uid: &str) -> CloudAccount {
        serde_json::from_value(serde_json::json!({
            "apiVersion": "classiclink.dev/v1alpha1",
            "kind": "CloudAccount",
            "metadata": { "name": name, "uid": uid },
            "spec": {
                "provider": "TencentCloud",
                "credentials": { "secretRef": { "name": "keys" } },
                "allowedNamespaces": { "from": "All" },
            },
        }))
        .unwrap()
    }

    #[test]
    fn an_account_that_went_while_the_watch_was_down_is_told_by_the_next_list() {
        let mut roll = Roll::default();
        let first = [named("prod", "1"), named("test", "2"), named("old", "3")];
        roll.take(&Event::<CloudAccount>::Init);
        for account in first {
            assert!(roll.take(&Event::InitApply(account)).is_empty());
        }
        assert!(roll.take(&Event::<CloudAccount>::InitDone).is_empty());

        roll.take(&Event::<CloudAccount>::Init);
        roll.take(&Event::InitApply(named("prod", "1")));
        roll.take(&Event::InitApply(named("test", "4")));
        let gone = roll.take(&Event::<CloudAccount>::InitDone);

        assert_eq!(gone, BTreeMap::from([("old".into(), "3".into()), ("test".into(), "2".into())]));
        assert_eq!(roll.take(&Event::Delete(named("prod", "1"))), BTreeMap::from([("prod".into(), "1".into())]));
    }
}
