"""The simulator as a process, and what a test finds in it."""

import csv
import itertools
import json
import os
import pathlib
import subprocess
import urllib.request

from recorder import Recorder

APIS = ("tencentV2", "tencentV3", "tencentSts", "alibaba", "alibabaSts")
ALIBABA_ACTIONS = ("AttachClassicLinkVpc", "DetachClassicLinkVpc", "DescribeClassicLinkInstances", "DescribeInstances",
                   "DescribeVpcAttribute", "DescribeVpcs", "EnableVpcClassicLink", "DisableVpcClassicLink")
CODES = pathlib.Path(__file__).parent.parent / "data" / "codes"
NUMBERS = itertools.count(1)


def documented(name, actions):
    """The documented codes of a list, with the HTTP status where a document says it, for these actions."""
    with open(CODES / f"{name}.tsv", encoding="utf-8") as lines:
        rows = list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    rows = [row for row in rows if row["action"] in (*actions, "*")]
    return {row["code"].replace("*", "Timestamp"): row["http"].split(",")[0] for row in rows}


class Simulator:
    """The process, a recorder in front of each of its APIs, and its control API."""

    def __init__(self):
        program = [os.environ["CLASSICLINK_SIM"], "--stop-with-stdin"]
        environment = {**os.environ, "RUST_LOG": "warn"}
        self._process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )
        addresses = json.loads(self._process.stdout.readline())
        self._control = addresses["control"]
        self.requests = []
        self.secrets = {}
        self._recorders = {api: Recorder(api, addresses[api], self.requests) for api in APIS}

    def close(self):
        for recorder in self._recorders.values():
            recorder.close()
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def address(self, api):
        return self._recorders[api].address

    def control(self, method, path, body=None):
        """Calls the control API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._control + path, data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def settings(self, **settings):
        self.control("PATCH", "/settings", settings)

    def fault(self, effect, **which):
        """Arranges a fault that strikes once, unless told otherwise."""
        self.control("POST", "/faults", {"effect": effect, **which})

    def reset(self):
        self.control("DELETE", "/faults")
        self.control("DELETE", "/settings")
        # A write has its effect when it is answered.
        self.settings(timing={"taskDurationMs": 0})

    def recording(self):
        """What was recorded, one line a request, with the secret that it was signed with."""
        # Some ids are the beginnings or endings of others.
        ids = sorted(self.secrets, key=len, reverse=True)
        for request in self.requests:
            text = json.dumps(request)
            key = next((key for key in ids if key in text), None)
            if key is not None:
                yield json.dumps({**request, "secretKey": self.secrets[key]})


class Scene:
    """An account of its own: a key, two VPCs, machines, a role."""

    def __init__(self, simulator, cloud):
        number = next(NUMBERS)
        self.simulator = simulator
        self.account = f"{900000000000 + number}"
        self.key, self.secret, self.token = f"conformance{number:06}", f"made-up-secret-{number:06}", None
        self.region, prefix = ("ap-guangzhou", "ins") if cloud == "tencent" else ("cn-hangzhou", "i")
        self.vpc, self.other_vpc = f"vpc-conf{number:04}a", f"vpc-conf{number:04}b"
        self.machines = [f"{prefix}-conf{number:04}{letter}" for letter in "abc"]
        self.machine = self.machines[0]
        key = {"secretId": self.key, "secretKey": self.secret}
        role = {"name": "linker"}
        simulator.control("POST", "/accounts", {"id": self.account, "cloud": cloud, "keys": [key], "roles": [role]})
        simulator.secrets[self.key] = self.secret
        place = {"account": self.account, "region": self.region}
        on = {"classicLinkEnabled": True} if cloud == "alibaba" else {}
        for vpc, cidr in ((self.vpc, "10.1.0.0/16"), (self.other_vpc, "10.2.0.0/16")):
            if cloud == "alibaba":
                cidr = cidr.replace("10.", "172.16.", 1).replace(".0.0/16", ".0/24")
            simulator.control("POST", "/vpcs", {**place, "id": vpc, "cidr": cidr, **on})
        for index, machine in enumerate(self.machines):
            address = f"10.66.{number % 256}.{10 + index}"
            simulator.control("POST", "/machines", {**place, "id": machine, "ip": address})

    def links(self):
        """Which machine is linked to which VPC, in truth."""
        state = self.simulator.control("GET", f"/state?account={self.account}")
        (account,) = state["accounts"]
        links = account["regions"][self.region]["links"]
        return {link["instanceId"]: link["vpcId"] for link in links}

    def temporary_key(self):
        """Another key of the account, good together with its token alone."""
        key = {"secretId": f"temporary{self.key}", "secretKey": f"temporary-{self.secret}", "token": "tok/en+1=="}
        self.simulator.control("POST", f"/accounts/{self.account}/keys", key)
        return self.use(key["secretId"], key["secretKey"], key["token"])

    def use(self, key, secret, token):
        """From now on calls are made with these."""
        self.key, self.secret, self.token = key, secret, token
        self.simulator.secrets[key] = secret
        return self
