"""What a published row says of its trials, held against what they are; no detector is needed for this."""

from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from algozoo.benchmark.plan import Shard
from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.shard import run_shard, write_failure
from algozoo.benchmark.store import Store
from algozoo.scoring.outcomes import OUTCOME
from algozoo.submissions.returned import absent_maps

EXACT = 1e-9
"""Relative difference of what does not depend on the detector."""
FACTS = ("annuli", "training", "detector.name", "detector.label", "detector.control")
"""Fields of a run record that do not depend on what came of the run."""


def false_claim(published: pd.DataFrame, records: dict[int, RunRecord], shards: dict[int, Shard]) -> str:
    """Say what the results of a detector on a dataset say of its trials that is not so.

    Parameters
    ----------
    published : DataFrame
        Outcomes.
    records, shards : dict
        Run record and shard of each sequence.

    Returns
    -------
    str
        Names the column, the trial and both values; empty if all is so.
    """
    if different := _different_sequences(shards):
        return different
    for sequence, shard in sorted(shards.items()):
        table, record = _as_it_should_be(shard, records[sequence])
        difference = _different_fact(records[sequence], record) or _different_column(
            published[published["sequence"] == sequence], table
        )
        if difference:
            return f"{difference} (sequence {sequence})"
    return ""


def _different_sequences(shards: dict[int, Shard]) -> str:
    """Say which sequences of the suite have no result, or are none of the suite."""
    first = next(iter(shards.values()))
    n = first.dataset.sequences or first.data().n_sequences
    different = sorted(set(range(n)) ^ set(shards))
    listed = ", ".join(map(str, different))
    return f"sequence: {len(shards)} have results, the suite has {n}; it is {listed} that differ" if different else ""


def _as_it_should_be(shard: Shard, record: RunRecord) -> tuple[pd.DataFrame, RunRecord]:
    """Make the rows and the record of a shard without running its detector."""
    with TemporaryDirectory() as folder:
        if record.detector.maps_only:
            run_shard(shard, Path(folder), detector=absent_maps(shard.detector.name))
        else:
            write_failure(shard, Path(folder), "not run")
        table, [made] = Store(Path(folder)).read(shard.suite.name, shard.suite.version)
    return table, made


def _different_fact(was: RunRecord, made: RunRecord) -> str:
    different = (name for name in FACTS if attrgetter(name)(was) != attrgetter(name)(made))
    return next((f"the record's {name} is another" for name in different), "")


def _different_column(was: pd.DataFrame, made: pd.DataFrame) -> str:
    """Name the first column that differs, and a trial in which it does."""
    if sorted(was["trial"]) != sorted(made["trial"]):
        return f"trial: {len(was)} rows, expected {len(made)}, one for each trial"
    was, made = (table.sort_values("trial", ignore_index=True) for table in (was, made))
    for column in [name for name, column in OUTCOME.items() if not column.measured]:
        if made[column].dtype.kind == "f":
            same = np.isclose(was[column], made[column], rtol=EXACT, atol=EXACT, equal_nan=True)
        else:
            same = (was[column] == made[column]).to_numpy()
        if not same.all():
            row = int(np.argmin(same))
            return f"{column} of trial {was['trial'][row]} is {was[column][row]}, expected {made[column][row]}"
    return ""
