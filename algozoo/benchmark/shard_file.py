"""The file of a shard: its rows, with its run record and the checksum of that in the schema metadata."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from algozoo.benchmark.record import FORMAT, RunRecord
from algozoo.benchmark.rows import read_rows, write_rows
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import write_whole
from algozoo.scoring.outcomes import OutcomeRow
from algozoo.text import printable
from algozoo.toml import in_words

LONGEST_REASON = 500
"""Characters of a message that may hold text of a file that others sent."""


class MalformedShard(AlgoZooError):  # noqa: N818 - a state of a file
    """A file is damaged, or no result of AlgoZoo.

    Parameters
    ----------
    path : path
    reason : str or exception
    """

    def __init__(self, path: Path, reason: Exception | str) -> None:
        text = mistakes(reason) if isinstance(reason, ValidationError) else str(reason)
        self.path, self.reason = path, " ".join(printable(text).split())[:LONGEST_REASON]
        super().__init__(self._message())

    def _message(self) -> str:
        return f"{self.path}: damaged, or no result of AlgoZoo ({self.reason}); delete it and run the suite again"


class OtherFormat(MalformedShard, InputError):  # noqa: N818 - the same
    """A file was written by an earlier or a later AlgoZoo."""

    def _message(self) -> str:
        return f"{self.path}: {self.reason}; use another folder with --store"


LeaveOut = Callable[[MalformedShard], object]
"""What is done about a malformed file, which is then left out, unless it raises."""


@dataclass(frozen=True)
class StoredShard:
    """A shard as read from its file."""

    path: Path
    record: RunRecord
    rows: pa.Table

    @property
    def place(self) -> tuple[str, str, int]:
        """Dataset, label of the detector, and sequence."""
        return self.record.dataset, self.record.detector.label, self.record.sequence


def write_shard(path: Path, record: RunRecord, rows: Sequence[OutcomeRow]) -> None:
    """Write the file of a shard, whole or not at all.

    Raises
    ------
    AlgoZooError
        If the disk is full or the folder cannot be written.
    """
    facts = record.to_json()
    metadata: dict[str, str | bytes] = {"algozoo": facts, "sha256": _digest(facts.encode())}
    write_whole(path, lambda temporary: write_rows(temporary, rows, metadata))


def read_record(path: Path) -> RunRecord:
    """Read the run record of a shard, whose key is the name of the file.

    Raises
    ------
    MalformedShard
        If it is damaged, of another format, or a name in it could not be that of a file.
    """
    if not path.is_file():
        raise MalformedShard(path, "it is not a file")
    try:
        metadata = pq.read_schema(path).metadata or {}
        facts, digest = json.loads(metadata[b"algozoo"]), _digest(metadata[b"algozoo"])
        version = facts.get("format")
    except Exception as error:  # a damaged file may raise anything
        raise MalformedShard(path, error) from error
    if metadata.get(b"sha256", digest) != digest:  # earlier files have none
        raise MalformedShard(path, "its run record has another checksum")
    if version != FORMAT:
        raise OtherFormat(path, f"written in store format {version}, this AlgoZoo reads format {FORMAT}")
    try:
        return RunRecord.model_validate(facts | {"key": path.stem})
    except ValidationError as error:
        raise MalformedShard(path, error) from None


def read_shard(path: Path, record: RunRecord) -> StoredShard:
    """Read the rows of a shard too.

    Raises
    ------
    MalformedShard
        If they are damaged, or not what a run writes.
    """
    try:
        return StoredShard(path, record, read_rows(path, record))
    except Exception as error:  # a damaged file may raise anything
        raise MalformedShard(path, error) from error


def agreeing(shards: Iterable[StoredShard], leave_out: LeaveOut) -> list[StoredShard]:
    """Leave out the shards that state other trials than most shards of their dataset, or of their sequence.

    They could not be scored with the others. Where as many state one as the other, the earlier ones stay.
    """
    kept = _majority(list(shards), lambda shard: shard.record.dataset, _dataset_facts, leave_out)
    return _majority(kept, lambda shard: (shard.record.dataset, shard.record.sequence), _trial_facts, leave_out)


def _majority(
    shards: list[StoredShard],
    place: Callable[[StoredShard], Hashable],
    facts: Callable[[StoredShard], Hashable],
    leave_out: LeaveOut,
) -> list[StoredShard]:
    stated = [facts(shard) for shard in shards]
    votes: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for shard, fact in zip(shards, stated, strict=True):
        votes[place(shard)][fact] += 1
    kept = []
    for shard, fact in zip(shards, stated, strict=True):
        if fact == votes[place(shard)].most_common(1)[0][0]:
            kept.append(shard)
        else:
            leave_out(MalformedShard(shard.path, "its trials are others than those of most detectors"))
    return kept


def _dataset_facts(shard: StoredShard) -> Hashable:
    return shard.record.annuli, *(shard.rows[name][0].as_py() for name in ("dataset_version", "dataset_kind"))


def _trial_facts(shard: StoredShard) -> Hashable:
    return tuple(tuple(shard.rows[name].to_pylist()) for name in ("trial", "trial_kind", "block", "annulus"))


def _digest(content: bytes) -> bytes:
    return sha256(content).hexdigest().encode()


def mistakes(error: ValidationError) -> str:
    """Say in one line what is wrong with facts of a file."""
    return "; ".join(map(_mistake, error.errors()))


def _mistake(mistake: ErrorDetails) -> str:
    where = ".".join(map(str, mistake["loc"]))
    if mistake["type"] == "missing":
        return f"{where} is missing"
    value = "" if isinstance(mistake["input"], dict | list) else f"is {mistake['input']!r}"
    return f"{' '.join(filter(None, [where, value]))}: {in_words(mistake)}"
