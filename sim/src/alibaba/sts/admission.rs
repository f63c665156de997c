//! Who calls, and whether they may: as with the other products, but that one action is anonymous.

use super::super::admission::{self, Signer, check_method, check_rate, required};
use super::super::failure::Failure;
use super::super::request::Request;
use super::action::{Action, SERVICE, VERSION};
use super::{arn, codes};
use crate::clock::Millis;
use crate::sim::Sim;
use crate::traffic::Api;

/// A caller who may do what they ask.
#[derive(Debug)]
pub(super) struct Caller {
    /// Their own account; without a key that of the role they want, empty if there is none such.
    pub(super) account: String,
    pub(super) action: Action,
    /// None for an anonymous call.
    pub(super) signer: Option<Signer>,
}

/// Lets a request in, or tells why not.
pub(super) fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
    check_method(request)?;
    let action = known_action(request)?;
    let signer = signer(sim, action, request, now)?;
    let account = signer.as_ref().map(|signer| signer.account.clone());
    let account = account.or_else(|| arn::owner(sim, &request.params)).unwrap_or_default();
    check_rate(sim, &account, (Api::AlibabaSts, action.name()), request, now)?;
    // Everyone may ask who they are, and a web identity is let in by the role alone.
    if let (Action::AssumeRole, Some(signer)) = (action, &signer)
        && !signer.key.may(SERVICE, action.name())
    {
        return Err(codes::unauthorized());
    }
    Ok(Caller { account, action, signer })
}

fn known_action(request: &Request) -> Result<Action, Failure> {
    let name = required(request.action(), "Action")?;
    let version = required(request.version(), "Version")?;
    let action = Action::named(name).filter(|_| version == VERSION);
    action.ok_or_else(|| {
        Failure::not_found("InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
    })
}

/// A call that needs no signature may have one; then it must be right.
fn signer(sim: &mut Sim, action: Action, request: &Request, now: Millis) -> Result<Option<Signer>, Failure> {
    if action != Action::AssumeRoleWithOIDC || !request.is_anonymous() {
        return admission::signer(sim, request, now).map(Some);
    }
    let cloud_now = now.saturating_add_signed(sim.traffic.clock_skew_ms);
    admission::check_time(required(request.timestamp(), "Timestamp")?, cloud_now)?;
    Ok(None)
}
