//! What the actions do.

use serde_json::{Value, json};

use super::super::envelope::Fields;
use super::super::failure::Failure;
use super::super::params::Params;
use super::admission::Caller;
use super::arn::{self, Arn};
use super::codes;
use crate::clock::Millis;
use crate::sim::Sim;
use crate::world::{Issued, Role, user_number};

/// How long a key is good, in seconds: at least, when nobody says, and at most unless the role says otherwise.
const SHORTEST: u64 = 900;
const DEFAULT: u64 = 3_600;
const LONGEST: u64 = 3_600;

/// Who calls.
pub(super) fn identity(sim: &Sim, caller: &Caller) -> Result<Fields, Failure> {
    let signer = caller.signer.as_ref().ok_or_else(codes::unauthorized)?;
    let account = &signer.account;
    if sim.world.refuses_identity(account, &signer.key) {
        return Err(codes::unauthorized());
    }
    let mut fields = Fields::from_iter([("AccountId".to_owned(), account.as_str().into())]);
    let mut tell = |name: &str, value: String| fields.insert(name.to_owned(), value.into());
    match &signer.key.session {
        Some(session) => {
            let (role, name) = (arn::number(session.role_id), &session.name);
            tell("IdentityType", "AssumedRoleUser".into());
            tell("PrincipalId", format!("{role}:{name}"));
            tell("RoleId", role.to_string());
            tell("Arn", format!("acs:ram::{account}:assumed-role/{}/{name}", session.role));
        }
        None if signer.key.is_root => {
            tell("IdentityType", "Account".into());
            tell("PrincipalId", account.clone());
            tell("UserId", account.clone());
            tell("Arn", format!("acs:ram::{account}:root"));
        }
        None => {
            let user = user(&signer.key_id);
            tell("IdentityType", "RAMUser".into());
            tell("PrincipalId", user.clone());
            tell("UserId", user);
            tell("Arn", format!("acs:ram::{account}:user/{}", signer.key_id));
        }
    }
    Ok(fields)
}

/// A user as the cloud writes one.
fn user(key_id: &str) -> String {
    format!("2{:017}", user_number(key_id) % 100_000_000_000_000_000)
}

/// A role for a key.
pub(super) fn assume(sim: &mut Sim, caller: &Caller, params: &Params, now: Millis) -> Result<Fields, Failure> {
    let wanted = Wanted::read(params)?;
    let signer = caller.signer.as_ref().ok_or_else(codes::unauthorized)?;
    if signer.key.is_root {
        return Err(codes::root());
    }
    let role = wanted.role(sim)?;
    if !role.trust.takes(&wanted.arn.account, &signer.account, &signer.key_id, &signer.key) {
        return Err(codes::not_trusted());
    }
    wanted.given(sim, now)
}

/// A role for a web identity.
pub(super) fn assume_with_oidc(sim: &mut Sim, params: &Params, now: Millis) -> Result<Fields, Failure> {
    let (provider, token) = (params.required("OIDCProviderArn")?, params.required("OIDCToken")?);
    let wanted = Wanted::read(params)?;
    let role = wanted.role(sim)?;
    let home = &wanted.arn.account;
    let identity = sim.world.recognise(home, role, (provider, token), now).map_err(codes::stranger)?;
    let about = json!({
        "Subject": identity.subject,
        "Issuer": format!("https://{}", identity.provider.rsplit('/').next().unwrap_or_default()),
        "ClientIds": "sts.aliyuncs.com",
        "ExpirationTime": identity.expires_at.map(|end| written(sim, end)).unwrap_or_default(),
        "IssuanceTime": written(sim, now),
        "VerificationInfo": "Success",
    });
    let mut fields = wanted.given(sim, now)?;
    fields.insert("OIDCTokenInfo".to_owned(), about);
    Ok(fields)
}

/// A role as a request asks for it.
struct Wanted<'a> {
    arn: Arn,
    session: &'a str,
    seconds: u64,
}

impl<'a> Wanted<'a> {
    fn read(params: &'a Params) -> Result<Self, Failure> {
        let arn = Arn::parse(params.required("RoleArn")?).ok_or_else(|| codes::parameter("RoleArn"))?;
        let session = params.required("RoleSessionName")?;
        let is_plain = session.chars().all(|it| it.is_ascii_alphanumeric() || ".@-_".contains(it));
        if !is_plain || !(2..=64).contains(&session.len()) {
            return Err(codes::parameter("RoleSessionName"));
        }
        let seconds = params.text("DurationSeconds").map(str::parse).transpose();
        let seconds = seconds.map_err(|_| codes::parameter("DurationSeconds"))?.unwrap_or(DEFAULT);
        Ok(Self { arn, session, seconds })
    }

    fn role<'s>(&self, sim: &'s Sim) -> Result<&'s Role, Failure> {
        let role = sim.world.role(&self.arn.account, &self.arn.role).filter(|_| self.arn.is_there(sim));
        let role = role.ok_or_else(codes::no_role)?;
        let most = role.max_session_seconds.unwrap_or(LONGEST);
        if (SHORTEST..=most).contains(&self.seconds) { Ok(role) } else { Err(codes::duration(most)) }
    }

    /// The role is given.
    fn given(&self, sim: &mut Sim, now: Millis) -> Result<Fields, Failure> {
        let Arn { account, role } = &self.arn;
        let number = arn::number(self.role(sim)?.id);
        let key = sim.world.issue(account, role, self.session, self.seconds * 1_000, now);
        let key = key.ok_or_else(codes::no_role)?;
        let user = json!({
            "AssumedRoleId": format!("{number}:{}", self.session),
            "Arn": format!("acs:ram::{account}:role/{role}/{}", self.session),
        });
        Ok(Fields::from_iter([("AssumedRoleUser".to_owned(), user), ("Credentials".to_owned(), told(sim, &key))]))
    }
}

/// A temporary key as it is told.
fn told(sim: &Sim, key: &Issued) -> Value {
    json!({
        "AccessKeyId": key.id,
        "AccessKeySecret": key.secret.reveal(),
        "SecurityToken": key.token.reveal(),
        "Expiration": written(sim, key.expires_at),
    })
}

/// A moment by the clock that the cloud shows.
fn written(sim: &Sim, at: Millis) -> String {
    crate::clock::written(at.saturating_add_signed(sim.traffic.clock_skew_ms))
}
