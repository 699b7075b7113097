"""Is there a planet in this map at all? The area under the ROC curve of whole maps, by their best score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from algozoo.scoring.intervals import Array, clustered_wilson


@dataclass(frozen=True)
class Area:
    """An area under a ROC curve.

    Attributes
    ----------
    auc : float
        Probability that a map with a companion scores higher than one without; half of the ties count.
    error : float
        Standard error.
    low, high : float
        95 % interval, between 0 and 1.
    """

    auc: float
    error: float
    low: float
    high: float


def delong(with_companion: ArrayLike, without: ArrayLike, clusters: tuple[ArrayLike, ArrayLike] | None = None) -> Area:
    """Compute the area under a ROC curve with DeLong's variance (DeLong et al. 1988, 10.2307/2531595).

    Maps of one sequence are not independent. With `clusters`, the variance is Obuchowski's (1997, 10.2307/2533958),
    which sums the same components over the maps of a sequence; where each map is a cluster of its own it is
    DeLong's. The interval is `clustered_wilson`'s, which stays within 0 and 1 and does not collapse there. In
    simulations of 500 suites, with and without differences between sequences, it holds the truth in 94 to 97 % of the
    cases with 10 or 20 sequences or independent maps, and in 95 to 99 % with 5 sequences.

    Parameters
    ----------
    with_companion, without : array_like (n,), (m,)
        Score of each map, -inf where it has no candidate.
    clusters : (array_like (n,), array_like (m,)), optional
        Sequence of each map.

    Returns
    -------
    Area
        NaN throughout if there is no map of a kind; an interval from 0 to 1 if all of a kind are of one cluster.
    """
    positive, negative = np.asarray(with_companion, dtype=float), np.asarray(without, dtype=float)
    n, m = positive.size, negative.size
    if not (n and m):
        return Area(np.nan, np.nan, np.nan, np.nan)
    rank = stats.rankdata(np.concatenate([positive, negative]))
    above = (rank[:n] - stats.rankdata(positive)) / m  # share of the maps without that each map with exceeds
    below = 1 - (rank[n:] - stats.rankdata(negative)) / n
    auc = float(above.mean())
    of_positive, of_negative = clusters or (np.arange(n), n + np.arange(m))
    error, n_clusters = _error(above - auc, below - auc, np.asarray(of_positive), np.asarray(of_negative))
    if np.isnan(error):
        return Area(auc, error, 0.0, 1.0)
    return Area(auc, error, *clustered_wilson(auc, error, n_clusters - 1 if clusters else np.inf, n + m))


def _error(above: Array, below: Array, of_positive: Array, of_negative: Array) -> tuple[float, int]:
    """Compute the standard error from the components of each map, summed over clusters."""
    labels, index = np.unique(np.concatenate([of_positive, of_negative]), return_inverse=True)
    n, m = above.size, below.size
    positive = np.bincount(index[:n], above, labels.size)
    negative = np.bincount(index[n:], below, labels.size)
    n_positive, n_negative = np.unique(index[:n]).size, np.unique(index[n:]).size

    def scale(count: int) -> float:
        return count / (count - 1) if count > 1 else np.nan

    variance = (
        scale(n_positive) * (positive @ positive) / n**2
        + scale(n_negative) * (negative @ negative) / m**2
        + 2 * scale(labels.size) * (positive @ negative) / (n * m)
    )
    return float(np.sqrt(max(float(variance), 0.0))) if np.isfinite(variance) else np.nan, labels.size
