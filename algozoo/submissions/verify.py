"""Does a published row say what its trials are, and does it reproduce? They are run again, or a sample of them is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
import pandas as pd

from algozoo.benchmark.plan import Shard, trials_digest
from algozoo.benchmark.pool import Tell, say_nothing
from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.shard import run_shard
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import Suite, SuiteDetector
from algozoo.detectors.registry import create
from algozoo.errors import AlgoZooError
from algozoo.files import working_folder
from algozoo.submissions.claims import false_claim, key_as_confined
from algozoo.submissions.grades import Grade, compare, unconfirmed

SAMPLE = 90
"""Trials that are run again at least: if 5 % of all are forged, one is among them with 99 %."""
HOUR = 3600.0
"""Seconds after which the sample is enough."""
OTHER_CODE = "the code is no longer the one that made the row; submit it again, with `algozoo submit`"
MAPS_ONLY = "its maps were made elsewhere"
NOT_REPRODUCIBLE = "it does not reproduce, and is checked by fresh nights alone"
NOT_DRAWN = "none of its trials was drawn"


@dataclass(frozen=True)
class Verified:
    """What came of the trials of one detector on one dataset.

    Attributes
    ----------
    detector, dataset : str
    n_trials, n_all : int
        How many were run again, of how many that can be.
    grade : Grade, optional
        Of the worst of them; none where none can be run again.
    difference : str
        Of that one, or what the row says of its trials that is not so, or why none can be run again.
    unconfirmed : str
        Which times are not confirmed.
    same_code : bool
        Whether the row has the key that it would get now: our versions are the same, and third-party code is the same
        to the last character.
    """

    detector: str
    dataset: str
    n_trials: int
    n_all: int
    grade: Grade | None
    difference: str
    unconfirmed: str
    same_code: bool

    @property
    def passed(self) -> bool:
        """Whether nothing was found that is not so."""
        return self.grade is not Grade.DIFFERS


@dataclass(frozen=True)
class _Row:
    """What is published of a detector on a dataset, what of it is false, and why it cannot be run again."""

    dataset: str
    published: pd.DataFrame
    shards: dict[int, Shard]
    same_code: bool
    false: str
    excuse: str


def verify(
    store: Store,
    suite: Suite,
    label: str,
    *,
    rng: np.random.Generator,
    whole: bool = False,
    same_code: bool = False,
    mirror: Path | None = None,
    tell: Tell = say_nothing,
) -> list[Verified]:
    """Compare all that a row says of its trials with what they are, and run its trials again.

    Where companions were injected and what was scored is made again from the suite for each sequence, without the
    detector, and nothing of it may differ. Of maps that were made elsewhere, and of a detector that does not
    reproduce, this is all that can be compared.

    Of the trials of all datasets together, 90 that are drawn at random are run first, then, sequence by sequence in
    random order, the others, as long as an hour has not passed. What the row says of its times is not believed.

    Parameters
    ----------
    store : Store
    suite : Suite
        Of which the results are; not as the records of the results say, but as it is.
    label : str
        Of the detector.
    rng : Generator
        Its seed must not be known to whoever made the row.
    whole : bool
        Run all trials, whatever time it takes.
    same_code : bool
        A row of other code differs, and is not run.
    mirror : path, optional
        See `algozoo.datasets.fetch`.
    tell : callable
        Gets a line of text after each sequence.

    Returns
    -------
    list of Verified
        One for each dataset.

    Raises
    ------
    AlgoZooError
        If the detector is not here, or the trials cannot be made any more.
    """
    outcomes, records = store.read(suite.name, suite.version)
    published = outcomes[outcomes["detector"] == label].sort_values(["sequence", "trial"])
    own = [record for record in records if record.detector.label == label]
    rows = [
        _row(
            published[published["dataset"] == dataset],
            {record.sequence: (record, shard_of(record, suite, mirror)) for record in own if record.dataset == dataset},
            same_code=same_code,
        )
        for dataset in sorted({record.dataset for record in own})
    ]
    again = _run_again([row for row in rows if not row.false + row.excuse], rng, whole=whole, tell=tell)
    return [_verified(label, row, again.get(row.dataset)) for row in rows]


def shard_of(record: RunRecord, suite: Suite, mirror: Path | None) -> Shard:
    """Return the shard of a suite that a run record belongs to.

    Raises
    ------
    AlgoZooError
        If its detector is not here or its trials are now others.
    """
    detector = detector_of(record)
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


def detector_of(record: RunRecord) -> SuiteDetector:
    """Return the detector of a record, with the parameters of the suite that was run.

    Raises
    ------
    AlgoZooError
        If that suite does not list it.
    """
    name, label = record.detector.name, record.detector.label
    if record.detector.maps_only:
        return SuiteDetector(name=name)
    for entry in record.suite.detectors:
        if entry.name == name and create(name, **entry.parameters).label == label:
            return entry
    raise AlgoZooError(f"the suite in the record of {record.key} does not list the detector {label}")


def _row(published: pd.DataFrame, runs: dict[int, tuple[RunRecord, Shard]], *, same_code: bool) -> _Row:
    """Hold what is published of a detector on a dataset against its trials."""
    records = {sequence: record for sequence, (record, _) in runs.items()}
    shards = {sequence: shard for sequence, (_, shard) in runs.items()}
    first, entry = next(iter(records.values())), next(iter(shards.values())).detector
    if any(record.detector.maps_only for record in records.values()):
        same, excuse = True, MAPS_ONLY
    else:
        same = all(key_as_confined(shard, record.detector.sandbox) == record.key for record, shard in runs.values())
        excuse = "" if create(entry.name, **entry.parameters).reproducible else NOT_REPRODUCIBLE
    false = OTHER_CODE if same_code and not same else false_claim(published, records, shards)
    return _Row(first.dataset, published, shards, same, false, excuse)


def _run_again(rows: list[_Row], rng: np.random.Generator, *, whole: bool, tell: Tell) -> dict[str, pd.DataFrame]:
    """Run a sample of the trials of all rows together, then the others, and return the outcomes of each dataset."""
    places = [(row, row.published[["sequence", "trial"]].to_numpy().tolist()) for row in rows]
    trials = [(row, sequence, trial) for row, own in places for sequence, trial in own]
    drawn = [trials[i] for i in rng.permutation(len(trials))]
    start, n_done = monotonic(), 0
    tables: dict[str, list[pd.DataFrame]] = {}
    for shard, dataset, numbers in [*_by_shard(drawn[:SAMPLE]), *_by_shard(drawn[SAMPLE:])]:
        if not whole and n_done >= SAMPLE and monotonic() - start > HOUR:
            break
        with working_folder() as folder:
            tell(f"again, {run_shard(shard, folder, only=numbers)}")
            table, _ = Store(folder).read(shard.suite.name, shard.suite.version)
        tables.setdefault(dataset, []).append(table)
        n_done += len(table)
    return {dataset: pd.concat(parts).sort_values(["sequence", "trial"]) for dataset, parts in tables.items()}


def _by_shard(trials: Iterable[tuple[_Row, int, int]]) -> list[tuple[Shard, str, set[int]]]:
    """Collect trials of the same shard, in the order in which shards first occur."""
    shards: dict[tuple[str, int], tuple[Shard, str, set[int]]] = {}
    for row, sequence, trial in trials:
        place = (row.dataset, sequence)
        shards.setdefault(place, (row.shards[sequence], row.dataset, set()))[2].add(trial)
    return list(shards.values())


def _verified(label: str, row: _Row, again: pd.DataFrame | None) -> Verified:
    if again is None:
        grade, why = Grade.DIFFERS if row.false else None, row.false or row.excuse
        n_all = 0 if why else len(row.published)
        return Verified(label, row.dataset, 0, n_all, grade, why or NOT_DRAWN, "", row.same_code)
    was = row.published.merge(again[["sequence", "trial"]])
    grade, difference = compare(was, again)
    return Verified(
        label, row.dataset, len(again), len(row.published), grade, difference, unconfirmed(was, again), row.same_code
    )
