import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm
from scipy.stats import t as student_t

from algozoo.imaging import snr
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.snr import n_apertures, significance, snr_at, snr_map

FWHM = 4.0


def noise(size: int = 61, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((size, size))


@pytest.mark.parametrize(("separation", "n"), [(1, 6), (2, 12), (3, 18), (5, 31), (10, 62), (20, 125)])
def test_number_of_apertures_is_that_of_mawet_2014(separation, n):
    assert n_apertures(separation * FWHM, FWHM) == n


@pytest.mark.parametrize(
    ("separation", "five_sigma", "three_sigma"), [(2, 11.7, 4.13), (3, 8.21, 3.65), (5, 6.48, 3.33), (20, 5.30, 3.07)]
)
def test_few_apertures_raise_the_threshold_as_mawet_2014_say(separation, five_sigma, three_sigma):
    n2 = n_apertures(separation * FWHM, FWHM) - 1
    for sigma, factor in ((5, five_sigma), (3, three_sigma)):
        threshold = student_t.isf(norm.sf(sigma), n2 - 1)
        assert threshold * np.sqrt(1 + 1 / n2) == pytest.approx(factor, rel=4e-3)
        assert significance(threshold, separation * FWHM, FWHM) == pytest.approx(sigma, rel=1e-9)


def test_significance_does_not_saturate():
    assert significance(60.0, 20 * FWHM, FWHM) > 15


def test_snr_is_the_two_sample_statistic_of_its_apertures():
    image, r = noise(), 12.0
    step, n = 2 * np.arcsin(FWHM / 2 / r), n_apertures(r, FWHM)
    sums = [aperture_sum(image, 30 + r * np.cos(-k * step), 30 + r * np.sin(-k * step), FWHM / 2) for k in range(n)]
    others = np.array(sums[1:])
    expected = (sums[0] - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / (n - 1)))
    assert snr_at(image, 30 + r, 30, FWHM) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("size", [60, 61])
def test_map_equals_snr_at_every_pixel(size):
    image = noise(size)
    scores = snr_map(image, FWHM)
    pixels = np.argwhere(np.isfinite(scores))
    chosen = pixels[np.random.default_rng(1).choice(len(pixels), 300, replace=False)]
    assert [snr_at(image, x, y, FWHM) for y, x in chosen] == pytest.approx([scores[y, x] for y, x in chosen], abs=1e-9)


@given(st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
@settings(max_examples=20)
def test_snr_is_invariant_to_flux_scale_and_background(scale, background):
    image = noise(41)
    expected = snr_map(image, FWHM)
    found = snr_map(scale * (image + background), FWHM)
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-6, equal_nan=True)


@pytest.mark.parametrize("separation", [2, 5])
def test_p_values_are_uniform_on_white_noise(separation):
    x = 50 + separation * FWHM
    snr = [snr_at(noise(101, seed), x, 50, FWHM) for seed in range(300)]
    p = student_t.sf(snr, n_apertures(separation * FWHM, FWHM) - 2)
    assert kstest(p, "uniform").pvalue > 0.01


def test_map_says_nothing_near_the_star_and_at_the_edge():
    scores = snr_map(noise(), FWHM)
    y, x = np.mgrid[:61, :61] - 30
    separation = np.hypot(x, y)
    scored = np.isfinite(scores)
    assert np.array_equal(scored, (separation >= FWHM) & (separation <= (61 - FWHM) / 2))


def test_flat_image_has_no_signal():
    assert np.nanmax(abs(snr_map(np.full((41, 41), 7.0), FWHM))) == 0


def test_map_of_a_turned_image_is_the_turned_map():
    image = noise()
    assert np.allclose(snr_map(np.rot90(image), FWHM), np.rot90(snr_map(image, FWHM)), equal_nan=True)


@pytest.mark.parametrize("block", [50, 10_000_000])
def test_map_does_not_depend_on_what_is_kept_nor_on_blocks(monkeypatch, block):
    expected = snr_map(noise(), FWHM)
    monkeypatch.setattr(snr, "LARGEST_KEPT", 60)
    monkeypatch.setattr(snr, "BLOCK", block)
    assert np.allclose(snr_map(noise(), FWHM), expected, rtol=0, atol=1e-12, equal_nan=True)


def test_maps_of_large_frames_take_and_keep_little_memory():
    image = noise(131)
    tracemalloc.start()
    snr_map(image, FWHM)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
    assert kept < 1e6
