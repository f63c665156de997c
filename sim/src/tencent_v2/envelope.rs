//! Answers: `code`, `codeDesc`, `message` and the fields of the action (213/6982).

use serde_json::{Map, Value, json};

use super::settings::{NumberShape, Presence, Settings};
use crate::tencent::form::Malformed;
use crate::traffic::{Answer, Arranged, Code};

/// Why a call fails, in this API's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: i64,
    pub(super) code_desc: Option<String>,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, code_desc: None, message: message.into() }
    }

    pub(super) fn named(code: i64, code_desc: &str, message: impl Into<String>) -> Self {
        Self { code, code_desc: Some(code_desc.to_owned()), message: message.into() }
    }

    /// A parameter is missing, malformed or out of range.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new(4000, message)
    }
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::parameter(malformed.to_string())
    }
}

impl From<Arranged> for Failure {
    /// A name never gets here: such a fault strikes other APIs alone.
    fn from(arranged: Arranged) -> Self {
        let Arranged { code, code_desc, message, .. } = arranged;
        match code {
            Code::Number(code) => Self { code, code_desc, message },
            Code::Name(name) => Self { code: 4000, code_desc: Some(name), message },
        }
    }
}

/// The fields of an action's answer.
pub(super) type Fields = Map<String, Value>;

/// What the API answers.
pub(super) fn answer(outcome: Result<Fields, Failure>, settings: &Settings) -> Answer {
    let (code, code_desc, message, fields) = match outcome {
        Ok(fields) => (0, success_name(settings), String::new(), fields),
        Err(failure) => (failure.code, failure.code_desc, failure.message, Fields::new()),
    };
    let mut body = Map::new();
    body.insert("code".into(), number(code, settings.code));
    body.insert("message".into(), message.into());
    if let Some(name) = code_desc {
        body.insert("codeDesc".into(), name.into());
    }
    body.extend(fields);
    Answer::json(Code::Number(code), body.into())
}

fn success_name(settings: &Settings) -> Option<String> {
    match settings.success_code_desc {
        Presence::Absent => None,
        Presence::Present => Some("Success".into()),
    }
}

fn number(value: i64, shape: NumberShape) -> Value {
    match shape {
        NumberShape::Int => json!(value),
        NumberShape::String => json!(value.to_string()),
    }
}
