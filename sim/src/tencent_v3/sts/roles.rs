//! What the actions do.

use serde_json::json;

use super::super::codes as common;
use super::super::envelope::{Failure, Fields};
use super::super::params::Params;
use super::action::{Action, SERVICE};
use super::admission::Caller;
use super::arn::{self, Arn};
use super::codes;
use crate::clock::{self, Millis};
use crate::sim::Sim;
use crate::tencent::gate::Denied;
use crate::world::{Issued, user_number};

/// How long a key is good, in seconds, when nobody says, and at most (598/33164).
const DEFAULT: u64 = 7_200;
const LONGEST: u64 = 43_200;

/// Who calls (1312/66098).
pub(super) fn identity(sim: &Sim, caller: &Caller) -> Result<Fields, Failure> {
    let denied = Denied::Forbidden { service: SERVICE, action: Action::GetCallerIdentity.name() };
    let refused = || common::denied(&denied, &sim.tencent_v3);
    let signer = caller.signer.as_ref().ok_or_else(refused)?;
    if sim.world.refuses_identity(&signer.account, &signer.key) {
        return Err(refused());
    }
    let account = &signer.account;
    let (kind, user, principal, arn) = if let Some(session) = &signer.key.session {
        let role = arn::number(session.role_id);
        let arn = format!("qcs::sts:{account}:assumed-role/{role}");
        ("CAMRole", format!("{role}:{}", session.name), account.clone(), arn)
    } else {
        let user = if signer.key.is_root { account.clone() } else { user(&signer.key_id) };
        ("CAMUser", user.clone(), user.clone(), format!("qcs::cam:{account}:uin/{user}"))
    };
    let fields = [("Type", kind.to_owned()), ("AccountId", account.clone()), ("UserId", user)];
    let more = [("PrincipalId", principal), ("Arn", arn)];
    Ok(fields.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value.into())).collect())
}

/// A user as the cloud writes one.
fn user(key_id: &str) -> String {
    format!("2{:011}", user_number(key_id) % 100_000_000_000)
}

/// A role for a key.
pub(super) fn assume(sim: &mut Sim, caller: &Caller, params: &Params, now: Millis) -> Result<Fields, Failure> {
    let wanted = Wanted::read(params)?;
    let name = wanted.arn.role(sim).ok_or_else(codes::no_role)?;
    let home = &wanted.arn.account;
    let role = sim.world.role(home, &name).ok_or_else(codes::no_role)?;
    let signer = caller.signer.as_ref().ok_or_else(codes::not_trusted)?;
    if !role.trust.takes(home, &signer.account, &signer.key_id, &signer.key) {
        return Err(codes::not_trusted());
    }
    let lifetime = wanted.lifetime(role.max_session_seconds)?;
    sim.world.issue(home, &name, wanted.session, lifetime, now).map(|key| told(sim, &key)).ok_or_else(codes::no_role)
}

/// A role for a web identity.
pub(super) fn assume_with_web_identity(sim: &mut Sim, params: &Params, now: Millis) -> Result<Fields, Failure> {
    let (provider, token) = (params.required_text("ProviderId")?, params.required_text("WebIdentityToken")?);
    let wanted = Wanted::read(params)?;
    let no_role = codes::no_role_for_identity(sim.tencent_sts.unknown_web_role);
    let home = &wanted.arn.account;
    let Some(name) = wanted.arn.role(sim) else { return Err(no_role) };
    let Some(role) = sim.world.role(home, &name) else { return Err(no_role) };
    sim.world.recognise(home, role, (provider, token), now).map_err(codes::stranger)?;
    let lifetime = wanted.lifetime(role.max_session_seconds)?;
    sim.world.issue(home, &name, wanted.session, lifetime, now).map(|key| told(sim, &key)).ok_or(no_role)
}

/// A role as a request asks for it.
struct Wanted<'a> {
    arn: Arn,
    session: &'a str,
    seconds: u64,
}

impl<'a> Wanted<'a> {
    fn read(params: &'a Params) -> Result<Self, Failure> {
        let arn = Arn::parse(params.required_text("RoleArn")?).ok_or_else(|| codes::parameter("RoleArn"))?;
        let session = params.required_text("RoleSessionName")?;
        // 2 to 128 of letters, digits and `_=,.@-` (598/33164).
        let is_plain = session.chars().all(|it| it.is_ascii_alphanumeric() || "_+=,.@-".contains(it));
        if !is_plain || !(2..=128).contains(&session.len()) {
            return Err(codes::parameter("RoleSessionName"));
        }
        let seconds = params.number("DurationSeconds")?.unwrap_or(DEFAULT);
        if seconds == 0 {
            return Err(codes::parameter("DurationSeconds"));
        }
        Ok(Self { arn, session, seconds })
    }

    fn lifetime(&self, most: Option<u64>) -> Result<Millis, Failure> {
        let most = most.unwrap_or(LONGEST);
        if self.seconds > most { Err(codes::too_long(most)) } else { Ok(self.seconds * 1_000) }
    }
}

/// A temporary key as it is told; its end by the clock that the cloud shows.
fn told(sim: &Sim, key: &Issued) -> Fields {
    let end = key.expires_at.saturating_add_signed(sim.traffic.clock_skew_ms);
    let credentials = json!({
        "Token": key.token.reveal(),
        "TmpSecretId": key.id,
        "TmpSecretKey": key.secret.reveal(),
    });
    Fields::from_iter([
        ("Credentials".to_owned(), credentials),
        ("ExpiredTime".to_owned(), (end / 1_000).into()),
        ("Expiration".to_owned(), clock::written(end).into()),
    ])
}
