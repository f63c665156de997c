//! Plain HTTP on loopback: to the admin server of the operator and to the control API of the simulator.

use std::sync::LazyLock;

use reqwest::{Client, Method, header::CONTENT_TYPE};
use serde_json::Value;

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    // The client wants one, though nothing here is encrypted. An error says that there is one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().no_proxy().build().unwrap()
});

/// What is answered with success; nothing otherwise.
pub(crate) async fn get_text(url: &str) -> Option<String> {
    let answer = CLIENT.get(url).send().await.ok()?;
    if answer.status().is_success() { answer.text().await.ok() } else { None }
}

/// Sends JSON, and returns the JSON that is answered; it must be a success.
pub(crate) async fn send(method: Method, url: &str, body: Option<&Value>) -> Value {
    let mut request = CLIENT.request(method.clone(), url);
    if let Some(body) = body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{method} {url} {body:?}: {status} {text}");
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}
