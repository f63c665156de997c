//! What a simulator tells of the calls it got, and of the tasks that came of them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The generations of Tencent Cloud's API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CloudApi {
    V2,
    V3,
}

impl CloudApi {
    /// All.
    pub(crate) const ALL: [Self; 2] = [Self::V2, Self::V3];

    /// Its name in the tables of `tests/data`.
    pub(crate) const fn called(self) -> &'static str {
        match self {
            Self::V2 => "V2",
            Self::V3 => "V3",
        }
    }

    /// The groups of the simulator's settings that concern it.
    pub(crate) const fn groups(self) -> &'static [&'static str] {
        match self {
            Self::V2 => &["switches", "tencentV2"],
            Self::V3 => &["switches", "tencentV3"],
        }
    }

    /// Whether a link dies when the machine's address changes.
    pub(crate) const fn links_die_with_address(self) -> bool {
        match self {
            Self::V2 | Self::V3 => true,
        }
    }

    /// As an account writes it.
    pub(crate) const fn written(self) -> &'static str {
        match self {
            Self::V2 => "V2",
            Self::V3 => "V3",
        }
    }
}

/// What a call asks for, by the names that API v2 has for it; API 3.0 has its own for two of them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub(crate) enum Action {
    #[serde(rename = "AttachClassicLinkVpc")]
    Attach,
    #[serde(rename = "DetachClassicLinkVpc")]
    Detach,
    #[serde(rename = "DescribeVpcClassicLink", alias = "DescribeClassicLinkInstances")]
    ListLinks,
    #[serde(rename = "DescribeVpcTaskResult")]
    AskTask,
    #[serde(rename = "DescribeVpcEx", alias = "DescribeVpcs")]
    ListVpcs,
    #[serde(rename = "DescribeInstances")]
    ListMachines,
    /// API 3.0 alone.
    #[serde(rename = "DescribeVpcLimits")]
    ReadQuota,
}

impl Action {
    /// The cloud's own name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Attach => "AttachClassicLinkVpc",
            Self::Detach => "DetachClassicLinkVpc",
            Self::ListLinks => "DescribeVpcClassicLink",
            Self::AskTask => "DescribeVpcTaskResult",
            Self::ListVpcs => "DescribeVpcEx",
            Self::ListMachines => "DescribeInstances",
            Self::ReadQuota => "DescribeVpcLimits",
        }
    }

    /// Whether it changes something.
    pub(crate) const fn is_change(self) -> bool {
        matches!(self, Self::Attach | Self::Detach)
    }
}

/// A call, as it arrived and ended; times in Unix milliseconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Call {
    pub(crate) at: i64,
    pub(crate) action: Action,
    pub(crate) ended_at: Option<i64>,
    params: BTreeMap<String, String>,
}

impl Call {
    /// Whether it names this machine.
    pub(crate) fn names(&self, machine: &str) -> bool {
        self.params.iter().any(|(name, value)| name.starts_with("instanceIds.") && value == machine)
    }

    /// The VPC that it names.
    pub(crate) fn vpc(&self) -> Option<&str> {
        self.params.get("vpcId").map(String::as_str)
    }
}

/// A change that was accepted.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Task {
    pub(crate) operation: Change,
    pub(crate) instance_ids: Vec<String>,
    pub(crate) ended_at: Option<i64>,
}

/// What a task does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Change {
    Attach,
    Detach,
}
