//! Who calls, and whether they may: everything that is checked before the action's own parameters.
//!
//! The order is key, time, replay, signature, token, action, rate, permission; the true one is undocumented.

use super::action::Action;
use super::envelope::Failure;
use super::settings::{Settings, State, UnknownParameters};
use super::{Request, codes};
use crate::clock::Millis;
use crate::sim::Sim;
use crate::tencent::form::Form;
use crate::tencent::sign::{self, Method};
use crate::tencent::{gate, regions};
use crate::traffic::Api;
use crate::world::{Key, Place};

/// Parameters that every action has.
const COMMON: [&str; 10] = [
    "Action",
    "Region",
    "Timestamp",
    "Nonce",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Token",
    "RequestClient",
    "Version",
];

/// A caller who may do what they ask.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) place: Place,
    pub(super) action: Action,
}

/// Lets a request in, or tells why not.
pub(super) fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
    let params = &request.params;
    let secret_id = params.required("SecretId")?;
    let (action_name, signature) = (params.required("Action")?, params.required("Signature")?);
    let (timestamp, nonce) = (params.required_number("Timestamp")?, params.required_number("Nonce")?);

    let settings = sim.tencent_v2.clone();
    let denied = |denied| codes::denied(&denied, &settings);
    let (account, key) = gate::known_key(sim, secret_id).map_err(denied)?;
    gate::check_time(sim, timestamp, now).map_err(denied)?;
    gate::check_nonce(sim, secret_id, timestamp, nonce).map_err(denied)?;
    gate::check_signature(expected_signature(request, &key).as_deref(), signature).map_err(denied)?;
    gate::use_nonce(sim, secret_id, timestamp, nonce, now);
    gate::check_token(&key, params.text("Token"), now).map_err(denied)?;
    let action = online_action(action_name, params, &settings)?;
    let region = region(params)?;
    gate::check_rate(sim, (Api::TencentV2, action.name()), secret_id, region, now).map_err(denied)?;
    gate::check_permission(&key, action.module(), action.name()).map_err(denied)?;
    check_parameters(action, params, &settings)?;
    Ok(Caller { place: Place { account, region: region.to_owned() }, action })
}

fn expected_signature(request: &Request, key: &Key) -> Option<String> {
    let text = sign::text(&request.verb, &request.host, &request.path, &request.params);
    let method = Method::named(request.params.text("SignatureMethod"))?;
    sign::signature(method, key.secret.reveal(), &text)
}

fn online_action(name: &str, params: &Form, settings: &Settings) -> Result<Action, Failure> {
    match settings.api {
        State::Online => {}
        State::Offline => return Err(Failure::new(6100, "the API is offline")),
        State::Maintenance => return Err(Failure::new(6200, "the action is under maintenance")),
    }
    // `Version` asks for the hybrid form of CVM calls (213/9388), which is not played.
    let action = Action::named(name).filter(|_| params.text("Version").is_none());
    action.ok_or_else(|| Failure::new(6100, "the version or action is not supported here"))
}

fn region(params: &Form) -> Result<&'static str, Failure> {
    regions::long(params.required("Region")?).ok_or_else(|| Failure::parameter("Region is unknown"))
}

fn check_parameters(action: Action, params: &Form, settings: &Settings) -> Result<(), Failure> {
    let is_unknown = |name: &str| !COMMON.contains(&name) && !action.has(name);
    match (settings.unknown_parameters, params.pairs().find(|(name, _)| is_unknown(name))) {
        (UnknownParameters::Refused, Some((name, _))) => {
            Err(Failure::parameter(format!("{name} is not a parameter of {}", action.name())))
        }
        (UnknownParameters::Refused, None) | (UnknownParameters::Ignored, _) => Ok(()),
    }
}
