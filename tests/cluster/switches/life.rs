//! The seven steps of a link's life, each in two halves: what happens, and what must be so in the end. Between them the
//! operator may be killed.
//!
//! A second link goes along for five of them, so that the cloud is asked for two machines in one call: one whose machine
//! cannot be linked at first, and which moves to a VPC that perhaps cannot be.

use classiclink::api::{ClassicLink, Reason};
use kube::ResourceExt;
use serde_json::{Value, json};

use super::space::Setting;
use crate::harness::{
    World,
    cloud::{Action, Call},
    read::{TellsOfLink, Told},
    stage::Stage,
    wait::eventually,
};

/// A step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// Both objects are applied: the link is made, and the one that cannot be made holds nothing up.
    Made,
    /// The machine's private address changes: the link is made again, or follows. The other machine gets one: the
    /// other link is made.
    Readdressed,
    /// Somebody removes the links: they are made again.
    Lost,
    /// The VPC in each manifest changes: the link moves.
    Moved,
    /// The objects are deleted: the links go.
    Deleted,
    /// An object that shall retain its link is deleted: the link stays.
    Retained,
    /// An object takes the link over, and the machine is returned: nothing is done while it is in the recycle bin, and the
    /// object goes once it is destroyed.
    Returned,
}

impl Step {
    /// All, in order.
    pub(super) const ALL: [Self; 7] =
        [Self::Made, Self::Readdressed, Self::Lost, Self::Moved, Self::Deleted, Self::Retained, Self::Returned];
}

/// One life: a cloud, two machines, three VPCs, and the links of others.
pub(super) struct Life {
    pub(super) world: World,
    machine: String,
    late: String,
    bystander: String,
    first: String,
    second: String,
    wide: String,
    setting: Setting,
}

const AT_FIRST: &str = "10.66.0.7";
const LATER: &str = "10.66.0.99";
const OF_THE_LATE: &str = "10.66.0.9";

/// So many looks at the machines show what becomes of one in the recycle bin.
const LOOKS: usize = 3;

impl Life {
    /// A life in a cloud of its own, before anything happened. The settings are set one after the other.
    pub(super) async fn new(stage: &'static Stage, name: &str, setting: &Setting) -> Self {
        let world = World::at(stage, setting.api, name).await;
        for change in &setting.changes {
            world.cloud.set(change).await;
        }
        let (first, second) = (world.cloud.vpc("10.1.0.0/16").await, world.cloud.vpc("10.2.0.0/16").await);
        let wide = world.cloud.vpc("10.0.0.0/12").await;
        let machine = world.cloud.machine(AT_FIRST).await;
        let late = world.cloud.machine_in_the_making().await;
        let bystander = world.cloud.machine("10.66.0.8").await;
        world.cloud.link_by_hand(&bystander, &first).await;
        Self { world, machine, late, bystander, first, second, wide, setting: setting.clone() }
    }

    fn link(&self, name: &str, vpc: &str, more: &Value) -> ClassicLink {
        self.world.link_with(name, &self.machine, vpc, more)
    }

    fn web(&self) -> ClassicLink {
        self.link("web", &self.first, &json!({}))
    }

    fn late(&self) -> ClassicLink {
        self.world.link("late", &self.late, &self.first)
    }

    fn retaining(&self) -> ClassicLink {
        self.link("retaining", &self.second, &json!({ "deletionPolicy": "Retain" }))
    }

    fn adopting(&self) -> ClassicLink {
        self.link("adopting", &self.second, &json!({ "existingLink": "Adopt" }))
    }

    /// What happens.
    pub(super) async fn begin(&self, step: Step) {
        let Self { world, machine, late, .. } = self;
        match step {
            Step::Made => {
                world.apply(&self.web()).await;
                world.apply(&self.late()).await;
            }
            Step::Readdressed => {
                world.cloud.change_ip(machine, LATER).await;
                world.cloud.change_ip(late, OF_THE_LATE).await;
            }
            Step::Lost => {
                world.cloud.unlink_by_hand(machine).await;
                world.cloud.unlink_by_hand(late).await;
            }
            Step::Moved => {
                world.cloud.slow_down(Action::Detach).await;
                world.edit(&self.web(), json!({ "vpcId": self.second })).await;
                world.edit(&self.late(), json!({ "vpcId": self.wide })).await;
            }
            Step::Deleted => {
                world.delete(&self.web()).await;
                world.delete(&self.late()).await;
            }
            Step::Retained => drop(world.apply(&self.retaining()).await),
            Step::Returned => {
                world.apply(&self.adopting()).await;
                world.until(&self.adopting(), "it is taken over", ClassicLink::is_ready_now).await;
                world.cloud.put_into_bin(machine).await;
            }
        }
    }

    /// Whether the cloud was asked for both machines in one call; nothing where it never is.
    pub(super) async fn has_shared(&self) -> Option<bool> {
        let is_shared = |call: &Call| call.action.is_change() && call.names(&self.machine) && call.names(&self.late);
        let cloud = &self.world.cloud;
        if cloud.generation().has_batches() { Some(cloud.calls().await.iter().any(is_shared)) } else { None }
    }

    /// What must be so in the end.
    pub(super) async fn end(&self, step: Step) {
        let Self { world, machine, late, first, second, .. } = self;
        match step {
            Step::Made => {
                self.until_linked(&self.web(), (machine, first, AT_FIRST)).await;
                self.until_late_cannot_be_linked().await;
            }
            Step::Readdressed => {
                self.until_linked(&self.web(), (machine, first, LATER)).await;
                world.cloud.set_free(late).await;
                self.until_linked(&self.late(), (late, first, OF_THE_LATE)).await;
            }
            Step::Lost => {
                self.until_linked(&self.web(), (machine, first, LATER)).await;
                self.until_linked(&self.late(), (late, first, OF_THE_LATE)).await;
                self.lost_in_one_call().await;
            }
            Step::Moved => {
                self.until_linked(&self.web(), (machine, second, LATER)).await;
                self.until_moved_or_refused().await;
            }
            Step::Deleted => {
                self.until_both_are_gone().await;
            }
            Step::Retained => {
                self.until_linked(&self.retaining(), (machine, second, LATER)).await;
                world.delete(&self.retaining()).await;
                world.until_gone(&self.retaining()).await;
                assert_eq!(world.cloud.linked(machine).await.as_ref(), Some(second), "{}", world.name);
            }
            Step::Returned => {
                if !self.setting.has("timing.recycleBinMs") {
                    self.nothing_is_done_in_the_bin().await;
                    world.cloud.destroy_machine(machine).await;
                }
                world.until_gone(&self.adopting()).await;
            }
        }
        self.nobody_was_harmed().await;
    }

    /// The cloud has the link, alive, and the object says so.
    async fn until_linked(&self, link: &ClassicLink, (machine, vpc, address): (&str, &str, &str)) {
        let world = &self.world;
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

    /// Both are lost once more. The cloud asks to slow down: both changes wait, and go in one call. One of the machines cannot
    /// be linked just now, which holds the other one up no longer than it takes to find out.
    async fn lost_in_one_call(&self) {
        let Self { world, machine, late, first, .. } = self;
        world.cloud.take_back_into_the_making(late).await;
        world.cloud.slow_down(Action::Attach).await;
        world.cloud.unlink_by_hand(machine).await;
        // The loss of the address may have ended it.
        if world.cloud.linked(late).await.is_some() {
            world.cloud.unlink_by_hand(late).await;
        }
        self.until_linked(&self.web(), (machine, first, LATER)).await;
        self.until_late_cannot_be_linked().await;
        assert_eq!(world.cloud.linked(late).await, None, "{}", world.name);
        world.cloud.change_ip(late, OF_THE_LATE).await;
        world.cloud.set_free(late).await;
        self.until_linked(&self.late(), (late, first, OF_THE_LATE)).await;
    }

    /// The refusal is told, and why the machine is locked where the cloud tells that.
    async fn until_late_cannot_be_linked(&self) {
        let tells_locks = self.world.cloud.generation().is_alibaba();
        let reason = if tells_locks { Reason::InstanceNotReady } else { Reason::InstanceBusy };
        self.world.until_says(&self.late(), "False", reason).await;
    }

    /// Whether a range this wide can be linked is open. Where it cannot be, the object says so, and nothing is left.
    async fn until_moved_or_refused(&self) {
        let world = &self.world;
        if !self.setting.has("switches.wideCidr") {
            return self.until_linked(&self.late(), (&self.late, &self.wide, OF_THE_LATE)).await;
        }
        let refused = |link: &ClassicLink| {
            let said = link.is("False", Reason::CidrNotSupported) || link.is("False", Reason::Refused);
            link.is_current() && said && link.on_record().is_none()
        };
        world.until(&self.late(), "the range is said to be refused", refused).await;
        assert_eq!(world.cloud.linked(&self.late).await, None, "{}", world.name);
    }

    async fn until_both_are_gone(&self) {
        let world = &self.world;
        for (link, machine) in [(self.web(), &self.machine), (self.late(), &self.late)] {
            world.until_gone(&link).await;
            assert_eq!(world.cloud.linked(machine).await, None, "{}/{}", world.name, link.name_any());
        }
    }

    /// Looks at a machine in the recycle bin lead to nothing but a word that is true.
    async fn nothing_is_done_in_the_bin(&self) {
        let Self { world, machine, .. } = self;
        self.until_looked_at().await;
        self.until_true_of_the_bin().await;
        // A look whose list of machines is older than the return, and whose list of links is not, has led to an attach
        // by now, if it has to any.
        let sent = world.cloud.sent_for(machine).await;
        self.until_looked_at().await;
        self.until_true_of_the_bin().await;
        assert_eq!(world.cloud.sent_for(machine).await, sent, "{}: sent for a machine in the bin", world.name);
        if !world.cloud.generation().unlinks_in_bin() || self.setting.has("switches.unlinkOnReturn") {
            assert_eq!(world.cloud.linked(machine).await.as_ref(), Some(&self.second), "{}", world.name);
        }
    }

    /// Waits until the machines were listed a few times more.
    async fn until_looked_at(&self) {
        let cloud = &self.world.cloud;
        let so_far = cloud.calls().await.iter().filter(|call| call.action == Action::ListMachines).count();
        cloud.until_arrived(Action::ListMachines, so_far + LOOKS).await;
    }

    /// The link is said to be there where it is, and else not to come back.
    async fn until_true_of_the_bin(&self) {
        let Self { world, machine, .. } = self;
        let what = format!("{}/adopting: what is said of a machine in the bin is true", world.name);
        eventually(&what, async || {
            let link = world.read(&self.adopting()).await?;
            let linked = world.cloud.linked(machine).await.is_some();
            let said = if linked { link.is_ready_now() } else { link.is("False", Reason::InstanceNotReady) };
            said.then_some(())
        })
        .await;
    }

    /// Links of others are as they were, and never were two changes under way for one machine.
    async fn nobody_was_harmed(&self) {
        let cloud = &self.world.cloud;
        assert_eq!(cloud.linked(&self.bystander).await.as_ref(), Some(&self.first), "{}", self.world.name);
        assert!(cloud.sent_for(&self.bystander).await.is_empty(), "{}", self.world.name);
        assert_eq!(cloud.overlaps().await, 0, "{}", self.world.name);
    }
}
