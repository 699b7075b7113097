import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import j1

from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.psf import fit_gaussian, locate, normalise_psf

y, x = np.mgrid[:31, :31]


def gaussian(cx: float, cy: float, fwhm: float) -> np.ndarray:
    return np.exp(-4 * np.log(2) * ((x - cx) ** 2 + (y - cy) ** 2) / fwhm**2)


@given(st.floats(13, 17), st.floats(13, 17), st.floats(2.5, 8), st.floats(1e-3, 1e6))
def test_fit_recovers_a_gaussian(cx, cy, fwhm, flux):
    fit = fit_gaussian(flux * gaussian(cx, cy, fwhm))
    assert (fit.x, fit.y, fit.fwhm) == pytest.approx((cx, cy, fwhm), abs=1e-4)


@pytest.mark.parametrize("fwhm", [3.0, 4.0, 6.0])
def test_fit_finds_the_half_maximum_of_an_airy_disc(fwhm):
    radius = np.pi * 1.029 * np.hypot(x - 15.2, y - 14.9) / fwhm
    assert fit_gaussian((2 * j1(radius) / radius) ** 2).fwhm == pytest.approx(fwhm, rel=0.03)


@given(st.floats(14.2, 15.8), st.floats(14.2, 15.8), st.floats(2.5, 7), st.floats(0.01, 1e5))
def test_normalised_psf_is_centred_with_unit_aperture_flux(cx, cy, fwhm, flux):
    psf = normalise_psf(flux * gaussian(cx, cy, fwhm))
    fit = fit_gaussian(psf.psf)
    assert (fit.x, fit.y) == pytest.approx((15, 15), abs=1e-3)
    assert aperture_sum(psf.psf, 15, 15, psf.fwhm / 2) == pytest.approx(1, rel=1e-9)
    assert psf.psf.sum() * psf.flux == pytest.approx(flux * gaussian(cx, cy, fwhm).sum(), rel=1e-3)


def test_a_psf_one_percent_off_is_rescaled_too():
    once = normalise_psf(gaussian(15, 15, 4)).psf
    assert normalise_psf(1.01 * once).flux == pytest.approx(1.01, rel=1e-6)


@pytest.mark.parametrize("psf", [np.zeros((9, 9)), -np.ones((9, 9)), np.eye(1)])
def test_nothing_to_fit_is_an_error(psf):
    with pytest.raises(ValueError, match="PSF"):
        fit_gaussian(psf)


def test_source_is_located_to_a_fraction_of_a_pixel():
    image = gaussian(20.3, 11.6, 4) + 0.01 * np.random.default_rng(0).standard_normal((31, 31))
    assert locate(image, 21, 11, 4) == pytest.approx((20.3, 11.6), abs=0.05)


def test_without_a_source_the_guess_is_kept():
    assert locate(np.zeros((31, 31)), 12.0, 9.0, 4) == (12.0, 9.0)
