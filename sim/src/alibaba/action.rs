//! The actions that are played.

use crate::dialect::actions;
use crate::world::Operation;

actions! {
    /// An action of ECS 2014-05-26 or VPC 2016-04-28.
    pub enum Action {
        AttachClassicLinkVpc,
        DetachClassicLinkVpc,
        DescribeClassicLinkInstances,
        DescribeInstances,
        DescribeVpcAttribute,
        DescribeVpcs,
        EnableVpcClassicLink,
        DisableVpcClassicLink,
    }
}

/// A product of the cloud, each with a version of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    Ecs,
    Vpc,
}

impl Product {
    pub(super) fn version(self) -> &'static str {
        match self {
            Self::Ecs => "2014-05-26",
            Self::Vpc => "2016-04-28",
        }
    }

    /// As permissions name it.
    pub(super) fn service(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::Vpc => "vpc",
        }
    }

    /// As answers name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ecs => "Ecs",
            Self::Vpc => "Vpc",
        }
    }
}

impl Action {
    pub(super) fn product(self) -> Product {
        match self {
            Self::AttachClassicLinkVpc
            | Self::DetachClassicLinkVpc
            | Self::DescribeClassicLinkInstances
            | Self::DescribeInstances => Product::Ecs,
            Self::DescribeVpcAttribute
            | Self::DescribeVpcs
            | Self::EnableVpcClassicLink
            | Self::DisableVpcClassicLink => Product::Vpc,
        }
    }

    /// What it does, if it is a write.
    pub(super) fn operation(self) -> Option<Operation> {
        match self {
            Self::AttachClassicLinkVpc => Some(Operation::Attach),
            Self::DetachClassicLinkVpc => Some(Operation::Detach),
            Self::DescribeClassicLinkInstances
            | Self::DescribeInstances
            | Self::DescribeVpcAttribute
            | Self::DescribeVpcs
            | Self::EnableVpcClassicLink
            | Self::DisableVpcClassicLink => None,
        }
    }

    /// The parameters it documents and that are looked at here; `RegionId` belongs to all.
    fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::AttachClassicLinkVpc | Self::DetachClassicLinkVpc => &["InstanceId", "VpcId"],
            Self::DescribeClassicLinkInstances => &["VpcId", "InstanceId", "PageNumber", "PageSize"],
            Self::DescribeInstances => &[
                "InstanceIds",
                "InstanceNetworkType",
                "InnerIpAddresses",
                "VpcId",
                "Status",
                "LockReason",
                "MaxResults",
                "NextToken",
                "PageNumber",
                "PageSize",
                "DryRun",
            ],
            Self::DescribeVpcAttribute => &["VpcId", "DryRun"],
            Self::DescribeVpcs => &["VpcId", "PageNumber", "PageSize", "DryRun"],
            Self::EnableVpcClassicLink | Self::DisableVpcClassicLink => &["VpcId", "ClientToken"],
        }
    }

    /// Whether the log of calls keeps this parameter.
    pub(super) fn has(self, parameter: &str) -> bool {
        parameter == "RegionId" || self.parameters().contains(&parameter)
    }
}
