"""What is measured of a campaign: partial areas and true-positive rates, under bootstrap weights."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from algozoo.scoring.campaigns import Campaign
from algozoo.scoring.froc import mean_share_found, share_found
from algozoo.scoring.intervals import Array, clustered_wilson
from algozoo.scoring.resampling import estimate_of, resampling_weights

HIGHEST_RATE = 10.0  # upper end of the axis, false positives per map


def lowest_rate(campaign: Campaign) -> float:
    """Lower end of the axis: one false positive in all independent empty maps of the suite, made or not."""
    n = campaign.n_groups(~campaign.injected)
    return 1 / n if n else np.nan


def draw_weights(campaign: Campaign, rng: np.random.Generator) -> Array:
    """Bootstrap weights that serve all campaigns on the same dataset."""
    return resampling_weights(campaign.trials["sequence"].to_numpy(), campaign.injected, campaign.group, rng)


def partial_areas(campaign: Campaign, weights: Array) -> Array:
    """Partial area under the curve for each row of weights, (n_weights,); NaN without a result."""
    if not campaign.has_result:
        return np.full(len(weights), np.nan)
    before, after, level = campaign.false_positive_rates(weights)
    shares = mean_share_found(before, after, lowest_rate(campaign), HIGHEST_RATE)
    return _mean_over_injected(campaign, weights, shares, level)


def true_positive_rates(campaign: Campaign, weights: Array, x: float) -> Array:
    """True-positive rate at `x` false positives per map for each row of weights, (n_weights,)."""
    if not _is_measured(campaign, x):
        return np.full(len(weights), np.nan)
    before, after, level = campaign.false_positive_rates(weights)
    return _mean_over_injected(campaign, weights, share_found(before, after, x), level)


def shares_found(campaign: Campaign, x: float) -> Array:
    """Share of each trial that is found at `x` false positives per map, (n_trials,); NaN if not measured."""
    if not _is_measured(campaign, x):
        return np.full(len(campaign.trials), np.nan)
    before, after, level = campaign.false_positive_rates(np.ones((1, len(campaign.trials))))
    shares = np.zeros(len(campaign.trials))
    shares[campaign.found] = share_found(before, after, x)[0, level]
    return shares


def with_interval(campaign: Campaign, values: Array) -> tuple[float, float, float]:
    """Estimate and 95 % interval of a mean over the injected trials, from its values under all weights."""
    estimate = estimate_of(values, campaign.n_sequences)
    low, high = clustered_wilson(estimate.value, estimate.error, estimate.dof, int(campaign.injected.sum()))
    return estimate.value, low, high


def _is_measured(campaign: Campaign, x: float) -> bool:
    return campaign.has_result and bool(x * campaign.n_groups(campaign.empty) >= 1)


def _mean_over_injected(campaign: Campaign, weights: Array, shares: Array, level: NDArray[np.intp]) -> Array:
    """Mean of the found companions' shares over all injected ones; NaN where no trial of a kind is drawn."""
    n = weights @ campaign.injected
    drawn = (n > 0) & (weights @ campaign.empty > 0)
    trials = np.flatnonzero(campaign.found)
    on_level = sparse.csr_array((np.ones(level.size), (level, trials)), shape=(shares.shape[1], weights.shape[1]))
    found = (np.asarray(on_level @ weights.T) * shares.T).sum(axis=0)
    return np.asarray(np.divide(found, n, out=np.full(n.shape, np.nan), where=drawn))
