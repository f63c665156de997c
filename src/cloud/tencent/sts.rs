//! Temporary keys, and whose keys are: the service `sts` of API 3.0, and the metadata of a CVM.
//!
//! An account of the API v2 asks here too: keys are the same for both. It must never send anything twice, and nothing of
//! an answer may reach a text but a code and a message: the rest is keys.

mod answer;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{
    Method, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[cfg(fuzzing)]
pub(in crate::cloud) use self::answer::fuzz::fuzz;
use self::answer::{Given, NODE_ROLE, Told, error, read};
use super::{in_a_form, v3::sign::Signing};
use crate::{
    clock,
    cloud::{
        CloudError, Kind,
        clean::Cleaner,
        credentials::{Ambient, Credentials, Lease, Problem, Role, SESSION, Tokens, WebIdentity},
        endpoint::{BadEndpoint, Endpoint},
        http::Client,
    },
};

/// The service's host (1312/73070). The international documents name no other for it; the account's `endpoints` may.
const HOST: &str = "https://sts.tencentcloudapi.com";
/// The metadata service, which a CVM alone can reach, over plain http (213/4934).
const METADATA: &str = "http://metadata.tencentyun.com";
/// Where it keeps the keys of the node's role.
const OF_NODE: &str = "/latest/meta-data/cam/security-credentials/";
/// The version of the service.
const VERSION: &str = "2018-08-13";
/// The region where nothing says one, as the cloud's own client has it: what is asked here is the same in all.
const REGION: &str = "ap-guangzhou";
const JSON: &str = "application/json";
/// The metadata service is one hop away: the vendors' clients give it a second to connect and a second to answer.
const METADATA_DEADLINE: Duration = Duration::from_secs(2);

/// The token service of Tencent Cloud.
#[derive(Debug)]
pub struct Sts {
    endpoint: Endpoint,
    metadata: Url,
    ambient: Ambient,
    http: Client,
}

impl Sts {
    /// The service at these addresses, or at the cloud's own.
    ///
    /// # Errors
    /// One of them is no address of an HTTP server.
    pub fn new(sts: Option<&str>, metadata: Option<&str>, ambient: Ambient, http: Client) -> Result<Self, BadEndpoint> {
        let endpoint = Endpoint::new("sts", sts.unwrap_or(HOST), "/")?;
        let metadata = Endpoint::new("metadata", metadata.unwrap_or(METADATA), OF_NODE)?.url;
        Ok(Self { endpoint, metadata, ambient, http })
    }

    /// Calls once. Without keys the call is not signed: `AssumeRoleWithWebIdentity` carries its own proof.
    async fn call<T: DeserializeOwned>(
        &self,
        action: &'static str,
        keys: Option<&Credentials>,
        own: Value,
        cleaner: &Cleaner<'_>,
    ) -> Result<T, CloudError> {
        let body = own.to_string().into_bytes();
        let (authorization, at) = self.authorization(keys, &body);
        let Ok(headers) = self.headers(action, keys, at, &authorization) else {
            return Err(error(action, Kind::KeyDenied, "key or token has a character that none has"));
        };
        let answer = self.http.post(&self.endpoint.url, headers, body).await;
        let answer = answer.map_err(|transport| error(action, Kind::Transient, &transport.to_string()))?;
        read(action, &answer, cleaner)
    }

    fn authorization(&self, keys: Option<&Credentials>, body: &[u8]) -> (String, Timestamp) {
        let at = clock::wall();
        let signed = [("content-type", JSON), ("host", self.endpoint.host.as_str())];
        let signing = Signing { service: "sts", at, headers: &signed, body };
        let authorization = keys.map(|keys| signing.authorization(keys, &signing.signature(keys)));
        (authorization.unwrap_or_else(|| "SKIP".to_owned()), at)
    }

    fn headers(
        &self,
        action: &'static str,
        keys: Option<&Credentials>,
        at: Timestamp,
        authorization: &str,
    ) -> Result<HeaderMap, InvalidHeaderValue> {
        let region = self.ambient.get("TKE_REGION").unwrap_or(REGION);
        let mut headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static(JSON)),
            (HeaderName::from_static("x-tc-action"), HeaderValue::from_static(action)),
            (HeaderName::from_static("x-tc-version"), HeaderValue::from_static(VERSION)),
            (HeaderName::from_static("x-tc-language"), HeaderValue::from_static("en-US")),
            (HeaderName::from_static("x-tc-timestamp"), HeaderValue::from(at.as_second())),
            (HeaderName::from_static("x-tc-region"), HeaderValue::from_str(region)?),
            (AUTHORIZATION, HeaderValue::from_str(authorization)?),
        ]);
        if let Some(token) = keys.and_then(Credentials::token) {
            headers.insert(HeaderName::from_static("x-tc-token"), HeaderValue::from_str(token)?);
        }
        headers.values_mut().for_each(|value| value.set_sensitive(true));
        Ok(headers)
    }

    /// Reads a page of the metadata.
    async fn metadata(&self, page: &str) -> Result<Vec<u8>, CloudError> {
        let mut url = self.metadata.clone();
        url.set_path(&format!("{OF_NODE}{page}"));
        let http = self.http.hurried(METADATA_DEADLINE);
        let answer = http.send(Method::GET, &url, HeaderMap::new(), Vec::new()).await;
        let answer = answer.map_err(|transport| error(NODE_ROLE, Kind::Transient, &transport.to_string()))?;
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
        let told: Told =
            self.call(action, Some(keys), json!({}), &Cleaner { keys, signature: "", encode: in_a_form }).await?;
        told.account(action)
    }

    async fn assume(&self, keys: &Credentials, role: &Role) -> Result<Lease, CloudError> {
        let action = "AssumeRole";
        let own = json!({"RoleArn": role.arn, "RoleSessionName": role.session});
        let given: Given =
            self.call(action, Some(keys), own, &Cleaner { keys, signature: "", encode: in_a_form }).await?;
        given.lease(action)
    }

    async fn exchange(&self, identity: &WebIdentity) -> Result<Lease, Problem> {
        let action = "AssumeRoleWithWebIdentity";
        let role = self.ambient.or_said(identity.role_arn.as_deref(), "TKE_ROLE_ARN")?;
        let provider = self.ambient.or_said(identity.provider.as_deref(), "TKE_PROVIDER_ID")?;
        let token = self.ambient.token("TKE_WEB_IDENTITY_TOKEN_FILE").await?;
        let own = json!({
            "ProviderId": provider,
            "WebIdentityToken": token.expose_secret(),
            "RoleArn": role,
            "RoleSessionName": SESSION,
        });
        // What must not come back in a text is the proof.
        let proof = Credentials::new(String::new(), SecretString::default(), Some(token));
        let cleaner = Cleaner { keys: &proof, signature: "", encode: in_a_form };
        let given: Given = self.call(action, None, own, &cleaner).await.map_err(Problem::Cloud)?;
        given.lease(action).map_err(Problem::Cloud)
    }

    async fn of_node(&self, role: Option<&str>) -> Result<Lease, CloudError> {
        let role = match role {
            Some(role) => role.to_owned(),
            None => answer::role(&self.metadata("").await?),
        };
        if !answer::is_role(&role) {
            return Err(error(NODE_ROLE, Kind::KeyDenied, "no role is bound to this node"));
        }
        answer::of_node(&self.metadata(&role).await?)
    }
}

#[cfg(test)]
mod tests;
