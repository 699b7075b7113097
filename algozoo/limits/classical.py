"""The classical limit: the contrast whose S/N is as rare a false alarm as a 5 sigma deviate of Gaussian noise.

Mawet et al. 2014, ApJ 792, 97 (10.1088/0004-637X/792/2/97). It rests on the noise of a ring of apertures and on the
throughput of a companion, and holds for detectors that subtract a model of the star.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from algozoo.companions import Companion
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.contrast import laplace_threshold, ring_noise, student_threshold
from algozoo.limits.probe import Probe

SIGMA = 5.0
THROUGHPUT_AZIMUTHS = 4
THROUGHPUT_ROUNDS = 5
THROUGHPUT_TOLERANCE = 0.05


class Throughput(NamedTuple):
    """Share of a companion's flux that is left in its aperture: mean over azimuths, and standard deviation."""

    mean: float
    scatter: float


def classical_limits(probe: Probe, separation: float, rng: np.random.Generator) -> dict[str, Any]:
    """Measure the contrast whose S/N is a 5 sigma event, for Gaussian and for Laplacian noise.

    The noise is that of the empty image, with n apertures on the ring; the flux of a companion is compared with the
    n - 1 others. The throughput depends on the brightness of the companion, so it is measured at the limit itself, by
    repetition.

    Returns
    -------
    dict
        n_apertures, noise, and for both laws threshold (S/N), throughput, its scatter over azimuths, contrast (NaN
        where there is no limit) and status: 'ok', or why there is none.

    Raises
    ------
    InputError
        If the ring is outside the field or has too few resolution elements.
    """
    null = probe.field.null
    ring = ring_noise(residual_image(probe), separation * null.fwhm, null.fwhm, probe.field.clear)
    result: dict[str, Any] = {"n_apertures": ring.n_apertures, "noise": ring.noise}
    others = ring.n_apertures - 1
    for law, threshold in (("student", student_threshold), ("laplace", laplace_threshold)):
        significant = threshold(SIGMA, others)
        flux = significant * ring.noise * float(np.sqrt(1 + 1 / others)) / float(null.star_flux)
        contrast, throughput, status = _self_consistent(probe, separation, flux, rng)
        result |= {
            f"threshold_{law}": significant,
            f"throughput_{law}": throughput.mean,
            f"throughput_scatter_{law}": throughput.scatter,
            f"contrast_{law}": contrast,
            f"status_{law}": status,
        }
    return result


def measure_throughput(probe: Probe, separation: float, contrast: float, angles: Sequence[float]) -> Throughput:
    """Measure the share of the flux of single companions that a PSF subtraction leaves in their aperture.

    Parameters
    ----------
    probe : Probe
        Of a detector that gives its residual image.
    separation : float
        FWHM.
    contrast : float
    angles : sequence of float
        Position angles in degrees, one companion at a time: companions side by side subtract each other.
    """
    null = probe.field.null
    left = []
    for angle in angles:
        companion = Companion(separation=separation * null.fwhm, azimuth=angle, contrast=contrast)
        difference = np.asarray(probe.look(companion).map.image) - residual_image(probe)
        left.append(aperture_sum(difference, *companion.position(null), null.fwhm / 2))
    shares = np.array(left) / (contrast * float(null.star_flux))
    return Throughput(float(shares.mean()), float(shares.std(ddof=1)) if shares.size > 1 else np.nan)


def residual_image(probe: Probe) -> np.ndarray:
    """Residual image of the empty sequence."""
    return np.asarray(probe.empty.image)


def _self_consistent(
    probe: Probe, separation: float, flux: float, rng: np.random.Generator
) -> tuple[float, Throughput, str]:
    """Find the contrast at which throughput times contrast is the flux, relative to the star's, that is needed."""
    angles = list(islice(probe.angles(separation, rng), THROUGHPUT_AZIMUTHS))
    contrast = 2 * flux
    for _ in range(THROUGHPUT_ROUNDS):
        throughput = measure_throughput(probe, separation, contrast, angles)
        if throughput.mean <= 0:
            return np.nan, throughput, "nothing is left of a companion"
        before, contrast = contrast, flux / throughput.mean
        if contrast >= 1:
            return np.nan, throughput, "not reached by a companion as bright as the star"
        if abs(contrast / before - 1) < THROUGHPUT_TOLERANCE:
            return contrast, throughput, "ok"
    return np.nan, throughput, "the throughput depends too much on the brightness"
