"""Rates against the threshold and against each other, for each detector: FROC, ROC, precision and recall.

Bands are pointwise: each point of the true curve lies in its band in 95 % of suites, the whole curve less often.
"""

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from algozoo.errors import InputError
from algozoo.scoring.campaigns import HIGHEST_RATE, Campaign, Campaigns, Mask, Outcomes
from algozoo.scoring.froc import froc, tpr_at
from algozoo.scoring.intervals import Array
from algozoo.scoring.measures import with_interval
from algozoo.scoring.outcomes import candidates_beside

Parts: TypeAlias = list[tuple[dict[str, float], Mask]]

N_RATES = 61
N_CONTRAST_BINS = 3
BAND = ["tpr", "tpr_low", "tpr_high"]


def curves(outcomes: Outcomes) -> pd.DataFrame:
    """All operating points of each detector on each dataset, with all injected trials in the denominator.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.

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
    tables = [_curve(campaign) for campaign in Campaigns.of(outcomes) if campaign.has_result]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(_NO_CURVE))


def rates(outcomes: Outcomes, *, rng: np.random.Generator | None = None, by: str | None = None) -> pd.DataFrame:
    """Read each detector's true-positive rate at false-positive rates evenly spaced in their logarithm.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.
    rng : Generator, optional
        Source of the bootstrap, the one that `score` uses; campaigns have theirs.
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
    if by not in {None, "annulus", "contrast"}:
        raise InputError(f"Curves are split by 'annulus' or by 'contrast', not by {by!r}.")
    campaigns = Campaigns.of(outcomes, rng)
    rows = [table for campaign in campaigns if campaign.has_result for table in _bands(campaign, by)]
    columns = ["dataset", "dataset_kind", "detector", *([by] if by else []), "fp_per_map", "fpr", *BAND, "n"]
    return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)


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
    outcomes: Outcomes, *, rng: np.random.Generator | None = None, false_positives_per_map: float = 1.0
) -> pd.DataFrame:
    """Compute the true-positive rate in each annulus, at one false-positive rate of the whole map.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.
    rng : Generator, optional
        Source of the bootstrap; campaigns have theirs.
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
    for campaign in Campaigns.of(outcomes, rng):
        parts = _parts(campaign, "annulus")
        found = campaign.true_positive_rates([false_positives_per_map], [among for _, among in parts])
        for (label, among), values in zip(parts, found[:, 0], strict=True):
            bounds = with_interval(campaign, values, among)
            rows.append((campaign.dataset, campaign.detector, label["annulus"], *bounds, int(among.sum())))
    return pd.DataFrame(rows, columns=["dataset", "detector", "annulus", *BAND, "n"])


def _parts(campaign: Campaign, by: str | None) -> Parts:
    """Split the injected trials of a dataset: what names each part, and its trials."""
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


def _bands(campaign: Campaign, by: str | None) -> list[pd.DataFrame]:
    """Make the curve of each part of the injected trials, with its band."""
    x, parts = np.geomspace(campaign.lowest_rate, HIGHEST_RATE, N_RATES), _parts(campaign, by)
    found = campaign.true_positive_rates(x, [among for _, among in parts])
    tables = []
    for (label, among), values in zip(parts, found, strict=True):
        columns: dict[str, Any] = {
            "dataset": campaign.dataset,
            "dataset_kind": campaign.dataset_kind,
            "detector": campaign.detector,
            "fp_per_map": x,
            "fpr": x / campaign.n_resels,
            "n": int(among.sum()),
        }
        band = pd.DataFrame([with_interval(campaign, one, among) for one in values], columns=BAND)
        tables.append(band.assign(**columns, **label)[band["tpr"].notna()])
    return tables


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
