"""Position and contrast of a companion that is in the data, by a negative copy of it that removes it.

Lagrange et al. 2010 (Science 329, 57) and Wertz et al. 2017 (A&A 598, A83): the companion is where, and as bright as,
a subtracted one leaves the least residual light.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from algozoo.companions import Companion, inject, remove
from algozoo.errors import InputError
from algozoo.imaging.lowrank import leading_components
from algozoo.imaging.psf import locate
from algozoo.imaging.rotate import derotate
from algozoo.imaging.snr import snr_at
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]

APERTURE_RADIUS = 2.0
"""FWHM around the companion in which the residual light is added up."""

MARGIN = 2
"""Pixels beyond the aperture that are derotated, so that the edge of the cut-out does not reach into it."""

CONTRASTS = np.geomspace(1e-7, 1e-1, 19)
"""Tried before the fit, which starts from the best."""

LEAST_SNR = 3.0
"""Below it there is nothing to measure."""

N_RING = 7
"""Equal companions that are injected at other angles, to measure the errors."""

STEP = 0.15
"""First step of the fit, as a fraction of the FWHM and of the contrast."""

TOLERANCE = 0.004
"""The fit ends when its simplex is smaller, in the same units, and as flat, relative to the light at its start."""

MAXIMUM_TRIES = 150
LARGEST_LOG = 20.0
"""Keeps the contrast finite, wherever the simplex goes."""


@dataclass(frozen=True, kw_only=True)
class FittedCompanion:
    """A companion as measured, with standard errors.

    Parameters
    ----------
    companion : Companion
    separation_error : float
        Pixels.
    position_angle_error : float
        Degrees.
    contrast_error : float
    snr_before, snr_after : float
        At its place, before and after its removal.
    """

    companion: Companion
    separation_error: float
    position_angle_error: float
    contrast_error: float
    snr_before: float
    snr_after: float

    def to_sky(self, sequence: ADISequence) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return separation (arcseconds) and position angle (degrees East of North), each with its error."""
        separation, position_angle = self.companion.to_sky(sequence)
        return (separation, self.separation_error * sequence.pixel_scale), (position_angle, self.position_angle_error)


def fit_companion(
    sequence: ADISequence, guess: Companion, *, n_components: tuple[int, ...] = (5, 10, 20)
) -> FittedCompanion:
    """Measure a companion by the negative one that leaves the least residual light.

    The sum of squares within two FWHM of the companion, in the derotated mean of the residuals of full-frame PCA, is
    minimised over separation, position angle and contrast (Nelder-Mead), for each number of components; the result is
    their mean. Its variance is that between the numbers of components plus the mean square of the errors with which
    equal companions come back that are injected, after its removal, at seven other angles of the same ring.

    Parameters
    ----------
    sequence : ADISequence
        Of a cube with wavelengths, one contrast is fitted to all channels.
    guess : Companion
        Within one FWHM of the companion; its contrast does not matter.
    n_components : tuple of int
        The middle one serves for the injected companions and the S/N.

    Raises
    ------
    InputError
        If the aperture reaches the star or the edge of the frames, if there is no companion, or if the flux of the star
        is not known.
    """
    sequence.need_star_flux()
    _check_place(sequence, guess)
    counts = sorted({min(count, sequence.n_frames - 1) for count in n_components})
    middle = counts[len(counts) // 2]
    start = _likely(sequence, guess, middle)
    origin = _moved(start, _fit(sequence, start, middle), sequence.fwhm)
    fits = np.array([_fit(sequence, origin, count) for count in counts])
    companion = _moved(origin, fits.mean(axis=0), sequence.fwhm)
    snr = _snr(sequence, companion, middle)
    if snr < LEAST_SNR:
        separation, position_angle = guess.to_sky(sequence)
        raise InputError(
            f"{sequence.name}: no companion within one FWHM of {separation:.3f} arcsec, position angle "
            f"{position_angle:.1f} deg: the S/N there is {snr:.1f}, expected at least {LEAST_SNR:g}; correct the "
            "position or the offset of the angles that brings North up"
        )
    cleaned = remove(sequence, [companion])
    between_counts = fits.var(axis=0, ddof=1) if len(fits) > 1 else np.zeros(3)
    turns = 360 * np.arange(1, N_RING + 1) / (N_RING + 1)
    ring = [replace(companion, azimuth=(companion.azimuth + turn) % 360) for turn in turns]
    ring_errors = [_fit(inject(cleaned, [other]), other, middle) for other in ring]
    radial, tangential, relative = np.sqrt(between_counts + np.mean(np.square(ring_errors), axis=0))
    return FittedCompanion(
        companion=companion,
        separation_error=float(radial * sequence.fwhm),
        position_angle_error=float(np.rad2deg(tangential * sequence.fwhm / companion.separation)),
        contrast_error=float(relative * companion.contrast),
        snr_before=snr,
        snr_after=_snr(cleaned, companion, middle),
    )


def _fit(sequence: ADISequence, origin: Companion, n_components: int) -> Array:
    """Return the offset (see `_moved`) of the companion whose removal leaves the least light around the origin."""
    x, y = origin.position(sequence)
    half = int(np.ceil(origin.separation + APERTURE_RADIUS * sequence.fwhm)) + MARGIN
    edge = max(int(sequence.centre) - half, 0)
    rows, columns = np.mgrid[edge : sequence.size - edge, edge : sequence.size - edge]
    aperture = np.hypot(columns - x, rows - y) <= APERTURE_RADIUS * sequence.fwhm

    def light(offset: Array) -> float:
        companion = _moved(origin, offset, sequence.fwhm)
        if np.hypot(*offset[:2]) > 1 or companion.separation > sequence.centre:
            return np.inf
        images = _residual_images(remove(sequence, [companion]), n_components, edge)
        return float(np.sum(images[:, aperture] ** 2))

    simplex = np.vstack([np.zeros(3), STEP * np.eye(3)])
    scale = light(np.zeros(3))
    options: Any = {"initial_simplex": simplex, "xatol": TOLERANCE, "fatol": TOLERANCE, "maxfev": MAXIMUM_TRIES}
    found = minimize(  # type: ignore[call-overload] # the stubs do not know this call
        lambda offset: light(offset) / scale, np.zeros(3), method="Nelder-Mead", options=options
    )
    return np.asarray(found.x)


def _moved(origin: Companion, offset: Array, fwhm: float) -> Companion:
    """Move a companion by (radial in FWHM, tangential in FWHM, logarithm of the contrast)."""
    radial, tangential, log_contrast = offset
    return Companion(
        separation=abs(float(origin.separation + radial * fwhm)),
        azimuth=float(origin.azimuth + np.rad2deg(tangential * fwhm / origin.separation)) % 360,
        contrast=origin.contrast * float(np.exp(np.clip(log_contrast, -LARGEST_LOG, LARGEST_LOG))),
    )


def _residual_images(sequence: ADISequence, n_components: int, edge: int = 0) -> Array:
    """Return the derotated mean of full-frame PCA residuals of each channel, without `edge` pixels on each side."""
    n, inside = sequence.size, slice(edge, sequence.size - edge)
    images = []
    for channel in sequence.cube.reshape(-1, sequence.n_frames, n * n).astype(np.float64):
        frames = channel - channel.mean(axis=0)
        components = leading_components(frames, n_components)
        residuals = (frames - frames @ components.T @ components).reshape(-1, n, n)[:, inside, inside]
        images.append(derotate(residuals, sequence.parallactic_angles).mean(axis=0))
    return np.stack(images)


def _likely(sequence: ADISequence, guess: Companion, n_components: int) -> Companion:
    """Move a guess to the source near it, and give it the contrast whose removal leaves the least light there."""
    image = _residual_images(sequence, n_components).sum(axis=0)
    x, y = locate(image, *guess.position(sequence), sequence.fwhm)
    place = replace(
        guess,
        separation=float(np.hypot(x - sequence.centre, y - sequence.centre)),
        azimuth=float(np.rad2deg(np.arctan2(y - sequence.centre, x - sequence.centre))),
    )
    rows, columns = np.mgrid[: sequence.size, : sequence.size]
    here = np.hypot(columns - x, rows - y) <= sequence.fwhm

    def light(contrast: float) -> float:
        cleaned = remove(sequence, [replace(place, contrast=contrast)])
        return float(np.sum(_residual_images(cleaned, n_components)[:, here] ** 2))

    return replace(place, contrast=float(min(CONTRASTS, key=light)))


def _snr(sequence: ADISequence, companion: Companion, n_components: int) -> float:
    x, y = companion.position(sequence)
    return snr_at(_residual_images(sequence, n_components).sum(axis=0), x, y, sequence.fwhm)


def _check_place(sequence: ADISequence, guess: Companion) -> None:
    reach = APERTURE_RADIUS * sequence.fwhm
    if not sequence.fwhm <= guess.separation <= sequence.centre - reach:
        raise InputError(
            f"{sequence.name}: a companion at {guess.separation:.1f} px from the star cannot be measured, expected "
            f"{sequence.fwhm:.1f} px (one FWHM) to {sequence.centre - reach:.1f} px (two FWHM from the edge)"
        )
