//! Where a region is served, by the rule and the exceptions of the vendor's current library (`alibabacloud_ecs20140526`,
//! `alibabacloud_vpc20160428`: their endpoint maps). Older data send the oldest regions to central addresses; the account's
//! `endpoints` take precedence over all of it.

use crate::link::Region;

/// The hosts of the services `ecs` and `vpc` for `region`.
pub(super) fn hosts(region: &Region) -> (String, String) {
    let central = match region.as_str() {
        "cn-hangzhou" | "cn-shanghai-finance-1" | "cn-shenzhen-finance-1" => "ecs-cn-hangzhou.aliyuncs.com",
        "cn-north-2-gov-1" | "cn-hangzhou-finance" | "cn-wuhan" => "ecs.aliyuncs.com",
        name => return (format!("ecs.{name}.aliyuncs.com"), format!("vpc.{name}.aliyuncs.com")),
    };
    (central.to_owned(), "vpc.aliyuncs.com".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_served_at_its_own_hosts_with_the_vendors_exceptions() {
        for (region, ecs, vpc) in [
            ("cn-shanghai", "ecs.cn-shanghai.aliyuncs.com", "vpc.cn-shanghai.aliyuncs.com"),
            ("us-east-1", "ecs.us-east-1.aliyuncs.com", "vpc.us-east-1.aliyuncs.com"),
            ("cn-hangzhou", "ecs-cn-hangzhou.aliyuncs.com", "vpc.aliyuncs.com"),
            ("cn-shanghai-finance-1", "ecs-cn-hangzhou.aliyuncs.com", "vpc.aliyuncs.com"),
            ("cn-shenzhen-finance-1", "ecs-cn-hangzhou.aliyuncs.com", "vpc.aliyuncs.com"),
            ("cn-north-2-gov-1", "ecs.aliyuncs.com", "vpc.aliyuncs.com"),
            ("cn-hangzhou-finance", "ecs.aliyuncs.com", "vpc.aliyuncs.com"),
            ("cn-wuhan", "ecs.aliyuncs.com", "vpc.aliyuncs.com"),
        ] {
            assert_eq!(hosts(&Region::new(region).unwrap()), (ecs.to_owned(), vpc.to_owned()));
        }
    }
}
