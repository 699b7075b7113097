"""Files that are whole or not there, and digests of source code."""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
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
    write_all_whole(path.parent, {path.name: write})


def write_all_whole(folder: Path, files: Mapping[str, Callable[[Path], object]]) -> None:
    """Write files by name into a folder, all or none; see `write_whole`."""
    path = folder
    temporary = {name: folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}" for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, write in files.items():
            path = folder / name
            write(temporary[name])
            with temporary[name].open("rb") as file:
                os.fsync(file.fileno())
        for name, whole in temporary.items():
            whole.replace(folder / name)
    except OSError as error:
        reason = error.strerror or f"is the disk full? {error}"
        raise AlgoZooError(f"{path}: not written ({reason}); nothing half-written is left") from error
    finally:
        for whole in temporary.values():
            with suppress(OSError):
                whole.unlink()


@contextmanager
def place_to_write(folder: Path, *, overwrite: bool) -> Iterator[None]:
    """Make a folder and try to write into it; at the end it is removed if it is empty and was not there before.

    Parameters
    ----------
    folder : path
    overwrite : bool
        Whether it may hold files.

    Raises
    ------
    InputError
        If it holds files.
    AlgoZooError
        If it cannot be written.
    """
    made: list[Path] = []
    try:
        try:
            if folder.is_dir() and any(folder.iterdir()) and not overwrite:
                raise InputError(
                    f"{folder}: is not empty: give another --output, or --overwrite to replace files of the same names"
                )
            made = [place for place in (folder, *folder.parents) if not place.exists()]
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise AlgoZooError(f"{folder}: cannot be written ({error.strerror}): give another --output") from None
        yield
    finally:
        with suppress(OSError):  # it holds files
            for place in made:
                place.rmdir()


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
