import numpy as np
import pandas as pd
import pytest

from algozoo.benchmark.attempts import PATIENCE, attempts
from algozoo.benchmark.trials import draw_trials
from algozoo.detectors.median import Median
from algozoo.sandbox.sandbox import Stopped
from algozoo.scoring.outcomes import COLUMNS, OUTCOME
from algozoo.submissions.grades import COMPARED, TIMES, Grade, compare, compare_trial, unconfirmed

TRIAL = {"sequence": 0, "trial": 1, "status": "ok", "reason": "", "x": 20.0, "y": 30.0, "fwhm": 4.0, "map_kind": "snr"}
PEAKS = {"candidate_x": [20, 40], "candidate_y": [31, 10], "candidate_score": [5.0, 3.0]}
BESIDES = {"candidate_flux": [1e-4, 1e-5], "null_separation": [2.0], "null_score": [0.5]}
ROW = TRIAL | PEAKS | BESIDES


def test_every_column_that_a_detector_makes_is_compared():
    """A row of the table that gets a further column has it compared too."""
    assert {*COMPARED, *TIMES} == {name for name, column in OUTCOME.items() if column.measured}


@pytest.mark.parametrize(
    ("now", "grade", "difference"),
    [
        ({}, Grade.IDENTICAL, ""),
        ({"candidate_score": [5.0, 3.0 + 1e-6]}, Grade.WITHIN_TOLERANCE, "candidate_score by up to 3.3e-07 of itself"),
        ({"candidate_score": [5.0, 3.0 + 1e-4]}, Grade.DIFFERS, "candidate_score by up to 3.3e-05 of itself"),
        ({"candidate_score": [5.0, np.nan]}, Grade.DIFFERS, "candidate_score by up to inf"),
        ({"candidate_x": [20, 40.005]}, Grade.WITHIN_TOLERANCE, "candidate_x by up to 0.005 px"),
        ({"candidate_x": [20, 40.02]}, Grade.DIFFERS, "candidate_x by up to 0.02 px"),
        ({"candidate_y": [31, 10.02]}, Grade.DIFFERS, "candidate_y by up to 0.02 px"),
        ({field: values[:1] for field, values in PEAKS.items()}, Grade.DIFFERS, "candidate_x has 2 values, 1 now"),
        ({"candidate_flux": [1e-4, 1.1e-5]}, Grade.DIFFERS, "candidate_flux by up to 0.1 of itself"),
        ({"candidate_flux": []}, Grade.DIFFERS, "candidate_flux has 2 values, 0 now"),
        ({"null_score": [0.6]}, Grade.DIFFERS, "null_score by up to 0.2 of itself"),
        ({"null_score": [0.5 + 1e-7]}, Grade.WITHIN_TOLERANCE, "null_score"),
        ({"null_separation": [2.1]}, Grade.DIFFERS, "null_separation"),
        ({"map_kind": "probability"}, Grade.DIFFERS, "map_kind is 'snr', 'probability' now"),
        ({"reason": "nothing is scored"}, Grade.DIFFERS, "reason is '', 'nothing is scored' now"),
        ({"status": "timeout", "reason": "no answer"}, Grade.DIFFERS, "status is 'ok', 'timeout' (no answer) now"),
    ],
)
def test_grades_go_by_the_last_bit_and_the_tolerance(now, grade, difference):
    found, told = compare_trial(ROW, ROW | now)
    assert found is grade
    assert told.startswith(difference)
    assert bool(told) == told.endswith(" in trial 0/1")


def test_what_is_missing_differs():
    for name in COMPARED:
        for status in ("ok", "failed"):
            again = ROW | {"status": status}
            assert compare_trial(again | {name: None}, again)[0] is Grade.DIFFERS


def test_scores_that_are_no_numbers_are_like_themselves_only():
    infinite = ROW | {"candidate_score": [np.inf, 3.0], "null_score": [np.nan]}
    assert compare_trial(infinite, infinite | {"candidate_score": [np.inf, 3.0 + 1e-6]})[0] is Grade.WITHIN_TOLERANCE
    assert compare_trial(infinite, infinite | {"candidate_score": [-np.inf, 3.0]})[0] is Grade.DIFFERS
    assert compare_trial(infinite, infinite | {"null_score": [0.0]})[0] is Grade.DIFFERS


def test_empty_trials_and_failures_can_be_identical():
    nothing = dict.fromkeys([*PEAKS, *BESIDES], ())
    empty = TRIAL | nothing | {"x": np.nan, "y": np.nan, "status": "declined", "reason": "no"}
    assert compare_trial(empty, dict(empty)) == (Grade.IDENTICAL, "")


@pytest.mark.parametrize(
    ("status", "was", "now", "grade"),
    [
        ("memory", "took 310 MB, at most 300 MB are allowed", "took 322.5 MB, at most 300 MB are allowed", "identical"),
        ("failed", "ValueError: <x at 0x7f3a>", "ValueError: <x at 0x55d1>", "identical"),
        ("failed", "ValueError: no", "TypeError: no", "differs"),
        ("timeout", "no answer within 60 s", "not run: 3 maps before it timed out", "identical"),
        ("timeout", "best of all", "not run: 3 maps before it timed out", "differs"),
        ("ok", "scored from 4 px on", "scored from 5 px on", "differs"),
    ],
)
def test_reasons_of_failures_are_compared_but_for_their_numbers(status, was, now, grade):
    row = ROW | {"status": status}
    assert str(compare_trial(row | {"reason": was}, row | {"reason": now})[0]) == grade


def test_the_platform_writes_the_reasons_of_timeouts_as_they_are_compared(suite):
    """Which trials are not run depends on how many of the sequence are run again."""

    class Slow(Median):
        def detect(self, sequence):  # noqa: ARG002
            raise Stopped("timeout", f"no answer within {60:g} s")

    dataset = suite.load(suite.datasets[0])
    null = dataset.null_sequence(0)
    trials = draw_trials(suite, suite.datasets[0], dataset, 0, null)
    outcomes = list(attempts(Slow(), dataset, null, trials, np.random.default_rng(0)))
    assert len(outcomes) > PATIENCE
    rows = [ROW | {"status": one.status, "reason": one.reason} for one in outcomes]
    assert len({row["reason"] for row in rows}) == 2
    assert all(compare_trial(row, rows[0])[0] is Grade.IDENTICAL for row in rows)


def tables(hits, alarms, **shifts):
    """Scores of the companions, one a map, and of one false alarm in each empty map; then the same, shifted."""
    facts = dict.fromkeys(COLUMNS, 1.0) | TRIAL | dict.fromkeys(BESIDES, ())
    facts |= {"dataset": "d", "detector": "a", "control": False, "candidate_x": [20.0], "candidate_y": [30.0]}
    kinds = [("injected", score) for score in hits] + [("empty", score) for score in alarms]

    def table(shift):
        return pd.DataFrame(
            facts | {"trial": i, "trial_kind": kind, "candidate_score": [score + shift.get(kind, 0.0)]}
            for i, (kind, score) in enumerate(kinds)
        )

    return table(shifts), table({})


def test_equal_scores_cannot_be_put_into_an_order_within_the_tolerance():
    """A detector that saturates gives companions and false alarms one score: no threshold lies between them."""
    assert compare(*tables([1.0] * 4, [1.0] * 4))[0] is Grade.IDENTICAL
    grade, difference = compare(*tables([1.0] * 4, [1.0] * 4, empty=-1e-7))
    assert grade is Grade.DIFFERS
    assert difference.endswith("trial 0/0 is decided otherwise: scores have another order")


def test_rounding_that_keeps_the_order_is_within_the_tolerance():
    grade, difference = compare(*tables([5.0, 4.0, 2.0, 1.0], [3.0, 2.5, 0.5, 0.1], empty=-1e-7, injected=1e-7))
    assert grade is Grade.WITHIN_TOLERANCE
    assert difference.startswith("candidate_score by up to")


def test_the_trials_that_differ_are_counted():
    was, now = tables([5.0, 9.0], [3.0, 2.0])[0], tables([5.0, 4.0], [3.0, 2.0])[1]
    assert compare(was, now) == (
        Grade.DIFFERS,
        "candidate_score by up to 0.56 of itself in trial 0/1 (1 of 4 trials differ)",
    )


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], ""),
        ([1.0, 2.0, 3.0], [4.9, 9.9, 14.9], ""),
        ([1.0, 2.0, 3.0], [5.1, 10.1, 15.1], "seconds are 2, 10 now"),
        ([10.1, 10.1, 10.1], [2.0, 2.0, 2.0], "seconds are 10, 2 now"),
        ([1e-4, 1e-4, 1e-4], [4e-3, 4e-3, 4e-3], ""),
        ([1e-4, 1e-4, 1e-4], [0.1, 0.1, 0.1], "seconds are 0.0001, 0.1 now"),
        ([np.nan, np.nan, np.nan], [np.nan, np.nan, np.nan], ""),
        ([1.0, np.nan, 1.0], [1.0, 1.0, 1.0], "seconds of some trials are none"),
        ([1.0, np.inf, 1.0], [1.0, 1.0, 1.0], "seconds of some trials are none"),
        ([1.0, -1.0, 1.0], [1.0, 1.0, 1.0], "seconds of some trials are none"),
    ],
)
def test_times_outside_a_factor_of_five_are_not_confirmed(was, now, told):
    of_then, of_now = (pd.DataFrame({"seconds": times, "cpu_seconds": 1.0}) for times in (was, now))
    assert unconfirmed(of_then, of_now) == told
