//! The API server's audit log: every write, by whom, and what came of it.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Deserialize;

/// The operator's name at the API server: it runs with the rights that `deploy/` gives it.
pub(crate) const OPERATOR: &str = "system:serviceaccount:classiclink-system:classiclink-operator";

/// A write request that was answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Write {
    stage_timestamp: Timestamp,
    pub(crate) object_ref: Option<Target>,
    user: User,
    response_status: Response,
}

/// What was written to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Target {
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: String,
}

#[derive(Clone, Debug, Deserialize)]
struct User {
    username: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Response {
    code: u16,
}

impl Write {
    /// Whether the API server took it.
    pub(crate) const fn was_taken(&self) -> bool {
        self.response_status.code < 300
    }

    /// Whether the object had changed meanwhile.
    pub(crate) const fn met_a_conflict(&self) -> bool {
        self.response_status.code == 409
    }

    /// When it was answered, in Unix milliseconds.
    pub(crate) fn answered_at(&self) -> i64 {
        self.stage_timestamp.as_millisecond()
    }

    /// Whether it was to the status of this link.
    pub(crate) fn is_status_of(&self, namespace: &str, name: &str) -> bool {
        self.object_ref.as_ref().is_some_and(|target| {
            (&*target.resource, &*target.subresource, &*target.namespace, &*target.name)
                == ("classiclinks", "status", namespace, name)
        })
    }
}

/// The audit log of a control plane.
#[derive(Clone, Debug)]
pub(crate) struct Audit(pub(crate) PathBuf);

impl Audit {
    /// The operator's writes so far, in order; its Leases are not counted.
    pub(crate) fn operator_writes(&self) -> Vec<Write> {
        let log = std::fs::read_to_string(&self.0).unwrap();
        // The last line may still be in the making.
        let writes = log.lines().filter_map(|line| serde_json::from_str::<Write>(line).ok());
        let is_lease = |write: &Write| write.object_ref.as_ref().is_some_and(|target| target.resource == "leases");
        writes.filter(|write| write.user.username == OPERATOR && !is_lease(write)).collect()
    }

    /// The operator's writes to the status of one link.
    pub(crate) fn status_writes(&self, namespace: &str, name: &str) -> Vec<Write> {
        self.operator_writes().into_iter().filter(|write| write.is_status_of(namespace, name)).collect()
    }
}
