"""Files that are whole or not there, working folders, the one door for files of others, and digests."""

import fcntl
import gzip
import hashlib
import io
import os
import platform
import secrets
import shutil
import stat
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from algozoo.errors import AlgoZooError, InputError
from algozoo.text import in_line

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
    folder, lock = _locked_folder(parent)
    try:
        with lock:
            with suppress(OSError):  # not every file system has locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "work").mkdir()
            yield folder / "work"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _locked_folder(parent: Path) -> tuple[Path, IO[str]]:
    """Make a working folder and the file of its lock; it is made anew if it was taken for litter in between."""
    while True:
        folder = parent / f".{secrets.token_hex(4)}.{platform.node()}{WORKING}"
        folder.mkdir(mode=0o700, parents=True)
        with suppress(FileNotFoundError):
            return folder, _lock(folder).open("w")


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
            if not any(folder.iterdir()):
                folder.rmdir()
                continue
            with _lock(folder).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)


def _lock(folder: Path) -> Path:
    return folder / "lock"


LARGEST_TEXT = 2**18
"""Bytes of a file written by hand."""
SMALL = 2**25
LARGEST_RATIO = 30
"""What is compressed may unpack to `SMALL` bytes, and beyond that to 30 times its size: images reach 1.1 to 3, and 20
where most pixels are empty."""
GZIP_MAGIC = b"\x1f\x8b"


class Unpacked(NamedTuple):
    """What is in a file, and the most bytes that may be taken from it."""

    stream: "IO[bytes] | gzip.GzipFile"
    size: int

    def up_to(self, size: int) -> "Unpacked":
        """Allow fewer bytes."""
        return self._replace(size=min(self.size, size))


def open_file(path: str | Path) -> io.BufferedReader:
    """Open a file to read its bytes; a pipe, a device or a folder is refused at once.

    Raises
    ------
    InputError
        If it is none, or cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise InputError(f"{in_line(path)}: cannot be read ({getattr(error, 'strerror', error)})") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError(f"{in_line(path)}: is a folder, a pipe or a device, expected a file")
    return os.fdopen(handle, "rb")


def most_unpacked(packed: int) -> int:
    """Bytes to which compressed ones may unpack."""
    return max(SMALL, LARGEST_RATIO * packed)


@contextmanager
def unpacked(path: str | Path) -> Iterator[Unpacked]:
    """Open a file, gzipped or not.

    Raises
    ------
    InputError
        If it cannot be read, is damaged, or unpacks to more than `most_unpacked` allows.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            if not file.peek(2).startswith(GZIP_MAGIC):
                yield Unpacked(file, size)
                return
            with gzip.open(file) as stream:
                content = Unpacked(stream, most_unpacked(size))
                yield content
                finish(content, path)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise InputError(f"{in_line(path)}: is truncated or damaged (gzip): copy or download it again") from None
        except OSError as error:
            raise InputError(f"{in_line(path)}: cannot be read ({error.strerror})") from None


def finish(content: Unpacked, path: str | Path) -> None:
    """Read what is left, at whose end is the checksum.

    Raises
    ------
    InputError
        If there is more than there may be.
    """
    while content.stream.read(2**20):
        if content.stream.tell() > content.size:
            raise InputError(
                f"{in_line(path)}: unpacks to more than {content.size / 2**20:.4g} MiB, {LARGEST_RATIO} times its "
                "size: unpack it yourself if it is meant to be so"
            )


def read_text(path: str | Path, largest: int = LARGEST_TEXT) -> str:
    """Read text in UTF-8.

    Raises
    ------
    InputError
        If it cannot be read, has more than `largest` bytes, or is no such text.
    """
    with open_file(path) as file:
        try:
            return text_in(file, path, largest)
        except OSError as error:
            raise InputError(f"{in_line(path)}: cannot be read ({error.strerror})") from None


def text_in(
    stream: "IO[bytes] | gzip.GzipFile", path: str | Path, largest: int = LARGEST_TEXT, encoding: str = "utf-8"
) -> str:
    """Read text from an open file; see `read_text`."""
    found = stream.read(largest + 1)
    if len(found) > largest:
        raise InputError(f"{in_line(path)}: has more than {largest / 2**20:g} MiB of text")
    try:
        return found.decode(encoding)
    except UnicodeDecodeError as error:
        wanted = encoding.upper().removesuffix("-SIG")
        raise InputError(f"{in_line(path)}: is not text in {wanted} ({error.reason} at byte {error.start})") from None


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
    try:
        with working_folder(folder) as new:
            for number, (name, write) in enumerate(files.items()):
                path = folder / name
                write(new / str(number))
                with (new / str(number)).open("rb") as file:
                    os.fsync(file.fileno())
            for number, name in enumerate(files):
                (new / str(number)).replace(folder / name)
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


def file_digest(path: Path) -> str:
    """Sha256 of a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
            raise InputError(
                f"{in_line(path)}: is a link or a device, expected files and folders only; put a copy in its place"
            )
        if path.is_file() and (path.parent.name, path.suffix) != ("__pycache__", ".pyc"):
            digest.update(os.fsencode(path.relative_to(folder)) + b"\0" + bytes.fromhex(file_digest(path)))
    return digest.hexdigest()
