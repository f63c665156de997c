//! What the documents leave open: under each single setting of it, the same is seen and done.

use std::collections::BTreeSet;

use classiclink::cloud::Taken;
use classiclink::link::{InstanceId, TaskState, VpcId};
use serde::Deserialize;
use serde_json::Value;

use crate::cloud::{Cloud, no_vpc};
use crate::subject::Subject;

on_each_api! {
    each: [under_every_setting_of_every_switch_the_same_is_seen_and_done],
    tencent: [],
    alibaba: []
}

/// A switch, with all its settings, and those under which the API does nothing at all.
#[derive(Deserialize)]
struct Switch {
    name: String,
    settings: Vec<Value>,
    blocking: Vec<Value>,
}

async fn under_every_setting_of_every_switch_the_same_is_seen_and_done(cloud: &Cloud) {
    let scene = Scene::new(cloud).await;
    let switches: Vec<Switch> = serde_json::from_value(cloud.space().await).unwrap();
    // Delays have tests of their own.
    let asked = switches.into_iter().filter(|switch| !switch.name.starts_with("timing."));
    let mut count = 0;
    for Switch { settings, blocking, .. } in asked {
        for setting in settings.into_iter().filter(|setting| !blocking.contains(setting)) {
            cloud.reset().await;
            cloud.set(setting.clone()).await;
            scene.is_seen(&cloud.provider(), &setting).await;
            scene.is_changed(&cloud.provider(), &setting).await;
            count += 1;
        }
    }
    assert!(count > 20, "{count} settings");
}

/// A machine that is linked, one that is not, and one that does not exist.
struct Scene {
    vpc: VpcId,
    linked: InstanceId,
    free: InstanceId,
    nobody: InstanceId,
}

impl Scene {
    async fn new(cloud: &Cloud) -> Self {
        let (linked, vpc) = cloud.pair().await;
        cloud.link_by_hand(&linked, &vpc).await;
        Self { vpc, linked, free: cloud.machine("10.66.0.8").await, nobody: cloud.api.machine(44_444) }
    }

    fn all(&self) -> BTreeSet<InstanceId> {
        [&self.linked, &self.free, &self.nobody].map(Clone::clone).into()
    }

    async fn is_seen(&self, provider: &Subject, setting: &Value) {
        for list in [provider.links_to(&self.vpc).await, provider.links_of(&self.all()).await] {
            let list = list.unwrap();
            assert!(list.complete, "{setting}");
            assert_eq!(list.rows.keys().collect::<Vec<_>>(), [&self.linked], "{setting}");
        }
        let list = provider.machines(&self.all()).await.unwrap();
        assert!(list.unknown.is_empty(), "{setting}: {:?}", list.unknown);
        let found: BTreeSet<_> = list.found.keys().collect();
        assert_eq!(found, BTreeSet::from([&self.linked, &self.free]), "{setting}");
        assert!(provider.vpc(&self.vpc).await.unwrap().is_some(), "{setting}");
        assert_eq!(provider.vpc(&no_vpc()).await, Ok(None), "{setting}");
        assert_eq!(provider.links_to(&no_vpc()).await.map(|list| list.complete), Ok(true), "{setting}");
    }

    async fn is_changed(&self, provider: &Subject, setting: &Value) {
        let taken = provider.attach(&self.vpc, &self.free).await;
        has_succeeded(provider, taken.unwrap(), setting).await;
        assert_eq!(provider.links_to(&self.vpc).await.unwrap().rows.len(), 2, "{setting}");
        let taken = provider.detach(&self.vpc, &self.free).await;
        has_succeeded(provider, taken.unwrap(), setting).await;
    }
}

/// What takes no time has been done.
async fn has_succeeded(provider: &Subject, taken: Taken, setting: &Value) {
    if let Taken::Task(id) = taken {
        assert_eq!(provider.task(&id).await, Ok(TaskState::Succeeded), "{setting}");
    }
}
