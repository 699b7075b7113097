"""What a published row says of its trials, held against what they are; no detector is needed for this."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from algozoo.benchmark.plan import Shard, content_key
from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.shard import SETTLED, run_shard, write_failure
from algozoo.benchmark.store import Store
from algozoo.files import working_folder
from algozoo.sandbox.choice import wanted_as_recorded
from algozoo.sandbox.confinement import Confinement
from algozoo.scoring.outcomes import OUTCOME
from algozoo.submissions.returned import absent_maps

EXACT = 1e-9
"""Relative difference of what does not depend on the detector."""
SLACK = 1.01
"""By which the clocks of a run and of its trials may differ."""
LONGEST = 80
"""Characters of a value that are shown."""
UNKNOWN_OF_MAPS = {"title", "reference", "summary", "parameters"}
"""Facts of a detector that only those know who made its maps elsewhere."""
TEXT_OF_SUITE = {"title", "description", "detectors"}
"""What no result of a suite depends on."""


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
        own, record = published[published["sequence"] == sequence], records[sequence]
        table, made = _as_it_should_be(shard, record)
        difference = (
            _different_fact(record, made)
            or _different_sandbox(record, made, shard)
            or _different_column(own, table)
            or _different_sum(own, record)
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
    with working_folder() as folder:
        if record.detector.maps_only:
            run_shard(shard, folder, detector=absent_maps(shard.detector.name))
        else:
            write_failure(shard, folder, "not run")
        table, [made] = Store(folder).read(shard.suite.name, shard.suite.version)
    return table, made


def _different_fact(was: RunRecord, made: RunRecord) -> str:
    said, expected = _facts(was), _facts(made)
    name = next((name for name in expected if said[name] != expected[name]), "")
    return name and f"the record's {name} is {_short(said[name])}, expected {_short(expected[name])}"


def _facts(record: RunRecord) -> dict[str, Any]:
    """Facts of a run record that do not depend on what came of the run, and on nothing of the machine."""
    unknown = UNKNOWN_OF_MAPS if record.detector.maps_only else set()
    detector = record.detector.model_dump(exclude={"sandbox", *unknown})
    suite = record.suite.model_dump(exclude=TEXT_OF_SUITE)
    for dataset in suite["datasets"]:
        dataset["name"] = Path(dataset["name"]).name
    return {
        "annuli": record.annuli,
        "training": record.training,
        **{f"suite.{name}": value for name, value in suite.items()},
        **{f"detector.{name}": value for name, value in detector.items()},
    }


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _different_sandbox(was: RunRecord, made: RunRecord, shard: Shard) -> str:
    """Say if it was confined in no known way, or in another than that of its key."""
    said = was.detector.sandbox
    known = {*Confinement} if made.detector.sandbox else {None}
    others = known - {said}
    if said not in known:
        expected = " or ".join(sorted(repr(str(one)) for one in known))
        return f"the record's detector.sandbox is {said!r}, expected {expected}"
    if any(key_as_confined(shard, other) == was.key for other in others):
        return f"the record's detector.sandbox is {said!r}, its key is that of another"
    return ""


def key_as_confined(shard: Shard, confinement: str | None) -> str:
    """Return the key that a shard has if its code is confined as a record says: that is part of the key."""
    with wanted_as_recorded(confinement):
        return content_key(shard)


def _different_sum(rows: pd.DataFrame, record: RunRecord) -> str:
    """Say if the record counts other failures than its trials have, or less time than they took."""
    n_failed, seconds = int((~rows["status"].isin(SETTLED)).sum()), float(rows["seconds"].sum())
    if record.n_failed != n_failed:
        return f"the record's n_failed is {record.n_failed}, expected {n_failed}"
    if seconds > SLACK * (record.seconds or 0.0):
        return f"the record's seconds are {record.seconds}, its trials took {seconds:.4g}"
    return ""


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
