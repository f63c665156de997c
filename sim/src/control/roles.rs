//! Roles, web identities, temporary keys, and the roles of the machine that a client runs on.

use axum::extract::State;
use serde_json::json;

use super::body::{Answer, Body, Id, Query, Trouble};
use super::machines::Nothing;
use super::view;
use crate::clock::Millis;
use crate::sim::Shared;
use crate::world::{Binding, IdentityChange, Mistake, NewIdentity, NewRole, RoleChange, World};

pub(super) async fn add_role(State(shared): State<Shared>, account: Id<String>, Body(new): Body<NewRole>) -> Answer {
    arrange(&shared, &account.0, |world| world.add_role(&account.0, new))
}

pub(super) async fn change_role(
    State(shared): State<Shared>,
    Id((account, role)): Id<(String, String)>,
    Body(change): Body<RoleChange>,
) -> Answer {
    arrange(&shared, &account, |world| world.change_role(&account, &role, change))
}

pub(super) async fn remove_role(State(shared): State<Shared>, Id((account, role)): Id<(String, String)>) -> Answer {
    arrange(&shared, &account, |world| world.remove_role(&account, &role))
}

pub(super) async fn add_identity(
    State(shared): State<Shared>,
    account: Id<String>,
    Body(new): Body<NewIdentity>,
) -> Answer {
    arrange(&shared, &account.0, |world| world.add_identity(&account.0, new))
}

pub(super) async fn change_identity(
    State(shared): State<Shared>,
    Id((account, name)): Id<(String, String)>,
    Body(change): Body<IdentityChange>,
) -> Answer {
    arrange(&shared, &account, |world| world.change_identity(&account, &name, change))
}

pub(super) async fn remove_identity(State(shared): State<Shared>, Id((account, name)): Id<(String, String)>) -> Answer {
    arrange(&shared, &account, |world| world.remove_identity(&account, &name))
}

pub(super) async fn expire(State(shared): State<Shared>, query: Query, Body(Nothing {}): Body<Nothing>) -> Answer {
    query.expect_only(&["account"])?;
    let ended = shared.with(|sim, now: Millis| sim.world.expire_sessions(query.text("account"), now));
    Ok(json!({ "ended": ended }).into())
}

pub(super) async fn bindings(State(shared): State<Shared>) -> Answer {
    Ok(shared.with(|sim, _| json!(sim.world.bindings().collect::<Vec<_>>())).into())
}

pub(super) async fn bind(State(shared): State<Shared>, Body(new): Body<Binding>) -> Answer {
    shared.with(|sim, _| sim.world.bind(new))?;
    bindings(State(shared)).await
}

pub(super) async fn unbind(State(shared): State<Shared>, Id((account, role)): Id<(String, String)>) -> Answer {
    if shared.with(|sim, _| sim.world.unbind(&account, &role)) {
        return bindings(State(shared)).await;
    }
    Err(Trouble::missing(&format!("the machine has no role `{account}/{role}`")))
}

fn arrange(shared: &Shared, account: &str, change: impl FnOnce(&mut World) -> Result<(), Mistake>) -> Answer {
    shared.with(|sim, _| {
        change(&mut sim.world)?;
        view::account(&sim.world, account)
    })
}
