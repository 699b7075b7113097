"""How bright a companion must be to have an S/N: injections into an annulus, and a robust line through zero."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from algozoo.detectors.supervised.points import Array
from algozoo.detectors.supervised.sectors import CONTRASTS_PER_PLACE, Places
from algozoo.imaging.annuli import Annulus
from algozoo.imaging.apertures import aperture_pixels
from algozoo.imaging.robust import scatter

FIRST_LOOK, INJECTIONS = 16, 48
"""Injections that find the range of the fit, and those that are fitted; multiples of CONTRASTS_PER_PLACE."""

BRIGHTEST, BRIGHTER = 20.0, 6
"""The first injections have at most so many times the noise; four times more, so often, until they are seen."""

FITTED_SNR = (0.5, 5.0)
"""S/N between which the injections lie that are fitted: brighter companions are subtracted more."""

LEAST_THROUGHPUT = 1e-4
"""Where the fit says that less of a companion remains, this is taken."""


class FluxFit(NamedTuple):
    """How bright a companion must be in an annulus: S/N of the baseline against contrast, and the line through zero.

    `contrasts` and `snr` (n,) are the injections, seen with `components` components, and `slope` is S/N by contrast.
    """

    annulus: Annulus
    components: int
    contrasts: Array
    snr: Array
    slope: float


def fit_flux(field: Places, rng: np.random.Generator) -> FluxFit:
    """Find the contrasts that give an S/N in the baseline: at the level where it rises fastest with the contrast.

    The level is chosen by the fitted lines, not by the highest S/N of each companion, which noise would decide.
    """
    ring = field.ring
    aperture = _aperture(ring.patch, ring.sequence.fwhm)
    empty = np.tensordot(ring.patches(ring.image(), ring.pixels), aperture, 2)
    zero = np.median(empty, axis=0)
    noise = scatter(empty, axis=0)
    unit = noise / float(ring.sequence.star_flux)

    def measured(contrasts: Array) -> Array:
        groups = contrasts.reshape(CONTRASTS_PER_PLACE, -1).T
        patches = np.stack([ring.injected(field.draw(None, rng), group) for group in groups], axis=1)
        patches = patches.reshape(-1, *patches.shape[2:])
        return np.asarray((np.tensordot(patches, aperture, 2) - zero) / noise)

    def slopes(contrasts: Array, values: Array) -> Array:
        throughputs = [_robust_slope(contrasts / u, v) for u, v in zip(unit, values.T, strict=True)]
        return np.asarray(np.clip(throughputs, LEAST_THROUGHPUT, 1) / unit)

    for brightest in unit.min() * BRIGHTEST * 4.0 ** np.arange(BRIGHTER):
        first = np.linspace(0.1, 1, FIRST_LOOK) * brightest
        rough = slopes(first, measured(first)).max()
        if rough * brightest >= FITTED_SNR[1]:
            break
    contrasts = np.linspace(*FITTED_SNR, INJECTIONS) / rough
    values = measured(contrasts)
    fitted = slopes(contrasts, values)
    best = int(fitted.argmax())
    slope = float(fitted[best])
    return FluxFit(ring.annulus, int(ring.levels[best]), contrasts, values[:, best], slope)


def _robust_slope(x: Array, y: Array) -> float:
    """Slope of the line through zero, little moved by outliers."""

    def misfit(slope: Array) -> Array:
        return np.asarray(y - slope * x)

    return float(least_squares(misfit, 0.5, loss="soft_l1").x[0])


def _aperture(patch: int, fwhm: float) -> Array:
    """Weights of the pixels of a patch in an aperture of diameter FWHM around its centre."""
    centre = np.array([patch // 2.0])
    rows, columns, weights = aperture_pixels(centre, centre, fwhm / 2)
    aperture = np.zeros((patch, patch))
    inside = (rows >= 0) & (rows < patch) & (columns >= 0) & (columns < patch)
    aperture[rows[inside], columns[inside]] = weights[inside]
    return aperture
