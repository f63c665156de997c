//! Every version of an object that a watch tells of, with the moment at which it was told.

use std::sync::{Arc, Mutex};

use classiclink::api::ClassicLink;
use futures::StreamExt;
use jiff::Timestamp;
use kube::runtime::watcher::{self, watcher};
use tokio::task::AbortHandle;

use super::{wait::eventually, world::World};

/// A version, and when it was told.
pub(crate) type Told = (Timestamp, ClassicLink);

/// A watch on one link, from before it is applied until this is dropped.
#[derive(Debug)]
pub(crate) struct Recording {
    versions: Arc<Mutex<Vec<Told>>>,
    watch: AbortHandle,
}

impl Recording {
    /// Begins to record; returns once nothing can be missed any more.
    pub(crate) async fn of(world: &World, link: &ClassicLink) -> Self {
        let name = link.metadata.name.as_deref().unwrap();
        let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
        let mut events = watcher(world.links_of(link), config).boxed();
        let versions = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&versions);
        let (begun, begins) = tokio::sync::oneshot::channel();
        let watch = tokio::spawn(async move {
            let mut begun = Some(begun);
            while let Some(event) = events.next().await {
                match event {
                    Ok(watcher::Event::Apply(link) | watcher::Event::InitApply(link)) => {
                        written.lock().unwrap().push((Timestamp::now(), link));
                    }
                    Ok(watcher::Event::InitDone) => drop(begun.take().map(|begun| begun.send(()))),
                    Ok(watcher::Event::Init | watcher::Event::Delete(_)) | Err(_) => {}
                }
            }
        });
        begins.await.unwrap();
        Self { versions, watch: watch.abort_handle() }
    }

    /// The versions so far.
    pub(crate) fn versions(&self) -> Vec<Told> {
        self.versions.lock().unwrap().clone()
    }

    /// Waits for the first version of which this holds.
    pub(crate) async fn first(&self, what: &str, holds: impl Fn(&ClassicLink) -> bool) -> Told {
        eventually(what, async || self.versions().into_iter().find(|(_, link)| holds(link))).await
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.watch.abort();
    }
}
