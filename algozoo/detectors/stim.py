"""Standardised trajectory intensity mean (STIM): Pairet et al. 2019, MNRAS 487, 2262."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from algozoo.detectors.contract import Declined, DetectionMap, Detector, Kind
from algozoo.detectors.library import Library
from algozoo.detectors.parameters import Components
from algozoo.detectors.pca import PCA
from algozoo.detectors.subtraction import Array
from algozoo.imaging.rotate import derotate
from algozoo.sequence import ADISequence


@dataclass(frozen=True, kw_only=True)
class STIM(Detector):
    """Divide the mean of the derotated residuals of PCA by their scatter in time, in units of what speckles reach.

    Speckles reach the highest value of the same map with reversed angles, in which no companion adds up: above 1 is a
    detection, says the paper. In noise alone, however, one of two maps exceeds 1 somewhere (docs/zoo.md). The map
    covers all separations from one FWHM to the edge of the frame, and so does that highest value.

    Parameters
    ----------
    n_components : int or float
        Number of principal components, or, below 1, the fraction of the variance that they explain together. Fewer
        than in `pca` by default: what a rich model takes from a companion varies in time and counts as scatter.
    library : {'own', 'reference', 'both'}
        Frames that mean and components are taken from: the sequence's own, those of a reference star, or both.
    """

    name: ClassVar[str] = "stim"
    title: ClassVar[str] = "Standardised trajectory intensity mean (STIM) of PCA residuals"
    reference: ClassVar[str] = "Pairet et al. 2019, MNRAS 487, 2262, doi:10.1093/mnras/stz1350"
    version: ClassVar[str] = "2"
    kind: ClassVar[Kind] = "ratio"

    n_components: Components = 5
    library: Library = "own"

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Score every pixel by its STIM over the highest STIM of the flipped twin."""
        self.check_parameters()
        residuals = PCA(n_components=self.n_components, library=self.library).residuals(sequence)
        y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
        separation = np.hypot(x, y)
        field = (separation >= sequence.fwhm) & (separation <= sequence.size / 2)

        _, flipped = mean_and_stim(derotate(residuals, -sequence.parallactic_angles))
        highest = flipped[field].max()
        if highest <= 0:
            raise Declined(
                "with reversed angles no pixel is positive on average, so that there is nothing to compare with"
            )
        mean, stim = mean_and_stim(derotate(residuals, sequence.parallactic_angles))
        return DetectionMap(scores=np.where(field, stim / highest, np.nan), kind=self.kind, image=mean)


def mean_and_stim(frames: NDArray[np.floating]) -> tuple[Array, Array]:
    """Mean of each pixel in time, and its ratio to the standard deviation (0 where nothing varies)."""
    mean = frames.mean(axis=0, dtype=np.float64)
    scatter = np.sqrt(sum((frame - mean) ** 2 for frame in frames) / len(frames))
    return mean, np.divide(mean, scatter, out=np.zeros_like(mean), where=scatter > 0)
