//! Answers as a fault leaves them, whatever the API.

use std::io::Write;

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::stream::{Drip, Flood};
use super::{Code, Cut, Effect, End};
use crate::clock::Millis;

const GATEWAY_PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
     <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// What an API decided, before a fault gets hold of it.
pub struct Answer {
    /// For the log of calls.
    pub code: Code,
    /// The HTTP status.
    pub status: StatusCode,
    /// Headers besides the date and the type of the content.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The type of the content.
    pub content_type: &'static str,
    /// The content.
    pub body: Value,
    /// How the content becomes text.
    pub write: Box<dyn Fn(&Value) -> String + Send>,
}

impl Answer {
    /// JSON with HTTP 200. The type has no `charset`: with one, Tencent's own client of 3.0 takes an error for a success.
    pub fn json(code: Code, body: Value) -> Self {
        Self {
            code,
            status: StatusCode::OK,
            headers: Vec::new(),
            content_type: "application/json",
            body,
            write: Box::new(Value::to_string),
        }
    }
}

/// How a call ends that met this fault, or none.
pub fn end(fault: Option<&Effect>) -> End {
    match fault {
        None | Some(Effect::Answer { .. } | Effect::Delay { .. } | Effect::FailTask { .. }) => End::Answered,
        Some(Effect::ResetBefore) => End::Reset,
        Some(Effect::LoseAnswer) => End::Closed,
        Some(Effect::BadGatewayBefore | Effect::BadGatewayAfter) => End::BadGateway,
        Some(
            Effect::TruncatedJson
            | Effect::ExtraFields
            | Effect::WrongTypes { .. }
            | Effect::Gzip
            | Effect::Flood { .. }
            | Effect::Drip { .. },
        ) => End::Garbled,
    }
}

/// Whether the fault keeps the call from being carried out, so that the API decides on no code.
pub fn comes_before(fault: Option<&Effect>) -> bool {
    matches!(fault, Some(Effect::ResetBefore | Effect::BadGatewayBefore))
}

/// The response that carries an answer, or what the fault makes of it.
pub fn response(mut answer: Answer, fault: Option<&Effect>, date: i64) -> Response<Body> {
    match fault {
        None | Some(Effect::Answer { .. } | Effect::Delay { .. } | Effect::FailTask { .. }) => whole(&answer, date),
        Some(Effect::ResetBefore) => cut(Cut::Reset),
        Some(Effect::LoseAnswer) => cut(Cut::Close),
        Some(Effect::BadGatewayBefore | Effect::BadGatewayAfter) => gateway(),
        Some(Effect::TruncatedJson) => {
            let mut text = (answer.write)(&answer.body);
            // The text is not cut inside a character: every second byte might be one.
            text.truncate(text.floor_char_boundary(text.len() / 2));
            of_text(text, &answer, date)
        }
        Some(Effect::Gzip) => {
            let mut response = of_body(Body::from(compressed(&(answer.write)(&answer.body))), &answer, date);
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        Some(Effect::Flood { bytes }) => of_body(Body::new(Flood::of(*bytes)), &answer, date),
        Some(Effect::Drip { ms }) => {
            let text = (answer.write)(&answer.body);
            of_body(Body::new(Drip::of(text, *ms)), &answer, date)
        }
        Some(Effect::ExtraFields) => {
            add_fields(&mut answer.body);
            whole(&answer, date)
        }
        Some(Effect::WrongTypes { fields }) => {
            change_types(&mut answer.body, fields);
            whole(&answer, date)
        }
    }
}

fn whole(answer: &Answer, date: i64) -> Response<Body> {
    of_text((answer.write)(&answer.body), answer, date)
}

fn of_text(text: String, answer: &Answer, date: i64) -> Response<Body> {
    of_body(Body::from(text), answer, date)
}

fn of_body(body: Body, answer: &Answer, date: i64) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.extend(answer.headers.iter().cloned());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(date) = http_date(date) {
        headers.insert(DATE, date);
    }
    response
}

fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn gateway() -> Response<Body> {
    let mut response = Response::new(Body::from(GATEWAY_PAGE));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// A response that is none: the connection ends instead.
pub fn cut(cut: Cut) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(cut);
    response
}

fn http_date(at: i64) -> Option<HeaderValue> {
    let timestamp = jiff::Timestamp::from_millisecond(at).ok()?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&timestamp).ok()?;
    HeaderValue::from_str(&text).ok()
}

/// The clock that the cloud shows.
pub fn shown_clock(now: Millis, skew: i64) -> i64 {
    i64::try_from(now).unwrap_or(i64::MAX).saturating_add(skew)
}

/// Puts fields that no document mentions into every object.
fn add_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(add_fields);
            fields.insert("unheardOf".into(), json!({ "since": "yesterday", "values": [1, null] }));
        }
        Value::Array(rows) => rows.iter_mut().for_each(add_fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Gives the named fields another type, wherever they stand.
fn change_types(value: &mut Value, names: &[String]) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if names.contains(name) {
                    *field = of_another_type(field.take());
                } else {
                    change_types(field, names);
                }
            }
        }
        Value::Array(rows) => rows.iter_mut().for_each(|row| change_types(row, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn of_another_type(value: Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::String(text) => text.parse::<i64>().map_or_else(|_| json!([text]), Value::from),
        Value::Array(_) => json!({}),
        Value::Object(fields) => json!([fields]),
        Value::Bool(_) | Value::Null => json!("null"),
    }
}
