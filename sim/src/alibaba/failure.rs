//! Why a call fails, in this API's words; the refusals of the gateway, which all actions share.

use axum::http::StatusCode;
use serde_json::Value;

use crate::clock::Millis;
use crate::traffic::{Arranged, Code};

/// Why a call fails.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) message: String,
    /// When to try again.
    pub(super) retry_after: Option<Millis>,
    /// What is missing to the caller.
    pub(super) access_denied: Option<Value>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), retry_after: None, access_denied: None }
    }

    pub(super) fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn forbidden(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    pub(super) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// A parameter that must be there is not.
    pub(super) fn missing(name: &str) -> Self {
        let message =
            format!("The input parameter \"{name}\" that is mandatory for processing this request is not supplied.");
        Self::bad("MissingParameter", message)
    }

    /// A parameter cannot be understood; for actions that document no code of their own for it.
    pub(super) fn parameter(name: &str) -> Self {
        Self::bad("InvalidParameter", format!("The specified parameter \"{name}\" is not valid."))
    }

    pub(super) fn throttled(retry_after: Millis) -> Self {
        let failure = Self::bad("Throttling.User", "Request was denied due to user flow control.");
        Self { retry_after: Some(retry_after), ..failure }
    }
}

impl From<Arranged> for Failure {
    fn from(arranged: Arranged) -> Self {
        let Arranged { code, message, http_status, retry_after_ms, .. } = arranged;
        // A number never gets here: such a fault strikes other APIs alone.
        let (Code::Name(code), status) = (code, http_status.and_then(|status| StatusCode::from_u16(status).ok()))
        else {
            return Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message);
        };
        let failure = Self::new(status.unwrap_or(StatusCode::BAD_REQUEST), &code, message);
        Self { retry_after: retry_after_ms, ..failure }
    }
}
