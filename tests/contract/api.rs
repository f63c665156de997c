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

    /// The fields that its answers have.
    pub(crate) fn fields(self) -> &'static [&'static str] {
        self.of(&V2_FIELDS, &V3_FIELDS, &ALIBABA_FIELDS)
    }
}

const V2_FIELDS: [&str; 15] = [
    "code",
    "codeDesc",
    "message",
    "taskId",
    "totalCount",
    "data",
    "vpcId",
    "uniqVpcId",
    "instanceId",
    "lanIp",
    "instanceSet",
    "unInstanceId",
    "status",
    "cidrBlock",
    "output",
];

const V3_FIELDS: [&str; 18] = [
    "Response",
    "RequestId",
    "TotalCount",
    "ClassicLinkInstanceSet",
    "InstanceId",
    "VpcId",
    "InstanceSet",
    "InstanceState",
    "PrivateIpAddresses",
    "VirtualPrivateCloud",
    "VpcSet",
    "CidrBlock",
    "Status",
    "Output",
    "VpcLimitSet",
    "LimitType",
    "LimitValue",
    "RestrictState",
];

const ALIBABA_FIELDS: [&str; 19] = [
    "RequestId",
    "TotalCount",
    "PageNumber",
    "PageSize",
    "Links",
    "Link",
    "InstanceId",
    "VpcId",
    "Instances",
    "Instance",
    "Status",
    "InstanceNetworkType",
    "InnerIpAddress",
    "IpAddress",
    "VpcAttributes",
    "OperationLocks",
    "LockReason",
    "CidrBlock",
    "ClassicLinkEnabled",
];
