//! The Secret of an account: what reading it brought.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::Api;

use super::{Context, Error, accounts::Account, within};
use crate::{
    api::{CloudAccount, CloudAccountSpec, Provider},
    cloud::credentials::{Credentials, Problem},
};

/// A Secret that was read before may be unreadable for so long before that is said: an API server that restarts is no
/// reason to hold up every link of the account.
const PATIENCE: Duration = Duration::from_mins(1);

/// The keys, or what is wrong with the Secret.
pub(super) type Keys = Result<Credentials, Problem>;

/// What the Secret holds; `None` where the keys come from elsewhere.
///
/// # Errors
/// The API server did not answer, or has a fault: nothing is known of the Secret.
pub(super) async fn read(spec: &CloudAccountSpec, context: &Context) -> Result<Option<Keys>, Error> {
    let Some(secret) = &spec.credentials.secret_ref else { return Ok(None) };
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), &context.settings.namespace);
    meaning(spec.provider, within(secrets.get_opt(&secret.name)).await).map(Some)
}

/// A refusal is an answer: it stays until somebody edits a role.
fn meaning(provider: Provider, answer: Result<Option<Secret>, Error>) -> Result<Keys, Error> {
    match answer {
        Ok(Some(secret)) => {
            let data: BTreeMap<String, Vec<u8>> =
                secret.data.unwrap_or_default().into_iter().map(|(name, ByteString(value))| (name, value)).collect();
            Ok(Credentials::from_secret(provider, &data))
        }
        Ok(None) => Ok(Err(Problem::Missing)),
        Err(error) if error.is_forbidden() => Ok(Err(Problem::Forbidden)),
        Err(error) => Err(error),
    }
}

/// What to go on with after a read that brought nothing: the keys as they are, while there are any of this Secret and it
/// does not last.
pub(super) fn unread(object: &CloudAccount, before: Option<&Account>) -> Option<Keys> {
    let same = |before: &&Account| before.spec().credentials.secret_ref == object.spec.credentials.secret_ref;
    let known = before.filter(|before| before.is_of(object)).filter(same);
    known.is_none_or(|known| known.keyring.unread(PATIENCE)).then_some(Err(Problem::Unreadable))
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    fn refused(code: u16, reason: &str) -> Result<Option<Secret>, Error> {
        let status = Status { code, reason: reason.into(), ..Status::default() };
        Err(Error::Kube(Box::new(kube::Error::Api(Box::new(status)))))
    }

    fn problem(answer: Result<Option<Secret>, Error>) -> Option<Problem> {
        meaning(Provider::TencentCloud, answer).ok()?.err()
    }

    #[test]
    fn a_secret_that_may_not_be_read_is_a_problem_of_the_account_and_no_fault() {
        assert_eq!(problem(refused(403, "Forbidden")), Some(Problem::Forbidden));
        assert_eq!(problem(Ok(None)), Some(Problem::Missing));
    }

    #[test]
    fn an_api_server_with_a_fault_says_nothing_of_the_secret() {
        for answer in [refused(500, "InternalError"), Err(Error::TimedOut)] {
            assert!(meaning(Provider::TencentCloud, answer).is_err());
        }
    }

    #[test]
    fn an_account_that_was_never_seen_with_keys_says_at_once_that_its_secret_cannot_be_read() {
        let object: CloudAccount = serde_json::from_value(serde_json::json!({
            "metadata": { "name": "prod", "uid": "prod" },
            "spec": {
                "provider": "TencentCloud",
                "credentials": { "secretRef": { "name": "keys" } },
                "allowedNamespaces": { "from": "All" },
            },
        }))
        .unwrap();
        assert!(matches!(unread(&object, None), Some(Err(Problem::Unreadable))));
    }
}
