"""The cache: what was downloaded or made, and is brought or made again where it is not there."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from algozoo.errors import AlgoZooError
from algozoo.files import remove_litter

Kind = Literal["downloads", "simulated", "calibrated", "trained", "environments", "golden"]
KINDS: dict[Kind, str] = {
    "downloads": "files of real datasets",
    "simulated": "simulated nights",
    "calibrated": "contrasts of the companions for a night of your own",
    "trained": "models and learning curves of detectors that learn",
    "environments": "packages that submissions require",
    "golden": "marks that the golden numbers were checked",
}
DOWNLOADED = re.compile(r"[0-9a-f]{16}-.+")
"""Name of a file that was downloaded, in the cache itself; each other kind has a folder."""


class Contents(NamedTuple):
    """What the cache holds of a kind."""

    n_files: int
    n_bytes: int


def cache_folder(kind: Kind) -> Path:
    """Folder of a kind, to be used: `clear` of another process leaves it alone until this one ends."""
    _hold(_root())
    return kind_folder(kind)


def kind_folder(kind: Kind) -> Path:
    """Folder of a kind in that of ALGOZOO_CACHE, or else in the operating system's cache folder."""
    return _root() if kind == "downloads" else _root() / kind


def remove_cache_litter() -> None:
    """Remove what killed processes left in the cache."""
    root = _root()
    for folder in (root, *root.glob("*/"), *root.glob("*/*/")):
        remove_litter(folder)


def contents(kind: Kind) -> Contents:
    """Count the files of a kind and their bytes; what is being written or removed meanwhile is left out."""
    sizes = []
    for path in _files(kind):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:
            continue
    return Contents(len(sizes), sum(sizes))


def clear(kinds: tuple[Kind, ...] = get_args(Kind)) -> None:
    """Remove what the cache holds of some kinds, or of all.

    Raises
    ------
    AlgoZooError
        If another process uses the cache: nothing is removed. If a file cannot be removed.
    """
    root = _root()
    lock = _hold(root)
    try:
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for kind in kinds:
            if kind == "downloads":
                for path in _downloads():
                    path.unlink()
            elif kind_folder(kind).exists():
                shutil.rmtree(kind_folder(kind))
    except BlockingIOError:
        raise AlgoZooError(
            f"{root}: another process uses the cache, and nothing was removed; end the run or the notebook first"
        ) from None
    except OSError as error:
        raise AlgoZooError(f"{error.filename or root}: cannot be removed ({error.strerror})") from None
    finally:
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_SH)


def _root() -> Path:
    import pooch  # noqa: PLC0415 - slow

    return Path(os.environ.get("ALGOZOO_CACHE") or pooch.os_cache("algozoo"))


def _files(kind: Kind) -> Iterator[Path]:
    paths = _downloads() if kind == "downloads" else kind_folder(kind).rglob("*")
    return (path for path in paths if path.is_file())


def _downloads() -> Iterator[Path]:
    return (path for path in _root().glob("*") if DOWNLOADED.fullmatch(path.name))


@cache
def _hold(root: Path) -> int | None:
    """Share a lock on the folder until this process ends; without one where that cannot be."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = os.open(root, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_SH)
    except OSError:
        return None
    return lock
