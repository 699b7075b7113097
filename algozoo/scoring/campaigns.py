"""One detector in the trials of one dataset: the unit that is scored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from algozoo.errors import InputError
from algozoo.scoring.froc import mean_share_found, share_found
from algozoo.scoring.intervals import Array
from algozoo.scoring.outcomes import TRIAL, add_hits
from algozoo.scoring.resampling import resampling_weights

Mask: TypeAlias = NDArray[np.bool_]

OF_TRIAL = [*TRIAL, "annulus", "separation", "position_angle", "contrast", "x", "y", "fwhm", "n_resels"]
"""Columns that are the same for all detectors: those of the first count."""
NULLS = ["null_separation", "null_score"]
"""Columns that a table may lack: scores of the maps without a companion at positions that share no light."""
FOUND_RATE = 1.0  # false positives per map at which companions count as found
HIGHEST_RATE = 10.0  # upper end of the axis


@dataclass(frozen=True, eq=False)
class Campaign:
    """What one detector did in the trials of one dataset.

    Attributes
    ----------
    dataset, dataset_kind, detector : str
        Names, and 'real' or 'simulated'.
    control : bool
        Whether the detector is a control, which has no rank.
    map_kind : str
        What its maps are, as 'snr' or 'probability'; empty where the table does not say.
    trials : DataFrame
        One row per trial of the dataset, in the same order for all detectors, with the column group (`groups`).
    draws : ndarray (n_weights, n_trials), optional
        Bootstrap weights (`resampling_weights`), the same array for all detectors of the dataset.
    """

    dataset: str
    dataset_kind: str
    detector: str
    control: bool
    map_kind: str
    trials: pd.DataFrame
    draws: Array | None = None

    @property
    def place(self) -> dict[str, Any]:
        """Columns dataset and detector of a table."""
        return {"dataset": self.dataset, "detector": self.detector}

    @property
    def weights(self) -> Array:
        """Bootstrap weights; an InputError if none were drawn."""
        if self.draws is None:
            raise InputError(
                "Intervals need a bootstrap, and no random generator is given; "
                "pass rng=numpy.random.default_rng(seed) with the table of outcomes"
            )
        return self.draws

    @cached_property
    def injected(self) -> Mask:
        """Trials with a companion."""
        return np.asarray(self.trials["trial_kind"] == "injected")

    @cached_property
    def ok(self) -> Mask:
        """Trials that ended well."""
        return np.asarray(self.trials["status"] == "ok")

    @cached_property
    def empty(self) -> Mask:
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
        """Number of the group of each trial (`groups`)."""
        return self.trials["group"].to_numpy()

    def n_groups(self, trials: Mask) -> int:
        """Count the independent ones among some trials."""
        return int(np.unique(self.group[trials]).size)

    @cached_property
    def found(self) -> Mask:
        """Trials in which a candidate lies on the companion."""
        return np.asarray(self.trials["hit_score"].notna())

    @cached_property
    def has_result(self) -> bool:
        """Whether at least one map with and one map without a companion were made."""
        return bool((self.ok & self.injected).any() and self.empty.any())

    @cached_property
    def lowest_rate(self) -> float:
        """Lower end of the axis: one false positive in all independent empty maps of the suite, made or not."""
        n = self.n_groups(~self.injected)
        return 1 / n if n else np.nan

    @cached_property
    def partial_areas(self) -> Array:
        """Partial area under the curve for each row of weights, (n_weights,); NaN without a result."""
        return self.areas_from(self.lowest_rate)

    def areas_from(self, lowest_rate: float) -> Array:
        """Partial areas as `partial_areas`, from another lower end of the axis."""
        if not self.has_result:
            return np.full(len(self.weights), np.nan)
        before, after, level = self.false_positive_rates(self.weights)
        shares = mean_share_found(before, after, lowest_rate, HIGHEST_RATE)
        return self._means_over_injected([shares], level, [self.injected]).reshape(-1)

    def true_positive_rates(self, rates: Sequence[float] | Array, parts: Sequence[Mask] | None = None) -> Array:
        """Read the true-positive rates at some rates of false positives per map, for each row of weights.

        Parameters
        ----------
        rates : sequence of float (n_rates,)
        parts : sequence of ndarray of bool (n_trials,), optional
            Injected trials that count; by default one part, all of them.

        Returns
        -------
        ndarray (n_parts, n_rates, n_weights)
            NaN at rates that the empty maps are too few to measure.
        """
        parts = [self.injected] if parts is None else parts
        found = np.full((len(parts), len(rates), len(self.weights)), np.nan)
        measured = [i for i, x in enumerate(rates) if self._is_measured(x)]
        if measured:
            before, after, level = self.false_positive_rates(self.weights)
            shares = (share_found(before, after, rates[i]) for i in measured)
            found[:, measured] = self._means_over_injected(shares, level, parts)
        return found

    def fractions_found(self, x: float) -> Array:
        """Fraction of each trial that is found at `x` false positives per map, (n_trials,); NaN if not measured."""
        if not self._is_measured(x):
            return np.full(len(self.trials), np.nan)
        before, after, level = self.false_positive_rates(np.ones((1, len(self.trials))))
        shares = np.zeros(len(self.trials))
        shares[self.found] = share_found(before, after, x)[0, level]
        return shares

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
            Rate of candidates with a higher score, and with a higher or equal one; NaN where no empty map counts.
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

    def _is_measured(self, x: float) -> bool:
        return self.has_result and bool(x * self.n_groups(self.empty) >= 1 - 1e-9)

    def _means_over_injected(self, shares: Iterable[Array], level: NDArray[np.intp], parts: Sequence[Mask]) -> Array:
        """Means over the injected trials of each part, (n_parts, n_shares, n_weights); NaN where none is drawn."""
        weights, trials = self.weights, np.flatnonzero(self.found)
        shape = int(level.max(initial=-1)) + 1, weights.shape[1]
        injected = [self.injected & part for part in parts]
        on_level = [sparse.csr_array((own[trials].astype(float), (level, trials)), shape=shape) for own in injected]
        counts = [np.asarray(one @ weights.T).T for one in on_level]
        found = np.array([[np.einsum("wl,wl->w", count, share) for count in counts] for share in shares])
        n = np.array([weights @ own for own in injected])
        drawn = (n > 0) & (weights @ self.empty > 0)
        n[~drawn] = np.nan
        return np.asarray(found.swapaxes(0, 1) / n[:, None])


@dataclass(frozen=True, eq=False)
class Campaigns:
    """All campaigns of a table of outcomes: candidates are matched, trials are grouped and weights are drawn once.

    Attributes
    ----------
    datasets : list of list of Campaign
        For each dataset its campaigns on the same trials, one of each detector.
    """

    datasets: list[list[Campaign]]

    @classmethod
    def of(cls, outcomes: "Outcomes", rng: np.random.Generator | None = None) -> "Campaigns":
        """Split a table of outcomes; hits are added if they are not there. Campaigns stay as they are.

        Parameters
        ----------
        outcomes : DataFrame or Campaigns
            One row per trial and detector.
        rng : Generator, optional
            Source of the bootstrap. Without it only tables without bootstrap can be made.

        Raises
        ------
        InputError
            If the table cannot be scored, or a detector of a dataset has not run on a trial that another has.
        """
        if isinstance(outcomes, Campaigns):
            return outcomes
        with_hits = outcomes if "hit_score" in outcomes else add_hits(outcomes)
        return cls([_campaigns(table, rng) for _, table in with_hits.groupby("dataset")])

    def __iter__(self) -> Iterator[Campaign]:
        return chain.from_iterable(self.datasets)


Outcomes: TypeAlias = pd.DataFrame | Campaigns


def _campaigns(table: pd.DataFrame, rng: np.random.Generator | None) -> list[Campaign]:
    in_order = table.sort_values(TRIAL)
    shared = in_order.drop_duplicates(TRIAL)[OF_TRIAL].reset_index(drop=True)
    trials = shared.assign(group=groups(shared))
    draws = None if rng is None else draw_weights(trials, rng)
    return [_campaign(rows, trials, draws) for _, rows in in_order.groupby("detector")]


def _campaign(rows: pd.DataFrame, trials: pd.DataFrame, draws: Array | None) -> Campaign:
    first = rows.iloc[0]
    if len(rows) != len(trials):
        raise InputError(
            f"{first['detector']} has run on {len(rows)} of the {len(trials)} trials of {first['dataset']}, and "
            "detectors are compared on the same ones; `algozoo.scoring.on_shared_trials` leaves the others out"
        )
    return Campaign(
        dataset=str(first["dataset"]),
        dataset_kind=str(first["dataset_kind"]),
        detector=str(first["detector"]),
        control=bool(first["control"]),
        map_kind=str(next(iter(rows["map_kind"].replace("", None).dropna()), "")) if "map_kind" in rows else "",
        trials=rows.reset_index(drop=True).assign(**{str(name): values for name, values in trials.items()}),
        draws=draws,
    )


def draw_weights(trials: pd.DataFrame, rng: np.random.Generator) -> Array:
    """Bootstrap weights of the trials of a dataset, (n_weights, n_trials)."""
    injected = np.asarray(trials["trial_kind"] == "injected")
    return resampling_weights(trials["sequence"].to_numpy(), injected, trials["group"].to_numpy(), rng)


def groups(trials: pd.DataFrame) -> NDArray[np.int_]:
    """Give the trials that share their false positives the same number.

    The maps without a companion of one orientation of a sequence, whole or of a block of its frames, are one group.
    They share most of their frames and with them their false positives. An injected trial is a group of its own.
    """
    own = trials["trial"].where(trials["trial_kind"] == "injected", -1)
    return np.asarray(trials.assign(trial=own).groupby(TRIAL).ngroup(), dtype=int)
