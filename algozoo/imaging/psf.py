"""The off-axis PSF: its position and width by a 2-D fit, and its normalisation."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.shift import shift

Array = NDArray[np.float64]

MINIMUM_CORE = 9
"""Pixels needed to fit the six parameters of a Gaussian."""

SMALLEST_CORE = 1.5
"""Radius in pixels within which the core of the narrowest PSF is fitted: a square of three pixels."""


class GaussianFit(NamedTuple):
    """Centre (pixels) and full width at half maximum (pixels, geometric mean of both axes) of a PSF."""

    x: float
    y: float
    fwhm: float


class NormalisedPSF(NamedTuple):
    """A PSF centred on its stamp, with unit flux in an aperture of diameter `fwhm`, and the flux it had there."""

    psf: Array
    fwhm: float
    flux: float


def fit_gaussian(psf: ArrayLike, good: NDArray[np.bool_] | None = None) -> GaussianFit:
    """Fit a 2-D Gaussian to the core of a PSF: the pixels within its half maximum and half a pixel more.

    Wings are left out: a fit that includes them overestimates the width (by 6 % on a NACO PSF).

    Parameters
    ----------
    psf : array (ny, nx)
        A single unsaturated source on no background.
    good : array of bool (ny, nx), optional
        Pixels that are not at the top of a clipped PSF: only they are fitted.

    Raises
    ------
    ValueError
        If there is no source to fit.
    """
    psf = np.asarray(psf, dtype=np.float64)
    peak = psf.max()
    peak_y, peak_x = np.argwhere(psf == peak)[0] if good is None else np.argwhere(~good).mean(axis=0)
    if not peak > 0:
        raise ValueError("the PSF has no positive pixel")
    y, x = np.mgrid[: psf.shape[0], : psf.shape[1]]
    width = 2 * np.sqrt(np.sum(psf > peak / 2) / np.pi)
    core = np.hypot(x - peak_x, y - peak_y) <= max(width / 2 + 0.5, SMALLEST_CORE)
    if good is not None:
        core &= good
    if core.sum() < MINIMUM_CORE:
        raise ValueError(f"the core of the PSF has {core.sum()} pixels, too few to fit (at least {MINIMUM_CORE})")
    start = (1.0, peak_x, peak_y, width, width, 0.0)

    def misfit(parameters: Array) -> Array:
        return np.asarray(_gaussian(x[core], y[core], *parameters) - psf[core] / peak)

    fit = least_squares(misfit, start)
    _, x0, y0, fwhm_a, fwhm_b, _ = fit.x
    if not fit.success:
        raise ValueError("the core of the PSF is not like a Gaussian: the fit does not converge")
    return GaussianFit(float(x0), float(y0), float(np.sqrt(abs(fwhm_a * fwhm_b))))


def _gaussian(
    x: Array, y: Array, peak: float, x0: float, y0: float, fwhm_a: float, fwhm_b: float, angle: float
) -> Array:
    """Gaussian with two axes, the first at `angle` (radians) from x."""
    a = ((x - x0) * np.cos(angle) + (y - y0) * np.sin(angle)) / fwhm_a
    b = ((y - y0) * np.cos(angle) - (x - x0) * np.sin(angle)) / fwhm_b
    return np.asarray(peak * np.exp(-4 * np.log(2) * (a**2 + b**2)))


def normalise_psf(psf: ArrayLike, good: NDArray[np.bool_] | None = None) -> NormalisedPSF:
    """Centre a PSF on its stamp and scale it to unit flux in an aperture of diameter FWHM.

    It is always rescaled, however close to one its flux is.

    Parameters
    ----------
    psf : array (n, n)
        n odd, the source within one pixel of the centre.
    good : array of bool (n, n), optional
        As for `fit_gaussian`.
    """
    psf = np.asarray(psf, dtype=np.float64)
    centre = (len(psf) - 1) / 2
    fit = fit_gaussian(psf, good)
    centred = shift(psf, centre - fit.x, centre - fit.y)
    flux = aperture_sum(centred, centre, centre, fit.fwhm / 2)
    return NormalisedPSF(centred / flux, fit.fwhm, flux)


def locate(image: ArrayLike, x: float, y: float, fwhm: float) -> tuple[float, float]:
    """Position of a source in an image, by a Gaussian fit around its brightest pixel within one FWHM of a guess.

    Parameters
    ----------
    image : array (ny, nx)
    x, y : float
        Guess, in pixels; it is returned if there is nothing to fit.
    fwhm : float
        Pixels.
    """
    image = np.asarray(image, dtype=np.float64)
    reach = int(np.ceil(fwhm))
    left, bottom = max(round(x) - reach, 0), max(round(y) - reach, 0)
    crop = image[bottom : round(y) + reach + 1, left : round(x) + reach + 1]
    try:
        fit = fit_gaussian(crop)
    except ValueError:
        return x, y
    found = left + fit.x, bottom + fit.y
    return found if np.hypot(found[0] - x, found[1] - y) <= fwhm * np.sqrt(2) else (x, y)
