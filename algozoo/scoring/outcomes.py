"""The table of trial outcomes: what it must hold, and what the detector found in each trial."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from algozoo.errors import InputError
from algozoo.scoring.candidates import Candidates, match
from algozoo.scoring.intervals import Array

TRIAL = ["sequence", "trial_kind", "trial"]  # these three name a trial of a dataset
TRIAL_KINDS = {"injected", "empty", "flipped"}
COLUMNS = (
    *("suite", "suite_version", "dataset", "dataset_version", "dataset_kind", "sequence", "detector", "control"),
    *("trial", "trial_kind", "annulus", "separation", "position_angle", "contrast", "x", "y", "fwhm", "n_resels"),
    *("status", "reason", "seconds", "cpu_seconds", "candidate_x", "candidate_y", "candidate_score"),
)

FLUX = "candidate_flux"
"""Column that a table may lack: flux at each candidate over that of the star; empty lists for detectors without."""


def check_outcomes(outcomes: pd.DataFrame) -> None:
    """Check that a table of outcomes can be scored.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.

    Raises
    ------
    InputError
        If it is empty, lacks columns, mixes versions of a suite or a dataset, or holds a trial twice.
    """
    require_columns(outcomes, COLUMNS)
    suites = outcomes[["suite", "suite_version"]].drop_duplicates()
    if len(suites) > 1:
        raise InputError(f"Outcomes of different suites are never mixed: {suites.to_numpy().tolist()}.")
    datasets = outcomes[["dataset", "dataset_version", "dataset_kind"]].drop_duplicates()
    if not datasets["dataset"].is_unique:
        raise InputError(f"A dataset has one version and one kind: {datasets.to_numpy().tolist()}.")
    unknown = sorted(set(outcomes["trial_kind"]) - TRIAL_KINDS)
    if unknown:
        raise InputError(f"The column trial_kind holds {unknown}; known are {sorted(TRIAL_KINDS)}.")
    key = ["dataset", "detector", *TRIAL]
    repeated = outcomes.loc[outcomes.duplicated(key), key]
    if len(repeated):
        raise InputError(f"{len(repeated)} trials are there twice; the first is {repeated.iloc[0].to_dict()}.")


def require_columns(table: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise an InputError that names the columns a table lacks, or says that it has no row."""
    missing = [column for column in columns if column not in table]
    if missing:
        raise InputError(f"The table lacks the columns {', '.join(missing)}.")
    if table.empty:
        raise InputError(f"The table has no row; a row per trial is needed, with {', '.join(columns)}.")


def on_shared_trials(outcomes: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out what keeps the detectors of a dataset from being compared on the same trials.

    While a suite runs, some detectors are ahead of others. The slowest ones of a dataset are left out one by one; of
    these cuts the one is kept at which the others share the most trials: the number of sequences that all of them have
    run, times the number of detectors, controls not counted. A detector has run a sequence if all of its trials are
    there.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.

    Returns
    -------
    kept : DataFrame
        Rows of the table.
    unfinished : DataFrame
        One row per dataset and detector that is left out: dataset, detector, n_run (sequences that it ran) and
        n_sequences (those that any detector has trials of).

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    check_outcomes(outcomes)
    kept, unfinished = [], []
    for dataset, table in outcomes.groupby("dataset", sort=False):
        n_trials = table.drop_duplicates(TRIAL).groupby("sequence").size()
        done = pd.crosstab(table["detector"], table["sequence"]) == n_trials
        n_run = done.sum(axis=1)
        shared = done.loc[n_run.sort_values(ascending=False, kind="stable").index].cummin()
        counts = ~table.groupby("detector")["control"].first().loc[shared.index]
        size = (shared.sum(axis=1) * counts.cumsum()).to_numpy()
        sequences = shared.columns[shared.iloc[np.flatnonzero(size == size.max())[-1]]]
        takes_part = done[sequences].all(axis=1)
        left_out = n_run[~takes_part].rename("n_run").reset_index()
        unfinished.append(left_out.assign(dataset=dataset, n_sequences=len(n_trials)))
        kept.append(table[table["sequence"].isin(sequences) & table["detector"].map(takes_part)])
    return pd.concat(kept), pd.concat(unfinished, ignore_index=True)[["dataset", "detector", "n_run", "n_sequences"]]


def add_hits(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Match the candidates of each trial with its companion, within one FWHM.

    Nothing that a detector declares changes the match. A trial that did not end well is a miss.

    Parameters
    ----------
    outcomes : DataFrame
        One row per trial and detector.

    Returns
    -------
    DataFrame
        The same with hit_score, hit_x, hit_y, position_error (px) and flux_bias (measured over injected contrast,
        less one), NaN where the companion was missed or there is none. The bias is NaN also where the detector gives no
        flux.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    check_outcomes(outcomes)
    hits = np.full((len(outcomes), 4), np.nan)
    fluxes = outcomes[FLUX] if FLUX in outcomes else pd.Series([()] * len(outcomes))
    tried = (outcomes["status"] == "ok") & (outcomes["trial_kind"] == "injected")
    fields = ["x", "y", "fwhm", "candidate_x", "candidate_y", "candidate_score"]
    trials = outcomes.loc[tried, fields].itertuples(index=False)
    for i, (x, y, fwhm, *peaks) in zip(np.flatnonzero(tried).tolist(), trials, strict=True):
        candidates = Candidates(*(np.asarray(values, dtype=float) for values in peaks))
        found = match(candidates, [x], [y], radius=fwhm).candidate[0]
        if found >= 0:
            flux = fluxes.iloc[i][found] if len(fluxes.iloc[i]) else np.nan
            hits[i] = candidates.score[found], candidates.x[found], candidates.y[found], flux
    score, x, y, flux = hits.T
    error = np.hypot(x - outcomes["x"], y - outcomes["y"]).astype(float)
    bias = flux / outcomes["contrast"].astype(float) - 1
    return outcomes.assign(hit_score=score, hit_x=x, hit_y=y, position_error=error, flux_bias=bias)


def candidates_beside(trial: Any) -> Array:
    """Scores of the candidates of a map with a companion that lie farther than one FWHM from it.

    Parameters
    ----------
    trial : named tuple
        A row of the table of outcomes.
    """
    x, y, score = (
        np.asarray(values, dtype=float) for values in (trial.candidate_x, trial.candidate_y, trial.candidate_score)
    )
    return np.asarray(score[np.hypot(x - trial.x, y - trial.y) > trial.fwhm])
