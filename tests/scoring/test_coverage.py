"""Suites are drawn again and again from a known truth: how often do the intervals hold it?

The limits are wide, because 40 suites are few; what longer runs gave stands in the docstrings of the package.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from algozoo.scoring import Board, evaluate, partial_auc, tpr_at

Make = Callable[..., pd.DataFrame]

N_SUITES = 40
N_FALSE = 15
STRENGTH = {"good": 4.0, "poor": 1.5}


def truth(detector: str, spread: float, low: float) -> dict[str, float]:
    """Numbers of infinitely many trials: scores are normal, and companions brighter by the detector's strength."""
    threshold = np.linspace(10, -10, 20001)
    tpr = stats.norm.sf(threshold, STRENGTH[detector], np.hypot(1, spread))
    fp = N_FALSE * stats.norm.sf(threshold)
    return {"partial_auc": partial_auc(fp, tpr, low, 10), "tpr": float(tpr_at(fp, tpr, 1.0))}


def boards(make: Make, n_suites: int, **options: object) -> list[Board]:
    return [
        evaluate(make(np.random.default_rng(seed), n_empty=2, **options), rng=np.random.default_rng(seed))
        for seed in range(n_suites)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.7])
def test_intervals_cover_the_truth(make_outcomes: Make, spread: float) -> None:
    """Ten sequences with 12 companions each; 'good' is 4 sigma bright, 'poor' 1.5."""
    suites = boards(make_outcomes, N_SUITES, detectors=("good", "poor"), n_sequences=10, spread=spread)
    scores = pd.concat([board.scores for board in suites])
    for detector, own in scores.groupby("detector"):
        for column, value in truth(str(detector), spread, 1 / 20).items():
            covered = own[f"{column}_low"].le(value) & own[f"{column}_high"].ge(value)
            assert covered.mean() > 0.84, (detector, column)
    expected = truth("good", spread, 1 / 20)["partial_auc"] - truth("poor", spread, 1 / 20)["partial_auc"]
    pairs = pd.concat([board.differences for board in suites])
    assert (pairs["difference_low"].le(expected) & pairs["difference_high"].ge(expected)).mean() > 0.84


@pytest.mark.slow
def test_equal_detectors_are_rarely_separated(make_outcomes: Make) -> None:
    """Three detectors of equal strength and noise of their own; at most 5 % of suites may separate any two."""
    labels = ("a", "b", "c")
    suites = boards(make_outcomes, N_SUITES, detectors=labels, n_sequences=8, n_injected=8, spread=0.7)
    wrong = np.mean([(board.differences["p_holm"] < 0.05).any() for board in suites])
    assert wrong < 0.16
    assert np.mean([(board.scores["rank"] == 1).all() for board in suites]) == 1 - wrong
    best = pd.concat([board.scores for board in suites]).groupby("detector")["p_best"].mean()
    np.testing.assert_allclose(best, 1 / 3, atol=0.12)
