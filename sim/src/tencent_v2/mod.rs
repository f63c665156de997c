//! Tencent's API v2 ("API 2017") for the modules `vpc` and `cvm`.
//!
//! Turns a request into a call on the world and its result into the envelope of this API: `admission` lets a
//! request in, `links`, `vpcs` and `machines` carry it out, `codes` and `envelope` answer.
//! Must never share a type with a client of the API. In the real world the module is told by the host; here any host
//! serves both, and the signature covers the host as it was sent.

mod action;
mod admission;
mod codes;
mod envelope;
mod links;
mod machines;
mod page;
mod settings;
mod vpcs;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{Method, Request as HttpRequest, Response};
use axum::routing::get;

pub use action::Action;
use admission::Caller;
use envelope::{Failure, Fields};
pub use settings::Settings;

use crate::clock::Millis;
use crate::dialect::{self, Dialect};
use crate::sim::{Shared, Sim};
use crate::tencent::form::Form;
use crate::traffic::{Answer, Api, NO_ACTION, NewCall, Subject};
use crate::world::Operation;

/// The path of both modules.
const PATH: &str = "/v2/index.php";

/// More than any call of these actions needs; the documents name no limit.
const LARGEST_BODY: usize = 1_048_576;

/// The server of the API.
pub fn router(shared: Shared) -> Router {
    Router::new().route(PATH, get(answer).post(answer)).with_state(shared)
}

/// A request as it arrived, decoded.
#[derive(Debug)]
struct Request {
    verb: String,
    host: String,
    path: String,
    params: Form,
}

/// The dialect.
#[derive(Debug)]
struct TencentV2;

async fn answer(State(shared): State<Shared>, request: HttpRequest<Body>) -> Response<Body> {
    let request = read(request).await;
    dialect::serve::<TencentV2>(shared, request).await
}

impl Dialect for TencentV2 {
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
        if let Some(operation) = caller.action.operation() {
            let machines = links::named_machines(&request.params);
            sim.world.note_arrival(&caller.place, operation, &machines, now);
        }
        Ok(caller)
    }

    fn subject<'a>(caller: &'a Caller, request: &'a Request) -> Subject<'a> {
        let names = request.params.pairs().map(|(_, value)| value).collect();
        Subject { api: Api::TencentV2, action: caller.action.name(), account: &caller.place.account, names }
    }

    fn perform(
        sim: &mut Sim,
        caller: &Caller,
        request: &Request,
        task_failure: Option<String>,
        now: Millis,
    ) -> Result<Fields, Failure> {
        let params = &request.params;
        match caller.action {
            Action::AttachClassicLinkVpc => links::write(sim, caller, Operation::Attach, params, task_failure, now),
            Action::DetachClassicLinkVpc => links::write(sim, caller, Operation::Detach, params, task_failure, now),
            Action::DescribeVpcClassicLink => links::list(sim, caller, params, now),
            Action::DescribeVpcTaskResult => links::task(sim, caller, params, now),
            Action::DescribeVpcEx => vpcs::list(sim, caller, params, now),
            Action::DescribeInstances => machines::list(sim, caller, params),
        }
    }

    fn answer(sim: &Sim, _: Option<&Request>, outcome: Result<Fields, Failure>) -> Answer {
        envelope::answer(outcome, &sim.tencent_v2)
    }
}

/// What the log of calls keeps: nothing but what the action documents, and a key id only if there is such a key.
fn new_call(sim: &Sim, request: Option<&Request>) -> NewCall {
    let text = |name| request.and_then(|request| request.params.text(name));
    let key = text("SecretId").and_then(|id| sim.world.key(id).map(|(account, _)| (id, account)));
    let action = text("Action").and_then(Action::named);
    let is_kept = |name: &str| name == "Region" || action.is_some_and(|action| action.has(name));
    let pairs = request.into_iter().flat_map(|request| request.params.pairs()).filter(|(name, _)| is_kept(name));
    NewCall {
        api: Api::TencentV2,
        request_id: None,
        action: action.map_or(NO_ACTION, Action::name),
        account: key.map(|(_, account)| account.clone()),
        key_id: key.map(|(id, _)| id.to_owned()),
        params: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}

async fn read(request: HttpRequest<Body>) -> Result<Request, Failure> {
    let (head, body) = request.into_parts();
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let params = if head.method == Method::POST {
        if !header(CONTENT_TYPE).starts_with("application/x-www-form-urlencoded") {
            return Err(Failure::parameter("a POST carries a form"));
        }
        let bytes = to_bytes(body, LARGEST_BODY).await.map_err(|_| Failure::parameter("the form is too large"))?;
        Form::parse(&bytes)?
    } else {
        Form::parse(head.uri.query().unwrap_or_default().as_bytes())?
    };
    let verb = head.method.as_str().to_owned();
    Ok(Request { verb, host: header(HOST).to_owned(), path: head.uri.path().to_owned(), params })
}
