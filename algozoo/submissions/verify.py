"""Does a published row say what its trials are, and does it reproduce? A sample of them is run again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from algozoo.benchmark.plan import Shard, content_key, trials_digest
from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.shard import run_shard
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite, SuiteDetector
from algozoo.detectors.registry import create
from algozoo.errors import AlgoZooError
from algozoo.sandbox.choice import wanted_as_recorded
from algozoo.scoring import curves
from algozoo.scoring.intervals import Array
from algozoo.scoring.outcomes import COLUMNS, LIST, OUTCOME
from algozoo.submissions.claims import false_claim

TOLERANCE = 1e-5
"""Relative difference of scores that other processors and libraries make."""
SHIFT = 0.01
"""Pixels, likewise, of peaks."""
RATES = (1.0, 0.1, 0.3, 3.0, 10.0)
"""False positives per map at which decisions are compared."""
BESIDES = tuple(name for name, column in OUTCOME.items() if column.stored.startswith(LIST) and name not in COLUMNS)
"""Beside the candidates, the lists that are made of a map."""


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
    grade : Grade, optional
        Of the worst of them; none for maps that were made elsewhere, of which none can be run again.
    difference : str
        Of that one, or what the row says of its trials that is not so.
    same_code : bool
        Whether the row has the key that it would get now: our versions are the same, and third-party code is the same
        to the last character.
    """

    detector: str
    dataset: str
    n_trials: int
    grade: Grade | None
    difference: str
    same_code: bool


def verify(
    store: Store,
    suite: Suite,
    label: str,
    *,
    sample: int,
    rng: np.random.Generator,
    mirror: Path | None = None,
) -> Iterator[Verified]:
    """Compare all that a row says of its trials with what they are, and run a random sample of them again.

    Where companions were injected and what was scored is made again from the suite for each sequence, without the
    detector, and nothing of it may differ. Of maps that were made elsewhere this is all that can be compared.

    Parameters
    ----------
    store : Store
    suite : Suite
        Of which the results are; not as the records of the results say, but as it is.
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
    outcomes, records = store.read(suite.name, suite.version)
    outcomes = outcomes[outcomes["detector"] == label]
    own = [record for record in records if record.detector.label == label]
    for dataset in sorted({record.dataset for record in own}):
        by_sequence = {record.sequence: record for record in own if record.dataset == dataset}
        shards = {index: shard_of(record, suite, mirror) for index, record in by_sequence.items()}
        published = outcomes[outcomes["dataset"] == dataset]
        maps_only = any(record.detector.maps_only for record in by_sequence.values())
        same_code = maps_only or all(_is_same_code(shards[i], by_sequence[i]) for i in shards)
        forged = false_claim(published, by_sequence, shards)
        if forged or maps_only:
            yield Verified(label, dataset, 0, Grade.DIFFERS if forged else None, forged, same_code)
            continue
        thresholds = _thresholds(published)
        chosen = published.iloc[np.sort(rng.permutation(len(published))[:sample])]
        grades = []
        for sequence in sorted(chosen["sequence"].unique().tolist()):
            rows = chosen[chosen["sequence"] == sequence]
            again = _run_again(shards[sequence], rows["trial"].tolist())
            grades += [compare(was, now, thresholds) for was, now in zip(rows.to_dict("records"), again, strict=True)]
        grade, difference = max(grades, key=lambda graded: graded[0])
        yield Verified(label, dataset, len(chosen), grade, difference, same_code)


def shard_of(record: RunRecord, suite: Suite, mirror: Path | None) -> Shard:
    """Return the shard of a suite that a run record belongs to.

    Raises
    ------
    AlgoZooError
        If its detector is not here or its trials are now others.
    """
    detector = _detector_of(record)
    changed = suite.model_copy(update={"detectors": (detector,)})
    for entry in suite.datasets:
        shard = Shard(changed, entry, record.sequence, detector, mirror)
        if shard.data().name == record.dataset and trials_digest(shard) == record.trials:
            return shard
    raise AlgoZooError(
        f"the trials of {record.dataset} are no longer those of {record.started[:10]}, as the dataset, the suite "
        f"or the version of the trials has changed; verify with AlgoZoo {record.algozoo or 'unknown'}, commit "
        f"{record.commit[:12] or 'unknown'}, or run the suite again"
    )


def _detector_of(record: RunRecord) -> SuiteDetector:
    """Detector of a record, with the parameters of the suite that was run."""
    name, label = record.detector.name, record.detector.label
    if record.detector.maps_only:
        return SuiteDetector(name=name)
    for entry in record.suite.detectors:
        if entry.name == name and create(name, **entry.parameters).label == label:
            return entry
    raise AlgoZooError(f"the suite in the record of {record.key} does not list the detector {label}")


def compare(was: Mapping[Any, Any], now: Mapping[Any, Any], thresholds: Sequence[float]) -> tuple[Grade, str]:
    """Grade a trial that was run again against what was published, and say how they differ.

    Parameters
    ----------
    was, now : mapping
        Rows of the table of outcomes.
    thresholds : sequence of float
        Scores above which a candidate counts. At each the same companion must be found, or none; at the first there
        must be as many false positives too.
    """
    if was["status"] != now["status"]:
        reason = f" ({now['reason']})" if now["reason"] else ""
        return Grade.DIFFERS, f"{was['status']} before, {now['status']}{reason} now"
    if was["map_kind"] != now["map_kind"]:
        return Grade.DIFFERS, f"map_kind is {was['map_kind']!r}, {now['map_kind']!r} now"
    before, after = _candidates(was), _candidates(now)
    if before.shape == after.shape:
        change = float(_changes(before[2], after[2]).max(initial=0.0))
        difference = f"scores by up to {change:.2g} of themselves"
        if change <= TOLERANCE and np.hypot(*(after - before)[:2]).max(initial=0.0) <= SHIFT:
            grades = {name: _grade(was[name], now[name]) for name in BESIDES}
            worst = max(grades, key=lambda name: grades[name])
            if grades[worst] is Grade.DIFFERS:
                return Grade.DIFFERS, f"{worst} of trial {was['sequence']}/{was['trial']} is another"
            same = np.array_equal(before, after) and grades[worst] is Grade.IDENTICAL
            return (Grade.IDENTICAL, "") if same else (Grade.WITHIN_TOLERANCE, difference)
    else:
        difference = f"{before.shape[1]} candidates before, {after.shape[1]} now"
    if _decisions(before, was, thresholds) == _decisions(after, was, thresholds):
        return Grade.SAME_DECISIONS, difference
    return Grade.DIFFERS, f"{difference}; trial {was['sequence']}/{was['trial']} is decided otherwise"


def _is_same_code(shard: Shard, record: RunRecord) -> bool:
    """Whether the code here gives the key of a record, made as the row was confined: that is part of the key."""
    with wanted_as_recorded(record.detector.sandbox):
        return content_key(shard) == record.key


def _run_again(shard: Shard, trials: list[int]) -> list[dict[Any, Any]]:
    with TemporaryDirectory() as folder:
        run_shard(shard, Path(folder), only=set(trials))
        table, _ = Store(Path(folder)).read(shard.suite.name, shard.suite.version)
    return table.set_index("trial", drop=False).loc[trials].to_dict("records")


def _thresholds(outcomes: pd.DataFrame) -> list[float]:
    """Lowest scores of a detector with at most so many false positives per map; infinity without a result."""
    curve = curves(outcomes)
    low = [curve.loc[curve["fp_per_map"] <= rate, "threshold"] for rate in RATES]
    return [float(scores.min()) if len(scores) else np.inf for scores in low]


def _candidates(row: Mapping[Any, Any]) -> Array:
    """Candidates of a trial, (3, n): x, y and score."""
    return np.array([row[f"candidate_{field}"] for field in ("x", "y", "score")], dtype=float).reshape(3, -1)


def _grade(was: Sequence[float], now: Sequence[float]) -> Grade:
    """Grade numbers that were made again."""
    before, after = np.asarray(was, dtype=float), np.asarray(now, dtype=float)
    if np.array_equal(before, after, equal_nan=True):
        return Grade.IDENTICAL
    close = before.shape == after.shape and _changes(before, after).max(initial=0.0) <= TOLERANCE
    return Grade.WITHIN_TOLERANCE if close else Grade.DIFFERS


def _changes(before: Array, after: Array) -> Array:
    """Change of each number relative to itself; not-a-number is like itself only."""
    changes = abs(after - before) / np.maximum(abs(before), 1e-12)
    return np.where(np.isnan(changes), np.where(np.isnan(before) & np.isnan(after), 0.0, np.inf), changes)


def _decisions(candidates: Array, trial: Mapping[Any, Any], thresholds: Sequence[float]) -> tuple[list[bool], int]:
    """Whether the companion is found at each threshold, and how many false positives there are at the first."""
    near = np.hypot(candidates[0] - trial["x"], candidates[1] - trial["y"]) <= trial["fwhm"]
    above = [candidates[2] >= threshold for threshold in thresholds]
    return [bool((near & high).any()) for high in above], int((~near & above[0]).sum())
