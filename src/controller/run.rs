//! The wiring: watches to reconciles, wakes to the queue, and the order of stopping.

use std::{future::ready, sync::Arc, time::Duration};

use futures::{Stream, StreamExt, stream};
use kube::{
    Client, ResourceExt,
    runtime::{
        controller::{Action, Config as ControllerConfig, Controller},
        reflector::{self, ObjectRef},
        watcher,
    },
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Context, Error, Settings, account,
    accounts::Accounts,
    caches::Caches,
    claims::{Claimant, Claims},
    events::Events,
    listing::Ripple,
    reconcile,
    status::Written,
    vanished,
    watches::{self, reference},
};
use crate::{
    api::{ClassicLink, CloudAccount},
    clock,
    cloud::{
        broker::{Owner, Wake},
        credentials::Ambient,
        http,
    },
    config::Config,
    health::Health,
    link::{InstanceId, Record, Region},
    metrics::{KindLabel, Metrics},
};

/// How many links are decided on at once. A decision waits for the API server at most; more would only be a longer queue
/// there.
const CONCURRENCY: u16 = 64;
/// How long running reconciles and calls may take to end: below the 30 s that Kubernetes gives a pod.
const DRAIN: Duration = Duration::from_secs(20);

/// How far apart two beats of the pulse are.
const PULSE: Duration = Duration::from_secs(10);

/// The receiving ends of the wakes.
pub(super) struct Wakes {
    objects: mpsc::UnboundedReceiver<Owner>,
    accounts: mpsc::UnboundedReceiver<String>,
}

/// Runs the controllers until `stop` is cancelled and what is under way has ended.
///
/// # Errors
/// The HTTP client of the clouds cannot be made.
pub async fn run(
    client: Client,
    config: &Config,
    metrics: Metrics,
    health: Health,
    stop: CancellationToken,
) -> Result<(), http::Unusable> {
    let (settings, wakes) = settings(config, metrics, &stop)?;
    let claims = Arc::new(Claims::default());
    let (events, sending) = Events::start(client.clone(), stop.clone());
    let (ripples, heard) = mpsc::unbounded_channel();
    let (accounts_gone, gone) = mpsc::unbounded_channel::<(String, String)>();
    let (link_store, link_writer) = reflector::store();
    let written = Arc::new(Written::beside(link_store.clone()));
    let ripple = move |ripple| drop(ripples.send(ripple));
    let links = watches::links(&client, Arc::clone(&claims), Arc::clone(&written), link_writer, ripple);
    let (accounts, account_store, accounts_listed) =
        watches::accounts(&client, move |name, uid| drop(accounts_gone.send((name, uid))));
    let (namespaces, namespace_store, namespaces_listed) = watches::namespaces(&client);
    let caches =
        Caches { accounts: account_store.clone(), namespaces: namespace_store, accounts_listed, namespaces_listed };
    let context = Arc::new(Context {
        client: client.clone(),
        settings: settings.clone(),
        caches,
        accounts: Accounts::default(),
        claims,
        written,
        backoff: super::Backoff::default(),
        checks: super::Checks::default(),
        events,
    });
    let secrets = watches::secrets(&client, &settings.namespace);
    let side = [
        tokio::spawn(ready_when_listed(Arc::clone(&context), health.clone())),
        tokio::spawn(keep_pulse(Arc::clone(&context), health)),
        tokio::spawn(watch_namespaces(namespaces, Arc::clone(&context))),
        tokio::spawn(carry_ripples(heard, Arc::clone(&context))),
        tokio::spawn(accounts_went(gone, Arc::clone(&context))),
    ];
    let telling = tokio::spawn(sending);
    let link_wakes =
        stream::unfold(wakes.objects, |mut wakes| async { wakes.recv().await.map(|owner| (reference(&owner), wakes)) });
    let account_wakes = account_wakes(wakes.accounts, secrets, &context);
    tokio::join!(
        drive_links(Controller::for_stream(links, link_store), link_wakes, &context, &stop),
        drive_accounts(Controller::for_stream(accounts, account_store), account_wakes, &context, &stop),
    );
    side.iter().for_each(tokio::task::JoinHandle::abort);
    settings.tasks.close();
    let _ = tokio::time::timeout(DRAIN, settings.tasks.wait()).await;
    let _ = tokio::time::timeout(Duration::from_secs(2), telling).await;
    Ok(())
}

pub(super) fn settings(
    config: &Config,
    metrics: Metrics,
    stop: &CancellationToken,
) -> Result<(Settings, Wakes), http::Unusable> {
    let (objects, objects_woken) = mpsc::unbounded_channel();
    let (account, accounts_woken) = mpsc::unbounded_channel();
    let settings = Settings {
        namespace: config.namespace.clone(),
        allow_insecure_endpoints: config.allow_insecure_endpoints,
        time_scale: config.time_scale,
        metrics,
        http: http::Client::new()?,
        ambient: Ambient::from_env(),
        wake: Wake { objects, account, name: String::new(), census: Arc::default() },
        stop: stop.clone(),
        tasks: TaskTracker::new(),
    };
    Ok((settings, Wakes { objects: objects_woken, accounts: accounts_woken }))
}

async fn drive_links(
    controller: Controller<ClassicLink>,
    wakes: impl Stream<Item = ObjectRef<ClassicLink>> + Send + 'static,
    context: &Arc<Context>,
    stop: &CancellationToken,
) {
    controller
        .with_config(ControllerConfig::default().concurrency(CONCURRENCY))
        .reconcile_on(wakes)
        .graceful_shutdown_on(stop.clone().cancelled_owned())
        .run(reconcile::reconcile, reconcile::on_error, Arc::clone(context))
        .for_each(|result| {
            if let Err(error) = result {
                tracing::debug!("{}", super::chain(&error));
            }
            ready(())
        })
        .await;
}

async fn drive_accounts(
    controller: Controller<CloudAccount>,
    wakes: impl Stream<Item = ObjectRef<CloudAccount>> + Send + 'static,
    context: &Arc<Context>,
    stop: &CancellationToken,
) {
    controller
        .reconcile_on(wakes)
        .graceful_shutdown_on(stop.clone().cancelled_owned())
        .run(reconcile_account, account_failed, Arc::clone(context))
        .for_each(|_| ready(()))
        .await;
}

async fn reconcile_account(object: Arc<CloudAccount>, context: Arc<Context>) -> Result<Action, Error> {
    context.settings.metrics.reconciles.get_or_create(&KindLabel { kind: "CloudAccount" }).inc();
    context.listed().await;
    account::reconcile(object, context).await
}

#[expect(clippy::needless_pass_by_value, reason = "the runtime's signature")]
fn account_failed(object: Arc<CloudAccount>, error: &Error, _: Arc<Context>) -> Action {
    if error.is_conflict() {
        return Action::requeue(Duration::from_millis(50));
    }
    tracing::warn!(account = object.name_any(), error = super::chain(error), "reconcile failed");
    Action::requeue(Duration::from_secs(5))
}

/// Accounts that have to be looked at again: their brokers say so, or a Secret changed that they name.
fn account_wakes(
    named: mpsc::UnboundedReceiver<String>,
    secrets: impl Stream<Item = String> + Send + 'static,
    context: &Arc<Context>,
) -> impl Stream<Item = ObjectRef<CloudAccount>> + Send + 'static {
    let named = stream::unfold(named, |mut named| async { named.recv().await.map(|name| (name, named)) });
    let accounts = context.caches.accounts.clone();
    let by_secret = secrets.flat_map(move |secret| {
        let users = accounts.state_filter(|account| {
            account.spec.credentials.secret_ref.as_ref().is_some_and(|named| named.name == secret)
        });
        stream::iter(users.into_iter().map(|account| account.name_any()).collect::<Vec<_>>())
    });
    stream::select(named, by_secret).map(|name| ObjectRef::new(&name))
}

async fn ready_when_listed(context: Arc<Context>, health: Health) {
    context.listed().await;
    health.set_ready(true);
    tracing::info!("everything is listed; deciding begins");
}

/// Shows again and again that the locks can be had which every decision takes. They are waited for on a thread of their
/// own: one that is never had stops this, and nothing else.
async fn keep_pulse(context: Arc<Context>, health: Health) {
    loop {
        let context = Arc::clone(&context);
        let taken = tokio::task::spawn_blocking(move || {
            let known = context.accounts.all().iter().filter(|account| account.known().is_some()).count();
            (known, context.claims.knows(""))
        });
        if taken.await.is_ok() {
            health.beat();
        }
        clock::sleep(PULSE).await;
    }
}

/// The labels of a namespace changed: its links may be allowed now, or no more.
async fn watch_namespaces<K: ResourceExt>(
    namespaces: impl Stream<Item = Result<K, watcher::Error>> + Send,
    context: Arc<Context>,
) {
    let mut namespaces = std::pin::pin!(namespaces);
    while let Some(namespace) = namespaces.next().await {
        match namespace {
            Ok(namespace) => {
                let links = context.claims.of_namespace(&namespace.name_any());
                let peers: Vec<Owner> = links.iter().flat_map(|link| context.claims.peers(&link.uid)).collect();
                context.wake(links.into_iter().chain(peers));
            }
            Err(error) => tracing::warn!("namespaces cannot be watched: {error}"),
        }
    }
}

/// A link that changed its standing, or went, concerns those that name the same machine.
async fn carry_ripples(mut heard: mpsc::UnboundedReceiver<Ripple>, context: Arc<Context>) {
    while let Some(ripple) = heard.recv().await {
        match ripple {
            Ripple::Wake(account, owners) => context.stirred(&account, owners),
            Ripple::Gone(gone) if gone.vanished => {
                let (context, stop) = (Arc::clone(&context), context.settings.stop.clone());
                let settled = async move {
                    let record = vanished::follow(&gone, &context).await;
                    forget(&context, &gone, &record);
                };
                tokio::spawn(stop.run_until_cancelled_owned(settled));
            }
            Ripple::Gone(gone) => forget(&context, &gone, &gone.record),
        }
    }
}

/// An object went, with this on record, and nothing of it is under way.
fn forget(context: &Context, gone: &Claimant, record: &Record) {
    vanished::tell(gone, record, context);
    context.claims.remove(gone);
    context.forget(&gone.owner.uid);
    let (region, instance) = &gone.machine;
    if let (Ok(region), Ok(instance)) = (Region::new(region), InstanceId::new(instance))
        && let Some(account) = context.accounts.get(&gone.account)
    {
        account.forget(&region, &instance, &gone.owner.uid);
    }
    context.wake(context.claims.of_machine(&gone.machine));
    // The last holder of an account that is being deleted lets it go.
    let _ = context.settings.wake.account.send(gone.account.clone());
}

async fn accounts_went(mut gone: mpsc::UnboundedReceiver<(String, String)>, context: Arc<Context>) {
    while let Some((name, uid)) = gone.recv().await {
        context.accounts.remove(&name, &uid);
        context.wake(context.claims.around_account(&name));
    }
}
