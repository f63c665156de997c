//! Requests as the vendors' own libraries sent them, with the secrets that they were signed with: what our signers are
//! judged by.
//!
//! `tests/data/requests.jsonl` holds some for good; `make conformance` records new ones and names the file in
//! `CLASSICLINK_RECORDING`. The keys are made up and open the simulator alone.

use std::{env, fs};

use serde::Deserialize;

use super::credentials::Credentials;

/// A request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recorded {
    api: String,
    pub(super) method: String,
    /// Path and query.
    target: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
    secret_key: String,
}

impl Recorded {
    /// Judges our signature of each request that `signed` says is of its kind: ours, and the library's. At least so many
    /// of them are in each recording.
    pub(super) fn judge(apis: &[&str], at_least: usize, signed: impl Fn(&Self) -> Option<(String, String)>) {
        for recording in recordings() {
            let requests = recording.lines().map(|line| serde_json::from_str(line).unwrap());
            let requests = requests.filter(|request: &Self| apis.contains(&&*request.api));
            let mut judged = 0;
            for request in requests {
                let Some((ours, theirs)) = signed(&request) else { continue };
                assert_eq!(ours, theirs, "{request:?}");
                judged += 1;
            }
            assert!(judged >= at_least, "{judged} requests of {apis:?}");
        }
    }

    /// A header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The parameters in the query.
    pub(super) fn query(&self) -> Vec<(String, String)> {
        form(self.target.split_once('?').map_or("", |(_, query)| query))
    }

    /// The parameters in the body.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        form(&self.body)
    }

    /// The path.
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// The keys that it was signed with.
    pub(super) fn keys(&self, id: &str) -> Credentials {
        Credentials::new(id.to_owned(), self.secret_key.clone().into(), None)
    }
}

fn recordings() -> Vec<String> {
    let fresh = env::var_os("CLASSICLINK_RECORDING").map(|file| fs::read_to_string(file).unwrap());
    fresh.into_iter().chain([include_str!("../../tests/data/requests.jsonl").to_owned()]).collect()
}

fn form(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}
