"""Does a published row reproduce? A sample of the trials behind it is run again and compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from algozoo.benchmark.plan import Shard, content_key, trials_digest
from algozoo.benchmark.shard import run_shard
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite
from algozoo.detectors.registry import create
from algozoo.errors import AlgoZooError
from algozoo.scoring import curves

TOLERANCE = 1e-5
"""Relative difference of scores that other processors and libraries make."""
SHIFT = 0.01
"""Pixels, likewise, of peaks."""


class Grade(IntEnum):
    """How well a trial reproduces; the larger, the worse."""

    IDENTICAL = 0
    WITHIN_TOLERANCE = 1
    SAME_DECISIONS = 2
    DIFFERS = 3

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Verified:
    """What came of the trials of one detector on one dataset.

    Attributes
    ----------
    detector, dataset : str
    n_trials : int
        That were run again.
    grade : Grade
        Of the worst of them.
    difference : str
        Of that one.
    same_code : bool
        Whether it is the code, to the last character, that made the published row.
    """

    detector: str
    dataset: str
    n_trials: int
    grade: Grade
    difference: str
    same_code: bool


def verify(
    outcomes: pd.DataFrame,
    records: list[dict[str, Any]],
    label: str,
    *,
    sample: int,
    rng: np.random.Generator,
    mirror: Path | None = None,
) -> Iterator[Verified]:
    """Run a random sample of the trials of a detector again, and compare.

    Parameters
    ----------
    outcomes, records
        As `algozoo.benchmark.store.Store.read` returns them.
    label : str
        Of the detector.
    sample : int
        Trials of each dataset, or all if there are fewer.
    rng : Generator
    mirror : path, optional
        See `algozoo.datasets.fetch`.

    Yields
    ------
    Verified
        Of one dataset after the other.

    Raises
    ------
    AlgoZooError
        If the detector is not here, or the trials cannot be made any more.
    """
    own = outcomes[outcomes["detector"] == label]
    by_place = {(r["dataset"], r["sequence"]): r for r in records if r["detector"]["label"] == label}
    for dataset, published in own.groupby("dataset"):
        threshold = _threshold(outcomes[outcomes["dataset"] == dataset], label)
        chosen = published.iloc[np.sort(rng.permutation(len(published))[:sample])]
        grades, same_code = [], True
        for sequence, rows in chosen.groupby("sequence"):
            record = by_place[dataset, sequence]
            shard = shard_of(record, mirror)
            same_code = same_code and content_key(shard) == record["key"]
            again = _run_again(shard, rows["trial"].tolist())
            grades += [compare(was, now, threshold) for was, now in zip(rows.to_dict("records"), again, strict=True)]
        grade, difference = max(grades, key=lambda graded: graded[0])
        yield Verified(label, str(dataset), len(chosen), grade, difference, same_code)


def shard_of(record: dict[str, Any], mirror: Path | None) -> Shard:
    """Return the shard that a run record tells of.

    Raises
    ------
    AlgoZooError
        If its detector is not here or its trials are now others.
    """
    suite = Suite.model_validate(record["suite"])
    name, label = record["detector"]["name"], record["detector"]["label"]
    [detector] = [d for d in suite.detectors if d.name == name and create(name, d.parameters).label == label]
    for entry in suite.datasets:
        shard = Shard(suite, entry, record["sequence"], detector, mirror)
        if trials_digest(shard) == record["trials"]:
            return shard
    raise AlgoZooError(
        f"the trials of {record['dataset']} are no longer those of {record['started'][:10]}, as the dataset, the suite "
        f"or the code that makes trials has changed; verify with AlgoZoo {record['algozoo']}, commit "
        f"{record['commit'][:12] or 'unknown'}, or run the suite again"
    )


def compare(was: Mapping[Any, Any], now: Mapping[Any, Any], threshold: float) -> tuple[Grade, str]:
    """Grade a trial that was run again against what was published, and say how they differ.

    Parameters
    ----------
    was, now : mapping
        Rows of the table of outcomes.
    threshold : float
        Score above which a candidate counts.
    """
    if was["status"] != now["status"]:
        return Grade.DIFFERS, f"{was['status']} before, {_told(now)} now"
    before, after = _candidates(was), _candidates(now)
    if np.array_equal(before, after):
        return Grade.IDENTICAL, ""
    if before.shape == after.shape:
        change = np.nanmax(abs(after[2] - before[2]) / np.maximum(abs(before[2]), 1e-12))
        difference = f"scores by up to {change:.2g} of themselves"
        if change <= TOLERANCE and np.hypot(*(after - before)[:2]).max() <= SHIFT:
            return Grade.WITHIN_TOLERANCE, difference
    else:
        difference = f"{before.shape[1]} candidates before, {after.shape[1]} now"
    if _decisions(before, was, threshold) == _decisions(after, was, threshold):
        return Grade.SAME_DECISIONS, difference
    return Grade.DIFFERS, f"{difference}; trial {was['sequence']}/{was['trial']} is decided otherwise"


def _run_again(shard: Shard, trials: list[int]) -> list[dict[Any, Any]]:
    with TemporaryDirectory() as folder:
        run_shard(shard, Path(folder), only=set(trials))
        table, _ = Store(Path(folder)).read(shard.suite.name, shard.suite.version)
    return table.set_index("trial", drop=False).loc[trials].to_dict("records")


def _threshold(outcomes: pd.DataFrame, label: str) -> float:
    """Lowest score of a detector with at most one false positive per map; infinity without a result."""
    curve = curves(outcomes[outcomes["detector"] == label])
    low = curve.loc[curve["fp_per_map"] <= 1, "threshold"]
    return float(low.min()) if len(low) else np.inf


def _candidates(row: Mapping[Any, Any]) -> np.ndarray:
    """Candidates of a trial, (3, n): x, y and score."""
    return np.array([row[f"candidate_{field}"] for field in ("x", "y", "score")], dtype=float).reshape(3, -1)


def _decisions(candidates: np.ndarray, trial: Mapping[Any, Any], threshold: float) -> tuple[bool, int]:
    """Whether the companion is found, and how many false positives there are."""
    above = candidates[:, candidates[2] >= threshold]
    near = np.hypot(above[0] - trial["x"], above[1] - trial["y"]) <= trial["fwhm"]
    return bool(near.any()), int((~near).sum())


def _told(row: Mapping[Any, Any]) -> str:
    return f"{row['status']} ({row['reason']})" if row["reason"] else str(row["status"])
