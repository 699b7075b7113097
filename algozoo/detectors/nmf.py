"""Non-negative matrix factorisation (NMF): Lee & Seung 1999, Nature 401, 788; Ren et al. 2018, ApJ 852, 104."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import non_negative_factorization
from sklearn.exceptions import ConvergenceWarning

from algozoo.detectors.contract import Declined
from algozoo.detectors.library import Library, library_frames
from algozoo.detectors.parameters import Count
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.sequence import ADISequence

UNIT = 1e-3
"""Of the mean pixel. Scikit-learn takes starting values below 1e-6 for zero; in this unit only what is zero."""

BLOCK = 8
"""Frames whose model is subtracted at a time, to save memory."""

IN_SINGLE_PRECISION = 40
"""Iterations before what is left of the frames is computed anew."""

TOLERANCE = 1e-4
"""It stops when an iteration changes less than this fraction of what the first one changed."""


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
        It stops sooner when an iteration changes little. Default of scikit-learn.
    library : {'own', 'reference', 'both'}
        Frames that components are taken from: the sequence's own, those of a reference star, or both.
    """

    name: ClassVar[str] = "nmf"
    title: ClassVar[str] = "Non-negative matrix factorisation (NMF)"
    reference: ClassVar[str] = "Ren et al. 2018, ApJ 852, 104, doi:10.3847/1538-4357/aaa1f2"
    version: ClassVar[str] = "2"

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
        components = non_negative_components(library, self.n_components, self.max_iterations)
        products, squares = components @ frames.T, components @ components.T
        weights, nothing = np.zeros(products.shape), np.zeros(products.shape)
        first = descend(nothing, weights, products, squares)
        for _ in range(1, self.max_iterations):
            if descend(nothing, weights, products, squares) <= TOLERANCE * first:
                break
        return np.asarray(weights.T @ components)


def non_negative_components(frames: Array, n_components: int, max_iterations: int) -> Array:
    """Find non-negative components whose non-negative sums are closest to frames, by cyclic coordinate descent.

    The start, from singular vectors, and the first iteration are those of scikit-learn, and so are the others, but that
    all pixels of a component are updated at once, in single precision. To lose no accuracy, only changes are computed
    in it, from what the model leaves of the frames, which is computed anew in double precision every few iterations.

    Parameters
    ----------
    frames : array (n, n_pixels)
        Not negative.
    n_components, max_iterations : int

    Returns
    -------
    array (n_components, n_pixels)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iterations says when to stop
        start = non_negative_factorization(frames, n_components=n_components, init="nndsvd", random_state=0, max_iter=1)
    weights, components = np.ascontiguousarray(start[0].T), np.ascontiguousarray(start[1])
    first, moved, done = 0.0, np.inf, 1
    while done < max_iterations and moved > TOLERANCE * first:
        changes = Changes(frames, weights, components)
        for _ in range(min(IN_SINGLE_PRECISION, max_iterations - done)):
            moved, done = changes.iterate(), done + 1
            first = first or moved
            if moved <= TOLERANCE * first:
                break
        weights, components = (
            (a + b).clip(min=0) for a, b in ((weights, changes.weights), (components, changes.components))
        )
    return components


class Changes:
    """Changes of weights (k, n) and components (k, n_pixels) that bring their sums closer to frames (n, n_pixels)."""

    def __init__(self, frames: Array, weights: Array, components: Array) -> None:
        self._left = np.empty(frames.shape, dtype=np.float32)
        for start in range(0, len(frames), BLOCK):
            block = slice(start, start + BLOCK)
            self._left[block] = frames[block] - weights[:, block].T @ components
        self._start = weights.astype(np.float32), components.astype(np.float32)
        self.weights, self.components = (np.zeros_like(start) for start in self._start)

    def iterate(self) -> float:
        """Improve the weights, then the components; return how far they moved."""
        weights, components = self._start
        there = components + self.components
        moved = descend(
            weights, self.weights, (self._left @ there.T).T - (there @ self.components.T) @ weights, there @ there.T
        )
        here = weights + self.weights
        return moved + descend(
            components, self.components, here @ self._left - (here @ self.weights.T) @ components, here @ here.T
        )


def descend(start: NDArray[Any], change: NDArray[Any], products: NDArray[Any], squares: NDArray[Any]) -> float:
    """Bring one row of a change after the other, in place, to the minimum of a square distance.

    The distance is ``trace(change.T @ squares @ change) / 2 - sum(products * change)`` and a constant.

    Parameters
    ----------
    start, change, products : array (k, m)
        ``start + change`` does not become negative.
    squares : array (k, k)

    Returns
    -------
    float
        Sum of the gradients that the steps took away.
    """
    moved = 0.0
    for t, curvature in enumerate(np.diagonal(squares)):
        if curvature > 0:
            new = np.maximum(change[t] - (squares[t] @ change - products[t]) / curvature, -start[t])
            moved += float(curvature * abs(new - change[t]).sum())
            change[t] = new
    return moved
