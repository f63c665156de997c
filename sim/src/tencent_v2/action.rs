//! The actions that are played.

/// An action of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Action {
    const ALL: [Self; 6] = [
        Self::AttachClassicLinkVpc,
        Self::DetachClassicLinkVpc,
        Self::DescribeVpcClassicLink,
        Self::DescribeVpcTaskResult,
        Self::DescribeVpcEx,
        Self::DescribeInstances,
    ];

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AttachClassicLinkVpc => "AttachClassicLinkVpc",
            Self::DetachClassicLinkVpc => "DetachClassicLinkVpc",
            Self::DescribeVpcClassicLink => "DescribeVpcClassicLink",
            Self::DescribeVpcTaskResult => "DescribeVpcTaskResult",
            Self::DescribeVpcEx => "DescribeVpcEx",
            Self::DescribeInstances => "DescribeInstances",
        }
    }

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
