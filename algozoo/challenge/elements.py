"""Counting by resolution element: the data challenge's final analysis, which mends its blob counter.

Cantalloube et al. 2020 (2101.05080): at most one detection per resolution element, true and false positives and
negatives at every threshold, and the areas under the rates against the threshold. It does not say how the elements
are laid; here the highest pixel left makes one, with all that is within one FWHM of it, until none is left. The list
does not depend on a threshold, so that all counts fall as the threshold rises, and what merges into one blob is still
counted element by element. The areas change when a map is stretched: for comparison, never for rank.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from algozoo.scoring.candidates import Candidates, match
from algozoo.scoring.intervals import Array


def resolution_elements(scores: ArrayLike, *, fwhm: float, valid: NDArray[np.bool_]) -> Candidates:
    """Cover a map with elements more than one FWHM apart.

    Parameters
    ----------
    scores : array_like (ny, nx)
        Detection map; what is not finite belongs to no element.
    fwhm : float
        In px.
    valid : ndarray of bool (ny, nx)
        Field that is covered.

    Returns
    -------
    Candidates
        Highest pixel of each element, by decreasing score; of equal pixels the upper left one first.
    """
    scores = np.asarray(scores, dtype=float)
    free = valid & np.isfinite(scores)
    reach = int(fwhm)
    disc = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) <= fwhm
    taken = np.pad(~free, reach, constant_values=True)
    rows, columns = np.nonzero(free)
    order = np.argsort(-scores[rows, columns], kind="stable")
    kept = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if not taken[row + reach, column + reach]:
            taken[row : row + 2 * reach + 1, column : column + 2 * reach + 1] |= disc
            kept.append((row, column))
    y, x = np.array(kept, dtype=int).reshape(-1, 2).T
    return Candidates(x=x.astype(float), y=y.astype(float), score=scores[y, x])


def element_scores(
    scores: ArrayLike, x: ArrayLike, y: ArrayLike, *, fwhm: float, valid: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Score of the element of each companion, and of each element on no companion.

    Parameters
    ----------
    scores : array_like (ny, nx)
        Detection map.
    x, y : array_like (n,)
        Positions of the companions in px.
    fwhm : float
        In px; elements within it are on a companion, and the highest one is the companion's.
    valid : ndarray of bool (ny, nx)

    Returns
    -------
    hits : ndarray (n,)
        NaN where no element is near.
    others : ndarray (m,)
        Other elements on a companion are left out.
    """
    return hits_and_others(resolution_elements(scores, fwhm=fwhm, valid=valid), x, y, fwhm)


def hits_and_others(candidates: Candidates, x: ArrayLike, y: ArrayLike, fwhm: float) -> tuple[Array, Array]:
    """Score of the candidate that found each companion, NaN where none did, and of all false ones."""
    found = match(candidates, x, y, radius=fwhm)
    hits = np.append(candidates.score, np.nan)[found.candidate]  # -1, the last, where none did
    return hits, candidates.score[found.false_positive]


def rates(hits: ArrayLike, others: ArrayLike, thresholds: ArrayLike) -> pd.DataFrame:
    """Compute the rates against the threshold.

    Parameters
    ----------
    hits, others : array_like
        From `element_scores`; of several maps, all together.
    thresholds : array_like (m,)

    Returns
    -------
    DataFrame
        One row per threshold: threshold, detections, false_positives (both strictly above it), tpr, fdr (0 where
        nothing is above), fpr (false positives per element without a companion); NaN where there is no companion, or
        no other element.
    """
    hits, others = (np.asarray(values, dtype=float) for values in (hits, others))
    thresholds = np.atleast_1d(np.asarray(thresholds, dtype=float))
    seen = np.sort(hits[~np.isnan(hits)])
    detections = seen.size - np.searchsorted(seen, thresholds, side="right")
    false_positives = others.size - np.searchsorted(np.sort(others), thresholds, side="right")
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "detections": detections,
            "false_positives": false_positives,
            "tpr": detections / (hits.size or np.nan),
            "fdr": false_positives / np.maximum(detections + false_positives, 1),
            "fpr": false_positives / (others.size or np.nan),
        }
    )


def rate_areas(hits: ArrayLike, others: ArrayLike, threshold: float) -> dict[str, float]:
    """Integrate the rates over thresholds from 0 to twice the submitted one, normalised to 1.

    The step functions are integrated exactly. A perfect map has 1, 0 and 0.

    Parameters
    ----------
    hits, others : array_like
        From `element_scores`.
    threshold : float
        The submitted one; at 0 or below there is no area, and all are NaN.

    Returns
    -------
    dict of float
        Areas under 'tpr', 'fdr' and 'fpr'.
    """
    names = ["tpr", "fdr", "fpr"]
    if threshold <= 0:
        return dict.fromkeys(names, np.nan)
    levels = np.concatenate([np.ravel(hits), np.ravel(others), [0, 2 * threshold]])
    steps = np.unique(np.clip(levels[~np.isnan(levels)], 0, 2 * threshold))
    heights = rates(hits, others, steps[:-1])[names].to_numpy()
    areas = np.diff(steps) @ heights / (2 * threshold)
    return dict(zip(names, areas.tolist(), strict=True))


def cumulated_f1(sets: pd.DataFrame) -> float:
    """Add the F1 of the instruments, each the mean over its sets with companions.

    Parameters
    ----------
    sets : DataFrame
        One row per set: instrument, f1 (NaN without companions).

    Returns
    -------
    float
        Between 0 and the number of instruments.
    """
    return float(sets.groupby("instrument")["f1"].mean().sum())
