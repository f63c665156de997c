//! A token service and a node's metadata for tests that must say themselves whose keys are and when they end. Signatures
//! are checked by the provider's own tests, and by the simulator on every call that the keys are used for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router, body::Bytes, http::HeaderMap, http::StatusCode, http::Uri, response::IntoResponse, response::Response,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::wait::eventually;

#[derive(Default)]
struct State {
    /// Whose a key is, by its id.
    accounts: HashMap<String, String>,
    /// Keys to be given, the last first.
    store: Vec<Value>,
    /// How long they are good, in seconds.
    life: i64,
    given: usize,
    refuses: bool,
}

/// A token service.
pub(crate) struct Tokens {
    /// Where it is.
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Tokens {
    /// Starts one that knows nobody.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let app = Router::new().fallback(move |uri: Uri, headers: HeaderMap, _: Bytes| async move {
            shared.lock().unwrap().answer(uri.path(), &headers)
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, state }
    }

    /// From now on this key is said to be of this account.
    pub(crate) fn knows(&self, key: &Value, account: &str) {
        let id = key["secretId"].as_str().unwrap().to_owned();
        self.state.lock().unwrap().accounts.insert(id, account.to_owned());
    }

    /// From now on these keys are given, one after the other, each for so many seconds.
    pub(crate) fn gives(&self, keys: impl DoubleEndedIterator<Item = Value>, life: i64) {
        let mut state = self.state.lock().unwrap();
        (state.store, state.life) = (keys.rev().collect(), life);
    }

    /// From now on nothing is given.
    pub(crate) fn refuses(&self) {
        self.state.lock().unwrap().refuses = true;
    }

    /// Waits until keys were given so many times.
    pub(crate) async fn until_given(&self, count: usize) {
        let given = || self.state.lock().unwrap().given >= count;
        eventually(&format!("keys were given {count} times"), async || given().then_some(())).await;
    }
}

impl State {
    fn answer(&mut self, path: &str, headers: &HeaderMap) -> Response {
        if path.ends_with("/security-credentials/") {
            return "node-role".into_response();
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if path.ends_with("/node-role") {
            return self
                .give()
                .map_or_else(|| StatusCode::NOT_FOUND.into_response(), |keys| flat(&keys).to_string().into_response());
        }
        let answer = match header("x-tc-action") {
            "GetCallerIdentity" => {
                let id = header("authorization").split(['=', '/']).nth(1).unwrap_or_default();
                self.accounts.get(id).map(|account| json!({ "AccountId": account }))
            }
            "AssumeRole" => self.give().map(|keys| json!({ "Credentials": keys, "ExpiredTime": keys["ExpiredTime"] })),
            _ => None,
        };
        let refusal = || json!({ "Error": { "Code": "UnauthorizedOperation", "Message": "not you" } });
        json!({ "Response": answer.unwrap_or_else(refusal) }).to_string().into_response()
    }

    fn give(&mut self) -> Option<Value> {
        let keys = if self.refuses { None } else { self.store.pop() }?;
        self.given += 1;
        let ends = jiff::Timestamp::now().as_second() + self.life;
        Some(json!({ "TmpSecretId": keys["secretId"], "TmpSecretKey": keys["secretKey"], "Token": keys["token"],
            "ExpiredTime": ends }))
    }
}

fn flat(keys: &Value) -> Value {
    let mut keys = keys.clone();
    keys["Code"] = json!("Success");
    keys
}
