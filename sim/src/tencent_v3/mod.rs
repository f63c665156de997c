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
use read::Request;
pub use settings::Settings;
pub use sts::{Action as StsAction, Settings as StsSettings, router as sts_router};

use crate::clock::Millis;
use crate::dialect::{self, Dialect};
use crate::sim::{Shared, Sim};
use crate::traffic::{Answer, Api, NewCall, Subject};
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

    /// Nothing but what the action documents, and the region.
    fn note(sim: &Sim, request: Option<&Request>) -> NewCall {
        let action = request.and_then(Request::action).and_then(Action::named);
        let is_kept = |name: &str| action.is_some_and(|action| has_in_log(action, name));
        let mut call = read::new_call(sim, request, Api::TencentV3, action.map(Action::name), is_kept);
        let region = request.and_then(|request| request.common.region.clone());
        call.params.extend(region.map(|region| ("Region".to_owned(), region)));
        call
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

/// Whether a name as the log has it begins with a parameter of the action.
fn has_in_log(action: Action, name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let (first, rest) = stem.split_at_checked(1).unwrap_or_default();
    action.has(&format!("{}{rest}", first.to_uppercase()))
}
