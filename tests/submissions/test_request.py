"""What a pull request of a submission goes through, in a repository of its own and with a command that only notes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algozoo.benchmark.record import FORMAT
from algozoo.benchmark.runner import write_preview
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import load_suite
from algozoo.datasets import load_dataset
from algozoo.errors import AlgoZooError
from algozoo.submissions.request import check_request

SCRIPT = Path(__file__).parents[2] / ".github" / "check-submissions"
SMOKE = load_suite("smoke").version
NAMES = ("user.name=A", "user.email=a@example.org", "commit.gpgsign=false")


def git(*arguments):
    options = [word for name in NAMES for word in ("-c", name)]
    subprocess.run(["git", *options, *arguments], check=True, capture_output=True)  # noqa: S607


def write(path, text="x"):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def result(
    number,
    name,
    *,
    suite="smoke",
    version=SMOKE,
    sequence=0,
    started="2026-01-01T00:00:00+00:00",
    label=None,
    dataset="tiny",
):
    """Write a result whose key is a number, and its maps."""
    record = {
        "format": FORMAT,
        "suite": {
            "format": 1,
            "name": suite,
            "version": version,
            "title": "A suite",
            "description": "",
            "seed": 0,
            "datasets": [{"name": "tiny", "injections": 1}],
            "detectors": [{"name": name}],
        },
        "dataset": dataset,
        "annuli": [],
        "sequence": sequence,
        "trials": "the same",
        "started": started,
        "detector": {
            "name": name,
            "label": label or name,
            "title": "A method",
            "reference": "",
            "summary": "",
            "control": False,
            "parameters": {},
        },
    }
    path = Path(f"leaderboard/results/shards/{number}.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"a": [number]}).replace_schema_metadata({"algozoo": json.dumps(record)}), path)
    write(f"leaderboard/results/maps/{number}.fits", str(number))


@pytest.fixture
def request_of(tmp_path, monkeypatch):
    """Make a repository, change it on a branch, and run the script on what it is to be merged into."""
    commands = tmp_path / "commands"
    write(
        commands / "algozoo",
        f'#!/bin/sh\necho "$@" >> {tmp_path / "called"}\ncase "$*" in *bad*|$FAILS*) exit 1;; esac\n',
    )
    (commands / "algozoo").chmod(0o755)
    monkeypatch.setenv("FAILS", "nothing")
    monkeypatch.setenv("PATH", f"{commands}:{Path(sys.executable).parent}:{os.environ['PATH']}")
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    git("init", "--quiet", "--initial-branch", "main")
    write("submissions/old/detector.py")
    write("leaderboard/results/ledger.jsonl", "1\n2\n")
    result(1, "old")
    git("add", "--all")
    git("commit", "--message", "base")

    def run(change, **how):
        git("switch", "--create", "request")
        change()
        git("add", "--all")
        git("commit", "--message", "request")
        git("switch", "main")
        try:
            check_request("request", **how)
            said = ""
        except AlgoZooError as error:
            said = str(error)
        called = tmp_path / "called"
        lines = called.read_text().splitlines() if called.exists() else []
        told = [re.sub(r"--store /\S+", "--store ADDED", line) for line in lines if not line.startswith("ledger show")]
        return int(bool(said)), said, told

    return run


def test_the_script_ends_with_the_reason_or_with_nothing(request_of):
    assert request_of(lambda: write("leaderboard/results/notes.txt"))[0] == 1
    for head, code, told in (("request", 1, "Refused: these files belong to no result"), ("main", 0, "")):
        git("reset", "--quiet", "--hard")
        done = subprocess.run([SCRIPT, head], capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert done.stderr.startswith(told)


def test_only_what_is_changed_is_checked_and_run_again(request_of):
    def change():
        write("submissions/new/detector.py")
        result(2, "new")
        write("README.md")

    code, told, called = request_of(change)
    assert code == 0, told
    verified = "verify --suite smoke --same-code --store ADDED -- new"
    fresh = "verify --suite smoke --fresh --budget 120 --store leaderboard/results -- new"
    assert called == ["check submissions/new", verified, fresh]
    assert not Path("README.md").exists()


def test_after_a_failure_all_trials_are_run_again(request_of):
    code, told, called = request_of(lambda: result(2, "pca"), whole=True)
    assert code == 0, told
    assert called == ["verify --suite smoke --all --same-code --store ADDED -- pca"]


RUN = {"conclusion": "success", "head_repository": {"full_name": "a/fork"}, "actor": {"login": "a"}}
OTHER = {"head_repository": {"full_name": "b/fork"}, "actor": {"login": "b"}}


@pytest.mark.usefixtures("jq")
@pytest.mark.parametrize(
    ("runs", "attempt", "told"),
    [
        ([], 1, ""),
        ([RUN, RUN], 1, ""),
        ([RUN], 2, "all=--all\n"),
        ([RUN, RUN | {"conclusion": "failure"}], 1, "all=--all\n"),
        ([RUN | {"conclusion": "cancelled"}], 1, "all=--all\n"),
        ([RUN | {"conclusion": "timed_out"}, RUN], 1, "all=--all\n"),
        ([RUN | {"conclusion": "action_required"}], 1, ""),
        ([RUN | OTHER | {"conclusion": "failure"}], 1, ""),
        ([RUN | {"conclusion": "failure", "head_repository": None}], 1, "all=--all\n"),
        ([RUN | {"conclusion": "failure", "actor": {"login": "b"}}], 1, "all=--all\n"),
    ],
)
def test_a_failure_is_known_by_the_fork_and_by_the_author(tmp_path, monkeypatch, runs, attempt, told):
    """A stand-in answers for GitHub's client: it filters the list of runs with jq, as that one does."""
    write(tmp_path / "runs.json", json.dumps({"workflow_runs": runs}))
    write(tmp_path / "gh", f'#!/bin/sh\n[ "$4" = --jq ] && jq --raw-output "$5" {tmp_path}/runs.json\n')
    (tmp_path / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    facts = {"FORK": "a/fork", "AUTHOR": "a", "GITHUB_REPOSITORY": "zoo/zoo", "GITHUB_RUN_ATTEMPT": str(attempt)}
    script = SCRIPT.with_name("failed-before")
    done = subprocess.run([script], env=os.environ | facts, capture_output=True, text=True, check=True)
    assert done.stdout == told


def test_where_earlier_failures_cannot_be_known_the_check_fails(tmp_path, monkeypatch):
    write(tmp_path / "gh", "#!/bin/sh\nexit 1\n")
    (tmp_path / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    facts = {"FORK": "a/fork", "AUTHOR": "a", "GITHUB_REPOSITORY": "zoo/zoo", "GITHUB_RUN_ATTEMPT": "1"}
    assert subprocess.run([SCRIPT.with_name("failed-before")], env=os.environ | facts, check=False).returncode == 1


def test_results_of_others_and_of_every_suite_are_run_again(request_of):
    def change():
        result(2, "pca")
        result(3, "pca", suite="quick", version=load_suite("quick").version)
        result(4, "median", label="median(a=1)")

    code, told, called = request_of(change)
    assert code == 0, told
    assert called == [
        f"verify --suite {suite} --same-code --store ADDED -- {name}"
        for name, suite in (("median", "smoke"), ("pca", "quick"), ("pca", "smoke"))
    ]


def test_a_submission_that_is_changed_and_not_submitted_again_has_to_be(request_of, monkeypatch):
    monkeypatch.setenv("FAILS", "verify")
    code, told, called = request_of(lambda: write("submissions/old/README.md"))
    assert code == 1
    assert called == ["check submissions/old", "verify --suite smoke --same-code -- old"]
    assert "submit it again (`algozoo submit submissions/old --suite smoke`)" in told


def test_a_submission_that_is_submitted_again_has_no_older_row_to_run(request_of):
    def change():
        write("submissions/old/detector.py", "y")
        result(2, "old", started="2026-02-01T00:00:00+00:00")

    code, told, called = request_of(change)
    assert code == 0, told
    verified = "verify --suite smoke --same-code --store ADDED -- old"
    assert called[:2] == ["check submissions/old", verified]
    assert all("--fresh" in line for line in called[2:])


def test_the_picture_of_a_dataset_may_come_with_results_if_it_is_right(request_of):
    def change():
        result(2, "pca")
        write_preview(load_dataset("tiny"), Store("leaderboard/results"))

    code, told, _ = request_of(change)
    assert code == 0, told


def test_the_picture_of_a_dataset_that_is_another_is_refused(request_of):
    def change():
        result(2, "pca")
        write_preview(load_dataset("tiny"), Store("leaderboard/results"))
        path = Path("leaderboard/results/datasets/tiny-1.json")
        path.write_text(path.read_text().replace("Tiny simulated", "My"))

    code, told, _ = request_of(change)
    assert code == 1
    assert "datasets/tiny-1: is not what `algozoo run` writes" in told


def link():
    path = Path("leaderboard/results/shards/2.parquet")
    path.symlink_to("1.parquet")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda: write("leaderboard/results/maps/7.fits"),
            "belong to no result that is added: leaderboard/results/maps/7",
        ),
        (
            lambda: write("leaderboard/results/notes.txt"),
            "belong to no result that is added: leaderboard/results/notes",
        ),
        (lambda: write("leaderboard/results/datasets/tiny-1.json"), "belong to no result"),
        (lambda: (result(2, "pca"), result(3, "pca")), "two results of the same detector on the same sequence"),
        (lambda: result(2, "pca", version="0"), "of suite smoke 0, which is no longer the latest"),
        (lambda: result(2, "pca", suite="other"), "no suite is called 'other'"),
        (lambda: result(2, "../../x"), "2.parquet: damaged"),
        (lambda: write("leaderboard/results/shards/2.parquet"), "2.parquet: damaged"),
        (link, "no plain files: leaderboard/results/shards/2.parquet"),
    ],
)
def test_what_belongs_to_no_result_is_refused(request_of, change, told):
    code, said, called = request_of(change)
    assert code == 1
    assert told in said
    assert called == []


def test_a_submission_that_is_taken_back_needs_no_check(request_of):
    code, told, called = request_of(lambda: shutil.rmtree("submissions/old"))
    assert (code, called) == (0, []), told


def test_one_that_fails_fails_the_request(request_of):
    assert request_of(lambda: write("submissions/bad/detector.py"))[0] == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda: result(1, "other"), "may not be changed or removed: leaderboard/results/shards/1.parquet"),
        (lambda: Path("leaderboard/results/shards/1.parquet").unlink(), "may not be changed or removed"),
        (lambda: write("leaderboard/results/ledger.jsonl", "1\n"), "ledger.jsonl may only grow"),
        (lambda: write("leaderboard/results/ledger.jsonl", "1\n3\n4\n"), "ledger.jsonl may only grow"),
    ],
)
def test_what_is_published_stays(request_of, change, told):
    code, said, called = request_of(change)
    assert (code, called) == (1, [])
    assert told in said


@pytest.mark.parametrize(("code", "refused"), [(0, False), (1, True), (2, True), (3, False)])
def test_a_row_that_does_not_hold_on_fresh_nights_is_refused_and_an_undecided_one_is_not(request_of, code, refused):
    def change():
        write("submissions/new/detector.py")
        result(2, "new")

    command = Path(shutil.which("algozoo"))
    command.write_text(f'#!/bin/sh\ncase "$*" in *--fresh*) exit {code};; esac\n')
    assert request_of(change)[0] == int(refused)


def test_fresh_nights_are_for_third_party_code_on_simulated_data(request_of):
    def change():
        result(2, "pca")
        result(3, "new", dataset="betapic")

    code, told, called = request_of(change)
    assert code == 0, told
    assert not [line for line in called if "--fresh" in line]


@pytest.mark.parametrize("name", ["new", "old"])
def test_who_submits_does_not_say_that_it_holds(request_of, name):
    def change():
        write("submissions/new/detector.py")
        result(2, "new")
        line = json.dumps({"action": "accept", "name": name}) + "\n" + json.dumps({"action": "fresh", "name": name})
        write("leaderboard/results/ledger.jsonl", f"1\n2\n{line}\n")

    code, told, _ = request_of(change)
    assert code == (name == "new")
    assert told.startswith(
        "leaderboard/results/ledger.jsonl: its checks on fresh nights of new are not" if code else ""
    )


def test_a_ledger_may_grow(request_of):
    assert request_of(lambda: write("leaderboard/results/ledger.jsonl", "1\n2\n3\n"))[0] == 0
