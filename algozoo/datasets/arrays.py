"""Numbers from files of others: FITS images, gzipped or not, plain text, and archives of arrays.

What a file announces is held against its size before anything is unpacked or allocated; see `algozoo.files`.
"""

import gzip
import os
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from algozoo.datasets.tiles import is_tiled, n_bytes, refuse_bad_tiles, whole_number
from algozoo.errors import InputError
from algozoo.files import Unpacked, open_file, text_in, unpacked
from algozoo.text import in_line

TEXT_SUFFIXES = {".txt", ".csv", ".dat"}
LARGEST_LIST = 2**22
"""Bytes of a file of angles, wavelengths or one number."""
FITS_BLOCK, CARD = 2880, 80
LONGEST_HEADERS = 400 * FITS_BLOCK
"""Bytes of the headers up to the last image that is read: 14400 lines."""
LONGEST_WORD = 40
PACKED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
"""What a stream raises that cannot be unpacked."""


class Extension(NamedTuple):
    """A header of a FITS file as it is read and as it stands there, and how many bytes of data follow it."""

    header: fits.Header
    raw: bytes
    size: int


class Image(NamedTuple):
    """An image in native byte order, and what its header says."""

    values: NDArray[Any]
    facts: dict[str, Any]


def read_image(path: str | Path, largest: int = sys.maxsize) -> tuple[NDArray[Any], str | None]:
    """Read the first HDU of a FITS file that holds an image.

    Parameters
    ----------
    path : path
    largest : int
        Bytes, unpacked, within which the image must end.

    Returns
    -------
    array
        In native byte order.
    str or None
        What BUNIT says in its header.

    Raises
    ------
    InputError
        If the file is missing, damaged, has no image, or announces more than it holds.
    """
    with unpacked(path) as content:
        return image_in(content.up_to(largest), path)


def image_in(content: Unpacked, path: str | Path, *, unpack_tiles: bool = True) -> tuple[NDArray[Any], str | None]:
    """Read the first image of an open FITS file; see `read_image` and `images_in`."""
    for values, facts in images_in(content, path, ("BUNIT",), unpack_tiles=unpack_tiles):
        return values, facts.get("BUNIT")
    raise InputError(f"{in_line(path)}: has no image, expected one in a FITS HDU")


def stated_unit(path: str | Path) -> str | None:
    """Return what BUNIT says in the first header of a FITS file that has it, up to that of the first image.

    Raises
    ------
    InputError
        As `read_image`.
    """
    with unpacked(path) as content:
        for extension in extensions_in(content, path):
            with _damaged(path):
                if "BUNIT" in extension.header:
                    return in_line(extension.header["BUNIT"])
                if _is_image(extension) or is_tiled(extension.header):
                    return None
    return None


def images_in(
    content: Unpacked, path: str | Path, keys: tuple[str, ...], *, unpack_tiles: bool = True
) -> Iterator[Image]:
    """Read the images of an open FITS file, one after the other.

    Parameters
    ----------
    content : Unpacked
    path : path
        What messages call it.
    keys : tuple of str
        What is wanted of their headers; the facts are those that are there.
    unpack_tiles : bool
        Whether tile-compressed images count.

    Raises
    ------
    InputError
        As `read_image`.
    """
    for extension in extensions_in(content, path):
        with _damaged(path):
            tiled = unpack_tiles and is_tiled(extension.header)
            hdu = _with_data(extension, content, tiled=tiled) if tiled or _is_image(extension) else None
            if hdu is None or hdu.data is None or not hdu.data.size:
                continue
            values = np.asarray(hdu.data, dtype=hdu.data.dtype.newbyteorder("="))
            facts = {key: hdu.header[key] for key in keys if key in hdu.header}
        yield Image(values, facts)


def extensions_in(content: Unpacked, path: str | Path) -> Iterator[Extension]:
    """Find the headers of an open FITS file; who takes one may read the data that follow it.

    Raises
    ------
    InputError
        As `read_image`.
    """
    left, begins = LONGEST_HEADERS, b"SIMPLE"
    while True:
        with _damaged(path):
            raw = _header(content, begins, left)
            if not raw:
                return
            header = fits.Header.fromstring(raw)
            extension = Extension(header, raw, _announced(header))
            start = content.stream.tell()
            if start + extension.size > content.size:
                raise InputError(
                    f"is truncated, or compressed too well to be true: its header announces {extension.size} bytes, "
                    f"expected at most {content.size - start}: copy or download it again, or unpack it"
                )
        yield extension
        left, begins = left - len(raw), b"XTENSION"
        content.stream.seek(start + -(-extension.size // FITS_BLOCK) * FITS_BLOCK)


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


def _is_image(extension: Extension) -> bool:
    return extension.size > 0 and extension.header.get("XTENSION", "IMAGE") == "IMAGE"


def _with_data(extension: Extension, content: Unpacked, *, tiled: bool) -> Any:
    """Make an HDU of a header and the data that follow it; the stream stands between them."""
    begin = content.stream.tell() - len(extension.raw)
    content.stream.seek(begin)
    whole = content.stream.read(len(extension.raw) + extension.size)
    if len(whole) < len(extension.raw) + extension.size:
        raise InputError("is truncated, its header announces more: copy or download it again")
    if not tiled:
        return (fits.ImageHDU if "XTENSION" in extension.header else fits.PrimaryHDU).fromstring(whole)
    refuse_bad_tiles(extension.header, whole, len(extension.raw))
    return fits.CompImageHDU(bintable=fits.BinTableHDU.fromstring(whole))


@contextmanager
def _damaged(path: str | Path) -> Iterator[None]:
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


def read_numbers(path: str | Path) -> NDArray[np.float64]:
    """Read the numbers of a text file, between blanks, commas or line ends; ``#`` begins a comment.

    Raises
    ------
    InputError
        If the file is missing, larger than `LARGEST_LIST`, is not text, or holds anything else or nothing.
    """
    with unpacked(path) as content:
        text = text_in(content.stream, path, LARGEST_LIST)
    numbers = []
    for number, line in enumerate(text.splitlines(), start=1):
        for word in line.split("#")[0].replace(",", " ").split():
            try:
                numbers.append(float(word))
            except ValueError:
                found = repr(word[:LONGEST_WORD])
                raise InputError(f"{in_line(path)}: line {number}: {found} is not a number") from None
    if not numbers:
        raise InputError(f"{in_line(path)}: has no numbers, expected at least one")
    return np.array(numbers)


def read_number(path: str | Path) -> float:
    """Read a single number, such as a pixel scale: text, or a FITS image of one pixel.

    The challenge's plate scales are FITS files with a number behind a header that announces none (NAXIS = 0).

    Raises
    ------
    InputError
        If the file is missing or damaged, or holds something else.
    """
    if Path(path).suffix.lower() in TEXT_SUFFIXES:
        return _one_number(read_numbers(path), path)
    with unpacked(path) as content:
        return number_in(content.up_to(LARGEST_LIST), path)


def number_in(content: Unpacked, path: str | Path, *, unpack_tiles: bool = True) -> float:
    """Read a single number from an open FITS file; see `read_number` and `images_in`."""
    first = next(extensions_in(content, path))
    if first.header["NAXIS"] == 0 and first.header["BITPIX"] == -32 and len(number := content.stream.read(4)) == 4:
        return _one_number(np.frombuffer(number, ">f4"), path)
    content.stream.seek(0)
    return _one_number(image_in(content, path, unpack_tiles=unpack_tiles)[0], path)


def _one_number(values: NDArray[Any], path: str | Path) -> float:
    if values.size != 1 or not np.isfinite(values).all():
        raise InputError(f"{in_line(path)}: has {values.size} values, expected one finite number")
    return float(f"{values.ravel()[0]:.6g}")


def read_archive(path: Path) -> dict[str, NDArray[Any]]:
    """Read named arrays that `numpy.savez` wrote; nothing in the file is run.

    Raises
    ------
    InputError
        If it is missing or damaged, or unpacks to more bytes than it has.
    """
    with open_file(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                unpacks_to = sum(member.file_size for member in archive.infolist())
            file.seek(0)
            if unpacks_to <= os.fstat(file.fileno()).st_size:
                with np.load(file, allow_pickle=False) as arrays:
                    return dict(arrays)
        except Exception as error:  # noqa: BLE001 - a damaged archive may raise anything
            raise InputError(f"{in_line(path)}: is damaged, or no archive of arrays ({error})") from None
        raise InputError(f"{in_line(path)}: unpacks to {unpacks_to} bytes, expected no more than it has")
