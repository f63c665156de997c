//! From the events of a watch to the objects that pass: none before the cache has it.
//!
//! Whoever is told of an object looks it up in the cache. That takes a list only when it is complete, while the objects of
//! the list come one by one and page by page: one that passed as it came would be decided on as it was before, or not be
//! found, and the predicate would not let it pass again.

use std::sync::Arc;

use futures::{Stream, StreamExt, stream};
use kube::{
    Resource,
    runtime::{
        WatchStreamExt,
        reflector::{Store, store::Writer},
        utils::{Predicate, PredicateConfig},
        watcher::{self, Event},
    },
};

use super::InspectEvents;

/// Fills the cache, tells each event to `told` after it, and lets those objects pass for which `predicate` has changed.
pub(super) fn stored<K>(
    events: impl Stream<Item = Result<Event<K>, watcher::Error>>,
    writer: Writer<K>,
    told: impl FnMut(&Event<K>),
    predicate: impl Predicate<K> + 'static,
) -> impl Stream<Item = Result<K, watcher::Error>>
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    let cache = writer.as_reader();
    events
        .reflect(writer)
        .inspect_ok_event(told)
        .flat_map(move |event| stream::iter(settled(event, &cache)))
        .predicate_filter(predicate, PredicateConfig::default())
}

/// The objects that an event brings for good. Those of a list are taken from the cache that has just been filled with it:
/// collected on the way, they would be a third copy of everything beside the old content and the new. No event comes in
/// between while they pass, so what the cache has stays the list.
fn settled<K>(
    event: Result<Event<K>, watcher::Error>,
    cache: &Store<K>,
) -> impl Iterator<Item = Result<K, watcher::Error>> + use<K>
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    let (one, listed) = match event {
        Ok(Event::Apply(object)) => (Some(Ok(object)), Vec::new()),
        Ok(Event::InitDone) => (None, cache.state()),
        Ok(Event::Init | Event::InitApply(_) | Event::Delete(_)) => (None, Vec::new()),
        Err(error) => (Some(Err(error)), Vec::new()),
    };
    one.into_iter().chain(listed.into_iter().map(Arc::unwrap_or_clone).map(Ok))
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt, stream};
    use k8s_openapi::api::core::v1::Namespace;
    use kube::{
        ResourceExt,
        core::PartialObjectMeta,
        runtime::{
            predicates,
            reflector::{self, ObjectRef},
        },
    };
    use serde_json::json;

    use super::*;

    type Named = PartialObjectMeta<Namespace>;

    fn named(name: &str, team: &str) -> Named {
        let metadata = json!({ "name": name, "uid": name, "labels": { "team": team } });
        serde_json::from_value(json!({ "metadata": metadata })).unwrap()
    }

    fn team(namespace: &Named) -> String {
        namespace.labels()["team"].clone()
    }

    /// What passes, by name and team, with the team that the cache tells at that moment; an error as its text.
    fn passed(events: Vec<Result<Event<Named>, watcher::Error>>) -> Vec<(String, String, Option<String>)> {
        let (cache, writer) = reflector::store::<Named>();
        let shown = |object: Result<Named, watcher::Error>| match object {
            Ok(object) => {
                let cached = cache.get(&ObjectRef::new(&object.name_any()));
                (object.name_any(), team(&object), cached.map(|cached| team(&cached)))
            }
            Err(error) => ("error".into(), error.to_string(), None),
        };
        let passing = stored(stream::iter(events), writer, |_| {}, predicates::labels);
        passing.map(shown).collect::<Vec<_>>().now_or_never().unwrap()
    }

    fn cached(name: &str, team: &str) -> (String, String, Option<String>) {
        (name.into(), team.into(), Some(team.into()))
    }

    /// A whole list of these.
    fn list(namespaces: &[(&str, &str)]) -> Vec<Result<Event<Named>, watcher::Error>> {
        let each = namespaces.iter().map(|(name, team)| Event::InitApply(named(name, team)));
        [Event::Init].into_iter().chain(each).chain([Event::InitDone]).map(Ok).collect()
    }

    #[test]
    fn an_object_of_a_list_passes_when_the_cache_has_it() {
        let mut all = passed(list(&[("red", "a"), ("blue", "b")]));
        // In no order: a list is taken from the cache.
        all.sort();
        assert_eq!(all, [cached("blue", "b"), cached("red", "a")]);
    }

    #[test]
    fn what_changed_while_the_watch_was_down_passes_once_and_when_the_cache_has_it() {
        let before = list(&[("red", "a"), ("blue", "b"), ("gone", "c")]);
        let again = list(&[("red", "d"), ("blue", "b"), ("new", "e")]);
        let mut later = passed(before.into_iter().chain(again).collect()).split_off(3);
        later.sort();
        assert_eq!(later, [cached("new", "e"), cached("red", "d")]);
    }

    #[test]
    fn of_a_list_that_broke_off_nothing_passes_before_another_is_complete() {
        let mut events = list(&[("red", "a"), ("gone", "a")]);
        *events.last_mut().unwrap() = Err(watcher::Error::NoResourceVersion);
        let all = passed(events.into_iter().chain(list(&[("red", "b")])).collect());
        let broke = ("error".into(), watcher::Error::NoResourceVersion.to_string(), None);
        assert_eq!(all, [broke, cached("red", "b")]);
    }

    #[test]
    fn after_a_list_each_change_passes_at_once_and_what_goes_does_not() {
        let after = [
            Event::Apply(named("red", "b")),
            Event::Apply(named("red", "b")),
            Event::Delete(named("red", "c")),
            Event::Apply(named("red", "d")),
        ];
        let all = passed(list(&[("red", "a")]).into_iter().chain(after.map(Ok)).collect());
        assert_eq!(all, [cached("red", "a"), cached("red", "b"), cached("red", "d")]);
    }
}
