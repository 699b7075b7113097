"""Classical ADI with a reference of its own for each frame and annulus: Marois et al. 2006, ApJ 641, 556."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algozoo.detectors.annular import AnnularSubtraction, Patch, Rotation
from algozoo.detectors.parameters import Count
from algozoo.detectors.subtraction import Array
from algozoo.imaging.combine import temporal_median


@dataclass(frozen=True, kw_only=True)
class AnnularMedian(AnnularSubtraction):
    """Subtract from each annulus of a frame the median of the few frames nearest in angle that turned away from it.

    The median of all frames, which the paper subtracts first, is the same in a frame and its references and drops out.

    The median of four after a rotation by one FWHM is VIP's `median_sub` in its annular mode, which takes two frames on
    either side rather than the four nearest.
    """

    name: ClassVar[str] = "annular-median"
    title: ClassVar[str] = "Annular median subtraction (classical ADI with nearby references)"
    reference: ClassVar[str] = "Marois et al. 2006, ApJ 641, 556, doi:10.1086/500401"
    version: ClassVar[str] = "2"

    rotation: Rotation = (1.0, 1.0)
    max_references: Count = 4

    def subtract_patch(self, patch: Patch) -> Array:
        """Subtract the median of the references of each frame."""
        own = zip(patch.frames, patch.references, strict=False)
        return np.stack([frame - temporal_median(patch.frames[library]) for frame, library in own])
