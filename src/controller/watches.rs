//! The watches: what each stream is made of, and what is taken from it on the way.

mod roll;
mod stored;

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use futures::{Stream, StreamExt, future, stream};
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::{
    Api, Client, Resource, ResourceExt,
    core::{DeserializeGuard, PartialObjectMeta},
    runtime::{
        WatchStreamExt, predicates,
        reflector::{self, ObjectRef, Store, store::Writer},
        utils::Predicate,
        watcher::{self, Event},
    },
};
use tokio::sync::watch;

use super::{
    claims::Claims,
    listing::{Listing, Ripple},
    status::{Written, strip},
};
use crate::{
    api::{ACKNOWLEDGE, CHECK_REQUESTED_AT, ClassicLink, CloudAccount, FORCE_RELEASE},
    cloud::broker::Owner,
};
use roll::Roll;
use stored::stored;

/// A dead watch is noticed after this many seconds; a new one a minute costs little.
const TIMEOUT: u32 = 60;

fn config() -> watcher::Config {
    watcher::Config::default().any_semantic().timeout(TIMEOUT)
}

/// The objects that pass, the cache of all, and whether everything was listed once.
type Watched<K, S> = (S, Store<K>, watch::Receiver<bool>);

/// Links: every version goes to the cache and the claim table, and those pass that change what is decided: a new
/// generation (a deletion makes one), or a finalizer. Our own status writes do not.
pub(super) fn links(
    client: &Client,
    claims: Arc<Claims>,
    written: Arc<Written>,
    writer: Writer<ClassicLink>,
    ripple: impl Fn(Ripple) + Send + Sync + 'static,
) -> impl Stream<Item = Result<ClassicLink, watcher::Error>> + Send + 'static {
    let events = watcher::watcher(Api::<DeserializeGuard<ClassicLink>>::all(client.clone()), config())
        .default_backoff()
        .filter_map(|event| future::ready(readable(event)))
        .modify(strip)
        .inspect_ok_event(Listing::inspector(claims, ripple));
    let asked = predicates::generation.combine(predicates::finalizers).combine(commands);
    stored(events, writer, move |event| catch_up(event, &written), asked)
}

/// The cache has taken this event: what was written earlier is in it.
fn catch_up(event: &Event<ClassicLink>, written: &Written) {
    match event {
        Event::Apply(link) => written.cached(link),
        Event::InitDone => written.refilled(),
        // One that went is forgotten with all else; of a list that is being read the cache has nothing before its end.
        Event::Delete(_) | Event::Init | Event::InitApply(_) => {}
    }
}

/// The annotations by which people ask for something; all others are none of our business.
#[expect(clippy::unnecessary_wraps, reason = "a predicate may have no value")]
fn commands<K: ResourceExt>(object: &K) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for name in [FORCE_RELEASE, CHECK_REQUESTED_AT, ACKNOWLEDGE] {
        object.annotations().get(name).hash(&mut hasher);
    }
    Some(hasher.finish())
}

/// Leaves out an object that cannot be read: it must not stall the others.
fn readable<K>(event: Result<Event<DeserializeGuard<K>>, watcher::Error>) -> Option<Result<Event<K>, watcher::Error>>
where
    K: Resource,
{
    let open = |guard: DeserializeGuard<K>| match guard.0 {
        Ok(object) => Some(object),
        Err(invalid) => {
            let name = invalid.metadata.name.unwrap_or_default();
            tracing::warn!(name, "an object cannot be read and is left alone: {}", invalid.error);
            None
        }
    };
    match event {
        Ok(Event::Init) => Some(Ok(Event::Init)),
        Ok(Event::InitDone) => Some(Ok(Event::InitDone)),
        Ok(Event::InitApply(guard)) => open(guard).map(Event::InitApply).map(Ok),
        Ok(Event::Apply(guard)) => open(guard).map(Event::Apply).map(Ok),
        Ok(Event::Delete(guard)) => open(guard).map(Event::Delete).map(Ok),
        Err(error) => Some(Err(error)),
    }
}

/// `inspect_ok`, but on events instead of objects.
trait InspectEvents<K>: Stream<Item = Result<Event<K>, watcher::Error>> + Sized {
    fn inspect_ok_event(
        self,
        mut inspect: impl FnMut(&Event<K>),
    ) -> impl Stream<Item = Result<Event<K>, watcher::Error>> {
        self.inspect(move |event| {
            if let Ok(event) = event {
                inspect(event);
            }
        })
    }
}

impl<K, S: Stream<Item = Result<Event<K>, watcher::Error>>> InspectEvents<K> for S {}

/// Accounts: those pass that have a new generation or another finalizer. `gone` hears of each that went.
pub(super) fn accounts(
    client: &Client,
    gone: impl Fn(String, String) + Send + 'static,
) -> Watched<CloudAccount, impl Stream<Item = Result<CloudAccount, watcher::Error>> + Send + 'static> {
    let (reader, writer) = reflector::store();
    let (listed, receiver) = watch::channel(false);
    let mut roll = Roll::default();
    let events = watcher::watcher(Api::<DeserializeGuard<CloudAccount>>::all(client.clone()), config())
        .default_backoff()
        .filter_map(|event| future::ready(readable(event)))
        .modify(strip);
    let told = move |event: &Event<CloudAccount>| {
        roll.take(event).into_iter().for_each(|(name, uid)| gone(name, uid));
        tell_listed(event, &listed);
    };
    let asked = predicates::generation.combine(predicates::finalizers).combine(commands);
    (stored(events, writer, told, asked), reader, receiver)
}

/// A namespace by its name and labels.
type Named = PartialObjectMeta<Namespace>;

/// Namespaces: their names and labels.
pub(super) fn namespaces(
    client: &Client,
) -> Watched<Named, impl Stream<Item = Result<Named, watcher::Error>> + Send + 'static> {
    let (reader, writer) = reflector::store();
    let (listed, receiver) = watch::channel(false);
    let events = watcher::watcher(Api::<Named>::all(client.clone()), config()).default_backoff().modify(strip);
    (stored(events, writer, move |event| tell_listed(event, &listed), predicates::labels), reader, receiver)
}

fn tell_listed<K>(event: &Event<K>, listed: &watch::Sender<bool>) {
    if matches!(event, Event::InitDone) {
        listed.send_replace(true);
    }
}

/// Secrets of the operator's own namespace, by name alone: their data is read when it is wanted, and cached nowhere.
pub(super) fn secrets(client: &Client, namespace: &str) -> impl Stream<Item = String> + Send + 'static {
    let secrets = Api::<PartialObjectMeta<Secret>>::namespaced(client.clone(), namespace);
    names(watcher::watcher(secrets, config()).default_backoff())
}

/// The names of those that are there, changed, or went; also of one that went while the watch was down.
fn names<K: Resource>(events: impl Stream<Item = Result<Event<K>, watcher::Error>>) -> impl Stream<Item = String> {
    let mut roll = Roll::default();
    let told = move |event| match event {
        Ok(event) => stream::iter(concerned(&event, &mut roll)),
        Err(error) => {
            tracing::warn!("the Secrets of namespace cannot be watched: {error}");
            stream::iter(BTreeSet::new())
        }
    };
    events.flat_map(told)
}

/// Whom an event is about, each once.
fn concerned<K: Resource>(event: &Event<K>, roll: &mut Roll) -> BTreeSet<String> {
    let named = match event {
        Event::InitApply(object) | Event::Apply(object) | Event::Delete(object) => Some(object.name_any()),
        Event::Init | Event::InitDone => None,
    };
    roll.take(event).into_keys().chain(named).collect()
}

/// The reference of an object that is to be woken.
pub(super) fn reference(owner: &Owner) -> ObjectRef<ClassicLink> {
    ObjectRef::new(&owner.name).within(&owner.namespace)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use serde_json::json;

    use super::*;

    type Bare = PartialObjectMeta<Secret>;

    fn secret(name: &str, uid: &str) -> Bare {
        serde_json::from_value(json!({ "metadata": { "name": name, "uid": uid } })).unwrap()
    }

    fn told(events: Vec<Result<Event<Bare>, watcher::Error>>) -> Vec<String> {
        names(stream::iter(events)).collect().now_or_never().unwrap()
    }

    #[test]
    fn a_secret_that_went_while_the_watch_was_down_is_told_by_the_next_list() {
        let list = |secrets: &[Bare]| {
            let each = secrets.iter().cloned().map(Event::InitApply);
            [Event::Init].into_iter().chain(each).chain([Event::InitDone]).map(Ok).collect::<Vec<_>>()
        };
        let mut events = list(&[secret("prod", "1"), secret("test", "2")]);
        events.push(Err(watcher::Error::NoResourceVersion));
        events.extend(list(&[secret("test", "2")]));
        assert_eq!(told(events), ["prod", "test", "test", "prod"]);
    }

    #[test]
    fn what_happens_to_a_secret_is_told_once() {
        let after = [
            Event::Apply(secret("prod", "1")),
            Event::Apply(secret("prod", "2")),
            Event::Delete(secret("prod", "2")),
            Event::Delete(secret("never-seen", "3")),
        ];
        assert_eq!(told(after.map(Ok).into()), ["prod", "prod", "prod", "never-seen"]);
    }
}
