from pathlib import Path

import numpy as np
import pytest
from scipy.stats import hypergeom

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.shard import run_shard
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDataset, SuiteDetector
from algozoo.detectors.registry import create
from algozoo.errors import AlgoZooError
from algozoo.submissions.grades import Grade
from algozoo.submissions.template import new_submission
from algozoo.submissions.verify import NOT_REPRODUCIBLE, OTHER_CODE, SAMPLE, verify


@pytest.fixture
def short_of_time(monkeypatch):
    """Let the hour be over at once, and five trials be enough."""
    monkeypatch.setattr("algozoo.submissions.verify.HOUR", 0.0)
    monkeypatch.setattr("algozoo.submissions.verify.SAMPLE", 5)


@pytest.fixture
def drawn(monkeypatch):
    """Collect the sequences and trials that are run again."""
    trials: list[tuple[int, int]] = []

    def spy(shard, folder, *, only):
        trials.extend((shard.sequence, trial) for trial in sorted(only))
        return run_shard(shard, folder, only=only)

    monkeypatch.setattr("algozoo.submissions.verify.run_shard", spy)
    return trials


def test_what_is_run_again_on_the_same_machine_is_identical(published, again):
    verified = again(published)
    assert (verified.detector, verified.dataset, verified.n_trials, verified.n_all) == ("median", "small", 12, 12)
    assert (verified.grade, verified.difference, verified.unconfirmed) == (Grade.IDENTICAL, "", "")
    assert verified.same_code


@pytest.mark.parametrize("n_all", [91, 177, 340, 2460, 100_000])
def test_a_sample_finds_five_per_cent_of_forged_trials_with_99_per_cent(n_all):
    assert hypergeom.pmf(0, n_all, np.ceil(0.05 * n_all), SAMPLE) <= 0.01


@pytest.mark.usefixtures("short_of_time")
def test_a_sample_is_run_where_there_is_no_time_for_all(published, again):
    verified = again(published)
    assert (verified.n_trials, verified.n_all, verified.grade) == (5, 12, Grade.IDENTICAL)


@pytest.mark.usefixtures("short_of_time")
def test_the_whole_row_is_run_on_request(published, again):
    assert again(published, whole=True).n_trials == 12


def test_the_trials_that_are_not_in_the_sample_are_run_while_there_is_time(published, again, drawn, monkeypatch):
    monkeypatch.setattr("algozoo.submissions.verify.SAMPLE", 5)
    assert again(published).n_trials == 12
    assert sorted(drawn) == [(sequence, trial) for sequence in range(2) for trial in range(6)]


@pytest.mark.usefixtures("short_of_time")
def test_a_sample_is_drawn_from_all_datasets_of_a_row_together(suite, tmp_path):
    """The second has no trials enough to be in every sample."""
    datasets = (*suite.datasets, SuiteDataset(name="tiny", sequences=1, injections=1))
    both = suite.model_copy(update={"datasets": datasets, "detectors": (SuiteDetector(name="random"),)})
    list(run(plan(both)[0], Store(tmp_path)))
    for seed in range(4):
        found = verify(Store(tmp_path), both, "random", rng=np.random.default_rng(seed))
        assert [one.dataset for one in found] == ["small", "tiny"]
        assert sum(one.n_trials for one in found) == 5
        assert all(one.passed for one in found)
        assert all(one.grade is None for one in found if not one.n_trials)


@pytest.mark.usefixtures("short_of_time")
def test_the_seed_draws_the_sample_whatever_the_row_says(published, forged, suite, drawn):
    """A row cannot be changed until what is forged of it is not drawn."""

    def trials(store, seed):
        drawn.clear()
        verify(store, suite, "median", rng=np.random.default_rng(seed))
        return list(drawn)

    other = forged(lambda rows: [row.update(candidate_flux=[], seconds=0.1 * row["trial"]) for row in rows], seconds=9)
    samples = {seed: trials(published, seed) for seed in range(4)}
    assert samples == {seed: trials(other, seed) for seed in range(4)}
    assert len({str(sample) for sample in samples.values()}) == 4


@pytest.mark.usefixtures("short_of_time")
def test_a_row_that_is_ground_against_one_sample_does_not_pass_another(published, forged, suite, drawn):
    verify(published, suite, "median", rng=np.random.default_rng(0))
    known = set(drawn)

    def boost(rows):
        for row in rows:
            if (row["sequence"], row["trial"]) not in known:
                row["candidate_score"] = [2 * score for score in row["candidate_score"]]

    ground = forged(boost)
    grades = [verify(ground, suite, "median", rng=np.random.default_rng(seed))[0].grade for seed in range(4)]
    assert grades == [Grade.IDENTICAL, *[Grade.DIFFERS] * 3]


def test_a_row_that_claims_to_be_slow_is_not_run_any_less(forged, again):
    verified = again(forged(lambda rows: [row.update(seconds=1e4) for row in rows], seconds=1e6))
    assert (verified.n_trials, verified.grade) == (12, Grade.IDENTICAL)
    assert verified.unconfirmed.startswith("seconds are 1e+04, ")


def test_a_detector_that_does_not_reproduce_is_not_run(published, forged, again, monkeypatch):
    """What it declares stands in its record, and is compared with it."""
    record = next(record for record in published.records() if record.detector.name == "median")
    monkeypatch.setattr("algozoo.detectors.median.Median.reproducible", False)
    assert again(published).difference.startswith("the record's detector.reproducible is True, expected False")
    verified = again(forged(lambda _: None, detector=record.detector.model_dump() | {"reproducible": False}))
    assert (verified.n_trials, verified.grade, verified.difference) == (0, None, NOT_REPRODUCIBLE)
    assert verified.passed


def test_a_suite_of_another_seed_under_the_same_name_is_found(published, suite):
    other = suite.model_copy(update={"seed": 8})
    with pytest.raises(AlgoZooError, match="the trials of small are no longer those of"):
        verify(published, other, "median", rng=np.random.default_rng(0))


def test_a_version_that_was_raised_since_is_told(published, again, monkeypatch):
    monkeypatch.setattr("algozoo.detectors.median.Median.version", "another")
    verified = again(published)
    assert verified.grade is Grade.IDENTICAL
    assert not verified.same_code


def test_a_row_of_other_code_is_not_run_if_it_must_be_of_the_same(published, again, monkeypatch):
    monkeypatch.setattr("algozoo.detectors.median.Median.version", "another")
    verified = again(published, same_code=True)
    assert (verified.n_trials, verified.grade, verified.difference) == (0, Grade.DIFFERS, OTHER_CODE)


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(("made", "checked"), [("none", "bubblewrap"), ("bubblewrap", "none")])
def test_a_row_is_verified_however_it_was_confined(suite, again, tmp_path, monkeypatch, made, checked):
    monkeypatch.chdir(tmp_path)
    facts = {"name": "mine", "title": "Mine", "authors": ["A"], "reference": "none", "licence": "MIT", "kind": "snr"}
    new_submission(facts, Path("submissions"))
    store = Store(tmp_path / "results")
    monkeypatch.setenv("ALGOZOO_SANDBOX", made)
    list(run(plan(suite.model_copy(update={"detectors": (SuiteDetector(name="mine"),)}))[0], store))
    assert {record.detector.sandbox for record in store.read(suite.name, suite.version)[1]} == {made}
    monkeypatch.setenv("ALGOZOO_SANDBOX", checked)
    verified = again(store, "mine")
    assert verified.grade is Grade.IDENTICAL
    assert verified.same_code
    assert create("mine").confinement == checked


def test_trials_that_are_made_otherwise_now_cannot_be_compared(published, again, monkeypatch):
    monkeypatch.setattr("algozoo.benchmark.plan.TRIALS_VERSION", "another")
    with pytest.raises(AlgoZooError, match="the trials of small are no longer those of"):
        again(published)
