import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from algozoo.benchmark.golden.numbers import Golden

ROOT = Path(__file__).parents[3]


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    return done.stdout.strip() if done.returncode == 0 else None


def no_history(reason) -> NoReturn:
    pytest.skip(f"golden numbers cannot be compared with those of the commit before: {reason}")


def before():
    """Return the commit with which numbers are compared: where this branch left main, or on main the last one."""
    head = git("rev-parse", "HEAD")
    if head is None or git("rev-parse", "--show-toplevel") != str(ROOT):
        no_history("this tree has no history")
    main = git("rev-parse", "--verify", "main") or git("rev-parse", "--verify", "origin/main") or head
    base = git("merge-base", head, main)
    commit = base if base and base != head else git("rev-parse", "--verify", "HEAD~1")
    return commit or no_history("it has one commit; fetch more")


def changed(was: Golden, now: Golden) -> list[str]:
    """Cases of unchanged version, of which the numbers are others."""
    common = was.cases.keys() & now.cases.keys()
    return [case for case in sorted(common) if was.version == now.version and was.cases[case] != now.cases[case]]


def test_stored_numbers_change_with_their_version_only():
    commit, wrong = before(), []
    for name in (git("ls-tree", "-r", "--name-only", commit, "tests/golden") or "").splitlines():
        if (ROOT / name).is_file():
            was = Golden.model_validate_json(git("show", f"{commit}:{name}"))
            now = Golden.model_validate_json((ROOT / name).read_text())
            wrong += [f"{name}, {case}" for case in changed(was, now)]
            wrong += [f"{name}, tolerance"] * (was.version == now.version and was.tolerance != now.tolerance)
    assert not wrong, "raise the versions, and write the numbers with `python -m algozoo.benchmark.golden write`"


def test_a_change_under_the_same_version_is_seen():
    first, other = ({"a": {"values": [x]}, f"{x}": {"values": [0]}} for x in (1.0, 2.0))
    was, now = (Golden.model_validate({"version": "1", "tolerance": 1e-8, "cases": cases}) for cases in (first, other))
    assert changed(was, now) == ["a"]
    assert changed(was, was) == changed(was, now.model_copy(update={"version": "2"})) == []
