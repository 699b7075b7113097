"""Kill -9 at random moments: nothing that is finished is lost, and nothing that is not is taken for it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from algozoo.benchmark.record import Environment, RunCost
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import load_suite
from algozoo.files import WORKING

LONGEST_WAIT = 0.1
VICTIMS = ["group"] * 2 + ["scheduler"] * 2 + ["worker"] * 6
"""All processes of a run; the process with the scheduler, which hands out the shards; one worker."""
PROGRAM = """
import sys
from pathlib import Path

from algozoo.benchmark.plan import plan
from algozoo.benchmark.pool import pool
from algozoo.benchmark.runner import make, missing, run, unmade
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import load_suite

if __name__ == "__main__":
    store = Store(Path(sys.argv[2]))
    store.remove_litter()
    shards = plan(load_suite(sys.argv[1]))[0]
    workers = int(sys.argv[3])
    todo = missing(shards, store) or (shards if workers else [])  # while it is being killed there is always work
    with pool(workers) as run_all:
        for made in make(unmade(shards), run_all):
            print(made, flush=True)
        for finished in run(todo, store, run_all):
            print(finished, flush=True)
"""
SUITE = """
format = 1
name = "kills"
version = "1"
title = "Kills"
description = "Many short shards."
seed = 3

[[datasets]]
name = "tiny"
sequences = 6
injections = 4

[[detectors]]
name = "median"

[[detectors]]
name = "random"

[[detectors]]
name = "blank"
"""


@pytest.fixture
def start(tmp_path):
    """Start a run in a session of its own, with its own cache and folder for temporary files."""
    (tmp_path / "run.py").write_text(PROGRAM)
    (tmp_path / "suite.toml").write_text(SUITE)
    (tmp_path / "tmp").mkdir()
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    folders = {"TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(Path(__file__).parents[2])}

    def start(store, cache, workers):
        return subprocess.Popen(
            [sys.executable, "run.py", "suite.toml", str(store), str(workers)],
            cwd=tmp_path,
            env=os.environ | threads | folders | {"ALGOZOO_CACHE": str(tmp_path / cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def is_worker(process):
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it was killed before
        return False


def kill(run, victim, rng):
    """Kill, and see that no process is left of a run that ends with it."""
    children = psutil.Process(run.pid).children(recursive=True)
    if victim == "worker":
        workers = [child for child in children if is_worker(child)]
        if workers:  # else it is being started again
            workers[rng.integers(len(workers))].kill()
        return bool(workers)
    if victim == "group":
        os.killpg(run.pid, signal.SIGKILL)
    else:
        run.kill()
    run.communicate()
    _, left = psutil.wait_procs(children, timeout=30)
    assert left == []
    return True


def results(folder):
    """Read all that a run stored, times and the machine apart."""
    store, suite = Store(folder), load_suite(str(folder.parent / "suite.toml"))
    outcomes, records = store.read(suite.name, suite.version)
    table = outcomes.drop(columns=["seconds", "cpu_seconds"]).sort_values(["detector", "sequence", "trial"])
    apart = {*RunCost.model_fields, *Environment.model_fields}
    facts = {record.key: record.model_dump(exclude=apart) for record in records}
    maps = {(key, shown.trial): shown.scores for key in facts for shown in store.maps(key)}
    return table.reset_index(drop=True), facts, maps


@pytest.mark.slow
def test_after_ten_kills_the_results_are_those_of_an_undisturbed_run(start, tmp_path):
    rng = np.random.default_rng(20261201)
    victims, run = rng.permutation(VICTIMS).tolist(), None
    while victims:
        if run is None:
            run = start(tmp_path / "killed", "cache", workers=2)
        if not run.stdout.readline():  # it had time to finish
            _, said = run.communicate()
            assert run.returncode == 0 or "died twice" in said.splitlines()[-1]  # both kills hit one simulation
            run = None
            continue
        time.sleep(rng.uniform(0, LONGEST_WAIT))
        if run.poll() is None and kill(run, victims[-1], rng) and victims.pop() != "worker":
            run = None
    if run is not None:
        run.communicate()
    for store, cache in (("killed", "cache"), ("undisturbed", "cache of another")):
        finish = start(tmp_path / store, cache, workers=0)
        finish.communicate()
        assert finish.returncode == 0
    table, facts, maps = results(tmp_path / "killed")
    expected_table, expected_facts, expected_maps = results(tmp_path / "undisturbed")
    assert set(table["status"]) == {"ok"}
    pd.testing.assert_frame_equal(table, expected_table)
    assert facts == expected_facts
    assert maps.keys() == expected_maps.keys()
    assert all(np.array_equal(scores, expected_maps[place], equal_nan=True) for place, scores in maps.items())
    assert [path for path in tmp_path.rglob("*") if path.name.endswith(WORKING)] == []
    assert {path.name for path in (tmp_path / "tmp").rglob("*") if path.is_file()} <= {"global.lock", "purge.lock"}
