//! Requests as they arrive: signed by the header `Authorization`, or by a parameter of the form they carry.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request as HttpRequest};

use super::envelope::Failure;
use super::params::Params;
use super::tc3::{Authorization, Raw};
use super::uuid;
use crate::sim::Sim;
use crate::tencent::form::Form;
use crate::traffic::{Api, NO_ACTION, NewCall};

/// Sizes that are accepted (1278/46710).
const LARGEST_QUERY: usize = 32 << 10;
const LARGEST_FORM: usize = 1 << 20;
const LARGEST_JSON: usize = 10 << 20;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// What stands in for a signature where none is needed (1312/73070).
const SKIP: &str = "SKIP";

/// Parameters of a form that every action has.
const COMMON: [&str; 11] = [
    "Action",
    "Version",
    "Region",
    "Timestamp",
    "Nonce",
    "SecretId",
    "Token",
    "Signature",
    "SignatureMethod",
    "Language",
    "RequestClient",
];

/// A request, decoded as far as it can be.
#[derive(Debug)]
pub(super) struct Request {
    /// The cloud's name for it.
    pub(super) id: String,
    pub(super) common: Common,
    pub(super) proof: Result<Proof, Failure>,
    pub(super) params: Result<Params, Failure>,
}

/// What every action is told, in headers or in the form.
#[derive(Debug, Default)]
pub(super) struct Common {
    pub(super) action: Option<String>,
    pub(super) version: Option<String>,
    pub(super) region: Option<String>,
    pub(super) timestamp: Option<String>,
    pub(super) token: Option<String>,
}

/// What shows who calls.
#[derive(Debug)]
pub(super) enum Proof {
    /// TC3-HMAC-SHA256.
    Header { authorization: Authorization, raw: Box<Raw> },
    /// `HmacSHA1` or `HmacSHA256` over the parameters.
    Form { verb: String, host: String, form: Form },
    /// `Authorization: SKIP`: none at all. One action of STS takes it.
    Skipped,
}

impl Proof {
    /// The key it names.
    pub(super) fn secret_id(&self) -> Option<&str> {
        match self {
            Self::Header { authorization, .. } => Some(&authorization.secret_id),
            Self::Form { form, .. } => form.text("SecretId"),
            Self::Skipped => None,
        }
    }

    /// The service it is for, where it says so.
    pub(super) fn service(&self) -> Option<&str> {
        match self {
            Self::Header { authorization, .. } => Some(&authorization.service),
            Self::Form { .. } | Self::Skipped => None,
        }
    }
}

/// What the log of calls keeps of a request: nothing but the parameters that are kept, by the names that v2 has for them,
/// and a key id only if there is such a key.
pub(super) fn new_call(
    sim: &Sim,
    request: Option<&Request>,
    api: Api,
    action: Option<&'static str>,
    is_kept: impl Fn(&str) -> bool,
) -> NewCall {
    let proof = request.and_then(|request| request.proof.as_ref().ok());
    let key = proof.and_then(Proof::secret_id).and_then(|id| sim.world.key(id).map(|(account, _)| (account, id)));
    let params = request.and_then(|request| request.params.as_ref().ok()).into_iter().flat_map(Params::flattened);
    NewCall {
        api,
        request_id: request.map(|request| request.id.clone()),
        action: action.unwrap_or(NO_ACTION),
        account: key.map(|(account, _)| account.clone()),
        key_id: key.map(|(_, id)| id.to_owned()),
        params: params.filter(|(name, _)| is_kept(name)).collect(),
    }
}

impl Request {
    /// Reads a request. Whatever is wrong with it is told in its turn, so that it has an id and is in the log.
    pub(super) async fn read(request: HttpRequest<Body>) -> Self {
        let unreadable = |failure: Failure| Self::of(Common::default(), Err(failure.clone()), Err(failure));
        decode(request).await.unwrap_or_else(unreadable)
    }

    /// The action that it names.
    pub(super) fn action(&self) -> Option<&str> {
        self.common.action.as_deref()
    }

    fn of(common: Common, proof: Result<Proof, Failure>, params: Result<Params, Failure>) -> Self {
        Self { id: uuid::fresh(), common, proof, params }
    }
}

async fn decode(request: HttpRequest<Body>) -> Result<Request, Failure> {
    let (head, body) = request.into_parts();
    if head.method != Method::GET && head.method != Method::POST {
        return Err(Failure::new(
            "UnsupportedProtocol",
            "Unsupported HTTPS request method. Only GET and POST requests are supported.",
        ));
    }
    if query(&head).len() > LARGEST_QUERY {
        return Err(too_large());
    }
    let Some(authorization) = text(&head.headers, AUTHORIZATION.as_str()) else {
        let body = to_bytes(body, LARGEST_FORM).await.map_err(|_| too_large())?;
        return signed_by_form(&head, &body);
    };
    let body = to_bytes(body, LARGEST_JSON).await.map_err(|_| too_large())?;
    Ok(signed_by_header(&head, body, &authorization))
}

fn signed_by_header(head: &Parts, body: Bytes, authorization: &str) -> Request {
    let header = |name| text(&head.headers, name);
    let common = Common {
        action: header("x-tc-action"),
        version: header("x-tc-version"),
        region: header("x-tc-region"),
        timestamp: header("x-tc-timestamp"),
        token: header("x-tc-token"),
    };
    let params = params(head, &body);
    if authorization == SKIP {
        return Request::of(common, Ok(Proof::Skipped), params);
    }
    let raw = Raw { verb: head.method.to_string(), query: query(head).to_owned(), headers: head.headers.clone(), body };
    let authorization = Authorization::parse(authorization).ok_or_else(not_compliant);
    Request::of(common, authorization.map(|authorization| Proof::Header { authorization, raw: Box::new(raw) }), params)
}

/// What a request signed by its header asks: flattened in the query of a GET, JSON in the body of a POST.
fn params(head: &Parts, body: &[u8]) -> Result<Params, Failure> {
    if head.method == Method::GET {
        return Params::from_form(&form(query(head).as_bytes())?, |_| true);
    }
    if !has_type(head, JSON) {
        return Err(Failure::new("InvalidRequest", "The content type of the request body is not supported."));
    }
    Params::from_json(body)
}

fn signed_by_form(head: &Parts, body: &[u8]) -> Result<Request, Failure> {
    let is_post = head.method == Method::POST;
    if is_post && !has_type(head, FORM) {
        // JSON needs the header (1278/46710).
        return Err(not_compliant());
    }
    let form = form(if is_post { body } else { query(head).as_bytes() })?;
    let own = |name: &str| form.text(name).map(str::to_owned);
    let common = Common {
        action: own("Action"),
        version: own("Version"),
        region: own("Region"),
        timestamp: own("Timestamp"),
        token: own("Token"),
    };
    let params = Params::from_form(&form, |name| !COMMON.contains(&name));
    let host = text(&head.headers, HOST.as_str()).unwrap_or_default();
    let proof = Proof::Form { verb: head.method.to_string(), host, form };
    Ok(Request::of(common, Ok(proof), params))
}

fn form(raw: &[u8]) -> Result<Form, Failure> {
    Form::parse(raw).map_err(|malformed| Failure::new("InvalidParameter", malformed.to_string()))
}

fn query(head: &Parts) -> &str {
    head.uri.query().unwrap_or_default()
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn has_type(head: &Parts, wanted: &str) -> bool {
    text(&head.headers, CONTENT_TYPE.as_str()).is_some_and(|sent| sent.split(';').next().map(str::trim) == Some(wanted))
}

fn too_large() -> Failure {
    Failure::new("RequestSizeLimitExceeded", "The request size exceeds the upper limit.")
}

pub(super) fn not_compliant() -> Failure {
    Failure::new(
        "AuthFailure.InvalidAuthorization",
        "The Authorization in the request header does not comply with the Tencent Cloud standard.",
    )
}
