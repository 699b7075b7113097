import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator
from scipy import stats

from algozoo.scoring import delong

WITH = [0.9, 0.8, 0.75, 0.7, 0.6, 0.55, 0.4, 0.3]
WITHOUT = [0.65, 0.5, 0.4, 0.35, 0.2, 0.1]
SCORES = st.lists(st.integers(-4, 4).map(float), min_size=2, max_size=15)


def test_area_and_error_are_those_of_mlstatkit() -> None:
    """MLstatkit 0.1.91, Delong_test: area 0.8229167, 95 % interval 0.5961474 to 1 (normal, cut at 1)."""
    area = delong(WITH, WITHOUT)
    assert area.auc == pytest.approx(0.8229166667)
    assert area.auc - 1.959964 * area.error == pytest.approx(0.5961474213)


def test_area_and_error_of_a_case_by_hand() -> None:
    """Two maps against two: 3 beats both, 1 beats one; components 1 and 1/2, and 1/2 and 1."""
    area = delong([3, 1], [2, 0])
    assert area.auc == 0.75
    assert area.error == pytest.approx(np.sqrt(0.125 / 2 + 0.125 / 2))


@given(SCORES, SCORES)
def test_the_area_is_the_mann_whitney_statistic_with_half_of_the_ties(a: list[float], b: list[float]) -> None:
    expected = stats.mannwhitneyu(a, b).statistic / (len(a) * len(b))
    assert delong(a, b).auc == pytest.approx(expected)
    assert delong(np.exp(a), np.exp(b)) == delong(a, b)
    assert delong(b, a).auc == pytest.approx(1 - expected)


@given(SCORES, SCORES)
def test_the_interval_holds_the_area_and_does_not_collapse(a: list[float], b: list[float]) -> None:
    area = delong(a, b)
    assert 0 <= area.low <= area.auc <= area.high <= 1
    assert area.high - area.low > 0.05


def test_maps_without_a_candidate_score_lowest() -> None:
    assert delong([-np.inf, 1], [-np.inf, -np.inf]).auc == 0.75
    assert delong([-np.inf] * 5, [-np.inf] * 5).auc == 0.5


def test_without_a_map_of_a_kind_nothing_is_known() -> None:
    assert np.isnan(delong([], [1.0]).auc)
    assert np.isnan(delong([1.0], []).auc)


def test_copies_of_all_maps_of_a_sequence_leave_the_clustered_error() -> None:
    """Obuchowski's variance, without its small-sample factors, is unchanged if every map is there thrice."""
    sequence = (np.arange(8) % 5, np.arange(6) % 5)
    thrice = tuple(np.tile(labels, 3) for labels in sequence)
    once, copies = delong(WITH, WITHOUT, sequence), delong(np.tile(WITH, 3), np.tile(WITHOUT, 3), thrice)
    assert copies.error == pytest.approx(once.error)
    assert delong(np.tile(WITH, 3), np.tile(WITHOUT, 3)).error < 0.7 * delong(WITH, WITHOUT).error


def test_one_sequence_shows_no_spread_between_nights() -> None:
    area = delong(WITH, WITHOUT, (np.zeros(8), np.zeros(6)))
    assert (area.low, area.high) == (0, 1)


@pytest.mark.parametrize("spread", [0.0, 0.7])
def test_the_interval_covers_the_truth(rng: Generator, spread: float) -> None:
    """Ten sequences with ten maps with and two without a companion, 1.5 sigma apart."""
    truth = stats.norm.cdf(1.5 / np.sqrt(2 + 2 * spread**2))
    sequence = (np.repeat(np.arange(10), 10), np.repeat(np.arange(10), 2))
    held = []
    for _ in range(400):
        own, other = (rng.normal(0, spread, 10) for _ in range(2))
        area = delong(rng.normal(1.5 + own[sequence[0]]), rng.normal(other[sequence[1]]), sequence)
        held.append(area.low <= truth <= area.high)
    assert 0.92 < np.mean(held) < 0.99
