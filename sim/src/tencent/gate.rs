//! The steps by which a call is let in; each generation takes them in its own order and words their refusals.

use crate::clock::Millis;
use crate::sim::Sim;
use crate::traffic::Api;
use crate::world::{Cloud, Key};

/// How far a timestamp may be off, in seconds (213/6982, 213/30654).
const TOLERANCE: u64 = 300;

/// Why a call is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no such key, or it is switched off.
    #[error("the SecretId is unknown or not active")]
    UnknownKey,
    /// The timestamp is too old or too new.
    #[error("the timestamp is too far off")]
    TooFarOff,
    /// The request came before.
    #[error("the nonce was used before")]
    NonceUsed,
    /// It was not signed with the secret of the key, or was changed on its way.
    #[error("the signature does not fit the request")]
    WrongSignature,
    /// A temporary key without its token, or with one that ended.
    #[error("the token is missing, wrong or expired")]
    WrongToken,
    /// Too many calls.
    #[error("{calls} calls in a second are more than {limit}")]
    TooOften {
        /// How many there were, this one included.
        calls: u32,
        /// How many there may be.
        limit: u32,
    },
    /// The key has no such permission.
    #[error("the key may not call {service}:{action}")]
    Forbidden {
        /// The service, as permissions name it.
        service: &'static str,
        /// The action.
        action: &'static str,
    },
}

/// The account behind a key id, and the key, if it works. A key of another cloud is none here.
pub fn known_key(sim: &Sim, secret_id: &str) -> Result<(String, Key), Denied> {
    let is_ours = |account: &str| sim.world.cloud(account) == Cloud::Tencent;
    let found = sim.world.key(secret_id).filter(|(account, key)| key.enabled && is_ours(account));
    found.map(|(account, key)| (account.clone(), key.clone())).ok_or(Denied::UnknownKey)
}

/// Refuses a timestamp that is too far from the clock that the cloud shows.
pub fn check_time(sim: &Sim, timestamp: u64, now: Millis) -> Result<(), Denied> {
    let is_near = timestamp.abs_diff(cloud_seconds(sim, now)) <= TOLERANCE;
    if is_near { Ok(()) } else { Err(Denied::TooFarOff) }
}

/// Refuses a nonce that came before.
pub fn check_nonce(sim: &Sim, secret_id: &str, timestamp: u64, nonce: u64) -> Result<(), Denied> {
    if sim.nonces.is_used(secret_id, timestamp, nonce) { Err(Denied::NonceUsed) } else { Ok(()) }
}

/// Remembers the nonce of a request whose signature was right: a forged one uses up nobody's nonce.
pub fn use_nonce(sim: &mut Sim, secret_id: &str, timestamp: u64, nonce: u64, now: Millis) {
    let oldest = cloud_seconds(sim, now).saturating_sub(TOLERANCE);
    sim.nonces.use_up(secret_id, timestamp, nonce, oldest);
}

/// Refuses a signature that is not the expected one.
pub fn check_signature(expected: Option<&str>, sent: &str) -> Result<(), Denied> {
    if expected == Some(sent) { Ok(()) } else { Err(Denied::WrongSignature) }
}

/// Refuses a token that is not the key's.
pub fn check_token(key: &Key, sent: Option<&str>, now: Millis) -> Result<(), Denied> {
    if key.fits_token(sent, now) { Ok(()) } else { Err(Denied::WrongToken) }
}

/// Counts a call, and refuses it above the rate of its action.
pub fn check_rate(
    sim: &mut Sim,
    (api, action): (Api, &'static str),
    secret_id: &str,
    region: &str,
    now: Millis,
) -> Result<(), Denied> {
    let calls = sim.rates.count(secret_id, region, (api, action), now);
    match sim.traffic.rate(action) {
        Some(limit) if calls > limit => Err(Denied::TooOften { calls, limit }),
        Some(_) | None => Ok(()),
    }
}

/// Refuses what the key may not do.
pub fn check_permission(key: &Key, service: &'static str, action: &'static str) -> Result<(), Denied> {
    if key.may(service, action) { Ok(()) } else { Err(Denied::Forbidden { service, action }) }
}

fn cloud_seconds(sim: &Sim, now: Millis) -> u64 {
    now.saturating_add_signed(sim.traffic.clock_skew_ms) / 1_000
}
