"""Non-negative matrix factorisation (NMF): Lee & Seung 1999, Nature 401, 788; Ren et al. 2018, ApJ 852, 104."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

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
        weights = non_negative_weights(frames.astype(np.float32), components, self.max_iterations)
        return np.asarray(weights.astype(np.float64) @ components)


def non_negative_components(frames: Array, n_components: int, max_iterations: int) -> NDArray[np.float32]:
    """Find non-negative components whose non-negative sums are closest to frames, by cyclic coordinate descent.

    The start, from singular vectors, and the first iteration are those of scikit-learn, and so are the others, but that
    all pixels of a component are updated at once, in single precision.

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
    single, weights, components = (array.astype(np.float32, order="C") for array in (frames, start[0].T, start[1]))

    def iterate() -> float:
        moved = descend(weights, (single @ components.T).T, components @ components.T)
        return moved + descend(components, weights @ single, weights @ weights.T)

    repeat(iterate, max_iterations - 1)
    return components


def non_negative_weights(
    frames: NDArray[np.float32], components: NDArray[np.float32], max_iterations: int
) -> NDArray[np.float32]:
    """Find the weights with which sums of components come closest to frames, (n, n_components), the same way."""
    weights = np.zeros((len(components), len(frames)), dtype=np.float32)
    products, squares = (frames @ components.T).T, components @ components.T
    repeat(lambda: descend(weights, products, squares), max_iterations)
    return weights.T


def descend(rows: NDArray[np.float32], products: NDArray[np.float32], squares: NDArray[np.float32]) -> float:
    """Bring one row after the other, in place, to its minimum of ``rows.T @ squares @ rows / 2 - products.T @ rows``.

    Parameters
    ----------
    rows, products : array (k, m)
        The rows do not become negative.
    squares : array (k, k)

    Returns
    -------
    float
        Sum of the gradients that the steps took away.
    """
    moved = 0.0
    for row, product, square, curvature in zip(rows, products, squares, np.diagonal(squares), strict=True):
        if curvature > 0:
            new = np.maximum(row - (square @ rows - product) / curvature, 0)
            moved += float(curvature * abs(new - row).sum())
            row[:] = new
    return moved


def repeat(iterate: Callable[[], float], max_iterations: int) -> None:
    """Iterate until what an iteration moves is below `TOLERANCE` times what the first one did."""
    first = None
    for _ in range(max_iterations):
        moved = iterate()
        first = moved if first is None else first
        if moved <= TOLERANCE * first:
            return
