//! Settings, switches and faults.

use axum::extract::State;
use serde_json::{Value, json};

use super::body::{Answer, Body, Id, Query, Trouble};
use crate::sim::{Settings, Shared, Sim, Unfit, expect_action};
use crate::space;
use crate::traffic::NewFault;

pub(super) async fn all(State(shared): State<Shared>) -> Answer {
    shared.with(|sim, _| show(sim))
}

/// Changes what the body mentions and leaves the rest. A map (`latencyMs`, `callsPerSecond`) is merged as well.
pub(super) async fn change(State(shared): State<Shared>, Body(change): Body<Value>) -> Answer {
    shared.with(|sim, _| {
        let mut settings = serde_json::to_value(sim.settings()).map_err(|error| Trouble::bad(&error))?;
        merge(&mut settings, change);
        sim.apply(serde_json::from_value(settings).map_err(|error| Trouble::bad(&error))?)?;
        show(sim)
    })
}

/// Every switch with all its settings.
pub(super) async fn space(query: Query) -> Answer {
    query.expect_only(&["api"])?;
    let api = query.text("api").map(|api| serde_json::from_value(api.into())).transpose();
    Ok(json!(space::all(api.map_err(|error| Trouble::bad(&error))?)).into())
}

pub(super) async fn reset(State(shared): State<Shared>) -> Answer {
    shared.with(|sim, _| {
        sim.apply(Settings::default())?;
        show(sim)
    })
}

pub(super) async fn faults(State(shared): State<Shared>) -> Answer {
    Ok(shared.with(|sim, _| json!(sim.faults.all())).into())
}

pub(super) async fn add_fault(State(shared): State<Shared>, Body(fault): Body<NewFault>) -> Answer {
    expect_action(&fault.action)?;
    if let Some(api) = fault.api.filter(|api| !fault.effect.suits(*api)) {
        return Err(Unfit::NoCode(api).into());
    }
    Ok(shared.with(|sim, _| json!({ "id": sim.faults.add(fault) })).into())
}

pub(super) async fn remove_fault(State(shared): State<Shared>, id: Id<u64>) -> Answer {
    if shared.with(|sim, _| sim.faults.remove(id.0)) {
        return Ok(json!({}).into());
    }
    Err(Trouble::missing(&format!("there is no fault {}", id.0)))
}

pub(super) async fn clear_faults(State(shared): State<Shared>) -> Answer {
    shared.with(|sim, _| sim.faults.clear());
    Ok(json!({}).into())
}

fn show(sim: &Sim) -> Answer {
    Ok(serde_json::to_value(sim.settings()).map_err(|error| Trouble::bad(&error))?.into())
}

fn merge(base: &mut Value, change: Value) {
    match (base, change) {
        (Value::Object(base), Value::Object(change)) => {
            for (name, value) in change {
                merge(base.entry(name).or_insert(Value::Null), value);
            }
        }
        (base, change) => *base = change,
    }
}
