import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from algozoo.benchmark.ledger import Attempt, NightsOf, read_ledger
from algozoo.scoring.fresh import Advantage
from algozoo.scoring.resampling import Estimate
from algozoo.submissions import fresh


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Say what is found on fresh nights, which are not run."""

    def found(value: float, error: float = 0.03) -> None:
        def attempt(row: fresh.Row, seed: int, effort: fresh.Effort, _: object) -> Attempt:
            public = Advantage(Estimate(0.5, error, 3.0), 4, 0.125)
            nights = NightsOf(public=public, fresh=Advantage(Estimate(value, error, 7.0), effort.nights, 0.125))
            return Attempt(
                suite=row.suite.name,
                version=row.suite.version,
                detector=row.label,
                digest=row.digest,
                seed=hex(seed),
                n_nights=effort.nights,
                measured={"small": nights},
            )

        monkeypatch.setattr(fresh, "attempt", attempt)

    return found


@pytest.fixture
def verify(algozoo, suite_file, store):
    def verify(*arguments):
        return algozoo("verify", *arguments, "--suite", suite_file, "--fresh", "--workers", 0, *store)

    return verify


@pytest.mark.parametrize(
    ("value", "error", "code", "told"),
    [
        (0.5, 0.03, 0, "Fresh nights: holds; an excess of 0.1"),
        (0.0, 0.03, 1, "Fresh nights: does not hold; an excess of 0.1"),
        (0.5, 0.5, 3, "Fresh nights: undecided: there are too few nights to show anything"),
    ],
)
def test_the_exit_code_is_that_of_the_outcome(verify, found, value, error, code, told):
    found(value, error)
    ended = verify("median")
    assert ended.code == code
    assert told in ended.out
    assert re.search(rf"small +0\.50 \[.*\] +{value:.2f} \[", ended.out)


def test_each_attempt_is_recorded_and_all_count_together(verify, found, store):
    found(0.0)
    assert verify("median").code == 1
    found(0.5)
    ended = verify("median", "--nights", 80)
    assert ended.code == 0
    assert "Fresh nights: of all 2 attempts on this code together, holds" in ended.out
    entries = read_ledger(Path(store[1]))
    assert [entry.fresh.n_nights for entry in entries] == [8, 80]
    assert entries[0].name == "median"
    assert entries[0].reason == "8 nights; ahead of pca by: small 0.50 [0.40, 0.60] public, 0.00 [-0.07, 0.07] fresh"
    assert json.loads(ended.out.splitlines()[-1]) == json.loads(entries[1].model_dump_json(exclude_none=True))


def test_an_attempt_that_is_repeated_is_not_recorded(verify, found, store):
    found(0.5)
    first = verify("median")
    [seed] = re.findall(r"--seed (0x[0-9a-f]+)", first.out)
    again = verify("median", "--seed", seed)
    assert f"--seed {seed}" in again.out
    assert "Not recorded" in again.out
    assert len(read_ledger(Path(store[1]))) == 1


def test_seeds_are_drawn_anew(verify, found):
    found(0.5)
    seeds = {re.findall(r"--seed (0x[0-9a-f]+)", verify("median").out)[0] for _ in range(3)}
    assert len(seeds) == 3
    assert all(int(seed, 0) > 2**90 for seed in seeds)


def test_without_a_name_the_rows_are_listed(verify):
    ended = verify()
    assert ended.code == 2
    assert "--fresh checks one row; name one of: blank, median, oracle, random" in ended.err


def test_a_check_that_has_no_time_is_recorded_as_undecided(verify, store):
    ended = verify("median", "--budget", 1e-9)
    assert ended.code == 3
    assert "undecided: the time was over before all nights were done" in ended.out
    [entry] = read_ledger(Path(store[1]))
    assert entry.reason == "8 nights were not done in time"


def test_a_row_meets_fresh_nights(verify, store):
    ended = verify("median", "--nights", 2)
    assert ended.code == 3  # of two public nights nothing is known
    [entry] = read_ledger(Path(store[1]))
    assert entry.fresh.measured["small"].fresh.n_nights == 2
