//! Writing statuses, and remembering what was written until the cache has it.

use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use kube::{
    Api, Resource, ResourceExt,
    api::{Patch, PatchParams},
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
/// has caught up, what the write returned is what counts.
#[derive(Debug, Default)]
pub struct Written(Mutex<HashMap<String, Arc<ClassicLink>>>);

impl Written {
    /// Remembers what a write returned.
    pub fn put(&self, object: ClassicLink) -> Arc<ClassicLink> {
        let object = Arc::new(object);
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.insert(object.uid().unwrap_or_default(), Arc::clone(&object));
        object
    }

    /// The newer of what the cache has and what was written.
    #[must_use]
    pub fn newest(&self, cached: Arc<ClassicLink>) -> Arc<ClassicLink> {
        let uid = cached.uid().unwrap_or_default();
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match written.get(&uid) {
            Some(ours) if version(ours) > version(&cached) => Arc::clone(ours),
            Some(_) => {
                written.remove(&uid);
                cached
            }
            None => cached,
        }
    }

    /// The object went.
    pub fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}

/// Resource versions of one kind may be compared as numbers (Kubernetes 1.35 says so; it was so before).
#[must_use]
pub fn version(object: &ClassicLink) -> u64 {
    object.resource_version().and_then(|version| version.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_longer_in_the_status_is_removed_by_the_patch() {
        let before = json!({ "task": { "taskId": "1", "vpcId": "vpc-1" }, "conditions": [{ "type": "Ready" }] });
        let mut next = json!({ "task": { "vpcId": "vpc-1" }, "link": {} });
        absent_is_null(&before, &mut next);
        assert_eq!(next, json!({ "task": { "taskId": null, "vpcId": "vpc-1" }, "link": {}, "conditions": null }));
    }
}
