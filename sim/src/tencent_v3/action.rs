//! The actions that are played.

use crate::dialect::actions;
use crate::world::Operation;

/// The version of both services (215/15776, 213/15728).
pub(super) const VERSION: &str = "2017-03-12";

actions! {
    /// An action of the API.
    pub enum Action {
        /// intl 215/15779
        AttachClassicLinkVpc,
        /// 215/15777
        DetachClassicLinkVpc,
        /// 215/15776
        DescribeClassicLinkInstances,
        /// 215/59037
        DescribeVpcTaskResult,
        /// 215/15778
        DescribeVpcs,
        /// The quota of links.
        DescribeVpcLimits,
        /// intl 215/36076
        DescribeVpcResourceDashboard,
        /// 213/15728
        DescribeInstances,
    }
}

impl Action {
    /// The service it belongs to, as signatures and permissions name it.
    pub(super) fn service(self) -> &'static str {
        match self {
            Self::AttachClassicLinkVpc
            | Self::DetachClassicLinkVpc
            | Self::DescribeClassicLinkInstances
            | Self::DescribeVpcTaskResult
            | Self::DescribeVpcs
            | Self::DescribeVpcLimits
            | Self::DescribeVpcResourceDashboard => "vpc",
            Self::DescribeInstances => "cvm",
        }
    }

    /// What it does, if it is a write.
    pub(super) fn operation(self) -> Option<Operation> {
        match self {
            Self::AttachClassicLinkVpc => Some(Operation::Attach),
            Self::DetachClassicLinkVpc => Some(Operation::Detach),
            Self::DescribeClassicLinkInstances
            | Self::DescribeVpcTaskResult
            | Self::DescribeVpcs
            | Self::DescribeVpcLimits
            | Self::DescribeVpcResourceDashboard
            | Self::DescribeInstances => None,
        }
    }

    /// Whether it documents this parameter.
    pub(super) fn has(self, parameter: &str) -> bool {
        self.parameters().contains(&parameter)
    }

    fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::AttachClassicLinkVpc | Self::DetachClassicLinkVpc => &["VpcId", "InstanceIds"],
            Self::DescribeClassicLinkInstances => &["Filters", "Offset", "Limit"],
            Self::DescribeVpcTaskResult => &["TaskId"],
            Self::DescribeVpcs => &["VpcIds", "Filters", "Offset", "Limit"],
            Self::DescribeVpcLimits => &["LimitTypes"],
            Self::DescribeVpcResourceDashboard => &["VpcIds"],
            Self::DescribeInstances => &["InstanceIds", "Filters", "Offset", "Limit"],
        }
    }
}
