//! What every answer of API 3.0 comes in: success or error, told apart by what is inside, never by the HTTP status.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::cloud::tencent::lenient::{self, text};

/// An answer that is no success.
#[derive(Debug, Eq, PartialEq)]
pub(in crate::cloud::tencent) enum Failure {
    /// It is not what is documented.
    Unreadable {
        /// What it is.
        text: String,
        /// Its id, if it has one.
        request_id: Option<String>,
    },
    /// It says what was wrong.
    Refused {
        /// The code, a dotted name.
        code: String,
        /// The number beside it, where the answer has the form of the API v2.
        number: Option<String>,
        /// Free text.
        message: String,
        /// Its id, if it has one.
        request_id: Option<String>,
    },
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Head {
    error: Option<Refusal>,
    #[serde(deserialize_with = "text")]
    request_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Refusal {
    #[serde(deserialize_with = "text")]
    code: Option<String>,
    #[serde(deserialize_with = "text")]
    message: Option<String>,
}

/// Reads the answer to a call; with its id, if it has one.
pub(in crate::cloud::tencent) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<(Option<String>, T), Failure> {
    // An object, nothing else: to serde a list of values could be one too.
    let mut answer: Map<String, Value> = serde_json::from_slice(body).map_err(|error| unreadable(&error, None))?;
    let Some(response) = answer.remove("Response") else { return Err(without_envelope(answer)) };
    let Value::Object(response) = response else { return Err(other("an answer without a Response", None)) };
    let head = Head::deserialize(&response).map_err(|error| unreadable(&error, None))?;
    let request_id = head.request_id.filter(|id| !id.is_empty());
    match head.error {
        Some(refusal) => Err(refused(refusal, request_id)),
        None => match T::deserialize(Value::Object(response)) {
            Ok(answer) => Ok((request_id, answer)),
            Err(error) => Err(unreadable(&error, request_id)),
        },
    }
}

fn refused(refusal: Refusal, request_id: Option<String>) -> Failure {
    match refusal.code.filter(|code| !code.is_empty()) {
        Some(code) => Failure::Refused { code, number: None, message: refusal.message.unwrap_or_default(), request_id },
        None => other("an error without a code", request_id),
    }
}

/// The envelope of the API v2, which the cloud's own clients meet on hosts of API 3.0 as well.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Old {
    #[serde(deserialize_with = "text")]
    code: Option<String>,
    #[serde(deserialize_with = "text")]
    code_desc: Option<String>,
    #[serde(deserialize_with = "text")]
    message: Option<String>,
}

fn without_envelope(answer: Map<String, Value>) -> Failure {
    let Ok(Old { code: Some(number), code_desc, message }) = Old::deserialize(Value::Object(answer)) else {
        return other("an answer without a Response", None);
    };
    let code_desc = code_desc.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("Success"));
    if number == "0" && code_desc.is_none() {
        return other("a success of another API", None);
    }
    let code = code_desc.unwrap_or_else(|| number.clone());
    Failure::Refused { code, number: Some(number), message: message.unwrap_or_default(), request_id: None }
}

fn unreadable(error: &serde_json::Error, request_id: Option<String>) -> Failure {
    other(&lenient::unreadable(error), request_id)
}

fn other(text: &str, request_id: Option<String>) -> Failure {
    Failure::Unreadable { text: text.to_owned(), request_id }
}
