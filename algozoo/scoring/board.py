"""The leaderboard's numbers: curves, scores with intervals, ranks, annuli and differences."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from algozoo.scoring.campaigns import Campaign, campaigns
from algozoo.scoring.froc import froc
from algozoo.scoring.intervals import Array, t_quantile, wilson
from algozoo.scoring.measures import (
    HIGHEST_RATE,
    draw_weights,
    lowest_rate,
    partial_areas,
    shares_found,
    true_positive_rates,
    with_interval,
)
from algozoo.scoring.ranking import add_ranks
from algozoo.scoring.resampling import standard_error


def curves(outcomes: pd.DataFrame) -> pd.DataFrame:
    """FROC curve of each detector on each dataset, with all injected trials in the denominator.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.

    Returns
    -------
    DataFrame
        dataset, detector and the columns of `froc`; nothing for a detector without a result.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    tables = [
        froc(
            campaign.trials.loc[campaign.injected, "hit_score"],
            np.concatenate(campaign.false_scores()),
            int(campaign.empty.sum()),
            n_independent=campaign.n_groups(campaign.empty),
            n_resels=float(campaign.trials["n_resels"].median()),
        ).assign(dataset=campaign.dataset, detector=campaign.detector)
        for dataset in campaigns(outcomes)
        for campaign in dataset
        if campaign.has_result
    ]
    columns = ["dataset", "detector", *froc([], [], 0, n_resels=1)]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def score(outcomes: pd.DataFrame, *, rng: np.random.Generator, false_positives_per_map: float = 1.0) -> pd.DataFrame:
    """Score and rank each detector on each dataset.

    The score is the true-positive rate averaged over ln(false positives per map), from one false positive in
    all independent empty maps of the suite (a lower rate cannot be measured) to ten per map. The empty maps of
    one orientation of a sequence, whole or of a block of its frames, count as one: false positives are averaged
    over all maps, but what can be measured, and how well, goes by the independent ones.

    The intervals are Wilson's with the effective number of trials, from a bootstrap of sequences and of trials
    within them, and Student's quantile (Satterthwaite). In simulations of 300 to 600 suites, with and without
    differences between sequences, the 95 % intervals hold this share of the truths: 20 sequences 0.96-0.97, 10
    sequences 0.93-1.00, 5 sequences 0.95-0.99, 3 sequences 0.92-0.99, 2 sequences 0.85-0.98. One sequence shows
    nothing of the spread between nights: 0.96 where nights are alike, too few where they are not. Percentile
    intervals, the simpler choice, hold 0.93 with ten sequences, 0.82 with three, 0.4 near the ceiling.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.
    rng : Generator
        Source of the bootstrap.
    false_positives_per_map : float
        Where the columns tpr, tpr_low, tpr_high and position_error are read; they are NaN if the empty maps
        are too few to measure that rate.

    Returns
    -------
    DataFrame
        One row per dataset and detector: dataset, dataset_kind, detector, control, rank (none for controls
        and for detectors without a result), partial_auc, partial_auc_low, partial_auc_high, fp_low,
        fp_high (the range averaged over), tpr, tpr_low, tpr_high, n_injected, n_empty, n_empty_independent,
        n_failed, n_sequences, position_error (median over the found, px), seconds (median per map), status
        ('ok', or the commonest of the failures where there is no result) and reason (the commonest of the
        failures).

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    rows = [
        _row(campaign, weights, false_positives_per_map)
        for dataset in campaigns(outcomes)
        for weights in [draw_weights(dataset[0], rng)]
        for campaign in dataset
    ]
    scores = pd.DataFrame(rows)
    return add_ranks(scores, scores["partial_auc"], within="dataset")


def differences(outcomes: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """Compare the partial areas of each two detectors on the same trials.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.
    rng : Generator
        Source of the bootstrap, which is paired: each replicate has the same trials for both.

    Returns
    -------
    DataFrame
        dataset, detector, other, difference (detector's partial area less the other's), difference_low,
        difference_high (95 %, Student's); detectors without a result are left out.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    rows = []
    for dataset in campaigns(outcomes):
        weights = draw_weights(dataset[0], rng)
        areas = {c.detector: partial_areas(c, weights) for c in dataset if c.has_result}
        n_sequences = dataset[0].trials["sequence"].nunique()
        for one, other in combinations(areas, 2):
            difference = areas[one] - areas[other]
            error, dof = standard_error(difference, n_sequences)
            low, high = np.clip(difference[0] + error * t_quantile(dof) * np.array([-1, 1]), -1, 1)
            rows.append((dataset[0].dataset, one, other, difference[0], low, high))
    columns = ["dataset", "detector", "other", "difference", "difference_low", "difference_high"]
    return pd.DataFrame(rows, columns=columns)


def by_annulus(outcomes: pd.DataFrame, *, false_positives_per_map: float = 1.0) -> pd.DataFrame:
    """Compute the true-positive rate in each annulus, at one false-positive rate of the whole map.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.
    false_positives_per_map : float
        False positives per whole map, measured on the empty maps.

    Returns
    -------
    DataFrame
        dataset, detector, annulus, tpr, tpr_low, tpr_high (Wilson, 95 %) and n; NaN where the empty maps
        are too few to measure that rate or the detector has no result.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    tables = []
    for dataset in campaigns(outcomes):
        for campaign in dataset:
            share = shares_found(campaign, false_positives_per_map)
            trials = campaign.trials.assign(share=share)[campaign.injected]
            table = trials.groupby("annulus", as_index=False).agg(tpr=("share", "mean"), n=("share", "size"))
            low, high = wilson(table["tpr"] * table["n"], table["n"])
            tables.append(
                table.assign(dataset=campaign.dataset, detector=campaign.detector, tpr_low=low, tpr_high=high)
            )
    columns = ["dataset", "detector", "annulus", "tpr", "tpr_low", "tpr_high", "n"]
    return pd.concat(tables, ignore_index=True)[columns]


def _row(campaign: Campaign, weights: Array, x: float) -> dict[str, Any]:
    trials, injected, empty = campaign.trials, campaign.injected, campaign.empty
    failures = trials[~campaign.ok]
    shares = shares_found(campaign, x)
    area, area_low, area_high = with_interval(campaign, partial_areas(campaign, weights))
    tpr, tpr_low, tpr_high = with_interval(campaign, true_positive_rates(campaign, weights, x))
    return {
        "dataset": campaign.dataset,
        "dataset_kind": campaign.dataset_kind,
        "detector": campaign.detector,
        "control": campaign.control,
        "partial_auc": area,
        "partial_auc_low": area_low,
        "partial_auc_high": area_high,
        "fp_low": lowest_rate(campaign),
        "fp_high": HIGHEST_RATE,
        "tpr": tpr,
        "tpr_low": tpr_low,
        "tpr_high": tpr_high,
        "n_injected": int(injected.sum()),
        "n_empty": int(empty.sum()),
        "n_empty_independent": campaign.n_groups(empty),
        "n_failed": len(failures),
        "n_sequences": trials["sequence"].nunique(),
        "position_error": float(trials["position_error"].where(shares > 0).median()),
        "seconds": float(trials["seconds"].where(campaign.ok).median()),
        "status": "ok" if campaign.has_result else next(iter(failures["status"].mode()), "ok"),
        "reason": next(iter(failures["reason"].mode()), ""),
    }
