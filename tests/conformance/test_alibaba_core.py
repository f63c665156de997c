"""aliyun-python-sdk-ecs, -vpc and -sts (core 2.x, the signature HMAC-SHA1 in the query) against the simulator."""

import json

import pytest
from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkecs.request.v20140526.AttachClassicLinkVpcRequest import AttachClassicLinkVpcRequest
from aliyunsdkecs.request.v20140526.DescribeClassicLinkInstancesRequest import DescribeClassicLinkInstancesRequest
from aliyunsdkecs.request.v20140526.DescribeInstancesRequest import DescribeInstancesRequest
from aliyunsdkecs.request.v20140526.DetachClassicLinkVpcRequest import DetachClassicLinkVpcRequest
from aliyunsdksts.request.v20150401.AssumeRoleRequest import AssumeRoleRequest
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest
from aliyunsdkvpc.request.v20160428.DescribeVpcAttributeRequest import DescribeVpcAttributeRequest
from aliyunsdkvpc.request.v20160428.DescribeVpcsRequest import DescribeVpcsRequest
from aliyunsdkvpc.request.v20160428.DisableVpcClassicLinkRequest import DisableVpcClassicLinkRequest
from aliyunsdkvpc.request.v20160428.EnableVpcClassicLinkRequest import EnableVpcClassicLinkRequest

from scene import ALIBABA_ACTIONS, documented


class Caller:
    """A client that calls loopback and repeats nothing."""

    def __init__(self, scene, api="alibaba", verb="POST"):
        keys = (StsTokenCredential(scene.key, scene.secret, scene.token) if scene.token
                else AccessKeyCredential(scene.key, scene.secret))
        self._client = AcsClient(region_id=scene.region, credential=keys, auto_retry=False)
        self._address, self._verb = scene.simulator.address(api), verb

    def call(self, request, **fields):
        request = request()
        for name, value in fields.items():
            getattr(request, f"set_{name}")(value)
        request.set_endpoint(self._address)
        request.set_protocol_type("http")
        request.set_method(self._verb)
        request.set_accept_format("json")
        return json.loads(self._client.do_action_with_exception(request))

    def linked(self, **fields):
        answer = self.call(DescribeClassicLinkInstancesRequest, PageSize="100", **fields)
        rows = (answer.get("Links") or {}).get("Link") or []
        return {row["InstanceId"]: row["VpcId"] for row in rows}


def refused(call, *arguments, **fields):
    """The code with which a call is refused, and the HTTP status."""
    with pytest.raises(ServerException) as raised:
        call(*arguments, **fields)
    return raised.value.get_error_code(), raised.value.get_http_status()


def live(scene, caller):
    """A link's whole life."""
    one = {"InstanceId": scene.machine, "VpcId": scene.vpc}
    assert caller.call(AttachClassicLinkVpcRequest, **one)["RequestId"]
    assert caller.linked(InstanceId=scene.machine) == caller.linked(VpcId=scene.vpc) == scene.links()
    assert scene.links() == {scene.machine: scene.vpc}
    assert caller.linked(InstanceId=",".join(scene.machines)) == scene.links()
    assert caller.call(DetachClassicLinkVpcRequest, **one)["RequestId"]
    assert caller.linked(InstanceId=scene.machine) == scene.links() == {}


@pytest.mark.parametrize("verb", ["POST", "GET"])
def test_a_link_lives_its_life_by_either_method(alibaba, verb):
    live(alibaba, Caller(alibaba, verb=verb))


@pytest.mark.parametrize("verb", ["POST", "GET"])
def test_a_link_lives_its_life_with_a_temporary_key(alibaba, verb):
    live(alibaba.temporary_key(), Caller(alibaba, verb=verb))


@pytest.mark.parametrize("shape", ["list", "absent", "null"])
def test_an_empty_list_is_read_in_each_shape(alibaba, shape):
    alibaba.simulator.settings(alibaba={"emptyLinks": shape})
    assert Caller(alibaba).linked(VpcId=alibaba.vpc) == {}


def test_machines_and_vpcs_are_read(alibaba):
    caller = Caller(alibaba)
    answer = caller.call(DescribeInstancesRequest, InstanceIds=json.dumps(alibaba.machines), MaxResults=100)
    rows = {row["InstanceId"]: row for row in answer["Instances"]["Instance"]}
    assert sorted(rows) == sorted(alibaba.machines)
    assert all(row["InstanceNetworkType"] == "classic" and row["Status"] == "Running" for row in rows.values())
    answer = caller.call(DescribeVpcAttributeRequest, VpcId=alibaba.vpc)
    assert (answer["VpcId"], answer["ClassicLinkEnabled"]) == (alibaba.vpc, True)
    answer = caller.call(DescribeVpcsRequest, VpcId=alibaba.vpc)
    assert [row["VpcId"] for row in answer["Vpcs"]["Vpc"]] == [alibaba.vpc]


@pytest.mark.parametrize("setting, refusal", [("dependency-violation", ("DependencyViolation.Instance", 400)),
                                              ("invalid-action", ("InvalidAction", 400))])
def test_classic_link_of_a_vpc_is_switched_off_and_on_but_not_under_its_links(alibaba, setting, refusal):
    alibaba.simulator.settings(alibaba={"disableWithLinks": setting})
    caller, one = Caller(alibaba), {"InstanceId": alibaba.machine, "VpcId": alibaba.vpc}
    enabled = lambda: caller.call(DescribeVpcAttributeRequest, VpcId=alibaba.vpc)["ClassicLinkEnabled"]  # noqa: E731
    assert caller.call(DisableVpcClassicLinkRequest, VpcId=alibaba.vpc)["RequestId"] and not enabled()
    assert refused(caller.call, AttachClassicLinkVpcRequest, **one)[0] == "OperationDenied"
    assert caller.call(EnableVpcClassicLinkRequest, VpcId=alibaba.vpc)["RequestId"] and enabled()
    caller.call(AttachClassicLinkVpcRequest, **one)
    assert refused(caller.call, DisableVpcClassicLinkRequest, VpcId=alibaba.vpc) == refusal
    assert enabled() and alibaba.links() == {alibaba.machine: alibaba.vpc}


def test_a_dry_run_is_answered_by_its_code(alibaba):
    assert refused(Caller(alibaba).call, DescribeInstancesRequest, DryRun=True)[0] == "DryRunOperation"


def test_what_is_impossible_is_refused_and_changes_nothing(alibaba):
    caller = Caller(alibaba)
    attach = lambda machine, vpc: refused(  # noqa: E731
        caller.call, AttachClassicLinkVpcRequest, InstanceId=machine, VpcId=vpc)
    assert attach("i-nowhere1", alibaba.vpc) == ("InvalidInstanceId.NotFound", 403)
    assert attach(alibaba.machine, "vpc-nowhere1") == ("InvalidVpcId.Malformed", 403)
    nothing = refused(caller.call, DetachClassicLinkVpcRequest, InstanceId=alibaba.machine, VpcId=alibaba.vpc)
    assert nothing == ("InvalidOperation.InvalidVpc", 403) and alibaba.links() == {}
    caller.call(AttachClassicLinkVpcRequest, InstanceId=alibaba.machine, VpcId=alibaba.vpc)
    assert attach(alibaba.machine, alibaba.other_vpc) == ("OperationDenied", 403)
    assert alibaba.links() == {alibaba.machine: alibaba.vpc}


def test_a_wrong_secret_is_told_from_a_wrong_signature(alibaba):
    alibaba.use(alibaba.key, "another", None)
    with pytest.raises(ServerException) as raised:
        Caller(alibaba).linked(VpcId=alibaba.vpc)
    # The library's own verdict, from the text that the server says it signed.
    assert raised.value.get_error_code() == "InvalidAccessKeySecret"


def test_an_unknown_key_is_refused(alibaba):
    alibaba.key = "unknown"
    assert refused(Caller(alibaba).linked, VpcId=alibaba.vpc)[0] == "InvalidAccessKeyId.NotFound"


def actions(scene):
    """What the operator calls, and what switches ClassicLink: the request and the fields of each action."""
    link, vpc = {"InstanceId": scene.machine, "VpcId": scene.vpc}, {"VpcId": scene.vpc}
    return {
        "AttachClassicLinkVpc": (AttachClassicLinkVpcRequest, link),
        "DetachClassicLinkVpc": (DetachClassicLinkVpcRequest, link),
        "DescribeClassicLinkInstances": (DescribeClassicLinkInstancesRequest, vpc),
        "DescribeInstances": (DescribeInstancesRequest, {"InstanceIds": json.dumps(scene.machines)}),
        "DescribeVpcAttribute": (DescribeVpcAttributeRequest, vpc),
        "DescribeVpcs": (DescribeVpcsRequest, vpc),
        "EnableVpcClassicLink": (EnableVpcClassicLinkRequest, vpc),
        "DisableVpcClassicLink": (DisableVpcClassicLinkRequest, vpc),
    }


@pytest.mark.parametrize("action", ALIBABA_ACTIONS)
def test_each_documented_code_of_each_action_arrives_as_the_librarys_exception(alibaba, action):
    request, fields = actions(alibaba)[action]
    caller, codes = Caller(alibaba), documented("alibaba", [action])
    # On this code the library looks into the message for the text that was signed.
    del codes["SignatureDoesNotMatch"]
    for code, status in codes.items():
        status = 400 if status == "-" else int(status)
        answer = {"code": code, "httpStatus": status, "message": "so"}
        alibaba.simulator.fault({"answer": answer}, action=action)
        assert refused(caller.call, request, **fields) == (code, status)
    assert len(codes) > 40 and alibaba.links() == {}


def test_an_answer_that_is_lost_is_an_error_and_the_link_is_there_all_the_same(alibaba):
    alibaba.simulator.fault("loseAnswer", action="AttachClassicLinkVpc")
    caller = Caller(alibaba)
    with pytest.raises(ClientException):
        caller.call(AttachClassicLinkVpcRequest, InstanceId=alibaba.machine, VpcId=alibaba.vpc)
    assert caller.linked(VpcId=alibaba.vpc) == {alibaba.machine: alibaba.vpc}


def test_a_role_is_taken_and_its_key_links(alibaba):
    caller = Caller(alibaba, "alibabaSts")
    assert caller.call(GetCallerIdentityRequest)["AccountId"] == alibaba.account
    arn = f"acs:ram::{alibaba.account}:role/linker"
    taken = caller.call(AssumeRoleRequest, RoleArn=arn, RoleSessionName="test")["Credentials"]
    live(alibaba.use(taken["AccessKeyId"], taken["AccessKeySecret"], taken["SecurityToken"]), Caller(alibaba))


def test_a_role_that_is_not_there_is_refused(alibaba):
    arn = f"acs:ram::{alibaba.account}:role/nobody"
    assert refused(Caller(alibaba, "alibabaSts").call, AssumeRoleRequest, RoleArn=arn, RoleSessionName="test") == (
        "EntityNotExist.Role", 404)
