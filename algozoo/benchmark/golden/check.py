"""The check that the parts of the package compute the numbers that are stored under their versions."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from algozoo.benchmark.golden.numbers import Case, Golden, moves, read
from algozoo.benchmark.golden.parts import Part, part, parts_of
from algozoo.benchmark.plan import Shard
from algozoo.benchmark.pool import Died, RunAll, run_here
from algozoo.benchmark.provenance import code, environment
from algozoo.datasets.cache import cache_folder
from algozoo.errors import AlgoZooError
from algozoo.files import write_text_whole

COMMAND = "python -m algozoo.benchmark.golden write"


def unchecked(shards: Iterable[Shard]) -> list[str]:
    """Name the parts that shards depend on and that were not yet found to be good with this code and these packages."""
    return [one.name for one in parts_of(shards) if one.can_run and not _passed(one.name).is_file()]


def check_all(names: Iterable[str], run_all: RunAll = run_here) -> Iterator[str]:
    """Compute the numbers of parts, in parallel; what is good is not computed again with the same code.

    Yields
    ------
    str
        What was checked.

    Raises
    ------
    AlgoZooError
        If numbers moved; the message says which, by how much, and what to do.
    """
    for name, outcome in run_all(check, names):
        if isinstance(outcome, Died):
            raise AlgoZooError(f"the numbers of {name} were not checked: {outcome.reason}")
        yield f"{name}: numbers as stored"


def check(name: str, mirror: Path | None = None) -> None:
    """Compute the numbers of a part and compare them with those that are stored; keep in the cache that they are good.

    Raises
    ------
    AlgoZooError
        If they moved, or none are stored.
    """
    one = part(name, mirror)
    stored = read(name)
    if stored is None:
        raise AlgoZooError(f"no numbers of {name} are stored: if it is new, store them with `{COMMAND} {name}`")
    if stored.version != one.version:
        raise AlgoZooError(
            f"{name} has version {one.version}, and its stored numbers have {stored.version}: if it was raised because "
            f"numbers changed, store the new ones with `{COMMAND} {name}`"
        )
    cases = one.compute()
    if stored.cases.keys() != cases.keys():
        raise AlgoZooError(
            f"{name}: stored numbers are of other inputs than those that are computed now "
            f"({', '.join(sorted(stored.cases.keys() ^ cases.keys()))}): store them with `{COMMAND} {name}`"
        )
    refuse_moved(one, stored, cases)
    write_text_whole(_passed(name), f"{code()}\n")


def refuse_moved(one: Part, stored: Golden, cases: dict[str, Case]) -> None:
    """Raise an error if numbers moved by more than the tolerance: which, how far, and what to do."""
    moved = [move for move in moves(stored.cases, cases) if move.size > stored.tolerance]
    if not moved:
        return
    shown = "; ".join(map(str, moved[:3])) + (f"; and {len(moved) - 3} more" if len(moved) > 3 else "")
    raise AlgoZooError(
        f"the numbers of {one.name} are not those of its version {stored.version}: {shown} (relative to the largest; "
        f"tolerance {stored.tolerance:g}). Results would stand under the key of other numbers. If the change is meant, "
        f"raise {one.home}, and store the numbers with `{COMMAND} {one.name}`; if not, undo it"
    )


def _passed(name: str) -> Path:
    """File that is there if the numbers of a part are good, with this code, these packages, and what is stored."""
    stored = read(name)
    content = "\n".join([code(), str(environment().packages), stored.model_dump_json() if stored else ""])
    return cache_folder("golden") / hashlib.sha256(content.encode()).hexdigest()[:16] / f"{name}.good"
