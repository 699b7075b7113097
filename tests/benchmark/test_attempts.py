from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from algozoo.benchmark.attempts import PATIENCE, attempts
from algozoo.benchmark.trials import draw_trials
from algozoo.datasets import load_dataset
from algozoo.detectors.contract import Detector
from algozoo.detectors.controls import Blank, Oracle
from algozoo.sandbox.sandbox import Stopped


@pytest.fixture(scope="module")
def attempt(suite):
    """Attempt the trials of the first sequence; return their outcomes."""
    [entry] = suite.datasets
    dataset = load_dataset(entry.name)
    null = dataset.null_sequence(0)
    trials = draw_trials(suite, entry, dataset, 0, null)

    def attempt(detector, seed=0):
        return list(attempts(detector, dataset, null, trials, np.random.default_rng(seed)))

    return attempt


@dataclass(frozen=True, kw_only=True)
class Hangs(Detector):
    """Never end."""

    name: ClassVar[str] = "hangs"
    title: ClassVar[str] = "Hangs"
    reference: ClassVar[str] = "none"

    def detect(self, sequence):
        raise Stopped("timeout", f"no answer for {sequence.name}")


@dataclass(frozen=True, kw_only=True)
class Stumbles(Blank):
    """Give a map, and no word on it."""

    name: ClassVar[str] = "stumbles"

    def note(self, sequence):
        raise ValueError(f"no word on {sequence.name}")


def test_what_a_note_raises_is_an_outcome(attempt):
    outcomes = attempt(Stumbles())
    assert {outcome.status for outcome in outcomes} == {"failed"}
    assert all(outcome.reason.startswith("ValueError: no word on") for outcome in outcomes)


def test_after_a_few_maps_that_timed_out_the_others_are_not_run(attempt):
    reasons = [outcome.reason for outcome in attempt(Hangs())]
    assert len(reasons) > PATIENCE
    assert sum(reason.startswith("no answer") for reason in reasons) == PATIENCE
    assert set(reasons[PATIENCE:]) == {f"not run: {PATIENCE} maps before it timed out"}


def test_the_order_of_the_trials_is_drawn_and_none_is_left_out(attempt):
    one, other = ([outcome.trial.number for outcome in attempt(Blank(), seed)] for seed in (0, 1))
    assert one != other
    assert sorted(one) == sorted(other) == list(range(len(one)))


def test_the_truth_is_given_to_a_control_in_each_trial_with_a_companion(attempt):
    for outcome in attempt(Oracle()):
        assert (outcome.map.scores.max() > 0.5) == (outcome.trial.kind == "injected")


def test_the_truth_is_given_to_nothing_but_a_control(attempt, monkeypatch):
    monkeypatch.setattr(Oracle, "control", False)
    assert all(outcome.map.scores.max() == 0 for outcome in attempt(Oracle()))
