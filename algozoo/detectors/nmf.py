"""Non-negative matrix factorisation (NMF): Lee & Seung 1999, Nature 401, 788; Ren et al. 2018, ApJ 852, 104."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from sklearn.decomposition import non_negative_factorization
from sklearn.exceptions import ConvergenceWarning

from algozoo.detectors.contract import Declined
from algozoo.detectors.library import Library, library_frames
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.errors import InputError
from algozoo.sequence import ADISequence

Negatives = Literal["shift", "mask"]
Solver = Literal["coordinate-descent", "multiplicative"]
UNIT = 1e-3
"""Of the mean pixel. Scikit-learn takes starting values below 1e-6 for zero; in this unit only what is zero."""
SOLVERS: dict[Solver, str] = {"coordinate-descent": "cd", "multiplicative": "mu"}


@dataclass(frozen=True, kw_only=True)
class NMF(PSFSubtraction):
    """Subtract from each frame the sum of non-negative components, with non-negative weights, that is closest to it.

    Parameters
    ----------
    n_components : int
        Default as in `pca`.
    negatives : {'shift', 'mask'}
        Frames must not be negative. 'shift' subtracts the lowest pixel of all frames from all. 'mask', as in VIP,
        models only pixels that are positive in all frames; nothing is found at the others, which are most of the field
        where a background was subtracted.
    solver : {'coordinate-descent', 'multiplicative'}
        Multiplicative updates, those of Lee & Seung and of VIP, stop far from the closest sum, because what starts at
        zero stays there.
    max_iterations : int
        It stops sooner when an iteration changes little (the tolerance of scikit-learn, 1e-4). Default of scikit-learn.
    library : {'own', 'reference', 'both'}
        Frames that components are taken from: the sequence's own, those of a reference star, or both.
    """

    name: ClassVar[str] = "nmf"
    title: ClassVar[str] = "Non-negative matrix factorisation (NMF)"
    reference: ClassVar[str] = "Ren et al. 2018, ApJ 852, 104, doi:10.3847/1538-4357/aaa1f2"
    version: ClassVar[str] = "1"

    n_components: int = 10
    negatives: Negatives = "shift"
    solver: Solver = "coordinate-descent"
    max_iterations: int = 200
    library: Library = "own"

    def subtract(self, sequence: ADISequence) -> Array:
        """Subtract the model; 0 at pixels that are masked."""
        self._check()
        library = library_frames(sequence, self.library).reshape(-1, sequence.size**2)
        n_library = len(library)
        if self.n_components > n_library - 1:
            raise Declined(f"{self.n_components} components cannot be had from {n_library} frames")
        if not np.ptp(library, axis=0).any():
            raise Declined(f"all {n_library} frames are equal: nothing in them tells a companion from the star")
        own = sequence.cube.reshape(sequence.n_frames, -1)
        frames = np.concatenate([own, library]) if self.library == "reference" else library

        pixels = slice(None) if self.negatives == "shift" else np.flatnonzero((frames > 0).all(axis=0))
        frames = frames[:, pixels]
        if not frames.size:
            raise Declined("no pixel is positive in all frames: take negatives='shift'")
        frames -= frames.min() if self.negatives == "shift" else 0
        unit = UNIT * frames.mean()
        frames /= unit
        science = frames[: sequence.n_frames]
        science -= self._model(science, frames[-n_library:])
        science *= unit
        residuals = np.zeros(own.shape)
        residuals[:, pixels] = science
        return residuals.reshape(sequence.cube.shape)

    def _model(self, frames: Array, library: Array) -> Array:
        """Components from the library, then weights for the frames: each minimises the squared distance."""
        how: dict[str, Any] = {"solver": SOLVERS[self.solver], "max_iter": self.max_iterations}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # max_iterations says when to stop
            warnings.filterwarnings("ignore", "The multiplicative update", UserWarning)  # as the docstring says
            _, components, _ = non_negative_factorization(
                library, n_components=self.n_components, init="nndsvd", random_state=0, **how
            )
            weights, _, _ = non_negative_factorization(
                frames, H=components, n_components=self.n_components, update_H=False, **how
            )
        return np.asarray(weights @ components)

    def _check(self) -> None:
        for parameter, valid, expected in (
            ("n_components", self.n_components >= 1, "1, 2, ..."),
            ("negatives", self.negatives in get_args(Negatives), " or ".join(map(repr, get_args(Negatives)))),
            ("solver", self.solver in SOLVERS, " or ".join(map(repr, SOLVERS))),
            ("max_iterations", self.max_iterations >= 1, "1, 2, ..."),
        ):
            if not valid:
                raise InputError(f"nmf: {parameter} is {getattr(self, parameter)!r}, expected {expected}")
