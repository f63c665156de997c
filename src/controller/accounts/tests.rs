//! Accounts as they are taken into use, and what an edit leaves of their keys.

use clap::Parser;
use serde_json::json;

use super::*;
use crate::{
    config::Config,
    controller::{run::settings, secret},
    metrics::Metrics,
};

fn account(name: &str, provider: &str, identity: &str) -> CloudAccount {
    serde_json::from_value(json!({
        "apiVersion": "classiclink.dev/v1alpha1",
        "kind": "CloudAccount",
        "metadata": { "name": name, "uid": name },
        "spec": {
            "provider": provider,
            "credentials": { "secretRef": { "name": "keys" } },
            "allowedNamespaces": { "from": "All" },
        },
        "status": { "identity": identity },
    }))
    .unwrap()
}

#[test]
fn accounts_that_are_not_in_use_yet_are_the_same_by_what_is_written_down() {
    let caches = Caches::of(
        [
            account("prod", "TencentCloud", "100001"),
            account("twin", "TencentCloud", "100001"),
            account("test", "TencentCloud", "100002"),
            account("other", "AlibabaCloud", "100001"),
        ],
        [],
    );
    let accounts = Accounts::default();
    let same = |other| accounts.same("prod", other, &caches);
    assert_eq!(["prod", "twin", "test", "other", "unheard"].map(same), [true, true, false, false, false]);
}

fn prepared() -> Settings {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Config::parse_from(["operator"]);
    settings(&config, Metrics::new(), &CancellationToken::new()).unwrap().0
}

/// The account, whose keys come from there, as it is taken into use with what was read of its Secret.
fn taken(accounts: &Accounts, from: serde_json::Value, read: Option<Result<Credentials, Problem>>) -> Arc<Account> {
    let mut account = account("prod", "TencentCloud", "100001");
    account.spec.credentials = serde_json::from_value(from).unwrap();
    let caches = Caches::of([account.clone()], []);
    accounts.put(&account, read, &prepared(), &caches).unwrap().0
}

fn some_keys() -> Credentials {
    Credentials::new("id".into(), "secret".into(), None)
}

#[tokio::test]
async fn what_was_wrong_with_a_secret_is_forgotten_when_the_keys_come_from_elsewhere() {
    for elsewhere in [json!({ "workloadIdentity": {} }), json!({ "instanceRole": {} })] {
        let accounts = Accounts::default();
        let before = taken(&accounts, json!({ "secretRef": { "name": "keys" } }), Some(Err(Problem::Missing)));
        assert_eq!(before.keyring.problem(), Some(Problem::Missing));
        let after = taken(&accounts, elsewhere, None);
        assert!(Arc::ptr_eq(&before.keyring, &after.keyring) && after.keyring.is_settling());
        assert_eq!(after.keyring.problem(), Some(Problem::Fetching));
    }
}

#[tokio::test]
async fn the_keys_of_a_secret_are_not_used_any_more_when_another_is_named_that_is_not_there() {
    let accounts = Accounts::default();
    let secret = |name: &str| json!({ "secretRef": { "name": name } });
    assert!(taken(&accounts, secret("keys"), Some(Ok(some_keys()))).keyring.current().is_some());
    let same = taken(&accounts, secret("keys"), Some(Err(Problem::Missing)));
    assert!(same.keyring.current().is_some(), "the last good ones of the same Secret serve");
    let other = taken(&accounts, secret("others"), Some(Err(Problem::Missing)));
    assert!(other.keyring.current().is_none());
    assert!(taken(&accounts, secret("others"), Some(Ok(some_keys()))).keyring.problem().is_none());
}

#[tokio::test]
async fn another_secret_that_cannot_be_read_is_not_taken_for_the_former_one() {
    let accounts = Accounts::default();
    let before = taken(&accounts, json!({ "secretRef": { "name": "keys" } }), Some(Ok(some_keys())));
    let mut object = account("prod", "TencentCloud", "100001");
    assert!(secret::unread(&object, Some(&before)).is_none(), "an API server that restarts is no reason to wait");
    object.spec.credentials = serde_json::from_value(json!({ "secretRef": { "name": "others" } })).unwrap();
    assert!(matches!(secret::unread(&object, Some(&before)), Some(Err(Problem::Unreadable))));
}

#[tokio::test]
async fn an_account_that_went_while_its_keys_were_read_is_not_taken_into_use() {
    let (settings, accounts) = (prepared(), Accounts::default());
    let mut again = account("prod", "TencentCloud", "100001");
    let cached = Caches::of([again.clone()], []);
    again.metadata.uid = Some("another".into());

    let put = |account: &CloudAccount, caches: &Caches| accounts.put(account, None, &settings, caches).is_some();

    assert!(!put(&account("gone", "TencentCloud", "100001"), &cached));
    assert!(!put(&again, &cached), "another object has its name");
    assert!(accounts.all().is_empty());
    assert!(put(&account("prod", "TencentCloud", "100001"), &cached));
    assert!(accounts.get("prod").is_some());
}
