//! What differs from API to API: names, and what there is to call.

use classiclink::{cloud::Action, link::InstanceId};

/// The APIs: two generations of Tencent Cloud's, and Alibaba Cloud's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Api {
    V2,
    V3,
    Alibaba,
}

impl Api {
    /// Whether a change is a task.
    pub(crate) const fn has_tasks(self) -> bool {
        matches!(self, Self::V2 | Self::V3)
    }

    /// The region of everything.
    pub(crate) const fn region(self) -> &'static str {
        match self {
            Self::V2 | Self::V3 => "ap-guangzhou",
            Self::Alibaba => "cn-hangzhou",
        }
    }

    /// The simulator's name of it.
    pub(crate) fn dialect(self) -> &'static str {
        self.of("tencentV2", "tencentV3", "alibaba")
    }

    /// What this one of the three has for something.
    pub(crate) fn of<T>(self, v2: T, v3: T, alibaba: T) -> T {
        match self {
            Self::V2 => v2,
            Self::V3 => v3,
            Self::Alibaba => alibaba,
        }
    }

    /// The vendor's name of an action.
    pub(crate) fn name(self, action: Action) -> &'static str {
        match action {
            Action::Attach => "AttachClassicLinkVpc",
            Action::Detach => "DetachClassicLinkVpc",
            Action::ListLinks => {
                self.of("DescribeVpcClassicLink", "DescribeClassicLinkInstances", "DescribeClassicLinkInstances")
            }
            Action::ListMachines => "DescribeInstances",
            Action::ReadVpc => self.of("DescribeVpcEx", "DescribeVpcs", "DescribeVpcAttribute"),
            Action::ReadTask => "DescribeVpcTaskResult",
            Action::ReadQuota => "DescribeVpcLimits",
        }
    }

    /// What this API is called for.
    pub(crate) fn actions(self) -> Vec<Action> {
        let has = |action: &Action| match action {
            Action::ReadTask => self.has_tasks(),
            Action::ReadQuota => self == Self::V3,
            Action::Attach | Action::Detach | Action::ListLinks | Action::ListMachines | Action::ReadVpc => true,
        };
        Action::ALL.into_iter().filter(has).collect()
    }

    /// The id of the machine with this number.
    pub(crate) fn machine(self, number: usize) -> InstanceId {
        InstanceId::new(&format!("{}-{number:08}", self.of("ins", "ins", "i"))).unwrap()
    }
}
