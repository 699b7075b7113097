from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator

from algozoo.imaging.snr import snr_map
from algozoo.scoring import find_candidates, overconfidence
from algozoo.scoring.calibration import claimed_peaks, false_alarms, poisson_excess

Make = Callable[..., pd.DataFrame]

FWHM, SIZE = 4.0, 81
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
SEPARATION = np.hypot(X, Y) / FWHM
VALID = (SEPARATION >= 1.5) & (SEPARATION <= 8)


def placed(outcomes: pd.DataFrame, make_map: Callable[[], Any]) -> pd.DataFrame:
    """Put the star into the middle of the field, and the candidates of a map into each trial."""
    angle = np.radians(outcomes["position_angle"])
    found = [find_candidates(make_map(), fwhm=FWHM, valid=VALID) for _ in range(len(outcomes))]
    injected = outcomes["trial_kind"] == "injected"
    return outcomes.assign(
        x=np.where(injected, (SIZE - 1) / 2 + outcomes["separation"] * np.cos(angle), np.nan),
        y=np.where(injected, (SIZE - 1) / 2 + outcomes["separation"] * np.sin(angle), np.nan),
        n_resels=VALID.sum() / (np.pi * FWHM**2 / 4),
        map_kind="snr",
        **{f"candidate_{axis}": [getattr(c, axis) for c in found] for axis in ("x", "y", "score")},
    )


@pytest.fixture
def outcomes(make_outcomes: Make, rng: Generator) -> pd.DataFrame:
    return make_outcomes(rng, detectors=("good",), n_sequences=15, n_injected=1, n_empty=2)


def noise(rng: Generator, tail: float) -> Callable[[], Any]:
    return lambda: snr_map(rng.standard_t(tail, (SIZE, SIZE)), FWHM)


def test_signal_to_noise_maps_of_gaussian_noise_are_not_flagged(outcomes: pd.DataFrame, rng: Generator) -> None:
    table = overconfidence(placed(outcomes, noise(rng, 1e6)))
    assert not table["over_confident"].any()
    assert (table["counted"] <= table["fp_high"]).all()
    assert 1 < table["counted"].iloc[0] / table["claimed"].iloc[0] < 3  # white noise is finer than the PSF


def test_scores_that_claim_too_much_are_flagged(outcomes: pd.DataFrame, rng: Generator) -> None:
    scaled = placed(outcomes, noise(rng, 1e6))
    scaled["candidate_score"] = [1.5 * scores for scores in scaled["candidate_score"]]
    assert overconfidence(scaled)["over_confident"].all()


def test_maps_that_claim_nothing_are_left_out(outcomes: pd.DataFrame) -> None:
    assert overconfidence(outcomes).empty
    assert overconfidence(outcomes.assign(map_kind="ratio")).empty


def test_a_dataset_without_injections_is_left_out_for_nothing_tells_where_its_star_is(
    outcomes: pd.DataFrame, rng: Generator
) -> None:
    loud = placed(outcomes, noise(rng, 1e6))
    loud["candidate_score"] = [10 * scores for scores in loud["candidate_score"]]
    empty = loud[loud["trial_kind"] != "injected"].assign(dataset="star unknown")
    table = pd.concat([loud, empty], ignore_index=True)
    claims = overconfidence(table)
    assert set(claims["dataset"]) == {"night"}
    assert claims["over_confident"].all()
    annuli = {"night": [(1.5, 8.0)], "star unknown": [(1.5, 8.0)]}
    assert set(false_alarms(table, annuli)["dataset"]) == {"night"}
    assert overconfidence(empty).empty
    assert false_alarms(empty, annuli).empty


def test_copies_of_the_empty_maps_are_no_further_evidence(outcomes: pd.DataFrame, rng: Generator) -> None:
    table = placed(outcomes, noise(rng, 1e6))
    empty = table[table["trial_kind"] != "injected"]
    copies = pd.concat([table, empty.assign(trial=empty["trial"] + 100, block="first")], ignore_index=True)
    pd.testing.assert_frame_equal(overconfidence(copies), overconfidence(table))


def test_false_alarms_of_the_annuli_add_up(outcomes: pd.DataFrame, rng: Generator) -> None:
    table = placed(outcomes, noise(rng, 1e6))
    alarms = false_alarms(table, {"night": [(0, 4), (4, 100)]})
    empty = table.loc[table["trial_kind"] != "injected", "candidate_score"]
    assert alarms.groupby("annulus")["fp_per_map"].max().sum() == pytest.approx(empty.str.len().mean())
    assert alarms["fp_per_map"].between(alarms["fp_low"], alarms["fp_high"]).all()
    for _, curve in alarms.groupby("annulus"):
        assert curve["threshold"].is_monotonic_decreasing
        assert curve["fp_per_map"].is_monotonic_increasing


def test_peaks_of_a_smooth_gaussian_field_are_as_many_as_claimed(rng: Generator) -> None:
    """The formula against a field smoothed with a Gaussian of FWHM 8 px: at 3 sigma 0.0055 peaks a resel."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(512), np.fft.fftfreq(512)))
    sigma = 8 / np.sqrt(8 * np.log(2)) / np.sqrt(2)  # the autocorrelation of a field is wider than its kernel
    transfer = np.exp(-2 * (np.pi * sigma * np.sqrt(2) * frequency) ** 2)
    n_resels = 512**2 / (np.pi * 8**2 / 4)
    counted = []
    for _ in range(20):
        field = np.fft.ifft2(np.fft.fft2(rng.normal(size=(512, 512))) * transfer).real
        found = find_candidates(field / field.std(), fwhm=1.0, valid=np.ones((512, 512), dtype=bool))
        counted.append((found.score >= 3).sum())
    assert np.mean(counted) == pytest.approx(float(claimed_peaks(3.0, n_resels)), rel=0.12)


@given(st.integers(0, 30), st.floats(0.01, 30))
def test_the_excess_is_the_exact_poisson_tail(k: int, expected: float) -> None:
    below = sum(np.exp(-expected + i * np.log(expected) - np.sum(np.log(np.arange(1, i + 1)))) for i in range(k))
    assert float(poisson_excess(k, expected)) == pytest.approx(1 - below, abs=1e-9)
