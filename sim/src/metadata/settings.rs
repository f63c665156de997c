//! How a machine's metadata are kept. The first setting is the default.

use serde::{Deserialize, Serialize};

use crate::world::switch;

/// Settings of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Whether Alibaba's are asked with a token.
    pub tokens: Tokens,
}

switch! {
    /// Whether a token is asked for.
    Tokens {
        /// Whoever has one may send it.
        Optional,
        /// Nothing is told without one: the machine's hardened mode.
        Required,
        /// There are none: 404.
        Absent
    }
}
