//! Reading a VPC.

use super::*;

#[tokio::test]
async fn a_vpc_is_there_with_its_range_and_its_switch() {
    for (flag, enabled) in [(json!(true), true), (json!("false"), false), (json!(null), true)] {
        let cloud = cloud(move |_| {
            ok(json!({"VpcId": "vpc-2ari9m7h", "Status": "Available", "CidrBlock": "10.0.0.0/8", "ClassicLinkEnabled": flag}))
        })
        .await;
        let vpc = Vpc { cidr_allowed: None, cidr: "10.0.0.0/8".into(), classic_link_enabled: enabled };
        assert_eq!(cloud.ecs.vpc(&vpc_id(), Lane::NewLink).await.unwrap(), Some(vpc));
        let asked = &cloud.asked()[0];
        assert_eq!((asked.action(), asked.params["VpcId"].as_str()), ("DescribeVpcAttribute", "vpc-2ari9m7h"));
    }
}

#[tokio::test]
async fn a_vpc_that_does_not_exist_is_none_and_any_other_failure_is_a_failure() {
    for code in ["InvalidVpcId.NotFound", "InvalidVpcID.NotFound", "Forbidden.VpcNotFound"] {
        for status in [400, 404] {
            let cloud = cloud(move |_| Reply { status, ..refused(code) }).await;
            assert_eq!(cloud.ecs.vpc(&vpc_id(), Lane::NewLink).await.unwrap(), None, "{code}");
        }
    }
    for (given, kind) in [
        (refused("IncorrectVpcStatus"), Kind::Busy),
        (refused("Forbidden.RAM"), Kind::PermissionDenied),
        (refused("InvalidRegionId.NotFound"), Kind::Refused(Reason::RegionNotSupported)),
        (reply(404, "<html>404</html>"), Kind::Transient),
        (ok(json!({"VpcId": "vpc-other123", "ClassicLinkEnabled": true})), Kind::Unclear),
        (ok(json!({})), Kind::Unclear),
    ] {
        let answer = given.clone();
        let cloud = cloud(move |_| answer.clone()).await;
        assert_eq!(cloud.ecs.vpc(&vpc_id(), Lane::NewLink).await.unwrap_err().kind, kind, "{given:?}");
    }
}
