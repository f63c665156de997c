"""tencentcloud-sdk-python (vpc, cvm, sts) against API 3.0 of the simulator."""

import pytest
from tencentcloud.common import credential
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.cvm.v20170312 import cvm_client, models as cvm
from tencentcloud.sts.v20180813 import models as sts, sts_client
from tencentcloud.vpc.v20170312 import models as vpc, vpc_client

from scene import documented

SIGNING = [("TC3-HMAC-SHA256", "POST"), ("TC3-HMAC-SHA256", "GET"), ("HmacSHA256", "POST"), ("HmacSHA256", "GET"),
           ("HmacSHA1", "POST"), ("HmacSHA1", "GET")]

NOBODYS_TASK = "354f4ac3-8546-4516-8c8a-69e3ab73aa8a"


def profile(scene, method="TC3-HMAC-SHA256", verb="POST", api="tencentV3"):
    http = HttpProfile(protocol="http", endpoint=scene.simulator.address(api), reqMethod=verb)
    return ClientProfile(signMethod=method, httpProfile=http)


def keys(scene):
    return credential.Credential(scene.key, scene.secret, scene.token)


class Caller:
    """Both services, called by the names of their actions."""

    def __init__(self, scene, *signing):
        self._vpc = vpc_client.VpcClient(keys(scene), scene.region, profile(scene, *signing))
        self._cvm = cvm_client.CvmClient(keys(scene), scene.region, profile(scene, *signing))

    def vpc(self, action, **fields):
        return self._call(self._vpc, vpc, action, fields)

    def cvm(self, action, **fields):
        return self._call(self._cvm, cvm, action, fields)

    @staticmethod
    def _call(client, models, action, fields):
        request = getattr(models, f"{action}Request")()
        request._deserialize(fields)
        return getattr(client, action)(request)

    def linked(self, filters=None):
        answer = self.vpc("DescribeClassicLinkInstances", Filters=filters or [], Offset="0", Limit="100")
        assert answer.TotalCount == len(answer.ClassicLinkInstanceSet)
        return {link.InstanceId: link.VpcId for link in answer.ClassicLinkInstanceSet}


def refused(call, *arguments, **fields):
    """The code with which a call is refused."""
    with pytest.raises(TencentCloudSDKException) as raised:
        call(*arguments, **fields)
    assert raised.value.get_request_id()
    return raised.value.get_code()


def live(scene, caller):
    """A link's whole life."""
    answer = caller.vpc("AttachClassicLinkVpc", VpcId=scene.vpc, InstanceIds=scene.machines)
    assert caller.vpc("DescribeVpcTaskResult", TaskId=answer.RequestId).Status == "SUCCESS"
    linked = dict.fromkeys(scene.machines, scene.vpc)
    assert caller.linked() == linked == scene.links()
    assert caller.linked([{"Name": "vpc-id", "Values": [scene.vpc]}]) == linked
    assert caller.linked([{"Name": "vpc-id", "Values": [scene.other_vpc]}]) == {}
    answer = caller.vpc("DetachClassicLinkVpc", VpcId=scene.vpc, InstanceIds=scene.machines)
    assert caller.vpc("DescribeVpcTaskResult", TaskId=answer.RequestId).Status == "SUCCESS"
    assert caller.linked() == scene.links() == {}


@pytest.mark.parametrize("signing", SIGNING)
def test_a_link_lives_its_life_however_the_calls_are_signed(tencent, signing):
    live(tencent, Caller(tencent, *signing))


@pytest.mark.parametrize("signing", SIGNING)
def test_a_link_lives_its_life_with_a_temporary_key(tencent, signing):
    live(tencent.temporary_key(), Caller(tencent, *signing))


def test_a_task_runs_until_it_is_done(tencent):
    tencent.simulator.settings(timing={"taskDurationMs": 3_600_000})
    caller = Caller(tencent)
    answer = caller.vpc("AttachClassicLinkVpc", VpcId=tencent.vpc, InstanceIds=[tencent.machine])
    assert caller.vpc("DescribeVpcTaskResult", TaskId=answer.RequestId).Status == "RUNNING"
    assert caller.linked() == {}


def test_a_task_that_failed_says_so(tencent):
    tencent.simulator.fault({"failTask": {"message": "no"}}, action="AttachClassicLinkVpc")
    caller = Caller(tencent)
    answer = caller.vpc("AttachClassicLinkVpc", VpcId=tencent.vpc, InstanceIds=[tencent.machine])
    assert caller.vpc("DescribeVpcTaskResult", TaskId=answer.RequestId).Status == "FAILED"
    assert caller.linked() == {}


@pytest.mark.parametrize("shape", ["empty-vpc-id", "null-vpc-id", "null", "absent"])
def test_a_classic_machine_is_read_in_each_shape(tencent, shape):
    tencent.simulator.settings(tencentV3={"classicShape": shape})
    answer = Caller(tencent).cvm("DescribeInstances", InstanceIds=tencent.machines, Limit=100)
    assert [row.InstanceId for row in answer.InstanceSet] == tencent.machines
    cloud = answer.InstanceSet[0].VirtualPrivateCloud
    assert cloud is None or not cloud.VpcId
    assert answer.InstanceSet[0].InstanceState == "RUNNING" and answer.InstanceSet[0].PrivateIpAddresses


def test_vpcs_are_found_by_id_and_by_filter(tencent):
    caller = Caller(tencent)
    by_id = caller.vpc("DescribeVpcs", VpcIds=[tencent.vpc])
    by_filter = caller.vpc("DescribeVpcs", Filters=[{"Name": "vpc-id", "Values": [tencent.vpc]}])
    for answer in (by_id, by_filter):
        assert [(row.VpcId, row.CidrBlock) for row in answer.VpcSet] == [(tencent.vpc, "10.1.0.0/16")]


def test_the_quota_is_told(tencent):
    answer = Caller(tencent).vpc("DescribeVpcLimits", LimitTypes=["vpc-max-basic-network-interconnections"])
    assert [limit.LimitValue for limit in answer.VpcLimitSet] == [100]


def test_what_is_impossible_is_refused_and_changes_nothing(tencent):
    tencent.simulator.settings(switches={"detachWithoutLink": "not-found"})
    caller, one = Caller(tencent), [tencent.machine]
    attach = lambda vpc: refused(caller.vpc, "AttachClassicLinkVpc", VpcId=vpc, InstanceIds=one)  # noqa: E731
    assert attach("vpc-nowhere1") == "ResourceNotFound"
    assert attach("nonsense") == "InvalidParameterValue.Malformed"
    assert refused(caller.vpc, "DetachClassicLinkVpc", VpcId=tencent.vpc, InstanceIds=one) == "ResourceNotFound"
    assert tencent.links() == {}
    caller.vpc("AttachClassicLinkVpc", VpcId=tencent.vpc, InstanceIds=one)
    assert attach(tencent.other_vpc) == "UnsupportedOperation.ClassicInstanceIdAlreadyExists"
    assert tencent.links() == {tencent.machine: tencent.vpc}


def test_a_wrong_secret_key_is_refused(tencent):
    tencent.use(tencent.key, "another", None)
    assert refused(Caller(tencent).linked) == "AuthFailure.SignatureFailure"


def test_an_unknown_key_and_a_wrong_token_are_refused(tencent):
    tencent.temporary_key().token = "another"
    assert refused(Caller(tencent).linked) == "AuthFailure.TokenFailure"
    tencent.key = "unknown"
    assert refused(Caller(tencent).linked) == "AuthFailure.SecretIdNotFound"


def actions(scene):
    """What the operator calls: the service and the fields of each action."""
    link = {"VpcId": scene.vpc, "InstanceIds": [scene.machine]}
    return {
        "AttachClassicLinkVpc": ("vpc", link),
        "DetachClassicLinkVpc": ("vpc", link),
        "DescribeClassicLinkInstances": ("vpc", {"Offset": "0", "Limit": "100"}),
        "DescribeVpcTaskResult": ("vpc", {"TaskId": NOBODYS_TASK}),
        "DescribeVpcs": ("vpc", {"VpcIds": [scene.vpc]}),
        "DescribeVpcLimits": ("vpc", {"LimitTypes": ["vpc-max-basic-network-interconnections"]}),
        "DescribeInstances": ("cvm", {"InstanceIds": [scene.machine]}),
    }


@pytest.mark.parametrize("setting, code", [("not-found", "ResourceNotFound"),
                                           ("invalid-parameter-value", "InvalidParameterValue")])
def test_a_task_that_nobody_started_is_refused(tencent, setting, code):
    tencent.simulator.settings(tencentV3={"unknownTask": setting})
    assert refused(Caller(tencent).vpc, "DescribeVpcTaskResult", TaskId=NOBODYS_TASK) == code


@pytest.mark.parametrize("action", ["AttachClassicLinkVpc", "DetachClassicLinkVpc", "DescribeClassicLinkInstances",
                                    "DescribeVpcTaskResult", "DescribeVpcs", "DescribeVpcLimits", "DescribeInstances"])
def test_each_documented_code_of_each_action_arrives_as_the_librarys_exception(tencent, action):
    service, fields = actions(tencent)[action]
    call, codes = getattr(Caller(tencent), service), documented("tencent-v3", [action])
    for code in codes:
        tencent.simulator.fault({"answer": {"code": code, "message": "so"}}, action=action)
        assert refused(call, action, **fields) == code
    assert len(codes) > 50 and tencent.links() == {}


@pytest.mark.parametrize("effect", ["loseAnswer", "badGatewayAfter", "truncatedJson"])
def test_an_answer_that_is_lost_is_an_error_and_the_link_is_there_all_the_same(tencent, effect):
    tencent.simulator.fault(effect, action="AttachClassicLinkVpc")
    with pytest.raises((TencentCloudSDKException, ValueError)):
        Caller(tencent).vpc("AttachClassicLinkVpc", VpcId=tencent.vpc, InstanceIds=[tencent.machine])
    assert Caller(tencent).linked() == {tencent.machine: tencent.vpc}


def role(scene):
    return f"qcs::cam::uin/{scene.account}:roleName/linker"


def of_sts(scene, action, **fields):
    client = sts_client.StsClient(keys(scene), scene.region, profile(scene, api="tencentSts"))
    request = getattr(sts, f"{action}Request")()
    request._deserialize(fields)
    return getattr(client, action)(request)


def test_the_identity_is_told(tencent):
    assert of_sts(tencent, "GetCallerIdentity").AccountId == tencent.account


def test_a_role_is_taken_and_its_key_links(tencent):
    answer = of_sts(tencent, "AssumeRole", RoleArn=role(tencent), RoleSessionName="test", DurationSeconds=3600)
    taken = answer.Credentials
    tencent.use(taken.TmpSecretId, taken.TmpSecretKey, taken.Token)
    live(tencent, Caller(tencent))
    assert of_sts(tencent, "GetCallerIdentity").AccountId == tencent.account


def test_a_role_that_is_not_there_is_refused(tencent):
    code = refused(of_sts, tencent, "AssumeRole", RoleArn=role(tencent) + "x", RoleSessionName="test")
    assert code == "ResourceNotFound.RoleNotFound"


@pytest.mark.parametrize("signed", [True, False])
def test_a_role_is_taken_with_a_web_identity(tencent, signed):
    identity = {"name": "pod", "token": f"a.b.{tencent.account}", "provider": "tke-oidc"}
    tencent.simulator.control("POST", f"/accounts/{tencent.account}/identities", identity)
    fields = {"ProviderId": "tke-oidc", "WebIdentityToken": identity["token"], "RoleArn": role(tencent),
              "RoleSessionName": "test", "DurationSeconds": 3600}
    if signed:
        taken = of_sts(tencent, "AssumeRoleWithWebIdentity", **fields).Credentials
        taken = taken.TmpSecretId, taken.TmpSecretKey, taken.Token
    else:
        # As the library's own credential of this kind calls it.
        client = CommonClient("sts", "2018-08-13", None, tencent.region, profile(tencent, api="tencentSts"))
        answer = client.call_json("AssumeRoleWithWebIdentity", fields, options={"SkipSign": True})
        taken = answer["Response"]["Credentials"]
        taken = taken["TmpSecretId"], taken["TmpSecretKey"], taken["Token"]
    live(tencent.use(*taken), Caller(tencent))


def test_a_web_identity_that_is_not_known_is_refused(tencent):
    code = refused(of_sts, tencent, "AssumeRoleWithWebIdentity", ProviderId="tke-oidc", WebIdentityToken="a.b.c",
                   RoleArn=role(tencent), RoleSessionName="test")
    assert code == "InvalidParameter.WebIdentityTokenError"
