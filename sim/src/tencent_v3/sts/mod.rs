//! Tencent's STS, version 2018-08-13: who a key belongs to, and temporary keys for roles.
//!
//! Requests are read, proven and answered as in the rest of API 3.0; `arn` and `roles` do what is asked. A temporary key
//! and its token open the other services of the same account until they end.

mod action;
mod admission;
mod arn;
mod codes;
mod roles;
mod settings;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request as HttpRequest, Response};
use axum::routing::any;

pub use action::Action;
use admission::Caller;
pub use settings::Settings;

use super::PATH;
use super::envelope::{self, Failure, Fields};
use super::params::Params;
use super::read::{Request, new_call};
use crate::clock::Millis;
use crate::dialect::{self, Dialect};
use crate::sim::{Shared, Sim};
use crate::traffic::{Answer, Api, NewCall, Subject};

/// The server of the API.
pub fn router(shared: Shared) -> Router {
    Router::new().route(PATH, any(answer)).with_state(shared)
}

async fn answer(State(shared): State<Shared>, request: HttpRequest<Body>) -> Response<Body> {
    dialect::serve::<TencentSts>(shared, Ok(Request::read(request).await)).await
}

/// The dialect.
#[derive(Debug)]
struct TencentSts;

impl Dialect for TencentSts {
    type Request = Request;
    type Caller = Caller;
    type Fields = Fields;
    type Failure = Failure;

    /// A call without a key belongs to the account whose role it wants.
    fn note(sim: &Sim, request: Option<&Request>) -> NewCall {
        let action = request.and_then(Request::action).and_then(Action::named);
        let is_kept = |name: &str| action.is_some_and(|action| action.is_logged(name));
        let call = new_call(sim, request, Api::TencentSts, action.map(Action::name), is_kept);
        let params = request.and_then(|request| request.params.as_ref().ok());
        let owner = || params.and_then(|params| arn::owner(sim, params));
        NewCall { account: call.account.or_else(owner), ..call }
    }

    fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
        admission::admit(sim, request, now)
    }

    fn subject<'a>(caller: &'a Caller, request: &'a Request) -> Subject<'a> {
        let names = request.params.as_ref().map(Params::leaves).unwrap_or_default();
        Subject { api: Api::TencentSts, action: caller.action.name(), account: &caller.account, names }
    }

    fn perform(
        sim: &mut Sim,
        caller: &Caller,
        request: &Request,
        _task_failure: Option<String>,
        now: Millis,
    ) -> Result<Fields, Failure> {
        let params = request.params.as_ref().map_err(Clone::clone)?;
        match caller.action {
            Action::GetCallerIdentity => roles::identity(sim, caller),
            Action::AssumeRole => roles::assume(sim, caller, params, now),
            Action::AssumeRoleWithWebIdentity => roles::assume_with_web_identity(sim, params, now),
        }
    }

    fn answer(sim: &Sim, request: Option<&Request>, outcome: Result<Fields, Failure>) -> Answer {
        let id = request.map(|request| request.id.as_str()).unwrap_or_default();
        envelope::answer(outcome, id, &sim.tencent_v3)
    }
}
