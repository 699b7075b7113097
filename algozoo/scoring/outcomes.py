"""The table of trial outcomes: what it must hold, and what the detector found in each trial."""

from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, TypedDict, get_type_hints

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from algozoo.companions import Companion
from algozoo.errors import InputError
from algozoo.scoring.candidates import Candidates, match
from algozoo.scoring.intervals import Array
from algozoo.sequence import ADISequence

TRIAL = ["sequence", "trial_kind", "trial"]  # these three name a trial of a dataset
TRIAL_KINDS = {"injected", "empty", "flipped"}
STATUSES = {"ok", "declined", "failed", "invalid", "timeout", "memory", "crash"}
LIST = "list of "
"""What the stored type of a column of lists begins with."""


@dataclass(frozen=True)
class Column:
    """What a column of the table of outcomes holds.

    Parameters
    ----------
    stored : str
        Type in files, as Arrow calls it, with `LIST` before it for lists.
    meaning : str
    unit : str
        Empty for what has none.
    measured : bool
        Whether only the detector can make it. All else is made again from the suite, whatever the detector.
    """

    stored: str
    meaning: str
    unit: str = ""
    measured: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class OutcomeRow:
    """What came of one trial of one detector: a row of the table of outcomes, and the one place that defines it.

    A table without the columns that have a default here can be scored too.
    """

    suite: Annotated[str, Column("string", "name of the suite")]
    suite_version: Annotated[str, Column("string", "its version; results of two versions are never mixed")]
    dataset: Annotated[str, Column("string", "name of the dataset")]
    dataset_version: Annotated[str, Column("string", "its version")]
    dataset_kind: Annotated[str, Column("string", "`real` or `simulated`")]
    sequence: Annotated[int, Column("int32", "number of the sequence in the dataset")]
    detector: Annotated[
        str, Column("string", "label of the detector: its name and the parameters that are not defaults")
    ]
    control: Annotated[bool, Column("bool", "whether it is a control, which has no rank")]
    training: Annotated[str, Column("string", "what it learned from, or `none`")] = ""
    trial: Annotated[int, Column("int32", "number of the trial in the sequence")]
    trial_kind: Annotated[str, Column("string", "`injected`, `empty`, or `flipped` (empty, with reversed angles)")]
    block: Annotated[str, Column("string", "part of the frames that the trial is of; empty for all frames")] = ""
    annulus: Annotated[int, Column("int32", "number of the annulus that the companion is in; -1 without one")]
    separation: Annotated[float, Column("float64", "of the companion from the star; NaN without one", "px")]
    position_angle: Annotated[float, Column("float64", "azimuth of the companion, from +x towards +y", "degrees")]
    contrast: Annotated[float, Column("float64", "flux of the companion over that of the star")]
    x: Annotated[float, Column("float64", "column of the companion in the derotated frame", "px")]
    y: Annotated[float, Column("float64", "row of the companion in the derotated frame", "px")]
    fwhm: Annotated[float, Column("float64", "of the PSF: a candidate as close to a companion has found it", "px")]
    n_resels: Annotated[float, Column("float64", "resolution elements in the valid field of the map")]
    status: Annotated[
        str, Column("string", "`ok`, `declined`, or how it failed, such as `failed` or `timeout`", measured=True)
    ]
    reason: Annotated[str, Column("string", "why, or a note of the detector; may be empty", measured=True)]
    seconds: Annotated[float, Column("float64", "wall time of the detection", "s", measured=True)]
    cpu_seconds: Annotated[float, Column("float64", "CPU time of the detection", "s", measured=True)]
    map_kind: Annotated[
        str, Column("string", "`snr`, `probability`, `likelihood_ratio` or `ratio`; empty without a map", measured=True)
    ] = ""
    candidate_x: Annotated[
        ArrayLike, Column("list of float32", "columns of the candidates, best first", "px", measured=True)
    ]
    candidate_y: Annotated[ArrayLike, Column("list of float32", "rows of the candidates", "px", measured=True)]
    candidate_score: Annotated[
        ArrayLike, Column("list of float64", "values of the map at the candidates", measured=True)
    ]
    candidate_flux: Annotated[
        ArrayLike, Column("list of float64", "fluxes over that of the star; empty if none are given", measured=True)
    ] = ()
    null_separation: Annotated[
        ArrayLike, Column("list of float32", "of places one FWHM apart in an empty S/N map", "FWHM", measured=True)
    ] = ()
    null_score: Annotated[ArrayLike, Column("list of float32", "values of the map at these places", measured=True)] = ()


OUTCOME: dict[str, Column] = {
    name: hint.__metadata__[0] for name, hint in get_type_hints(OutcomeRow, include_extras=True).items()
}
"""The columns of the table of outcomes, by name, in the order of the files."""
COLUMNS = tuple(column.name for column in fields(OutcomeRow) if column.default is MISSING)
"""Columns without which a table cannot be scored."""


class TrueCompanion(TypedDict):
    """The columns that say where the companion of a trial is; NaN without one."""

    separation: float
    position_angle: float
    contrast: float
    x: float
    y: float


def true_companion(companion: Companion | None, sequence: ADISequence) -> TrueCompanion:
    """Say where a companion is in a sequence, in the columns of the table of outcomes."""
    if companion is None:
        return TrueCompanion(separation=np.nan, position_angle=np.nan, contrast=np.nan, x=np.nan, y=np.nan)
    x, y = companion.position(sequence)
    return TrueCompanion(
        separation=companion.separation,
        position_angle=companion.azimuth,
        contrast=companion.contrast,
        x=x,
        y=y,
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
    fluxes = outcomes["candidate_flux"] if "candidate_flux" in outcomes else pd.Series([()] * len(outcomes))
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
