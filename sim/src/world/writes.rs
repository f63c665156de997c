//! Attach and detach: an order is checked, becomes a task, and takes effect when that is due.

use super::rules::Step;
use super::settings::{Checked, DetachOfDeadRecord, DetachWithoutLink, NotClassic, WriteWhileTaskRuns};
use super::{
    BatchWithBadItem, Cloud, Event, InstanceId, Link, Operation, Outcome, Place, Refusal, Region, VpcId, World,
};
use crate::clock::Millis;

/// What a write wants.
#[derive(Debug, Clone)]
pub struct Order {
    /// In whose name, and where.
    pub place: Place,
    /// What to do.
    pub operation: Operation,
    /// The VPC's side.
    pub vpc: VpcId,
    /// The machines' side.
    pub machines: Vec<InstanceId>,
    /// The cloud's name for the request, where that names its task as well.
    pub request_id: Option<String>,
}

/// What an accepted write is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The task that carries it out.
    pub task: u64,
    /// Set when some of its machines were refused: why the first of them was.
    pub partly_refused: Option<Refusal>,
}

impl World {
    /// Notes a write that arrives while a task of its account still runs for one of its machines.
    pub fn note_arrival(&mut self, place: &Place, operation: Operation, machines: &[InstanceId], now: Millis) {
        self.tasks.note_overlaps(place, operation, machines, now);
    }

    /// Checks an order and starts its task; one with a failure has no effect and fails with that text when it is due.
    pub fn submit(&mut self, order: Order, failure: Option<String>, now: Millis) -> Result<Receipt, Refusal> {
        self.check_locks(&order)?;
        let judged = self.judge(&order);
        self.schedule_vanishing(&order, now);
        let at_once =
            |step: &Result<Step, Refusal>| step.err().filter(|refusal| self.is_checked_at_once(&order, *refusal));
        let refused: Vec<Option<Refusal>> = judged.iter().map(at_once).collect();
        let first = refused.iter().copied().flatten().next();
        match (first, self.rules.switches.batch_with_bad_item) {
            (None, _) => Ok(Receipt { task: self.start(order, failure, now), partly_refused: None }),
            (Some(refusal), BatchWithBadItem::PartlyDone) if refused.contains(&None) => {
                let task = self.start(without(order, &refused), failure, now);
                Ok(Receipt { task, partly_refused: Some(refusal) })
            }
            (Some(refusal), BatchWithBadItem::PartlyDone | BatchWithBadItem::Refused) => Err(refusal),
        }
    }

    pub(super) fn settle(&mut self, task: u64, at: Millis) {
        let Some(row) = self.tasks.of(task) else { return };
        let order = row.order.clone();
        let outcome = match row.arranged_failure.clone() {
            Some(message) => Outcome::Failed(message),
            None => self.carry_out(&order, at),
        };
        self.tasks.end(task, outcome, at);
    }

    pub(super) fn link(&mut self, order: &Order, machine: &InstanceId, at: Millis) {
        let serial = self.next_serial();
        let follows_machine = self.cloud(&order.place.account) == Cloud::Alibaba;
        let Some(region) = self.places.get_mut(&order.place) else { return };
        let Some(recorded_ip) = region.machines.of(machine).and_then(|machine| machine.ip) else { return };
        let (vpc, machine) = (order.vpc.clone(), machine.clone());
        region.links.add(Link { serial, vpc, machine, recorded_ip, follows_machine, since: at, until: None });
    }

    fn start(&mut self, order: Order, failure: Option<String>, now: Millis) -> u64 {
        let due = now + self.task_duration(&order.place.account);
        let task = self.tasks.start(order, failure, now, due);
        self.agenda.put(due, Event::TaskDue(task));
        // A task of no duration has taken effect when its write is answered.
        self.advance(now);
        task
    }

    fn carry_out(&mut self, order: &Order, at: Millis) -> Outcome {
        let judged = self.judge(order);
        let refusal = judged.iter().find_map(|step| step.err());
        if refusal.is_none() || self.rules.switches.batch_with_bad_item == BatchWithBadItem::PartlyDone {
            for (machine, step) in order.machines.iter().zip(judged) {
                self.take(order, machine, step, at);
            }
        }
        refusal.map_or(Outcome::Succeeded, |refusal| Outcome::Failed(refusal.to_string()))
    }

    fn take(&mut self, order: &Order, machine: &InstanceId, step: Result<Step, Refusal>, at: Millis) {
        match step {
            Ok(Step::Link) => self.link(order, machine, at),
            Ok(Step::Unlink) => {
                if let Some(region) = self.places.get_mut(&order.place) {
                    region.links.end(machine, at);
                }
            }
            Ok(Step::Nothing) | Err(_) => {}
        }
    }

    fn check_locks(&self, order: &Order) -> Result<(), Refusal> {
        if self.cloud(&order.place.account) == Cloud::Alibaba {
            // Nothing is ever on its way there, and what a machine is doing is checked in its turn.
            return Ok(());
        }
        let switches = &self.rules.switches;
        let tasks_lock = switches.write_while_task_runs == WriteWhileTaskRuns::Locked;
        let region = self.places.get(&order.place);
        let is_locked = |id: &InstanceId| {
            let machine = region.and_then(|region| region.machines.of(id));
            machine.is_some_and(|machine| machine.busy || switches.locked_statuses.contains(&machine.status))
                || (tasks_lock && machine.is_some() && self.tasks.is_running_for(id))
        };
        if order.machines.iter().any(is_locked) { Err(Refusal::Busy) } else { Ok(()) }
    }

    fn is_checked_at_once(&self, order: &Order, refusal: Refusal) -> bool {
        if self.cloud(&order.place.account) == Cloud::Alibaba {
            return true;
        }
        let switches = &self.rules.switches;
        let general = switches.business_checks == Checked::Immediate;
        match refusal {
            Refusal::NotClassic => general && switches.not_classic != NotClassic::InTask,
            Refusal::CidrUnsupported => general && switches.unsupported_cidr == Checked::Immediate,
            Refusal::NoLink => general && switches.detach_without_link != DetachWithoutLink::TaskFailed,
            Refusal::Busy
            | Refusal::LinkedToThisVpc
            | Refusal::MachineNotOwned
            | Refusal::ClassicLinkOff
            | Refusal::WrongStatus
            | Refusal::RegionUnsupported => true,
            Refusal::VpcNotFound
            | Refusal::MachineNotFound
            | Refusal::AlreadyLinked
            | Refusal::QuotaReached
            | Refusal::AddressNotFound
            | Refusal::TaskNotFound => general,
        }
    }

    /// The dead records that a detach is refused for go a little later than that: after its task where the task is refused.
    fn schedule_vanishing(&mut self, order: &Order, now: Millis) {
        let vanishes = self.rules.switches.detach_of_dead_record == DetachOfDeadRecord::NotFoundThenVanishes;
        let Some(region) = self.places.get(&order.place).filter(|_| vanishes) else { return };
        if order.operation == Operation::Attach {
            return;
        }
        let at_once = self.is_checked_at_once(order, Refusal::NoLink);
        let refused = if at_once { now } else { now + self.task_duration(&order.place.account) };
        let at = refused + self.rules.timing.vanish_after_ms;
        for serial in order.machines.iter().filter_map(|machine| dead_record(region, machine, &order.vpc)) {
            self.agenda.put(at, Event::RecordVanishes { place: order.place.clone(), serial });
        }
    }
}

fn dead_record(region: &Region, machine: &InstanceId, vpc: &VpcId) -> Option<u64> {
    let link = region.links.of(machine)?;
    (link.vpc == *vpc && !region.is_alive(link)).then_some(link.serial)
}

fn without(mut order: Order, refused: &[Option<Refusal>]) -> Order {
    let mut refusals = refused.iter();
    order.machines.retain(|_| refusals.next().is_none_or(Option::is_none));
    order
}
