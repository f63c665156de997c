//! Who calls, and whether they may: as in the rest of API 3.0, but that one action needs no signature.

use super::super::admission::{self, Signer, check_parameters, check_region, required};
use super::super::codes;
use super::super::envelope::Failure;
use super::super::read::{Proof, Request};
use super::action::{Action, SERVICE, VERSION};
use super::arn;
use crate::clock::Millis;
use crate::sim::Sim;
use crate::tencent::gate;
use crate::traffic::Api;
use crate::world::Place;

/// A caller who may do what they ask.
#[derive(Debug)]
pub(super) struct Caller {
    /// Their own account; without a key that of the role they want, empty if there is none such.
    pub(super) account: String,
    pub(super) action: Action,
    /// None for a call that needs no signature and has none.
    pub(super) signer: Option<Signer>,
}

/// Lets a request in, or tells why not.
pub(super) fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
    let signer = signer(sim, request, now)?;
    let action = action(request)?;
    let settings = sim.tencent_v3.clone();
    let denied = |denied| codes::denied(&denied, &settings);
    let params = request.params.as_ref().map_err(Clone::clone)?;
    let account = signer.as_ref().map(|signer| signer.account.clone());
    let account = account.or_else(|| arn::owner(sim, params)).unwrap_or_default();
    let place = Place { account, region: required(request.common.region.as_deref(), "Region")?.to_owned() };
    check_region(sim, &place)?;
    let who = signer.as_ref().map_or(&place.account, |signer| &signer.key_id).clone();
    let rate = gate::check_rate(sim, (Api::TencentSts, action.name()), &who, &place.region, now);
    rate.map_err(|denied| super::codes::denied(&denied, sim))?;
    // Everyone may ask who they are; a signature that was not needed asks for no permission either.
    if let (Action::AssumeRole, Some(signer)) = (action, &signer) {
        gate::check_permission(&signer.key, SERVICE, action.name()).map_err(denied)?;
    }
    check_parameters(params, |name| action.has(name), settings.unknown_parameters)?;
    Ok(Caller { account: place.account, action, signer })
}

/// An SDK signs the action that needs no signature all the same ; then the signature must be right.
fn signer(sim: &mut Sim, request: &Request, now: Millis) -> Result<Option<Signer>, Failure> {
    let is_skipped = matches!(request.proof, Ok(Proof::Skipped));
    let needs_none = request.common.action.as_deref() == Some(Action::AssumeRoleWithWebIdentity.name());
    if !is_skipped || !needs_none {
        return admission::signer(sim, request, now).map(Some);
    }
    let timestamp = admission::timestamp(&request.common)?;
    gate::check_time(sim, timestamp, now).map_err(|denied| codes::denied(&denied, &sim.tencent_v3))?;
    Ok(None)
}

fn action(request: &Request) -> Result<Action, Failure> {
    let service = request.proof.as_ref().map_err(Clone::clone)?.service();
    if service.is_some_and(|service| service != SERVICE) {
        return Err(Failure::new("NoSuchProduct", "The product does not exist."));
    }
    if required(request.common.version.as_deref(), "Version")? != VERSION {
        return Err(Failure::new("NoSuchVersion", "The API version does not exist."));
    }
    let action = Action::named(required(request.common.action.as_deref(), "Action")?);
    action.ok_or_else(|| Failure::new("InvalidAction", "The API does not exist."))
}
