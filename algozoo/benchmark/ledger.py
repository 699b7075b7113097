"""The ledger of the board: what was decided about its rows, by whom, when and why.

One line is one entry, as JSON. Lines are only added: the file is in git, and the check of a pull request refuses any
other change of it.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator

from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.store import Store
from algozoo.errors import AlgoZooError, InputError, unknown
from algozoo.files import read_text
from algozoo.scoring.fresh import Advantage, Excess, Outcome, excesses, outcome, pooled
from algozoo.toml import DetectorLabel, Name, Sha256, Text, Version, in_words

Action = Literal["accept", "dispute", "withdraw", "re-score", "fresh"]
FILE = "ledger.jsonl"
LARGEST_LEDGER = 2**24
"""Bytes."""


class NightsOf(BaseModel):
    """Advantage of a detector on the public and on the fresh nights of a dataset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public: Advantage
    fresh: Advantage


class Attempt(BaseModel):
    """A check of a row on fresh nights: all that is needed to repeat it, and what it found.

    Parameters
    ----------
    suite, version, detector : str
        Suite, and label of the detector, of the row.
    digest : str
        Of what made the row; see `row_digest`.
    seed : str
        Of the fresh nights, as 0x and hexadecimal digits.
    n_nights : int
        Of each dataset.
    measured : dict of str to NightsOf
        For each dataset; empty if the time was over before.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    suite: Name
    version: Version
    detector: DetectorLabel
    digest: Sha256
    seed: Annotated[str, Field(pattern="^0x[0-9a-f]+$")]
    n_nights: PositiveInt
    measured: dict[Name, NightsOf] = Field(default_factory=dict)


class Entry(BaseModel):
    """One decision, or one check on fresh nights.

    Parameters
    ----------
    date : datetime
    action : {'accept', 'dispute', 'withdraw', 're-score', 'fresh'}
    name : str
        The detector, or, when the board is scored again, the suite.
    author, reason : str
    fresh : Attempt, optional
        What was found on fresh nights.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: AwareDatetime
    action: Action
    name: Text
    author: Text
    reason: Text
    fresh: Attempt | None = None

    @model_validator(mode="after")
    def _says_what_was_found(self) -> Self:
        if (self.action == "fresh") != (self.fresh is not None):
            raise ValueError("an entry has the field fresh if its action is fresh, and no other has it")
        return self


def read_ledger(store: Path) -> list[Entry]:
    """Read the ledger of a store.

    Parameters
    ----------
    store : path
        Folder of the store.

    Returns
    -------
    list of Entry
        Empty if there is no ledger yet.

    Raises
    ------
    AlgoZooError
        If the file cannot be read or a line is no entry; the message names it.
    """
    path, entries = store / FILE, []
    for number, line in enumerate(_lines(path), start=1):
        try:
            entries.append(Entry.model_validate_json(line))
        except ValidationError as error:
            mistake = error.errors(include_url=False)[0]
            where = ".".join(map(str, mistake["loc"])) or "the line"
            raise AlgoZooError(
                f"{path}: line {number}: {where}: {in_words(mistake)}; restore the file as it was published"
            ) from None
    return entries


def append(store: Path, action: Action, name: str, author: str, reason: str, fresh: Attempt | None = None) -> Entry:
    """Add an entry to the ledger of a store.

    Raises
    ------
    InputError
        If the author or the reason is empty, or the store has no results of that detector or suite.
    AlgoZooError
        If the ledger is damaged or cannot be written.
    """
    path = store / FILE
    read_ledger(store)
    for field, text in (("author", author), ("reason", reason)):
        if not text.strip():
            raise InputError(f"--{field} is empty; say {'who decides' if field == 'author' else 'why'}")
    of_what = "suite" if action == "re-score" else "detector"
    known = {(record.suite if action == "re-score" else record.detector).name for record in Store(store).records()}
    if name not in known:
        raise unknown(f"{of_what} with results in {store}", name, known or ["(none)"])
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        entry = Entry(date=now, action=action, name=name, author=author, reason=reason, fresh=fresh)
    except ValidationError as error:
        mistake = error.errors()[0]
        raise InputError(f"--{mistake['loc'][0]} is {mistake['input']!r}: {in_words(mistake)}") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(entry.model_dump_json(exclude_none=True) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AlgoZooError(f"{path}: cannot be written ({error.strerror})") from error
    return entry


def standing(entries: list[Entry]) -> dict[str, Entry]:
    """Return the latest decision about each detector."""
    return {entry.name: entry for entry in entries if entry.action not in {"re-score", "fresh"}}


def row_digest(records: Iterable[RunRecord]) -> str:
    """Sha256 of the content keys of the shards of a row: of its code, its trials and our versions."""
    return sha256(" ".join(sorted(record.key for record in records)).encode()).hexdigest()


def attempts_on(entries: Iterable[Entry], digest: str) -> list[Attempt]:
    """Return the checks on fresh nights of what has this digest."""
    return [entry.fresh for entry in entries if entry.fresh and entry.fresh.digest == digest]


def judged(attempts: Iterable[Attempt]) -> tuple[Outcome, list[Excess]]:
    """Say what all attempts on the same code say together; see `algozoo.scoring.fresh`. No test if none had an end."""
    measured = [attempt.measured for attempt in attempts if attempt.measured]
    if not measured:
        return "undecided", []
    public = {name: nights.public for name, nights in measured[-1].items()}
    fresh = {name: pooled([one[name].fresh for one in measured]) for name in public}
    tests = excesses(public, fresh)
    return outcome(tests), tests


def about(entries: list[Entry], name: str, suite: str) -> list[Entry]:
    """Return what was decided about a detector, and about a suite that it is in."""
    return [entry for entry in entries if entry.name == (suite if entry.action == "re-score" else name)]


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    *lines, rest = read_text(path, LARGEST_LEDGER).split("\n")
    if rest:
        raise AlgoZooError(f"{path}: line {len(lines) + 1} is cut short; restore the file as it was published")
    return lines
