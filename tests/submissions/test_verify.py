from pathlib import Path

import numpy as np
import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector
from algozoo.detectors.registry import create
from algozoo.errors import AlgoZooError
from algozoo.submissions.template import new_submission
from algozoo.submissions.verify import Grade, compare, verify

TRIAL = {"sequence": 0, "trial": 1, "status": "ok", "reason": "", "x": 20.0, "y": 30.0, "fwhm": 4.0, "map_kind": "snr"}
PEAKS = {"candidate_x": [20, 40], "candidate_y": [31, 10], "candidate_score": [5.0, 3.0]}
BESIDES = {"candidate_flux": [1e-4, 1e-5], "null_separation": [2.0], "null_score": [0.5]}


def test_what_is_run_again_on_the_same_machine_is_identical(published, again):
    verified = again(published, sample=5)
    assert (verified.detector, verified.dataset, verified.n_trials) == ("median", "small", 5)
    assert verified.grade is Grade.IDENTICAL
    assert verified.same_code


def test_a_sample_is_at_most_all_trials(published, again):
    assert again(published, sample=1000).n_trials == 12


def each(**values):
    return lambda rows: [row.update(values) for row in rows]


def doubled(name):
    return lambda rows: [row.update({name: [2 * value for value in row[name]]}) for row in rows]


def boosted(rows):
    """Put what was found at one false positive per map above every false positive."""
    for row in rows:
        if row["trial_kind"] == "injected":
            row["candidate_score"][0] *= 10


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (doubled("candidate_score"), "scores by up to 0.5 of themselves; trial"),
        (boosted, "is decided otherwise"),
        (doubled("null_score"), "null_score of trial"),
        (each(map_kind="ratio"), "map_kind is 'ratio', 'snr' now"),
    ],
)
def test_maps_that_were_not_made_are_found(forged, again, change, told):
    verified = again(forged(change), sample=12)
    assert verified.grade is Grade.DIFFERS
    assert told in verified.difference


def test_a_suite_of_another_seed_under_the_same_name_is_found(published, suite):
    other = suite.model_copy(update={"seed": 8})
    with pytest.raises(AlgoZooError, match="the trials of small are no longer those of"):
        list(verify(published, other, "median", sample=3, rng=np.random.default_rng(0)))


def test_a_version_that_was_raised_since_is_told(published, again, monkeypatch):
    monkeypatch.setattr("algozoo.detectors.median.Median.version", "another")
    verified = again(published)
    assert verified.grade is Grade.IDENTICAL
    assert not verified.same_code


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


@pytest.mark.parametrize(
    ("now", "grade", "difference"),
    [
        ({}, Grade.IDENTICAL, ""),
        ({"candidate_score": [5.0, 3.0 + 1e-6]}, Grade.WITHIN_TOLERANCE, "3.3e-07"),
        ({"candidate_score": [5.1, 3.0]}, Grade.SAME_DECISIONS, "0.02"),
        ({"candidate_x": [20, 41]}, Grade.SAME_DECISIONS, "scores by up to 0"),
        ({field: values[:1] for field, values in PEAKS.items()}, Grade.SAME_DECISIONS, "2 candidates before, 1 now"),
        ({"candidate_score": [3.9, 3.0]}, Grade.DIFFERS, "trial 0/1 is decided otherwise"),
        ({"candidate_score": [5.0, 4.1]}, Grade.DIFFERS, "trial 0/1 is decided otherwise"),
        ({"candidate_score": [7.0, 3.0]}, Grade.DIFFERS, "trial 0/1 is decided otherwise"),
        ({"candidate_x": [25, 40]}, Grade.DIFFERS, "trial 0/1 is decided otherwise"),
        ({"candidate_score": [5.0, np.nan]}, Grade.SAME_DECISIONS, "scores by up to inf"),
        ({"null_score": [0.6]}, Grade.DIFFERS, "null_score of trial 0/1"),
        ({"null_score": [0.5 + 1e-7]}, Grade.WITHIN_TOLERANCE, ""),
        ({"candidate_flux": []}, Grade.DIFFERS, "candidate_flux of trial 0/1"),
        ({"map_kind": "probability"}, Grade.DIFFERS, "map_kind is 'snr', 'probability' now"),
        ({"status": "timeout", "reason": "no answer"}, Grade.DIFFERS, r"ok before, timeout \(no answer\) now"),
    ],
)
def test_grades_go_by_the_last_bit_the_tolerance_and_the_decisions(now, grade, difference):
    """At a threshold of 4 the companion is found, not at 6, and there is no false positive."""
    found, told = compare(TRIAL | PEAKS | BESIDES, TRIAL | PEAKS | BESIDES | now, thresholds=[4.0, 6.0])
    assert found is grade
    assert difference.replace("\\", "") in told


def test_empty_trials_and_failures_can_be_identical():
    nothing = {"candidate_x": [], "candidate_y": [], "candidate_score": []}
    empty = TRIAL | BESIDES | nothing | {"x": np.nan, "y": np.nan, "status": "declined", "reason": "no"}
    assert compare(empty, dict(empty), [np.inf])[0] is Grade.IDENTICAL
