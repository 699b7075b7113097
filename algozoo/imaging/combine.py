"""Combination of a stack of aligned frames into one image."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import trim_mean

Combination = Literal["median", "mean", "trimmed-mean"]
TRIMMED_FRACTION = 0.1
BLOCK = 2048
"""Pixels that are sorted at a time."""


def combine(frames: ArrayLike, method: Combination = "median") -> NDArray[np.float64]:
    """Combine frames pixel by pixel.

    Parameters
    ----------
    frames : array (n_frames, ny, nx)
    method : {'median', 'mean', 'trimmed-mean'}
        The trimmed mean drops the lowest and the highest tenth (Brandt et al. 2013, 10.1088/0004-637X/764/2/183).

    Returns
    -------
    array (ny, nx)
    """
    frames = np.asarray(frames)
    if method == "median":
        return temporal_median(frames)
    if method == "mean":
        return np.asarray(frames.mean(axis=0, dtype=np.float64))
    if method == "trimmed-mean":
        return np.asarray(trim_mean(frames.astype(np.float64), TRIMMED_FRACTION, axis=0))
    raise ValueError(f"combination {method!r}: expected 'median', 'mean' or 'trimmed-mean'")


def temporal_median(frames: ArrayLike) -> NDArray[np.float64]:
    """Median of each pixel: `numpy.median` along the first axis, bit for bit, a few times faster.

    Numpy sorts numbers that lie side by side with vector instructions, so that the frames of a pixel are brought
    together first, for some pixels at a time.

    Parameters
    ----------
    frames : array (n_frames, ...)
        In any precision; the mean of the two in the middle is taken in double precision.

    Returns
    -------
    array (...)
        NaN where one of the frames is.
    """
    frames = np.asarray(frames)
    n, flat = len(frames), frames.reshape(len(frames), -1)
    median = np.empty(flat.shape[1])
    for start in range(0, len(median), BLOCK):
        block = slice(start, start + BLOCK)
        ordered = np.sort(np.ascontiguousarray(flat[:, block].T), axis=1)
        middle = ordered[:, (n - 1) // 2 : n // 2 + 1].mean(axis=1, dtype=np.float64)
        median[block] = np.where(np.isnan(ordered[:, -1]), np.nan, middle)
    return median.reshape(frames.shape[1:])
