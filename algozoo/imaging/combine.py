"""Combination of a stack of aligned frames into one image."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import trim_mean

Combination = Literal["median", "mean", "trimmed-mean"]
TRIMMED_FRACTION = 0.1


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
    frames = np.asarray(frames, dtype=np.float64)
    if method == "median":
        return np.asarray(np.median(frames, axis=0))
    if method == "mean":
        return np.asarray(frames.mean(axis=0))
    if method == "trimmed-mean":
        return np.asarray(trim_mean(frames, TRIMMED_FRACTION, axis=0))
    raise ValueError(f"combination {method!r}: expected 'median', 'mean' or 'trimmed-mean'")
