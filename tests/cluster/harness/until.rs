//! Waiting for what an object says.

use classiclink::api::{ClassicLink, CloudAccount, Reason};
use k8s_openapi::api::events::v1::Event;
use kube::{Api, api::ListParams};

use super::{
    read::{TellsOfLink, Told},
    wait::{PATIENCE, eventually, within},
    world::World,
};

impl World {
    /// The newest version of a link.
    pub(crate) async fn read(&self, link: &ClassicLink) -> Option<ClassicLink> {
        self.links_of(link).get_opt(link.metadata.name.as_deref().unwrap()).await.unwrap()
    }

    /// Waits until this holds of a link, and returns it as it is then.
    pub(crate) async fn until(
        &self,
        link: &ClassicLink,
        what: &str,
        holds: impl Fn(&ClassicLink) -> bool,
    ) -> ClassicLink {
        match within(PATIENCE, async || self.read(link).await.filter(&holds)).await {
            Some(link) => link,
            None => give_up(what, self.read(link).await.as_ref()),
        }
    }

    /// Waits until a link is linked, and the status is about its present specification.
    pub(crate) async fn until_ready(&self, link: &ClassicLink) -> ClassicLink {
        self.until(link, "Ready is True, Linked", TellsOfLink::is_linked_now).await
    }

    /// Waits until a link says this in `Ready`, about its present specification.
    pub(crate) async fn until_says(&self, link: &ClassicLink, status: &str, reason: Reason) -> ClassicLink {
        let what = format!("Ready is {status}, {reason}");
        self.until(link, &what, |link| link.is_current() && link.is(status, reason)).await
    }

    /// Waits until a link no longer exists.
    pub(crate) async fn until_gone(&self, link: &ClassicLink) {
        let gone = within(PATIENCE, async || self.read(link).await.is_none().then_some(())).await;
        if gone.is_none() {
            give_up("the object is gone", self.read(link).await.as_ref());
        }
    }

    /// Waits until an account says this in `Ready`.
    pub(crate) async fn until_account_says(&self, name: &str, status: &str, reason: Reason) -> CloudAccount {
        let read = async || self.accounts().get_opt(name).await.unwrap();
        match within(PATIENCE, async || read().await.filter(|account| account.is(status, reason))).await {
            Some(account) => account,
            None => give_up(&format!("Ready is {status}, {reason}"), read().await.as_ref()),
        }
    }

    /// Waits for an Event about a link, and returns its text.
    pub(crate) async fn until_told(&self, link: &ClassicLink, reason: Reason) -> String {
        let name = link.metadata.name.as_deref().unwrap();
        let what = format!("an Event {reason} about {name}");
        let texts = async || self.told(link.metadata.namespace.as_deref().unwrap(), name, reason).await;
        eventually(&what, async || texts().await.pop()).await
    }

    /// The texts of the Events with this reason about an object.
    pub(crate) async fn told(&self, namespace: &str, name: &str, reason: Reason) -> Vec<String> {
        let events: Api<Event> = Api::namespaced(self.client(), namespace);
        let all = events.list(&ListParams::default()).await.unwrap();
        let about = all.items.into_iter().filter(|event| {
            let object = event.regarding.as_ref().and_then(|object| object.name.as_deref());
            object == Some(name) && event.reason.as_deref() == Some(reason.as_str())
        });
        about.filter_map(|event| event.note).collect()
    }
}

/// The logs follow when the world goes.
fn give_up(what: &str, object: Option<&impl serde::Serialize>) -> ! {
    let object = object.map_or_else(|| "(it is gone)".to_owned(), yaml);
    panic!("not within {PATIENCE:?}: {what}\n{object}");
}

fn yaml(object: &impl serde::Serialize) -> String {
    let mut object = serde_json::to_value(object).unwrap();
    object["metadata"]["managedFields"] = serde_json::Value::Null;
    serde_saphyr::to_string(&object).unwrap()
}
