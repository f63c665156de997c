//! Who calls, and whether they may: everything that is checked before the action's own parameters.
//!
//! The order is key, time, replay, signature, token, service, version, action, region, rate, permission; the true one
//! is undocumented. A request signed by its header has no nonce, so that it may come twice: the vendor's library
//! sends two calls of one second with one signature.

use super::action::{Action, VERSION};
use super::codes;
use super::envelope::Failure;
use super::params::Params;
use super::read::{Common, Proof, Request, not_compliant};
use super::settings::{Settings, State, UnknownParameters};
use super::tc3;
use crate::clock::Millis;
use crate::sim::Sim;
use crate::tencent::form::Form;
use crate::tencent::gate::{self, Denied};
use crate::tencent::regions;
use crate::tencent::sign::{self, Method};
use crate::traffic::Api;
use crate::world::{Key, Place};

/// The services that are played.
const SERVICES: [&str; 2] = ["vpc", "cvm"];

/// A caller who may do what they ask.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) place: Place,
    pub(super) action: Action,
}

/// Whose key signed a request.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) account: String,
    pub(super) key_id: String,
    pub(super) key: Key,
}

/// Lets a request in, or tells why not.
pub(super) fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
    let Signer { account, key_id, key } = signer(sim, request, now)?;
    let settings = sim.tencent_v3.clone();
    let denied = |denied| codes::denied(&denied, &settings);
    let proof = request.proof.as_ref().map_err(Clone::clone)?;
    let action = online_action(&request.common, proof, &settings)?;
    let place = Place { account, region: required(request.common.region.as_deref(), "Region")?.to_owned() };
    check_region(sim, &place)?;
    gate::check_rate(sim, (Api::TencentV3, action.name()), &key_id, &place.region, now).map_err(denied)?;
    gate::check_permission(&key, action.service(), action.name()).map_err(denied)?;
    let params = request.params.as_ref().map_err(Clone::clone)?;
    check_parameters(params, |name| action.has(name), settings.unknown_parameters)?;
    Ok(Caller { place, action })
}

/// Whose key signed a request, if it is signed, by a key that works, now.
pub(super) fn signer(sim: &mut Sim, request: &Request, now: Millis) -> Result<Signer, Failure> {
    let proof = request.proof.as_ref().map_err(Clone::clone)?;
    if matches!(proof, Proof::Skipped) {
        return Err(not_compliant());
    }
    let key_id = required(proof.secret_id(), "SecretId")?.to_owned();
    let timestamp = timestamp(&request.common)?;
    let settings = sim.tencent_v3.clone();
    let denied = |denied| codes::denied(&denied, &settings);
    let (account, key) = gate::known_key(sim, &key_id).map_err(denied)?;
    gate::check_time(sim, timestamp, now).map_err(denied)?;
    check_proof(sim, proof, &key, timestamp, now)?;
    gate::check_token(&key, request.common.token.as_deref(), now).map_err(denied)?;
    Ok(Signer { account, key_id, key })
}

/// The time that a request says it was sent at.
pub(super) fn timestamp(common: &Common) -> Result<u64, Failure> {
    number(required(common.timestamp.as_deref(), "Timestamp")?, "Timestamp")
}

fn check_proof(sim: &mut Sim, proof: &Proof, key: &Key, timestamp: u64, now: Millis) -> Result<(), Failure> {
    match proof {
        Proof::Header { authorization, raw } => {
            let expected = tc3::signature(raw, authorization, key.secret.reveal(), timestamp);
            let checked = gate::check_signature(expected.as_deref(), &authorization.signature);
            checked.map_err(|denied| codes::denied(&denied, &sim.tencent_v3))
        }
        Proof::Form { verb, host, form } => {
            let nonce = number(required(form.text("Nonce"), "Nonce")?, "Nonce")?;
            let (id, sent) =
                (required(form.text("SecretId"), "SecretId")?, required(form.text("Signature"), "Signature")?);
            let expected = expected_signature(&sign::text(verb, host, "/", form), form, key);
            let checked = check_form(sim, id, (timestamp, nonce), expected.as_deref(), sent);
            checked.map_err(|denied| codes::denied(&denied, &sim.tencent_v3))?;
            gate::use_nonce(sim, id, timestamp, nonce, now);
            Ok(())
        }
        Proof::Skipped => Err(not_compliant()),
    }
}

fn check_form(
    sim: &Sim,
    secret_id: &str,
    (timestamp, nonce): (u64, u64),
    expected: Option<&str>,
    sent: &str,
) -> Result<(), Denied> {
    gate::check_nonce(sim, secret_id, timestamp, nonce)?;
    gate::check_signature(expected, sent)
}

fn expected_signature(text: &str, form: &Form, key: &Key) -> Option<String> {
    let method = Method::named(form.text("SignatureMethod"))?;
    sign::signature(method, key.secret.reveal(), text)
}

fn online_action(common: &Common, proof: &Proof, settings: &Settings) -> Result<Action, Failure> {
    let service = proof.service();
    if service.is_some_and(|service| !SERVICES.contains(&service)) {
        return Err(Failure::new("NoSuchProduct", "The product does not exist."));
    }
    match settings.api {
        State::Online => {}
        State::Offline => return Err(Failure::new("ActionOffline", "This API has been deprecated.")),
        State::Unavailable => return Err(Failure::new("ServiceUnavailable", "The service is unavailable.")),
    }
    if required(common.version.as_deref(), "Version")? != VERSION {
        return Err(Failure::new("NoSuchVersion", "The API version does not exist."));
    }
    let action = Action::named(required(common.action.as_deref(), "Action")?);
    // An action of the other service is none of this one.
    let action = action.filter(|action| service.is_none_or(|service| service == action.service()));
    action.ok_or_else(|| Failure::new("InvalidAction", "The API does not exist."))
}

/// Regions have long names here. One that is not in the documents exists if something is in it.
pub(super) fn check_region(sim: &Sim, place: &Place) -> Result<(), Failure> {
    if regions::is_long(&place.region) || sim.world.region(place).is_some() {
        return Ok(());
    }
    Err(Failure::new("UnsupportedRegion", "API does not support the requested region."))
}

pub(super) fn check_parameters(
    params: &Params,
    has: impl Fn(&str) -> bool,
    unknown: UnknownParameters,
) -> Result<(), Failure> {
    match (unknown, params.names().find(|name| !has(name))) {
        (UnknownParameters::Refused, Some(name)) => {
            Err(Failure::new("UnknownParameter", format!("The parameter `{name}` is not recognized.")))
        }
        (UnknownParameters::Refused, None) | (UnknownParameters::Ignored, _) => Ok(()),
    }
}

pub(super) fn required<'a>(value: Option<&'a str>, name: &str) -> Result<&'a str, Failure> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| Failure::missing(name))
}

fn number(text: &str, name: &str) -> Result<u64, Failure> {
    text.parse().map_err(|_| Failure::wrong_type(name))
}
