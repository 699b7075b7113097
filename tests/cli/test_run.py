import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import load_suite
from algozoo.detectors.median import Median


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return ["--store", folder / "results", "--site", folder / "site"]


@pytest.fixture
def built(algozoo, suite_file, folders):
    """Run the small suite; only the first test that asks for it has work to do."""
    return algozoo("run", suite_file, "--workers", 0, *folders)


def test_a_run_ends_with_the_path_of_the_board(built, folders):
    assert built.code == 0, built.err
    site = folders[-1] / "small"
    assert built.out == f"Leaderboard: {site / 'index.html'}\n"
    assert "oracle" in (site / "index.html").read_text()
    assert (site / "datasets" / "small.html").is_file()


def test_slow_detectors_are_run_on_request(algozoo, suite_file, tmp_path):
    text = suite_file.read_text().replace('name = "median"', 'name = "median"\nslow = true')
    (tmp_path / "suite.toml").write_text(text)
    arguments = ["run", tmp_path / "suite.toml", "--workers", 0, "--store", tmp_path / "r", "--site", tmp_path / "s"]
    without, everything = algozoo(*arguments), algozoo(*arguments, "--all")
    assert "slow detectors are not run: median; --all, in Python slow=True, runs them" in without.err
    assert "6 shards, 0 done before" in without.err
    assert "8 shards, 6 done before, 2 to run" in everything.err
    assert "Notice" not in everything.err


@pytest.mark.usefixtures("built")
def test_a_chosen_detector_is_run_again_on_request(algozoo, suite_file, folders):
    shards = folders[1] / "shards"
    before = {path: path.stat().st_mtime_ns for path in shards.iterdir()}
    again = algozoo(
        "run", suite_file, "--detector", "median", "--dataset", "small", "--again", "--workers", 0, *folders
    )
    assert "2 shards, 0 done before, 2 to run" in again.err
    after = {path: path.stat().st_mtime_ns for path in shards.iterdir()}
    assert set(after) == set(before)
    assert sum(after[path] != before[path] for path in before) == 2
    assert "oracle" in (folders[-1] / "small" / "index.html").read_text()


@pytest.mark.parametrize("option", ["--detector", "--dataset"])
def test_what_is_not_in_the_suite_cannot_be_chosen(algozoo, suite_file, tmp_path, option):
    ended = algozoo("run", suite_file, option, "smal", "--store", tmp_path / "store")
    assert ended.code == 2
    assert f"no {option[2:]} of suite small is called 'smal'" in ended.err
    assert not (tmp_path / "store").exists()


@pytest.mark.usefixtures("built")
def test_each_suite_has_its_own_site(algozoo, folders, suite_file, tmp_path, monkeypatch):
    site, other = folders[-1], tmp_path / "other.toml"
    before = (site / "small" / "index.html").read_bytes()
    other.write_text(suite_file.read_text().replace('name = "small"', 'name = "other"', 1))
    ended = algozoo("run", other, "--detector", "median", "--workers", 0, "--store", tmp_path / "r", "--site", site)
    assert ended.out == f"Leaderboard: {site / 'other' / 'index.html'}\n"
    absent = (
        "Detectors of the suite without a row here: oracle (not run yet), random (not run yet), blank (not run yet)"
    )
    assert absent in " ".join((site / "other" / "index.html").read_text().split())
    assert (site / "small" / "index.html").read_bytes() == before
    monkeypatch.setattr("click.launch", lambda address: address)
    for suite, name in ((suite_file, "small"), (other, "other")):
        assert algozoo("leaderboard", "open", suite, "--site", site).out == f"{site / name / 'index.html'}\n"


@pytest.mark.usefixtures("built")
def test_a_site_from_before_stays_next_to_those_of_the_suites(algozoo, folders, suite_file, tmp_path):
    old = tmp_path / "site"
    shutil.copytree(folders[-1] / "small", old)
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}
    ended = algozoo("rescore", suite_file, *folders[:2], "--site", old)
    assert ended.code == 0, ended.err
    assert {path: path.read_bytes() for path in before} == before
    assert (old / "small" / "index.html").is_file()


def test_detectors_whose_package_is_missing_are_left_out(algozoo, suite_file, tmp_path):
    text = suite_file.read_text().replace('name = "median"', 'name = "median"\nneeds = "no_such_package"')
    (tmp_path / "suite.toml").write_text(text)
    ended = algozoo("run", tmp_path / "suite.toml", "--workers", 0, "--store", tmp_path / "r", "--site", tmp_path / "s")
    assert ended.code == 0
    assert "detector median is not run: it needs no_such_package, which is not installed" in ended.err
    assert "6 shards" in ended.err


def test_a_detector_whose_class_needs_a_missing_package_is_left_out(suite, monkeypatch):
    monkeypatch.setattr(Median, "needs", ("numpy", "no_such_package"))
    shards, [notice] = plan(suite)
    assert notice.startswith("detector median is not run: it needs no_such_package, which is not installed")
    assert "median" not in {shard.detector.name for shard in shards}


@pytest.mark.slow
def test_the_smoke_suite_runs_on_all_cores(algozoo, tmp_path):
    ended = algozoo("run", "smoke", "--store", tmp_path / "results", "--site", tmp_path / "site")
    assert ended.code == 0, ended.err
    assert "[20/20]" in ended.err
    assert "failed" not in ended.err
    assert (tmp_path / "site" / "smoke" / "datasets" / "tiny.html").is_file()


@pytest.mark.usefixtures("built")
def test_a_second_run_does_nothing_twice(algozoo, suite_file, folders):
    shards = folders[1] / "shards"
    before = {path: path.stat().st_mtime_ns for path in shards.iterdir()}
    again = algozoo("run", suite_file, "--workers", 0, *folders)
    assert "8 shards, 8 done before, 0 to run" in again.err
    assert {path: path.stat().st_mtime_ns for path in shards.iterdir()} == before


def test_each_step_is_a_line_when_piped(algozoo, suite_file, tmp_path):
    ended = algozoo("run", suite_file, "--workers", 0, "--store", tmp_path / "store", "--site", tmp_path / "site")
    steps = [line for line in ended.err.splitlines() if line.startswith("[")][-8:]
    assert steps[0].startswith("[1/8] ")
    assert steps[-1].startswith("[8/8] ")
    assert all(re.search(r"/[01] \w+: 6 maps; \d+ s, \d+ s left$", step) for step in steps)


@pytest.mark.usefixtures("built")
def test_the_site_is_built_from_the_store_alone(algozoo, folders, suite_file, tmp_path):
    ended = algozoo("leaderboard", "build", suite_file, *folders[:2], "--site", tmp_path / "site")
    assert ended.code == 0, ended.err
    assert (tmp_path / "site" / "small" / "index.html").read_bytes() == (
        folders[-1] / "small" / "index.html"
    ).read_bytes()


@pytest.mark.usefixtures("built")
def test_results_of_another_suite_version_are_refused(algozoo, folders, suite_file, tmp_path):
    newer = tmp_path / "suite.toml"
    newer.write_text(suite_file.read_text().replace('version = "1"', 'version = "2"'))
    site = tmp_path / "site"
    ended = algozoo("leaderboard", "build", newer, *folders[:2], "--site", site)
    assert ended.code == 2
    assert "no results of suite small version 2; it holds small version 1" in ended.err
    assert not site.exists()


def test_a_suite_with_mistakes_ends_with_2_and_all_of_them(algozoo, suite_file, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text(suite_file.read_text().replace("seed = 7", "seed = -7").replace("injections = 2", "injections = 0"))
    ended = algozoo("run", bad, "--store", tmp_path / "store")
    assert ended.code == 2
    assert "seed" in ended.err
    assert "injections" in ended.err
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(("old", "new"), [('name = "median"', 'name = "medain"'), ("dataset.toml", "none.toml")])
def test_a_suite_that_names_nothing_known_ends_with_2(algozoo, suite_file, tmp_path, old, new):
    bad = tmp_path / "bad.toml"
    bad.write_text(suite_file.read_text().replace(old, new))
    ended = algozoo("run", bad, "--store", tmp_path / "store")
    assert ended.code == 2
    assert "did you mean 'median'" in ended.err or "none.toml" in ended.err
    assert "Traceback" not in ended.err


def test_a_store_that_cannot_be_written_ends_with_1(algozoo, suite_file, tmp_path):
    (tmp_path / "file").write_text("in the way")
    ended = algozoo("run", suite_file, "--workers", 0, "--store", tmp_path / "file" / "store")
    assert ended.code == 1
    assert "not written" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["Ctrl-C", "kill", "kill -9"])
def test_an_interrupted_run_goes_on_where_it_was(suite_file, tmp_path, how):
    more = tmp_path / "suite.toml"
    more.write_text(suite_file.read_text().replace("injections = 2", "injections = 50"))
    command = [sys.executable, "-m", "algozoo.cli", "run", str(more), "--workers", "1"]
    options = {"cwd": tmp_path, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    run = subprocess.Popen(command, **options)
    while not (line := run.stderr.readline()).startswith("[2/8"):
        assert line
    run.send_signal(how)
    _, err = run.communicate(timeout=60)
    assert run.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 1)
    if how != signal.SIGKILL:
        assert "start the same run again to continue" in err
        assert err.strip().endswith("Interrupted.")
        assert "Traceback" not in err
    time.sleep(1)
    done = len(list((tmp_path / "leaderboard" / "results" / "shards").glob("*.parquet")))
    assert 2 <= done < 8
    again = subprocess.run(command, check=True, **options)
    assert f"8 shards, {done} done before, {8 - done} to run" in again.stderr
    suite = load_suite(str(more))
    outcomes, _ = Store(tmp_path / "leaderboard" / "results").read(suite.name, suite.version)
    assert len(outcomes) == 8 * 102
    assert set(outcomes["status"]) == {"ok"}
