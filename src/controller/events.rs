//! Events: sent by one task from a bounded queue, so that telling never holds up doing.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client, Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::CALL;
use crate::{
    api::{ClassicLink, CloudAccount, FIELD_MANAGER, Reason},
    link::Notice,
};

/// How many Events may wait; more than this are dropped, and said to be.
const QUEUE: usize = 1024;

/// Where Events go.
#[derive(Clone, Debug)]
pub struct Events(mpsc::Sender<Told>);

#[derive(Debug)]
struct Told {
    about: ObjectReference,
    /// Who hears it if the object's namespace takes no more Events.
    instead: ObjectReference,
    notice: Notice,
}

impl Events {
    /// Events, and the task that sends them.
    pub fn start(client: Client, stop: CancellationToken) -> (Self, impl Future<Output = ()>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let reporter = Reporter { controller: FIELD_MANAGER.into(), instance: None };
        (Self(sender), send(Recorder::new(client, reporter), receiver, stop))
    }

    /// Tells about a link. In a namespace that is being deleted the account hears it instead.
    pub fn tell(&self, link: &ClassicLink, notice: Notice) {
        let instead = account(&link.spec.account_ref.name);
        let told = Told { about: link.object_ref(&()), instead, notice };
        if let Err(error) = self.0.try_send(told) {
            tracing::warn!("an Event was dropped: {error}");
        }
    }

    /// Tells the account of this name about one of its links.
    pub fn tell_account(&self, name: &str, notice: Notice) {
        let about = account(name);
        if let Err(error) = self.0.try_send(Told { instead: about.clone(), about, notice }) {
            tracing::warn!("an Event was dropped: {error}");
        }
    }
}

fn account(name: &str) -> ObjectReference {
    ObjectReference {
        api_version: Some(CloudAccount::api_version(&()).into()),
        kind: Some(CloudAccount::kind(&()).into()),
        name: Some(name.to_owned()),
        ..ObjectReference::default()
    }
}

async fn send(recorder: Recorder, mut queue: mpsc::Receiver<Told>, stop: CancellationToken) {
    loop {
        let told = tokio::select! {
            told = queue.recv() => told,
            // What is queued by then is still sent.
            () = stop.cancelled() => queue.try_recv().ok(),
        };
        let Some(Told { about, instead, notice }) = told else { return };
        let event = event(&notice);
        if let Err(error) = publish(&recorder, &event, &about).await {
            tracing::debug!(reason = notice.reason.as_str(), "the account hears an Event instead: {error}");
            if let Err(error) = publish(&recorder, &event, &instead).await {
                tracing::warn!(reason = notice.reason.as_str(), "an Event was not taken: {error}");
            }
        }
    }
}

async fn publish(recorder: &Recorder, event: &Event, about: &ObjectReference) -> Result<(), String> {
    let sent = tokio::time::timeout(CALL, recorder.publish(event, about)).await;
    sent.map_err(|_| "timed out".to_owned())?.map_err(|error| error.to_string())
}

fn event(notice: &Notice) -> Event {
    Event {
        type_: if is_warning(notice.reason) { EventType::Warning } else { EventType::Normal },
        reason: notice.reason.to_string(),
        note: Some(notice.message.clone()),
        action: notice.reason.to_string(),
        secondary: None,
    }
}

const fn is_warning(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::LinkLost
            | Reason::PrivateIpChanged
            | Reason::AddressRules
            | Reason::InstanceReturned
            | Reason::LeftInPlace
            | Reason::ForceReleased
    )
}
