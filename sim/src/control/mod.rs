//! The control API: arranges the scene, throws the switches, puts faults in the way and reads everything back.
//!
//! JSON over HTTP on a port of its own, described in `README.md`. Secrets go in and never come out.

mod body;
mod machines;
mod roles;
mod settings;
mod stock;
mod view;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, Uri};
use axum::routing::{delete, get, post};
use serde_json::json;

use crate::seed::Seed;
use crate::sim::Shared;
use crate::world::NewLink;
use body::{Answer, Body, Query, Trouble};

/// A scene of a hundred thousand machines fits.
const LARGEST_BODY: usize = 64 << 20;

/// How many calls the log gives when nobody says.
const DEFAULT_LOG: usize = 1_000;

/// The server of the control API.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/accounts", get(stock::accounts).post(stock::add_account))
        .route("/accounts/{account}", get(stock::account).patch(stock::change_account).delete(stock::remove_account))
        .route("/accounts/{account}/keys", post(stock::add_key))
        .route("/accounts/{account}/keys/{key}", delete(stock::remove_key).patch(stock::change_key))
        .route("/accounts/{account}/roles", post(roles::add_role))
        .route("/accounts/{account}/roles/{role}", delete(roles::remove_role).patch(roles::change_role))
        .route("/accounts/{account}/identities", post(roles::add_identity))
        .route("/accounts/{account}/identities/{name}", delete(roles::remove_identity).patch(roles::change_identity))
        .route("/sessions/expire", post(roles::expire))
        .route("/metadata", get(roles::bindings).post(roles::bind))
        .route("/metadata/{account}/{role}", delete(roles::unbind))
        .route("/vpcs", post(stock::add_vpc))
        .route("/vpcs/{vpc}", get(stock::vpc).patch(stock::change_vpc).delete(stock::remove_vpc))
        .route("/machines", post(machines::add))
        .route("/machines/{machine}", get(machines::one).delete(machines::destroy))
        .route("/machines/{machine}/change-ip", post(machines::change_ip))
        .route("/machines/{machine}/status", post(machines::set_status))
        .route("/machines/{machine}/busy", post(machines::set_busy))
        .route("/machines/{machine}/locks", post(machines::set_locks))
        .route("/machines/{machine}/isolate", post(machines::isolate))
        .route("/machines/{machine}/release-isolation", post(machines::release_isolation))
        .route("/machines/{machine}/return", post(machines::give_back))
        .route("/machines/{machine}/destroy", post(machines::destroy))
        .route("/machines/{machine}/migrate-to-vpc", post(machines::migrate))
        .route("/links", post(link))
        .route("/links/{machine}", delete(unlink))
        .route("/seed", post(seed))
        .route("/settings", get(settings::all).patch(settings::change).delete(settings::reset))
        .route("/settings/space", get(settings::space))
        .route("/faults", get(settings::faults).post(settings::add_fault).delete(settings::clear_faults))
        .route("/faults/{fault}", delete(settings::remove_fault))
        .route("/state", get(state))
        .route("/calls", get(calls))
        .route("/calls/reset", post(reset_calls))
        .route("/calls/log", get(call_log))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(shared)
}

async fn link(State(shared): State<Shared>, Body(new): Body<NewLink>) -> Answer {
    let machine = new.instance_id.clone();
    shared.with(|sim, now| {
        sim.world.link_by_hand(new, now)?;
        view::machine(&sim.world, &machine)
    })
}

async fn unlink(State(shared): State<Shared>, machine: body::Id<crate::world::InstanceId>) -> Answer {
    shared.with(|sim, now| {
        sim.world.unlink_by_hand(&machine.0, now)?;
        view::machine(&sim.world, &machine.0)
    })
}

async fn seed(State(shared): State<Shared>, Body(seed): Body<Seed>) -> Answer {
    shared.with(|sim, now| seed.plant(sim, now))?;
    Ok(json!({}).into())
}

async fn state(State(shared): State<Shared>, query: Query) -> Answer {
    query.expect_only(&["account"])?;
    Ok(shared.with(|sim, now| view::state(&sim.world, query.text("account"), now)).into())
}

async fn calls(State(shared): State<Shared>) -> Answer {
    Ok(shared.with(|sim, _| json!(sim.calls.counts())).into())
}

async fn reset_calls(State(shared): State<Shared>) -> Answer {
    shared.with(|sim, _| sim.calls.reset());
    Ok(json!({}).into())
}

async fn call_log(State(shared): State<Shared>, query: Query) -> Answer {
    query.expect_only(&["account", "limit"])?;
    let limit = query.number("limit")?.unwrap_or(DEFAULT_LOG);
    Ok(shared.with(|sim, _| json!(sim.calls.last(limit, query.text("account")))).into())
}

async fn unknown(method: Method, uri: Uri) -> Answer {
    Err(Trouble::missing(&format!("there is no {method} {}", uri.path())))
}
