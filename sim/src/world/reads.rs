//! Lists and lookups.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use super::{
    AddressFilter, Found, InstanceId, Link, ListOrder, Machine, MachineStatus, Place, Refusal, Region, Task,
    UnknownMachine, Vpc, VpcId, World,
};
use crate::clock::Millis;

/// Which links to list.
#[derive(Debug, Default)]
pub struct LinkFilter {
    /// Of one of these VPCs.
    pub vpcs: Vec<VpcId>,
    /// With one of these private addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// With this id.
    pub link_id: Option<String>,
}

/// Which machines to list.
#[derive(Debug, Default)]
pub struct MachineFilter {
    /// With one of these ids.
    pub ids: Vec<InstanceId>,
    /// With one of these private addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// With this in the name.
    pub word: Option<String>,
    /// Doing this.
    pub status: Option<MachineStatus>,
    /// In this zone.
    pub zone: Option<u32>,
    /// In this project.
    pub project: Option<u32>,
}

impl World {
    /// The links of a place, as lists show them: late by the list delay.
    pub fn list_links(&self, place: &Place, filter: &LinkFilter, now: Millis) -> Result<Vec<&Link>, Refusal> {
        let switches = &self.rules.switches;
        let region = self.places.get(place);
        if switches.unknown_vpc_in_list == Found::Error && has_unknown(region, &filter.vpcs) {
            return Err(Refusal::VpcNotFound);
        }
        let moment = self.listed_moment(now);
        let fits = |region: &Region, link: &Link| {
            (filter.vpcs.is_empty() || filter.vpcs.contains(&link.vpc))
                && filter.link_id.as_ref().is_none_or(|id| link.id() == *id)
                && self.has_address(region, link, &filter.addresses)
        };
        let links = region.map(|region| region.links.at(moment).filter(|link| fits(region, link)).collect());
        let links: Vec<&Link> = links.unwrap_or_default();
        if links.is_empty() && !filter.addresses.is_empty() && switches.unknown_address_in_list == Found::Error {
            return Err(Refusal::AddressNotFound);
        }
        Ok(self.ordered(links))
    }

    /// How many links each VPC of a place has, as late as lists are.
    pub fn count_links(&self, place: &Place, now: Millis) -> HashMap<&VpcId, usize> {
        let mut counts = HashMap::new();
        let links = self.places.get(place).map(|region| region.links.at(self.listed_moment(now)));
        for link in links.into_iter().flatten() {
            *counts.entry(&link.vpc).or_default() += 1;
        }
        counts
    }

    /// The VPCs of a place: those with one of these ids, or all.
    pub fn list_vpcs(&self, place: &Place, ids: &[VpcId]) -> Result<Vec<&Vpc>, Refusal> {
        let region = self.places.get(place);
        if self.rules.switches.unknown_vpc == Found::Error && has_unknown(region, ids) {
            return Err(Refusal::VpcNotFound);
        }
        let is_wanted = |vpc: &&Vpc| ids.is_empty() || ids.contains(&vpc.id);
        let vpcs = region.map(|region| region.vpcs.all().filter(is_wanted).collect());
        Ok(self.ordered(vpcs.unwrap_or_default()))
    }

    /// The machines of a place.
    pub fn list_machines(&self, place: &Place, filter: &MachineFilter) -> Result<Vec<&Machine>, Refusal> {
        let region = self.places.get(place);
        let is_unknown = |id: &InstanceId| region.is_none_or(|region| region.machines.of(id).is_none());
        if self.rules.switches.unknown_machine == UnknownMachine::Error && filter.ids.iter().any(is_unknown) {
            return Err(Refusal::MachineNotFound);
        }
        let Some(region) = region else { return Ok(Vec::new()) };
        let machines: Vec<&Machine> = if filter.ids.is_empty() {
            region.machines.all().filter(|machine| filter.fits(machine)).collect()
        } else {
            let named = filter.ids.iter().filter_map(|id| region.machines.of(id));
            named.filter(|machine| filter.fits(machine)).collect()
        };
        Ok(self.ordered(machines))
    }

    /// A task, if it is visible and not forgotten.
    pub fn look_at_task(&self, place: &Place, id: u64, now: Millis) -> Result<&Task, Refusal> {
        let timing = &self.rules.timing;
        let is_visible = |task: &&Task| {
            let forgotten_at = task.ended_at.zip(timing.task_lifetime_ms).map(|(end, lifetime)| end + lifetime);
            task.order.place == *place
                && task.started_at + timing.task_visible_after_ms <= now
                && forgotten_at.is_none_or(|at| now < at)
        };
        self.tasks.of(id).filter(is_visible).ok_or(Refusal::TaskNotFound)
    }

    /// The number of the task that a request started, by the cloud's name for the request.
    pub fn task_of_request(&self, request_id: &str) -> Option<u64> {
        self.tasks.of_request(request_id)
    }

    /// What is in a place.
    pub fn region(&self, place: &Place) -> Option<&Region> {
        self.places.get(place)
    }

    fn listed_moment(&self, now: Millis) -> Millis {
        now.saturating_sub(self.rules.timing.list_delay_ms)
    }

    fn has_address(&self, region: &Region, link: &Link, wanted: &[Ipv4Addr]) -> bool {
        if wanted.is_empty() {
            return true;
        }
        let address = match self.rules.switches.address_filter {
            AddressFilter::Recorded => Some(link.recorded_ip),
            AddressFilter::Present => region.machines.of(&link.machine).and_then(|machine| machine.ip),
        };
        address.is_some_and(|ip| wanted.contains(&ip))
    }

    fn ordered<T>(&self, mut rows: Vec<T>) -> Vec<T> {
        if self.rules.switches.list_order == ListOrder::Random {
            fastrand::shuffle(&mut rows);
        }
        rows
    }
}

fn has_unknown(region: Option<&Region>, vpcs: &[VpcId]) -> bool {
    vpcs.iter().any(|vpc| region.is_none_or(|region| region.vpcs.of(vpc).is_none()))
}

impl MachineFilter {
    fn fits(&self, machine: &Machine) -> bool {
        (self.addresses.is_empty() || machine.ip.is_some_and(|ip| self.addresses.contains(&ip)))
            && self.word.as_ref().is_none_or(|word| machine.name.contains(word))
            && self.status.is_none_or(|status| machine.status == status)
            && self.zone.is_none_or(|zone| machine.zone == zone)
            && self.project.is_none_or(|project| machine.project == project)
    }
}
