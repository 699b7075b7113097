"""Standard errors of a score from a bootstrap over sequences and over the trials within them.

The trials of one sequence share its noise, so sequences are drawn first and trials within them second, injected and
empty ones apart. The empty maps of one orientation of a sequence share most of its frames and are drawn together. The
same draws serve all detectors of a dataset, so that their differences are paired.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from algozoo.scoring.intervals import Array, t_quantile

N_REPLICATES = 2000


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error and the degrees of freedom of that."""

    value: float
    error: float
    dof: float

    @property
    def p_value(self) -> float:
        """Two-sided probability of a value as far from zero, by Student's law; 1 for exactly zero."""
        if self.value == 0 or self.dof <= 0:
            return 1.0
        return float(2 * special.stdtr(self.dof, -abs(self.value) / self.error))

    def interval(self, low: float, high: float) -> tuple[float, float]:
        """Student's 95 % interval, cut at the bounds of the scale."""
        half_width = t_quantile(self.dof) * self.error if self.dof > 0 else np.inf
        return max(self.value - half_width, low), min(self.value + half_width, high)


def combined(estimates: Sequence[Estimate], weights: ArrayLike) -> Estimate:
    """Add independent estimates, each times its weight, with the degrees of freedom of Welch and Satterthwaite."""
    weights = np.asarray(weights, dtype=float)
    variances = weights**2 * np.array([estimate.error**2 for estimate in estimates])
    dof = np.array([estimate.dof for estimate in estimates])
    if (dof <= 0).any():
        together = 0.0
    else:
        together = float(variances.sum() ** 2 / max(np.sum(variances**2 / dof), np.finfo(float).tiny))
    value = float(weights @ [estimate.value for estimate in estimates])
    return Estimate(value, float(np.sqrt(variances.sum())), together)


def mean_of(estimates: Sequence[Estimate]) -> Estimate:
    """Average independent estimates."""
    return combined(estimates, np.full(len(estimates), 1 / len(estimates)))


def resampling_weights(
    sequence: NDArray[np.int_], injected: NDArray[np.bool_], group: NDArray[np.int_], rng: np.random.Generator
) -> Array:
    """Draw how often each trial counts in each bootstrap replicate.

    Parameters
    ----------
    sequence : ndarray of int (n_trials,)
        Sequence that each trial belongs to.
    injected : ndarray of bool (n_trials,)
        Whether it has a companion.
    group : ndarray of int (n_trials,)
        Trials of one sequence that are drawn together have the same number.
    rng : Generator
        Source of the draws.

    Returns
    -------
    ndarray (1 + 2 N_REPLICATES, n_trials)
        First the data as they are (ones), then replicates of sequences and of trials within them, then
        the same sequences with their trials as they are. Of n trials that are drawn alone n - 1 are drawn, and count
        n / (n - 1) times, so that few scatter as much as they should (Rao & Wu 1988, 10.1080/01621459.1988.10478591).
    """
    labels, index = np.unique(sequence, return_inverse=True)
    drawn = rng.multinomial(labels.size, np.full(labels.size, 1 / labels.size), size=N_REPLICATES)
    both = np.zeros((N_REPLICATES, sequence.size))
    for i in range(labels.size):
        for kind in (True, False):
            members = np.flatnonzero((index == i) & (injected == kind))
            if members.size:
                groups, of_group = np.unique(group[members], return_inverse=True)
                fewer = max(groups.size - 1, 1)
                counts = rng.multinomial(drawn[:, i] * fewer, np.full(groups.size, 1 / groups.size))
                both[:, members] = counts[:, of_group] * (groups.size / fewer)
    return np.asfortranarray(np.concatenate([np.ones((1, sequence.size)), both, drawn[:, index]]))


def estimate_of(values: Array, n_sequences: int) -> Estimate:
    """Estimate a statistic from its replicates.

    The scatter between n sequences, n / (n - 1) times the variance of replicates of whole sequences, is that of the
    statistic: it holds the scatter of their trials too, which replicates of both stages count a second time (Davison &
    Hinkley 1997, sect. 3.8). It is known with n - 1 degrees of freedom only. What the second stage adds is the scatter
    of trials alone, which is known well, and the variance cannot be less. The larger of the two counts; where it is the
    second, the degrees of freedom grow with the square of their ratio (Satterthwaite 1946). Of a single sequence only
    the scatter within is seen.

    Parameters
    ----------
    values : ndarray (1 + 2 N_REPLICATES,)
        The statistic under each row of `resampling_weights`.
    n_sequences : int
        Number of sequences.

    Returns
    -------
    Estimate
    """
    both, stage = _variances(np.split(values[1:], 2))
    within = max(both - stage, 0.0)
    between = stage * n_sequences / (n_sequences - 1) if n_sequences > 1 else 0.0
    variance = max(between, within)
    dof = (n_sequences - 1) * (variance / between) ** 2 if between > 0 else np.inf
    return Estimate(float(values[0]), float(np.sqrt(variance)), dof)


def _variances(groups: Iterable[Array]) -> list[float]:
    """Variance of each group of replicates, without those that drew no empty map."""
    finite = [group[np.isfinite(group)] for group in groups]
    return [float(group.var()) if group.size else np.nan for group in finite]
