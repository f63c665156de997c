//! The operator is killed at every moment that matters, and started again: the end is the same, and no change is sent
//! twice while one may still be under way.

use std::time::Duration;

use classiclink::api::{ClassicLink, FINALIZER, Operation};
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::harness::{
    World,
    cloud::{Action, Change, CloudApi, Moment},
    operator::QUICK,
    read::TellsOfLink,
    story,
    wait::{eventually, pass},
};

/// Longer than a test needs to see a call in flight and to kill its sender. Shorter than the 10 s after which a call is
/// given up; what it asks for has ended before its fate is no longer waited for, after 2 + 15 s.
const IN_FLIGHT: Duration = Duration::from_secs(8);

/// A world with an operator of its own, and a link to be.
struct Scene {
    world: World,
    machine: String,
    vpc: String,
    link: ClassicLink,
}

impl Scene {
    async fn set(name: &str) -> Self {
        Self::set_on(CloudApi::V2, name).await
    }

    async fn set_on(api: CloudApi, name: &str) -> Self {
        let world = World::alone_on(api, name, QUICK).await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        Self { world, machine, vpc, link }
    }

    async fn linked(name: &str) -> Self {
        Self::linked_on(CloudApi::V2, name).await
    }

    async fn linked_on(api: CloudApi, name: &str) -> Self {
        let scene = Self::set_on(api, name).await;
        scene.world.apply(&scene.link).await;
        scene.world.until_ready(&scene.link).await;
        scene
    }

    /// The object as the operator left it.
    async fn kill(&mut self) -> ClassicLink {
        self.world.kill_operator();
        self.world.read(&self.link).await.unwrap()
    }

    async fn start_again(&mut self) {
        self.world.cloud.clear_faults().await;
        self.world.start_operator().await;
    }

    /// It is linked, by exactly this many calls that were carried out.
    async fn ends_linked(&self, changes: &[Change]) {
        self.world.until_ready(&self.link).await;
        assert_eq!(self.world.cloud.linked(&self.machine).await.as_ref(), Some(&self.vpc));
        self.ends_with(changes).await;
    }

    /// It is gone, by exactly these calls that were carried out.
    async fn ends_gone(&self, changes: &[Change]) {
        self.world.until_gone(&self.link).await;
        assert_eq!(self.world.cloud.linked(&self.machine).await, None);
        self.ends_with(changes).await;
    }

    async fn ends_with(&self, changes: &[Change]) {
        assert_eq!(self.world.cloud.done_for(&self.machine).await, changes);
        assert_eq!(self.world.cloud.sent_for(&self.machine).await.len(), changes.len());
        assert_eq!(self.world.cloud.overlaps().await, 0);
    }
}

#[test]
fn killed_before_the_intent_it_attaches_once() {
    story(async {
        let mut scene = Scene::set("before").await;
        scene.world.cloud.delay(Action::ListLinks, IN_FLIGHT, Moment::Before).await;
        scene.world.apply(&scene.link).await;
        scene.world.cloud.until_arrived(Action::ListLinks, 1).await;

        let left = scene.kill().await;
        assert_eq!(left.task(), None);

        scene.start_again().await;
        scene.ends_linked(&[Change::Attach]).await;
    });
}

#[test]
fn killed_after_the_intent_and_before_the_call_it_attaches_once_that_is_certain() {
    story(async {
        let mut scene = Scene::set("unsent").await;
        scene.world.kill_operator();
        scene.world.apply(&scene.link).await;
        write_intent(&scene).await;

        scene.start_again().await;
        scene.ends_linked(&[Change::Attach]).await;
    });
}

/// The object as an operator leaves it that was killed between the write of the intent and the call.
async fn write_intent(scene: &Scene) {
    let links = scene.world.links_of(&scene.link);
    let finalizer = json!({ "metadata": { "finalizers": [FINALIZER] } });
    let intent = json!({ "status": { "task": {
        "operation": "Attach",
        "vpcId": scene.vpc,
        "privateIp": "10.66.0.7",
        "startedAt": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
    } } });
    links.patch("web", &PatchParams::default(), &Patch::Merge(finalizer)).await.unwrap();
    links.patch_status("web", &PatchParams::default(), &Patch::Merge(intent)).await.unwrap();
}

#[test]
fn killed_while_the_call_is_on_its_way_it_attaches_once() {
    story(async {
        let mut scene = Scene::set("on-its-way").await;
        scene.world.cloud.delay(Action::Attach, IN_FLIGHT, Moment::Before).await;
        scene.world.apply(&scene.link).await;
        scene.world.cloud.until_arrived(Action::Attach, 1).await;

        let left = scene.kill().await;
        assert!(left.has_begun(Operation::Attach, false), "{:?}", left.status);

        scene.start_again().await;
        scene.ends_linked(&[Change::Attach]).await;
    });
}

#[test]
fn killed_while_the_answer_is_on_its_way_it_finds_what_it_did() {
    killed_while_the_answer_is_on_its_way(CloudApi::V2, "no-answer");
}

#[test]
fn killed_while_the_answer_is_on_its_way_it_finds_what_it_did_where_nothing_is_a_task() {
    killed_while_the_answer_is_on_its_way(CloudApi::Alibaba, "no-answer-alibaba");
}

fn killed_while_the_answer_is_on_its_way(api: CloudApi, name: &str) {
    story(async {
        let mut scene = Scene::set_on(api, name).await;
        scene.world.cloud.delay(Action::Attach, IN_FLIGHT, Moment::After).await;
        scene.world.apply(&scene.link).await;
        scene.world.cloud.until_arrived(Action::Attach, 1).await;

        let left = scene.kill().await;
        assert!(left.has_begun(Operation::Attach, false), "{:?}", left.status);

        scene.start_again().await;
        scene.ends_linked(&[Change::Attach]).await;
    });
}

#[test]
fn killed_between_the_answer_and_the_write_of_it_it_finds_what_it_did() {
    killed_between_the_answer_and_the_write_of_it(CloudApi::V2, "answered");
}

#[test]
fn killed_between_the_answer_and_the_write_of_it_it_finds_what_it_did_where_nothing_is_a_task() {
    killed_between_the_answer_and_the_write_of_it(CloudApi::Alibaba, "answered-alibaba");
}

fn killed_between_the_answer_and_the_write_of_it(api: CloudApi, name: &str) {
    story(async {
        let mut scene = Scene::set_on(api, name).await;
        scene.world.cloud.delay(Action::Attach, Duration::from_secs(5), Moment::After).await;
        scene.world.apply(&scene.link).await;
        scene.world.cloud.until_arrived(Action::Attach, 1).await;
        // Its time stops here: the answer arrives, and nothing is made of it.
        scene.world.operator().freeze();
        scene.world.cloud.until_answered(Action::Attach).await;

        let left = scene.kill().await;
        assert!(left.has_begun(Operation::Attach, false), "{:?}", left.status);

        scene.start_again().await;
        scene.ends_linked(&[Change::Attach]).await;
    });
}

#[test]
fn killed_while_its_task_runs_it_goes_on_to_follow_it() {
    story(async {
        let mut scene = Scene::set("running").await;
        scene.world.cloud.time(json!({ "taskDurationMs": 10_000 })).await;
        scene.world.apply(&scene.link).await;
        scene.world.until(&scene.link, "a task", |link| link.has_begun(Operation::Attach, true)).await;

        scene.kill().await;
        assert_eq!(scene.world.cloud.linked(&scene.machine).await, None, "the task was to be still running");

        scene.start_again().await;
        scene.ends_linked(&[Change::Attach]).await;
    });
}

#[test]
fn killed_while_the_answer_to_a_detach_is_on_its_way_it_finds_the_link_gone() {
    killed_while_the_answer_to_a_detach_is_on_its_way(CloudApi::V2, "detach-sent");
}

#[test]
fn killed_while_the_answer_to_a_detach_is_on_its_way_it_finds_the_link_gone_where_nothing_is_a_task() {
    killed_while_the_answer_to_a_detach_is_on_its_way(CloudApi::Alibaba, "detach-sent-alibaba");
}

fn killed_while_the_answer_to_a_detach_is_on_its_way(api: CloudApi, name: &str) {
    story(async {
        let mut scene = Scene::linked_on(api, name).await;
        scene.world.cloud.delay(Action::Detach, IN_FLIGHT, Moment::After).await;
        scene.world.delete(&scene.link).await;
        scene.world.cloud.until_arrived(Action::Detach, 1).await;

        let left = scene.kill().await;
        assert!(left.has_begun(Operation::Detach, false), "{:?}", left.status);

        scene.start_again().await;
        scene.ends_gone(&[Change::Attach, Change::Detach]).await;
    });
}

#[test]
fn killed_while_a_detach_runs_it_waits_for_its_end() {
    story(async {
        let mut scene = Scene::linked("detach-runs").await;
        scene.world.cloud.time(json!({ "taskDurationMs": 10_000 })).await;
        scene.world.delete(&scene.link).await;
        scene.world.until(&scene.link, "a task", |link| link.has_begun(Operation::Detach, true)).await;

        scene.kill().await;
        assert!(scene.world.cloud.linked(&scene.machine).await.is_some(), "the task was to be still running");

        scene.start_again().await;
        scene.ends_gone(&[Change::Attach, Change::Detach]).await;
    });
}

#[test]
fn killed_when_the_link_is_gone_and_the_finalizer_is_not_it_lets_the_object_go() {
    story(async {
        let mut scene = Scene::linked("finalizer").await;
        scene.world.cloud.time(json!({ "taskDurationMs": 6000 })).await;
        scene.world.delete(&scene.link).await;
        scene.world.until(&scene.link, "a task", |link| link.has_begun(Operation::Detach, true)).await;
        scene.world.operator().freeze();
        let gone = async || scene.world.cloud.linked(&scene.machine).await.is_none().then_some(());
        eventually("the link is gone", gone).await;

        let left = scene.kill().await;
        assert_eq!(left.metadata.finalizers.as_deref(), Some([FINALIZER.to_owned()].as_slice()));

        scene.start_again().await;
        scene.ends_gone(&[Change::Attach, Change::Detach]).await;
    });
}

#[test]
fn killed_in_both_halves_of_a_move_it_arrives() {
    story(async {
        let mut scene = Scene::linked("moving").await;
        scene.vpc = scene.world.cloud.vpc("10.2.0.0/16").await;
        scene.world.cloud.time(json!({ "taskDurationMs": 6000 })).await;
        scene.world.edit(&scene.link, json!({ "vpcId": scene.vpc })).await;
        scene.world.until(&scene.link, "a detach", |link| link.has_begun(Operation::Detach, true)).await;
        scene.kill().await;

        scene.world.cloud.delay(Action::Attach, IN_FLIGHT, Moment::After).await;
        scene.world.start_operator().await;
        scene.world.cloud.until_arrived(Action::Attach, 2).await;
        let left = scene.kill().await;
        assert!(left.has_begun(Operation::Attach, false), "{:?}", left.status);

        scene.start_again().await;
        scene.ends_linked(&[Change::Attach, Change::Detach, Change::Attach]).await;
    });
}

#[test]
fn killed_again_and_again_it_links_each_machine_once() {
    story(async {
        let mut world = World::alone("again", QUICK).await;
        let vpc = world.cloud.vpc("10.1.0.0/16").await;
        let mut links = Vec::new();
        for number in 1..=10_u8 {
            let machine = world.cloud.machine(&format!("10.66.0.{number}")).await;
            let link = world.link(&format!("web-{number}"), &machine, &vpc);
            world.apply(&link).await;
            links.push((link, machine));
            // Each kill comes a little later in the life of the newest link, up to the end of its task and beyond.
            pass(Duration::from_millis(150) * u32::from(number - 1)).await;
            world.kill_operator();
            world.start_operator().await;
        }
        for (link, machine) in &links {
            world.until_ready(link).await;
            assert_eq!(world.cloud.linked(machine).await.as_ref(), Some(&vpc));
            assert_eq!(world.cloud.done_for(machine).await, [Change::Attach], "{machine}");
        }
        assert_eq!(world.cloud.overlaps().await, 0);
    });
}
