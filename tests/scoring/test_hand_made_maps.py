"""From detection maps to numbers, on maps made by hand: what goes wrong elsewhere."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from algozoo.scoring import curves, find_candidates, score
from algozoo.scoring.outcomes import add_hits

Array = NDArray[np.float64]

FWHM, SIZE = 4.0, 61
Y, X = np.mgrid[:SIZE, :SIZE].astype(float)
SEPARATION = np.hypot(X - 30, Y - 30)
VALID = (SEPARATION >= 6) & (SEPARATION <= 26)
PLANET = (45.0, 30.0)
EDGE = (56.0, 30.0)
"""The outermost pixel of the field; half of the planet lies outside."""


def blob(x: float, y: float, height: float = 1.0, fwhm: float = FWHM) -> Array:
    return np.asarray(height * np.exp(-4 * np.log(2) * ((X - x) ** 2 + (Y - y) ** 2) / fwhm**2))


def noise(seed: int) -> Array:
    return np.asarray(np.random.default_rng(seed).normal(size=(SIZE, SIZE)))


def outcomes(injected: list[Array], empty: list[Array], place: tuple[float, float] = PLANET) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for number, scores in enumerate([*injected, *empty]):
        has_planet = number < len(injected)
        found = find_candidates(scores, fwhm=FWHM, valid=VALID)
        rows.append(
            {
                "suite": "hand", "suite_version": "1", "dataset": "made", "dataset_version": "1",
                "dataset_kind": "simulated", "sequence": number % 2, "detector": "mine", "control": False,
                "trial": number, "trial_kind": "injected" if has_planet else "empty", "annulus": int(has_planet) - 1,
                "separation": 15.0, "position_angle": 0.0, "contrast": 1e-4,
                "x": place[0] if has_planet else np.nan, "y": place[1] if has_planet else np.nan,
                "fwhm": FWHM, "n_resels": VALID.sum() / (np.pi * FWHM**2 / 4), "status": "ok", "reason": "",
                "seconds": 1.0, "cpu_seconds": 1.0,
                "candidate_x": found.x, "candidate_y": found.y, "candidate_score": found.score,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def row_of(table: pd.DataFrame) -> pd.Series:
    return score(table, rng=np.random.default_rng(0)).iloc[0]


EMPTY = [noise(i) for i in range(4)]


def test_a_constant_map_is_at_zero_and_not_nan() -> None:
    row = row_of(outcomes([np.full((SIZE, SIZE), 3.0)] * 6, [np.full((SIZE, SIZE), 3.0)] * 4))
    assert row[["partial_auc", "tpr"]].tolist() == [0, 0]
    assert row[["partial_auc_high", "tpr_high"]].between(0, 1).all()


def test_a_map_of_nan_finds_nothing_and_has_no_false_alarm() -> None:
    row = row_of(outcomes([np.full((SIZE, SIZE), np.nan)] * 6, EMPTY))
    assert row[["partial_auc", "tpr"]].tolist() == [0, 0]
    assert row["n_found"] == 0


def test_empty_lists_everywhere_are_no_perfect_score() -> None:
    table = outcomes([noise(i) for i in range(6)], EMPTY)
    for axis in ("x", "y", "score"):
        table[f"candidate_{axis}"] = [np.empty(0)] * len(table)
    row = row_of(table)
    assert row["partial_auc"] == 0
    assert row["auc_maps"] == 0.5
    assert np.isnan(row["position_error"])


def test_a_map_that_is_high_everywhere_is_neither_one_detection_nor_one_false_alarm() -> None:
    """Only the order counts: a thousand more on every pixel of every map changes nothing."""
    injected = [noise(10 + i) + blob(*PLANET, 5) for i in range(6)]
    plain, lifted = (row_of(outcomes([m + up for m in injected], [m + up for m in EMPTY])) for up in (0, 1000))
    pd.testing.assert_series_equal(plain, lifted)
    last = curves(outcomes(injected, EMPTY)).iloc[-1]  # a threshold below everything
    assert last["hits"] == 6
    assert last["fp_per_map"] > 10


def test_a_planet_at_the_edge_of_the_field_is_found_and_its_outer_half_is_no_false_alarm() -> None:
    table = outcomes([blob(*EDGE, 10)] * 6, [np.zeros((SIZE, SIZE))] * 4, place=EDGE)
    hits = add_hits(table)[:6]
    assert (hits["position_error"] <= 1).all()
    assert (hits["candidate_x"].str.len() == 1).all()
    assert row_of(table)["tpr"] == 1


def test_a_planet_whose_peak_falls_outside_the_field_is_missed_not_matched_to_its_flank() -> None:
    hits = add_hits(outcomes([blob(EDGE[0] + 3, EDGE[1], 10)], EMPTY, place=EDGE))
    assert np.isnan(hits["hit_score"].iloc[0])


def test_two_peaks_on_one_planet_are_one_hit_and_no_false_alarm() -> None:
    split = blob(PLANET[0], PLANET[1] - 2.8, 10, 2.5) + blob(PLANET[0], PLANET[1] + 2.8, 9, 2.5)
    assert len(find_candidates(split, fwhm=FWHM, valid=VALID).x) == 2
    last = curves(outcomes([split] * 6, EMPTY)).iloc[-1]
    assert last["hits"] == 6
    assert last["fp_per_injected_map"] == 0


def test_a_negative_map_is_ranked_like_any_other() -> None:
    injected = [noise(10 + i) + blob(*PLANET, 5) for i in range(6)]
    below = [np.asarray(-np.exp(-one)) for one in injected], [np.asarray(-np.exp(-one)) for one in EMPTY]
    pd.testing.assert_series_equal(row_of(outcomes(injected, EMPTY)), row_of(outcomes(*below)))


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_pixels_are_no_hit(value: float) -> None:
    scores = np.zeros((SIZE, SIZE))
    scores[int(PLANET[1]), int(PLANET[0])] = value
    assert row_of(outcomes([scores] * 6, EMPTY))["n_found"] == 0


def test_a_dataset_without_injections_counts_its_own_false_alarms_only() -> None:
    table = pd.concat(
        [
            outcomes([noise(10 + i) + blob(*PLANET, 5) for i in range(6)], EMPTY),
            outcomes([], EMPTY).assign(dataset="nothing injected"),
        ],
        ignore_index=True,
    )
    board = score(table, rng=np.random.default_rng(0)).set_index("dataset")
    alone = row_of(table[table["dataset"] == "made"])
    assert board.loc["made", "partial_auc"] == alone["partial_auc"]
    assert np.isnan(board.loc["nothing injected", "partial_auc"])
    assert board.loc["nothing injected", ["n_injected", "n_empty"]].tolist() == [0, 4]
