"""Low-rank models of a sequence."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

Array = NDArray[np.float64]

BLOCK = 32
"""Frames from which components are taken out at a time, to save a second matrix of the size of the first."""


def leading_components(frames: Array, n_components: float) -> Array:
    """Leading right singular vectors of a matrix whose rows are frames.

    They come from the eigenvectors of the small matrix of frame products (Soummer et al. 2012, eq. 5 and 7),
    which costs a fraction of a singular value decomposition when pixels outnumber frames.

    Parameters
    ----------
    frames : array (n_frames, n_pixels)
        Mean already subtracted.
    n_components : int or float
        Their number, or, in (0, 1), the smallest number that explains this fraction of the variance.

    Returns
    -------
    array (k, n_pixels)
        Orthonormal rows; fewer than asked for where the rank of `frames` is lower.
    """
    n = len(frames)
    wanted = None if 0 < n_components < 1 else (max(n - int(n_components), 0), n - 1)
    variances, vectors = eigh(frames @ frames.T, subset_by_index=wanted, check_finite=False)
    variances, vectors = variances[::-1].clip(min=0), vectors[:, ::-1]
    rank = int(np.sum(variances > variances[0] * n * np.finfo(float).eps))
    if 0 < n_components < 1:
        explained = np.cumsum(variances) / variances.sum() if rank else np.ones(1)
        n_components = int(np.searchsorted(explained, n_components)) + 1
    k = min(int(n_components), rank)
    return (vectors[:, :k] / np.sqrt(variances[:k])).T @ frames


def low_rank(matrix: Array, rank: int) -> Array:
    """Nearest matrix of a given rank (Eckart & Young 1936, 10.1007/BF02288367).

    Parameters
    ----------
    matrix : array (n, m)
    rank : int
        Less than n and m.

    Returns
    -------
    array (n, m)
        The projection on the leading eigenvectors of the products of rows, or of columns where these are fewer.
    """
    if len(matrix) > matrix.shape[1]:
        return low_rank(matrix.T, rank).T
    last = len(matrix) - 1
    _, vectors = eigh(matrix @ matrix.T, subset_by_index=[last + 1 - rank, last], check_finite=False)
    return np.asarray(vectors @ (vectors.T @ matrix))


def remove_components(frames: Array, components: Array) -> None:
    """Subtract from each row its projection on orthonormal components, in place (Soummer et al. 2012, eq. 8 and 9).

    Parameters
    ----------
    frames : array (n_frames, n_pixels)
    components : array (k, n_pixels)
        Orthonormal rows.
    """
    for start in range(0, len(frames), BLOCK):
        block = frames[start : start + BLOCK]
        block -= (block @ components.T) @ components
