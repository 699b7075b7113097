"""What a published row says of its trials, held against what they are; no detector is needed for this."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from algozoo.benchmark.plan import Shard
from algozoo.benchmark.shard import run_shard, write_failure
from algozoo.benchmark.store import Store
from algozoo.datasets import load_dataset
from algozoo.submissions.returned import MAPS_ONLY, absent_maps

EXACT = 1e-9
"""Relative difference of what does not depend on the detector."""
MEASURED = (
    *("status", "reason", "seconds", "cpu_seconds", "map_kind"),
    *("candidate_x", "candidate_y", "candidate_score", "candidate_flux"),
    *("null_separation", "null_score"),
)
"""Columns that only the detector can make; all others are made anew from the suite."""


def false_claim(published: pd.DataFrame, records: dict[int, dict[str, Any]], shards: dict[int, Shard]) -> str:
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
    return _missing(shards) or _forged(published, records, shards)


def _missing(shards: dict[int, Shard]) -> str:
    """Say which sequences of the suite have no result, or are none of the suite."""
    first = next(iter(shards.values()))
    n = first.dataset.sequences or load_dataset(first.dataset.name, mirror=first.mirror).n_sequences
    different = sorted(set(range(n)) ^ set(shards))
    told = ", ".join(map(str, different))
    return f"sequence: {len(shards)} have results, the suite has {n}; it is {told} that differ" if different else ""


def _forged(published: pd.DataFrame, records: dict[int, dict[str, Any]], shards: dict[int, Shard]) -> str:
    """Say what a dataset's results say of its trials that is not so, or nothing."""
    for sequence, shard in sorted(shards.items()):
        table, record = _as_it_should_be(shard, records[sequence])
        difference = _different_fact(records[sequence], record) or _different_column(
            published[published["sequence"] == sequence], table
        )
        if difference:
            return f"{difference} (sequence {sequence})"
    return ""


def _as_it_should_be(shard: Shard, record: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Make the rows and the record of a shard without running its detector."""
    with TemporaryDirectory() as folder:
        if record["detector"]["label"].endswith(MAPS_ONLY):
            run_shard(shard, Path(folder), detector=absent_maps(shard.detector.name))
        else:
            write_failure(shard, Path(folder), "not run")
        table, [made] = Store(Path(folder)).read(shard.suite.name, shard.suite.version)
    return table, made


def _different_fact(was: dict[str, Any], made: dict[str, Any]) -> str:
    facts = ("annuli", "training")
    wrong = [name for name in facts if was.get(name) != made[name]]
    wrong += [f"detector.{name}" for name in ("name", "control") if was["detector"].get(name) != made["detector"][name]]
    return f"the record's {wrong[0]} is another" if wrong else ""


def _different_column(was: pd.DataFrame, made: pd.DataFrame) -> str:
    """Name the first column that differs, and a trial in which it does."""
    if sorted(was["trial"]) != sorted(made["trial"]):
        return f"trial: {len(was)} rows, expected {len(made)}, one for each trial"
    was, made = (table.sort_values("trial", ignore_index=True) for table in (was, made))
    for column in made.columns.difference(list(MEASURED), sort=False):
        if made[column].dtype.kind == "f":
            same = np.isclose(was[column], made[column], rtol=EXACT, atol=EXACT, equal_nan=True)
        else:
            same = (was[column] == made[column]).to_numpy()
        if not same.all():
            row = int(np.argmin(same))
            return f"{column} of trial {was['trial'][row]} is {was[column][row]}, expected {made[column][row]}"
    return ""
