"""The HDUs of FITS files of others: their headers, and the bytes of what follows, held against the size of the file."""

import gzip
import os
import re
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import NamedTuple

from astropy.io import fits

from algozoo.datasets.tiles import n_bytes, whole_number
from algozoo.errors import InputError
from algozoo.files import Unpacked, unpacked
from algozoo.text import in_line

FITS_BLOCK, CARD = 2880, 80
LONGEST_HEADERS = 400 * FITS_BLOCK
"""Bytes of the headers up to the last image that is read: 14400 lines."""
PACKED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
"""What a stream raises that cannot be unpacked."""


class Extension(NamedTuple):
    """A header of a FITS file as it is read and as it stands there, and how many bytes of data follow it."""

    header: fits.Header
    raw: bytes
    size: int


def split_extension(path: str | Path) -> tuple[Path, str | None]:
    """Split ``file.fits[EXT]`` into the file and the name or number of the HDU, which is None for a plain path."""
    match = re.fullmatch(r"(.+)\[([^\[\]]+)\]", str(path), re.DOTALL)
    if match is None or os.path.lexists(path):
        return Path(path), None
    return Path(match[1]), match[2]


@contextmanager
def open_hdus(path: str | Path, *, checksum: bool = False) -> Iterator[fits.HDUList]:
    """Open a FITS file with astropy once what its headers announce was held against its size; tiles are not unpacked.

    Parameters
    ----------
    path : path
    checksum : bool
        Whether a wrong checksum is a warning of astropy.

    Raises
    ------
    InputError
        If it is no FITS file, or announces more than it holds.
    """
    with unpacked(path) as content:
        for _ in extensions_in(content, path, longest=sys.maxsize):
            pass
        content.stream.seek(0)
        with fits.open(content.stream, checksum=checksum, memmap=False, disable_image_compression=True) as hdus:
            yield hdus


def extensions_in(
    content: Unpacked, path: str | Path, chosen: str | None = None, longest: int = LONGEST_HEADERS
) -> Iterator[Extension]:
    """Find the headers of an open FITS file; who takes one may read the data that follow it.

    Parameters
    ----------
    content : Unpacked
    path : path
        What messages call it.
    chosen : str, optional
        Name, or number from 0, of the only HDU that is wanted.
    longest : int
        Bytes of all headers.

    Raises
    ------
    InputError
        As `read_image`, or if there is no such HDU.
    """
    left, begins = longest, b"SIMPLE"
    names: list[str] = []
    while True:
        with naming(path):
            raw = _header(content, begins, left)
            if not raw:
                break
            header = fits.Header.fromstring(raw)
            extension = Extension(header, raw, _announced(header))
            start = content.stream.tell()
            if start + extension.size > content.size:
                raise InputError(
                    f"is truncated, or compressed too well to be true: its header announces {extension.size} bytes, "
                    f"expected at most {content.size - start}: copy or download it again, or unpack it"
                )
            names.append(in_line(header.get("EXTNAME", "" if names else "PRIMARY")))
        if chosen is None or chosen.upper() in {str(len(names) - 1), names[-1].upper()}:
            yield extension
            if chosen is not None:
                return
        left, begins = left - len(raw), b"XTENSION"
        content.stream.seek(start + -(-extension.size // FITS_BLOCK) * FITS_BLOCK)
    if chosen is not None:
        present = ", ".join(f"{number} {name}".strip() for number, name in enumerate(names))
        raise InputError(f"{in_line(path)}: there is no HDU {chosen!r}, expected one of {present}")


def _header(content: Unpacked, begins: bytes, left: int) -> bytes:
    """Read a header up to its end; nothing where none begins."""
    raw = content.stream.read(FITS_BLOCK)
    if not raw.startswith(begins):
        if begins == b"SIMPLE":
            raise InputError("is not a FITS file")
        return b""
    blocks = [raw]
    while not any(blocks[-1][card : card + CARD].rstrip() == b"END" for card in range(0, FITS_BLOCK, CARD)):
        if len(blocks) * FITS_BLOCK >= left:
            raise InputError(f"has headers of more than {LONGEST_HEADERS // CARD} lines")
        blocks.append(content.stream.read(FITS_BLOCK))
        if len(blocks[-1]) < FITS_BLOCK:
            raise InputError("is truncated, its header has no end: copy or download it again")
    return b"".join(blocks)


def _announced(header: fits.Header) -> int:
    """Bytes that follow a header, but for those that fill a block."""
    width, axes = n_bytes(header)
    groups, more = whole_number(header, "GCOUNT", 1), whole_number(header, "PCOUNT", 0)
    return width * groups * (more + prod(axes)) if axes else 0


def with_data(extension: Extension, content: Unpacked) -> bytes:
    """Return a header and the data that follow it; the stream stands between them."""
    begin = content.stream.tell() - len(extension.raw)
    content.stream.seek(begin)
    whole = content.stream.read(len(extension.raw) + extension.size)
    if len(whole) < len(extension.raw) + extension.size:
        raise InputError("is truncated, its header announces more: copy or download it again")
    return whole


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Say of which file a mistake is, whatever astropy raises; who unpacks the stream says what is wrong there."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError as error:
        raise InputError(f"{in_line(path)}: {error}") from None
    except PACKED:
        raise
    except MemoryError:
        raise InputError(f"{in_line(path)}: does not fit into memory") from None
    except Exception as error:  # noqa: BLE001 - astropy raises a dozen kinds on a damaged file
        raise InputError(f"{in_line(path)}: is damaged ({error}): copy or download it again") from None
