//! Alibaba's API: ECS 2014-05-26 and VPC 2016-04-28, as far as ClassicLink goes.
//!
//! Turns a request into a call on the world and its result into the envelope of this API: `request`, `sign` and
//! `admission` let it in, `links`, `machines` and `vpcs` carry it out, `codes`, `envelope` and `xml` answer. Must never
//! share a type with a client of the API. `sts` is a product of its own, on a port of its own. In the real world the
//! product is told by the host; here any host serves both, and the signature covers the host as it was sent.

mod action;
mod admission;
mod codes;
mod envelope;
mod failure;
mod links;
mod machines;
mod page;
mod params;
mod regions;
mod request;
mod settings;
mod sign;
mod sts;
mod vpcs;
mod xml;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request as HttpRequest, Response};
use axum::routing::any;

pub use action::Action;
use admission::Caller;
use envelope::Fields;
use failure::Failure;
use request::Request;
pub use settings::Settings;
pub use sts::{Action as StsAction, router as sts_router};

use crate::clock::Millis;
use crate::dialect::{self, Dialect};
use crate::sim::{Shared, Sim};
use crate::traffic::{Answer, Api, NewCall, Subject};
use crate::world::{Operation, Place};

/// The server of the API.
pub fn router(shared: Shared) -> Router {
    Router::new().route("/", any(answer)).with_state(shared)
}

async fn answer(State(shared): State<Shared>, request: HttpRequest<Body>) -> Response<Body> {
    dialect::serve::<Alibaba>(shared, Request::read(request).await).await
}

/// The dialect.
#[derive(Debug)]
struct Alibaba;

impl Dialect for Alibaba {
    type Request = Request;
    type Caller = Caller;
    type Fields = Fields;
    type Failure = Failure;

    /// Nothing but what the action documents.
    fn note(sim: &Sim, request: Option<&Request>) -> NewCall {
        let action = request.and_then(Request::action).and_then(Action::named);
        let is_kept = |name: &str| action.is_some_and(|action| action.has(name));
        request::new_call(sim, request, Api::Alibaba, action.map(Action::name), is_kept)
    }

    /// A write that is let in and meets another in flight is noted, too.
    fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
        let caller = admission::admit(sim, request, now)?;
        if let (Some(operation), Some(region)) = (caller.action.operation(), request.params.text("RegionId")) {
            let place = Place { account: caller.account.clone(), region: region.to_owned() };
            sim.world.note_arrival(&place, operation, &links::named_machines(&request.params), now);
        }
        Ok(caller)
    }

    fn subject<'a>(caller: &'a Caller, request: &'a Request) -> Subject<'a> {
        // Ids come alone, in commas, or as JSON in a text.
        let names = request.params.pairs().flat_map(|(_, value)| value.split([',', '"', '[', ']', ' ']));
        Subject {
            api: Api::Alibaba,
            action: caller.action.name(),
            account: &caller.account,
            names: names.filter(|name| !name.is_empty()).collect(),
        }
    }

    fn perform(
        sim: &mut Sim,
        caller: &Caller,
        request: &Request,
        task_failure: Option<String>,
        now: Millis,
    ) -> Result<Fields, Failure> {
        let params = &request.params;
        let place = regions::place(sim, &caller.account, caller.action, params)?;
        match caller.action {
            Action::AttachClassicLinkVpc => links::write(sim, place, Operation::Attach, params, task_failure, now),
            Action::DetachClassicLinkVpc => links::write(sim, place, Operation::Detach, params, task_failure, now),
            Action::DescribeClassicLinkInstances => links::list(sim, &place, params, now),
            Action::DescribeInstances => machines::list(sim, caller, &place, params),
            Action::DescribeVpcAttribute => vpcs::attribute(sim, &place, params),
            Action::DescribeVpcs => vpcs::list(sim, &place, params),
            Action::EnableVpcClassicLink => vpcs::switch(sim, &place, params, true),
            Action::DisableVpcClassicLink => vpcs::switch(sim, &place, params, false),
        }
    }

    fn answer(sim: &Sim, request: Option<&Request>, outcome: Result<Fields, Failure>) -> Answer {
        let action = request.and_then(Request::action).and_then(Action::named);
        envelope::answer(request, outcome, action.map_or("Ecs", |action| action.product().name()), &sim.alibaba)
    }
}
