//! Keys in use and their keeper, in paused time, against a token service that does as it is told.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio::task::JoinHandle;

use super::*;
use crate::{
    cloud::{
        CloudError,
        credentials::{Keeper, Origin, Role, Source, Tokens, WebIdentity},
    },
    link::Tempo,
};

const HOUR: Duration = Duration::from_hours(1);

/// A token service: keys numbered in the order of asking, good for an hour, renewed after half of it.
#[derive(Default)]
struct Fake {
    /// How often keys were asked for, and how many of these calls run now and at most.
    fetches: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
    asked: AtomicUsize,
    /// How long a fetch takes, in seconds.
    slow: AtomicU64,
    fault: Mutex<Option<Kind>>,
    silent: Mutex<Option<Kind>>,
    account: Mutex<String>,
}

impl Fake {
    fn fails(&self, kind: Option<Kind>) {
        *self.fault.lock().unwrap() = kind;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn lease(&self) -> Lease {
        let id = format!("canary-{}", self.fetches());
        let keys = Credentials::new(id, "canary-secret".into(), Some("canary-token".into()));
        Lease { keys, life: HOUR, renew: HOUR / 2 }
    }
}

fn fault(kind: Kind) -> CloudError {
    CloudError { kind, action: "AssumeRole", code: "Code".into(), message: "no".into(), request_id: None }
}

#[async_trait]
impl Tokens for Fake {
    async fn identity(&self, _: &Credentials) -> Result<String, CloudError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let silent = *self.silent.lock().unwrap();
        silent.map_or_else(|| Ok(self.account.lock().unwrap().clone()), |kind| Err(fault(kind)))
    }

    async fn assume(&self, _: &Credentials, _: &Role) -> Result<Lease, CloudError> {
        Ok(self.lease())
    }

    async fn exchange(&self, _: &WebIdentity) -> Result<Lease, Problem> {
        self.of_node(None).await.map_err(Problem::Cloud)
    }

    async fn of_node(&self, _: Option<&str>) -> Result<Lease, CloudError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        clock::sleep(Duration::from_secs(self.slow.load(Ordering::SeqCst))).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        let fails = *self.fault.lock().unwrap();
        fails.map_or_else(|| Ok(self.lease()), |kind| Err(fault(kind)))
    }
}

struct Scene {
    fake: Arc<Fake>,
    ring: Arc<Keyring>,
    census: Arc<Mutex<Census>>,
    told: Arc<AtomicUsize>,
    keeper: JoinHandle<()>,
}

impl Scene {
    /// Another keeper, for the next term; the former one goes on too.
    fn followed_by(&self, source: Source, term: Term) -> JoinHandle<()> {
        tokio::spawn(keeper(&self.ring, term, source, &self.fake, &self.told).keep())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

fn node() -> Source {
    Source { origin: Origin::Node(None), assume: None }
}

/// Keys from `source`; the token service fails with `fault` from the start.
fn scene(source: Source, fault: Option<Kind>) -> Scene {
    let (fake, census) = (Arc::new(Fake::default()), Arc::<Mutex<Census>>::default());
    "100000000001".clone_into(&mut fake.account.lock().unwrap());
    fake.fails(fault);
    let ring = Arc::new(Keyring::new(Arc::clone(&census)));
    let term = ring.begin(source.is_fetched(), true);
    let told = Arc::<AtomicUsize>::default();
    let keeper = tokio::spawn(keeper(&ring, term, source, &fake, &told).keep());
    Scene { fake, ring, census, told, keeper }
}

fn keeper(ring: &Arc<Keyring>, term: Term, source: Source, fake: &Arc<Fake>, told: &Arc<AtomicUsize>) -> Keeper {
    let (ring, count, tokens) = (Arc::clone(ring), Arc::clone(told), Arc::clone(fake));
    let tempo = Tempo::new(1.0, Duration::from_mins(1));
    let tell = Box::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    Keeper { ring, term, source, tokens, asks: true, tempo, tell }
}

async fn after(duration: Duration) {
    clock::sleep(duration).await;
}

async fn moment() {
    after(Duration::from_millis(1)).await;
}

fn identity(scene: &Scene) -> Option<String> {
    scene.census.lock().unwrap().whose.known().and_then(|known| known.text().map(ToOwned::to_owned))
}

fn from_secret(id: &str) -> Credentials {
    Credentials::new(id.into(), "canary-secret".into(), None)
}

#[tokio::test(start_paused = true)]
async fn a_look_waits_for_the_first_keys_and_a_change_does_not() {
    let scene = scene(node(), None);
    scene.fake.slow.store(3, Ordering::SeqCst);
    assert!(scene.ring.is_settling());
    let (kind, _) = scene.ring.for_call(true).await.unwrap_err();
    assert_eq!(kind, Kind::KeyDenied, "it surely did not happen");
    let begun = clock::instant();
    assert_eq!(scene.ring.for_call(false).await.unwrap().id(), "canary-1");
    assert!(begun.elapsed() >= Duration::from_secs(3));
    assert!(!scene.ring.is_settling() && scene.ring.problem().is_none());
    assert_eq!(identity(&scene).as_deref(), Some("100000000001"));
}

#[tokio::test(start_paused = true)]
async fn a_look_waits_no_longer_than_a_call_may_take() {
    let scene = scene(node(), None);
    scene.fake.slow.store(3600, Ordering::SeqCst);
    let begun = clock::instant();
    let (kind, text) = scene.ring.for_call(false).await.unwrap_err();
    assert_eq!((kind, text.as_str()), (Kind::Transient, "the keys are being fetched"));
    assert!(begun.elapsed() <= CALL_DEADLINE + Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn many_calls_at_once_cause_one_fetch() {
    let scene = scene(node(), None);
    scene.fake.slow.store(2, Ordering::SeqCst);
    let calls = (0..50).map(|_| scene.ring.for_call(false));
    let keys = futures::future::join_all(calls).await;
    assert!(keys.iter().all(|keys| keys.as_ref().unwrap().id() == "canary-1"));
    assert_eq!((scene.fake.fetches(), scene.fake.most.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn keys_are_renewed_in_time_and_nobody_is_told_of_it() {
    let scene = scene(node(), None);
    moment().await;
    let (told, first) = (scene.told.load(Ordering::SeqCst), scene.ring.current().unwrap());
    assert!(scene.ring.take_news() && scene.census.lock().unwrap().whose.take_news());
    after(HOUR / 2).await;
    let second = scene.ring.current().unwrap();
    assert_ne!(first.id(), second.id());
    assert!(scene.census.lock().unwrap().whose.is_settled(), "asked whose they are before they are used");
    assert_eq!(scene.told.load(Ordering::SeqCst), told);
    for _ in 0..100 {
        after(HOUR / 4).await;
        assert!(scene.ring.problem().is_none());
    }
    assert_eq!(scene.fake.most.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_leaves_the_keys_until_they_end_and_then_says_why() {
    let scene = scene(node(), None);
    moment().await;
    scene.fake.fails(Some(Kind::PermissionDenied));
    after(HOUR.saturating_sub(Duration::from_secs(1))).await;
    assert!(scene.fake.fetches() > 3, "it is tried again and again");
    assert_eq!((scene.ring.problem(), scene.ring.current().unwrap().id()), (None, "canary-1"));
    let told = scene.told.load(Ordering::SeqCst);
    after(Duration::from_secs(2)).await;
    assert_eq!(scene.ring.problem().unwrap().reason(), crate::api::Reason::PermissionDenied);
    assert!(scene.ring.current().is_none());
    assert!(scene.told.load(Ordering::SeqCst) > told, "the account is told when they end");
    let (kind, _) = scene.ring.for_call(false).await.unwrap_err();
    assert_eq!(kind, Kind::PermissionDenied);
    scene.fake.fails(None);
    after(Duration::from_mins(6)).await;
    assert!(scene.ring.problem().is_none() && scene.ring.take_news());
}

#[tokio::test(start_paused = true)]
async fn a_failing_fetch_is_tried_again_ever_more_slowly() {
    let scene = scene(node(), Some(Kind::Transient));
    after(Duration::from_secs(4)).await;
    assert_eq!(scene.fake.fetches(), 1);
    assert_eq!(scene.ring.problem().unwrap().reason(), crate::api::Reason::ProviderUnavailable);
    assert!(!scene.ring.is_settling(), "that is something to say");
    after(HOUR).await;
    assert!((10..=20).contains(&scene.fake.fetches()), "{}", scene.fake.fetches());
}

#[tokio::test(start_paused = true)]
async fn the_first_fetch_that_fails_is_told_once_although_the_word_for_it_is_the_same() {
    let scene = scene(node(), Some(Kind::Transient));
    let before = scene.ring.problem().unwrap().reason();
    moment().await;
    assert_eq!(scene.ring.problem().unwrap().reason(), before);
    assert_eq!(scene.told.load(Ordering::SeqCst), 1, "links that said nothing so far are woken");
    assert!(scene.ring.take_news());
    after(HOUR).await;
    assert!(scene.fake.fetches() > 3 && scene.told.load(Ordering::SeqCst) == 1);
    scene.fake.fails(None);
    after(Duration::from_mins(6)).await;
    assert_eq!(scene.told.load(Ordering::SeqCst), 2, "and when keys came");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_causes_one_renewal_and_no_second_within_a_minute() {
    let scene = scene(node(), None);
    moment().await;
    for expected in ["canary-2", "canary-2", "canary-2"] {
        scene.ring.doubt(&scene.ring.current().unwrap());
        after(Duration::from_secs(1)).await;
        assert_eq!(scene.ring.current().unwrap().id(), expected);
    }
    let old = scene.ring.current().unwrap();
    after(Duration::from_mins(1)).await;
    scene.ring.doubt(&old);
    moment().await;
    assert_eq!(scene.ring.current().unwrap().id(), "canary-3");
    after(Duration::from_mins(2)).await;
    scene.ring.doubt(&old);
    moment().await;
    assert_eq!(scene.ring.current().unwrap().id(), "canary-3", "a word about former keys is none about these");
}

#[tokio::test(start_paused = true)]
async fn the_next_call_uses_the_new_keys_of_a_secret_while_the_cloud_is_asked_whose_they_are() {
    let secret = Source { origin: Origin::Secret, assume: None };
    let scene = scene(secret, None);
    assert!(scene.ring.put(Ok(from_secret("canary-a"))));
    assert_eq!(scene.ring.for_call(true).await.unwrap().id(), "canary-a");
    assert!(scene.ring.is_settling(), "nothing is decided before");
    moment().await;
    assert!(!scene.ring.is_settling());
    assert_eq!(identity(&scene).as_deref(), Some("100000000001"));
    assert!(scene.ring.put(Ok(from_secret("canary-b"))));
    assert!(!scene.census.lock().unwrap().whose.is_settled());
    moment().await;
    assert!(scene.census.lock().unwrap().whose.is_settled());
    assert_eq!(scene.fake.asked.load(Ordering::SeqCst), 2, "once for each set of keys");
    assert!(!scene.ring.put(Ok(from_secret("canary-b"))));
    after(HOUR).await;
    assert_eq!(scene.fake.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn the_key_stands_in_where_the_cloud_does_not_tell_and_one_that_was_away_is_asked_again() {
    let secret = Source { origin: Origin::Secret, assume: None };
    for (kind, asked_again) in [(Kind::PermissionDenied, false), (Kind::Transient, true)] {
        let scene = scene(secret.clone(), None);
        *scene.fake.silent.lock().unwrap() = Some(kind);
        scene.ring.put(Ok(from_secret("canary-a")));
        moment().await;
        assert!(!scene.ring.is_settling());
        let stand_in = identity(&scene).unwrap();
        assert!(stand_in.starts_with(crate::link::STAND_IN) && !stand_in.contains("canary"), "{stand_in}");
        *scene.fake.silent.lock().unwrap() = None;
        after(Duration::from_secs(10)).await;
        assert_eq!(identity(&scene).as_deref() == Some("100000000001"), asked_again, "{kind:?}");
    }
}

/// A keeper that never waits would stop paused time, and with it this test: the clock outside tells.
#[test]
fn whose_keys_are_that_ended_is_not_asked_again_and_again() {
    let (said, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let scene = scene(node(), None);
            *scene.fake.silent.lock().unwrap() = Some(Kind::Transient);
            moment().await;
            scene.fake.fails(Some(Kind::Transient));
            after(HOUR * 2).await;
            assert!(scene.ring.current().is_none());
            scene.fake.fails(None);
            after(HOUR).await;
            said.send(scene.ring.current().is_some()).unwrap();
        });
    });
    assert_eq!(heard.recv_timeout(Duration::from_mins(1)), Ok(true));
}

#[tokio::test(start_paused = true)]
async fn keys_of_another_account_are_doubted_before_the_first_call_can_use_them() {
    let scene = scene(node(), None);
    moment().await;
    "100000000002".clone_into(&mut scene.fake.account.lock().unwrap());
    after(HOUR / 2).await;
    let mut census = scene.census.lock().unwrap();
    assert!(!census.whose.is_settled() && !census.whose.believes(clock::now()));
    census.whose.expects(BTreeSet::new, clock::now());
    assert!(census.whose.is_settled());
}

#[tokio::test(start_paused = true)]
async fn a_role_is_taken_on_with_the_keys_of_the_secret_and_anew_when_they_change() {
    let role = Role { arn: "role".into(), session: "links".into() };
    let scene = scene(Source { origin: Origin::Secret, assume: Some(role) }, None);
    moment().await;
    assert_eq!(scene.ring.problem(), Some(Problem::Missing));
    scene.ring.put(Ok(from_secret("canary-a")));
    assert_eq!(scene.ring.problem(), Some(Problem::Fetching), "the Secret is there by now");
    moment().await;
    let first = scene.ring.current().unwrap();
    assert_eq!((scene.ring.problem(), first.token()), (None, Some("canary-token")));
    scene.ring.put(Ok(from_secret("canary-b")));
    moment().await;
    assert!(!Arc::ptr_eq(&first, &scene.ring.current().unwrap()));
    scene.ring.put(Err(Problem::Missing));
    assert_eq!(scene.ring.problem(), Some(Problem::Missing));
    assert!(scene.ring.current().is_some(), "the last good keys serve");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_changes_during_a_fetch_causes_another() {
    let scene = scene(node(), None);
    scene.fake.slow.store(5, Ordering::SeqCst);
    moment().await;
    scene.ring.put(Ok(from_secret("canary-a")));
    after(Duration::from_secs(11)).await;
    assert_eq!((scene.fake.fetches(), scene.fake.most.load(Ordering::SeqCst)), (2, 1));
    after(Duration::from_mins(1)).await;
    assert_eq!(scene.fake.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_ended_with_its_keeper_is_begun_again_by_the_next() {
    let scene = scene(node(), None);
    moment().await;
    scene.fake.slow.store(5, Ordering::SeqCst);
    scene.ring.put(Ok(from_secret("canary-a")));
    moment().await;
    assert_eq!(scene.fake.fetches(), 2, "under way");
    let next = scene.followed_by(node(), scene.ring.go_on());
    scene.keeper.abort();
    after(Duration::from_secs(6)).await;
    assert_eq!(scene.ring.current().unwrap().id(), "canary-3");
    after(Duration::from_mins(1)).await;
    assert_eq!(scene.fake.fetches(), 3, "once");
    next.abort();
}

#[tokio::test(start_paused = true)]
async fn what_a_former_keeper_brings_is_not_used_and_the_next_fetches_at_once() {
    for fault in [None, Some(Kind::PermissionDenied)] {
        let scene = scene(node(), fault);
        scene.fake.slow.store(5, Ordering::SeqCst);
        moment().await;
        let term = scene.ring.begin(true, true);
        after(Duration::from_secs(6)).await;
        assert!(scene.ring.is_settling() && scene.ring.current().is_none(), "{fault:?}");
        scene.fake.fails(None);
        let next = scene.followed_by(node(), term);
        after(Duration::from_secs(6)).await;
        assert_eq!(scene.ring.current().unwrap().id(), "canary-2");
        next.abort();
    }
}

#[test]
fn whose_keys_are_is_asked_anew_although_a_former_keeper_was_told() {
    let ring = Keyring::default();
    let former = ring.begin(false, true);
    ring.put(Ok(from_secret("canary-a")));
    let asked = ring.to_ask().unwrap();
    let present = ring.begin(false, true);
    ring.told(former, &asked, Some("100000000001".into()));
    assert!(ring.to_ask().is_some(), "it may have asked elsewhere");
    ring.told(present, &asked, Some("100000000002".into()));
    assert!(ring.to_ask().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_former_keeper_does_not_take_on_what_is_wanted_of_the_present_one() {
    let scene = scene(node(), None);
    moment().await;
    scene.keeper.abort();
    let former = scene.ring.begin(true, true);
    let present = scene.ring.go_on();
    scene.ring.bring(present, scene.fake.lease(), None);
    scene.ring.put(Ok(from_secret("canary-a")));
    let wanted = || scene.ring.fetch_at(None) == Some(clock::instant());
    let _ = scene.ring.fetching(former);
    assert!(wanted());
    let _ = scene.ring.fetching(present);
    assert!(!wanted());
}

#[tokio::test(start_paused = true)]
async fn a_former_keeper_that_is_woken_wakes_the_present_one() {
    let scene = scene(node(), None);
    moment().await;
    let next = scene.followed_by(node(), scene.ring.go_on());
    moment().await;
    scene.ring.doubt(&scene.ring.current().unwrap());
    moment().await;
    assert!(scene.keeper.is_finished());
    assert_eq!((scene.ring.current().unwrap().id(), scene.fake.fetches()), ("canary-2", 2));
    next.abort();
}

#[tokio::test(start_paused = true)]
async fn nothing_prints_a_fetched_key() {
    let scene = scene(node(), None);
    moment().await;
    let keys = scene.ring.current().unwrap();
    let text = format!("{:?} {keys:?} {:?} {:?}", scene.ring, scene.fake.lease(), scene.ring.problem());
    assert!(!text.contains("canary"), "{text}");
}
