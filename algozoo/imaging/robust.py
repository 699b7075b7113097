"""Robust scatter: a standard deviation that a companion hardly changes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import median_abs_deviation

NORMAL_DEVIATION = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation, rounded as is customary."""


def scatter(values: ArrayLike, axis: int | None = None) -> NDArray[np.float64]:
    """Return the standard deviation of values along an axis, or of all, from their median absolute deviation."""
    return np.asarray(NORMAL_DEVIATION * median_abs_deviation(values, axis=axis))
