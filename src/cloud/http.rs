//! The HTTP client below the providers: one request out, one answer back, bounded in time and in size.
//!
//! It must never send anything a second time (a change sent twice is two changes), follow a redirect (a signature holds
//! for one host), use a proxy that the environment names, or print what it sends: a form of Tencent Cloud carries the
//! key id and the token. Whatever goes wrong on the way is data ([`Transport`]); what an answer means is the provider's
//! to say.

use std::{error::Error, time::Duration};

use reqwest::{
    Method, Url,
    header::{DATE, HeaderMap, HeaderName},
    redirect, retry,
};

use crate::link::CALL_DEADLINE;

/// How long a connection may take, name look-up and TLS included: half of a call's deadline, so that a host that does
/// not answer is told apart from an answer that does not come.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// An idle connection is closed by us before a load balancer does it (60 s and more, as a rule): a change that is sent
/// into a connection being closed leaves its outcome unclear.
const IDLE: Duration = Duration::from_secs(20);
/// The most that is read of one answer: a page of 100 machines at 8 KiB each, twice over and more. A list of nothing but
/// zeros has sixteen times its size in memory once it is read, and several calls at once must fit into the container.
const BODY_LIMIT: usize = 2 * 1024 * 1024;
/// How Alibaba Cloud says that it throttles, whatever the code of the answer is.
const RETRY_AFTER: HeaderName = HeaderName::from_static("x-acs-retry-after");
/// Names us to the cloud.
const USER_AGENT: &str = concat!("classiclink-operator/", env!("CARGO_PKG_VERSION"));

/// Sends requests; clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    deadline: Duration,
}

/// What came back, whatever it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, complete.
    pub body: Vec<u8>,
    /// The `Date` header as sent: the cloud's clock.
    pub date: Option<String>,
    /// The `x-acs-retry-after` header as sent: Alibaba Cloud asks to wait, in milliseconds.
    pub retry_after: Option<String>,
}

/// Why there is no answer. The texts name no header, no query and no address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Transport {
    /// The request never left: the name was not found, or there was no connection, or no TLS.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The request may have arrived: no complete answer came back.
    #[error("no usable answer: {0}")]
    Unclear(String),
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The process has not chosen who does its TLS.
    #[error("no TLS provider is installed in this process")]
    NoTls,
    /// The client could not be made.
    #[error("the HTTP client could not be made")]
    Build(#[source] reqwest::Error),
}

impl Client {
    /// A client whose calls end within [`CALL_DEADLINE`].
    ///
    /// # Errors
    /// [`Unusable`]: a mistake of the process or its image, not of the network.
    pub fn new() -> Result<Self, Unusable> {
        Self::with_deadline(CALL_DEADLINE)
    }

    /// A client whose calls end within `deadline`, the body included.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_deadline(deadline: Duration) -> Result<Self, Unusable> {
        // The builder would panic.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(Unusable::NoTls);
        }
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_DEADLINE)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(Unusable::Build)?;
        Ok(Self { http, deadline })
    }

    /// The same client, whose calls end within `deadline`.
    #[must_use]
    pub fn hurried(&self, deadline: Duration) -> Self {
        Self { http: self.http.clone(), deadline }
    }

    /// Sends `body` once and reads the answer.
    ///
    /// # Errors
    /// [`Transport`], which says whether the request may have arrived. An answer of any status is none.
    pub async fn post(&self, url: &Url, headers: HeaderMap, body: Vec<u8>) -> Result<Answer, Transport> {
        self.send(Method::POST, url, headers, body).await
    }

    /// Sends a request of any method once and reads the answer.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Answer, Transport> {
        let request = self.http.request(method, url.clone()).headers(headers).body(body);
        match tokio::time::timeout(self.deadline, exchange(request)).await {
            Ok(result) => result,
            Err(_) => Err(Transport::Unclear(format!("no complete answer within {} s", self.deadline.as_secs_f64()))),
        }
    }
}

async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, Transport> {
    let mut response = request.send().await.map_err(unsent_or_unclear)?;
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let (date, retry_after) = (header(DATE), header(RETRY_AFTER));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Transport::Unclear(text(error)))? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(Transport::Unclear(format!("an answer of more than {} MiB", BODY_LIMIT / (1024 * 1024))));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body, date, retry_after })
}

fn unsent_or_unclear(error: reqwest::Error) -> Transport {
    if error.is_connect() || error.is_builder() {
        Transport::NotSent(text(error))
    } else {
        Transport::Unclear(text(error))
    }
}

/// The innermost cause: the layers above say only that a request failed. Without the address, which may have a query.
fn text(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
