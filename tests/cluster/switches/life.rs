//! The seven steps of a link's life, each in two halves: what happens, and what must be so in the end. Between them the
//! operator may be killed.

use classiclink::api::ClassicLink;
use kube::ResourceExt;
use serde_json::json;

use crate::harness::{World, cloud::CloudApi, read::TellsOfLink, stage::Stage, wait::eventually};

/// A step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// The object is applied: the link is made.
    Made,
    /// The machine's private address changes: the link is made again, or follows.
    Readdressed,
    /// Somebody removes the link: it is made again.
    Lost,
    /// The VPC in the manifest changes: the link moves.
    Moved,
    /// The object is deleted: the link goes.
    Deleted,
    /// An object that shall retain its link is deleted: the link stays.
    Retained,
    /// An object takes the link over, and the machine is returned: the object goes.
    Returned,
}

impl Step {
    /// All, in order.
    pub(super) const ALL: [Self; 7] =
        [Self::Made, Self::Readdressed, Self::Lost, Self::Moved, Self::Deleted, Self::Retained, Self::Returned];
}

/// One life: a cloud, a machine, two VPCs, and the links of others.
pub(super) struct Life {
    pub(super) world: World,
    machine: String,
    bystander: String,
    first: String,
    second: String,
}

const AT_FIRST: &str = "10.66.0.7";
const LATER: &str = "10.66.0.99";

impl Life {
    /// A life in a cloud of its own, before anything happened. `settings` are set one after the other.
    pub(super) async fn new(stage: &'static Stage, name: &str, api: CloudApi, settings: &[serde_json::Value]) -> Self {
        let world = World::at(stage, api, name).await;
        for change in settings {
            world.cloud.set(change).await;
        }
        let (first, second) = (world.cloud.vpc("10.1.0.0/16").await, world.cloud.vpc("10.2.0.0/16").await);
        let machine = world.cloud.machine(AT_FIRST).await;
        let bystander = world.cloud.machine("10.66.0.8").await;
        world.cloud.link_by_hand(&bystander, &first).await;
        Self { world, machine, bystander, first, second }
    }

    fn link(&self, name: &str, vpc: &str, more: &serde_json::Value) -> ClassicLink {
        self.world.link_with(name, &self.machine, vpc, more)
    }

    fn web(&self) -> ClassicLink {
        self.link("web", &self.first, &json!({}))
    }

    fn retaining(&self) -> ClassicLink {
        self.link("retaining", &self.second, &json!({ "deletionPolicy": "Retain" }))
    }

    fn adopting(&self) -> ClassicLink {
        self.link("adopting", &self.second, &json!({ "existingLink": "Adopt" }))
    }

    /// What happens.
    pub(super) async fn begin(&self, step: Step) {
        let Self { world, machine, second, .. } = self;
        match step {
            Step::Made => drop(world.apply(&self.web()).await),
            Step::Readdressed => world.cloud.change_ip(machine, LATER).await,
            Step::Lost => world.cloud.unlink_by_hand(machine).await,
            Step::Moved => drop(world.edit(&self.web(), json!({ "vpcId": second })).await),
            Step::Deleted => world.delete(&self.web()).await,
            Step::Retained => drop(world.apply(&self.retaining()).await),
            Step::Returned => {
                world.apply(&self.adopting()).await;
                world.until(&self.adopting(), "it is taken over", ClassicLink::is_ready_now).await;
                world.cloud.return_machine(machine).await;
            }
        }
    }

    /// What must be so in the end.
    pub(super) async fn end(&self, step: Step) {
        let world = &self.world;
        match step {
            Step::Made => self.until_linked(&self.web(), &self.first, AT_FIRST).await,
            Step::Readdressed | Step::Lost => self.until_linked(&self.web(), &self.first, LATER).await,
            Step::Moved => self.until_linked(&self.web(), &self.second, LATER).await,
            Step::Deleted => {
                world.until_gone(&self.web()).await;
                assert_eq!(world.cloud.linked(&self.machine).await, None, "{}", world.name);
            }
            Step::Retained => {
                self.until_linked(&self.retaining(), &self.second, LATER).await;
                world.delete(&self.retaining()).await;
                world.until_gone(&self.retaining()).await;
                assert_eq!(world.cloud.linked(&self.machine).await.as_ref(), Some(&self.second), "{}", world.name);
            }
            Step::Returned => world.until_gone(&self.adopting()).await,
        }
        self.nobody_was_harmed().await;
    }

    /// The cloud has the link, alive, and the object says so.
    async fn until_linked(&self, link: &ClassicLink, vpc: &str, address: &str) {
        let Self { world, machine, .. } = self;
        let alive = async || {
            let to = world.cloud.linked(machine).await?;
            let made_for = world.cloud.recorded_ip(machine).await;
            let dead = world.cloud.generation().links_die_with_address() && made_for.as_deref() != Some(address);
            (to == vpc && !dead).then_some(())
        };
        let what = format!("{}/{}: the cloud has the link to {vpc} for {address}", world.name, link.name_any());
        eventually(&what, alive).await;
        let says = |link: &ClassicLink| {
            let record = link.on_record();
            link.is_linked_now()
                && record.is_some_and(|link| link.vpc_id == vpc && link.private_ip.as_deref() == Some(address))
        };
        world.until(link, "it is said to be linked", says).await;
    }

    /// Links of others are as they were, and never were two changes under way for one machine.
    async fn nobody_was_harmed(&self) {
        let cloud = &self.world.cloud;
        assert_eq!(cloud.linked(&self.bystander).await.as_ref(), Some(&self.first), "{}", self.world.name);
        assert!(cloud.sent_for(&self.bystander).await.is_empty(), "{}", self.world.name);
        assert_eq!(cloud.overlaps().await, 0, "{}", self.world.name);
    }
}
