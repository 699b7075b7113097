from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator

from algozoo.scoring import average_curves, curves, rates, score

Make = Callable[..., pd.DataFrame]
BAND = ["tpr", "tpr_low", "tpr_high"]


@pytest.fixture
def outcomes(make_outcomes: Make, rng: Generator) -> pd.DataFrame:
    table = make_outcomes(rng, detectors=("good", "poor", "blank"), n_sequences=5)
    return table.assign(contrast=np.where(table["trial_kind"] == "injected", 1e-4 * (1 + table["trial"]), np.nan))


def banded(outcomes: pd.DataFrame) -> pd.DataFrame:
    return rates(outcomes, rng=np.random.default_rng(1))


def test_the_band_lies_on_the_curve(outcomes: pd.DataFrame) -> None:
    table = banded(outcomes)
    points = dict(iter(curves(outcomes).groupby("detector")))
    for label, band in table.groupby("detector"):
        curve = points[label]
        np.testing.assert_allclose(band["tpr"], np.interp(band["fp_per_map"], curve["fp_per_map"], curve["tpr"]))
        assert band["tpr"].between(band["tpr_low"], band["tpr_high"]).all()
        assert band["tpr"].is_monotonic_increasing


def test_the_band_is_the_interval_of_the_score(outcomes: pd.DataFrame) -> None:
    """Ten independent empty maps: the axis goes from 0.1 to 10, and its middle is one false positive per map."""
    table = banded(outcomes)
    middle = table[np.isclose(table["fp_per_map"], 1)].set_index("detector")[BAND]
    board = score(outcomes, rng=np.random.default_rng(1)).set_index("detector")
    assert len(middle) == 3
    pd.testing.assert_frame_equal(middle, board.loc[middle.index, BAND])


def test_nothing_stands_below_what_the_empty_maps_can_measure(outcomes: pd.DataFrame) -> None:
    table = banded(outcomes)
    assert table["fp_per_map"].min() == pytest.approx(1 / 10)
    assert table["fp_per_map"].max() == pytest.approx(10)
    np.testing.assert_allclose(table["fpr"], table["fp_per_map"] / 500)


def test_false_positives_of_injected_maps_are_counted_apart(outcomes: pd.DataFrame) -> None:
    """A detector that doubles its false alarms beside a companion is not worse on the axis, but it shows."""
    noisy = outcomes["detector"].eq("good") & outcomes["trial_kind"].eq("injected")
    for axis in ("x", "y", "score"):
        column = f"candidate_{axis}"
        more = [np.append(v, v[:-1]) if n else v for v, n in zip(outcomes[column], noisy, strict=True)]
        outcomes = outcomes.assign(**{column: more})
    last = curves(outcomes).groupby("detector").last()
    assert last.loc["good", "fp_per_map"] == 15
    assert last.loc["good", "fp_per_injected_map"] > 1.9 * last.loc["poor", "fp_per_injected_map"]
    hits, false = last.loc["poor", "tpr"], last.loc["poor", "fp_per_injected_map"]
    assert last.loc["poor", "fdr"] == pytest.approx(false / (false + hits))


def test_rates_against_the_threshold_fall_as_it_rises(outcomes: pd.DataFrame) -> None:
    for _, curve in curves(outcomes).groupby("detector"):
        assert curve["threshold"].is_monotonic_decreasing
        for rate in ("tpr", "fpr", "fp_per_map", "fp_per_injected_map"):
            assert curve[rate].is_monotonic_increasing
        np.testing.assert_allclose(curve["precision"] + curve["fdr"], np.where(curve["fdr"].isna(), np.nan, 1))


def test_the_average_is_over_datasets_of_one_kind(make_outcomes: Make, rng: Generator) -> None:
    datasets = (("a", "real"), ("b", "real"), ("c", "simulated"))
    outcomes = make_outcomes(rng, detectors=("good",), datasets=datasets)
    table = banded(outcomes)
    mean = average_curves(table)
    assert mean.groupby("dataset_kind")["n_datasets"].first().to_dict() == {"real": 2, "simulated": 1}
    alone = mean[mean["dataset_kind"] == "simulated"].reset_index(drop=True)
    own = table[table["dataset"] == "c"].reset_index(drop=True)
    np.testing.assert_allclose(alone[["tpr", "tpr_low", "tpr_high"]], own[["tpr", "tpr_low", "tpr_high"]], atol=1e-12)
    both = table[table["dataset"] != "c"].groupby("fp_per_map")["tpr"].mean()
    np.testing.assert_allclose(mean.loc[mean["dataset_kind"] == "real", "tpr"], both)


def test_a_dataset_without_a_result_counts_zero(make_outcomes: Make, rng: Generator) -> None:
    outcomes = make_outcomes(rng, detectors=("good", "oracle"), datasets=(("a", "real"), ("b", "real")))
    declined = (outcomes["detector"] == "oracle") & (outcomes["dataset"] == "b")
    table = average_curves(banded(outcomes.assign(status=np.where(declined, "declined", "ok"))))
    assert (table.loc[table["detector"] == "oracle", "tpr"] == 0.5).all()
