"""Curves and rates of each detector."""

import numpy as np
import pandas as pd

from algozoo.scoring.campaigns import campaigns
from algozoo.scoring.froc import froc
from algozoo.scoring.intervals import wilson
from algozoo.scoring.measures import shares_found


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
