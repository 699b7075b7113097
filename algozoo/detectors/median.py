"""Classical ADI: Marois et al. 2006, ApJ 641, 556."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.sequence import ADISequence


@dataclass(frozen=True, kw_only=True)
class Median(PSFSubtraction):
    """Subtract from each frame the median of all frames, in which a companion that moves leaves little."""

    name: ClassVar[str] = "median"
    title: ClassVar[str] = "Median subtraction (classical ADI)"
    reference: ClassVar[str] = "Marois et al. 2006, ApJ 641, 556, doi:10.1086/500401"

    def subtract(self, sequence: ADISequence) -> Array:
        """Subtract the temporal median (their eq. 1)."""
        cube = sequence.cube.astype(np.float64)
        return cube - np.median(cube, axis=0)
