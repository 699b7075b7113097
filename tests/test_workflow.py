"""What a pull request of a submission goes through, in a repository of its own and with a command that only notes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SCRIPT = Path(__file__).parents[1] / ".github" / "check-submissions"
NAMES = ("user.name=A", "user.email=a@example.org", "commit.gpgsign=false")


def git(*arguments):
    options = [word for name in NAMES for word in ("-c", name)]
    subprocess.run(["git", *options, *arguments], check=True, capture_output=True)  # noqa: S607


def write(path, text="x"):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def result(number, name):
    metadata = {"algozoo": json.dumps({"detector": {"name": name}})}
    path = Path(f"leaderboard/results/shards/{number}.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(metadata), path)


@pytest.fixture
def request_of(tmp_path, monkeypatch):
    """Make a repository, change it on a branch, and run the script on what it is to be merged into."""
    commands = tmp_path / "commands"
    write(commands / "algozoo", f'#!/bin/sh\necho "$@" >> {tmp_path / "called"}\ncase "$*" in *bad*) exit 1;; esac\n')
    (commands / "algozoo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{Path(sys.executable).parent}:{os.environ['PATH']}")
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    git("init", "--quiet", "--initial-branch", "main")
    write("submissions/old/detector.py")
    write("leaderboard/results/ledger.jsonl", "1\n2\n")
    result(1, "old")
    git("add", "--all")
    git("commit", "--message", "base")

    def run(change):
        git("switch", "--create", "request")
        change()
        git("add", "--all")
        git("commit", "--message", "request")
        git("switch", "main")
        done = subprocess.run([SCRIPT, "request"], capture_output=True, text=True, check=False)
        called = tmp_path / "called"
        return done.returncode, done.stderr, called.read_text().splitlines() if called.exists() else []

    return run


def test_only_what_is_changed_is_checked_and_run_again(request_of):
    def change():
        write("submissions/new/detector.py")
        result(2, "new")
        write("README.md")

    code, told, called = request_of(change)
    assert code == 0, told
    assert called == ["check submissions/new", "verify --suite quick --sample 5 -- new"]
    assert not Path("README.md").exists()


def test_results_of_others_are_run_again_too(request_of):
    assert request_of(lambda: result(2, "pca"))[2] == ["verify --suite quick --sample 5 -- pca"]


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


def test_a_ledger_may_grow(request_of):
    assert request_of(lambda: write("leaderboard/results/ledger.jsonl", "1\n2\n3\n"))[0] == 0
