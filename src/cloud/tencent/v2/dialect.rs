//! A request and an answer of the API v2: one form, posted, and one flat object.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;

use super::{
    codes,
    sign::{self, Params},
    wire::{self, Failure as Said},
};
use crate::{
    clock,
    cloud::{
        Action,
        tencent::call::{Call, Dialect, Failure, Request},
    },
};

/// The API v2.
#[derive(Debug)]
pub(super) struct Form;

impl Dialect for Form {
    type Own = Params;

    // The services of the API v2 (document 1278/82311).
    const VPC: &'static str = "https://vpc.api.qcloud.com";
    const CVM: &'static str = "https://cvm.api.qcloud.com";
    const PATH: &'static str = "/v2/index.php";

    fn name(action: Action) -> &'static str {
        wire::name(action)
    }

    fn request(call: &Call<'_>, own: Params) -> Result<Request, Failure> {
        let Ok(nonce) = getrandom::u32() else {
            return Err(Failure::without_code(call.action.unreadable(), "this machine has no random numbers"));
        };
        let (form, signature) = form(call, own, nonce);
        let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))];
        Ok(Request { headers: HeaderMap::from_iter(headers), body: form.into_bytes(), signature })
    }

    fn read<T: DeserializeOwned>(action: Action, body: &[u8]) -> Result<T, Failure> {
        wire::read(body).map_err(|said| match said {
            Said::Unreadable(text) => Failure::without_code(action.unreadable(), text),
            Said::Refused { code, code_desc, message } => Failure {
                kind: codes::kind(action, code_desc.as_deref(), &code),
                about_time: codes::is_about_time(&code),
                about_token: codes::is_about_token(&code),
                code: code_desc.unwrap_or(code),
                message,
                request_id: None,
            },
        })
    }
}

/// The body of the request, and the signature in it.
fn form(call: &Call<'_>, own: Params, nonce: u32) -> (String, String) {
    let mut params = own;
    let common = [
        ("Action", wire::name(call.action).to_owned()),
        ("Region", wire::region(call.region).to_owned()),
        ("Timestamp", clock::wall().as_second().to_string()),
        // Positive, says the document.
        ("Nonce", nonce.max(1).to_string()),
        ("SecretId", call.keys.id().to_owned()),
        ("SignatureMethod", sign::METHOD.to_owned()),
    ];
    params.extend(common.map(|(name, value)| (name.to_owned(), value)));
    params.extend(call.keys.token().map(|token| ("Token".to_owned(), token.to_owned())));
    let signature = sign::signature(call.keys, "POST", &call.endpoint.host, Form::PATH, &params);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(&params).append_pair("Signature", &signature);
    (form.finish(), signature)
}
