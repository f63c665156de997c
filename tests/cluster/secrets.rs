//! Keys never leave the process.

use classiclink::api::{ClassicLink, CloudAccount, Reason};
use k8s_openapi::{ByteString, api::events::v1::Event};
use kube::{Api, api::ListParams};
use serde_json::{Value, json};

use crate::harness::{
    World,
    operator::{QUICK, Settings},
    story,
};

/// Everything is logged, by every library too.
const LOUD: Settings = Settings { log: "trace", ..QUICK };

#[test]
fn no_key_is_in_a_log_an_event_a_status_or_a_metric() {
    story(async {
        let world = World::alone("canary", LOUD).await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        let right = world.cloud.keys();
        let wrong = json!({ "secretId": right["secretId"], "secretKey": "wrong-canary-0001", "token": "canary-0002" });

        world.apply(&link).await;
        world.until_ready(&link).await;
        world.apply_secret(&world.name, &wrong).await;
        world.until_says(&link, "Unknown", Reason::CredentialsRejected).await;
        world.delete_secret(&world.name).await;
        world.until_account_says(&world.name, "Unknown", Reason::CredentialsMissing).await;

        let log = std::fs::read_to_string(world.log()).unwrap();
        assert!(log.contains("TRACE") && log.contains("4100"), "the log has all there is to say");
        let canaries = [texts(&right), texts(&wrong)].concat();
        for (what, output) in outputs(&world).await {
            let found: Vec<_> = canaries.iter().filter(|canary| output.contains(*canary)).collect();
            let place = found.first().and_then(|canary| around(&output, canary));
            assert!(found.is_empty(), "{what} has {found:?}: …{place:?}…");
        }
    });
}

/// The entries, as they are and as the API server writes them.
fn texts(entries: &Value) -> Vec<String> {
    let plain = entries.as_object().unwrap().values().map(|entry| entry.as_str().unwrap().to_owned());
    plain.flat_map(|text| [encoded(&text), text]).collect()
}

fn encoded(text: &str) -> String {
    serde_json::to_value(ByteString(text.as_bytes().to_vec())).unwrap().as_str().unwrap().to_owned()
}

async fn outputs(world: &World) -> Vec<(&'static str, String)> {
    let log = String::from_utf8_lossy(&std::fs::read(world.log()).unwrap()).into_owned();
    let all = ListParams::default();
    let links = Api::<ClassicLink>::all(world.client()).list(&all).await.unwrap();
    let accounts = Api::<CloudAccount>::all(world.client()).list(&all).await.unwrap();
    let events = Api::<Event>::all(world.client()).list(&all).await.unwrap();
    vec![
        ("the log", log),
        ("the metrics", world.operator().metrics().await),
        ("a link", serde_json::to_string(&links).unwrap()),
        ("an account", serde_json::to_string(&accounts).unwrap()),
        ("an Event", serde_json::to_string(&events).unwrap()),
    ]
}

/// The line's part around a text.
fn around<'o>(output: &'o str, text: &str) -> Option<&'o str> {
    let line = output.lines().find(|line| line.contains(text))?;
    let at = line.find(text)?;
    let start = (0..=at.saturating_sub(200)).rfind(|index| line.is_char_boundary(*index))?;
    line.get(start..at)
}
