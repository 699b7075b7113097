"""A frame modelled as a weighted sum of reference frames, all from the matrix of products between frames.

Principal components and least squares need of the pixels only the products between frames. The matrix of all of them
is made once for a patch; the references of each frame are then rows and columns of it, and their decomposition has
the size of the library, not of the patch.

The matrix of products is made tridiagonal, and only eigenvectors of that are computed. One vector is turned there and
one back, which costs less than to turn the eigenvectors; the weights are those of `numpy.linalg.eigh` to rounding.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dormqr, dstemr, dstevd, dsytrd

Array = NDArray[np.float64]

BY_NUMBER = 2
"""Of LAPACK's `dstemr`: the eigenvalues wanted are given by their numbers."""
BLOCK = 32
"""Columns that LAPACK brings to tridiagonal form at a time."""


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
            weights[t, chosen] = solve(products.take(chosen, 0).take(chosen, 1), products[chosen, t])
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
    means = products.sum(axis=0) / len(products)
    centred = products - means
    centred -= (means - means.mean())[:, None]
    about_mean = target - target.mean() - means + means.mean()
    return 1 / len(target) + projection_weights(centred, about_mean, n_components)


def projection_weights(products: Array, target: Array, n_components: int) -> Array:
    """Weights that project a frame on the leading right singular vectors of its references, as they are.

    Parameters, result and error as of `principal_weights`, but that nothing is subtracted.
    """
    k = len(target)

    def leading(diagonal: Array, beside: Array) -> tuple[Array, Array]:
        first = k + 1 - min(n_components, k)
        found, values, vectors, info = dstemr(diagonal, np.append(beside, 0.0), BY_NUMBER, 0.0, 0.0, first, k)
        _expect_convergence(info)
        variances = values[:found]
        rank = int(np.sum(variances > variances[-1] * k * np.finfo(float).eps))
        if rank < n_components:
            raise ValueError(f"span {rank} components, {n_components} are asked for")
        return variances, vectors[:, :found]

    return _solved(products, target, leading)


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

    def kept(diagonal: Array, beside: Array) -> tuple[Array, Array]:
        variances, vectors, info = dstevd(diagonal, np.resize(beside, max(beside.size, 1)))
        _expect_convergence(info)
        chosen = variances > cutoff**2 * variances[-1]
        return variances[chosen], vectors[:, chosen]

    return _solved(products, target, kept)


def _solved(products: Array, target: Array, part: Callable[[Array, Array], tuple[Array, Array]]) -> Array:
    """Solve ``products @ weights = target`` on a part of the spectrum of the products.

    Parameters
    ----------
    products : array (k, k)
    target : array (k,)
    part : callable
        Makes from a tridiagonal matrix, its diagonal (k,) and the one beside it (k - 1,), the eigenvalues of the part
        (n,) and their eigenvectors (k, n).
    """
    packed, diagonal, beside, scales, _ = dsytrd(products.T, lower=1, lwork=BLOCK * len(target))
    values, vectors = part(diagonal, beside)
    weights = vectors @ ((_reflected(target, packed, scales, "T") @ vectors) / values)
    return _reflected(weights, packed, scales, "N")


def _reflected(vector: Array, packed: Array, scales: Array, transposed: str) -> Array:
    """Turn a vector from or to the basis in which a matrix is tridiagonal, by the reflections that made it so."""
    if len(vector) == 1:
        return vector
    turned, _, _ = dormqr("L", transposed, packed[1:, :-1], scales, vector[1:, None], 1)
    return np.append(vector[0], turned)


def _expect_convergence(info: int) -> None:
    if info:
        raise np.linalg.LinAlgError(f"the eigenvalues of the products of frames do not converge (LAPACK info {info})")
