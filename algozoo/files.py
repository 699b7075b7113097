"""Files that are whole or not there, and digests of source code."""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from algozoo.errors import AlgoZooError, InputError

RESULTS = Path("leaderboard/results")
"""Folder of the results of a run, unless another is given."""
SITES = Path("leaderboard/site")
"""Folder of the leaderboards, each in a folder of its suite's name, unless another is given."""


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
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")  # hosts may share a folder
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or f"is the disk full? {error}"
        raise AlgoZooError(f"{path}: not written ({reason}); nothing half-written is left") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


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
