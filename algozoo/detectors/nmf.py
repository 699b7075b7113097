"""Non-negative matrix factorisation (NMF): Lee & Seung 1999, Nature 401, 788; Ren et al. 2018, ApJ 852, 104."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.decomposition import non_negative_factorization
from sklearn.exceptions import ConvergenceWarning

from algozoo.detectors.contract import Declined
from algozoo.detectors.library import Library, library_frames
from algozoo.detectors.parameters import Count
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.sequence import ADISequence

UNIT = 1e-3
"""Of the mean pixel. Scikit-learn takes starting values below 1e-6 for zero; in this unit only what is zero."""


@dataclass(frozen=True, kw_only=True)
class NMF(PSFSubtraction):
    """Subtract from each frame the sum of non-negative components, with non-negative weights, that is closest to it.

    Frames must not be negative: the lowest pixel of all is subtracted first. The components and weights are found by
    coordinate descent. VIP models only pixels that are positive in all frames, so that nothing is found at the others,
    which are most of the field where a background was subtracted; and it has the multiplicative updates of Lee & Seung,
    which stop far from the closest sum, because what starts at zero stays there.

    Parameters
    ----------
    n_components : int
        Default as in `pca`.
    max_iterations : int
        It stops sooner when an iteration changes little (the tolerance of scikit-learn, 1e-4). Default of scikit-learn.
    library : {'own', 'reference', 'both'}
        Frames that components are taken from: the sequence's own, those of a reference star, or both.
    """

    name: ClassVar[str] = "nmf"
    title: ClassVar[str] = "Non-negative matrix factorisation (NMF)"
    reference: ClassVar[str] = "Ren et al. 2018, ApJ 852, 104, doi:10.3847/1538-4357/aaa1f2"
    version: ClassVar[str] = "1"
    solver: ClassVar[str] = "cd"
    """Of scikit-learn: coordinate descent."""

    n_components: Count = 10
    max_iterations: Count = 200
    library: Library = "own"

    def subtract(self, sequence: ADISequence) -> Array:
        """Subtract the model."""
        library = library_frames(sequence, self.library).reshape(-1, sequence.size**2)
        n_library = len(library)
        if self.n_components > n_library - 1:
            raise Declined(f"{self.n_components} components cannot be had from {n_library} frames")
        if not np.ptp(library, axis=0).any():
            raise Declined(f"all {n_library} frames are equal: nothing in them tells a companion from the star")
        own = sequence.cube.reshape(sequence.n_frames, -1)
        frames = np.concatenate([own, library]) if self.library == "reference" else library
        frames -= frames.min()
        return self.without_model(frames, sequence.n_frames, n_library).reshape(sequence.cube.shape)

    def without_model(self, frames: Array, n_frames: int, n_library: int) -> Array:
        """Subtract the model from the first frames; its components are those of the last.

        Parameters
        ----------
        frames : array (n, n_pixels)
            Not negative. They are overwritten.
        n_frames, n_library : int
        """
        unit = UNIT * frames.mean()
        frames /= unit
        science = frames[:n_frames]
        science -= self.model(science, frames[-n_library:])
        science *= unit
        return science

    def model(self, frames: Array, library: Array) -> Array:
        """Return components of the library times weights of the frames: each minimises the squared distance."""
        how: dict[str, Any] = {
            "n_components": self.n_components,
            "solver": self.solver,
            "max_iter": self.max_iterations,
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # max_iterations says when to stop
            _, components, _ = non_negative_factorization(library, init="nndsvd", random_state=0, **how)
            weights, _, _ = non_negative_factorization(frames, H=components, update_H=False, **how)
        return np.asarray(weights @ components)
