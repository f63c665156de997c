//! What a machine is told about itself, as far as temporary keys for its role go: Tencent's paths (213/4934) and
//! Alibaba's (as its own library asks for them) on one port. Plain HTTP without signatures, as in the real world.
//!
//! Tencent's begin with `/latest/meta-data/cam/`, Alibaba's with `/latest/meta-data/ram/`; the latter may be asked with a
//! token that a `PUT` gives.

mod request;
mod settings;
mod tokens;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request as HttpRequest, Response, StatusCode};
use serde_json::{Value, json};

pub use request::Action;
use request::{Request, Target};
pub use settings::Settings;
use settings::Tokens as Wanted;
pub use tokens::Tokens;

use crate::clock::{self, Millis};
use crate::dialect::{self, Dialect};
use crate::sim::{Shared, Sim};
use crate::traffic::{Answer, Api, Arranged, Code, NO_ACTION, NewCall, Subject};
use crate::world::{Binding, Cloud, Issued};

/// The server.
pub fn router(shared: Shared) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(State(shared): State<Shared>, request: HttpRequest<Body>) -> Response<Body> {
    dialect::serve::<Metadata>(shared, Ok(Request::read(&request.into_parts().0))).await
}

/// The dialect.
#[derive(Debug)]
struct Metadata;

/// Someone on the machine.
#[derive(Debug)]
struct Caller {
    /// The account of the role that it is about; empty if there is none.
    account: String,
    action: Action,
}

/// What is answered.
#[derive(Debug, Default)]
enum Content {
    /// Nothing.
    #[default]
    Nothing,
    /// A text.
    Text(String),
    /// A document.
    Document(Value),
}

/// Why nothing is told. The code is for the log, and for an arranged document.
#[derive(Debug, Clone)]
struct Failure {
    status: StatusCode,
    code: String,
    message: String,
}

impl Dialect for Metadata {
    type Request = Request;
    type Caller = Caller;
    type Fields = Content;
    type Failure = Failure;

    fn note(sim: &Sim, request: Option<&Request>) -> NewCall {
        let action = request.and_then(Request::action);
        let binding = request.and_then(|request| binding(sim, request));
        let role = request.and_then(Request::role).map(|role| ("role".to_owned(), role.to_owned()));
        NewCall {
            api: Api::Metadata,
            request_id: None,
            action: action.map_or(NO_ACTION, Action::name),
            account: binding.map(|binding| binding.account.clone()),
            key_id: None,
            params: role.into_iter().collect(),
        }
    }

    fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
        let action = request.action().ok_or_else(not_found)?;
        if request.cloud() == Some(Cloud::Alibaba) {
            check_token(sim, request, now)?;
        }
        let account = binding(sim, request).map(|binding| binding.account.clone()).unwrap_or_default();
        Ok(Caller { account, action })
    }

    fn subject<'a>(caller: &'a Caller, request: &'a Request) -> Subject<'a> {
        let names = request.role().into_iter().collect();
        Subject { api: Api::Metadata, action: caller.action.name(), account: &caller.account, names }
    }

    fn perform(
        sim: &mut Sim,
        _caller: &Caller,
        request: &Request,
        _task_failure: Option<String>,
        now: Millis,
    ) -> Result<Content, Failure> {
        match &request.target {
            Target::Token => new_token(sim, request, now),
            Target::Roles(_) => {
                binding(sim, request).map(|binding| Content::Text(binding.role.clone())).ok_or_else(not_found)
            }
            Target::Credentials(cloud, _) => {
                let binding = binding(sim, request).cloned().ok_or_else(not_found)?;
                let key = sim.world.issue_to_machine(&binding, now).ok_or_else(not_found)?;
                Ok(Content::Document(told(sim, *cloud, &key, now)))
            }
            Target::Unknown => Err(not_found()),
        }
    }

    fn answer(_: &Sim, _: Option<&Request>, outcome: Result<Content, Failure>) -> Answer {
        match outcome {
            Ok(Content::Nothing) => text(StatusCode::OK, String::new(), String::new()),
            Ok(Content::Text(content)) => text(StatusCode::OK, String::new(), content),
            Ok(Content::Document(document)) => Answer::json(Code::Name(String::new()), document),
            Err(Failure { status: StatusCode::OK, code, message }) => {
                let document = json!({ "Code": code, "Message": message });
                Answer::json(Code::Name(code), document)
            }
            Err(Failure { status, code, message }) => text(status, code, message),
        }
    }
}

impl From<Arranged> for Failure {
    /// A document whose `Code` says that it failed, unless another status is wanted.
    fn from(arranged: Arranged) -> Self {
        let status = arranged.http_status.and_then(|status| StatusCode::from_u16(status).ok());
        let (code, message) = (arranged.code.to_string(), arranged.message);
        Self { status: status.unwrap_or(StatusCode::OK), code, message }
    }
}

/// The role of the machine that a request is about.
fn binding<'a>(sim: &'a Sim, request: &Request) -> Option<&'a Binding> {
    match &request.target {
        Target::Token => sim.world.first_binding(Cloud::Alibaba),
        Target::Roles(cloud) => sim.world.first_binding(*cloud),
        Target::Credentials(cloud, role) => sim.world.binding(*cloud, role),
        Target::Unknown => None,
    }
}

/// A token that is sent must be good; whether one must be sent is a setting.
fn check_token(sim: &Sim, request: &Request, now: Millis) -> Result<(), Failure> {
    if request.target == Target::Token {
        return Ok(());
    }
    let is_fine = match (&request.token, sim.metadata.tokens) {
        (_, Wanted::Absent) | (None, Wanted::Optional) => true,
        (None, Wanted::Required) => false,
        (Some(token), Wanted::Optional | Wanted::Required) => sim.metadata_tokens.is_good(token, now),
    };
    if is_fine { Ok(()) } else { Err(failure(StatusCode::FORBIDDEN, "Forbidden", "403 - Forbidden")) }
}

fn new_token(sim: &mut Sim, request: &Request, now: Millis) -> Result<Content, Failure> {
    if sim.metadata.tokens == Wanted::Absent {
        return Err(not_found());
    }
    let lifetime = request.lifetime.filter(|seconds| (1..=tokens::LONGEST).contains(seconds));
    let seconds = lifetime.ok_or_else(|| failure(StatusCode::BAD_REQUEST, "BadRequest", "400 - Bad Request"))?;
    Ok(Content::Text(sim.metadata_tokens.give(seconds, now)))
}

/// A temporary key as each cloud tells it; its end by the clock that the cloud shows.
fn told(sim: &Sim, cloud: Cloud, key: &Issued, now: Millis) -> Value {
    let shown = |at: Millis| at.saturating_add_signed(sim.traffic.clock_skew_ms);
    let end = shown(key.expires_at);
    match cloud {
        Cloud::Tencent => json!({
            "TmpSecretId": key.id,
            "TmpSecretKey": key.secret.reveal(),
            "Token": key.token.reveal(),
            "ExpiredTime": end / 1_000,
            "Expiration": clock::written(end),
            "Code": "Success",
        }),
        Cloud::Alibaba => json!({
            "AccessKeyId": key.id,
            "AccessKeySecret": key.secret.reveal(),
            "SecurityToken": key.token.reveal(),
            "Expiration": clock::written(end),
            "LastUpdated": clock::written(shown(now)),
            "Code": "Success",
        }),
    }
}

fn text(status: StatusCode, code: String, content: String) -> Answer {
    let write = |body: &Value| body.as_str().unwrap_or_default().to_owned();
    Answer {
        code: Code::Name(code),
        status,
        headers: Vec::new(),
        content_type: "text/plain",
        body: content.into(),
        write: Box::new(write),
    }
}

fn not_found() -> Failure {
    failure(StatusCode::NOT_FOUND, "NotFound", "404 - Not Found")
}

fn failure(status: StatusCode, code: &str, message: &str) -> Failure {
    Failure { status, code: code.to_owned(), message: message.to_owned() }
}
