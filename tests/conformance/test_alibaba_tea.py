"""alibabacloud_ecs20140526, _vpc20160428 and _sts20150401 against the simulator, with the signature of its default
(ACS3-HMAC-SHA256) and the older one."""

import json

import pytest
from alibabacloud_ecs20140526 import client as ecs_client, models as ecs
from alibabacloud_sts20150401 import client as sts_client, models as sts
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException, ThrottlingException
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_vpc20160428 import client as vpc_client, models as vpc

from scene import ALIBABA_ACTIONS, documented

SIGNATURES = [None, "v2"]


def config(scene, signature=None, api="alibaba"):
    keys = {"access_key_id": scene.key, "access_key_secret": scene.secret, "security_token": scene.token}
    place = {"endpoint": scene.simulator.address(api), "protocol": "http", "region_id": scene.region}
    return Config(**keys, **place, signature_algorithm=signature)


class Caller:
    """The services, called by the names of their actions."""

    def __init__(self, scene, signature=None):
        self._region = scene.region
        self._ecs = ecs_client.Client(config(scene, signature))
        self._vpc = vpc_client.Client(config(scene, signature))

    def attach(self, machine, to):
        return self._ecs.attach_classic_link_vpc(
            ecs.AttachClassicLinkVpcRequest(region_id=self._region, instance_id=machine, vpc_id=to)).body

    def detach(self, machine, of):
        return self._ecs.detach_classic_link_vpc(
            ecs.DetachClassicLinkVpcRequest(region_id=self._region, instance_id=machine, vpc_id=of)).body

    def linked(self, **fields):
        request = ecs.DescribeClassicLinkInstancesRequest(region_id=self._region, page_size="100", **fields)
        links = self._ecs.describe_classic_link_instances(request).body.links
        return {link.instance_id: link.vpc_id for link in (links.link if links else None) or []}

    def machines(self, **fields):
        return self._ecs.describe_instances(ecs.DescribeInstancesRequest(region_id=self._region, **fields)).body

    def vpc(self, action, **fields):
        """By the library's own names: `describe_vpc_attribute`."""
        request = "".join(word.capitalize() for word in action.split("_")) + "Request"
        return getattr(self._vpc, action)(getattr(vpc, request)(region_id=self._region, **fields)).body


def refused(call, *arguments, **fields):
    """The code with which a call is refused, and the HTTP status."""
    with pytest.raises(AlibabaCloudException) as raised:
        call(*arguments, **fields)
    return raised.value.code, raised.value.status_code


def live(scene, caller):
    """A link's whole life."""
    assert caller.attach(scene.machine, scene.vpc).request_id
    assert scene.links() == {scene.machine: scene.vpc}
    assert caller.linked(instance_id=scene.machine) == caller.linked(vpc_id=scene.vpc) == scene.links()
    # A blank in the list: "+" on the wire, "%20" in what is signed.
    assert caller.linked(instance_id=", ".join(scene.machines)) == scene.links()
    assert caller.detach(scene.machine, scene.vpc).request_id
    assert caller.linked(instance_id=scene.machine) == scene.links() == {}


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_link_lives_its_life_with_either_signature(alibaba, signature):
    live(alibaba, Caller(alibaba, signature))


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_link_lives_its_life_with_a_temporary_key(alibaba, signature):
    live(alibaba.temporary_key(), Caller(alibaba, signature))


@pytest.mark.parametrize("shape", ["list", "absent", "null"])
def test_an_empty_list_is_read_in_each_shape(alibaba, shape):
    alibaba.simulator.settings(alibaba={"emptyLinks": shape})
    assert Caller(alibaba).linked(vpc_id=alibaba.vpc) == {}


@pytest.mark.parametrize("signature", SIGNATURES)
def test_machines_are_read(alibaba, signature):
    caller = Caller(alibaba, signature)
    rows = caller.machines(instance_ids=json.dumps(alibaba.machines), max_results=100).instances.instance
    assert sorted(row.instance_id for row in rows) == sorted(alibaba.machines)
    assert all(row.instance_network_type == "classic" and row.inner_ip_address.ip_address for row in rows)
    assert refused(caller.machines, dry_run=True)[0] == "DryRunOperation"


def test_a_vpc_is_read_and_switched(alibaba):
    caller = Caller(alibaba)
    enabled = lambda: caller.vpc("describe_vpc_attribute", vpc_id=alibaba.vpc).classic_link_enabled  # noqa: E731
    assert [row.vpc_id for row in caller.vpc("describe_vpcs", vpc_id=alibaba.vpc).vpcs.vpc] == [alibaba.vpc]
    assert enabled()
    caller.vpc("disable_vpc_classic_link", vpc_id=alibaba.vpc)
    assert not enabled()
    assert refused(caller.attach, alibaba.machine, alibaba.vpc) == ("OperationDenied", 403)
    caller.vpc("enable_vpc_classic_link", vpc_id=alibaba.vpc)
    assert enabled()
    caller.attach(alibaba.machine, alibaba.vpc)
    code, status = refused(caller.vpc, "disable_vpc_classic_link", vpc_id=alibaba.vpc)
    assert (code, status) == ("DependencyViolation.Instance", 400)


@pytest.mark.parametrize("generation, status", [("g2", 403), ("g1", 404)])
def test_what_is_impossible_is_refused_in_the_words_of_either_generation(alibaba, generation, status):
    alibaba.simulator.settings(alibaba={"generation": generation})
    caller = Caller(alibaba)
    assert refused(caller.attach, "i-nowhere1", alibaba.vpc) == ("InvalidInstanceId.NotFound", status)
    caller.attach(alibaba.machine, alibaba.vpc)
    elsewhere = {"g2": ("OperationDenied", 403), "g1": ("Abs.InvalidInstanceId.MalFormed", 400)}[generation]
    assert refused(caller.attach, alibaba.machine, alibaba.other_vpc) == elsewhere
    assert alibaba.links() == {alibaba.machine: alibaba.vpc}


@pytest.mark.parametrize("setting", [{"errorFormat": "xml"}, {"errorKeys": "lower"}])
def test_an_error_is_read_in_each_form(alibaba, setting):
    alibaba.simulator.settings(alibaba=setting)
    assert refused(Caller(alibaba).attach, "i-nowhere1", alibaba.vpc) == ("InvalidInstanceId.NotFound", 403)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_wrong_secret_and_an_unknown_key_are_refused(alibaba, signature):
    alibaba.use(alibaba.key, "another", None)
    assert refused(Caller(alibaba, signature).linked, vpc_id=alibaba.vpc)[0] == "SignatureDoesNotMatch"
    alibaba.key = "unknown"
    assert refused(Caller(alibaba, signature).linked, vpc_id=alibaba.vpc)[0] == "InvalidAccessKeyId.NotFound"


def test_a_throttled_call_is_told_by_its_header(alibaba):
    answer = {"code": "Throttling.User", "httpStatus": 400, "message": "so", "retryAfterMs": 1500}
    alibaba.simulator.fault({"answer": answer}, action="AttachClassicLinkVpc")
    with pytest.raises(ThrottlingException) as raised:
        Caller(alibaba).attach(alibaba.machine, alibaba.vpc)
    assert raised.value.retry_after == 1500


def test_a_link_that_is_not_there_is_not_removed(alibaba):
    caller = Caller(alibaba)
    assert refused(caller.detach, alibaba.machine, alibaba.vpc) == ("InvalidOperation.InvalidVpc", 403)
    assert refused(caller.detach, "i-nowhere1", alibaba.vpc) == ("InvalidInstanceId.NotFound", 403)
    caller.attach(alibaba.machine, alibaba.vpc)
    assert refused(caller.detach, alibaba.machine, alibaba.other_vpc)[0] == "InvalidOperation.InvalidVpc"
    assert alibaba.links() == {alibaba.machine: alibaba.vpc}


def actions(scene, caller):
    """What the operator calls, and what switches ClassicLink: a call of each action."""
    return {
        "AttachClassicLinkVpc": lambda: caller.attach(scene.machine, scene.vpc),
        "DetachClassicLinkVpc": lambda: caller.detach(scene.machine, scene.vpc),
        "DescribeClassicLinkInstances": lambda: caller.linked(vpc_id=scene.vpc),
        "DescribeInstances": lambda: caller.machines(instance_ids=json.dumps(scene.machines)),
        "DescribeVpcAttribute": lambda: caller.vpc("describe_vpc_attribute", vpc_id=scene.vpc),
        "DescribeVpcs": lambda: caller.vpc("describe_vpcs", vpc_id=scene.vpc),
        "EnableVpcClassicLink": lambda: caller.vpc("enable_vpc_classic_link", vpc_id=scene.vpc),
        "DisableVpcClassicLink": lambda: caller.vpc("disable_vpc_classic_link", vpc_id=scene.vpc),
    }


@pytest.mark.parametrize("action", ALIBABA_ACTIONS)
def test_each_documented_code_of_each_action_arrives_as_the_librarys_exception(alibaba, action):
    call, codes = actions(alibaba, Caller(alibaba))[action], documented("alibaba", [action])
    for code, status in codes.items():
        status = 400 if status == "-" else int(status)
        answer = {"code": code, "httpStatus": status, "message": "so"}
        alibaba.simulator.fault({"answer": answer}, action=action)
        assert refused(call) == (code, status)
    assert len(codes) > 40 and alibaba.links() == {}


def of_sts(scene, action, request):
    return getattr(sts_client.Client(config(scene, api="alibabaSts")), action)(request).body


def test_a_role_is_taken_and_its_key_links(alibaba):
    arn = f"acs:ram::{alibaba.account}:role/linker"
    request = sts.AssumeRoleRequest(role_arn=arn, role_session_name="test")
    taken = of_sts(alibaba, "assume_role", request).credentials
    live(alibaba.use(taken.access_key_id, taken.access_key_secret, taken.security_token), Caller(alibaba))
    client = sts_client.Client(config(alibaba, api="alibabaSts"))
    assert client.get_caller_identity().body.account_id == alibaba.account


def test_a_role_is_taken_with_a_web_identity(alibaba):
    provider = f"acs:ram::{alibaba.account}:oidc-provider/ack-rrsa-c1"
    identity = {"name": "pod", "token": f"a.b.{alibaba.account}", "provider": provider}
    alibaba.simulator.control("POST", f"/accounts/{alibaba.account}/identities", identity)
    fields = {"role_arn": f"acs:ram::{alibaba.account}:role/linker", "role_session_name": "test",
              "oidcprovider_arn": provider}
    request = sts.AssumeRoleWithOIDCRequest(oidctoken=identity["token"], **fields)
    taken = of_sts(alibaba, "assume_role_with_oidc", request).credentials
    live(alibaba.use(taken.access_key_id, taken.access_key_secret, taken.security_token), Caller(alibaba))
    wrong = sts.AssumeRoleWithOIDCRequest(oidctoken="a.b.c", **fields)
    assert refused(of_sts, alibaba, "assume_role_with_oidc", wrong)[0] == "AuthenticationFail.OIDCToken.Invalid"
