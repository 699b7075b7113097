"""The ledger of the board: what was decided about its rows, by whom, when and why.

One line is one entry, as JSON. Lines are only added: the file is in git, and the check of a pull request refuses any
other change of it.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from algozoo.benchmark.store import Store
from algozoo.errors import AlgoZooError, InputError, unknown
from algozoo.toml import Text, in_words

Action = Literal["accept", "dispute", "withdraw", "re-score"]
FILE = "ledger.jsonl"


class Entry(BaseModel):
    """One decision.

    Parameters
    ----------
    date : datetime
    action : {'accept', 'dispute', 'withdraw', 're-score'}
    name : str
        The detector, or, when the board is scored again, the suite.
    author, reason : str
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: AwareDatetime
    action: Action
    name: Text
    author: Text
    reason: Text


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


def append(store: Path, action: Action, name: str, author: str, reason: str) -> Entry:
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
        entry = Entry(date=now, action=action, name=name, author=author, reason=reason)
    except ValidationError as error:
        mistake = error.errors()[0]
        raise InputError(f"--{mistake['loc'][0]} is {mistake['input']!r}: {in_words(mistake)}") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(entry.model_dump_json() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AlgoZooError(f"{path}: cannot be written ({error.strerror})") from error
    return entry


def standing(entries: list[Entry]) -> dict[str, Entry]:
    """Return the latest decision about each detector."""
    return {entry.name: entry for entry in entries if entry.action != "re-score"}


def about(entries: list[Entry], name: str, suite: str) -> list[Entry]:
    """Return what was decided about a detector, and about a suite that it is in."""
    return [entry for entry in entries if entry.name == (suite if entry.action == "re-score" else name)]


def _lines(path: Path) -> list[str]:
    try:
        *lines, rest = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise AlgoZooError(f"{path}: cannot be read ({error})") from None
    if rest:
        raise AlgoZooError(f"{path}: line {len(lines) + 1} is cut short; restore the file as it was published")
    return lines
