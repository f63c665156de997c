//! One call: written and signed as its API wants it, sent once, read.
//!
//! The only place that turns a failure into a [`CloudError`], whichever API it came from. What an API writes and how it
//! answers is its [`Dialect`]; a dialect must never send anything, and nothing here is ever sent twice.

use std::{fmt, time::Duration};

use jiff::fmt::rfc2822;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

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

/// A difference of clocks that explains a refused timestamp: the cloud allows five minutes, and an answer takes seconds.
const SKEW: Duration = Duration::from_mins(2);
/// The words are always the same: a number of seconds would make each message another one.
pub(super) const CLOCKS_DIFFER: &str = " (the clocks of this machine and of the cloud differ by more than two minutes)";

/// An API of the cloud: how it is asked and how it answers.
pub(super) trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// What an action has for parameters of its own.
    type Own: Send;
    /// Where the service `vpc` is.
    const VPC: &'static str;
    /// Where the service `cvm` is.
    const CVM: &'static str;
    /// The path of every action.
    const PATH: &'static str;

    /// The API's name of an action.
    fn name(action: Action) -> &'static str;

    /// Writes and signs a request; nothing is sent if that fails.
    fn request(call: &Call<'_>, own: Self::Own) -> Result<Request, Failure>;

    /// Reads the body of an answer.
    fn read<T: DeserializeOwned>(action: Action, body: &[u8]) -> Result<T, Failure>;
}

/// A request that is ready to be sent.
pub(super) struct Request {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// What must not come back in a text.
    pub(super) signature: String,
}

/// What went wrong with a call, in the cloud's own words, not cleaned yet.
#[derive(Debug)]
pub(super) struct Failure {
    /// `None` where the code is in no table.
    pub(super) kind: Option<Kind>,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) request_id: Option<String>,
    /// Whether the code is one that a wrong clock explains.
    pub(super) about_time: bool,
    /// Whether it says that a token has ended, or is none: new temporary keys help.
    pub(super) about_token: bool,
}

impl Failure {
    /// A failure of this kind that no code of the cloud stands for.
    pub(super) fn without_code(kind: Kind, message: impl Into<String>) -> Self {
        let (code, message) = (String::new(), message.into());
        Self { kind: Some(kind), code, message, request_id: None, about_time: false, about_token: false }
    }
}

/// A call that is ready to be written.
pub(super) struct Call<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) action: Action,
    pub(super) region: &'a str,
    pub(super) keys: &'a Credentials,
}

impl Call<'_> {
    /// Sends the call with its own parameters, once, and reads the answer; says also whether new temporary keys may help
    /// a failed one.
    pub(super) async fn send<D: Dialect, T: DeserializeOwned>(
        &self,
        http: &Client,
        own: D::Own,
    ) -> (Result<T, CloudError>, bool) {
        let request = match D::request(self, own) {
            Ok(request) => request,
            Err(failure) => return (Err(self.error::<D>(failure, "")), false),
        };
        let answer = http.post(&self.endpoint.url, request.headers, request.body).await;
        let result = answer.map_err(|transport| self.not_answered(&transport));
        let result = result.and_then(|answer| self.read::<D, T>(&answer));
        let about_token = result.as_ref().is_err_and(|failure| failure.about_token);
        (result.map_err(|failure| self.error::<D>(failure, &request.signature)), about_token)
    }

    fn not_answered(&self, transport: &Transport) -> Failure {
        let kind = match transport {
            // A change that surely never left could be sent again at once, but a host that cannot be reached is no
            // reason to hurry; it is settled by reading like any other.
            Transport::NotSent(_) => Kind::Transient,
            Transport::Unclear(_) => self.action.unreadable(),
        };
        Failure::without_code(kind, transport.to_string())
    }

    fn read<D: Dialect, T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Failure> {
        // A success and a business error both come with 200; anything else was answered by something in between.
        if answer.status != 200 {
            return Err(Failure::without_code(self.action.unreadable(), format!("HTTP status {}", answer.status)));
        }
        D::read(self.action, &answer.body).map_err(|failure| {
            let hint = if failure.about_time && clocks_differ(answer.date.as_deref()) { CLOCKS_DIFFER } else { "" };
            Failure { message: format!("{}{hint}", failure.message), ..failure }
        })
    }

    /// The error that a failure is, cleaned of what must not leave.
    fn error<D: Dialect>(&self, failure: Failure, signature: &str) -> CloudError {
        let cleaner = Cleaner { keys: self.keys, signature, encode: super::in_a_form };
        let (action, code) = (D::name(self.action), cleaner.code(&failure.code));
        let kind = failure.kind.unwrap_or_else(|| {
            tracing::warn!(action, code, "the cloud answered with an unknown code");
            Kind::Unclear
        });
        let request_id = failure.request_id.map(|id| cleaner.code(&id));
        CloudError { kind, action, code, message: cleaner.message(&failure.message), request_id }
    }
}

/// Whether the cloud's clock, as the answer has it, is far from ours.
pub(super) fn clocks_differ(date: Option<&str>) -> bool {
    let theirs = date.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
    theirs.is_some_and(|theirs| theirs.duration_since(clock::wall()).unsigned_abs() > SKEW)
}

#[cfg(fuzzing)]
pub(super) mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_clocks_is_told_by_the_date_of_the_answer() {
        assert!(clocks_differ(Some("Sun, 06 Nov 1994 08:49:37 GMT")));
        assert!(!clocks_differ(None));
        assert!(!clocks_differ(Some("yesterday")));
        let now = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&clock::now()).unwrap();
        assert!(!clocks_differ(Some(&now)));
    }
}
