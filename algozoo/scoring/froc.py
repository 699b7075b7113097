"""Free-response ROC: how many companions are found at how many false positives per map.

Chakraborty 1989 (10.1118/1.596358). The false positives come from maps without a companion, so that the two axes are
independent. Between operating points the curve is a straight line; a group of equal scores, hits and false
positives together, is therefore counted in proportion (the mid-rank rule).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from algozoo.errors import InputError
from algozoo.scoring.intervals import Array, garwood, wilson


def froc(
    hit_scores: ArrayLike,
    false_scores: ArrayLike,
    n_empty: int,
    *,
    n_independent: int | None = None,
    n_resels: float | None = None,
) -> pd.DataFrame:
    """Compute all operating points of a detector.

    Parameters
    ----------
    hit_scores : array_like (n_injected,)
        Score of the candidate that found each injected companion, NaN where none did.
    false_scores : array_like (m,)
        Scores of all candidates of all empty maps.
    n_empty : int
        Number of empty maps.
    n_independent : int, optional
        Number of those that are independent, if not all are; the interval of the false positives is that of
        so many maps.
    n_resels : float, optional
        Resolution elements in the valid field of a map.

    Returns
    -------
    DataFrame
        One row per distinct score, thresholds decreasing from infinity, where nothing is found: threshold,
        tpr, tpr_low, tpr_high (Wilson, 95 %), fp_per_map, fp_low, fp_high (Garwood, 95 %), hits,
        false_positives, and fpr (false positives per resolution element) if `n_resels` is given. A rate of
        which the denominator is 0 is NaN.
    """
    hit_scores = np.asarray(hit_scores, dtype=float)
    hit = np.sort(hit_scores[~np.isnan(hit_scores)])
    false = np.sort(np.asarray(false_scores, dtype=float))
    threshold = np.append(np.inf, np.unique(np.concatenate([hit, false]))[::-1])
    hits = hit.size - np.searchsorted(hit, threshold)
    false_positives = false.size - np.searchsorted(false, threshold)
    tpr_low, tpr_high = wilson(hits, hit_scores.size)
    fp_per_map = false_positives / (n_empty or np.nan)
    exposure = n_empty if n_independent is None else n_independent
    fp_low, fp_high = garwood(np.nan_to_num(fp_per_map) * exposure, exposure)
    curve = pd.DataFrame(
        {
            "threshold": threshold,
            "tpr": hits / (hit_scores.size or np.nan),
            "tpr_low": tpr_low,
            "tpr_high": tpr_high,
            "fp_per_map": fp_per_map,
            "fp_low": fp_low,
            "fp_high": fp_high,
            "hits": hits,
            "false_positives": false_positives,
        }
    )
    return curve if n_resels is None else curve.assign(fpr=curve["fp_per_map"] / n_resels)


def threshold_at(false_scores: ArrayLike, n_empty: int, fp_per_map: float) -> float:
    """Find the score that a hit must exceed to count at so many false positives per map.

    Parameters
    ----------
    false_scores : array_like (m,)
        Scores of all candidates of all empty maps.
    n_empty : int
        Number of empty maps.
    fp_per_map : float
        False positives that each map may hold on average.

    Returns
    -------
    float
        The highest false score of which there would be too many; -inf if there are not so many.
    """
    false = np.sort(np.asarray(false_scores, dtype=float))[::-1]
    allowed = int(fp_per_map * n_empty)
    return float(false[allowed]) if false.size > allowed else -np.inf


def partial_auc(fp_per_map: ArrayLike, tpr: ArrayLike, low: float, high: float) -> float:
    """Average the true-positive rate over ln(false positives per map), exactly.

    Parameters
    ----------
    fp_per_map, tpr : array_like (n,)
        Operating points by increasing rate. Of several at one rate the highest counts; past the last one the curve is
        level.
    low, high : float
        Range of false positives per map.

    Returns
    -------
    float
        Between 0, for a detector that finds nothing, and 1.

    Raises
    ------
    InputError
        Unless 0 < `low` < `high`.
    """
    if not 0 < low < high:
        raise InputError(f"The range of false positives per map must have 0 < low < high: {low}, {high}.")
    fp_per_map, tpr = np.asarray(fp_per_map, dtype=float), np.asarray(tpr, dtype=float)
    shares = mean_share_found(fp_per_map[:-1], fp_per_map[1:], low, high)
    return float(np.clip(tpr[0] + np.diff(tpr) @ shares, 0, 1))


def share_found(before: Array, after: Array, x: float) -> Array:
    """Share of a hit that counts at `x` false positives per map.

    The true-positive rate is the mean of this over the injected companions.

    Parameters
    ----------
    before, after : ndarray
        False positives per map above the score of the hit, and above or equal to it.
    x : float
        False positives per map.

    Returns
    -------
    ndarray
        0 where `x` < `before`, 1 where `x` >= `after`, a straight line between.
    """
    share = (x >= before).astype(float)
    tied = after > before
    if tied.any():
        share[tied] = np.clip((x - before[tied]) / (after[tied] - before[tied]), 0, 1)
    return share


def mean_share_found(before: Array, after: Array, low: float, high: float) -> Array:
    """Mean of `share_found` over ln(x) from `low` to `high`, in closed form.

    The partial area under the curve is the mean of this over the injected companions, as an area under a
    ROC curve is the mean of DeLong's placement values.

    Parameters
    ----------
    before, after : ndarray
        False positives per map above the score of the hit, and above or equal to it.
    low, high : float
        Range of false positives per map.

    Returns
    -------
    ndarray
        Between 0 and 1.
    """
    end = np.clip(after, low, high)
    share = np.log(high / end)
    tied = after > before
    start, end = np.clip(before[tied], low, high), end[tied]
    share[tied] += (end - start - before[tied] * np.log(end / start)) / (after[tied] - before[tied])
    return np.asarray(np.clip(share / np.log(high / low), 0, 1))
