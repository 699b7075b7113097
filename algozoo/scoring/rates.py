"""Rates against the threshold and against each other, for each detector: FROC, ROC, precision and recall.

Bands are pointwise: each point of the true curve lies in its band in 95 % of suites, the whole curve less often.
"""

import numpy as np
import pandas as pd

from algozoo.scoring.campaigns import FOUND_RATE, HIGHEST_RATE, Campaign, Campaigns, Outcomes
from algozoo.scoring.froc import froc
from algozoo.scoring.measures import with_interval
from algozoo.scoring.outcomes import candidates_beside

N_RATES = 61
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


def rates(outcomes: Outcomes, *, rng: np.random.Generator | None = None) -> pd.DataFrame:
    """Read each detector's true-positive rate at false-positive rates evenly spaced in their logarithm.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.
    rng : Generator, optional
        Source of the bootstrap, the one that `score` uses; campaigns have theirs.

    Returns
    -------
    DataFrame
        dataset, dataset_kind, detector, fp_per_map, fpr, tpr, tpr_low, tpr_high (95 %, pointwise, the interval of
        `score`) and n. The rates run from one false positive in all independent empty maps to ten per map; what lies
        below is not measurable, and has no row.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    tables = [_band(campaign) for campaign in Campaigns.of(outcomes, rng) if campaign.has_result]
    columns = ["dataset", "dataset_kind", "detector", "fp_per_map", "fpr", *BAND, "n"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _band(campaign: Campaign) -> pd.DataFrame:
    x = np.geomspace(campaign.lowest_rate, HIGHEST_RATE, N_RATES)
    bounds = [with_interval(campaign, values) for values in campaign.true_positive_rates(x)[0]]
    band = pd.DataFrame(bounds, columns=BAND).assign(
        **campaign.place,
        dataset_kind=campaign.dataset_kind,
        fp_per_map=x,
        fpr=x / campaign.n_resels,
        n=int(campaign.injected.sum()),
    )
    return band[band["tpr"].notna()]


def average_curves(curves_of_datasets: pd.DataFrame) -> pd.DataFrame:
    """Average the curves over the datasets of a kind, each with the same weight.

    Parameters
    ----------
    curves_of_datasets : DataFrame
        Result of `rates`.

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
                [np.interp(np.log(x), np.log(curve["fp_per_map"]), curve[column]) for column in BAND]
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


def by_annulus(outcomes: Outcomes, *, rng: np.random.Generator | None = None) -> pd.DataFrame:
    """Compute the true-positive rate in each annulus, at one false positive per whole map.

    Parameters
    ----------
    outcomes : DataFrame or Campaigns
        One row per trial and detector, or what `Campaigns.of` makes of it.
    rng : Generator, optional
        Source of the bootstrap; campaigns have theirs.

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
        annulus = campaign.trials["annulus"]
        labels = np.unique(annulus[campaign.injected])
        parts = [np.asarray(campaign.injected & (annulus == label)) for label in labels]
        found = campaign.true_positive_rates([FOUND_RATE], parts)[:, 0]
        for label, among, values in zip(labels, parts, found, strict=True):
            bounds = with_interval(campaign, values, among)
            rows.append((campaign.dataset, campaign.detector, label, *bounds, int(among.sum())))
    return pd.DataFrame(rows, columns=["dataset", "detector", "annulus", *BAND, "n"])


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
    fdr = np.divide(false, shown, out=np.full(shown.shape, np.nan), where=shown > 0)
    extra = {"fp_per_injected_map": false / len(made), "fdr": fdr, "precision": 1 - fdr}
    return curve.assign(**extra, **campaign.place)[list(_NO_CURVE)]


_NO_CURVE = ("dataset", "detector", *froc([], [], 0, n_resels=1), "fp_per_injected_map", "fdr", "precision")
