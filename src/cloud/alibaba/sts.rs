//! Temporary keys, and whose keys are: the service `sts`, and the metadata of an ECS instance.
//!
//! It must never send anything twice, and nothing of an answer may reach a text but a code and a message: the rest is
//! keys.

mod answer;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{
    Method, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

#[cfg(fuzzing)]
pub(in crate::cloud) use self::answer::fuzz::fuzz;
use self::answer::{NODE_ROLE, account, error, lease, read};
use super::{
    call::DATE,
    sign::{self, Headers, Params},
};
use crate::{
    clock,
    cloud::{
        CloudError, Kind,
        clean::Cleaner,
        credentials::{Ambient, Credentials, Lease, Problem, Role, SESSION, Tokens, WebIdentity},
        endpoint::{BadEndpoint, Endpoint},
        http::{Answer, Client},
    },
};

/// The metadata service, which an instance alone can reach, over plain http.
const METADATA: &str = "http://100.100.100.200";
/// Where it gives the token that its other pages want.
const TOKEN: &str = "/latest/api/token";
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-aliyun-ecs-metadata-token");
const TOKEN_LIFE: HeaderName = HeaderName::from_static("x-aliyun-ecs-metadata-token-ttl-seconds");
/// Where it keeps the keys of the node's role.
const OF_NODE: &str = "/latest/meta-data/ram/security-credentials/";
/// The version of the service.
const VERSION: &str = "2015-04-01";
/// The vendor's library gives the metadata service a second to connect and a second to answer.
const METADATA_DEADLINE: Duration = Duration::from_secs(2);

/// The token service of Alibaba Cloud.
#[derive(Debug)]
pub struct Sts {
    endpoint: Endpoint,
    metadata: Url,
    ambient: Ambient,
    http: Client,
}

impl Sts {
    /// The service at these addresses, or where the environment says, or at the vendor's own.
    ///
    /// # Errors
    /// One of them is no address of an HTTP server.
    pub fn new(sts: Option<&str>, metadata: Option<&str>, ambient: Ambient, http: Client) -> Result<Self, BadEndpoint> {
        let host = sts.map_or_else(|| host(&ambient), ToOwned::to_owned);
        let endpoint = Endpoint::new("sts", &host, "/")?;
        let metadata = Endpoint::new("metadata", metadata.unwrap_or(METADATA), "/")?.url;
        Ok(Self { endpoint, metadata, ambient, http })
    }

    /// Calls once, signed.
    async fn call(&self, action: &'static str, keys: &Credentials, own: Params) -> Result<Value, CloudError> {
        let query = sign::query(&own);
        let mut nonce = [0; 16];
        if getrandom::fill(&mut nonce).is_err() {
            return Err(error(action, Kind::Transient, "this machine has no random numbers"));
        }
        let signed = self.signed(action, keys, &nonce);
        let signature = sign::signature(keys, &signed, &query);
        let Some(headers) = headers(&signed, &sign::authorization(keys.id(), &signed, &signature)) else {
            return Err(error(action, Kind::KeyDenied, "the keys are no text that a header can carry"));
        };
        let mut url = self.endpoint.url.clone();
        url.set_query(Some(&query).filter(|query| !query.is_empty()).map(String::as_str));
        let answer = self.http.post(&url, headers, Vec::new()).await;
        read(action, answer, &Cleaner { keys, signature: &signature, encode: sign::encode })
    }

    fn signed(&self, action: &str, keys: &Credentials, nonce: &[u8]) -> Headers {
        let mut headers = Headers::from([
            ("accept", "application/json".to_owned()),
            ("host", self.endpoint.host.clone()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-content-sha256", sign::EMPTY_BODY.to_owned()),
            ("x-acs-date", clock::wall().strftime(DATE).to_string()),
            ("x-acs-signature-nonce", sign::hex(nonce)),
            ("x-acs-version", VERSION.to_owned()),
        ]);
        if let Some(token) = keys.token() {
            // The vendor's library sends the two together.
            headers.insert("x-acs-accesskey-id", keys.id().to_owned());
            headers.insert("x-acs-security-token", token.to_owned());
        }
        headers
    }

    /// Calls once without a signature: the proof is in the body, so that no log of addresses has it.
    async fn call_unsigned(&self, action: &'static str, own: Params, proof: &Credentials) -> Result<Value, CloudError> {
        let common = Params::from([
            ("Action".to_owned(), action.to_owned()),
            ("Version".to_owned(), VERSION.to_owned()),
            ("Format".to_owned(), "JSON".to_owned()),
            ("Timestamp".to_owned(), clock::wall().strftime(DATE).to_string()),
        ]);
        let mut url = self.endpoint.url.clone();
        url.set_query(Some(&sign::query(&common)));
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let answer = self.http.post(&url, HeaderMap::from_iter([(CONTENT_TYPE, form)]), sign::query(&own).into()).await;
        read(action, answer, &Cleaner { keys: proof, signature: "", encode: sign::encode })
    }

    async fn metadata(&self, method: Method, page: &str, headers: HeaderMap) -> Result<Answer, CloudError> {
        let mut url = self.metadata.clone();
        url.set_path(page);
        let answer = self.http.hurried(METADATA_DEADLINE).send(method, &url, headers, Vec::new()).await;
        answer.map_err(|transport| error(NODE_ROLE, Kind::Transient, &transport.to_string()))
    }

    /// The header that opens the pages; none where the service gives no token and the environment does not insist on it,
    /// as the vendor's library has it.
    async fn metadata_token(&self) -> Result<HeaderMap, CloudError> {
        let life = HeaderMap::from_iter([(TOKEN_LIFE, HeaderValue::from_static("21600"))]);
        let answer = self.metadata(Method::PUT, TOKEN, life).await;
        let token = answer.ok().filter(|answer| answer.status == 200).and_then(|answer| {
            let mut token = HeaderValue::from_str(str::from_utf8(&answer.body).ok()?.trim()).ok()?;
            token.set_sensitive(true);
            Some(token).filter(|token| !token.is_empty())
        });
        let insists = self.ambient.get("ALIBABA_CLOUD_IMDSV1_DISABLED").is_some_and(is_true);
        match token {
            Some(token) => Ok(HeaderMap::from_iter([(TOKEN_HEADER, token)])),
            None if insists => Err(error(NODE_ROLE, Kind::Transient, "the metadata service gives no token")),
            None => Ok(HeaderMap::new()),
        }
    }

    async fn page(&self, role: &str, headers: &HeaderMap) -> Result<Vec<u8>, CloudError> {
        let answer = self.metadata(Method::GET, &format!("{OF_NODE}{role}"), headers.clone()).await?;
        match answer.status {
            200 => Ok(answer.body),
            404 => Err(error(NODE_ROLE, Kind::KeyDenied, "no such role is bound to this node")),
            status => Err(error(NODE_ROLE, Kind::Transient, &format!("HTTP status {status}"))),
        }
    }
}

#[async_trait]
impl Tokens for Sts {
    async fn identity(&self, keys: &Credentials) -> Result<String, CloudError> {
        let action = "GetCallerIdentity";
        let caller = self.call(action, keys, Params::new()).await?;
        account(action, &caller)
    }

    async fn assume(&self, keys: &Credentials, role: &Role) -> Result<Lease, CloudError> {
        let action = "AssumeRole";
        let own = params([("RoleArn", role.arn.as_str()), ("RoleSessionName", &role.session)]);
        lease(action, &self.call(action, keys, own).await?["Credentials"])
    }

    async fn exchange(&self, identity: &WebIdentity) -> Result<Lease, Problem> {
        let action = "AssumeRoleWithOIDC";
        let role = self.ambient.or_said(identity.role_arn.as_deref(), "ALIBABA_CLOUD_ROLE_ARN")?;
        let provider = self.ambient.or_said(identity.provider.as_deref(), "ALIBABA_CLOUD_OIDC_PROVIDER_ARN")?;
        let token = self.ambient.token("ALIBABA_CLOUD_OIDC_TOKEN_FILE").await?;
        let own = params([
            ("RoleArn", role.as_str()),
            ("OIDCProviderArn", &provider),
            ("OIDCToken", token.expose_secret()),
            ("RoleSessionName", SESSION),
        ]);
        // What must not come back in a text is the proof.
        let proof = Credentials::new(String::new(), SecretString::default(), Some(token));
        let given = self.call_unsigned(action, own, &proof).await.map_err(Problem::Cloud)?;
        lease(action, &given["Credentials"]).map_err(Problem::Cloud)
    }

    async fn of_node(&self, role: Option<&str>) -> Result<Lease, CloudError> {
        let headers = self.metadata_token().await?;
        let role = match role {
            Some(role) => role.to_owned(),
            None => answer::role(&self.page("", &headers).await?),
        };
        if !answer::is_role(&role) {
            return Err(error(NODE_ROLE, Kind::KeyDenied, "no role is bound to this node"));
        }
        answer::of_node(&self.page(&role, &headers).await?)
    }
}

/// Where the service is, as the environment says it: an address, or a region and whether its VPC address is wanted.
fn host(ambient: &Ambient) -> String {
    let region = ambient.get("ALIBABA_CLOUD_STS_REGION");
    let internal = ambient.get("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED").is_some_and(is_true);
    match (ambient.get("ALIBABA_CLOUD_STS_ENDPOINT"), region) {
        // A host, says the vendor; whatever stands before it, an identity is not sent over plain http.
        (Some(host), _) => format!("https://{}", host.split_once("://").map_or(host, |(_, host)| host)),
        (None, Some(region)) if internal => format!("https://sts-vpc.{region}.aliyuncs.com"),
        (None, Some(region)) => format!("https://sts.{region}.aliyuncs.com"),
        (None, None) => "https://sts.aliyuncs.com".to_owned(),
    }
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

fn params<const N: usize>(own: [(&str, &str); N]) -> Params {
    own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The headers of a signed call; `None` where a key is no text that one can carry.
fn headers(signed: &Headers, authorization: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in signed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
    }
    // The client writes it from the address, the same text.
    headers.remove(HOST);
    headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization).ok()?);
    headers.values_mut().for_each(|value| value.set_sensitive(true));
    Some(headers)
}

#[cfg(test)]
mod tests;
