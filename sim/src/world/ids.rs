//! Ids, checked on construction.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Cloud;

/// A text that is not an id of this kind.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not an id of the form {form}")]
pub struct Malformed {
    text: String,
    form: &'static str,
}

/// The id of a machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceId(String);

/// The id of a VPC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VpcId(String);

impl TryFrom<String> for InstanceId {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        let is_form = has_form(&text, "ins-") || has_form(&text, "i-");
        if is_form { Ok(Self(text)) } else { Err(Malformed { text, form: "^(ins|i)-[0-9a-z]{4,32}$" }) }
    }
}

impl TryFrom<String> for VpcId {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        if has_form(&text, "vpc-") { Ok(Self(text)) } else { Err(Malformed { text, form: "^vpc-[0-9a-z]{4,32}$" }) }
    }
}

impl InstanceId {
    /// An id nobody gave.
    pub(super) fn numbered(cloud: Cloud, serial: u64) -> Self {
        let prefix = match cloud {
            Cloud::Tencent => "ins",
            Cloud::Alibaba => "i",
        };
        Self(format!("{prefix}-{serial:08}"))
    }
}

impl VpcId {
    /// An id nobody gave.
    pub(super) fn numbered(serial: u64) -> Self {
        Self(format!("vpc-{serial:08}"))
    }
}

impl From<InstanceId> for String {
    fn from(id: InstanceId) -> Self {
        id.0
    }
}

impl From<VpcId> for String {
    fn from(id: VpcId) -> Self {
        id.0
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for VpcId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn has_form(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        (4..=32).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    })
}
