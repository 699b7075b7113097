"""A frame modelled as a weighted sum of reference frames, all from the matrix of products between frames.

Principal components and least squares need of the pixels only the products between frames. The matrix of all of them
is made once for a patch; the references of each frame are then rows and columns of it, and their decomposition has
the size of the library, not of the patch.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

Array = NDArray[np.float64]


def weigh(frames: Array, references: NDArray[np.bool_], solve: Callable[[Array, Array], Array]) -> Array:
    """Weights of the references of each frame.

    Parameters
    ----------
    frames : array (m, n_pixels)
    references : bool array (n, m)
        Row t: the references of frame t; n <= m.
    solve : callable
        Makes the weights (k,) from the products between the k references (k, k) and with the frame (k,).

    Returns
    -------
    array (n, m)
        ``weights @ frames`` are the models; 0 where a frame is no reference.

    Raises
    ------
    ValueError
        As `solve` does, with the number of the frame.
    """
    products = frames @ frames.T
    weights = np.zeros(references.shape)
    for t, library in enumerate(references):
        chosen = np.flatnonzero(library)
        try:
            weights[t, chosen] = solve(products[np.ix_(chosen, chosen)], products[chosen, t])
        except ValueError as error:
            raise ValueError(f"the references of frame {t} {error}") from error
    return weights


def principal_weights(products: Array, target: Array, n_components: int) -> Array:
    """Weights whose sum projects a frame on the leading principal components of its references.

    The mean of the references is subtracted from both, and added to the model.

    Parameters
    ----------
    products : array (k, k)
        Between references.
    target : array (k,)
        Products of the references with the frame.
    n_components : int

    Returns
    -------
    array (k,)
        Their sum is 1.

    Raises
    ------
    ValueError
        If the references do not span so many components; the message says how many they span.
    """
    means = products.mean(axis=0)
    centred = products - means - means[:, None] + means.mean()
    about_mean = target - target.mean() - means + means.mean()
    return 1 / len(target) + projection_weights(centred, about_mean, n_components)


def projection_weights(products: Array, target: Array, n_components: int) -> Array:
    """Weights that project a frame on the leading right singular vectors of its references, as they are.

    Parameters, result and error as of `principal_weights`, but that nothing is subtracted.
    """
    k = len(target)
    n = min(n_components, k)
    variances, vectors = eigh(products, subset_by_index=[k - n, k - 1], check_finite=False)
    rank = int(np.sum(variances > variances[-1] * k * np.finfo(float).eps))
    if rank < n_components:
        raise ValueError(f"span {rank} components, {n_components} are asked for")
    return np.asarray(vectors @ ((target @ vectors) / variances))


def least_squares_weights(products: Array, target: Array, cutoff: float) -> Array:
    """Weights that bring the sum of the references closest to a frame, in the sense of least squares.

    Parameters
    ----------
    products : array (k, k)
        Between references.
    target : array (k,)
        Products of the references with the frame.
    cutoff : float
        Singular values of the references below this fraction of the largest count as 0. The products hold their
        squares, so below about 1e-6 the answer is lost to rounding.
    """
    variances, vectors = np.linalg.eigh(products)
    kept = variances > cutoff**2 * variances[-1]
    return np.asarray(vectors[:, kept] @ ((target @ vectors[:, kept]) / variances[kept]))
