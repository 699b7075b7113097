"""Estimates of a campaign with their 95 % intervals."""

from typing import TypeAlias

import numpy as np

from algozoo.scoring.auc import delong
from algozoo.scoring.campaigns import Campaign, Mask
from algozoo.scoring.intervals import Array, clustered_wilson
from algozoo.scoring.resampling import estimate_of

Interval: TypeAlias = tuple[float, float, float]  # estimate, low, high

FEWEST_VALUES = 6


def with_interval(campaign: Campaign, values: Array, among: Mask | None = None) -> Interval:
    """Estimate and 95 % interval of a mean over the injected trials, from its values under all weights."""
    n = int(np.sum(campaign.injected if among is None else campaign.injected & among))
    estimate = estimate_of(values, campaign.n_sequences)
    return estimate.value, *clustered_wilson(estimate.value, estimate.error, estimate.dof, n)


def median_with_interval(campaign: Campaign, values: Array) -> Interval:
    """Median of what was measured in some trials, with its 95 % interval.

    The interval of the fraction of values up to the median, as `with_interval` gives it, is read off the values
    (Woodruff 1952, 10.1080/01621459.1952.10483443): it holds for clustered trials, and needs no distribution of the
    values. In 300
    simulations each it held the true median in 94 to 99 % with three sequences and more, and in 91 % with two.

    Parameters
    ----------
    values : ndarray (n_trials,)
        NaN in trials that do not count.

    Returns
    -------
    Interval
        Without bounds (NaN) for fewer than six values, whose whole range holds the median in less than 95 %.
    """
    among = np.isfinite(values)
    measured = values[among]
    if not measured.size:
        return np.nan, np.nan, np.nan
    median = float(np.median(measured))
    if measured.size < FEWEST_VALUES:
        return median, np.nan, np.nan
    weights = campaign.weights[:, among]
    n = weights.sum(axis=1)
    below = weights @ ((measured < median) + 0.5 * (measured == median))
    share = np.divide(below, n, out=np.full(n.shape, np.nan), where=n > 0)
    estimate = estimate_of(share, campaign.n_sequences)
    low, high = clustered_wilson(0.5, estimate.error, estimate.dof, measured.size)
    return (
        median,
        float(np.quantile(measured, low, method="lower")),
        float(np.quantile(measured, high, method="higher")),
    )


def area_of_maps(campaign: Campaign) -> Interval:
    """Area under the ROC curve of whole maps, with and without a companion, each by its best score.

    A map that was not made scores lowest if it has a companion, and is left out if it has none. Of the maps of one
    orientation of a sequence the first counts, that of the whole sequence.
    """
    best = np.array([np.max(scores, initial=-np.inf) for scores in campaign.trials["candidate_score"]])
    best[~campaign.ok] = -np.inf
    sequence = campaign.trials["sequence"].to_numpy()
    empty = np.flatnonzero(campaign.empty)
    with_companion, without = campaign.injected, empty[np.unique(campaign.group[empty], return_index=True)[1]]
    area = delong(best[with_companion], best[without], (sequence[with_companion], sequence[without]))
    return area.auc, area.low, area.high
