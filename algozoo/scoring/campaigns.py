"""One detector in the trials of one dataset: the unit that is scored."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from algozoo.errors import InputError
from algozoo.scoring.intervals import Array
from algozoo.scoring.outcomes import TRIAL, add_hits

OF_TRIAL = [*TRIAL, "annulus", "separation", "position_angle", "contrast", "x", "y", "fwhm", "n_resels"]
CANDIDATES = ["candidate_x", "candidate_y", "candidate_score"]
OF_DETECTOR = ["status", "reason", "seconds", *CANDIDATES, "hit_score", "position_error", "flux_bias"]
NULLS = ["null_separation", "null_score"]
"""Columns that a table may lack: scores of the maps without a companion at places that share no light."""


@dataclass(frozen=True)
class Campaign:
    """What one detector did in the trials of one dataset.

    Attributes
    ----------
    dataset, dataset_kind, detector : str
        Names, and 'real' or 'simulated'.
    control : bool
        Whether the detector is a control, which has no rank.
    map_kind : str
        What its maps are, as 'snr' or 'probability'; empty where the table does not tell.
    trials : DataFrame
        One row per trial of the dataset, in the same order for all detectors.
    """

    dataset: str
    dataset_kind: str
    detector: str
    control: bool
    map_kind: str
    trials: pd.DataFrame

    @cached_property
    def injected(self) -> NDArray[np.bool_]:
        """Trials with a companion."""
        return np.asarray(self.trials["trial_kind"] == "injected")

    @cached_property
    def ok(self) -> NDArray[np.bool_]:
        """Trials that ended well."""
        return np.asarray(self.trials["status"] == "ok")

    @cached_property
    def empty(self) -> NDArray[np.bool_]:
        """Trials that false positives are counted in: without a companion, and ended well."""
        return self.ok & ~self.injected

    @cached_property
    def n_sequences(self) -> int:
        """Number of sequences of the dataset."""
        return int(self.trials["sequence"].nunique())

    @cached_property
    def n_resels(self) -> float:
        """Resolution elements in the scored field of a map, the median over the trials."""
        return float(self.trials["n_resels"].median())

    @cached_property
    def group(self) -> NDArray[np.int_]:
        """Number of the group that each trial belongs to.

        The maps without a companion of one orientation of a sequence, whole or of a block of its frames, are
        one group: they share most of their frames and with them their false positives. An injected trial is
        a group of its own.
        """
        own = self.trials["trial"].where(self.injected, -1)
        return np.asarray(self.trials.assign(trial=own).groupby(TRIAL).ngroup(), dtype=int)

    def n_groups(self, trials: NDArray[np.bool_]) -> int:
        """Count the independent ones among some trials."""
        return int(np.unique(self.group[trials]).size)

    @cached_property
    def found(self) -> NDArray[np.bool_]:
        """Trials in which a candidate lies on the companion."""
        return np.asarray(self.trials["hit_score"].notna())

    @cached_property
    def has_result(self) -> bool:
        """Whether at least one map with and one map without a companion were made."""
        return bool((self.ok & self.injected).any() and self.empty.any())

    def false_scores(self) -> list[Array]:
        """Sorted scores of the candidates of each empty map."""
        maps = self.trials.loc[self.empty, "candidate_score"]
        return [np.sort(np.asarray(scores, dtype=float)) for scores in maps]

    def false_positive_rates(self, weights: Array) -> tuple[Array, Array, NDArray[np.intp]]:
        """Count the false positives per map above each hit.

        Hits between the same two false positives have the same count, and are one level.

        Parameters
        ----------
        weights : ndarray (n_weights, n_trials)
            How often each trial counts.

        Returns
        -------
        before, after : ndarray (n_weights, n_levels)
            Rate of candidates with a higher score, and with a higher or equal one; NaN where no empty
            map counts.
        level : ndarray of int (n_found,)
            Level of each hit.
        """
        weights = weights[:, self.empty]
        exposure = weights.sum(axis=1, keepdims=True)
        exposure[exposure == 0] = np.nan
        false = self.false_scores()
        hits, level = self._levels(np.sort(np.concatenate(false)))
        above = np.array([scores.size - np.searchsorted(scores, hits, side="right") for scores in false])
        reached = np.array([scores.size - np.searchsorted(scores, hits, side="left") for scores in false])
        before = weights @ above / exposure
        tied = (above != reached).any(axis=0)
        after = before.copy()
        after[:, tied] = weights @ reached[:, tied] / exposure
        return before, after, level

    def _levels(self, false: Array) -> tuple[Array, NDArray[np.intp]]:
        """Score of a hit at each level, and the level of each hit."""
        hits = self.trials.loc[self.found, "hit_score"].to_numpy(dtype=float)
        place = np.searchsorted(false, hits, side="left") + np.searchsorted(false, hits, side="right")
        _, first, level = np.unique(place, return_index=True, return_inverse=True)
        return hits[first], level


def campaigns(outcomes: pd.DataFrame) -> Iterator[list[Campaign]]:
    """Split a table of outcomes: per dataset a list of campaigns on the same trials; hits are added if not there.

    Raises
    ------
    InputError
        If the table cannot be scored, or a detector of a dataset has not run on a trial that another has.
    """
    with_hits = outcomes if "hit_score" in outcomes else add_hits(outcomes)
    for _, table in with_hits.groupby("dataset"):
        in_order = table.sort_values(TRIAL)
        trials = in_order.drop_duplicates(TRIAL)[OF_TRIAL].reset_index(drop=True)
        yield [_campaign(rows, trials) for _, rows in in_order.groupby("detector")]


def _campaign(rows: pd.DataFrame, trials: pd.DataFrame) -> Campaign:
    first = rows.iloc[0]
    if len(rows) != len(trials):
        raise InputError(
            f"{first['detector']} has run on {len(rows)} of the {len(trials)} trials of {first['dataset']}, and "
            "detectors are compared on the same ones; `algozoo.scoring.on_shared_trials` leaves the others out"
        )
    columns = [*OF_DETECTOR, *(column for column in NULLS if column in rows)]
    return Campaign(
        dataset=str(first["dataset"]),
        dataset_kind=str(first["dataset_kind"]),
        detector=str(first["detector"]),
        control=bool(first["control"]),
        map_kind=str(next(iter(rows["map_kind"].replace("", None).dropna()), "")) if "map_kind" in rows else "",
        trials=pd.concat([trials, rows[columns].reset_index(drop=True)], axis=1),
    )
