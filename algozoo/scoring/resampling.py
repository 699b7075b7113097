"""Standard errors of a score from a bootstrap over sequences and over the trials within them.

The trials of one sequence share its noise, so sequences are drawn first and trials within them second, injected and
empty ones apart. The empty maps of one orientation of a sequence share most of its frames and are drawn together. The
same draws serve all detectors of a dataset, so that their differences are paired.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from algozoo.scoring.intervals import Array

N_REPLICATES = 2000


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
        the same sequences with their trials as they are.
    """
    labels, index = np.unique(sequence, return_inverse=True)
    drawn = rng.multinomial(labels.size, np.full(labels.size, 1 / labels.size), size=N_REPLICATES)
    both = np.zeros((N_REPLICATES, sequence.size))
    for i in range(labels.size):
        for kind in (True, False):
            members = np.flatnonzero((index == i) & (injected == kind))
            if members.size:
                groups, of_group = np.unique(group[members], return_inverse=True)
                counts = rng.multinomial(drawn[:, i] * groups.size, np.full(groups.size, 1 / groups.size))
                both[:, members] = counts[:, of_group]
    return np.concatenate([np.ones((1, sequence.size)), both, drawn[:, index]])


def standard_error(values: Array, n_sequences: int) -> tuple[float, float]:
    """Estimate the standard error of a statistic, and its degrees of freedom.

    The spread between n sequences is known with n - 1 degrees of freedom, that within them with so many
    that they do not matter. Satterthwaite (1946) gives those of the sum: n - 1 where sequences differ much,
    many where they are alike, infinitely many for a single sequence, where only the spread within is seen.

    Parameters
    ----------
    values : ndarray (1 + 2 N_REPLICATES,)
        The statistic under each row of `resampling_weights`.
    n_sequences : int
        Number of sequences.

    Returns
    -------
    error, dof : float
        Square root of the variance of the replicates, and its degrees of freedom.
    """
    both, between = _variances(np.split(values[1:], 2))
    dof = max(n_sequences - 1, 1) * max(both / between, 1) ** 2 if between > 0 else np.inf
    return float(np.sqrt(both)), dof


def _variances(groups: Iterable[Array]) -> list[float]:
    """Variance of each group of replicates, without those that drew no empty map."""
    finite = [group[np.isfinite(group)] for group in groups]
    return [float(group.var()) if group.size else np.nan for group in finite]
