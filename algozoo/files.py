"""Files that are whole or not there, folders for work in progress, and digests of source code."""

import fcntl
import hashlib
import os
import platform
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from algozoo.errors import AlgoZooError, InputError

RESULTS = Path("leaderboard/results")
"""Folder of the results of a run, unless another is given."""
SITES = Path("leaderboard/site")
"""Folder of the leaderboards, each in a folder of its suite's name, unless another is given."""
WORKING = ".algozoo-tmp"
"""How the names of working folders end."""
ABANDONED = 24 * 3600.0
"""Seconds without a change after which a working folder of another machine is litter."""


@contextmanager
def working_folder(parent: Path | None = None) -> Iterator[Path]:
    """Make an empty folder for the time of a `with` block.

    If the process is killed, the folder stays, and the next working folder in the same place removes it.

    Parameters
    ----------
    parent : path, optional
        Made if needed; the operating system's folder of temporary files by default.
    """
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    remove_litter(parent)
    folder = parent / f".{secrets.token_hex(4)}.{platform.node()}{WORKING}"
    folder.mkdir(mode=0o700, parents=True)
    try:
        with _lock(folder).open("w") as lock:
            with suppress(OSError):  # not every file system has locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "work").mkdir()
            yield folder / "work"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_litter(parent: Path) -> None:
    """Remove the working folders of processes that died.

    A process that lives holds the lock in its folder. As locks may not be seen across machines, a folder of another one
    is kept for a day after its last change.

    Parameters
    ----------
    parent : path
        Where the working folders are, not below.
    """
    for folder in parent.glob(f".*{WORKING}"):
        with suppress(OSError):
            foreign = not folder.name.endswith(f".{platform.node()}{WORKING}")
            if foreign and time.time() - folder.stat().st_mtime < ABANDONED:
                continue
            with _lock(folder).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)


def _lock(folder: Path) -> Path:
    return folder / "lock"


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write to a temporary name, flush to disk, rename: a reader never sees half a file.

    Parameters
    ----------
    path : path
        Its folder is made if needed.
    write : callable
        Gets the temporary path.

    Raises
    ------
    AlgoZooError
        If the disk is full or the folder cannot be written; nothing half-written is left.
    """
    try:
        with working_folder(path.parent) as folder:
            write(folder / "file")
            with (folder / "file").open("rb") as file:
                os.fsync(file.fileno())
            (folder / "file").replace(path)
    except OSError as error:
        reason = error.strerror or f"is the disk full? {error}"
        raise AlgoZooError(f"{path}: not written ({reason}); nothing half-written is left") from error


def write_text_whole(path: Path, text: str) -> None:
    """Write text in UTF-8 as `write_whole` does."""
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def source_digest(places: Iterable[Path]) -> str:
    """Sha256 of Python files, and of all those in folders, by name and content."""
    digest = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def folder_digest(folder: Path) -> str:
    """Sha256 of all files of a folder, by name and content, but for what Python compiled, which must never be run.

    Raises
    ------
    InputError
        If something in it is not a file or folder of its own, or cannot be read.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise InputError(f"{path}: is a link or a device, expected files and folders only; put a copy in its place")
        if path.is_file() and (path.parent.name, path.suffix) != ("__pycache__", ".pyc"):
            try:
                content = hashlib.sha256(path.read_bytes()).digest()
            except OSError as error:
                raise InputError(f"{path}: cannot be read ({error.strerror})") from None
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()
