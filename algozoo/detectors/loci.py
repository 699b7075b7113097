"""Locally optimised combination of images (LOCI): Lafreniere et al. 2007, ApJ 660, 770."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from algozoo.detectors.annular import AnnularSubtraction, Patch
from algozoo.detectors.parameters import Count, NotNegative
from algozoo.detectors.subtraction import Array
from algozoo.imaging.annuli import Annulus
from algozoo.imaging.references import least_squares_weights, weigh

SMALLEST_CUTOFF = 1e-6
"""The squares of smaller singular values drown in the rounding of the largest."""


@dataclass(frozen=True, kw_only=True)
class LOCI(AnnularSubtraction):
    """Subtract from each segment of a frame the combination of frames turned away that comes closest to it.

    Closest in the sense of least squares, over an optimisation zone that begins where the segment does and reaches
    farther out. The frames are taken as they are, so that sky should be subtracted from them first. The defaults are
    those of VIP's `xloci` for a PSF of 4 px.

    A combination that is free to fit everything also fits the companion, and takes part of it away. Damped LOCI (Pueyo
    et al. 2012, ApJS 199, 6, doi:10.1088/0067-0049/199/1/6) keeps more of it by a penalty in what is minimised. Theirs
    is on the companion's flux; the one here is on the squares of the coefficients, the simplest that has the effect
    (ridge regression). With the frame T and its references R_j on the zone, the coefficients c_j minimise
    `|T - sum_j c_j R_j|^2 + damping * m * sum_j c_j^2`, m being the mean of the `|R_j|^2`.

    Parameters
    ----------
    zone_width : float
        Radial width of the optimisation zone in annulus widths, 1 or more.
    cutoff : float
        Singular values of the references below this fraction of the largest are left out, because combinations of large
        weights fit noise.
    damping : float
        Weight of the penalty, without unit. 0 is LOCI as published; the larger, the less is taken from a companion, and
        from the star.
    """

    name: ClassVar[str] = "loci"
    title: ClassVar[str] = "Locally optimised combination of images (LOCI)"
    reference: ClassVar[str] = "Lafreniere et al. 2007, ApJ 660, 770, doi:10.1086/513180"
    version: ClassVar[str] = "2"

    n_segments: Count = 4
    zone_width: Annotated[float, Field(ge=1)] = 2.0
    cutoff: Annotated[float, Field(ge=SMALLEST_CUTOFF, lt=1)] = 0.01
    damping: NotNegative = 0.0

    def optimisation_zone(self, annulus: Annulus) -> Annulus:
        """Return the annulus, made wider outwards."""
        return Annulus(annulus.inner, annulus.inner + self.zone_width * (annulus.outer - annulus.inner))

    def subtract_patch(self, patch: Patch) -> Array:
        """Find the coefficients on the zone and subtract the combination from the segment."""
        weights = weigh(patch.zone, patch.references, self._coefficients)
        return patch.frames[: len(weights)] - weights @ patch.frames

    def _coefficients(self, products: Array, target: Array) -> Array:
        """Solve the normal equations, the penalty on their diagonal."""
        if self.damping:
            products = products + self.damping * np.diagonal(products).mean() * np.eye(len(target))
        return least_squares_weights(products, target, self.cutoff)
