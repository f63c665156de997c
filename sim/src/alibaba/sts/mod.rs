//! Alibaba's STS, version 2015-04-01: who a key belongs to, and temporary keys for roles.
//!
//! Requests are read, proven and answered as by the other products; `arn` and `roles` do what is asked. A temporary key
//! and its token open the other products of the same account until they end.

mod action;
mod admission;
mod arn;
mod codes;
mod roles;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request as HttpRequest, Response};
use axum::routing::any;

pub use action::Action;
use admission::Caller;

use super::envelope::{self, Fields};
use super::failure::Failure;
use super::request::{Request, new_call};
use crate::clock::Millis;
use crate::dialect::{self, Dialect};
use crate::sim::{Shared, Sim};
use crate::traffic::{Answer, Api, NewCall, Subject};

/// The server of the API.
pub fn router(shared: Shared) -> Router {
    Router::new().route("/", any(answer)).with_state(shared)
}

async fn answer(State(shared): State<Shared>, request: HttpRequest<Body>) -> Response<Body> {
    dialect::serve::<AlibabaSts>(shared, Request::read(request).await).await
}

/// The dialect.
#[derive(Debug)]
struct AlibabaSts;

impl Dialect for AlibabaSts {
    type Request = Request;
    type Caller = Caller;
    type Fields = Fields;
    type Failure = Failure;

    /// A call without a key belongs to the account whose role it wants.
    fn note(sim: &Sim, request: Option<&Request>) -> NewCall {
        let action = request.and_then(Request::action).and_then(Action::named);
        let is_kept = |name: &str| action.is_some_and(|action| action.is_logged(name));
        let call = new_call(sim, request, Api::AlibabaSts, action.map(Action::name), is_kept);
        let owner = || request.and_then(|request| arn::owner(sim, &request.params));
        NewCall { account: call.account.or_else(owner), ..call }
    }

    fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
        admission::admit(sim, request, now)
    }

    fn subject<'a>(caller: &'a Caller, request: &'a Request) -> Subject<'a> {
        let names = request.params.pairs().map(|(_, value)| value).collect();
        Subject { api: Api::AlibabaSts, action: caller.action.name(), account: &caller.account, names }
    }

    fn perform(
        sim: &mut Sim,
        caller: &Caller,
        request: &Request,
        _task_failure: Option<String>,
        now: Millis,
    ) -> Result<Fields, Failure> {
        match caller.action {
            Action::GetCallerIdentity => roles::identity(sim, caller),
            Action::AssumeRole => roles::assume(sim, caller, &request.params, now),
            Action::AssumeRoleWithOIDC => roles::assume_with_oidc(sim, &request.params, now),
        }
    }

    fn answer(sim: &Sim, request: Option<&Request>, outcome: Result<Fields, Failure>) -> Answer {
        envelope::answer(request, outcome, "Sts", &sim.alibaba)
    }
}
