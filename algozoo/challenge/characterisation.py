"""Metrics of the second data challenge: positions and spectra of companions that are known to be there.

Cantalloube et al. 2022 (2209.08120). -1 stands for "not found". The challenge took it for a number: a position of 0 (on
the star), a contrast of -1. And it averaged over the companions of a set, then over the sets, so that a companion in a
set of two weighed more than one in a set of three. Both are computed here beside errors of the found companions alone,
with their number. For comparison, never for rank.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from algozoo.errors import InputError
from algozoo.scoring.intervals import Array

NOT_FOUND = -1.0
COLUMNS = ["set", "companion", "found", "error", "challenge_error"]


def astrometry(estimates: Mapping[str, ArrayLike], truth: Mapping[str, ArrayLike]) -> pd.DataFrame:
    """Distance of each companion's estimated place from the true one.

    Parameters
    ----------
    estimates, truth : mapping of array_like (n_companions, 2)
        Of each set: offsets in x and y from the star in px; both -1 for a companion that was not found.

    Returns
    -------
    DataFrame
        One row per companion: set, companion (from 1), found, error (px, NaN if not found), challenge_error (px, with 0
        for -1).

    Raises
    ------
    InputError
        If sets or shapes differ.
    """

    def errors(given: Array, true: Array) -> tuple[Array, Array]:
        return np.hypot(*(given - true).T), np.hypot(*(np.where(given == NOT_FOUND, 0, given) - true).T)

    return _compare(estimates, truth, errors)


def photometry(estimates: Mapping[str, ArrayLike], truth: Mapping[str, ArrayLike]) -> pd.DataFrame:
    """Relative error of each companion's contrast, mean over the channels.

    Parameters
    ----------
    estimates, truth : mapping of array_like (n_companions, n_wavelengths)
        Of each set: contrasts; -1 in the channels where a companion was not found.

    Returns
    -------
    DataFrame
        One row per companion: set, companion (from 1), found (in any channel), error (mean of ``|estimate - truth| /
        truth`` over the channels with an estimate, NaN without any), challenge_error (over all, with -1 as a contrast).

    Raises
    ------
    InputError
        If sets or shapes differ.
    """

    def errors(given: Array, true: Array) -> tuple[Array, Array]:
        measured, relative = given != NOT_FOUND, abs(given - true) / abs(true)
        error = np.where(measured, relative, 0).sum(axis=1) / np.maximum(measured.sum(axis=1), 1)
        return error, relative.mean(axis=1)

    return _compare(estimates, truth, errors)


def per_set(companions: pd.DataFrame) -> pd.DataFrame:
    """Average over the companions of each set.

    Parameters
    ----------
    companions : DataFrame
        From `astrometry` or `photometry`.

    Returns
    -------
    DataFrame
        One row per set: set, n, n_found, error (mean over the found), challenge_error (mean over all).
    """
    groups = companions.assign(n=1, n_found=companions["found"].astype(int)).groupby("set", sort=False, as_index=False)
    return groups.agg({"n": "sum", "n_found": "sum", "error": "mean", "challenge_error": "mean"})


def overall(companions: pd.DataFrame) -> pd.DataFrame:
    """Average over everything, with both weightings.

    Parameters
    ----------
    companions : DataFrame
        From `astrometry` or `photometry`.

    Returns
    -------
    DataFrame
        Two rows, weighting 'sets' (as the challenge: each set counts the same; one with none found is left out of
        `error`) and 'companions' (each companion counts the same): weighting, n, n_found, error, challenge_error.
    """
    errors = ["error", "challenge_error"]
    table = pd.DataFrame([per_set(companions)[errors].mean(), companions[errors].mean()])
    n_found = int(companions["found"].sum())
    numbers: dict[str, Any] = {"weighting": ["sets", "companions"], "n": len(companions), "n_found": n_found}
    return table.assign(**numbers)[[*numbers, *errors]]


def report(companions: pd.DataFrame) -> pd.DataFrame:
    """List the errors of each companion, of each set, and of all with both weightings.

    Parameters
    ----------
    companions : DataFrame
        From `astrometry` or `photometry`.

    Returns
    -------
    DataFrame
        of (what the row is about), n, n_found, error, challenge_error.
    """
    names = companions["set"] + ", companion " + companions["companion"].astype(str)
    each = companions.assign(of=names, n=1, n_found=companions["found"].astype(int))
    sets, total = per_set(companions).rename(columns={"set": "of"}), overall(companions)
    total["of"] = "all, each " + total["weighting"].str.removesuffix("s") + " alike"
    columns = ["of", "n", "n_found", "error", "challenge_error"]
    return pd.concat([table[columns] for table in (each, sets, total)], ignore_index=True)


def _compare(
    estimates: Mapping[str, ArrayLike],
    truth: Mapping[str, ArrayLike],
    errors: Callable[[Array, Array], tuple[Array, Array]],
) -> pd.DataFrame:
    """Tabulate the errors of each companion: of those that were found, and with -1 taken for a number."""
    if set(estimates) != set(truth):
        raise InputError(f"Estimates are of the sets {sorted(estimates)}, the truth is of {sorted(truth)}.")
    tables = []
    for name, values in truth.items():
        given, true = np.asarray(estimates[name], dtype=float), np.asarray(values, dtype=float)
        if given.shape != true.shape or given.ndim != 2:
            raise InputError(f"{name}: estimates have shape {given.shape}, expected that of the truth, {true.shape}.")
        found = (given != NOT_FOUND).any(axis=1)
        error, challenge_error = errors(given, true)
        columns = (name, np.arange(1, len(true) + 1), found, np.where(found, error, np.nan), challenge_error)
        tables.append(pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))))
    return pd.concat(tables, ignore_index=True)
