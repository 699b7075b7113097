"""The average over the datasets of a kind."""

import numpy as np
import pandas as pd

from algozoo.scoring.outcomes import require_columns

BOUNDS = ["partial_auc", "partial_auc_low", "partial_auc_high"]


def run_on_all(scores: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of detectors that have run on every dataset of their kind, whatever became of it."""
    n_run = scores.groupby(["dataset_kind", "detector"])["dataset"].transform("nunique")
    return scores[n_run == scores.groupby("dataset_kind")["dataset"].transform("nunique")]


def average(scores: pd.DataFrame) -> pd.DataFrame:
    """Average the scores over the datasets of a kind; real and simulated ones are never pooled.

    The half-widths of the datasets' intervals are combined in quadrature, the lower and the upper ones
    apart (Zou & Donner 2008, 10.1002/sim.3095). The interval tells how well these datasets are measured, not how
    other datasets would turn out.

    Parameters
    ----------
    scores : DataFrame
        One row per dataset and detector.

    Returns
    -------
    DataFrame
        dataset_kind, detector, control, partial_auc, partial_auc_low, partial_auc_high, n_datasets (of the
        kind) and n_results (those that the detector has a result on; it counts 0 on the others). No row for a detector
        that has not run on one of them.

    Raises
    ------
    InputError
        If columns are missing or there is no row.
    """
    require_columns(scores, ["dataset", "dataset_kind", "detector", "control", *BOUNDS])
    rows = []
    for (kind, detector), table in run_on_all(scores).groupby(["dataset_kind", "detector"]):
        n = len(table)
        area, low, high = table[BOUNDS].fillna(0).to_numpy(dtype=float).T
        mean = area.sum() / n
        bounds = mean - np.linalg.norm(area - low) / n, mean + np.linalg.norm(high - area) / n
        n_results = int(table["partial_auc"].notna().sum())
        rows.append((kind, detector, bool(table["control"].iloc[0]), mean, *bounds, n, n_results))
    return pd.DataFrame(rows, columns=["dataset_kind", "detector", "control", *BOUNDS, "n_datasets", "n_results"])
