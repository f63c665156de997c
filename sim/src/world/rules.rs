//! What may be linked: the checks of a write, in the order in which they are made.
//!
//! VPC exists, machine exists, machine classic, range, already linked, quota. The true order is undocumented. Accounts
//! at Alibaba are judged by the rules of `alibaba`.

use super::settings::{
    Accepted, Attach, DeadRecordInQuota, DetachOfDeadRecord, DetachWithoutLink, NotClassic, WriteInRecycleBin,
};
use super::vpc::Linkable;
use super::{
    Cloud, InstanceId, Link, Machine, Network, Operation, Order, Refusal, Region, Rules, Vpc, VpcId, World, alibaba,
};

/// What a write does to one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Makes a link, in place of a dead record if there is one.
    Link,
    /// Removes the record.
    Unlink,
    /// Nothing: it is as wanted already.
    Nothing,
}

impl World {
    /// What each machine of the order meets, in the order given, by the rules of its cloud.
    pub(super) fn judge(&self, order: &Order) -> Vec<Result<Step, Refusal>> {
        let region = self.places.get(&order.place);
        if self.cloud(&order.place.account) == Cloud::Tencent {
            return judge(&self.rules, region, order);
        }
        let scene = alibaba::Scene { rules: &self.rules.alibaba, region };
        let mut added = 0;
        let mut judged = Vec::with_capacity(order.machines.len());
        for id in &order.machines {
            let step = scene.judge(order, id, added).map_err(|refusal| self.told_apart(refusal, order, id));
            added += usize::from(step == Ok(Step::Link));
            judged.push(step);
        }
        judged
    }

    /// A machine that is not found may be another account's.
    fn told_apart(&self, refusal: Refusal, order: &Order, id: &InstanceId) -> Refusal {
        if refusal == Refusal::MachineNotFound && self.is_foreign(&order.place.account, id) {
            return Refusal::MachineNotOwned;
        }
        refusal
    }

    /// Whether a machine belongs to another account.
    pub fn is_foreign(&self, account: &str, id: &InstanceId) -> bool {
        self.home(id).is_some_and(|(place, _)| place.account != account)
    }
}

/// What each machine of the order meets, in the order given.
pub(super) fn judge(rules: &Rules, region: Option<&Region>, order: &Order) -> Vec<Result<Step, Refusal>> {
    let mut added = 0;
    let mut judged = Vec::with_capacity(order.machines.len());
    for machine in &order.machines {
        let step = region.ok_or(Refusal::VpcNotFound).and_then(|region| {
            let scene = Scene { rules, region };
            match order.operation {
                Operation::Attach => scene.attach(&order.vpc, machine, added),
                Operation::Detach => scene.detach(&order.vpc, machine),
            }
        });
        added += usize::from(step == Ok(Step::Link));
        judged.push(step);
    }
    judged
}

struct Scene<'a> {
    rules: &'a Rules,
    region: &'a Region,
}

impl Scene<'_> {
    fn attach(&self, vpc: &VpcId, machine: &InstanceId, added: usize) -> Result<Step, Refusal> {
        let vpc = self.region.vpcs.of(vpc).ok_or(Refusal::VpcNotFound)?;
        let machine = self.machine(machine)?;
        if machine.network != Network::Classic {
            return Err(self.not_classic());
        }
        self.check_range(vpc)?;
        if machine.ip.is_none() {
            // A link is made for an address: without one the machine is not ready.
            return Err(Refusal::Busy);
        }
        let record = self.region.links.of(&machine.id);
        let step = self.step_over(record, vpc, machine)?;
        if step == Step::Link {
            self.check_quota(record, vpc, added)?;
        }
        Ok(step)
    }

    fn detach(&self, vpc: &VpcId, machine: &InstanceId) -> Result<Step, Refusal> {
        self.region.vpcs.of(vpc).ok_or(Refusal::VpcNotFound)?;
        let machine = self.machine(machine)?;
        let switches = &self.rules.switches;
        match self.region.links.of(&machine.id).filter(|link| link.vpc == *vpc) {
            Some(link) if machine.voids(link) => match switches.detach_of_dead_record {
                DetachOfDeadRecord::Success => Ok(Step::Unlink),
                DetachOfDeadRecord::NotFoundThenVanishes => Err(Refusal::NoLink),
            },
            Some(_) => Ok(Step::Unlink),
            None => match switches.detach_without_link {
                DetachWithoutLink::Success => Ok(Step::Nothing),
                DetachWithoutLink::NotFound | DetachWithoutLink::TaskFailed => Err(Refusal::NoLink),
            },
        }
    }

    fn machine(&self, id: &InstanceId) -> Result<&Machine, Refusal> {
        let hides_returned = self.rules.switches.write_in_recycle_bin == WriteInRecycleBin::NotFound;
        let machine = self.region.machines.of(id).ok_or(Refusal::MachineNotFound)?;
        if machine.in_recycle_bin && hides_returned { Err(Refusal::MachineNotFound) } else { Ok(machine) }
    }

    fn not_classic(&self) -> Refusal {
        match self.rules.switches.not_classic {
            NotClassic::Immediate | NotClassic::InTask => Refusal::NotClassic,
            NotClassic::InstanceNotFound => Refusal::MachineNotFound,
        }
    }

    fn check_range(&self, vpc: &Vpc) -> Result<(), Refusal> {
        match (vpc.linkable(), self.rules.switches.wide_cidr) {
            (Linkable::Yes, _) | (Linkable::Wide, Accepted::Accepted) => Ok(()),
            (Linkable::Wide, Accepted::Refused) | (Linkable::No, _) => Err(Refusal::CidrUnsupported),
        }
    }

    fn step_over(&self, record: Option<&Link>, vpc: &Vpc, machine: &Machine) -> Result<Step, Refusal> {
        let switches = &self.rules.switches;
        let (answer, step) = match record {
            None => return Ok(Step::Link),
            Some(link) if machine.voids(link) => (switches.attach_over_dead_record, Step::Link),
            Some(link) if link.vpc == vpc.id => (switches.attach_same_vpc_again, Step::Nothing),
            Some(_) => (Attach::AlreadyLinked, Step::Nothing),
        };
        match answer {
            Attach::Success => Ok(step),
            Attach::AlreadyLinked => Err(Refusal::AlreadyLinked),
        }
    }

    /// `record` is dead here: a live one never gets this far.
    fn check_quota(&self, record: Option<&Link>, vpc: &Vpc, added: usize) -> Result<(), Refusal> {
        let quota = vpc.quota.unwrap_or(self.rules.limits.links_per_vpc);
        let taken = match self.rules.switches.dead_record_in_quota {
            DeadRecordInQuota::Counts => {
                let replaced = record.is_some_and(|link| link.vpc == vpc.id);
                self.region.links.count(&vpc.id).saturating_sub(usize::from(replaced))
            }
            DeadRecordInQuota::Free => self.region.links_alive(&vpc.id),
        };
        if taken + added < quota { Ok(()) } else { Err(Refusal::QuotaReached) }
    }
}

impl Region {
    /// Whether the record of a machine links it, rather than being dead.
    pub fn is_alive(&self, link: &Link) -> bool {
        self.machines.of(&link.machine).is_some_and(|machine| !machine.voids(link))
    }

    fn links_alive(&self, vpc: &VpcId) -> usize {
        self.links.standing().filter(|link| link.vpc == *vpc && self.is_alive(link)).count()
    }
}
