"""Full-frame PCA (KLIP): Soummer et al. 2012, ApJL 755, L28; Amara & Quanz 2012, MNRAS 427, 948."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algozoo.detectors.contract import Declined
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.errors import InputError
from algozoo.imaging.lowrank import leading_components, remove_components
from algozoo.sequence import ADISequence


@dataclass(frozen=True, kw_only=True)
class PCA(PSFSubtraction):
    """Subtract from each frame its projection on the leading principal components of the sequence.

    Parameters
    ----------
    n_components : int or float
        Number of components, or, below 1, the fraction of the variance that they explain together.
    """

    name: ClassVar[str] = "pca"
    title: ClassVar[str] = "Full-frame principal component analysis (PCA, KLIP)"
    reference: ClassVar[str] = "Soummer et al. 2012, ApJL 755, L28, doi:10.1088/2041-8205/755/2/L28"

    n_components: int | float = 10

    def subtract(self, sequence: ADISequence) -> Array:
        """Project on the components and subtract (Soummer et al. 2012, steps 4 to 7)."""
        k = self.n_components
        if not (0 < k < 1 or (k >= 1 and k == int(k))):
            raise InputError(f"pca: n_components is {k}, expected 1, 2, ... or a fraction within (0, 1)")
        if k > sequence.n_frames - 1:
            raise Declined(f"{k} components cannot be had from {sequence.n_frames} frames")
        frames = sequence.cube.reshape(sequence.n_frames, -1).astype(np.float64)
        frames -= frames.mean(axis=0)
        remove_components(frames, leading_components(frames, k))
        return frames.reshape(sequence.cube.shape)
