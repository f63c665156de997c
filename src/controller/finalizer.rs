//! Our finalizer on an object: put on before the cloud is asked for anything, taken off when nothing of ours is left.
//!
//! Both are merge patches of the whole list with the `resourceVersion` that was read: a list that changed meanwhile is
//! a conflict, and nobody's finalizer is lost. The helper of the runtime is not used: it removes the finalizer on any
//! success of a cleanup, and a deletion here takes several passes.

use std::fmt::Debug;

use kube::{
    Api, Resource, ResourceExt,
    api::{Patch, PatchParams},
};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Error, within};
use crate::api::{FIELD_MANAGER, FINALIZER};

/// Whether the object has it.
#[must_use]
pub fn has(object: &impl ResourceExt) -> bool {
    object.finalizers().iter().any(|finalizer| finalizer == FINALIZER)
}

/// Puts it on, if it is not there. Returns the object as it is then.
///
/// # Errors
/// The API server did not answer, or refused; a conflict if the object changed meanwhile.
pub async fn add<K>(api: &Api<K>, object: &K) -> Result<K, Error>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    if has(object) {
        return Ok(object.clone());
    }
    let finalizers: Vec<&str> = object.finalizers().iter().map(String::as_str).chain([FINALIZER]).collect();
    patch(api, object, &finalizers).await
}

/// Takes it off, if it is there.
///
/// # Errors
/// As [`add`].
pub async fn remove<K>(api: &Api<K>, object: &K) -> Result<(), Error>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    if !has(object) {
        return Ok(());
    }
    let others: Vec<&str> =
        object.finalizers().iter().map(String::as_str).filter(|finalizer| *finalizer != FINALIZER).collect();
    match patch(api, object, &others).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_gone() => Ok(()),
        Err(error) => Err(error),
    }
}

async fn patch<K>(api: &Api<K>, object: &K, finalizers: &[&str]) -> Result<K, Error>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    let body = json!({ "metadata": { "resourceVersion": object.resource_version(), "finalizers": finalizers } });
    let parameters = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    within(api.patch(&object.name_any(), &parameters, &Patch::Merge(body))).await
}
