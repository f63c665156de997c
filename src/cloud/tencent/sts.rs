//! Temporary keys, and whose keys are: the service `sts` of API 3.0, and the metadata of a CVM.
//!
//! An account of the API v2 asks here too: keys are the same for both. It must never send anything twice, and nothing of
//! an answer may reach a text but a code and a message: the rest is keys.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{
    Method, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    call::{CLOCKS_DIFFER, clocks_differ},
    in_a_form,
    lenient::{number, text},
    v3::{
        codes,
        sign::Signing,
        wire::{self, Failure},
    },
};
use crate::{
    clock,
    cloud::{
        CloudError, Kind,
        clean::Cleaner,
        credentials::{Ambient, Credentials, Lease, Problem, Role, Tokens, WebIdentity, is_key, session},
        endpoint::{BadEndpoint, Endpoint},
        http::{Answer, Client},
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
/// Keys of a node are renewed when so much of their life is left (the cloud's own clients).
const NODE_MARGIN: Duration = Duration::from_mins(5);
/// The metadata service is one hop away: the vendors' clients give it a second to connect and a second to answer.
const METADATA_DEADLINE: Duration = Duration::from_secs(2);
/// The name of a read of the metadata, in errors.
const NODE_ROLE: &str = "security-credentials";

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
        let caller: Caller =
            self.call(action, Some(keys), json!({}), &Cleaner { keys, signature: "", encode: in_a_form }).await?;
        let account = caller.account_id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
        account.ok_or_else(|| error(action, Kind::Unclear, "an answer without an account"))
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
            "RoleSessionName": session(),
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
            None => String::from_utf8_lossy(&self.metadata("").await?).trim().to_owned(),
        };
        if role.is_empty() || !role.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@-_".contains(&byte)) {
            return Err(error(NODE_ROLE, Kind::KeyDenied, "no role is bound to this node"));
        }
        let body = self.metadata(&role).await?;
        let keys: OfNode = serde_json::from_slice(&body)
            .map_err(|_| error(NODE_ROLE, Kind::Transient, "an answer of another form than documented"))?;
        keys.lease()
    }
}

/// Takes an answer apart; every text is cleaned.
fn read<T: DeserializeOwned>(action: &'static str, answer: &Answer, cleaner: &Cleaner<'_>) -> Result<T, CloudError> {
    if answer.status != 200 {
        return Err(error(action, Kind::Transient, &format!("HTTP status {}", answer.status)));
    }
    match wire::read(&answer.body) {
        Ok((request_id, value)) => {
            tracing::debug!(action, request_id, "the cloud answered");
            Ok(value)
        }
        Err(Failure::Unreadable { text, request_id }) => {
            let request_id = request_id.map(|id| cleaner.code(&id));
            Err(CloudError { request_id, ..error(action, Kind::Transient, &cleaner.message(&text)) })
        }
        Err(Failure::Refused { code, message, request_id, .. }) => {
            let kind = codes::of_tokens(&code);
            if kind.is_none() {
                tracing::warn!(action, code = cleaner.code(&code), "the cloud answered with an unknown code");
            }
            let skewed = codes::is_about_time(&code) && clocks_differ(answer.date.as_deref());
            let hint = if skewed { CLOCKS_DIFFER } else { "" };
            Err(CloudError {
                kind: kind.unwrap_or(Kind::Unclear),
                action,
                code: cleaner.code(&code),
                message: cleaner.message(&format!("{message}{hint}")),
                request_id: request_id.map(|id| cleaner.code(&id)),
            })
        }
    }
}

fn error(action: &'static str, kind: Kind, message: &str) -> CloudError {
    CloudError { kind, action, code: String::new(), message: message.to_owned(), request_id: None }
}

/// Who asks (1312/66098). No form of it says more than the account.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Caller {
    #[serde(deserialize_with = "text")]
    account_id: Option<String>,
}

/// The answer to both ways of taking on a role. Never printed, and no error of reading it has a value in it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    #[serde(default)]
    credentials: Keys,
    #[serde(deserialize_with = "number")]
    expired_time: i64,
}

/// What the metadata answers: the same, flat.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfNode {
    #[serde(flatten)]
    keys: Keys,
    #[serde(deserialize_with = "number")]
    expired_time: i64,
    #[serde(default, deserialize_with = "text")]
    code: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Keys {
    #[serde(deserialize_with = "text")]
    tmp_secret_id: Option<String>,
    #[serde(deserialize_with = "text")]
    tmp_secret_key: Option<String>,
    #[serde(deserialize_with = "text")]
    token: Option<String>,
}

impl Given {
    /// Renewed at nine tenths of their life (the cloud's own clients).
    fn lease(self, action: &'static str) -> Result<Lease, CloudError> {
        self.credentials.lease(action, self.expired_time, |life| life * 9 / 10)
    }
}

impl OfNode {
    fn lease(self) -> Result<Lease, CloudError> {
        if self.code.as_deref() != Some("Success") {
            return Err(error(NODE_ROLE, Kind::Transient, "the metadata service has no keys at the moment"));
        }
        self.keys.lease(NODE_ROLE, self.expired_time, |life| life.saturating_sub(NODE_MARGIN.min(life / 2)))
    }
}

impl Keys {
    fn lease(self, action: &'static str, ends: i64, renew: fn(Duration) -> Duration) -> Result<Lease, CloudError> {
        let ends = Timestamp::from_second(ends).ok();
        let life = ends.map(|ends| clock::until(clock::wall(), ends)).filter(|life| !life.is_zero());
        let life = life.ok_or_else(|| error(action, Kind::Transient, "keys that have ended already"))?;
        let usable = |key: Option<String>| key.filter(|key| is_key(key));
        let whole = (usable(self.tmp_secret_id), usable(self.tmp_secret_key), usable(self.token));
        let (Some(id), Some(secret), Some(token)) = whole else {
            return Err(error(action, Kind::Unclear, "an answer without keys"));
        };
        let keys = Credentials::new(id, SecretString::from(secret), Some(SecretString::from(token)));
        Ok(Lease { keys, life, renew: renew(life) })
    }
}

#[cfg(test)]
mod tests;
