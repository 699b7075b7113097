"""What all detectors share that subtract a model of the star: derotate, combine, S/N map."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from algozoo.detectors.contract import Declined, DetectionMap, Detector
from algozoo.imaging.combine import Combination, combine
from algozoo.imaging.rotate import derotate
from algozoo.imaging.snr import snr_map
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PSFSubtraction(Detector):
    """A detector that subtracts a model of the star from every frame; the subtraction is its only open step.

    Parameters
    ----------
    combine : {'median', 'mean', 'trimmed-mean'}
        How the derotated residual frames become one image.
    """

    combine: Combination = "median"

    @abstractmethod
    def subtract(self, sequence: ADISequence) -> Array:
        """Return the residual frames, (n_frames, n, n), not derotated."""

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Score every pixel by the S/N of the derotated, combined residuals."""
        if sequence.cube.ndim == 4:
            raise Declined(f"{self.name} takes one wavelength at a time; this sequence has {len(sequence.cube)}")
        residuals = derotate(self.subtract(sequence), sequence.parallactic_angles)
        image = combine(residuals, self.combine)
        return DetectionMap(scores=snr_map(image, sequence.fwhm), kind="snr", image=image)
