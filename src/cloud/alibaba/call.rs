//! One call: sign it, send it once, read what came back.
//!
//! The only place that turns parameters into a request and a failure into a [`CloudError`]. What it hands up is free of
//! secrets: a refused signature is answered with the text that was signed.

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::{
    Url,
    header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue},
};
use serde::de::DeserializeOwned;

use super::{
    codes,
    sign::{self, Headers, Params},
    wire::{self, Failure, Refusal, Service, Success},
};
use crate::{
    clock,
    cloud::{
        Action, CloudError, Kind,
        clean::Cleaner,
        credentials::Credentials,
        endpoint::Endpoint,
        http::{Answer, Client, Transport},
    },
};

/// A difference of clocks that explains a refused timestamp: the gateway allows 15 minutes, and an answer takes seconds.
const SKEW: Duration = Duration::from_mins(5);
/// The form of `x-acs-date`.
pub(super) const DATE: &str = "%Y-%m-%dT%H:%M:%SZ";

/// A call that is ready to be sent.
pub(super) struct Call<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) action: Action,
    pub(super) region: &'a str,
    pub(super) keys: &'a Credentials,
}

/// A request, and the signature in it.
struct Request {
    url: Url,
    headers: HeaderMap,
    signature: String,
}

impl Call<'_> {
    /// Sends the call with its own parameters, once, and reads the answer; says also how long a failed one asks to wait.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        http: &Client,
        own: Params,
    ) -> (Result<T, CloudError>, Option<Duration>) {
        let mut nonce = [0; 16];
        if getrandom::fill(&mut nonce).is_err() {
            let error = self.error(self.action.unreadable(), "", "this machine has no random numbers");
            return (Err(error), None);
        }
        let Some(request) = self.request(own, &nonce) else {
            return (Err(self.error(Kind::KeyDenied, "", "the keys are no text that a header can carry")), None);
        };
        let (result, wait) = match http.post(&request.url, request.headers, Vec::new()).await {
            Ok(answer) => self.read(&answer),
            Err(transport) => (Err(self.not_answered(&transport)), None),
        };
        (result.map_err(|error| self.clean(error, &request.signature)), wait)
    }

    fn request(&self, own: Params, nonce: &[u8]) -> Option<Request> {
        let mut params = own;
        params.insert("RegionId".to_owned(), self.region.to_owned());
        let query = sign::query(&params);
        let signed = self.headers(nonce);
        let signature = sign::signature(self.keys, &signed, &query);
        let mut headers = HeaderMap::new();
        for (name, value) in &signed {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
        }
        // The client writes it from the address, the same text.
        headers.remove(HOST);
        let authorization = sign::authorization(self.keys.id(), &signed, &signature);
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&authorization).ok()?);
        headers.values_mut().for_each(|value| value.set_sensitive(true));
        let mut url = self.endpoint.url.clone();
        url.set_query(Some(&query));
        Some(Request { url, headers, signature })
    }

    /// Everything that is signed. Fresh for each call: a nonce serves once, a date for minutes.
    fn headers(&self, nonce: &[u8]) -> Headers {
        let mut headers = Headers::from([
            ("accept", "application/json".to_owned()),
            ("host", self.endpoint.host.clone()),
            ("x-acs-action", wire::name(self.action).to_owned()),
            ("x-acs-content-sha256", sign::EMPTY_BODY.to_owned()),
            ("x-acs-date", clock::wall().strftime(DATE).to_string()),
            ("x-acs-signature-nonce", sign::hex(nonce)),
            ("x-acs-version", Service::of(self.action).version().to_owned()),
        ]);
        if let Some(token) = self.keys.token() {
            // The vendor's library sends the two together.
            headers.insert("x-acs-accesskey-id", self.keys.id().to_owned());
            headers.insert("x-acs-security-token", token.to_owned());
        }
        headers
    }

    fn not_answered(&self, transport: &Transport) -> CloudError {
        let kind = match transport {
            // A change that surely never left could be sent again at once, but a host that cannot be reached is no
            // reason to hurry; it is settled by reading like any other.
            Transport::NotSent(_) => Kind::Transient,
            Transport::Unclear(_) => self.action.unreadable(),
        };
        self.error(kind, "", &transport.to_string())
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> (Result<T, CloudError>, Option<Duration>) {
        let error = match wire::read(&answer.body) {
            Ok(Success { request_id, value }) if (200..300).contains(&answer.status) => {
                tracing::debug!(action = wire::name(self.action), request_id, "the cloud answered");
                return (Ok(value), None);
            }
            Ok(_) => self.unreadable(&format!("HTTP status {}, and no code", answer.status)),
            Err(Failure::Unreadable(text)) => self.unreadable(&format!("HTTP status {}: {text}", answer.status)),
            Err(Failure::Refused(refusal)) => self.refused(&refusal, answer.date.as_deref()),
        };
        // Whatever the code, the vendor's library takes such an answer for a throttled one. For a look that is safe. It
        // does not say that a change did not happen: that, only its code says.
        let wait = answer.retry_after.as_deref().and_then(|wait| wait.trim().parse().ok()).filter(|wait| *wait > 0);
        let throttled = wait.is_some() && !self.action.is_change();
        let kind = if throttled { Kind::Throttled } else { error.kind };
        (Err(CloudError { kind, ..error }), wait.map(Duration::from_millis))
    }

    fn unreadable(&self, text: &str) -> CloudError {
        self.error(self.action.unreadable(), "", text)
    }

    fn refused(&self, refusal: &Refusal, date: Option<&str>) -> CloudError {
        // What helps comes first: the end may be cut off, and must not be before the whole was scrubbed.
        let lacks = refusal.lacks().map(|action| format!("needs {action}: ")).unwrap_or_default();
        let clocks = if clocks_differ(refusal.code(), date) { CLOCKS_DIFFER } else { "" };
        let message = format!("{lacks}{clocks}{}", refusal.message());
        CloudError {
            request_id: refusal.request_id.clone(),
            ..self.error(self.kind(refusal), refusal.code(), &message)
        }
    }

    fn kind(&self, refusal: &Refusal) -> Kind {
        match codes::kind(self.action, refusal.code()) {
            Some(kind @ (Kind::Throttled | Kind::KeyDenied)) => kind,
            _ if refusal.is_of_permission() => Kind::PermissionDenied,
            Some(kind) => kind,
            None => {
                let code = self.cleaner("").code(refusal.code());
                tracing::warn!(action = wire::name(self.action), code, "the cloud answered with an unknown code");
                Kind::Unclear
            }
        }
    }

    /// An error of this call. Its texts are cleaned once, on the way out of [`Self::send`].
    pub(super) fn error(&self, kind: Kind, code: &str, message: &str) -> CloudError {
        error(self.action, kind, code, message)
    }

    fn cleaner<'a>(&'a self, signature: &'a str) -> Cleaner<'a> {
        Cleaner { keys: self.keys, signature, encode: sign::encode }
    }

    fn clean(&self, error: CloudError, signature: &str) -> CloudError {
        let cleaner = self.cleaner(signature);
        CloudError {
            code: cleaner.code(&error.code),
            message: cleaner.message(&error.message),
            request_id: error.request_id.map(|id| cleaner.code(&id)),
            ..error
        }
    }
}

/// An error of a call that needs no cleaning.
pub(super) fn error(action: Action, kind: Kind, code: &str, message: &str) -> CloudError {
    CloudError {
        kind,
        action: wire::name(action),
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
    }
}

/// The words are always the same: a number of seconds would make each message another one.
pub(super) const CLOCKS_DIFFER: &str = "the clocks of this machine and of the cloud differ by more than five minutes: ";

/// Whether a refused timestamp is explained by the clocks.
pub(super) fn clocks_differ(code: &str, date: Option<&str>) -> bool {
    let theirs = date.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
    ["InvalidTimeStamp.Expired", "IllegalTimestamp"].iter().any(|known| known.eq_ignore_ascii_case(code))
        && theirs.is_some_and(|theirs| theirs.duration_since(clock::wall()).unsigned_abs() > SKEW)
}

#[cfg(fuzzing)]
pub(super) mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_clocks_is_named_where_a_timestamp_was_refused() {
        let long_ago = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert!(clocks_differ("InvalidTimeStamp.Expired", long_ago));
        assert!(clocks_differ("illegaltimestamp", long_ago));
        assert!(!clocks_differ("SignatureDoesNotMatch", long_ago));
        assert!(!clocks_differ("IllegalTimestamp", None));
        assert!(!clocks_differ("IllegalTimestamp", Some("yesterday")));
        let now = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&clock::now()).unwrap();
        assert!(!clocks_differ("IllegalTimestamp", Some(&now)));
    }

    #[test]
    fn what_is_sent_prints_no_key() {
        let endpoint = Endpoint::new("ecs", "http://127.0.0.1:1", "/").unwrap();
        let keys = Credentials::new("canary-id".into(), "canary-secret".into(), Some("canary-token".into()));
        let call = Call { endpoint: &endpoint, action: Action::Attach, region: "cn-hangzhou", keys: &keys };
        let request = call.request(Params::new(), &[7; 16]).unwrap();
        assert!(!format!("{:?} {}", request.headers, request.url).contains("canary"));
        let keys = Credentials::new("new\nline".into(), "canary-secret".into(), None);
        assert!(Call { keys: &keys, ..call }.request(Params::new(), &[7; 16]).is_none());
    }
}
