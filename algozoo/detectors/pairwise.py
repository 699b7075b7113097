"""Pairwise frame differencing, annulus by annulus, as in VIP: Gomez Gonzalez et al. 2017, AJ 154, 7."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from algozoo.detectors.annular import AnnularSubtraction, Patch, Rotation
from algozoo.detectors.subtraction import Array


@dataclass(frozen=True, kw_only=True)
class Pairwise(AnnularSubtraction):
    """Subtract from each annulus of a frame the same annulus of the most similar frame turned away from it.

    Similar are frames with a small sum of absolute differences. The defaults are those of VIP's `frame_diff` for a PSF
    of 4 px, but here each frame has one partner and none is dropped.
    """

    name: ClassVar[str] = "pairwise"
    title: ClassVar[str] = "Pairwise frame differencing"
    reference: ClassVar[str] = "Gomez Gonzalez et al. 2017, AJ 154, 7, doi:10.3847/1538-3881/aa61d7"
    version: ClassVar[str] = "2"

    rotation: Rotation = (0.5, 0.5)

    def subtract_patch(self, patch: Patch) -> Array:
        """Find the partner of each frame and subtract it."""
        partner = partners(patch)
        return patch.frames[: len(partner)] - patch.frames[partner]


def partners(patch: Patch) -> NDArray[np.intp]:
    """Find the reference most similar to each frame: its number, (n_frames,)."""
    distance = cdist(patch.zone[: len(patch.references)], patch.zone, "cityblock")
    return np.asarray(np.where(patch.references, distance, np.inf).argmin(axis=1))
