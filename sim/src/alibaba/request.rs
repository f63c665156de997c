//! A request as it arrived, decoded, and how it says who sends it.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use axum::http::request::Parts;

use super::failure::Failure;
use super::params::Params;
use super::sign::{encode, v3::Authorization};
use crate::sim::Sim;
use crate::traffic::{Api, NO_ACTION, NewCall};

/// More than any call of these actions needs; the documents name no limit.
const LARGEST_BODY: usize = 1_048_576;

/// A request as it arrived.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) verb: String,
    /// By lower-case name; those of one name joined by commas.
    pub(super) headers: BTreeMap<String, String>,
    /// Decoded as a form: an SDK writes a space as `+`.
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Query and form together.
    pub(super) params: Params,
    /// The cloud's name for the call.
    pub(super) id: String,
}

/// How a request is signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// In headers.
    V3(Authorization),
    /// Among the parameters.
    Query,
}

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

impl Request {
    pub(super) async fn read(request: HttpRequest<Body>) -> Result<Self, Failure> {
        let (head, body) = request.into_parts();
        let read = to_bytes(body, LARGEST_BODY).await;
        let body = read.map_err(|_| Failure::bad("InvalidParameter", "The request body is too large."))?;
        Ok(Self::of(&head, body.to_vec()))
    }

    fn of(head: &Parts, body: Vec<u8>) -> Self {
        let headers = headers(head);
        let query = encode::decoded(head.uri.query().unwrap_or_default().as_bytes());
        let is_form = headers.get("content-type").is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
        let form = if is_form { encode::decoded(&body) } else { Vec::new() };
        let params = Params::of(query.iter().cloned().chain(form));
        Self { verb: head.method.as_str().to_owned(), headers, query, body, params, id: new_id() }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The scheme is told by `Authorization` alone: a request signed the other way has `x-acs-action`, too.
    pub(super) fn scheme(&self) -> Result<Scheme, Failure> {
        match self.header("authorization") {
            None => Ok(Scheme::Query),
            Some(text) => Authorization::parse(text).map(Scheme::V3).ok_or_else(incomplete),
        }
    }

    /// Whether the action and its like are in headers. A call of STS that needs no signature tells it by its action.
    fn is_v3(&self) -> bool {
        self.headers.contains_key("authorization")
            || (self.params.text("Action").is_none() && self.headers.contains_key("x-acs-action"))
    }

    /// Whether nothing shows who sends it.
    pub(super) fn is_anonymous(&self) -> bool {
        let has_key = self.params.text("AccessKeyId").or(self.params.text("Signature")).is_some();
        !self.headers.contains_key("authorization") && !has_key
    }

    pub(super) fn action(&self) -> Option<&str> {
        if self.is_v3() { self.header("x-acs-action") } else { self.params.text("Action") }
    }

    pub(super) fn version(&self) -> Option<&str> {
        if self.is_v3() { self.header("x-acs-version") } else { self.params.text("Version") }
    }

    pub(super) fn access_key(&self) -> Option<String> {
        match self.scheme() {
            Ok(Scheme::V3(authorization)) => Some(authorization.credential),
            Ok(Scheme::Query) => self.params.text("AccessKeyId").map(str::to_owned),
            Err(_) => None,
        }
    }

    pub(super) fn timestamp(&self) -> Option<&str> {
        if self.is_v3() { self.header("x-acs-date") } else { self.params.text("Timestamp") }
    }

    pub(super) fn nonce(&self) -> Option<&str> {
        if self.is_v3() { self.header("x-acs-signature-nonce") } else { self.params.text("SignatureNonce") }
    }

    pub(super) fn token(&self) -> Option<&str> {
        let sent = if self.is_v3() { self.header("x-acs-security-token") } else { self.params.text("SecurityToken") };
        sent.filter(|token| !token.is_empty())
    }

    /// What `Format` asks for; without it XML where the query is signed, JSON else.
    pub(super) fn format(&self) -> Result<Format, Failure> {
        match self.params.text("Format") {
            None if self.is_v3() => Ok(Format::Json),
            None => Ok(Format::Xml),
            Some(text) if text.eq_ignore_ascii_case("json") => Ok(Format::Json),
            Some(text) if text.eq_ignore_ascii_case("xml") => Ok(Format::Xml),
            Some(_) => Err(Failure::bad("InvalidParameter.Format", "Specified parameter \"Format\" is not valid.")),
        }
    }
}

/// What the log of calls keeps of a request: nothing but the parameters that are kept, and a key id only if there is such
/// a key.
pub(super) fn new_call(
    sim: &Sim,
    request: Option<&Request>,
    api: Api,
    action: Option<&'static str>,
    is_kept: impl Fn(&str) -> bool,
) -> NewCall {
    let id = request.and_then(Request::access_key);
    let key = id.and_then(|id| sim.world.key(&id).map(|(account, _)| (account.clone(), id)));
    let pairs = request.into_iter().flat_map(|request| request.params.pairs()).filter(|(name, _)| is_kept(name));
    let params = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (account, key_id) = key.unzip();
    let request_id = request.map(|request| request.id.clone());
    NewCall { api, request_id, action: action.unwrap_or(NO_ACTION), account, key_id, params }
}

/// The signature is not all there.
pub(super) fn incomplete() -> Failure {
    Failure::bad("IncompleteSignature", "The request signature does not conform to Aliyun standards.")
}

/// A name for a call: sixteen bytes, written like the ids that the documents show.
pub(super) fn new_id() -> String {
    let digits = format!("{:032X}", fastrand::u128(..));
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    parts.join("-")
}

fn headers(head: &Parts) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
        let joined = headers.get(name.as_str()).map(|before| format!("{before},{value}"));
        headers.insert(name.as_str().to_owned(), joined.unwrap_or(value));
    }
    headers
}
