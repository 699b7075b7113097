import os
import sys
from pathlib import Path

import pytest

from algozoo.sandbox import linux

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these are the calls of Linux")


def test_a_refusal_names_the_call():
    with pytest.raises(OSError, match="mount /nowhere"):
        linux.mount("none", "/nowhere", "tmpfs")


def test_capabilities_are_given_up_for_good():
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        linux.give_up_capabilities()
        os.write(writing, Path("/proc/self/status").read_bytes())
        os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with os.fdopen(reading) as stream:
        facts = dict(line.split(":\t", 1) for line in stream.read().splitlines() if ":\t" in line)
    assert {int(facts[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapBnd")} == {0}
    assert facts["NoNewPrivs"] == "1"
