"""What a submission may take in all, what it is billed for, and what of its folder is run."""

import os
import py_compile
import time
from importlib.util import cache_from_source
from pathlib import Path

import numpy as np
import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector
from algozoo.detectors.contract import Declined
from algozoo.detectors.registry import create
from algozoo.detectors.submitted import detector as submitted
from algozoo.errors import InputError
from algozoo.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("sandbox")

HONEST = "def detect(cube):\n    return cube.sum(axis=0)\n"


@pytest.fixture(params=["sandbox", "no sandbox"])
def confined(request, monkeypatch):
    """Run with and without a sandbox."""
    if request.param == "no sandbox":
        monkeypatch.setenv("ALGOZOO_SANDBOX", "none")


def need(folder: Path, **needs: object) -> None:
    manifest = folder / "submission.toml"
    lines = manifest.read_text().splitlines()
    told = ", ".join(f"{name} = {str(value).lower()}" for name, value in needs.items())
    manifest.write_text("\n".join(f"needs = {{ {told} }}" if line.startswith("needs") else line for line in lines))


def test_a_detector_that_hangs_costs_three_maps_of_a_shard_and_no_more(submit, suite, tmp_path, monkeypatch):
    submit("hangs", "def detect(cube):\n    time.sleep(1000)\n", minutes=0.01)
    runs, run_in_sandbox, store = [], Sandbox.run, Store(tmp_path / "store")
    monkeypatch.setattr(Sandbox, "run", lambda *args, **options: (runs.append(1), run_in_sandbox(*args, **options))[1])
    shards, _ = plan(suite.model_copy(update={"detectors": (SuiteDetector(name="hangs"),)}))
    list(run(shards, store))
    outcomes, _ = store.read(suite.name, suite.version)
    assert len(runs) == 3 * len(shards)
    assert set(outcomes["status"]) == {"timeout"}
    for _, rows in outcomes.groupby("sequence"):
        late, spared = ["no answer within 0.6 s"] * 3, ["not run: 3 maps before it timed out"] * (len(rows) - 3)
        assert len(spared) > 0
        assert sorted(rows["reason"]) == late + spared


def test_more_memory_than_the_machine_has_is_declined(submit, make_sequence, monkeypatch):
    need(submit("greedy", HONEST), memory_mb=4096)
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**30 // 4096}
    with monkeypatch.context() as patch:
        patch.setattr(submitted.os, "sysconf", pages.__getitem__)
        with pytest.raises(Declined, match="needs 4096 MB of memory, and this machine has 1024 MB"):
            create("greedy").detect(make_sequence())


def test_a_gpu_that_is_not_there_is_declined(submit, make_sequence, monkeypatch):
    need(submit("gpu", HONEST), gpu=True)
    monkeypatch.setattr(submitted, "gpus", list)
    with pytest.raises(Declined, match="needs a GPU, and this machine has none"):
        create("gpu").detect(make_sequence())


@pytest.mark.usefixtures("confined")
def test_an_import_is_not_billed(submit, make_sequence):
    """It takes a second of the processor, so at least one by the clock, whatever else the machine does meanwhile.

    Both fit beside what is billed into the time from outside, unless the second is in both. All CPU time but that
    second is a sum of a few frames, milliseconds on any machine.
    """
    submit("imports", "while time.process_time() < 1:\n    pass\n" + HONEST)
    detector, sequence = create("imports"), make_sequence()
    detector.prepare()
    begun = time.monotonic()
    cost = detector.detect(sequence).cost
    assert 0 < cost.seconds <= time.monotonic() - begun - 1
    assert 0 < cost.cpu_seconds < 1


@pytest.mark.usefixtures("confined")
def test_work_is_not_hidden_in_an_import(submit, make_sequence):
    submit(
        "early",
        """
import algozoo.detectors.submitted.guest as guest
early = guest.take_request(3)
guest.take_request = lambda _: early
scores = early.arrays['cube'].sum(axis=0)
time.sleep(1)

def detect(cube):
    return scores
""",
    )
    assert create("early").detect(make_sequence()).cost.seconds >= 1


def plant(source: Path, code: str) -> None:
    """Put code beside a module as what Python compiled from it, never to be compared with it."""
    false = source.with_name("false.txt")
    false.write_text(code)
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(false), cfile=cache_from_source(str(source)), invalidation_mode=mode, doraise=True)
    false.unlink()


@pytest.mark.usefixtures("confined")
def test_what_is_not_in_the_digest_is_not_run(submit, make_sequence):
    folder = submit("planted", "import helper\ndef detect(cube):\n    return helper.total(cube)\n")
    (folder / "helper.py").write_text("def total(cube):\n    return cube.sum(axis=0)\n")
    digest, sequence = create("planted").digest, make_sequence()
    plant(folder / "detector.py", "def detect(cube):\n    return 0 * cube[0]\n")
    plant(folder / "helper.py", "def total(cube):\n    return 0 * cube[0]\n")
    assert create("planted").digest == digest
    np.testing.assert_allclose(create("planted").detect(sequence).scores, sequence.cube.sum(axis=0), rtol=1e-6)


def test_what_was_compiled_cannot_be_read(submit, make_sequence):
    code = "def detect(cube):\n    raise Declined(str(os.listdir(os.path.dirname(__file__) + '/__pycache__')))\n"
    plant(submit("planted", code) / "detector.py", "")
    with pytest.raises(Declined, match=r"^\[\]$"):
        create("planted").detect(make_sequence())


def test_code_in_the_folder_of_compiled_code_is_in_the_digest(submit):
    folder = submit("planted", "import __pycache__.more\n" + HONEST)
    before = create("planted").digest
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "more.py").write_text("")
    assert create("planted").digest != before


@pytest.mark.parametrize("target", ["/proc/self/mem", "/", "detector.py", "nowhere"])
def test_a_link_is_refused_by_name(submit, target):
    folder = submit("linked", HONEST)
    (folder / "link").symlink_to(target)
    with pytest.raises(InputError, match=r"linked/link: is a link or a device"):
        _ = create("linked").digest
    with pytest.raises(InputError, match=r"linked/link: is a link or a device"):
        create("linked").prepare()


def test_what_is_no_file_is_refused_by_name(submit):
    os.mkfifo(submit("piped", HONEST) / "fifo")
    with pytest.raises(InputError, match=r"piped/fifo: is a link or a device"):
        _ = create("piped").digest
