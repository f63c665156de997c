//! Tencent's API 3.0 for the services `vpc` and `cvm`, version 2017-03-12.
//!
//! Turns a request into a call on the world and its result into the envelope of this API: `read`, `tc3` and `admission`
//! let a request in, `links`, `vpcs` and `machines` carry it out, `codes` and `envelope` answer. Must never share a type
//! with a client of the API. `sts` is a service of its own, on a port of its own. In the real world the service is told by
//! the host; here any host serves both, and the signature covers the host as it was sent.

mod action;
mod admission;
mod codes;
mod envelope;
mod filters;
mod links;
mod machines;
mod page;
mod params;
mod read;
mod settings;
mod sts;
mod tc3;
mod uuid;
mod vpcs;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request as HttpRequest, Response};
use axum::routing::any;

pub use action::Action;
use admission::Caller;
use envelope::{Failure, Fields};
use params::Params;
use read::{Proof, Request};
pub use settings::Settings;
pub use sts::{Action as StsAction, Settings as StsSettings, router as sts_router};

use crate::clock::Millis;
use crate::dialect::{self, Dialect};
use crate::sim::{Shared, Sim};
use crate::traffic::{Answer, Api, NO_ACTION, NewCall, Subject};
use crate::world::Operation;

/// The path of both services.
const PATH: &str = "/";

/// The server of the API.
pub fn router(shared: Shared) -> Router {
    Router::new().route(PATH, any(answer)).with_state(shared)
}

async fn answer(State(shared): State<Shared>, request: HttpRequest<Body>) -> Response<Body> {
    dialect::serve::<TencentV3>(shared, Ok(Request::read(request).await)).await
}

/// The dialect.
#[derive(Debug)]
struct TencentV3;

impl Dialect for TencentV3 {
    type Request = Request;
    type Caller = Caller;
    type Fields = Fields;
    type Failure = Failure;

    fn note(sim: &Sim, request: Option<&Request>) -> NewCall {
        new_call(sim, request)
    }

    /// A write that is let in and meets another in flight is noted, too.
    fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
        let caller = admission::admit(sim, request, now)?;
        if let (Some(operation), Ok(params)) = (caller.action.operation(), &request.params) {
            sim.world.note_arrival(&caller.place, operation, &links::named_machines(params), now);
        }
        Ok(caller)
    }

    fn subject<'a>(caller: &'a Caller, request: &'a Request) -> Subject<'a> {
        let names = request.params.as_ref().map(Params::leaves).unwrap_or_default();
        Subject { api: Api::TencentV3, action: caller.action.name(), account: &caller.place.account, names }
    }

    fn perform(
        sim: &mut Sim,
        caller: &Caller,
        request: &Request,
        task_failure: Option<String>,
        now: Millis,
    ) -> Result<Fields, Failure> {
        let params = request.params.as_ref().map_err(Clone::clone)?;
        let write = |sim, operation| links::write(sim, caller, (operation, &request.id), params, task_failure, now);
        match caller.action {
            Action::AttachClassicLinkVpc => write(sim, Operation::Attach),
            Action::DetachClassicLinkVpc => write(sim, Operation::Detach),
            Action::DescribeClassicLinkInstances => links::list(sim, caller, params, now),
            Action::DescribeVpcTaskResult => links::task(sim, caller, params, now),
            Action::DescribeVpcs => vpcs::list(sim, caller, params),
            Action::DescribeVpcLimits => vpcs::limits(sim, params),
            Action::DescribeVpcResourceDashboard => vpcs::dashboard(sim, caller, params, now),
            Action::DescribeInstances => machines::list(sim, caller, params),
        }
    }

    fn answer(sim: &Sim, request: Option<&Request>, outcome: Result<Fields, Failure>) -> Answer {
        let id = request.map(|request| request.id.as_str()).unwrap_or_default();
        envelope::answer(outcome, id, &sim.tencent_v3)
    }
}

/// What the log of calls keeps: nothing but what the action documents, by the names that v2 has for it, and a key id
/// only if there is such a key.
fn new_call(sim: &Sim, request: Option<&Request>) -> NewCall {
    let common = request.map(|request| &request.common);
    let proof = request.and_then(|request| request.proof.as_ref().ok());
    let key = proof.and_then(Proof::secret_id).and_then(|id| sim.world.key(id).map(|(account, _)| (account, id)));
    let action = common.and_then(|common| common.action.as_deref()).and_then(Action::named);
    let region = common.and_then(|common| common.region.clone()).map(|region| ("Region".to_owned(), region));
    let params = request.and_then(|request| request.params.as_ref().ok()).into_iter().flat_map(Params::flattened);
    let is_kept = |name: &str| action.is_some_and(|action| has_in_log(action, name));
    NewCall {
        api: Api::TencentV3,
        request_id: request.map(|request| request.id.clone()),
        action: action.map_or(NO_ACTION, Action::name),
        account: key.map(|(account, _)| account.clone()),
        key_id: key.map(|(_, id)| id.to_owned()),
        params: region.into_iter().chain(params.filter(|(name, _)| is_kept(name))).collect(),
    }
}

/// Whether a name as the log has it begins with a parameter of the action.
fn has_in_log(action: Action, name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let (first, rest) = stem.split_at_checked(1).unwrap_or_default();
    action.has(&format!("{}{rest}", first.to_uppercase()))
}
