import numpy as np
import pytest
from scipy.signal import fftconvolve
from scipy.stats import norm

from algozoo.companions import Companion, inject
from algozoo.detectors.contract import Declined
from algozoo.detectors.matched_filter import MatchedFilter, matched_filter_snr
from algozoo.imaging.snr import significance

FWHM = 4.0
SIZE = 121
SIGMA = 2.5


def white(seed, n=1):
    return SIGMA * np.random.default_rng(seed).standard_normal((n, SIZE, SIZE))


def separations():
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    return np.hypot(x, y)


@pytest.fixture(scope="module")
def maps_of_noise(star):
    return np.stack([matched_filter_snr(image, star, FWHM) for image in white(0, 80)])


def test_white_noise_is_standard_normal(maps_of_noise):
    """Moments and tails of N(0, 1); that at 3 is the next test's."""
    values = maps_of_noise[:, separations() > 20]
    values = values[np.isfinite(values)]
    assert values.mean() == pytest.approx(0, abs=0.02)
    assert values.std() == pytest.approx(1, abs=0.02)
    for threshold in (1, 2):
        assert np.mean(values > threshold) == pytest.approx(norm.sf(threshold), rel=0.05)


def test_its_tail_is_heavier_by_a_fifth_because_the_noise_is_estimated(star, maps_of_noise):
    """At 3. In units of the noise of theory, sigma sqrt(sum of psf^2), the same pixels have the tail of N(0, 1)."""
    zone = (separations() >= 24) & (separations() < 56)
    filtered = np.stack([fftconvolve(image, star[::-1, ::-1], mode="same") for image in white(0, 80)])
    of_theory = filtered[:, zone] / (SIGMA * np.sqrt(np.sum(star**2)))
    assert np.mean(of_theory > 3) == pytest.approx(norm.sf(3), rel=0.05)
    assert 1.05 < np.mean(maps_of_noise[:, zone] > 3) / norm.sf(3) < 1.4


@pytest.mark.parametrize(("inner", "outer"), [(1, 2), (2, 4), (4, 8), (8, 14)])
def test_standard_deviations_by_student_s_law_promise_no_more_than_they_keep(maps_of_noise, inner, outer):
    """Those that the board uses, in all rings, in FWHM; on white noise."""
    zone = (separations() >= inner * FWHM) & (separations() < outer * FWHM)
    sigmas = significance(maps_of_noise[:, zone], separations()[zone], FWHM)
    for threshold in (1, 2, 3):
        assert np.mean(sigmas > threshold) <= norm.sf(threshold)


@pytest.mark.parametrize("flux", [40.0, 100.0, 400.0])
def test_source_in_white_noise_has_the_snr_of_theory(star, flux):
    """The mean over 100 images has an error of 0.1, and the source raises the noise of its ring by up to 3 %.

    The S/N scatters by 1, and by what the estimate of the noise does.
    """
    expected = flux * np.sqrt(np.sum(star**2)) / SIGMA
    row, column = 60, 100
    found = []
    for image in white(1, 100):
        image[row - 14 : row + 15, column - 14 : column + 15] += flux * star
        found.append(matched_filter_snr(image, star, FWHM)[row, column])
    assert np.mean(found) == pytest.approx(expected, abs=0.3 + 0.03 * expected)
    assert 0.7 < np.std(found) < np.hypot(1.3, 0.15 * expected)


def test_it_is_the_sum_over_the_psf_in_units_of_its_scatter(star):
    """On an asymmetric PSF too, and with the PSF in any unit."""
    psf = star * (1 + np.arange(29) / 29)
    image = white(2)[0]
    snr = matched_filter_snr(image, psf, FWHM)
    sums = {
        place: np.sum(psf * image[place[0] - 14 : place[0] + 15, place[1] - 14 : place[1] + 15])
        for place in ((60, 30), (60, 90))
    }
    ring = abs(separations() - 30) <= FWHM / 2
    filtered = np.array([np.sum(psf * image[i - 14 : i + 15, j - 14 : j + 15]) for i, j in np.argwhere(ring)])
    level = np.median(filtered)
    scatter = 1.4826 * np.median(abs(filtered - level))
    for place, value in sums.items():
        assert snr[place] == pytest.approx((value - level) / scatter)
    assert np.allclose(matched_filter_snr(image, 7 * psf, FWHM), snr, equal_nan=True)


def test_no_noise_gives_no_score(star):
    snr = matched_filter_snr(np.zeros((41, 41)), star, FWHM)
    assert np.nanmin(snr) == np.nanmax(snr) == 0
    assert np.isnan(snr[20, 20])


def test_planet_is_found_where_it_is(make_sequence):
    planet = Companion(separation=12, azimuth=70, contrast=0.03)
    sequence = inject(make_sequence(n_frames=20, parallactic_angles=np.linspace(0, 90, 20)), [planet])
    scores = MatchedFilter().detect(sequence).scores
    row, column = np.unravel_index(np.nanargmax(scores), scores.shape)
    x, y = planet.position(sequence)
    assert np.hypot(column - x, row - y) <= FWHM / 2
    assert scores[row, column] > 6


@pytest.mark.parametrize("n_frames", [1, 12])
def test_frames_without_difference_are_declined(make_sequence, n_frames):
    sequence = make_sequence(cube=np.ones((n_frames, 41, 41)), parallactic_angles=np.linspace(0, 60, n_frames))
    with pytest.raises(Declined, match=r"alike|at least 2 frames"):
        MatchedFilter().detect(sequence)
