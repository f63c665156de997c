//! A request and an answer of API 3.0: headers that say what is asked, JSON that says it, an envelope that answers.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    codes,
    sign::Signing,
    wire::{self, Failure as Said},
};
use crate::{
    clock,
    cloud::{
        Action, Kind,
        tencent::call::{Call, Dialect, Failure, Request},
    },
};

/// The content type: signed, so it must be sent byte by byte as it is here.
const JSON: &str = "application/json";
/// The version of both services.
const VERSION: &str = "2017-03-12";
/// What messages are written in, where the cloud has them in more than Chinese; it changes nothing else.
const LANGUAGE: &str = "en-US";

/// API 3.0.
#[derive(Debug)]
pub(super) struct Json;

impl Dialect for Json {
    type Own = Value;

    // The plain names, which resolve to the nearest access region (1278/109059).
    const VPC: &'static str = "https://vpc.tencentcloudapi.com";
    const CVM: &'static str = "https://cvm.tencentcloudapi.com";
    const PATH: &'static str = "/";

    fn name(action: Action) -> &'static str {
        wire::name(action)
    }

    fn request(call: &Call<'_>, own: Value) -> Result<Request, Failure> {
        let body = own.to_string().into_bytes();
        let (service, at) = (call.endpoint.service, clock::wall());
        let signed = [("content-type", JSON), ("host", call.endpoint.host.as_str())];
        let signing = Signing { service, at, headers: &signed, body: &body };
        let signature = signing.signature(call.keys);
        let authorization = signing.authorization(call.keys, &signature);
        let headers = headers(call, at.as_second(), &authorization)
            .map_err(|_| Failure::without_code(Kind::KeyDenied, "key or token has a character that none has"))?;
        Ok(Request { headers, body, signature })
    }

    fn read<T: DeserializeOwned>(action: Action, body: &[u8]) -> Result<T, Failure> {
        match wire::read(body) {
            Ok((request_id, answer)) => {
                tracing::debug!(action = wire::name(action), request_id, "the cloud answered");
                Ok(answer)
            }
            Err(Said::Unreadable { text, request_id }) => {
                Err(Failure { request_id, ..Failure::without_code(action.unreadable(), text) })
            }
            Err(Said::Refused { code, number, message, request_id }) => Err(Failure {
                kind: codes::kind(action, &code, number.as_deref()),
                about_time: codes::is_about_time(&code),
                about_token: codes::is_about_token(&code, number.as_deref()),
                code,
                message,
                request_id,
            }),
        }
    }
}

/// The headers of a request. Their names go out in lower case, which HTTP does not distinguish.
fn headers(call: &Call<'_>, second: i64, authorization: &str) -> Result<HeaderMap, InvalidHeaderValue> {
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(JSON)),
        (HeaderName::from_static("x-tc-action"), HeaderValue::from_static(wire::name(call.action))),
        (HeaderName::from_static("x-tc-version"), HeaderValue::from_static(VERSION)),
        (HeaderName::from_static("x-tc-language"), HeaderValue::from_static(LANGUAGE)),
        (HeaderName::from_static("x-tc-timestamp"), HeaderValue::from(second)),
        (HeaderName::from_static("x-tc-region"), HeaderValue::from_str(call.region)?),
        (AUTHORIZATION, secret(authorization)?),
    ]);
    if let Some(token) = call.keys.token() {
        headers.insert(HeaderName::from_static("x-tc-token"), secret(token)?);
    }
    Ok(headers)
}

/// A value that nothing on the way may print.
fn secret(text: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(text)?;
    value.set_sensitive(true);
    Ok(value)
}
