"""Robust scatter: a standard deviation that a companion hardly changes."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import median_abs_deviation

Array = NDArray[np.float64]

NORMAL_DEVIATION = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation, rounded as is customary."""


def scatter(values: Array, axis: int = -1) -> Array:
    """Return the standard deviation along an axis, from the median absolute deviation.

    Parameters
    ----------
    values : array
    axis : int

    Returns
    -------
    array
        Of the shape of `values` without this axis.
    """
    return np.asarray(NORMAL_DEVIATION * median_abs_deviation(values, axis=axis))
