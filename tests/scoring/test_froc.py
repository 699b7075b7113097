import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.errors import InputError
from algozoo.scoring import froc, partial_auc, threshold_at

HITS = st.lists(st.one_of(st.integers(-5, 5).map(float), st.just(np.nan)), min_size=1, max_size=20)
FALSE = st.lists(st.integers(-5, 5).map(float), max_size=40)
N_EMPTY = st.integers(1, 5)


def area(curve: pd.DataFrame, low: float = 0.2, high: float = 10.0) -> float:
    return partial_auc(curve["fp_per_map"], curve["tpr"], low, high)


@given(HITS, FALSE, N_EMPTY)
def test_froc_rises_from_zero_as_the_threshold_falls(hits: list[float], false: list[float], n_empty: int) -> None:
    curve = froc(hits, false, n_empty)
    assert curve[["hits", "false_positives"]].iloc[0].tolist() == [0, 0]
    assert curve["threshold"].is_monotonic_decreasing
    assert curve["threshold"].is_unique
    assert curve["tpr"].is_monotonic_increasing
    assert curve["fp_per_map"].is_monotonic_increasing
    assert curve["tpr"].iloc[-1] == np.mean(~np.isnan(hits))
    assert curve["fp_per_map"].iloc[-1] == len(false) / n_empty


@given(HITS, FALSE, N_EMPTY)
def test_froc_is_unchanged_by_an_increasing_transform(hits: list[float], false: list[float], n_empty: int) -> None:
    before, after = froc(hits, false, n_empty), froc(np.exp(hits), np.exp(false), n_empty)
    np.testing.assert_array_equal(after.drop(columns="threshold"), before.drop(columns="threshold"))


@given(HITS, FALSE, N_EMPTY, st.sampled_from([0.2, 1.0, 2.5]))
def test_a_hit_above_the_threshold_is_one_that_the_curve_counts_in_full(
    hits: list[float], false: list[float], n_empty: int, rate: float
) -> None:
    curve = froc(hits, false, n_empty)
    counted = curve.loc[curve["fp_per_map"] <= rate, "hits"].max()
    above = np.greater(hits, threshold_at(false, n_empty, rate)).sum()
    assert above == counted


@given(HITS, FALSE, N_EMPTY)
def test_the_intervals_hold_the_rates(hits: list[float], false: list[float], n_empty: int) -> None:
    curve = froc(hits, false, n_empty)
    assert curve["tpr"].between(curve["tpr_low"], curve["tpr_high"]).all()
    assert curve["fp_per_map"].between(curve["fp_low"], curve["fp_high"]).all()


def test_equal_scores_enter_together() -> None:
    curve = froc([3, 1, np.nan, 1], [1, 1, 0], 2)
    assert curve["threshold"].tolist() == [np.inf, 3, 1, 0]
    assert curve["hits"].tolist() == [0, 1, 3, 3]
    assert curve["false_positives"].tolist() == [0, 0, 2, 3]


def test_fpr_is_false_positives_per_resolution_element() -> None:
    curve = froc([1], [2, 0], 4, n_resels=50)
    np.testing.assert_allclose(curve["fpr"], curve["false_positives"] / (4 * 50))
    assert "fpr" not in froc([1], [2], 4)


@given(HITS, FALSE, N_EMPTY)
def test_correlated_empty_maps_keep_the_rate_and_widen_its_interval(
    hits: list[float], false: list[float], n_empty: int
) -> None:
    alone, together = froc(hits, false, n_empty), froc(hits, false, n_empty, n_independent=1)
    np.testing.assert_array_equal(together["fp_per_map"], alone["fp_per_map"])
    assert (together["fp_low"] <= alone["fp_low"] + 1e-12).all()
    assert (together["fp_high"] >= alone["fp_high"] - 1e-12).all()


def test_without_an_injection_the_true_positive_rate_is_unknown() -> None:
    curve = froc([], [1, 2], 4)
    assert curve["tpr"].isna().all()
    assert curve["fp_per_map"].tolist() == [0, 0.25, 0.5]


def test_without_an_empty_map_the_false_positive_rate_is_unknown() -> None:
    curve = froc([1, 2], [], 0)
    assert curve["fp_per_map"].isna().all()
    assert curve["tpr"].tolist() == [0, 0.5, 1]


@given(HITS, FALSE, N_EMPTY, st.floats(0, 12))
def test_the_curve_is_read_at_the_top_of_a_step_and_level_beyond_its_end(
    hits: list[float], false: list[float], n_empty: int, x: float
) -> None:
    curve = froc(hits, false, n_empty)
    fp, tpr = curve["fp_per_map"].to_numpy(), curve["tpr"].to_numpy()
    for point in np.unique(fp):
        assert np.interp(point, fp, tpr) == tpr[fp == point].max()
    assert np.interp(fp[-1] + x, fp, tpr) == tpr[-1]
    assert tpr[fp <= x].max() <= np.interp(x, fp, tpr) <= tpr[np.minimum((fp <= x).sum(), fp.size - 1)]


@given(HITS, FALSE, N_EMPTY)
def test_partial_auc_is_the_numerical_integral(hits: list[float], false: list[float], n_empty: int) -> None:
    curve = froc(hits, false, n_empty)
    x = np.geomspace(0.2, 10, 20001)
    expected = np.interp(x, curve["fp_per_map"], curve["tpr"]).mean()
    assert area(curve) == pytest.approx(expected, abs=2e-3)
    assert 0 <= area(curve) <= 1


def test_partial_auc_is_exact_on_a_ramp_and_a_step() -> None:
    assert partial_auc([0, 2], [0, 1], 1, 2) == pytest.approx(0.5 / np.log(2), rel=1e-14)
    assert partial_auc([0, 2, 2, 4], [0, 0, 1, 1], 1, 4) == pytest.approx(0.5, rel=1e-14)
    assert partial_auc([0, 4], [0, 1], 8, 16) == 1


def test_a_detector_that_finds_nothing_has_no_area() -> None:
    assert area(froc([np.nan] * 5, [], 10)) == 0
    assert area(froc([np.nan] * 5, [3, 2, 1], 10)) == 0


def test_a_detector_that_finds_all_above_every_false_positive_has_the_whole_area() -> None:
    assert area(froc([5, 6], [1, 2, 3], 2)) == 1
    assert area(froc([5, 5], [], 2)) == 1


def test_equal_scores_everywhere_give_the_mid_rank_value() -> None:
    curve = froc([1, 1], [1] * 40, 2)
    assert np.interp(5.0, curve["fp_per_map"], curve["tpr"]) == 0.25
    assert area(curve) == pytest.approx((10 - 0.2) / 20 / np.log(50))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 1), (2, 1), (np.nan, 1)])
def test_a_range_without_a_logarithm_is_an_input_error(low: float, high: float) -> None:
    with pytest.raises(InputError, match="0 < low < high"):
        partial_auc([0, 1], [0, 1], low, high)
