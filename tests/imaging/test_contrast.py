import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_pixels, aperture_sum
from algozoo.imaging.contrast import (
    RingNoise,
    laplace_false_alarm,
    laplace_threshold,
    ring_noise,
    ring_sums,
    signal_to_noise,
    student_threshold,
)
from algozoo.imaging.snr import snr_at

FWHM = 4.0


def white(seed=0, size=61):
    return np.random.default_rng(seed).standard_normal((size, size))


@pytest.mark.parametrize(
    ("n_apertures", "five_sigma", "three_sigma"),
    [(6, 62.3, 7.25), (12, 11.7, 4.13), (18, 8.21, 3.65), (31, 6.48, 3.33), (62, 5.64, 3.16), (125, 5.30, 3.07)],
)
def test_student_thresholds_are_those_of_mawet_2014(n_apertures, five_sigma, three_sigma):
    n = n_apertures - 1
    for sigma, factor in ((5, five_sigma), (3, three_sigma)):
        assert student_threshold(sigma, n) * np.sqrt(1 + 1 / n) == pytest.approx(factor, rel=4e-3)


@pytest.mark.parametrize(
    ("n", "sigma", "threshold"), [(5, 3, 9.4), (11, 3, 5.9), (17, 3, 5.2), (30, 3, 4.8), (61, 3, 4.4), (61, 4, 7.5)]
)
def test_laplacian_thresholds_are_those_of_bonse_2023(n, sigma, threshold):
    assert laplace_threshold(sigma, n) == pytest.approx(threshold, rel=0.03)


@pytest.mark.parametrize("n", [5, 11])
def test_laplacian_threshold_is_exceeded_as_often_as_counting_says(n):
    rng = np.random.default_rng(3)
    draws = rng.laplace(size=(100_000, n + 1))
    others = draws[:, 1:]
    ratio = (draws[:, 0] - others.mean(axis=1)) / (others.std(axis=1, ddof=1) * np.sqrt(1 + 1 / n))
    for sigma in (1, 2, 3):
        expected = norm.sf(sigma) * len(ratio)
        assert abs(np.sum(ratio > laplace_threshold(sigma, n)) - expected) < 4 * np.sqrt(expected)


@pytest.mark.parametrize("n", [5, 11, 30, 61])
def test_laplacian_probability_is_the_inverse_of_the_threshold(n):
    sigma = np.array([1, 2, 3, 4])
    p = laplace_false_alarm([laplace_threshold(s, n) for s in (1, 2, 3, 4)], n)
    np.testing.assert_allclose(norm.isf(p), sigma, rtol=0.02)
    below = laplace_false_alarm(np.linspace(-20, 20, 401), n)
    assert (np.diff(below) <= 0).all()
    np.testing.assert_allclose(below + below[::-1], 1)


@given(st.integers(6, 60), st.floats(2, 4.5))
@settings(max_examples=20)
def test_fewer_apertures_ask_for_more(n, sigma):
    assert student_threshold(sigma, n) > student_threshold(sigma, n + 1) > sigma


@pytest.mark.parametrize("n", [5, 11, 61])
def test_heavier_tails_ask_for_more(n):
    assert laplace_threshold(3, n) > student_threshold(3, n)


def test_ring_is_of_touching_apertures():
    image = white()
    sums, x, y = ring_sums(image, 13.0, 30.0, FWHM)
    assert [aperture_sum(image, *place, FWHM / 2) for place in zip(x, y, strict=True)] == pytest.approx(sums)
    assert np.hypot(np.diff(x), np.diff(y)) == pytest.approx(np.full(len(x) - 1, FWHM))
    assert np.rad2deg(np.arctan2(y[0] - 30, x[0] - 30)) == pytest.approx(30)


def test_first_aperture_against_the_others_is_the_snr_of_the_map():
    image = white()
    sums, _, _ = ring_sums(image, 13.0, 0.0, FWHM)
    ring = RingNoise(sums[1:].mean(), sums[1:].std(ddof=1), len(sums) - 1)
    mirrored = np.flipud(image)  # snr_at goes round clockwise
    assert signal_to_noise(sums[0], ring) == pytest.approx(snr_at(mirrored, 43, 30, FWHM), rel=1e-9)


def test_noise_of_white_noise_is_that_of_the_sum_of_its_pixels():
    _, _, weights = aperture_pixels(np.array([0.3]), np.array([0.1]), FWHM / 2)
    rings = [ring_noise(white(seed), 16.0, FWHM) for seed in range(20)]
    assert np.sqrt(np.mean([ring.noise**2 for ring in rings])) == pytest.approx(np.sqrt(np.sum(weights**2)), rel=0.08)
    assert np.mean([ring.mean for ring in rings]) == pytest.approx(0, abs=0.4)
    assert {ring.n_apertures for ring in rings} == {25}


@given(st.floats(1e-3, 1e3), st.floats(-100, 100))
@settings(max_examples=10)
def test_noise_scales_with_the_image_and_does_not_see_its_background(scale, background):
    plain, other = ring_noise(white(), 13.0, FWHM), ring_noise(scale * (white() + background), 13.0, FWHM)
    assert other.noise == pytest.approx(scale * plain.noise, rel=1e-6)


def test_masked_companion_is_not_noise():
    y, x = np.mgrid[:61, :61]
    distance = np.hypot(x - 46, y - 30)
    image, usable = white() + 50 * np.exp(-(distance**2) / 6), distance > 1.5 * FWHM
    masked, plain = ring_noise(image, 16.0, FWHM, usable), ring_noise(white(), 16.0, FWHM)
    assert ring_noise(image, 16.0, FWHM).noise > 10 * plain.noise
    assert masked.noise == pytest.approx(plain.noise, rel=0.15)
    assert masked.n_apertures == 22


@pytest.mark.parametrize("separation", [3.9, 28.6])
def test_ring_outside_the_field_is_refused(separation):
    with pytest.raises(InputError, match=r"outside the field: .* from 4\.0 to 28\.5 px \(1 to 7\.12 FWHM\)"):
        ring_sums(white(), separation, 0.0, FWHM)


def test_too_few_resolution_elements_are_refused():
    usable = np.zeros((61, 61), dtype=bool)
    usable[31:, 31:] = True
    with pytest.raises(InputError, match=r"2\.00 FWHM: \d resolution elements are left there, expected at least 5"):
        ring_noise(white(), 2 * FWHM, FWHM, usable)
