"""Readers for off-axis PSFs, which are cut around the star, freed of the sky, centred and normalised."""

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets.arrays import read_image
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.psf import NormalisedPSF, normalise_psf
from algozoo.imaging.robust import scatter

Array = NDArray[np.float64]

LEAST_BACKGROUND = 0.02
"""Fraction of the peak above which a flat border is sky; the wings of a star's PSF are fainter or not flat."""

FLATNESS = 3.0
"""Scatter of the border, in standard deviations, that the level of a sky exceeds."""

BY_SYMMETRY = {1, 2, 4}
"""Pixels that share the maximum of a star on a pixel or between pixels; other numbers show a full detector."""

NARROWEST = 1.2
"""Pixels; a narrower FWHM is a hot pixel, not a star."""

LEAST_DRIFT = 0.02
"""Relative range of the fluxes of several exposures that is worth a warning."""


class PSF(NamedTuple):
    """PSFs in unit flux, centred; their FWHM and fluxes; and what is to be known of the file.

    Attributes
    ----------
    psf : array (m, m) or (n_wavelengths, m, m)
    fwhm : float
        Pixels, the mean over the channels.
    flux : float or array (n_wavelengths,)
        In an aperture of diameter `fwhm`, as in the file.
    clipped : bool
    notes : tuple of str
    """

    psf: Array
    fwhm: float
    flux: float | Array
    clipped: bool = False
    notes: tuple[str, ...] = ()


def read_psf(path: str | Path, n_wavelengths: int | None = None) -> PSF:
    """Read off-axis PSFs and normalise them with `algozoo.imaging.psf.normalise_psf`.

    Parameters
    ----------
    path : path
        FITS image (m, m), the star within one pixel of the centre, of odd side or of even side with the star on
        pixel m / 2; or several exposures (k, m, m), which are averaged. With wavelengths (n_wavelengths, m, m) or
        (n_wavelengths, k, m, m). Of one channel of a cube, (channels, k, m, m) is averaged too.
    n_wavelengths : int, optional
        Of the cube, if it has several.

    Raises
    ------
    InputError
        If the file is missing or damaged, or one of the images cannot serve as a PSF.
    """
    data, _ = read_image(path)
    if n_wavelengths is None:
        if data.ndim not in {2, 3, 4}:
            raise InputError(f"{path}: the PSF has shape {data.shape}, expected (m, m), or several exposures (k, m, m)")
        return _averaged(str(path), data.reshape(-1, *data.shape[-2:]))
    each = [
        _averaged(f"{path}: channel {channel}", images)
        for channel, images in enumerate(_channels_first(path, data, n_wavelengths))
    ]
    side = min(psf.psf.shape[-1] for psf in each)
    fwhm = float(np.mean([psf.fwhm for psf in each]))
    stamps = np.stack([cut(psf.psf, side) for psf in each])
    ratios = np.array([aperture_sum(stamp, side // 2, side // 2, fwhm / 2) for stamp in stamps])
    return PSF(
        stamps / ratios[:, None, None],
        fwhm,
        ratios * [psf.flux for psf in each],
        any(psf.clipped for psf in each),
        tuple(note for psf in each for note in psf.notes),
    )


def _channels_first(path: str | Path, data: NDArray[Any], n_wavelengths: int) -> NDArray[Any]:
    """Return the exposures of each channel, (n_wavelengths, k, m, m)."""
    if data.ndim == 3 and len(data) == n_wavelengths:
        return data[:, None]
    if data.ndim == 4 and n_wavelengths in data.shape[:2]:
        return data if len(data) == n_wavelengths else np.swapaxes(data, 0, 1)
    raise InputError(
        f"{path}: the PSF has shape {data.shape}, expected (n_wavelengths, m, m): one for each of the {n_wavelengths} "
        "channels, or several exposures of each, (n_wavelengths, k, m, m)"
    )


def _averaged(path: str, images: NDArray[Any]) -> PSF:
    """Return the mean of several exposures of one star, each centred first."""
    each = [_one(path if len(images) == 1 else f"{path}: exposure {k}", image) for k, image in enumerate(images)]
    if len(each) == 1:
        return each[0]
    notes = list(dict.fromkeys(note for psf in each for note in psf.notes))
    fluxes = np.array([psf.flux for psf in each])
    drift = np.ptp(fluxes) / fluxes.mean()
    notes.append(
        f"{path}: the PSF is the mean of {len(each)} exposures; the star's flux differs by {drift:.1%} between them"
        + (": the contrasts are uncertain by as much" if drift > LEAST_DRIFT else "")
    )
    side = min(len(psf.psf) for psf in each)
    mean = np.mean([cut(psf.psf, side) * psf.flux for psf in each], axis=0)
    normalised = _normalise(path, mean, float(mean.max()))
    return PSF(*normalised, any(psf.clipped for psf in each), tuple(notes))


def _one(path: str, image: NDArray[Any]) -> PSF:
    """Cut one image around its star, subtract the sky, centre and normalise it."""
    stamp = _around_the_star(path, image)
    border = np.concatenate([stamp[0], stamp[-1], stamp[1:-1, 0], stamp[1:-1, -1]])
    sky, peak = float(np.median(border)), float(stamp.max())
    notes = []
    clipped = int(np.sum(stamp == peak)) not in BY_SYMMETRY
    if abs(sky) > max(LEAST_BACKGROUND * (peak - sky), FLATNESS * float(scatter(border))):
        notes.append(f"{path}: a background of {sky:.4g} per pixel, {sky / peak:.1%} of the peak, is subtracted")
        stamp, peak = stamp - sky, peak - sky
    if clipped:
        notes.append(
            f"{path}: the PSF is clipped: {np.sum(stamp == peak)} pixels share its maximum; its FWHM is that of the "
            "flanks, and its flux is too small"
        )
    return PSF(*_normalise(path, stamp, peak, stamp < peak if clipped else None), clipped, tuple(notes))


def _around_the_star(path: str, image: NDArray[Any]) -> Array:
    """Return the largest stamp of odd side with the brightest pixel in the centre, where the image needs a cut."""
    if image.ndim != 2 or min(image.shape) < 3:
        raise InputError(f"{path}: the PSF has shape {image.shape}, expected (m, m)")
    if not np.isfinite(image).all():
        raise InputError(f"{path}: the PSF has {np.sum(~np.isfinite(image))} NaN or infinite pixels: replace them")
    peak = float(image.max())
    if peak <= 0:
        raise InputError(f"{path}: the PSF is empty, its brightest pixel is {peak:g}: expected a star")
    row, column = (round(index) for index in np.argwhere(image == peak).mean(axis=0))
    ny, nx = image.shape
    if max(abs(row - ny // 2), abs(column - nx // 2)) > 1:
        raise InputError(
            f"{path}: the brightest pixel of the PSF is at x = {column}, y = {row}, expected within one pixel of the "
            f"centre ({nx // 2}, {ny // 2}): crop it around the star"
        )
    if ny == nx and ny % 2:
        return image.astype(np.float64)
    half = min(row, column, ny - 1 - row, nx - 1 - column)
    return image[row - half : row + half + 1, column - half : column + half + 1].astype(np.float64)


def cut(stamp: Array, side: int) -> Array:
    """Return the central square of a stamp, or of several, both sides odd."""
    edge = (stamp.shape[-1] - side) // 2
    return stamp[..., edge : edge + side, edge : edge + side]


def _normalise(path: str, psf: Array, peak: float, good: NDArray[np.bool_] | None = None) -> NormalisedPSF:
    not_a_star = InputError(
        f"{path}: the PSF does not look like one star (no Gaussian fits its core): expected an unsaturated, off-axis "
        "one of at least 1.5 pixels FWHM"
    )
    try:
        with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
            warnings.simplefilter("error")
            normalised = normalise_psf(psf / peak, good)
            flux = normalised.flux * peak
    except (ArithmeticError, ValueError, Warning):
        raise not_a_star from None
    if not (normalised.flux > 0 and NARROWEST < normalised.fwhm <= len(psf)):
        raise not_a_star
    return normalised._replace(flux=flux)
