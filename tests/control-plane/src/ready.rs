//! The one line that `control-plane serve` prints: all that its two ends must agree on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a started control plane is reached and read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Kubeconfig of an administrator (`system:masters`).
    pub kubeconfig: PathBuf,
    /// Everything this control plane wrote, logs included; gone once it has stopped.
    pub data_dir: PathBuf,
    /// One JSON object per answered write request.
    pub audit_log: PathBuf,
    /// The `kubectl` of the same version.
    pub kubectl: PathBuf,
    /// The API server.
    pub url: String,
}

/// What `control-plane serve` says on its standard output, as one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ServeLine {
    /// It is up.
    Ready(Ready),
    /// It did not come up, and has stopped what it had started.
    Failed {
        /// Why, with the end of the failing program's log.
        error: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_started_plane_has_the_documented_names() {
        let line = ServeLine::Ready(Ready {
            kubeconfig: "/d/kubeconfig".into(),
            data_dir: "/d".into(),
            audit_log: "/d/audit.log".into(),
            kubectl: "/b/kubectl".into(),
            url: "https://127.0.0.1:1".to_owned(),
        });

        let text = serde_json::to_string(&line).unwrap();

        assert_eq!(
            text,
            r#"{"kubeconfig":"/d/kubeconfig","dataDir":"/d","auditLog":"/d/audit.log","kubectl":"/b/kubectl","url":"https://127.0.0.1:1"}"#
        );
        assert_eq!(serde_json::from_str::<ServeLine>(&text).unwrap(), line);
    }

    #[test]
    fn a_failure_is_told_apart_from_a_started_plane() {
        let line: ServeLine = serde_json::from_str(r#"{"error":"no go"}"#).unwrap();

        assert_eq!(line, ServeLine::Failed { error: "no go".to_owned() });
    }
}
