"""Locally optimised combination of images (LOCI): Lafreniere et al. 2007, ApJ 660, 770."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from algozoo.detectors.annular import AnnularSubtraction, Patch
from algozoo.detectors.subtraction import Array
from algozoo.errors import InputError
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

    Parameters
    ----------
    zone_width : float
        Radial width of the optimisation zone in annulus widths, 1 or more.
    cutoff : float
        Singular values of the references below this fraction of the largest are left out, which damps combinations of
        large weights that fit noise.
    """

    name: ClassVar[str] = "loci"
    title: ClassVar[str] = "Locally optimised combination of images (LOCI)"
    reference: ClassVar[str] = "Lafreniere et al. 2007, ApJ 660, 770, doi:10.1086/513180"

    n_segments: int = 4
    zone_width: float = 2.0
    cutoff: float = 0.01

    def optimisation_zone(self, annulus: Annulus) -> Annulus:
        """Return the annulus, made wider outwards."""
        return Annulus(annulus.inner, annulus.inner + self.zone_width * (annulus.outer - annulus.inner))

    def subtract_patch(self, patch: Patch) -> Array:
        """Find the coefficients on the zone and subtract the combination from the segment."""
        weights = weigh(patch.zone, patch.references, partial(least_squares_weights, cutoff=self.cutoff))
        return patch.frames[: len(weights)] - weights @ patch.frames

    def check_parameters(self) -> None:
        """Raise an InputError at a parameter that makes no sense."""
        super().check_parameters()
        if not self.zone_width >= 1:
            raise InputError(f"{self.name}: zone_width is {self.zone_width}, expected 1 or more annulus widths")
        if not SMALLEST_CUTOFF <= self.cutoff < 1:
            raise InputError(f"{self.name}: cutoff is {self.cutoff}, expected a fraction from {SMALLEST_CUTOFF} to 1")
