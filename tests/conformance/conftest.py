"""What the tests share: one simulator, and a scene of its own for each test."""

import os
import pathlib

import pytest

from scene import Scene, Simulator

# The libraries would go to a proxy even for loopback.
for name in list(os.environ):
    if name.lower().endswith("_proxy"):
        del os.environ[name]


@pytest.fixture(scope="session")
def running():
    simulator = Simulator()
    yield simulator
    simulator.close()
    # For the operator's own signer, which has to come to the same signatures.
    recording = os.environ.get("CLASSICLINK_RECORDING")
    if recording:
        pathlib.Path(recording).write_text("".join(f"{line}\n" for line in simulator.recording()), encoding="utf-8")


@pytest.fixture
def simulator(running):
    running.reset()
    return running


@pytest.fixture
def tencent(simulator):
    return Scene(simulator, "tencent")


@pytest.fixture
def alibaba(simulator):
    return Scene(simulator, "alibaba")
