"""qcloudapi-sdk-python against the API v2 of the simulator.

The library never looks into an answer of HTTP 200: what it takes for a success may be an error. So each test that provokes
one looks for itself, and reads back.
"""

import http.client
import json

import pytest
from QcloudApi.common.api_exception import ApiServerNetworkException
from QcloudApi.qcloudapi import QcloudApi

from scene import documented

SIGNING = [(method, verb) for method in ("HmacSHA256", "HmacSHA1") for verb in ("POST", "GET")]


class Plain(http.client.HTTPConnection):
    """A connection as the library's own, without its TLS."""

    request_length = 0


class Caller(QcloudApi):
    """The library, with another host and plain HTTP, both of which it has fixed."""

    def __init__(self, scene, module, method="HmacSHA256", verb="POST"):
        self._host = scene.simulator.address("tencentV2")
        config = {"secretId": scene.key, "secretKey": scene.secret, "Region": scene.region, "method": verb,
                  "SignatureMethod": method}
        super().__init__(module, {**config, "Token": scene.token} if scene.token else config)

    def _factory(self, module, config):
        service = super()._factory(module, config)
        service.requestHost = self._host
        service.apiRequest.conn = Plain(self._host)
        return service

    def read(self, action, **params):
        return json.loads(self.call(action, params))


def linked(vpc, **params):
    answer = vpc.read("DescribeVpcClassicLink", limit=50, **params)
    assert int(answer["code"]) == 0
    return {link["instanceId"]: link.get("unVpcId") or link["uniqVpcId"] for link in answer["data"]}


def actions(scene):
    """What the operator calls: the service and the parameters of each action."""
    link = {"vpcId": scene.vpc, "instanceIds": [scene.machine]}
    return {
        "AttachClassicLinkVpc": ("vpc", link),
        "DetachClassicLinkVpc": ("vpc", link),
        "DescribeVpcClassicLink": ("vpc", {"vpcId": scene.vpc, "limit": 50}),
        "DescribeVpcTaskResult": ("vpc", {"taskId": 1}),
        "DescribeVpcEx": ("vpc", {"vpcId": scene.vpc}),
        "DescribeInstances": ("cvm", {"instanceIds": [scene.machine]}),
    }


def state(vpc, answer):
    data = vpc.read("DescribeVpcTaskResult", taskId=answer["taskId"])["data"]
    return data["status"]


def live(scene, vpc):
    """A link's whole life."""
    answer = vpc.read("AttachClassicLinkVpc", vpcId=scene.vpc, instanceIds=scene.machines)
    assert (answer["code"], state(vpc, answer)) == (0, 0)
    expected = dict.fromkeys(scene.machines, scene.vpc)
    assert linked(vpc) == linked(vpc, vpcId=scene.vpc) == expected == scene.links()
    answer = vpc.read("DetachClassicLinkVpc", vpcId=scene.vpc, instanceIds=scene.machines)
    assert (answer["code"], state(vpc, answer)) == (0, 0)
    assert linked(vpc) == scene.links() == {}


@pytest.mark.parametrize("signing", SIGNING)
def test_a_link_lives_its_life_however_the_calls_are_signed(tencent, signing):
    live(tencent, Caller(tencent, "vpc", *signing))


@pytest.mark.parametrize("signing", SIGNING)
def test_a_link_lives_its_life_with_a_temporary_key(tencent, signing):
    live(tencent.temporary_key(), Caller(tencent, "vpc", *signing))


def test_vpcs_and_machines_are_read(tencent):
    (found,) = Caller(tencent, "vpc").read("DescribeVpcEx", vpcId=tencent.vpc)["data"]
    assert (found["unVpcId"], found["cidrBlock"]) == (tencent.vpc, "10.1.0.0/16")
    answer = Caller(tencent, "cvm").read("DescribeInstances", instanceIds=tencent.machines, limit=100)
    rows = {row["unInstanceId"]: row for row in answer["instanceSet"]}
    assert sorted(rows) == sorted(tencent.machines)
    assert all(row["vpcId"] == 0 and row["status"] == 2 and row["lanIp"] for row in rows.values())


def test_a_task_runs_until_it_is_done(tencent):
    tencent.simulator.settings(timing={"taskDurationMs": 3_600_000})
    vpc = Caller(tencent, "vpc")
    answer = vpc.read("AttachClassicLinkVpc", vpcId=tencent.vpc, instanceIds=[tencent.machine])
    assert state(vpc, answer) == 2 and linked(vpc) == {}


def test_what_is_impossible_is_refused_and_changes_nothing(tencent):
    vpc = Caller(tencent, "vpc")
    answer = vpc.read("AttachClassicLinkVpc", vpcId="vpc-nowhere1", instanceIds=[tencent.machine])
    assert answer["codeDesc"] == "InvalidVpc.NotFound" and linked(vpc) == {}
    vpc.read("AttachClassicLinkVpc", vpcId=tencent.vpc, instanceIds=[tencent.machine])
    answer = vpc.read("AttachClassicLinkVpc", vpcId=tencent.other_vpc, instanceIds=[tencent.machine])
    assert answer["codeDesc"] == "InstanceAlreadyLinked" and linked(vpc) == {tencent.machine: tencent.vpc}


def test_what_is_not_there_is_neither_removed_nor_followed(tencent):
    tencent.simulator.settings(switches={"detachWithoutLink": "not-found"})
    vpc = Caller(tencent, "vpc")
    answer = vpc.read("DetachClassicLinkVpc", vpcId=tencent.vpc, instanceIds=[tencent.machine])
    assert answer["code"] != 0 and "taskId" not in answer
    answer = vpc.read("DetachClassicLinkVpc", vpcId="vpc-nowhere1", instanceIds=[tencent.machine])
    assert answer["codeDesc"] == "InvalidVpc.NotFound" and "taskId" not in answer
    for setting, code in (("not-found", 5000), ("invalid-parameter", 4000)):
        tencent.simulator.settings(tencentV2={"unknownTask": setting})
        answer = vpc.read("DescribeVpcTaskResult", taskId=1)
        assert answer["code"] == code and "data" not in answer
    assert tencent.links() == {}


def test_a_task_that_failed_says_so(tencent):
    tencent.simulator.fault({"failTask": {"message": "no"}}, action="AttachClassicLinkVpc")
    vpc = Caller(tencent, "vpc")
    answer = vpc.read("AttachClassicLinkVpc", vpcId=tencent.vpc, instanceIds=[tencent.machine])
    assert state(vpc, answer) == 1 and linked(vpc) == {}


def test_a_wrong_secret_key_and_an_unknown_key_are_refused(tencent):
    tencent.use(tencent.key, "another", None)
    assert Caller(tencent, "vpc").read("DescribeVpcClassicLink")["code"] == 4100
    tencent.key = "unknown"
    assert Caller(tencent, "vpc").read("DescribeVpcClassicLink")["code"] == 4104


@pytest.mark.parametrize("action", ["AttachClassicLinkVpc", "DetachClassicLinkVpc", "DescribeVpcClassicLink",
                                    "DescribeVpcTaskResult", "DescribeVpcEx", "DescribeInstances"])
def test_each_documented_code_of_each_action_arrives_and_changes_nothing(tencent, action):
    service, fields = actions(tencent)[action]
    caller, codes = Caller(tencent, service), documented("tencent-v2", [action])
    for code in codes:
        said = {"code": int(code)} if code.isdigit() else {"code": 4000, "codeDesc": code}
        tencent.simulator.fault({"answer": {**said, "message": "so"}}, action=action)
        answer = caller.read(action, **fields)
        assert code in (str(answer["code"]), answer.get("codeDesc"))
        assert not {"taskId", "data", "instanceSet"} & set(answer)
    assert len(codes) > 20 and tencent.links() == {}


def test_a_page_of_a_gateway_is_an_error_of_the_library(tencent):
    tencent.simulator.fault("badGatewayAfter", action="AttachClassicLinkVpc")
    vpc = Caller(tencent, "vpc")
    with pytest.raises(ApiServerNetworkException):
        vpc.call("AttachClassicLinkVpc", {"vpcId": tencent.vpc, "instanceIds": [tencent.machine]})
    assert linked(vpc) == {tencent.machine: tencent.vpc}
