"""Rates against the threshold and against each other, for each detector: FROC, ROC, precision and recall.

Bands are pointwise: each point of the true curve lies in its band in 95 % of suites, the whole curve less often.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from algozoo.errors import InputError
from algozoo.scoring.campaigns import Campaign, campaigns
from algozoo.scoring.froc import froc, tpr_at
from algozoo.scoring.intervals import Array, clustered_wilson
from algozoo.scoring.measures import (
    HIGHEST_RATE,
    draw_weights,
    lowest_rate,
    true_positive_rates,
    with_interval,
)
from algozoo.scoring.outcomes import candidates_beside
from algozoo.scoring.resampling import estimate_of

Parts: TypeAlias = list[tuple[dict[str, float], NDArray[np.bool_]]]

N_RATES = 61
N_THRESHOLDS = 61
N_CONTRAST_BINS = 3
EMPTY_MAPS = ["fp_per_map", "fp_low", "fp_high", "fpr"]
BAND = ["tpr", "tpr_low", "tpr_high"]
BANDS = [*BAND, "fdr", "fdr_low", "fdr_high", "precision", "precision_low", "precision_high"]


def curves(outcomes: pd.DataFrame) -> pd.DataFrame:
    """All operating points of each detector on each dataset, with all injected trials in the denominator.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.

    Returns
    -------
    DataFrame
        dataset, detector and the columns of `froc` (fpr is per resolution element), with fp_per_injected_map
        (false positives per map with a companion, beside it), fdr (share of the false ones among all that the maps with
        a companion show above the threshold) and precision (1 - fdr; recall is tpr). Both hold for one companion a map.
        Nothing for a detector without a result.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    tables = [_curve(campaign) for dataset in campaigns(outcomes) for campaign in dataset if campaign.has_result]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(_NO_CURVE))


def rates(outcomes: pd.DataFrame, *, rng: np.random.Generator, by: str | None = None) -> pd.DataFrame:
    """Read each detector's true-positive rate at false-positive rates evenly spaced in their logarithm.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.
    rng : Generator
        Source of the bootstrap, the one that `score` uses.
    by : {None, 'annulus', 'contrast'}
        Split the injected companions by annulus, or into three ranges of contrast with equally many each. The false
        positives are always those of the whole map.

    Returns
    -------
    DataFrame
        dataset, dataset_kind, detector, the column named by `by` (the contrast is the lower end of the range),
        fp_per_map, fpr, tpr, tpr_low, tpr_high (95 %, pointwise, the interval of `score`) and n. The rates run from one
        false positive in all independent empty maps to ten per map; what lies below is not measurable, and has no row.

    Raises
    ------
    InputError
        If the table cannot be scored, or `by` is something else.
    """
    rows = [
        _band(campaign, weights, among).assign(**label)
        for campaign, weights, parts in _each(outcomes, rng, by)
        if campaign.has_result
        for label, among in parts
    ]
    columns = ["dataset", "dataset_kind", "detector", *([by] if by else []), "fp_per_map", "fpr", *BAND, "n"]
    return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)


def threshold_rates(outcomes: pd.DataFrame, *, rng: np.random.Generator, by: str | None = None) -> pd.DataFrame:
    """Read each detector's rates and its precision at some of its own thresholds, with bands.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.
    rng : Generator
        Source of the bootstrap, the one that `score` uses.
    by : {None, 'annulus', 'contrast'}
        Split the maps with a companion, as in `rates`.

    Returns
    -------
    DataFrame
        dataset, dataset_kind, detector, the column named by `by`, threshold (scores, evenly spaced in the logarithm of
        their place from the highest), fp_per_map, fp_low, fp_high (Garwood), fpr, tpr, fdr and precision as in
        `curves`, these three with _low and _high (95 %, pointwise, the interval of `score`), and n (companions).

    Raises
    ------
    InputError
        If the table cannot be scored, or `by` is something else.
    """
    rows = []
    for campaign, weights, parts in _each(outcomes, rng, by):
        if campaign.has_result:
            curve = _curve(campaign).iloc[1:]
            place = np.unique(np.geomspace(1, max(len(curve), 1), N_THRESHOLDS).astype(int)) - 1
            chosen = curve.iloc[place[: len(curve)]].assign(dataset_kind=campaign.dataset_kind)
            for label, among in parts:
                bands = threshold_bands(campaign, weights, chosen["threshold"].to_numpy(), among)
                rows.append(chosen.assign(**bands, **label, n=int(among.sum())))
    names = ["dataset", "dataset_kind", "detector", *([by] if by else []), "threshold", *EMPTY_MAPS, *BANDS, "n"]
    return pd.concat(rows, ignore_index=True)[names] if rows else pd.DataFrame(columns=names)


def threshold_bands(
    campaign: Campaign, weights: Array, thresholds: Array, among: NDArray[np.bool_]
) -> dict[str, Array]:
    """True-positive rate, false-discovery rate and precision at some thresholds, each with its band.

    With h of N companions found among h + f candidates the precision h / (h + f) varies as a fraction of
    (h + f)^2 / (h + f (1 - h / N)) trials does, if h is binomial and f Poisson (to first order).
    """
    trials = campaign.trials
    hits = (trials["hit_score"].to_numpy(dtype=float)[:, None] >= thresholds) & among[:, None]
    beside = np.zeros(hits.shape)
    for i in np.flatnonzero(among & campaign.ok):
        scores = np.sort(candidates_beside(trials.iloc[i]))
        beside[i] = scores.size - np.searchsorted(scores, thresholds)
    injected, found, false = (weights @ among)[:, None], weights @ hits, weights @ beside
    tpr, precision = _share(found, injected), _share(found, found + false)
    shown = found[0] + false[0]
    worth = _share(shown**2, found[0] + false[0] * (1 - tpr[0]))
    bands: dict[str, Array] = {}
    for name, share, n in (("tpr", tpr, np.full(len(thresholds), among.sum())), ("precision", precision, worth)):
        estimates = [estimate_of(values, campaign.n_sequences) for values in share.T]
        bounds = [
            clustered_wilson(one.value, one.error, one.dof, int(trials)) if trials > 0 else (np.nan, np.nan)
            for one, trials in zip(estimates, n, strict=True)
        ]
        low, high = np.array(bounds).reshape(-1, 2).T
        bands |= {name: share[0], f"{name}_low": low, f"{name}_high": high}
    fdr = {"fdr": "precision", "fdr_low": "precision_high", "fdr_high": "precision_low"}
    return bands | {name: 1 - bands[other] for name, other in fdr.items()}


def _share(part: NDArray[Any], whole: NDArray[Any]) -> Array:
    """Divide; NaN where there is nothing to divide by."""
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0), dtype=float)


def average_curves(curves_of_datasets: pd.DataFrame) -> pd.DataFrame:
    """Average the curves over the datasets of a kind, each with the same weight.

    Parameters
    ----------
    curves_of_datasets : DataFrame
        Result of `rates`, not split.

    Returns
    -------
    DataFrame
        dataset_kind, detector, fp_per_map, tpr, tpr_low, tpr_high (half-widths in quadrature) and n_datasets, from
        the highest of the datasets' lowest rates on. A dataset without a result counts 0, as in the averaged score.
    """
    tables = []
    for kind, of_kind in curves_of_datasets.groupby("dataset_kind"):
        lows = of_kind.groupby("dataset")["fp_per_map"].min()
        x = np.geomspace(lows.max(), HIGHEST_RATE, N_RATES)
        for detector, own in of_kind.groupby("detector"):
            read = [
                [tpr_at(np.log(curve["fp_per_map"]), curve[column], np.log(x)) for column in BAND]
                for _, curve in own.groupby("dataset")
            ]
            middle, low, high = np.moveaxis(np.array(read), 1, 0)
            mean = middle.sum(axis=0) / lows.size
            columns = {
                "dataset_kind": kind,
                "detector": detector,
                "fp_per_map": x,
                "tpr": mean,
                "tpr_low": mean - np.linalg.norm(middle - low, axis=0) / lows.size,
                "tpr_high": mean + np.linalg.norm(high - middle, axis=0) / lows.size,
                "n_datasets": lows.size,
            }
            tables.append(pd.DataFrame(columns))
    names = ["dataset_kind", "detector", "fp_per_map", *BAND, "n_datasets"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=names)


def by_annulus(
    outcomes: pd.DataFrame, *, rng: np.random.Generator, false_positives_per_map: float = 1.0
) -> pd.DataFrame:
    """Compute the true-positive rate in each annulus, at one false-positive rate of the whole map.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.
    rng : Generator
        Source of the bootstrap.
    false_positives_per_map : float
        False positives per whole map, measured on the empty maps.

    Returns
    -------
    DataFrame
        dataset, detector, annulus, tpr, tpr_low, tpr_high (95 %, the interval of `score`) and n; NaN where the empty
        maps are too few to measure that rate or the detector has no result.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    rows = []
    for campaign, weights, parts in _each(outcomes, rng, "annulus"):
        for label, among in parts:
            found = true_positive_rates(campaign, weights, [false_positives_per_map], among)[0]
            tpr, low, high = with_interval(campaign, found, among)
            rows.append((campaign.dataset, campaign.detector, label["annulus"], tpr, low, high, int(among.sum())))
    return pd.DataFrame(rows, columns=["dataset", "detector", "annulus", *BAND, "n"])


def _each(outcomes: pd.DataFrame, rng: np.random.Generator, by: str | None) -> Iterator[tuple[Campaign, Array, Parts]]:
    """Go through all campaigns, each with the weights and the parts of its dataset, the same for all detectors."""
    for dataset in campaigns(outcomes):
        weights, parts = draw_weights(dataset[0], rng), _parts(dataset[0], by)
        for campaign in dataset:
            yield campaign, weights, parts


def _parts(campaign: Campaign, by: str | None) -> Parts:
    """Split the injected trials of a dataset: what names each part, and its trials."""
    if by not in {None, "annulus", "contrast"}:
        raise InputError(f"Curves are split by 'annulus' or by 'contrast', not by {by!r}.")
    trials, injected = campaign.trials, campaign.injected
    if by is None:
        return [({}, injected)]
    if not injected.any():
        return []
    if by == "annulus":
        return [({by: i}, np.asarray(injected & (trials[by] == i))) for i in np.unique(trials.loc[injected, by])]
    contrast = trials[by].to_numpy(dtype=float)
    edges = np.unique(np.quantile(contrast[injected], np.linspace(0, 1, N_CONTRAST_BINS + 1)))
    place = np.clip(np.searchsorted(edges, contrast, side="right") - 1, 0, max(edges.size - 2, 0))
    return [({by: float(edges[i])}, injected & (place == i)) for i in range(max(edges.size - 1, 1))]


def _band(campaign: Campaign, weights: Array, among: NDArray[np.bool_]) -> pd.DataFrame:
    x = np.geomspace(lowest_rate(campaign), HIGHEST_RATE, N_RATES)
    bands = [with_interval(campaign, found, among) for found in true_positive_rates(campaign, weights, x, among)]
    table = pd.DataFrame(bands, columns=BAND).assign(
        dataset=campaign.dataset,
        dataset_kind=campaign.dataset_kind,
        detector=campaign.detector,
        fp_per_map=x,
        fpr=x / campaign.n_resels,
        n=int(among.sum()),
    )
    return table[table["tpr"].notna()]


def _curve(campaign: Campaign) -> pd.DataFrame:
    injected = campaign.trials[campaign.injected]
    curve = froc(
        injected["hit_score"],
        np.concatenate(campaign.false_scores()),
        int(campaign.empty.sum()),
        n_independent=campaign.n_groups(campaign.empty),
        n_resels=campaign.n_resels,
    )
    made = injected[injected["status"] == "ok"]
    beside = np.sort(np.concatenate([candidates_beside(trial) for trial in made.itertuples()]))
    false = beside.size - np.searchsorted(beside, curve["threshold"])
    shown = curve["hits"].to_numpy() + false
    fdr = _share(false, shown)
    extra = {"fp_per_injected_map": false / len(made), "fdr": fdr, "precision": 1 - fdr}
    return curve.assign(**extra, dataset=campaign.dataset, detector=campaign.detector)[list(_NO_CURVE)]


_NO_CURVE = ("dataset", "detector", *froc([], [], 0, n_resels=1), "fp_per_injected_map", "fdr", "precision")
