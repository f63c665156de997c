//! The actions that are played.

use crate::dialect::actions;
use crate::world::Operation;

actions! {
    /// An action of the API.
    pub enum Action {
        /// 245/2098
        AttachClassicLinkVpc,
        /// 215/2097
        DetachClassicLinkVpc,
        /// 215/2112
        DescribeVpcClassicLink,
        /// 215/5094
        DescribeVpcTaskResult,
        /// 215/1372
        DescribeVpcEx,
        /// 229/831
        DescribeInstances,
    }
}

impl Action {
    /// The module it belongs to, as permissions name it.
    pub(super) fn module(self) -> &'static str {
        match self {
            Self::AttachClassicLinkVpc
            | Self::DetachClassicLinkVpc
            | Self::DescribeVpcClassicLink
            | Self::DescribeVpcTaskResult
            | Self::DescribeVpcEx => "vpc",
            Self::DescribeInstances => "cvm",
        }
    }

    /// What it does, if it is a write.
    pub(super) fn operation(self) -> Option<Operation> {
        match self {
            Self::AttachClassicLinkVpc => Some(Operation::Attach),
            Self::DetachClassicLinkVpc => Some(Operation::Detach),
            Self::DescribeVpcClassicLink
            | Self::DescribeVpcTaskResult
            | Self::DescribeVpcEx
            | Self::DescribeInstances => None,
        }
    }

    /// The parameters it documents; `.n` marks an array.
    fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::AttachClassicLinkVpc | Self::DetachClassicLinkVpc => &["vpcId", "instanceIds.n"],
            Self::DescribeVpcClassicLink => {
                &["vpcId", "classicLinkId", "lanIp", "offset", "limit", "orderField", "orderDirection"]
            }
            // `type` is modelled by the official command line alone; it changes nothing here.
            Self::DescribeVpcTaskResult => &["taskId", "type"],
            Self::DescribeVpcEx => &["vpcId", "vpcName", "offset", "limit", "orderField", "orderDirection"],
            // `simplify` asks for data that may be old; the same is given.
            Self::DescribeInstances => &[
                "instanceIds.n",
                "lanIps.n",
                "searchWord",
                "status",
                "projectId",
                "zoneId",
                "offset",
                "limit",
                "simplify",
            ],
        }
    }

    /// Whether it documents this parameter.
    pub(super) fn has(self, parameter: &str) -> bool {
        let stem = parameter.split_once('.').map(|(stem, _)| stem);
        self.parameters().iter().any(|known| match (known.strip_suffix(".n"), stem) {
            (Some(array), Some(stem)) => array == stem,
            (None, None) => *known == parameter,
            (Some(_), None) | (None, Some(_)) => false,
        })
    }
}
