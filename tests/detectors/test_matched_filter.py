import numpy as np
import pytest
from scipy.stats import norm

from algozoo.companions import Companion, inject
from algozoo.detectors.contract import Declined
from algozoo.detectors.matched_filter import MatchedFilter, matched_filter_snr

FWHM = 4.0
SIZE = 121
SIGMA = 2.5


def white(seed, n=1):
    return SIGMA * np.random.default_rng(seed).standard_normal((n, SIZE, SIZE))


def separations():
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    return np.hypot(x, y)


def test_white_noise_is_standard_normal(star):
    """Moments and tails of N(0, 1); at 3 the tail is a third heavier, as the noise of a ring is known to some 10 %."""
    snr = np.stack([matched_filter_snr(image, star, FWHM) for image in white(0, 40)])
    values = snr[:, separations() > 20]
    values = values[np.isfinite(values)]
    assert values.mean() == pytest.approx(0, abs=0.03)
    assert values.std() == pytest.approx(1, abs=0.03)
    for threshold in (1, 2, 3):
        assert np.mean(values > threshold) == pytest.approx(norm.sf(threshold), rel=0.1 if threshold < 3 else 0.5)


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
    planet = Companion(separation=12, position_angle=70, contrast=0.03)
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
