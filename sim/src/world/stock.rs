//! Making and removing VPCs and machines.

use super::cloud::VpcRemoval;
use super::vocabulary::NetworkKind;
use super::{
    Cloud, InstanceId, Machine, Mistake, Network, NewMachine, NewVpc, Place, Region, Vpc, VpcChange, VpcId, World,
};
use crate::clock::Millis;

impl World {
    /// Makes a VPC.
    pub fn add_vpc(&mut self, new: NewVpc, now: Millis) -> Result<VpcId, Mistake> {
        let place = self.place(new.account, new.region)?;
        let serial = self.next_serial();
        let id = new.id.unwrap_or_else(|| VpcId::numbered(serial));
        if self.vpc_home(&id).is_some() {
            return Err(Mistake::exists("VPC", &id));
        }
        let name = new.name.unwrap_or_else(|| id.to_string());
        let vpc = Vpc {
            serial,
            id: id.clone(),
            name,
            cidr: new.cidr.trunc(),
            quota: new.quota,
            classic_link_enabled: new.classic_link_enabled,
            routes: new.routes,
            secondary_cidrs: new.secondary_cidrs,
            status: new.status,
            created_at: now,
        };
        self.places.entry(place).or_default().vpcs.add(id.clone(), serial, vpc);
        Ok(id)
    }

    /// Changes what the change mentions.
    pub fn change_vpc(&mut self, id: &VpcId, change: VpcChange) -> Result<(), Mistake> {
        let vpc = self.vpc_home_mut(id)?.vpcs.of_mut(id).ok_or_else(|| Mistake::missing("VPC", &id))?;
        vpc.name = change.name.unwrap_or_else(|| vpc.name.clone());
        change.quota.change(&mut vpc.quota);
        vpc.classic_link_enabled = change.classic_link_enabled.unwrap_or(vpc.classic_link_enabled);
        vpc.routes = change.routes.unwrap_or_else(|| vpc.routes.clone());
        vpc.status = change.status.unwrap_or(vpc.status);
        Ok(())
    }

    /// Removes a VPC; refused while links or machines are in it.
    pub fn remove_vpc(&mut self, id: &VpcId, now: Millis) -> Result<(), Mistake> {
        let account = self.vpc_home(id).map(|(place, _)| place.account.clone()).unwrap_or_default();
        let ends_links = self.cloud(&account) == Cloud::Alibaba
            && self.rules.alibaba.vpc_removal_with_links == VpcRemoval::EndsLinks;
        let region = self.vpc_home_mut(id)?;
        if ends_links {
            region.links.end_all_of(id, now);
        }
        if region.links.count(id) > 0 {
            return Err(Mistake::Forbidden(format!("`{id}` has links: cancel them first")));
        }
        if region.machines.all().any(|machine| machine.network == Network::Vpc(id.clone())) {
            return Err(Mistake::Forbidden(format!("`{id}` has machines: destroy them first")));
        }
        region.vpcs.remove(id);
        Ok(())
    }

    /// Where a VPC is, and what else is there.
    pub fn vpc_home(&self, id: &VpcId) -> Option<(&Place, &Region)> {
        self.places.iter().find(|(_, region)| region.vpcs.of(id).is_some())
    }

    /// Makes a machine.
    pub fn add_machine(&mut self, new: NewMachine, now: Millis) -> Result<InstanceId, Mistake> {
        let network = network(&new)?;
        let place = self.place(new.account, new.region)?;
        let cloud = self.cloud(&place.account);
        cloud.expect_status(new.status)?;
        let serial = self.next_serial();
        let id = new.id.unwrap_or_else(|| InstanceId::numbered(cloud, serial));
        if self.home(&id).is_some() {
            return Err(Mistake::exists("machine", &id));
        }
        if let Network::Vpc(vpc) = &network {
            let region = self.places.get(&place);
            let found = region.and_then(|region| region.vpcs.of(vpc));
            found.ok_or_else(|| Mistake::missing("VPC of the same account and region", &vpc))?;
        }
        let machine = Machine {
            serial,
            name: new.name.unwrap_or_else(|| id.to_string()),
            id: id.clone(),
            ip: new.ip,
            network,
            status: new.status,
            busy: new.busy,
            locks: new.locks,
            security_groups: new.security_groups,
            isolation: None,
            in_recycle_bin: false,
            zone: new.zone,
            project: new.project,
            created_at: now,
            status_at: now,
        };
        self.places.entry(place).or_default().machines.add(id.clone(), serial, machine);
        Ok(id)
    }

    fn place(&self, account: String, region: String) -> Result<Place, Mistake> {
        self.expect_account(&account)?;
        if is_region(&region) {
            return Ok(Place { account, region });
        }
        Err(Mistake::Invalid(format!("`{region}` is not the long name of a region, such as `ap-guangzhou`")))
    }

    fn vpc_home_mut(&mut self, id: &VpcId) -> Result<&mut Region, Mistake> {
        let found = self.places.values_mut().find(|region| region.vpcs.of(id).is_some());
        found.ok_or_else(|| Mistake::missing("VPC", &id))
    }
}

fn network(new: &NewMachine) -> Result<Network, Mistake> {
    match (new.network, &new.vpc_id) {
        (NetworkKind::Classic, None) => Ok(Network::Classic),
        (NetworkKind::Vpc, Some(vpc)) => Ok(Network::Vpc(vpc.clone())),
        (NetworkKind::Classic, Some(_)) => Err(Mistake::Invalid("a classic machine has no vpcId".into())),
        (NetworkKind::Vpc, None) => Err(Mistake::Invalid("a machine of network `vpc` needs a vpcId".into())),
    }
}

/// Lower-case words joined by hyphens, two at least.
fn is_region(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    text.contains('-') && text.split('-').all(is_word)
}
