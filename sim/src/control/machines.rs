//! Machines, and what befalls them.

use std::net::Ipv4Addr;

use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::body::{Answer, Body, Id};
use super::view;
use crate::clock::Millis;
use crate::sim::Shared;
use crate::world::{InstanceId, Isolation, Lock, MachineStatus, Mistake, NewMachine, VpcId, World};

/// `{"ip": "10.9.0.4"}`; `null`: the machine has no address for now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Address {
    #[serde(deserialize_with = "Option::deserialize")]
    ip: Option<Ipv4Addr>,
}

/// `{"status": "stopped"}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Status {
    status: MachineStatus,
}

/// `{"reason": "arrears"}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cause {
    reason: Isolation,
}

/// `{"vpcId": "vpc-demo0001", "ip": "10.0.0.9"}`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Destination {
    vpc_id: VpcId,
    ip: Ipv4Addr,
}

/// `{"busy": true}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Business {
    busy: bool,
}

/// `{"locks": ["financial"]}`; an empty list: it is not locked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Locks {
    locks: Vec<Lock>,
}

/// `{}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

pub(super) async fn add(State(shared): State<Shared>, Body(new): Body<NewMachine>) -> Answer {
    shared.with(|sim, now| {
        let id = sim.world.add_machine(new, now)?;
        view::machine(&sim.world, &id)
    })
}

pub(super) async fn one(State(shared): State<Shared>, id: Id<InstanceId>) -> Answer {
    shared.with(|sim, _| view::machine(&sim.world, &id.0))
}

pub(super) async fn destroy(
    State(shared): State<Shared>,
    id: Id<InstanceId>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer {
    shared.with(|sim, now| sim.world.destroy_machine(&id.0, now))?;
    Ok(json!({}).into())
}

pub(super) async fn change_ip(State(shared): State<Shared>, id: Id<InstanceId>, Body(to): Body<Address>) -> Answer {
    befall(&shared, &id.0, |world, now| world.change_ip(&id.0, to.ip, now))
}

pub(super) async fn set_status(State(shared): State<Shared>, id: Id<InstanceId>, Body(to): Body<Status>) -> Answer {
    befall(&shared, &id.0, |world, now| world.set_status(&id.0, to.status, now))
}

pub(super) async fn set_busy(State(shared): State<Shared>, id: Id<InstanceId>, Body(to): Body<Business>) -> Answer {
    befall(&shared, &id.0, |world, _| world.set_busy(&id.0, to.busy))
}

pub(super) async fn set_locks(State(shared): State<Shared>, id: Id<InstanceId>, Body(to): Body<Locks>) -> Answer {
    befall(&shared, &id.0, |world, _| world.set_locks(&id.0, to.locks))
}

pub(super) async fn isolate(State(shared): State<Shared>, id: Id<InstanceId>, Body(cause): Body<Cause>) -> Answer {
    befall(&shared, &id.0, |world, _| world.set_isolation(&id.0, Some(cause.reason)))
}

pub(super) async fn release_isolation(
    State(shared): State<Shared>,
    id: Id<InstanceId>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer {
    befall(&shared, &id.0, |world, _| world.set_isolation(&id.0, None))
}

pub(super) async fn give_back(
    State(shared): State<Shared>,
    id: Id<InstanceId>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer {
    befall(&shared, &id.0, |world, now| world.return_machine(&id.0, now))
}

pub(super) async fn migrate(State(shared): State<Shared>, id: Id<InstanceId>, Body(to): Body<Destination>) -> Answer {
    befall(&shared, &id.0, |world, now| world.migrate(&id.0, to.vpc_id, to.ip, now))
}

fn befall(shared: &Shared, id: &InstanceId, event: impl FnOnce(&mut World, Millis) -> Result<(), Mistake>) -> Answer {
    shared.with(|sim, now| {
        event(&mut sim.world, now)?;
        view::machine(&sim.world, id)
    })
}
