"""Readers for off-axis PSFs, which are centred and normalised."""

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets.arrays import read_image
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.psf import NormalisedPSF, normalise_psf


class SpectralPSF(NamedTuple):
    """PSFs of all channels (n_wavelengths, m, m), their mean FWHM, and their fluxes in an aperture of that diameter."""

    psf: NDArray[np.float64]
    fwhm: float
    flux: NDArray[np.float64]


def read_psf(path: str | Path) -> NormalisedPSF:
    """Read an off-axis PSF and normalise it with `algozoo.imaging.psf.normalise_psf`.

    Parameters
    ----------
    path : path
        FITS image (m, m), m odd, the star unsaturated and within one pixel of the centre.

    Returns
    -------
    NormalisedPSF
        The PSF (m, m), its FWHM in pixels, and the flux it had in an aperture of that diameter.

    Raises
    ------
    InputError
        If the file is missing or damaged, or its image cannot serve as a PSF.
    """
    data, _ = read_image(path)
    return _checked_psf(str(path), data)


def read_spectral_psf(path: str | Path) -> SpectralPSF:
    """Read off-axis PSFs (n_wavelengths, m, m), and centre and normalise each like `read_psf`.

    Raises
    ------
    InputError
        If the file is missing or damaged, or one of the images cannot serve as a PSF.
    """
    data, _ = read_image(path)
    if data.ndim != 3:
        raise InputError(
            f"{path}: the PSF has shape {data.shape}, expected (n_wavelengths, m, m): one for each channel"
        )
    each = [_checked_psf(f"{path}: channel {channel}", image) for channel, image in enumerate(data)]
    fwhm = float(np.mean([psf.fwhm for psf in each]))
    centre = data.shape[-1] // 2
    ratios = np.array([aperture_sum(psf.psf, centre, centre, fwhm / 2) for psf in each])
    psfs = np.stack([psf.psf for psf in each]) / ratios[:, None, None]
    return SpectralPSF(psfs, fwhm, ratios * [psf.flux for psf in each])


def _checked_psf(path: str, data: NDArray[Any]) -> NormalisedPSF:
    if data.ndim != 2 or data.shape[0] != data.shape[1] or data.shape[0] % 2 == 0:
        raise InputError(f"{path}: the PSF has shape {data.shape}, expected (m, m) with m odd: crop it around the star")
    if not np.isfinite(data).all():
        raise InputError(f"{path}: the PSF has {np.sum(~np.isfinite(data))} NaN or infinite pixels: replace them")
    peak = float(data.max())
    if peak <= 0:
        raise InputError(f"{path}: the PSF is empty, its brightest pixel is {peak:g}: expected a star")
    row, column = np.unravel_index(np.argmax(data), data.shape)
    centre = len(data) // 2
    if max(abs(row - centre), abs(column - centre)) > 1:
        raise InputError(
            f"{path}: the brightest pixel of the PSF is at x = {column}, y = {row}, expected within one pixel of the "
            f"centre ({centre}, {centre}): crop it around the star"
        )
    return _normalise(path, data.astype(np.float64), peak)


def _normalise(path: str, psf: NDArray[np.float64], peak: float) -> NormalisedPSF:
    not_a_star = InputError(
        f"{path}: the PSF does not look like one star (no Gaussian fits its core): expected an unsaturated, off-axis, "
        "background-subtracted one of at least 2 pixels FWHM"
    )
    try:
        with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
            warnings.simplefilter("error")
            normalised = normalise_psf(psf / peak)
            flux = normalised.flux * peak
    except (ArithmeticError, ValueError, Warning):
        raise not_a_star from None
    if not (normalised.flux > 0 and 0 < normalised.fwhm <= len(psf)):
        raise not_a_star
    return normalised._replace(flux=flux)
