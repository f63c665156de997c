//! What a simulator tells of the calls it got, and of the tasks that came of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

/// The APIs: two generations of Tencent Cloud's, and Alibaba Cloud's with two generations of error codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CloudApi {
    V2,
    V3,
    /// With the codes of 2024.
    Alibaba,
    /// With the codes of 2018: a setting of the same API.
    AlibabaG1,
}

impl CloudApi {
    /// All, each once.
    pub(crate) const ALL: [Self; 3] = [Self::V2, Self::V3, Self::Alibaba];

    /// Its name in the tables of `tests/data`.
    pub(crate) const fn called(self) -> &'static str {
        match self {
            Self::V2 => "V2",
            Self::V3 => "V3",
            Self::Alibaba | Self::AlibabaG1 => "Alibaba",
        }
    }

    /// The simulator's name of it.
    pub(crate) const fn dialect(self) -> &'static str {
        match self {
            Self::V2 => "tencentV2",
            Self::V3 => "tencentV3",
            Self::Alibaba | Self::AlibabaG1 => "alibaba",
        }
    }

    /// Whether a link dies when the machine's address changes.
    pub(crate) const fn links_die_with_address(self) -> bool {
        match self {
            Self::V2 | Self::V3 => true,
            Self::Alibaba | Self::AlibabaG1 => false,
        }
    }

    /// Whether a change may be for several machines.
    pub(crate) const fn has_batches(self) -> bool {
        self.has_tasks()
    }

    /// Whether the return of a machine can end its link before the machine is destroyed.
    pub(crate) const fn unlinks_in_bin(self) -> bool {
        match self {
            Self::V2 | Self::V3 => true,
            Self::Alibaba | Self::AlibabaG1 => false,
        }
    }

    /// What an account says of it, where every service is at this address.
    pub(crate) fn spec(self, at: &str) -> Value {
        let tencent = |api| {
            json!({
                "provider": "TencentCloud",
                "tencentCloud": { "api": api },
                "endpoints": { "vpc": at, "cvm": at },
            })
        };
        match self {
            Self::V2 => tencent("V2"),
            Self::V3 => tencent("V3"),
            Self::Alibaba | Self::AlibabaG1 => {
                json!({ "provider": "AlibabaCloud", "endpoints": { "vpc": at, "ecs": at } })
            }
        }
    }

    /// The region of everything.
    pub(crate) const fn region(self) -> &'static str {
        match self {
            Self::V2 | Self::V3 => "ap-guangzhou",
            Self::Alibaba | Self::AlibabaG1 => "cn-hangzhou",
        }
    }

    /// The entries of a Secret with this key.
    pub(crate) fn entries(self, id: &str, secret: &str) -> Value {
        match self {
            Self::V2 | Self::V3 => json!({ "secretId": id, "secretKey": secret }),
            Self::Alibaba | Self::AlibabaG1 => json!({ "accessKeyId": id, "accessKeySecret": secret }),
        }
    }

    /// Whether it is Alibaba Cloud's.
    pub(crate) const fn is_alibaba(self) -> bool {
        matches!(self, Self::Alibaba | Self::AlibabaG1)
    }

    /// Whether a change is a task, which takes its time.
    pub(crate) const fn has_tasks(self) -> bool {
        matches!(self, Self::V2 | Self::V3)
    }
}

/// What a call asks for, by the names that API v2 has for it; the others have their own for some of them.
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
    #[serde(rename = "DescribeVpcEx", alias = "DescribeVpcs", alias = "DescribeVpcAttribute")]
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
    /// The key that it is signed with, if the simulator can read that.
    pub(crate) key_id: Option<String>,
    pub(crate) ended_at: Option<i64>,
    params: BTreeMap<String, String>,
}

impl Call {
    /// Whether it names this machine.
    pub(crate) fn names(&self, machine: &str) -> bool {
        let is_machine = |name: &str| name.starts_with("instanceIds.") || name == "InstanceId";
        self.params.iter().any(|(name, value)| is_machine(name) && value == machine)
    }

    /// Whether it asks for what is at some address.
    pub(crate) fn is_by_address(&self) -> bool {
        self.params.values().any(|value| value.contains("vm-ip"))
    }

    /// The VPC that it names.
    pub(crate) fn vpc(&self) -> Option<&str> {
        self.params.get("vpcId").or_else(|| self.params.get("VpcId")).map(String::as_str)
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
