from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import special

from algozoo.imaging.contrast import laplace_threshold, student_threshold
from algozoo.imaging.snr import n_apertures, snr_map
from algozoo.scoring import null_quantiles, ring_scores, uniformity
from algozoo.scoring.nulls import false_alarm_probability

Make = Callable[..., pd.DataFrame]
Draw = Callable[[Generator], NDArray[np.float64]]

FWHM, SIZE = 4.0, 61
SEPARATION = np.hypot(*(np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2)) / FWHM
VALID = (SEPARATION >= 1.5) & (SEPARATION <= 6.5)
ANNULI = {"night": [(1.5, 4.0), (4.0, 6.5)]}
FREQUENCY = np.hypot(*np.meshgrid(np.fft.fftfreq(SIZE), np.fft.fftfreq(SIZE)))
SMOOTH = np.exp(-2 * (np.pi * FWHM / np.sqrt(8 * np.log(2)) * FREQUENCY) ** 2)


def gaussian(rng: Generator) -> NDArray[np.float64]:
    return np.fft.ifft2(np.fft.fft2(rng.normal(size=(SIZE, SIZE))) * SMOOTH).real


def heavy(rng: Generator) -> NDArray[np.float64]:
    """Speckles whose strength differs from place to place: their fluxes have the tails of a Laplacian."""
    strength = np.fft.ifft2(np.fft.fft2(rng.normal(size=(SIZE, SIZE))) * SMOOTH).real
    return gaussian(rng) * np.exp(1.2 * strength / strength.std())


def with_nulls(outcomes: pd.DataFrame, draw: Draw, rng: Generator) -> pd.DataFrame:
    empty = outcomes["trial_kind"] != "injected"
    read = [
        ring_scores(snr_map(draw(rng), FWHM), fwhm=FWHM, valid=VALID) if wanted else (np.empty(0), np.empty(0))
        for wanted in empty
    ]
    separation, score = zip(*read, strict=True)
    return outcomes.assign(map_kind="snr", null_separation=list(separation), null_score=list(score))


@pytest.fixture
def outcomes(make_outcomes: Make, rng: Generator) -> pd.DataFrame:
    return make_outcomes(rng, detectors=("good",), n_sequences=12, n_injected=1, n_empty=2)


def test_places_lie_one_fwhm_apart_in_the_field() -> None:
    y, x = np.mgrid[:SIZE, :SIZE]
    columns, rows = (ring_scores(axis.astype(float), fwhm=FWHM, valid=VALID)[1] for axis in (x, y))
    assert VALID[rows.astype(int), columns.astype(int)].all()
    distance = np.hypot(np.subtract.outer(columns, columns), np.subtract.outer(rows, rows))
    np.fill_diagonal(distance, np.inf)
    assert distance.min() > FWHM - 1.5  # the nearest pixels
    assert rows.size == pytest.approx(sum(n_apertures(ring * FWHM, FWHM) for ring in (2, 3, 4, 5, 6)), abs=4)


def test_what_is_not_finite_or_not_scored_is_no_place() -> None:
    assert ring_scores(np.full((SIZE, SIZE), np.nan), fwhm=FWHM, valid=VALID)[1].size == 0
    assert ring_scores(np.zeros((SIZE, SIZE)), fwhm=FWHM, valid=np.zeros_like(VALID))[1].size == 0


@pytest.mark.parametrize("separation", [2, 5])
def test_probabilities_are_those_of_the_thresholds(separation: int) -> None:
    others = int(n_apertures(separation, 1.0)) - 1
    for sigma in (1, 2, 3):
        expected = special.ndtr(-sigma)
        student = false_alarm_probability([student_threshold(sigma, others)], [separation], "student")
        laplace = false_alarm_probability([laplace_threshold(sigma, others)], [separation], "laplace")
        assert student == pytest.approx(expected)
        assert laplace == pytest.approx(expected, rel=0.05)


def test_p_values_of_gaussian_noise_are_uniform_by_students_law(outcomes: pd.DataFrame, rng: Generator) -> None:
    table = uniformity(with_nulls(outcomes, gaussian, rng), ANNULI, rng=rng).set_index(["annulus", "law"])
    assert (table.xs("student", level="law")["p"] > 0.01).all()
    assert (table.xs("student", level="law")["distance"] < 0.04).all()
    whole = table.loc[(-1, "student")]
    assert whole["n"] == table.loc[(0, "student"), "n"] + table.loc[(1, "student"), "n"]
    assert whole["n_sequences"] == 12


def test_heavy_tails_are_seen_and_laplaces_law_claims_less(outcomes: pd.DataFrame, rng: Generator) -> None:
    noisy = with_nulls(outcomes, heavy, rng)
    whole = null_quantiles(noisy, ANNULI).query("annulus == -1 and sigma == 3").set_index("law")
    assert whole.loc["student", "low"] > 1.5 * whole.loc["student", "claimed"]
    assert whole.loc["laplace", "observed"] < whole.loc["student", "observed"]
    tests = uniformity(noisy, ANNULI, rng=rng).query("annulus == -1").set_index("law")
    assert tests.loc["student", "p"] < 0.01


def test_what_fewer_places_than_one_would_reach_is_not_measured(outcomes: pd.DataFrame, rng: Generator) -> None:
    table = null_quantiles(with_nulls(outcomes, gaussian, rng), ANNULI)
    assert (table["claimed"] * table["n"] >= 1).all()
    assert table["observed"].between(table["low"], table["high"]).all()
    assert table.query("sigma == 0")["observed"].between(0.4, 0.6).all()


def test_one_sequence_has_no_interval_and_no_test(make_outcomes: Make, rng: Generator) -> None:
    alone = with_nulls(make_outcomes(rng, detectors=("good",), n_sequences=1, n_injected=1, n_empty=2), gaussian, rng)
    assert null_quantiles(alone, ANNULI)[["low", "high"]].isna().all(axis=None)
    tests = uniformity(alone, ANNULI, rng=rng)
    assert tests["p"].isna().all()
    assert tests["distance"].between(0, 1).all()


def test_maps_that_are_no_snr_claim_nothing(outcomes: pd.DataFrame, rng: Generator) -> None:
    assert null_quantiles(outcomes, ANNULI).empty
    assert uniformity(with_nulls(outcomes, gaussian, rng).assign(map_kind="ratio"), ANNULI, rng=rng).empty


@pytest.mark.slow
def test_the_test_of_uniformity_keeps_its_level(outcomes: pd.DataFrame) -> None:
    """Of 200 longer simulations of smooth noise 7 % had p < 0.05, of white noise 5 %."""
    rng = np.random.default_rng(3)
    drawn = [with_nulls(outcomes, gaussian, rng) for _ in range(40)]
    rejected = [
        (uniformity(one, {}, rng=rng).query("law == 'student'")["p"] < 0.05).item()  # the whole field only
        for one in drawn
    ]
    assert np.mean(rejected) < 0.17
