"""Is what came of trials that were run again what was published? Every column that a detector makes is compared."""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd

from algozoo.scoring import curves
from algozoo.scoring.intervals import Array
from algozoo.scoring.outcomes import LIST, OUTCOME

TOLERANCE = 1e-5
"""Relative difference of numbers that other processors and libraries make."""
SHIFT = 0.01
"""Pixels, likewise, of positions."""
RATES = (1.0, 0.1, 0.3, 3.0, 10.0)
"""False positives per map at which decisions are compared."""
FACTOR = 5.0
"""By which times may differ, as between machines."""
SHORT = 1e-3
"""Seconds; what takes less counts as this."""
TIMES = ("seconds", "cpu_seconds")
COMPARED = {name: column for name, column in OUTCOME.items() if column.measured and name not in TIMES}
NUMBER = re.compile(r"0x[0-9a-f]+|\d+(\.\d+)?")
TIMEOUTS = {"no answer within # s", "not run: # maps before it timed out"}
"""Reasons of trials that timed out; which of them have the second depends on how many are run."""


class Grade(IntEnum):
    """How well a trial reproduces; the larger, the worse."""

    IDENTICAL = 0
    WITHIN_TOLERANCE = 1
    DIFFERS = 2

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


def compare(was: pd.DataFrame, now: pd.DataFrame) -> tuple[Grade, str]:
    """Grade the trials of a detector on a dataset that were run again, and say how they differ.

    Beside each trial, what is decided at five rates of false positives is compared, in each table at its own
    thresholds: scores that are equal would otherwise be put into an order within the tolerance.

    Parameters
    ----------
    was, now : DataFrame
        Rows of the table of outcomes, of the same trials in the same order.

    Returns
    -------
    grade : Grade
        That of the worst.
    difference : str
        Of the worst, with its trial; empty for what is identical.
    """
    before, after = was.to_dict("records"), now.to_dict("records")
    grades = [compare_trial(*rows) for rows in zip(before, after, strict=True)]
    grade, difference = max(grades, key=lambda graded: graded[0])
    if grade is Grade.DIFFERS:
        return grade, f"{difference} ({sum(one is grade for one, _ in grades)} of {len(grades)} trials differ)"
    if grade is Grade.WITHIN_TOLERANCE:
        of_then, of_now = _thresholds(was), _thresholds(now)
        for row, again in zip(before, after, strict=True):
            if _decisions(row, of_then) != _decisions(again, of_now):
                return Grade.DIFFERS, f"{difference}; {_name(row)} is decided otherwise: scores have another order"
    return grade, difference


def compare_trial(was: Mapping[Any, Any], now: Mapping[Any, Any]) -> tuple[Grade, str]:
    """Grade a trial that was run again against what was published, and say how the worst of its columns differs.

    Parameters
    ----------
    was, now : mapping
        Rows of the table of outcomes.
    """
    grades = [
        _numbers(name, was, now) if column.stored.startswith(LIST) else _text(name, was, now)
        for name, column in COMPARED.items()
    ]
    grade, difference = max(grades, key=lambda graded: graded[0])
    return grade, difference and f"{difference} in {_name(was)}"


def unconfirmed(was: pd.DataFrame, now: pd.DataFrame) -> str:
    """Say which times of trials that were run again are not confirmed; empty if all are.

    The board shows medians: those may differ by a factor of 5, or by what is too short to be measured.

    Parameters
    ----------
    was, now : DataFrame
        Rows of the table of outcomes, of the same trials in the same order.
    """
    for name in TIMES:
        before, after = was[name].to_numpy(dtype=float), now[name].to_numpy(dtype=float)
        known = np.isfinite(before)
        if (known != np.isfinite(after)).any() or (before[known] < 0).any():
            return f"{name} of some trials are none"
        if known.any():
            middle, again = np.median(before[known]), np.median(after[known])
            if not 1 / FACTOR <= max(middle, SHORT) / max(again, SHORT) <= FACTOR:
                return f"{name} are {middle:.2g}, {again:.2g} now"
    return ""


def _name(row: Mapping[Any, Any]) -> str:
    return f"trial {row['sequence']}/{row['trial']}"


def _text(name: str, was: Mapping[Any, Any], now: Mapping[Any, Any]) -> tuple[Grade, str]:
    if was[name] == now[name] or (name == "reason" and _is_same_failure(was, now)):
        return Grade.IDENTICAL, ""
    why = f" ({now['reason']})" if name == "status" and now["reason"] else ""
    return Grade.DIFFERS, f"{name} is {str(was[name])[:80]!r}, {now[name][:80]!r}{why} now"


def _is_same_failure(was: Mapping[Any, Any], now: Mapping[Any, Any]) -> bool:
    """Whether a trial failed for the same reason, in which numbers, as of bytes, may be others."""
    if now["status"] == "ok":
        return False
    before, after = (NUMBER.sub("#", str(row["reason"])) for row in (was, now))
    return before == after or (now["status"] == "timeout" and {before, after} <= TIMEOUTS)


def _numbers(name: str, was: Mapping[Any, Any], now: Mapping[Any, Any]) -> tuple[Grade, str]:
    before, after = (np.asarray(row[name], dtype=float) for row in (was, now))
    if before.shape != after.shape:
        return Grade.DIFFERS, f"{name} has {before.size} values, {after.size} now"
    if np.array_equal(before, after, equal_nan=True):
        return Grade.IDENTICAL, ""
    pixels = OUTCOME[name].unit == "px"
    change = float(_changes(before, after, np.ones_like(before) if pixels else abs(before)).max())
    grade = Grade.WITHIN_TOLERANCE if change <= (SHIFT if pixels else TOLERANCE) else Grade.DIFFERS
    return grade, f"{name} by up to {change:.2g} {'px' if pixels else 'of itself'}"


def _changes(before: Array, after: Array, scale: Array) -> Array:
    """Change of each number over a scale; what is not finite is like itself only."""
    with np.errstate(invalid="ignore"):
        changes = abs(after - before) / np.maximum(scale, 1e-12)
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    return np.where(same, 0.0, np.where(np.isfinite(changes), changes, np.inf))


def _thresholds(outcomes: pd.DataFrame) -> list[float]:
    """Lowest scores of a detector with at most so many false positives per map; infinity without a result."""
    curve = curves(outcomes)
    low = [curve.loc[curve["fp_per_map"] <= rate, "threshold"] for rate in RATES]
    return [float(scores.min()) if len(scores) else np.inf for scores in low]


def _decisions(trial: Mapping[Any, Any], thresholds: Sequence[float]) -> list[tuple[bool, int]]:
    """Whether the companion is found at each threshold, and how many false positives there are."""
    x, y, score = (np.asarray(trial[f"candidate_{field}"], dtype=float) for field in ("x", "y", "score"))
    near = np.hypot(x - trial["x"], y - trial["y"]) <= trial["fwhm"]
    above = [score >= threshold for threshold in thresholds]
    return [(bool((near & high).any()), int((~near & high).sum())) for high in above]
