//! What befalls machines and links without a cloud call: by a person at the console, by an invoice, by time.

use std::net::Ipv4Addr;

use super::cloud::{Fate, Survival};
use super::rules::Step;
use super::{
    Cloud, Event, InstanceId, Isolation, Link, Machine, MachineStatus, Mistake, Network, NewLink, Operation, Order,
    Place, RecycleBinStatus, Region, UnlinkOnReturn, VpcId, World,
};
use crate::clock::Millis;

impl World {
    /// Gives a machine another private address, or none. Its record keeps the old one and is dead (215/5002), unless
    /// it was made for the machine.
    pub fn change_ip(&mut self, id: &InstanceId, ip: Option<Ipv4Addr>, now: Millis) -> Result<(), Mistake> {
        let lifetime = self.rules.timing.dead_record_lifetime_ms;
        let ends = self.rules.alibaba.link_on_address_change == Survival::Ends;
        let (place, region) = self.home_mut(id)?;
        let place = place.clone();
        machine_mut(region, id)?.ip = ip;
        if ends && region.links.of(id).is_some_and(|link| link.follows_machine) {
            region.links.end(id, now);
        }
        let dead = region.links.of(id).filter(|link| !region.is_alive(link)).map(|link| link.serial);
        if let (Some(serial), Some(lifetime)) = (dead, lifetime) {
            self.agenda.put(now + lifetime, Event::RecordVanishes { place, serial });
        }
        Ok(())
    }

    /// Sets what a machine is doing.
    pub fn set_status(&mut self, id: &InstanceId, status: MachineStatus, now: Millis) -> Result<(), Mistake> {
        self.cloud_of(id)?.expect_status(status)?;
        let machine = self.machine_mut(id)?;
        machine.status = status;
        machine.status_at = now;
        Ok(())
    }

    /// Cuts a machine off, or ends that. The link stays (215/5002).
    pub fn set_isolation(&mut self, id: &InstanceId, isolation: Option<Isolation>) -> Result<(), Mistake> {
        self.expect_tencent(&self.account_of(id)?, "isolation")?;
        self.machine_mut(id)?.isolation = isolation;
        Ok(())
    }

    /// Puts a machine into the recycle bin.
    pub fn return_machine(&mut self, id: &InstanceId, now: Millis) -> Result<(), Mistake> {
        self.expect_tencent(&self.account_of(id)?, "recycle bin")?;
        let unlinks = self.rules.switches.unlink_on_return == UnlinkOnReturn::AtRecycleBin;
        let status = match self.rules.switches.recycle_bin_status {
            RecycleBinStatus::Returned => MachineStatus::Returned,
            RecycleBinStatus::Returning => MachineStatus::Returning,
        };
        let region = self.home_mut(id)?.1;
        let machine = machine_mut(region, id)?;
        if machine.in_recycle_bin {
            return Err(Mistake::Forbidden(format!("`{id}` is in the recycle bin already")));
        }
        machine.in_recycle_bin = true;
        if unlinks {
            region.links.end(id, now);
        }
        if let Some(after) = self.rules.timing.recycle_bin_ms {
            self.agenda.put(now + after, Event::BinEmptied(id.clone()));
        }
        self.set_status(id, status, now)
    }

    /// Removes a machine for good; its link goes with it (215/5002), at Alibaba unless a switch says otherwise.
    pub fn destroy_machine(&mut self, id: &InstanceId, now: Millis) -> Result<(), Mistake> {
        let keeps = self.cloud_of(id)? == Cloud::Alibaba && self.rules.alibaba.link_on_release == Fate::Stays;
        let region = self.home_mut(id)?.1;
        if !keeps {
            region.links.end(id, now);
        }
        region.machines.remove(id);
        Ok(())
    }

    /// Moves a classic machine into a VPC, for good and with another address. While a record of a link is there, that
    /// is refused at Tencent and ends the link at Alibaba.
    pub fn migrate(&mut self, id: &InstanceId, vpc: VpcId, ip: Ipv4Addr, now: Millis) -> Result<(), Mistake> {
        let (cloud, fate) = (self.cloud_of(id)?, self.rules.alibaba.link_on_migration);
        let region = self.home_mut(id)?.1;
        region.vpcs.of(&vpc).ok_or_else(|| Mistake::missing("VPC of the same account and region", &vpc))?;
        if cloud == Cloud::Tencent && region.links.of(id).is_some() {
            return Err(Mistake::Forbidden(format!("`{id}` is linked: cancel the association first")));
        }
        let machine = machine_mut(region, id)?;
        if machine.network != Network::Classic {
            return Err(Mistake::Forbidden(format!("`{id}` is not in the classic network")));
        }
        machine.network = Network::Vpc(vpc);
        machine.ip = Some(ip);
        if fate == Fate::Ends {
            region.links.end(id, now);
        }
        Ok(())
    }

    /// A person links a machine at the console: at once, under the same rules as a call.
    pub fn link_by_hand(&mut self, new: NewLink, now: Millis) -> Result<(), Mistake> {
        let place = self.home_mut(&new.instance_id)?.0.clone();
        let machines = vec![new.instance_id.clone()];
        let order = Order { place, operation: Operation::Attach, vpc: new.vpc_id, machines, request_id: None };
        if new.recorded_ip.is_some() && self.cloud(&order.place.account) == Cloud::Alibaba {
            return Err(Mistake::Invalid("a link at Alibaba has no address on record".into()));
        }
        for step in self.judge(&order) {
            if step? == Step::Nothing {
                return Ok(());
            }
        }
        match new.recorded_ip {
            None => self.link(&order, &new.instance_id, now),
            Some(ip) => self.record(&order, new.instance_id, ip, now),
        }
        Ok(())
    }

    /// A person unlinks a machine at the console.
    pub fn unlink_by_hand(&mut self, id: &InstanceId, now: Millis) -> Result<(), Mistake> {
        let found = self.places.values_mut().find(|region| region.links.of(id).is_some());
        found.ok_or_else(|| Mistake::missing("link of machine", &id))?.links.end(id, now);
        Ok(())
    }

    /// Where a machine is, and what else is there.
    pub fn home(&self, id: &InstanceId) -> Option<(&Place, &Region)> {
        self.places.iter().find(|(_, region)| region.machines.of(id).is_some())
    }

    pub(super) fn vanish(&mut self, place: &Place, serial: u64, at: Millis) {
        let Some(region) = self.places.get_mut(place) else { return };
        let Some(machine) = region.links.machine_of(serial).cloned() else { return };
        if region.links.of(&machine).is_some_and(|link| !region.is_alive(link)) {
            region.links.end(&machine, at);
        }
    }

    pub(super) fn empty_bin(&mut self, id: &InstanceId, at: Millis) {
        let is_binned =
            self.home(id).and_then(|(_, region)| region.machines.of(id)).is_some_and(|it| it.in_recycle_bin);
        if is_binned && let Err(mistake) = self.destroy_machine(id, at) {
            tracing::warn!(machine = %id, %mistake, "the recycle bin could not be emptied");
        }
    }

    fn record(&mut self, order: &Order, machine: InstanceId, recorded_ip: Ipv4Addr, now: Millis) {
        let serial = self.next_serial();
        if let Some(region) = self.places.get_mut(&order.place) {
            region.links.add(Link {
                serial,
                vpc: order.vpc.clone(),
                machine,
                recorded_ip,
                follows_machine: false,
                since: now,
                until: None,
            });
        }
    }

    pub(super) fn machine_mut(&mut self, id: &InstanceId) -> Result<&mut Machine, Mistake> {
        machine_mut(self.home_mut(id)?.1, id)
    }

    fn account_of(&self, id: &InstanceId) -> Result<String, Mistake> {
        let (place, _) = self.home(id).ok_or_else(|| Mistake::missing("machine", &id))?;
        Ok(place.account.clone())
    }

    fn cloud_of(&self, id: &InstanceId) -> Result<Cloud, Mistake> {
        self.account_of(id).map(|account| self.cloud(&account))
    }

    fn home_mut(&mut self, id: &InstanceId) -> Result<(&Place, &mut Region), Mistake> {
        let found = self.places.iter_mut().find(|(_, region)| region.machines.of(id).is_some());
        found.ok_or_else(|| Mistake::missing("machine", &id))
    }
}

fn machine_mut<'a>(region: &'a mut Region, id: &InstanceId) -> Result<&'a mut Machine, Mistake> {
    region.machines.of_mut(id).ok_or_else(|| Mistake::missing("machine", &id))
}
