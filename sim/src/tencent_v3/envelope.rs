//! Answers: everything in `Response`, with the id of the request; failures as `Error` (215/15776).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::settings::{Presence, Settings};
use crate::traffic::{Answer, Arranged, Code};

/// Why a call fails, in this API's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: Cow<'static, str>,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    pub(super) fn missing(name: &str) -> Self {
        Self::new("MissingParameter", format!("The request is missing a required parameter `{name}`."))
    }

    pub(super) fn wrong_type(name: &str) -> Self {
        Self::new("InvalidParameter", format!("The value type of parameter `{name}` is not valid."))
    }

    pub(super) fn wrong_value(name: &str) -> Self {
        Self::new("InvalidParameterValue", format!("The value of parameter `{name}` is not valid."))
    }

    pub(super) fn too_much(name: &str, most: usize) -> Self {
        Self::new("InvalidParameterValue.LimitExceeded", format!("The value of parameter `{name}` exceeds {most}."))
    }

    pub(super) fn out_of_range(name: &str) -> Self {
        Self::new("InvalidParameterValue.Range", format!("The value of parameter `{name}` is not in range."))
    }

    pub(super) fn malformed(text: &str) -> Self {
        Self::new("InvalidParameterValue.Malformed", format!("`{text}` has an invalid format."))
    }
}

impl From<Arranged> for Failure {
    /// A number never gets here: such a fault strikes v2 alone.
    fn from(arranged: Arranged) -> Self {
        Self { code: arranged.code.to_string().into(), message: arranged.message }
    }
}

/// The fields of an action's answer.
pub(super) type Fields = Map<String, Value>;

/// What the API answers.
pub(super) fn answer(outcome: Result<Fields, Failure>, request_id: &str, settings: &Settings) -> Answer {
    let (code, mut response) = match outcome {
        // A success has no code.
        Ok(fields) => (Cow::Borrowed(""), with_warning(fields, settings)),
        Err(Failure { code, message }) => {
            let error = json!({ "Code": code, "Message": message });
            (code, Fields::from_iter([("Error".into(), error)]))
        }
    };
    response.insert("RequestId".into(), request_id.into());
    Answer::json(Code::Name(code.into_owned()), json!({ "Response": response }))
}

fn with_warning(mut fields: Fields, settings: &Settings) -> Fields {
    if settings.deprecated_warning == Presence::Present {
        fields.insert("DeprecatedWarning".into(), "This API will be offline soon.".into());
    }
    fields
}
