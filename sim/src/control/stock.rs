//! Accounts, keys and VPCs. Roles and what comes of them are in `roles`.

use axum::extract::State;
use serde_json::json;

use super::body::{Answer, Body, Id};
use super::view;
use crate::sim::Shared;
use crate::world::{AccountChange, KeyChange, NewAccount, NewKey, NewVpc, VpcChange, VpcId};

pub(super) async fn accounts(State(shared): State<Shared>) -> Answer {
    Ok(shared.with(|sim, _| view::accounts(&sim.world)).into())
}

pub(super) async fn account(State(shared): State<Shared>, id: Id<String>) -> Answer {
    shared.with(|sim, _| view::account(&sim.world, &id.0))
}

pub(super) async fn add_account(State(shared): State<Shared>, Body(new): Body<NewAccount>) -> Answer {
    let id = new.id.clone();
    shared.with(|sim, _| {
        sim.world.add_account(new)?;
        view::account(&sim.world, &id)
    })
}

pub(super) async fn change_account(
    State(shared): State<Shared>,
    id: Id<String>,
    Body(change): Body<AccountChange>,
) -> Answer {
    shared.with(|sim, _| {
        sim.world.change_account(&id.0, &change)?;
        view::account(&sim.world, &id.0)
    })
}

pub(super) async fn remove_account(State(shared): State<Shared>, id: Id<String>) -> Answer {
    shared.with(|sim, _| sim.world.remove_account(&id.0))?;
    Ok(json!({}).into())
}

pub(super) async fn add_key(State(shared): State<Shared>, account: Id<String>, Body(new): Body<NewKey>) -> Answer {
    shared.with(|sim, _| {
        sim.world.add_key(&account.0, new)?;
        view::account(&sim.world, &account.0)
    })
}

pub(super) async fn change_key(
    State(shared): State<Shared>,
    Id((account, key)): Id<(String, String)>,
    Body(change): Body<KeyChange>,
) -> Answer {
    shared.with(|sim, _| {
        sim.world.change_key(&account, &key, change)?;
        view::account(&sim.world, &account)
    })
}

pub(super) async fn remove_key(State(shared): State<Shared>, Id((account, key)): Id<(String, String)>) -> Answer {
    shared.with(|sim, _| {
        sim.world.remove_key(&account, &key)?;
        view::account(&sim.world, &account)
    })
}

pub(super) async fn vpc(State(shared): State<Shared>, id: Id<VpcId>) -> Answer {
    shared.with(|sim, _| view::vpc(&sim.world, &id.0))
}

pub(super) async fn add_vpc(State(shared): State<Shared>, Body(new): Body<NewVpc>) -> Answer {
    shared.with(|sim, now| {
        let id = sim.world.add_vpc(new, now)?;
        view::vpc(&sim.world, &id)
    })
}

pub(super) async fn change_vpc(State(shared): State<Shared>, id: Id<VpcId>, Body(change): Body<VpcChange>) -> Answer {
    shared.with(|sim, _| {
        sim.world.change_vpc(&id.0, change)?;
        view::vpc(&sim.world, &id.0)
    })
}

pub(super) async fn remove_vpc(State(shared): State<Shared>, id: Id<VpcId>) -> Answer {
    shared.with(|sim, now| sim.world.remove_vpc(&id.0, now))?;
    Ok(json!({}).into())
}
