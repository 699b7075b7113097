"""What a run answers, without a confinement; what it cannot do in one stands in `tests/rogues`."""

import sys

import pytest

from algozoo.sandbox.allowance import Allowance
from algozoo.sandbox.confinement import Confinement, unconfined
from algozoo.sandbox.sandbox import Sandbox, Stopped
from algozoo.sandbox.wire import Message

linux = pytest.mark.skipif(sys.platform != "linux", reason="there are no sealed files here")
ALLOWANCE = Allowance(seconds=10, memory_mb=500)


@pytest.fixture
def sandbox(world):
    sandbox = Sandbox(unconfined(world), "algozoo.sandbox.echo")
    yield sandbox
    sandbox.close()


@linux
def test_one_request_after_another_is_answered(sandbox):
    assert sandbox.confinement is Confinement.NONE
    for _ in range(2):
        answer = sandbox.run(Message(facts={}), ALLOWANCE, largest_reply=1000)
        assert (answer.message.facts, answer.output) == ({}, "")
        assert 0 <= answer.seconds < ALLOWANCE.seconds


@linux
def test_an_answer_that_is_too_large_is_refused(sandbox):
    with pytest.raises(Stopped, match="its answer has more bytes than a map can have") as stopped:
        sandbox.run(Message(facts={}), ALLOWANCE, largest_reply=10)
    assert stopped.value.status == "invalid"
