//! What may be linked at Alibaba: the checks of a write, in the order in which they are made.
//!
//! Machine exists, machine classic, region, VPC exists, ClassicLink on, status, busy, already linked, quota. The true
//! order is undocumented. A machine or VPC of another account is told apart by `World::judge`.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::cloud::LockedMachine;
use super::rules::Step;
use super::{
    AlibabaRules, InstanceId, Machine, MachineStatus, Mistake, Network, Operation, Order, Place, Refusal, Region, Vpc,
    VpcId, VpcStatus, World,
};

pub(super) struct Scene<'a> {
    pub(super) rules: &'a AlibabaRules,
    pub(super) region: Option<&'a Region>,
}

impl Scene<'_> {
    pub(super) fn judge(&self, order: &Order, id: &InstanceId, added: usize) -> Result<Step, Refusal> {
        let region = self.region.ok_or(Refusal::MachineNotFound)?;
        let machine = region.machines.of(id).ok_or(Refusal::MachineNotFound)?;
        if machine.network != Network::Classic {
            return Err(Refusal::NotClassic);
        }
        if self.rules.regions_without_classic_link.contains(&order.place.region) {
            return Err(Refusal::RegionUnsupported);
        }
        let vpc = region.vpcs.of(&order.vpc).ok_or(Refusal::VpcNotFound)?;
        if order.operation == Operation::Attach && !vpc.classic_link_enabled {
            return Err(Refusal::ClassicLinkOff);
        }
        self.check_state(machine)?;
        let linked_to = region.links.of(&machine.id).map(|link| &link.vpc);
        match (order.operation, linked_to) {
            (Operation::Detach, Some(linked)) if *linked == vpc.id => Ok(Step::Unlink),
            (Operation::Detach, _) => Err(Refusal::NoLink),
            (Operation::Attach, Some(linked)) if *linked == vpc.id => Err(Refusal::LinkedToThisVpc),
            (Operation::Attach, Some(_)) => Err(Refusal::AlreadyLinked),
            (Operation::Attach, None) => self.check_quota(region, vpc, added).map(|()| Step::Link),
        }
    }

    fn check_state(&self, machine: &Machine) -> Result<(), Refusal> {
        if !matches!(machine.status, MachineStatus::Running | MachineStatus::Stopped) {
            return Err(Refusal::WrongStatus);
        }
        let locks_count = self.rules.locked_machine == LockedMachine::Busy;
        // A machine without an address is still being made.
        if machine.busy || machine.ip.is_none() || (locks_count && !machine.locks.is_empty()) {
            return Err(Refusal::Busy);
        }
        Ok(())
    }

    fn check_quota(&self, region: &Region, vpc: &Vpc, added: usize) -> Result<(), Refusal> {
        let quota = vpc.quota.unwrap_or(self.rules.links_per_vpc);
        if region.links.count(&vpc.id) + added < quota { Ok(()) } else { Err(Refusal::QuotaReached) }
    }
}

/// Why ClassicLink of a VPC is not switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchRefusal {
    /// The VPC is unknown in this account and region.
    VpcNotFound,
    /// It is still being made.
    VpcPending,
    /// The region has no ClassicLink.
    Unsupported,
    /// It has a route of its own to the classic network.
    RouteConflict,
    /// It has links.
    HasLinks,
}

impl World {
    /// Switches ClassicLink of a VPC on or off, as a call does. What is so already stays so.
    pub fn switch_classic_link(&mut self, place: &Place, id: &VpcId, on: bool) -> Result<(), SwitchRefusal> {
        let unsupported = self.rules.alibaba.regions_without_classic_link.contains(&place.region);
        let region = self.places.get_mut(place).ok_or(SwitchRefusal::VpcNotFound)?;
        let links = region.links.count(id);
        let vpc = region.vpcs.of_mut(id).ok_or(SwitchRefusal::VpcNotFound)?;
        if vpc.status == VpcStatus::Pending {
            return Err(SwitchRefusal::VpcPending);
        }
        if on && unsupported {
            return Err(SwitchRefusal::Unsupported);
        }
        if on && vpc.routes.iter().any(|route| *route == classic_network()) {
            return Err(SwitchRefusal::RouteConflict);
        }
        if !on && links > 0 {
            return Err(SwitchRefusal::HasLinks);
        }
        vpc.classic_link_enabled = on;
        Ok(())
    }

    /// Says whether another operation on a machine is under way.
    pub fn set_busy(&mut self, id: &InstanceId, busy: bool) -> Result<(), Mistake> {
        self.machine_mut(id)?.busy = busy;
        Ok(())
    }

    /// Says why a machine is locked; nothing: it is not.
    pub fn set_locks(&mut self, id: &InstanceId, locks: Vec<super::Lock>) -> Result<(), Mistake> {
        self.machine_mut(id)?.locks = locks;
        Ok(())
    }
}

/// 10.0.0.0/8: the classic network, as a route of the VPC sees it.
fn classic_network() -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8)
}
