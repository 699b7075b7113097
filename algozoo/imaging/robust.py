"""Robust scatter: a standard deviation that a companion hardly changes."""

import numpy as np
from numpy.typing import NDArray

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
    lines = np.moveaxis(np.asarray(values), axis, -1)
    return np.asarray(NORMAL_DEVIATION * _medians(abs(lines - _medians(lines)[..., None])))


def _medians(lines: Array) -> Array:
    """Medians along the last axis, by one selection, for which numpy has vector instructions; it has none for two."""
    half = lines.shape[-1] // 2
    parts = np.partition(lines, half, axis=-1)
    upper = parts[..., half]
    middle = upper if lines.shape[-1] % 2 else (parts[..., :half].max(axis=-1) + upper) / 2
    return np.asarray(np.where(np.isnan(parts[..., half:].max(axis=-1)), np.nan, middle), dtype=lines.dtype)
