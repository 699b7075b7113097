"""Counter behind the ROC curves of Gomez Gonzalez et al. 2018 (1712.02841): for comparison, never for rank.

Its defects: the radius of a match is 2 px whatever the FWHM; further segments on the companion are false positives; the
outermost pixels do not count; a map that is above the threshold everywhere has no segment at all.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import ndimage

RADIUS = 2.0
"""Pixels of a disc around the companion's pixel that are nearer than this find it: nine."""


def count_segments(scores: ArrayLike, threshold: float, x: float, y: float) -> tuple[bool, int]:
    """Count the segments of a map with one companion above a threshold.

    Segments are pixels that touch with sides or corners (8-connectivity). Every segment beyond the first is a false
    positive if the companion is detected, and every one if not.

    Parameters
    ----------
    scores : array_like (ny, nx)
        Detection map, searched as a whole.
    threshold : float
    x, y : float
        Position of the companion in px; its pixel is the nearest.

    Returns
    -------
    detected : bool
        Whether any pixel of a segment lies within the disc.
    false_positives : int
    """
    above = np.asarray(scores, dtype=float) > threshold
    if above.all():
        return False, 0
    above[[0, -1], :] = above[:, [0, -1]] = False
    _, n_segments = ndimage.label(above, np.ones((3, 3)))
    rows, columns = np.nonzero(above)
    detected = bool(np.any((rows - np.round(y)) ** 2 + (columns - np.round(x)) ** 2 < RADIUS**2))
    return detected, n_segments - detected


def roc_points(
    maps: Sequence[ArrayLike], x: Sequence[float], y: Sequence[float], thresholds: ArrayLike
) -> pd.DataFrame:
    """Compute a curve as the paper drew it: from maps with one companion each, without uncertainty.

    Parameters
    ----------
    maps : sequence of array_like (ny, nx)
    x, y : sequence of float
        Position of the companion in each map, px.
    thresholds : array_like (m,)
        In the paper 0.5, 1, ..., 5 for S/N maps and ten from 0.1 to 0.99 for probabilities.

    Returns
    -------
    DataFrame
        One row per threshold: threshold, tpr, fp_per_map (whole map), n.
    """
    rows = []
    for threshold in np.asarray(thresholds, dtype=float):
        counts = np.array([count_segments(one, threshold, x_i, y_i) for one, x_i, y_i in zip(maps, x, y, strict=True)])
        tpr, false_positives = counts.mean(axis=0)
        rows.append((threshold, tpr, false_positives, len(counts)))
    return pd.DataFrame(rows, columns=["threshold", "tpr", "fp_per_map", "n"])
