"""What all detectors share that subtract a model of the star: derotate, combine, S/N map."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from algozoo.detectors.contract import Declined, DetectionMap, Detector, Kind
from algozoo.detectors.spectral import subtract_spectral_median
from algozoo.imaging.apertures import aperture_map
from algozoo.imaging.combine import Combination, combine
from algozoo.imaging.rotate import derotate
from algozoo.imaging.snr import snr_map
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]

RESOLUTION = np.finfo(np.float32).eps
"""Residuals that are smaller than this fraction of the brightest pixel are rounding errors of the cube."""


@dataclass(frozen=True, kw_only=True)
class PSFSubtraction(Detector):
    """A detector that subtracts a model of the star from every frame; the subtraction is its only abstract method.

    Parameters
    ----------
    combine : {'median', 'mean', 'trimmed-mean'}
        How the derotated residual frames become one image. Default as in VIP.
    """

    subtracts: ClassVar[bool] = True
    kind: ClassVar[Kind] = "snr"

    combine: Combination = "median"

    @abstractmethod
    def subtract(self, sequence: ADISequence) -> Array:
        """Return the residual frames of a 3-D cube, (n_frames, n, n), not derotated."""

    def subtract_spectral(self, sequence: ADISequence) -> Array:
        """Return one residual frame for each moment of a 4-D cube, (n_frames, n, n), not derotated.

        In two steps: `subtract_spectral_median` brings the channels together, and `subtract` has the rest.
        """
        return self.subtract(subtract_spectral_median(sequence))

    def residuals(self, sequence: ADISequence) -> Array:
        """Return one residual frame for each moment of a 3-D or 4-D cube, (n_frames, n, n), not derotated.

        Raises
        ------
        InputError
            If a parameter is not within its bounds.
        Declined
            If the algorithm does not apply to the sequence, or leaves nothing of it.
        """
        self.check_parameters()
        residuals = self.subtract(sequence) if sequence.cube.ndim == 3 else self.subtract_spectral(sequence)
        if abs(residuals).max() <= RESOLUTION * abs(sequence.cube).max():
            raise Declined(
                "nothing is left of the frames after the subtraction: all are alike, or the model is too rich"
            )
        return residuals

    def score(self, image: Array, sequence: ADISequence) -> Array:
        """Return the S/N of every pixel of the derotated, combined residuals."""
        return snr_map(image, sequence.fwhm)

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Subtract, derotate, combine and score.

        The flux is that of the image in an aperture of diameter FWHM. What the subtraction took of a companion is not
        given back: there is no correction for throughput.
        """
        image = combine(derotate(self.residuals(sequence), sequence.parallactic_angles), self.combine)
        flux = aperture_map(image, sequence.fwhm / 2)
        return DetectionMap(scores=self.score(image, sequence), kind=self.kind, image=image, flux=flux)
