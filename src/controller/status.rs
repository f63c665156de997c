//! Writing statuses, and remembering what was written until the cache has it.

use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kube::{
    Api, Resource, ResourceExt,
    api::{Patch, PatchParams},
    runtime::reflector::{ObjectRef, Store},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Error, within};
use crate::api::{ClassicLink, FIELD_MANAGER};

/// Writes a status as a merge patch with the `resourceVersion` that was read: the write is the lock. Fields that are not
/// in `status` any more are removed.
///
/// # Errors
/// The API server did not answer, or refused; a conflict if the object changed meanwhile.
pub async fn patch<K, S>(api: &Api<K>, object: &K, status: &S) -> Result<K, Error>
where
    K: Resource + Clone + Debug + DeserializeOwned + Serialize,
    S: Serialize,
{
    let mut next = serde_json::to_value(status)?;
    let before = serde_json::to_value(object)?.get("status").cloned().unwrap_or_default();
    absent_is_null(&before, &mut next);
    let body = json!({ "metadata": { "resourceVersion": object.resource_version() }, "status": next });
    let parameters = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    within(api.patch_status(&object.name_any(), &parameters, &Patch::Merge(body))).await
}

/// A merge patch leaves alone what it does not name: what was there and is no more has to be named as null.
fn absent_is_null(before: &Value, next: &mut Value) {
    let (Value::Object(before), Value::Object(next)) = (before, next) else { return };
    for (name, old) in before {
        match next.get_mut(name) {
            None => {
                next.insert(name.clone(), Value::Null);
            }
            Some(new) => absent_is_null(old, new),
        }
    }
}

/// The objects that writes returned, by UID.
///
/// A cache that lags behind our own write would show the object as it was before the intent was written. Until the cache
/// has caught up, what the write returned is what counts; from then on it is forgotten, or every object would be kept
/// twice.
pub struct Written {
    objects: Mutex<HashMap<String, Arc<ClassicLink>>>,
    cache: Store<ClassicLink>,
}

impl Written {
    /// Nothing was written yet; this is the cache.
    #[must_use]
    pub fn beside(cache: Store<ClassicLink>) -> Self {
        Self { objects: Mutex::default(), cache }
    }

    /// Remembers what a write returned, unless the watch was faster.
    pub fn put(&self, mut object: ClassicLink) -> Arc<ClassicLink> {
        strip(&mut object);
        let object = Arc::new(object);
        let mut objects = self.objects();
        // Looked at with the lock held: what the cache takes from now on, `cached` will find.
        if !self.has_caught_up(&object) {
            objects.insert(object.uid().unwrap_or_default(), Arc::clone(&object));
        }
        drop(objects);
        object
    }

    /// The cache took a version of this object. To be said once it has, not before.
    pub fn cached(&self, object: &ClassicLink) {
        let uid = object.uid().unwrap_or_default();
        let mut objects = self.objects();
        if objects.get(&uid).is_some_and(|ours| self.has_caught_up(ours)) {
            objects.remove(&uid);
        }
    }

    /// The cache was filled anew.
    pub fn refilled(&self) {
        self.objects().retain(|_, ours| !self.has_caught_up(ours));
    }

    /// The newer of what the cache has and what was written.
    #[must_use]
    pub fn newest(&self, cached: Arc<ClassicLink>) -> Arc<ClassicLink> {
        let uid = cached.uid().unwrap_or_default();
        let mut objects = self.objects();
        match objects.get(&uid) {
            Some(ours) if version(ours) > version(&cached) => Arc::clone(ours),
            Some(_) => {
                objects.remove(&uid);
                cached
            }
            None => cached,
        }
    }

    /// The object went.
    pub fn forget(&self, uid: &str) {
        self.objects().remove(uid);
    }

    fn has_caught_up(&self, ours: &ClassicLink) -> bool {
        let cached = self.cache.get(&ObjectRef::from_obj(ours)).filter(|cached| cached.uid() == ours.uid());
        cached.is_some_and(|cached| version(&cached) >= version(ours))
    }

    fn objects(&self) -> MutexGuard<'_, HashMap<String, Arc<ClassicLink>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Resource versions of one kind may be compared as numbers (Kubernetes 1.35 says so; it was so before).
#[must_use]
pub fn version(object: &ClassicLink) -> u64 {
    object.resource_version().and_then(|version| version.parse().ok()).unwrap_or_default()
}

/// Managed fields are six times the size of all the rest.
pub fn strip<K: Resource>(object: &mut K) {
    let meta = object.meta_mut();
    meta.managed_fields = None;
    if let Some(annotations) = meta.annotations.as_mut() {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

#[cfg(test)]
mod tests {
    use kube::runtime::{reflector, watcher::Event};

    use super::*;

    fn link(version: u64) -> ClassicLink {
        let mut link = crate::controller::claims::tests::link("web", 10, version, &json!({}));
        link.metadata.managed_fields = Some(Vec::new());
        link
    }

    #[test]
    fn what_was_written_counts_until_the_cache_has_it_and_is_not_kept_any_longer() {
        let (cache, mut writer) = reflector::store();
        let written = Written::beside(cache);
        let kept = || written.objects().len();
        writer.apply_watcher_event(&Event::Apply(link(6)));
        assert_eq!(written.put(link(7)).metadata.managed_fields, None, "it is kept without what nobody reads");
        written.cached(&link(6));
        assert_eq!(version(&written.newest(Arc::new(link(6)))), 7);
        writer.apply_watcher_event(&Event::Apply(link(7)));
        written.cached(&link(7));
        assert_eq!(kept(), 0);
        written.put(link(7));
        assert_eq!(kept(), 0, "the watch was faster than the answer");
    }

    #[test]
    fn a_cache_that_is_filled_anew_is_compared_with_all_that_was_written() {
        for (listed, kept) in [(6, 1), (7, 0), (8, 0)] {
            let (cache, mut writer) = reflector::store();
            let written = Written::beside(cache);
            written.put(link(7));
            for event in [Event::Init, Event::InitApply(link(listed)), Event::InitDone] {
                writer.apply_watcher_event(&event);
            }
            written.refilled();
            assert_eq!(written.objects().len(), kept, "{listed}");
        }
    }

    #[test]
    fn what_is_no_longer_in_the_status_is_removed_by_the_patch() {
        let before = json!({ "task": { "taskId": "1", "vpcId": "vpc-1" }, "conditions": [{ "type": "Ready" }] });
        let mut next = json!({ "task": { "vpcId": "vpc-1" }, "link": {} });
        absent_is_null(&before, &mut next);
        assert_eq!(next, json!({ "task": { "taskId": null, "vpcId": "vpc-1" }, "link": {}, "conditions": null }));
    }
}
