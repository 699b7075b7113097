"""Are detectors of different rank over many datasets? Friedman's test, and Nemenyi's critical difference."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from algozoo.errors import InputError

LEVEL = 0.05


@dataclass(frozen=True)
class Friedman:
    """Ranks of detectors over datasets.

    Attributes
    ----------
    mean_rank : Series
        Of each detector, 1 is the best; ties share their mean rank.
    p : float
        Of Friedman's test: how probable ranks as unequal are if all detectors are alike.
    critical_difference : float
        Mean ranks that differ by more are different, all pairs together at 5 % (Nemenyi 1963).
    n_datasets : int
        Datasets are the only unit of this test; with fewer than six it sees next to nothing.
    """

    mean_rank: pd.Series
    p: float
    critical_difference: float
    n_datasets: int


def friedman(scores: pd.DataFrame) -> Friedman:
    """Test whether detectors rank differently over datasets (Demšar 2006, JMLR 7, 1, eqs. 5 and 6).

    Each dataset counts once, whatever its size, so that the result speaks of datasets like these, not only of these.

    Parameters
    ----------
    scores : DataFrame
        Rows dataset, detector, control and partial_auc, as `score` gives them. Controls are left out; a detector
        without a result on a dataset is last there.

    Returns
    -------
    Friedman

    Raises
    ------
    InputError
        With fewer than two datasets or three detectors.
    """
    table = scores[~scores["control"]].pivot_table(
        index="dataset", columns="detector", values="partial_auc", dropna=False, observed=True
    )
    n, k = table.shape
    if n < 2 or k < 3:
        raise InputError(
            f"Friedman's test needs at least 2 datasets and 3 detectors; the table has {n} and {k}, without controls."
        )
    table = table.fillna(-np.inf)
    statistic = stats.friedmanchisquare(*table.to_numpy().T).statistic if table.nunique(axis=1).max() > 1 else 0.0
    return Friedman(
        mean_rank=table.rank(axis=1, ascending=False).mean().rename("mean_rank"),
        p=float(special.chdtrc(k - 1, statistic)),
        critical_difference=critical_difference(k, n),
        n_datasets=n,
    )


def critical_difference(n_detectors: int, n_datasets: int) -> float:
    """Nemenyi's critical difference of mean ranks at 5 %, all pairs together."""
    quantile = stats.studentized_range.ppf(1 - LEVEL, n_detectors, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(n_detectors * (n_detectors + 1) / (6 * n_datasets)))
