"""The ledger of the board: what was decided about its rows, by whom, when and why; nothing in it is ever changed.

One line is one entry, as JSON. Each holds the sha256 of the line before it, so that none but the last can be changed or
removed, and none put in between, without the next one telling.
"""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from algozoo.benchmark.store import Store
from algozoo.errors import AlgoZooError, InputError, unknown
from algozoo.toml import Sha256, Text

Action = Literal["accept", "dispute", "withdraw", "re-score"]
FILE = "ledger.jsonl"
START = "0" * 64
"""What the first line holds in place of a line before it."""


class Entry(BaseModel):
    """One decision.

    Parameters
    ----------
    previous : str
        Sha256 of the line before.
    date : datetime
    action : {'accept', 'dispute', 'withdraw', 're-score'}
    name : str
        Of the detector, or, when the board is scored anew, of the suite.
    author, reason : str
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    previous: Sha256
    date: AwareDatetime
    action: Action
    name: Text
    author: Text
    reason: Text


def read_ledger(store: Path) -> list[Entry]:
    """Read the ledger of a store and check its chain.

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
        If a line was changed, removed or inserted, or is no entry; the message names it.
    """
    path, previous, entries = store / FILE, START, []
    for number, line in enumerate(_lines(path), start=1):
        try:
            entry = Entry.model_validate_json(line)
        except ValidationError as error:
            mistake = error.errors(include_url=False)[0]
            where = ".".join(map(str, mistake["loc"])) or "the line"
            raise AlgoZooError(f"{path}: line {number}: {where}: {mistake['msg']}; it was changed by hand") from None
        if entry.previous != previous:
            raise AlgoZooError(
                f"{path}: line {number} does not follow the line before it: one of them was changed, removed or put "
                "there; restore the file as it was published"
            )
        previous = _digest(line)
        entries.append(entry)
    return entries


def append(store: Path, action: Action, name: str, author: str, reason: str) -> Entry:
    """Add an entry to the ledger of a store, whose chain is checked before.

    Raises
    ------
    InputError
        If nobody or nothing is said, or the store has no results of that detector or suite.
    AlgoZooError
        If the ledger is damaged or cannot be written.
    """
    path, entries = store / FILE, read_ledger(store)
    for field, text in (("author", author), ("reason", reason)):
        if not text.strip():
            raise InputError(f"--{field} is empty; say {'who decides' if field == 'author' else 'why'}")
    of_what = "suite" if action == "re-score" else "detector"
    known = {(record.suite if action == "re-score" else record.detector).name for record in Store(store).records()}
    if name not in known:
        raise unknown(f"{of_what} with results in {store}", name, known or ["(none)"])
    entry = Entry(
        previous=_digest(_lines(path)[-1]) if entries else START,
        date=datetime.now(UTC).replace(microsecond=0),
        action=action,
        name=name,
        author=author,
        reason=reason,
    )
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


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
