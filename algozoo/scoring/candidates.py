"""Candidates of a detection map, without a threshold, and their match with the injected companions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from algozoo.errors import InputError
from algozoo.scoring.intervals import Array


@dataclass(frozen=True)
class Candidates:
    """Peaks of one map, highest first.

    Attributes
    ----------
    x, y : ndarray (n,)
        Position in px (x is the column, y the row).
    score : ndarray (n,)
        Value of the map there.
    """

    x: Array
    y: Array
    score: Array


@dataclass(frozen=True)
class Match:
    """What the candidates of one map are.

    Attributes
    ----------
    candidate : ndarray of int (n_truth,)
        Index of the candidate that found each companion, -1 where none did.
    false_positive : ndarray of bool (n_candidates,)
        Candidates that lie on no companion. What is neither here nor in `candidate` is a second peak on a
        companion that was found already; it is ignored.
    """

    candidate: NDArray[np.intp]
    false_positive: NDArray[np.bool_]


def find_candidates(scores: Array, *, fwhm: float, valid: NDArray[np.bool_]) -> Candidates:
    """Find the local maxima of a detection map that are at least one FWHM apart.

    A peak is a pixel, or a connected piece of equal ones, that has a lower neighbour and no higher one; of a piece
    the centre counts, so that a saturated source is one candidate. A flat map has none, with or without NaN around
    it. Neighbours outside the valid field count, so that a slope that the field's edge cuts is no peak. What is not
    finite is no candidate, and is lower than everything as a neighbour. Of two peaks within one FWHM the higher
    stays (the upper-left one if they are equal).

    Parameters
    ----------
    scores : ndarray (ny, nx)
        Detection map, larger is more planet-like.
    fwhm : float
        Full width at half maximum of the PSF in px, the radius of the non-maximum suppression.
    valid : ndarray of bool (ny, nx)
        Field that is scored.

    Returns
    -------
    Candidates
        Peaks by decreasing score, at whole pixels but for pieces of equal ones.

    Raises
    ------
    InputError
        If the map and the field differ in shape.
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or scores.shape != valid.shape:
        raise InputError(
            f"A detection map must have the shape of its valid field, {valid.shape}; it has {scores.shape}."
        )
    x, y, height = _peaks(scores, valid)
    order = np.argsort(-height, kind="stable")
    x, y, height = x[order], y[order], height[order]
    kept = _suppress(x, y, fwhm)
    return Candidates(x=x[kept], y=y[kept], score=height[kept])


def match(candidates: Candidates, truth_x: ArrayLike, truth_y: ArrayLike, *, radius: float) -> Match:
    """Assign candidates to the companions of one map: one to one, highest score first.

    A candidate takes the nearest companion within the radius that no higher candidate has taken.

    Parameters
    ----------
    candidates : Candidates
        Candidates of the map, in any order.
    truth_x, truth_y : array_like (n_truth,)
        Positions of the companions in px; empty for a map without any.
    radius : float
        Largest distance of a match in px, inclusive.

    Returns
    -------
    Match
        The candidate of each companion, and which candidates are false positives.
    """
    dx = np.subtract.outer(candidates.x, np.asarray(truth_x, dtype=float))
    dy = np.subtract.outer(candidates.y, np.asarray(truth_y, dtype=float))
    distance = np.hypot(dx, dy)
    near = distance <= radius
    found = np.full(distance.shape[1], -1, dtype=np.intp)
    on_companion = np.flatnonzero(near.any(axis=1))
    for i in on_companion[np.argsort(-candidates.score[on_companion], kind="stable")]:
        free = np.flatnonzero(near[i] & (found < 0))
        if free.size:
            found[free[np.argmin(distance[i, free])]] = i
    return Match(candidate=found, false_positive=~near.any(axis=1))


def _peaks(scores: Array, valid: NDArray[np.bool_]) -> tuple[Array, Array, Array]:
    """Centre and height of each peak whose centre lies in the valid field, by rows."""
    finite = np.isfinite(scores)
    around = _neighbours(np.where(finite, scores, -np.inf), outside=-np.inf)
    summit = finite & (scores >= around.max(axis=0))
    piece, n_pieces = ndimage.label(summit, np.ones((3, 3)))
    stands_out = summit & (_neighbours(np.where(finite, scores, np.inf), outside=np.inf).min(axis=0) != scores)
    equal_but_lower = summit & ((around == scores) & ~_neighbours(summit, outside=False)).any(axis=0)
    is_peak = np.zeros(n_pieces + 1, dtype=bool)
    is_peak[piece[stands_out]] = True
    is_peak[piece[equal_but_lower]] = False
    rows, columns = np.nonzero(is_peak[piece])
    labels = piece[rows, columns]
    size = np.maximum(np.bincount(labels, minlength=n_pieces + 1), 1)
    x, y = (np.bincount(labels, values, n_pieces + 1) / size for values in (columns, rows))
    height = np.zeros(n_pieces + 1)
    height[labels] = scores[rows, columns]
    inside = np.flatnonzero(is_peak & valid[np.rint(y).astype(int), np.rint(x).astype(int)])
    return x[inside], y[inside], height[inside]


def _neighbours(values: NDArray[Any], outside: float) -> NDArray[Any]:
    """Eight neighbours of each pixel, (8, ny, nx)."""
    ny, nx = values.shape
    padded = np.pad(values, 1, constant_values=outside)
    return np.stack(
        [padded[i : i + ny, j : j + nx] for i in range(3) for j in range(3) if (i, j) != (1, 1)],
    )


def _suppress(x: Array, y: Array, radius: float) -> NDArray[np.bool_]:
    """Greedy non-maximum suppression of positions that are sorted by decreasing score."""
    kept = np.ones(x.size, dtype=bool)
    pairs = cKDTree(np.column_stack([x, y])).query_pairs(radius, output_type="ndarray")
    for higher, lower in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].tolist():
        if kept[higher]:
            kept[lower] = False
    return kept
