import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate

from algozoo.challenge.blobs import BlobRule, count_blobs
from algozoo.challenge.elements import cumulated_f1, element_scores, rate_areas, rates, resolution_elements

FWHM = 4.0
MAPS = arrays(float, (12, 15), elements=st.one_of(st.integers(-3, 3).map(float), st.just(np.nan)))
EVERYWHERE = np.ones((12, 15), dtype=bool)
SCORES = st.lists(st.floats(-3, 12), max_size=8)
PLACES = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 11)), max_size=4)


def whole(scores):
    return np.ones(scores.shape, dtype=bool)


def counts(scores, threshold, x, y):
    table = rates(*element_scores(scores, x, y, fwhm=FWHM, valid=whole(scores)), threshold)
    return tuple(table[["detections", "false_positives"]].iloc[0])


@given(MAPS)
def test_elements_cover_all_that_is_finite_and_are_more_than_a_fwhm_apart(scores):
    found = resolution_elements(scores, fwhm=FWHM, valid=EVERYWHERE)
    distance = np.hypot(np.subtract.outer(found.x, found.x), np.subtract.outer(found.y, found.y))
    assert (distance[~np.eye(found.x.size, dtype=bool)] > FWHM).all()
    y, x = np.nonzero(np.isfinite(scores))
    if x.size:
        nearest = np.hypot(np.subtract.outer(x, found.x), np.subtract.outer(y, found.y)).min(axis=1)
        assert nearest.max() <= FWHM
    assert (np.diff(found.score) <= 0).all()


@given(MAPS)
def test_elements_are_unchanged_by_an_increasing_transform(scores):
    before, after = (resolution_elements(s, fwhm=FWHM, valid=EVERYWHERE) for s in (scores, np.exp(scores)))
    np.testing.assert_array_equal([after.x, after.y], [before.x, before.y])


def test_two_blobs_on_one_companion_are_one_detection():
    scores = np.zeros((41, 41))
    scores[19:22, 17:20] = scores[19:22, 21:24] = 10
    assert count_blobs(scores, 5, [20], [20], BlobRule(fwhm=FWHM)).detections == 2
    assert counts(scores, 5, [20], [20]) == (1, 0)


def test_a_merged_map_has_its_companion_and_a_false_positive_for_each_element():
    scores = np.ones((41, 41))
    n_elements = resolution_elements(scores, fwhm=FWHM, valid=whole(scores)).x.size
    detections, false_positives = counts(scores, 0, [20], [20])
    assert detections == 1
    assert n_elements - 6 <= false_positives < n_elements
    assert false_positives > 2 * count_blobs(scores, 0, [20], [20], BlobRule(fwhm=FWHM)).false_positives


def test_a_map_without_companions_has_its_own_false_positives():
    scores = np.zeros((41, 41))
    scores[5, 5] = scores[30, 30] = 10
    assert counts(scores, 5, [], []) == (0, 2)


def test_a_companion_where_the_map_says_nothing_is_missed():
    scores = np.full((41, 41), np.nan)
    scores[5, 5] = 10
    assert counts(scores, 5, [30], [30]) == (0, 1)


@given(MAPS, PLACES)
def test_rates_lie_between_0_and_1_and_fall_as_the_threshold_rises(scores, places):
    x, y = np.array(places, dtype=float).reshape(-1, 2).T
    table = rates(*element_scores(scores, x, y, fwhm=FWHM, valid=EVERYWHERE), np.linspace(-4, 4, 17))
    assert (table["detections"] <= len(places)).all()
    for column in ("detections", "false_positives", "tpr", "fpr"):
        assert (table[column].dropna().diff().dropna() <= 0).all()
    shares = table[["tpr", "fdr", "fpr"]].fillna(0).to_numpy()
    assert ((shares >= 0) & (shares <= 1)).all()


def test_what_is_at_the_threshold_is_not_above_it():
    table = rates([5, 7, np.nan], [1, 5, 6, 2], [5])
    assert table[["detections", "false_positives"]].iloc[0].tolist() == [1, 1]
    assert table[["tpr", "fdr", "fpr"]].iloc[0].tolist() == [1 / 3, 1 / 2, 1 / 4]


def test_a_perfect_map_has_areas_1_0_0():
    assert rate_areas([20, 30], [-1, 0, 0], threshold=5) == {"tpr": 1, "fdr": 0, "fpr": 0}


def test_areas_of_a_case_done_by_hand():
    """Thresholds 0 to 10: TPR 1 to 2, then 1/2 to 8; FPR 1/2 to 4; FDR 1/3 to 2, 1/2 to 4, then 0."""
    areas = rate_areas([2, 8], [4, -1], threshold=5)
    assert areas["tpr"] == pytest.approx((2 * 1 + 6 * 0.5) / 10)
    assert areas["fpr"] == pytest.approx(4 * 0.5 / 10)
    assert areas["fdr"] == pytest.approx((2 / 3 + 2 / 2) / 10)


@given(SCORES, SCORES, st.floats(0.5, 6))
def test_areas_are_the_integrals_of_the_rates(hits, others, threshold):
    grid = np.linspace(0, 2 * threshold, 20_001)
    table, areas = rates(hits, others, grid), rate_areas(hits, others, threshold)
    for name, area in areas.items():
        expected = integrate.trapezoid(table[name], grid) / (2 * threshold)
        assert area == pytest.approx(expected, abs=2e-3, nan_ok=True)


def test_areas_change_when_a_map_is_stretched_which_is_why_they_rank_nothing():
    hits, others = np.array([6.0, 9.0]), np.array([1.0, 2.0, 5.5])
    before, after = rate_areas(hits, others, 5), rate_areas(hits**2, others**2, 25)
    assert after["tpr"] != pytest.approx(before["tpr"], abs=0.01)


def test_there_is_no_area_without_a_positive_threshold():
    assert all(np.isnan(area) for area in rate_areas([1], [2], 0).values())


def test_cumulated_f1_adds_the_mean_of_each_instrument_over_sets_with_companions():
    sets = pd.DataFrame({"instrument": ["a", "a", "b", "b"], "f1": [1.0, 0.5, 0.4, np.nan]})
    assert cumulated_f1(sets) == pytest.approx(0.75 + 0.4)
