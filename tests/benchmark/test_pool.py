import os
import subprocess
import sys
import time

import dask
import numpy as np
import pytest
from distributed import LocalCluster

from algozoo.benchmark.plan import plan
from algozoo.benchmark.pool import OutOfTimeError, SchedulerLost, pool
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector
from algozoo.errors import InputError

DECISIONS = ["dataset", "sequence", "detector", "trial", "x", "y", "contrast", "status"]


@pytest.mark.slow
def test_worker_processes_decide_as_one_process_does(full_store, suite, tmp_path, read):
    store = Store(tmp_path)
    with pool(2) as run_all:
        assert len(list(run(plan(suite)[0], store, run_all))) == 8
    here, there = read(full_store, suite), read(store, suite)
    assert here[DECISIONS].equals(there[DECISIONS])
    for ours, theirs in zip(here["candidate_score"], there["candidate_score"], strict=True):
        assert np.allclose(ours, theirs, rtol=1e-6)


@pytest.mark.slow
def test_a_running_scheduler_is_used(full_store, suite, tmp_path, read):
    store = Store(tmp_path)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        pool(0, cluster.scheduler_address) as run_all,
    ):
        finished = list(run(plan(suite)[0], store, run_all))
    assert len(finished) == 8
    assert read(full_store, suite)[DECISIONS].equals(read(store, suite)[DECISIONS])


@pytest.mark.slow
def test_the_death_of_the_scheduler_is_one_error_that_says_how_to_go_on():
    program = (
        "import sys\nfrom distributed import LocalCluster\n"
        "with LocalCluster(n_workers=1, processes=False, protocol='tcp', dashboard_address=None) as cluster:\n"
        "    print(cluster.scheduler_address, flush=True)\n    sys.stdin.read()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    scheduler = subprocess.Popen([sys.executable, "-c", program], **pipes)
    address, done = scheduler.stdout.readline().strip(), []

    def work(run_all):
        for item, _ in run_all(abs, range(100)):
            done.append(item)
            scheduler.kill()

    with pool(0, address) as run_all, pytest.raises(SchedulerLost) as error:
        work(run_all)
    scheduler.communicate()
    assert 0 < len(done) < 100
    assert str(error.value).startswith(f"the Dask scheduler {address} died, or cannot be reached any more")
    assert "what is finished is kept" in str(error.value)


def test_a_scheduler_that_cannot_be_reached_is_named():
    for address in ("nonsense", "tcp://127.0.0.1:1"):
        with dask.config.set({"distributed.comm.timeouts.connect": "1s"}), pytest.raises(InputError, match=address):
            pool(0, address).__enter__()


def test_work_in_this_process_ends_when_its_time_is_over():
    done = []
    with pytest.raises(OutOfTimeError), pool(0, until=time.monotonic() + 0.05) as run_all:
        done.extend(item for item, _ in run_all(time.sleep, [0.06, 100]))
    assert done == [0.06]


@pytest.mark.slow
def test_work_in_other_processes_is_abandoned_when_its_time_is_over():
    start = time.monotonic()
    with pytest.raises(OutOfTimeError), pool(1, until=start + 8) as run_all:
        list(run_all(time.sleep, [0.01, 1000]))
    assert time.monotonic() - start < 60


@pytest.mark.slow
def test_a_worker_that_dies_leaves_failed_rows_and_the_rest_goes_on(suite, tmp_path, monkeypatch, read):
    """The detector ends its own process; the other shard is done all the same."""
    (tmp_path / "fatal.py").write_text(
        "import os\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n"
        "from algozoo.detectors.contract import Detector\n"
        "@dataclass(frozen=True, kw_only=True)\nclass Fatal(Detector):\n"
        '    """Die."""\n    name: ClassVar[str] = "fatal"\n    title: ClassVar[str] = "Fatal"\n'
        '    reference: ClassVar[str] = "none"\n'
        "    def detect(self, sequence):\n        os._exit(9)\n"
    )
    package = tmp_path / "fatal-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: fatal\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[algozoo.detectors]\nfatal = fatal:Fatal\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    mixed = suite.model_copy(update={"detectors": (SuiteDetector(name="fatal"), SuiteDetector(name="blank"))})
    store = Store(tmp_path / "store")
    with pool(1) as run_all:
        finished = list(run(plan(mixed)[0], store, run_all))
    outcomes = read(store, mixed)
    assert len(finished) == 4
    assert set(outcomes.query("detector == 'fatal'")["status"]) == {"failed"}
    assert "died" in outcomes.query("detector == 'fatal'")["reason"].iloc[0]
    assert set(outcomes.query("detector == 'blank'")["status"]) == {"ok"}
