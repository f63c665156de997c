//! Who calls, and whether they may: everything that is checked before the action's own parameters.
//!
//! The order is method, action, common parameters, time, key, replay, signature, token, rate, permission; the true one
//! is undocumented.

use axum::http::StatusCode;
use serde_json::json;

use super::action::Action;
use super::failure::Failure;
use super::request::{Request, Scheme, incomplete};
use super::settings::{Api, Detail, Found, Presence, Settings, TokenErrorStatus};
use super::sign::{query, v3};
use crate::clock::Millis;
use crate::sim::Sim;
use crate::traffic;
use crate::world::{Key, Secret};

/// How far a timestamp may be off, in seconds: the gateway's own table says 15 minutes, a page of the older scheme 31.
const TOLERANCE: u64 = 900;

/// The span in which calls are counted for throttling.
const MINUTE: Millis = 60_000;

/// A caller who may do what they ask.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) account: String,
    pub(super) action: Action,
    /// False only where a want of permission is answered with an empty list.
    pub(super) is_permitted: bool,
}

/// Whose key signed a request.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) account: String,
    pub(super) key_id: String,
    pub(super) key: Key,
}

/// Lets a request in, or tells why not.
pub(super) fn admit(sim: &mut Sim, request: &Request, now: Millis) -> Result<Caller, Failure> {
    check_method(request)?;
    let action = known_action(request, &sim.alibaba)?;
    let Signer { account, key, .. } = signer(sim, request, now)?;
    check_rate(sim, &account, (traffic::Api::Alibaba, action.name()), request, now)?;
    let is_permitted = check_permission(&key, action, &account, &sim.alibaba, request)?;
    Ok(Caller { account, action, is_permitted })
}

pub(super) fn check_method(request: &Request) -> Result<(), Failure> {
    if !["GET", "POST"].contains(&request.verb.as_str()) {
        return Err(Failure::bad("UnsupportedHTTPMethod", "This http method is not supported."));
    }
    request.format().map(drop)
}

/// Whose key signed a request, if it is signed, by a key that works, now.
pub(super) fn signer(sim: &mut Sim, request: &Request, now: Millis) -> Result<Signer, Failure> {
    let scheme = request.scheme()?;
    let id = required(request.access_key().as_deref(), "AccessKeyId")?.to_owned();
    let (sent_at, nonce) = (required(request.timestamp(), "Timestamp")?, required(request.nonce(), "SignatureNonce")?);

    let cloud_now = now.saturating_add_signed(sim.traffic.clock_skew_ms);
    let timestamp = check_time(sent_at, cloud_now)?;
    let (account, key) = known_key(sim, &id)?;
    if sim.alibaba_nonces.is_known(&id, nonce) {
        return Err(Failure::bad("SignatureNonceUsed", "Specified signature nonce was used already."));
    }
    check_signature(request, &scheme, &key)?;
    sim.alibaba_nonces.use_up(&id, timestamp, nonce, (cloud_now / 1_000).saturating_sub(TOLERANCE));
    check_token(sim, request.token(), &key, now)?;
    Ok(Signer { account, key_id: id, key })
}

pub(super) fn required<'a>(value: Option<&'a str>, name: &str) -> Result<&'a str, Failure> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| Failure::missing(name))
}

fn known_action(request: &Request, settings: &Settings) -> Result<Action, Failure> {
    let name = required(request.action(), "Action")?;
    let version = required(request.version(), "Version")?;
    let action = Action::named(name).filter(|action| action.product().version() == version);
    action.filter(|_| settings.api == Api::Online).ok_or_else(|| {
        Failure::not_found("InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
    })
}

/// The timestamp in seconds. It is `yyyy-MM-ddTHH:mm:ssZ` and nothing else.
pub(super) fn check_time(sent: &str, cloud_now: Millis) -> Result<u64, Failure> {
    let is_form = sent.len() == "2024-01-02T03:04:05Z".len() && sent.ends_with('Z');
    let parsed = sent.parse::<jiff::Timestamp>().ok().filter(|_| is_form);
    let seconds = parsed.and_then(|timestamp| u64::try_from(timestamp.as_second()).ok()).ok_or_else(|| {
        Failure::bad("InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
    })?;
    if seconds.abs_diff(cloud_now / 1_000) <= TOLERANCE {
        return Ok(seconds);
    }
    Err(Failure::bad("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."))
}

fn known_key(sim: &Sim, id: &str) -> Result<(String, Key), Failure> {
    let found = sim.world.key(id).map(|(account, key)| (account.clone(), key.clone()));
    let (account, key) =
        found.ok_or_else(|| Failure::not_found("InvalidAccessKeyId.NotFound", "Specified access key is not found."))?;
    if key.enabled {
        return Ok((account, key));
    }
    Err(Failure::bad("InvalidAccessKeyId.Inactive", "Specified access key is disabled."))
}

fn check_signature(request: &Request, scheme: &Scheme, key: &Key) -> Result<(), Failure> {
    match scheme {
        Scheme::V3(authorization) => check_v3(request, authorization, key),
        Scheme::Query => check_query(request, key),
    }
}

fn check_v3(request: &Request, authorization: &v3::Authorization, key: &Key) -> Result<(), Failure> {
    let Request { verb, headers, query, body, .. } = request;
    let signed = v3::Signed { verb, query, headers, names: &authorization.signed, body };
    if !signed.is_complete() {
        return Err(incomplete());
    }
    let text = signed.text();
    let expected = v3::signature(key.secret.reveal(), &text);
    let fits = signed.fits_body() && expected.as_deref() == Some(&authorization.signature);
    if fits { Ok(()) } else { Err(mismatch(&text)) }
}

fn check_query(request: &Request, key: &Key) -> Result<(), Failure> {
    let params = &request.params;
    let (method, version) = (params.required("SignatureMethod")?, params.required("SignatureVersion")?);
    let signature = params.required("Signature")?;
    if method != "HMAC-SHA1" || version != "1.0" {
        return Err(Failure::bad("InvalidSignatureMethod", "Specified signature method is not valid."));
    }
    let text = query::text(&request.verb, params.pairs());
    let expected = query::signature(key.secret.reveal(), &text);
    if expected.as_deref() == Some(signature) { Ok(()) } else { Err(mismatch(&text)) }
}

/// An SDK takes the message apart at its colon.
fn mismatch(text: &str) -> Failure {
    let what = "Specified signature is not matched with our calculation. server string to sign is";
    Failure::bad("SignatureDoesNotMatch", format!("{what}:{text}"))
}

fn check_token(sim: &Sim, sent: Option<&str>, key: &Key, now: Millis) -> Result<(), Failure> {
    let status = match sim.alibaba.token_error_status {
        TokenErrorStatus::BadRequest => StatusCode::BAD_REQUEST,
        TokenErrorStatus::Forbidden => StatusCode::FORBIDDEN,
    };
    let known = key.token.as_ref().map(Secret::reveal);
    let (code, message) = match (known, sent) {
        (None, None) => return Ok(()),
        (Some(known), Some(sent)) if known == sent && key.fits_token(Some(sent), now) => return Ok(()),
        (Some(known), Some(sent)) if known == sent => {
            ("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
        }
        (Some(_), None) => ("MissingSecurityToken", "SecurityToken is mandatory for this action."),
        (Some(_), Some(sent)) if !is_token(sim, sent) => {
            ("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
        }
        (None | Some(_), Some(_)) => {
            ("InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.")
        }
    };
    Err(Failure::new(status, code, message))
}

/// Whether any key has this token.
fn is_token(sim: &Sim, sent: &str) -> bool {
    let mut keys = sim.world.accounts().flat_map(|(_, account)| account.keys.values());
    keys.any(|key| key.token.as_ref().is_some_and(|token| token.reveal() == sent))
}

/// Calls are counted for an account, a region and an action; a refusal ends with its minute.
pub(super) fn check_rate(
    sim: &mut Sim,
    account: &str,
    subject: (traffic::Api, &'static str),
    request: &Request,
    now: Millis,
) -> Result<(), Failure> {
    let (region, action) = (request.params.text("RegionId").unwrap_or_default(), subject.1);
    let in_minute = sim.rates.count_within(MINUTE, account, region, subject, now);
    let in_second = sim.rates.count(account, region, subject, now);
    let is_above = |count: u32, limit: Option<u32>| limit.is_some_and(|limit| count > limit);
    let span = if is_above(in_minute, sim.alibaba.rate(action)) {
        MINUTE
    } else if is_above(in_second, sim.traffic.rate(action)) {
        1_000
    } else {
        return Ok(());
    };
    let failure = Failure::throttled(span - now % span);
    match sim.alibaba.retry_after {
        Presence::Present => Err(failure),
        Presence::Absent => Err(Failure { retry_after: None, ..failure }),
    }
}

/// Whether the key may; a list of machines is answered without permission, too, and is empty then.
fn check_permission(
    key: &Key,
    action: Action,
    account: &str,
    settings: &Settings,
    request: &Request,
) -> Result<bool, Failure> {
    if key.may(action.product().service(), action.name()) {
        return Ok(true);
    }
    let is_list = action == Action::DescribeInstances && !request.params.is_set("DryRun");
    if is_list && settings.unauthorized_instances == Found::Empty {
        return Ok(false);
    }
    Err(unauthorized(action, account, settings))
}

fn unauthorized(action: Action, account: &str, settings: &Settings) -> Failure {
    let failure = match action {
        Action::AttachClassicLinkVpc | Action::DetachClassicLinkVpc => {
            Failure::forbidden("Forbidden.SubUser", "User not authorized to operate on the specified resource.")
        }
        Action::DescribeClassicLinkInstances
        | Action::DescribeInstances
        | Action::DescribeVpcAttribute
        | Action::DescribeVpcs
        | Action::EnableVpcClassicLink
        | Action::DisableVpcClassicLink => Failure::forbidden(
            "Forbidden.RAM",
            "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
        ),
    };
    let detail = json!({
        "AuthAction": format!("{}:{}", action.product().service(), action.name()),
        "AuthPrincipalOwnerId": account,
        "AuthPrincipalType": "SubUser",
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    });
    Failure { access_denied: (settings.access_denied_detail == Detail::Present).then_some(detail), ..failure }
}
