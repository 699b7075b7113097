"""Completeness: how faint a companion may be and still be found, at a fixed rate of false positives.

Valid for every detector, linear or not, as it asks only whether companions were found (Jensen-Clem et al. 2018,
10.3847/1538-3881/aa97e4). The share of them that is found rises with the contrast c as
``(1 - lapse) / (1 + exp(-(log10 c - m) / w))``; a companion that is missed however bright it is counts as a lapse. All
three are fitted to the single trials; the contrast at which a given share is found comes with its profile likelihood.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from algozoo.scoring.campaigns import FOUND_RATE, Campaigns, Outcomes
from algozoo.scoring.intervals import Array, t_quantile, wilson

LEVELS = (0.5, 0.9, 0.95)
WIDTHS = np.geomspace(0.03, 1.0, 16)
"""Widths w that are tried, in decades of contrast; noise of a tenth of the flux makes a curve as steep as w = 0.03."""
LAPSES = np.array([0, 0.01, 0.02, 0.035, 0.06, 0.1, 0.2, 0.4])
STEP, MARGIN = 0.01, 0.6
"""Grid of m in decades, and how far it goes beyond what was injected."""
N_PARAMETERS = 3
INFLATION = 1.12
"""Of the drop of the likelihood that is allowed: without it, simulated 95 % intervals hold 93 % of the truths."""
FEWEST_TRIALS = 10


class Limit(NamedTuple):
    """Contrast at which a given share of the companions is found, with its 95 % interval.

    `status` is 'ok'; 'no upper bound' if the brightest injected ones may still be found too rarely, so that only `low`
    is known, and `contrast` is a best value that tends to be too faint; 'not reached' if that takes brighter companions
    than were injected, of any brightness if need be; 'reached by all' if even the faintest injected ones are found as
    often; or 'not measured'. Nothing is extrapolated: `contrast` is NaN with the last three, and a bound that lies
    outside the injected range is 0 or infinite.
    """

    contrast: float
    low: float
    high: float
    status: str


NOT_MEASURED = Limit(np.nan, np.nan, np.nan, "not measured")


def completeness_limits(
    outcomes: Outcomes, *, levels: tuple[float, ...] = LEVELS, false_positives_per_map: float = FOUND_RATE
) -> pd.DataFrame:
    """Find the contrast at which given shares of the companions are found, in each annulus.

    The threshold of a detector is the one at which the empty maps of the dataset hold `false_positives_per_map`. The
    interval is for these sequences and that threshold; with several sequences it is widened where they differ more than
    their trials do.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.
    levels : tuple of float
        Shares, between 0 and 1.
    false_positives_per_map : float
        False positives per whole map, measured on the empty maps.

    Returns
    -------
    DataFrame
        dataset, detector, annulus, inner and outer (smallest and largest injected separation in FWHM), level,
        contrast, low, high (95 %), n and status; see `Limit`.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    rows = [
        {**place, "level": level, **limit._asdict(), "n": len(trials)}
        for place, trials in _annuli(outcomes, false_positives_per_map)
        for level, limit in zip(
            levels, fit_limits(trials["contrast"], trials["found"], levels, groups=trials["sequence"]), strict=True
        )
    ]
    columns = ["dataset", "detector", "annulus", "inner", "outer", "level", "contrast", "low", "high", "n", "status"]
    return pd.DataFrame(rows, columns=columns)


def completeness_map(
    outcomes: Outcomes, *, n_contrasts: int = 6, false_positives_per_map: float = FOUND_RATE
) -> pd.DataFrame:
    """Count the companions found in cells of separation and contrast.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.
    n_contrasts : int
        Cells, equally wide in the logarithm, from the faintest to the brightest companion of a dataset.
    false_positives_per_map : float
        False positives per whole map, measured on the empty maps.

    Returns
    -------
    DataFrame
        dataset, detector, annulus, inner, outer (FWHM), contrast_low, contrast_high, n, completeness, low, high
        (Wilson, 95 %); only cells in which there is a trial. The completeness is NaN where it is not measured.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    campaigns, tables = Campaigns.of(outcomes), []
    contrasts = {campaign.dataset: campaign.trials["contrast"].astype(float) for campaign in campaigns}
    for place, trials in _annuli(campaigns, false_positives_per_map):
        injected = contrasts[place["dataset"]]
        edges = np.linspace(np.log10(injected.min()), np.log10(injected.max()), n_contrasts + 1)
        cell = np.searchsorted(edges[1:-1], np.log10(trials["contrast"]), side="right")
        found = trials["found"].groupby(cell)
        n = found.size()
        low, high = wilson(found.sum(min_count=1), n)
        columns = {
            "contrast_low": 10 ** edges[n.index],
            "contrast_high": 10 ** edges[n.index + 1],
            "n": n,
            "completeness": found.mean(),
            "low": low,
            "high": high,
        }
        tables.append(pd.DataFrame(place | columns))
    return pd.concat(tables, ignore_index=True)


def fit_limits(
    contrasts: ArrayLike, found: ArrayLike, levels: tuple[float, ...] = LEVELS, *, groups: ArrayLike | None = None
) -> list[Limit]:
    """Fit the completeness curve to single trials, and read it at some levels.

    Trials of one group share their noise. Their scatter between groups, where it is more than that of independent
    trials, widens the interval by its square root, with Student's quantile (McCullagh & Nelder 1989, sect. 4.5).

    Parameters
    ----------
    contrasts : array_like (n,)
        Of the injected companions.
    found : array_like (n,)
        1 where the companion was found, 0 where not, between the two where scores are tied; NaN throughout where that
        was not measured.
    levels : tuple of float
        Shares, between 0 and 1.
    groups : array_like (n,), optional
        Sequence of each trial.

    Returns
    -------
    list of Limit
        One for each level.

    Notes
    -----
    Share of the true contrasts that the 95 % intervals hold, in 600 simulated campaigns each on one sequence, contrasts
    within a factor of 30; it is larger than 0.95 mostly where few campaigns reach the level:

    ====  =====  =====  =====  =====
    n     w      50 %   90 %   95 %
    ====  =====  =====  =====  =====
    30    0.08   0.935  0.993  0.995
    30    0.20   0.935  0.988  0.980
    60    0.05   0.958  0.977  0.993
    60    0.08   0.935  0.960  0.988
    60    0.20   0.958  0.980  0.963
    120   0.08   0.958  0.948  0.952
    ====  =====  =====  =====  =====

    The best value is another matter where the curve is hardly known. In 150 simulations each, with 24 to 36 trials,
    the interval of 90 and of 95 % had no upper bound in all but 1 %, and the best value of 95 % lay below the truth in
    68 to 86 % of them, by 0.06 to 0.2 decades in the median; with 60 trials it was still without in all (95 %) or in 55
    to 97 % (90 %). Of a steep curve (w = 0.08) without lapses 120 trials give an upper bound of 90 % in 91 % of the
    simulations, and 200 one of 95 % in 82 %; of a gentle one (w = 0.2) 300 give one of 90 % in 52 % and of 95 % in 3 %.
    """
    x, y = np.log10(np.asarray(contrasts, dtype=float)), np.asarray(found, dtype=float)
    if x.size < FEWEST_TRIALS or np.isnan(y).any():
        return [NOT_MEASURED] * len(levels)
    low, high = float(x.min()), float(x.max())
    middles = np.arange(low - MARGIN, high + MARGIN + STEP, STEP)
    likelihood = _log_likelihood(x, y, middles)
    best = np.unravel_index(np.argmax(likelihood), likelihood.shape)
    fitted = (1 - LAPSES[best[0]]) * special.expit((x - middles[best[2]]) / WIDTHS[best[1]])
    drop = _allowed_drop(y, fitted, groups)
    return [_read(likelihood, middles, level, drop, (low, high)) for level in levels]


def _log_likelihood(x: Array, y: Array, middles: Array) -> Array:
    """Binomial log-likelihood, (n_lapses, n_widths, n_middles)."""
    curve = special.expit((x[:, None] - middles) / WIDTHS[:, None, None])  # (n_widths, n, n_middles)
    hits = np.einsum("i,wim->wm", y, np.log(np.maximum(curve, np.finfo(float).tiny)))
    missed = y < 1
    misses = [
        np.einsum("i,wim->wm", 1 - y[missed], np.log(np.maximum(1 - (1 - lapse) * curve[:, missed], 1e-300)))
        for lapse in LAPSES
    ]
    return np.stack([hits + y.sum() * np.log1p(-lapse) + miss for lapse, miss in zip(LAPSES, misses, strict=True)])


def _allowed_drop(y: Array, fitted: Array, groups: ArrayLike | None) -> float:
    """How far the log-likelihood may lie below its maximum within the 95 % interval."""
    dof = y.size - N_PARAMETERS
    names, group = np.unique(np.zeros(y.size) if groups is None else np.asarray(groups), return_inverse=True)
    if names.size == 1:
        return INFLATION * t_quantile(dof) ** 2 / 2
    excess = np.bincount(group, y - fitted) ** 2
    variance = float(np.sum(fitted * (1 - fitted)))
    dispersion = float(excess.sum()) / variance * names.size / (names.size - 1) if variance > 0 else 1.0
    return INFLATION * max(dispersion, 1.0) * t_quantile(dof if dispersion <= 1 else names.size - 1) ** 2 / 2


def _read(likelihood: Array, middles: Array, level: float, drop: float, injected: tuple[float, float]) -> Limit:
    """Profile the likelihood over the contrast at which the curve passes `level`."""
    reaches = level < 1 - LAPSES
    offsets = np.multiply.outer(special.logit(level / (1 - LAPSES[reaches])), WIDTHS).ravel()
    rows = likelihood[reaches].reshape(-1, middles.size)
    at = np.arange(injected[0] - MARGIN, injected[1] + MARGIN + STEP, STEP)
    profile = np.max([np.interp(at - offset, middles, row) for offset, row in zip(offsets, rows, strict=True)], axis=0)
    never = float(likelihood[~reaches].max(initial=-np.inf))
    top = max(float(profile.max()), never)
    within = at[profile >= top - drop]
    low, high = (within[0] - STEP / 2, within[-1] + STEP / 2) if within.size else (np.inf, np.inf)
    if never >= top - drop:
        high = np.inf
    faintest, brightest = injected
    bounds = (
        0.0 if low < faintest else 10 ** min(low, brightest),
        np.inf if high > brightest else 10 ** max(high, faintest),
    )
    summit = at[profile >= profile.max() - 1e-6]
    best = float(summit.mean())
    if never > profile.max() + 1e-6 or best > brightest:
        return Limit(np.nan, *bounds, "not reached")
    if best < faintest:
        return Limit(np.nan, *bounds, "reached by all")
    return Limit(10**best, *bounds, "ok" if np.isfinite(bounds[1]) else "no upper bound")


def _annuli(outcomes: Outcomes, x: float) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Injected trials of each detector in each annulus, with the fraction found at `x` false positives."""
    for campaign in Campaigns.of(outcomes):
        injected = campaign.trials.assign(found=campaign.fractions_found(x))[campaign.injected]
        for annulus, trials in injected.groupby("annulus"):
            separation = trials["separation"] / trials["fwhm"]
            yield campaign.place | {"annulus": annulus, "inner": separation.min(), "outer": separation.max()}, trials
