//! What goes in and out of the control API: JSON both ways, and an error that says what was wrong.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Display;

use axum::body::{Body as RawBody, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::LARGEST_BODY;
use crate::seed::Barren;
use crate::sim::Unfit;
use crate::world::Mistake;

/// The answer of an endpoint.
pub(super) type Answer = Result<Json, Trouble>;

/// A body of JSON.
pub(super) struct Json(Value);

/// A request that cannot be met: the status, and a message for whoever sent it.
#[derive(Debug)]
pub(super) struct Trouble {
    status: StatusCode,
    message: String,
}

/// A body that was understood; none at all is an empty object.
pub(super) struct Body<T>(pub(super) T);

/// An id in the path.
pub(super) struct Id<T>(pub(super) T);

/// The parameters after the question mark.
pub(super) struct Query(BTreeMap<String, String>);

impl Trouble {
    pub(super) fn bad(message: &dyn Display) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.to_string() }
    }

    pub(super) fn missing(message: &dyn Display) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.to_string() }
    }
}

impl Query {
    /// Refuses a parameter that would be ignored.
    pub(super) fn expect_only(&self, known: &[&str]) -> Result<(), Trouble> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Trouble::bad(&format!("there is no parameter `{name}`; known: {}", known.join(", ")))),
            None => Ok(()),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, Trouble> {
        let parse = |text: &str| text.parse().map_err(|_| Trouble::bad(&format!("`{name}` is not a number")));
        self.text(name).map(parse).transpose()
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        let mut response = Response::new(RawBody::from(self.0.to_string()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

impl From<Mistake> for Trouble {
    fn from(mistake: Mistake) -> Self {
        let status = match mistake {
            Mistake::Missing { .. } => StatusCode::NOT_FOUND,
            Mistake::Exists { .. } | Mistake::Forbidden(_) => StatusCode::CONFLICT,
            Mistake::Invalid(_) => StatusCode::BAD_REQUEST,
        };
        Self { status, message: mistake.to_string() }
    }
}

impl From<Unfit> for Trouble {
    fn from(unfit: Unfit) -> Self {
        Self::bad(&unfit)
    }
}

impl From<Barren> for Trouble {
    fn from(barren: Barren) -> Self {
        Self::bad(&barren)
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Trouble;

    async fn from_request(request: Request, _: &S) -> Result<Self, Trouble> {
        let bytes = to_bytes(request.into_body(), LARGEST_BODY).await.map_err(|error| Trouble::bad(&error))?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text).map(Self).map_err(|error| Trouble::bad(&error))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Trouble> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|rejection: PathRejection| Trouble::bad(&rejection.body_text()))
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}
