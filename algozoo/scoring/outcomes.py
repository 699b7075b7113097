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
        The same with hit_score, hit_x, hit_y and position_error (px), NaN where the companion was missed
        or there is none.

    Raises
    ------
    InputError
        If the table cannot be scored.
    """
    check_outcomes(outcomes)
    hits = np.full((len(outcomes), 3), np.nan)
    tried = (outcomes["status"] == "ok") & (outcomes["trial_kind"] == "injected")
    fields = ["x", "y", "fwhm", "candidate_x", "candidate_y", "candidate_score"]
    trials = outcomes.loc[tried, fields].itertuples(index=False)
    for i, (x, y, fwhm, *peaks) in zip(np.flatnonzero(tried), trials, strict=True):
        candidates = Candidates(*(np.asarray(values, dtype=float) for values in peaks))
        found = match(candidates, [x], [y], radius=fwhm).candidate[0]
        if found >= 0:
            hits[i] = candidates.score[found], candidates.x[found], candidates.y[found]
    error = np.hypot(hits[:, 1] - outcomes["x"], hits[:, 2] - outcomes["y"])
    return outcomes.assign(hit_score=hits[:, 0], hit_x=hits[:, 1], hit_y=hits[:, 2], position_error=error.astype(float))


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
