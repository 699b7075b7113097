from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator

from algozoo.errors import InputError
from algozoo.scoring import average_curves, curves, rates, score, threshold_rates, tpr_at

Make = Callable[..., pd.DataFrame]
BAND = ["tpr", "tpr_low", "tpr_high"]


@pytest.fixture
def outcomes(make_outcomes: Make, rng: Generator) -> pd.DataFrame:
    table = make_outcomes(rng, detectors=("good", "poor", "blank"), n_sequences=5)
    return table.assign(contrast=np.where(table["trial_kind"] == "injected", 1e-4 * (1 + table["trial"]), np.nan))


def banded(outcomes: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    return rates(outcomes, rng=np.random.default_rng(1), by=by)


def test_the_band_is_that_of_the_score_and_lies_on_the_curve(outcomes: pd.DataFrame) -> None:
    table = banded(outcomes)
    points = dict(iter(curves(outcomes).groupby("detector")))
    for label, band in table.groupby("detector"):
        curve = points[label]
        np.testing.assert_allclose(band["tpr"], tpr_at(curve["fp_per_map"], curve["tpr"], band["fp_per_map"]))
        assert band["tpr"].between(band["tpr_low"], band["tpr_high"]).all()
        assert band["tpr"].is_monotonic_increasing
    ends = table[np.isclose(table["fp_per_map"], 10)].set_index("detector")[BAND]
    board = score(outcomes, rng=np.random.default_rng(1), false_positives_per_map=10).set_index("detector")
    pd.testing.assert_frame_equal(ends, board.loc[ends.index, BAND])


def test_nothing_stands_below_what_the_empty_maps_can_measure(outcomes: pd.DataFrame) -> None:
    table = banded(outcomes)
    assert table["fp_per_map"].min() == pytest.approx(1 / 10)
    assert table["fp_per_map"].max() == pytest.approx(10)
    np.testing.assert_allclose(table["fpr"], table["fp_per_map"] / 500)


@pytest.mark.parametrize(("by", "parts"), [("annulus", [0, 1, 2]), ("contrast", [1e-4, 14e-4 / 3, 25e-4 / 3])])
def test_the_parts_average_to_the_whole(outcomes: pd.DataFrame, by: str, parts: list[float]) -> None:
    whole, split = banded(outcomes), banded(outcomes, by)
    assert sorted(split[by].unique()) == pytest.approx(parts)
    key = ["detector", "fp_per_map"]
    mean = split.assign(tpr=split["tpr"] * split["n"]).groupby(key)[["tpr", "n"]].sum()
    np.testing.assert_allclose(mean["tpr"] / mean["n"], whole.sort_values(key)["tpr"])


def test_an_unknown_split_is_an_input_error(outcomes: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="'phase'"):
        banded(outcomes, "phase")


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


def at_thresholds(outcomes: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    return threshold_rates(outcomes, rng=np.random.default_rng(1), by=by)


def test_rates_and_precision_at_thresholds_are_those_of_the_curve_within_their_bands(outcomes: pd.DataFrame) -> None:
    key = ["detector", "threshold"]
    table = at_thresholds(outcomes).set_index(key)
    curve = curves(outcomes).set_index(key).loc[table.index]
    for name in ("tpr", "fdr", "precision"):
        np.testing.assert_allclose(table[name], curve[name])
        assert table[name].between(table[f"{name}_low"] - 1e-12, table[f"{name}_high"] + 1e-12).all()
        assert table[f"{name}_low"].min() >= 0
        assert table[f"{name}_high"].max() <= 1
    assert {"good", "poor"} <= set(table.index.get_level_values("detector"))
    # at the lowest threshold everything found counts, and the band is that of the score at so many false positives
    last = table.loc["good"].iloc[-1]
    board = score(outcomes, rng=np.random.default_rng(1), false_positives_per_map=15).set_index("detector")
    np.testing.assert_allclose(last[BAND].astype(float), board.loc["good", BAND].astype(float))


def test_thresholds_follow_an_increasing_transform_and_nothing_else_changes(outcomes: pd.DataFrame) -> None:
    plain = at_thresholds(outcomes)
    grown = at_thresholds(outcomes.assign(candidate_score=outcomes["candidate_score"].map(np.exp)))
    np.testing.assert_allclose(grown["threshold"], np.exp(plain["threshold"]))
    pd.testing.assert_frame_equal(grown.drop(columns="threshold"), plain.drop(columns="threshold"))


@pytest.mark.parametrize("by", ["annulus", "contrast"])
def test_the_parts_of_the_rates_at_thresholds_average_to_the_whole(outcomes: pd.DataFrame, by: str) -> None:
    key = ["detector", "threshold"]
    whole, split = at_thresholds(outcomes).set_index(key), at_thresholds(outcomes, by)
    assert split[by].nunique() == 3
    found = (split["tpr"] * split["n"]).groupby([split[name] for name in key]).sum()
    np.testing.assert_allclose(found.loc[whole.index], whole["tpr"] * whole["n"])


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
