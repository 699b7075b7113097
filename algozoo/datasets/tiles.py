"""Tile-compressed FITS images: what a small file may not do to those who unpack it."""

import re
import zlib
from math import prod
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from algozoo.errors import InputError
from algozoo.files import most_unpacked

MOST_AXES = 8
NUMBERS = (8, 16, 32, 64, -32, -64)
"""What BITPIX can be."""
ALGORITHMS = ("RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "NOCOMPRESS")
WIDTHS = {"B": 1, "I": 2, "J": 4, "E": 4, "D": 8}
TILES = ("COMPRESSED_DATA", "GZIP_COMPRESSED_DATA", "UNCOMPRESSED_DATA")
SMALLEST_TILE = 64
"""Bytes in a file for each tile, on average; each takes its time."""
FEW_TILES = 10_000
MOST_COLUMNS = 999


def whole_number(header: fits.Header, key: str, default: int | None = None) -> int:
    """Return a number of a header that says how many of something there are.

    Raises
    ------
    InputError
        If it is something else.
    """
    value = header.get(key, default)
    if type(value) is not int or value < 0:
        raise InputError(f"{key} is {value!r} in its header, expected a whole number from 0")
    return value


def n_bytes(header: fits.Header, prefix: str = "") -> tuple[int, list[int]]:
    """Return how many bytes a number of an image has, and the lengths of its axes; the prefix is Z for tiles.

    Raises
    ------
    InputError
        If the header does not say it, or has more than `MOST_AXES` axes.
    """
    n_axes, bits = whole_number(header, f"{prefix}NAXIS"), header.get(f"{prefix}BITPIX")
    if n_axes > MOST_AXES:
        raise InputError(f"{prefix}NAXIS is {n_axes} in its header, expected at most {MOST_AXES} axes")
    if bits not in NUMBERS:
        raise InputError(f"{prefix}BITPIX is {bits!r} in its header, expected one of {NUMBERS}")
    return abs(bits) // 8, [whole_number(header, f"{prefix}NAXIS{axis + 1}") for axis in range(n_axes)]


def is_tiled(header: fits.Header) -> bool:
    """Tell whether a table is a tile-compressed image."""
    return header.get("XTENSION") == "BINTABLE" and header.get("ZIMAGE") is True


def refuse_bad_tiles(header: fits.Header, whole: bytes, start: int) -> None:
    """Refuse a tile-compressed image that unpacks to more than it announces or than its size allows.

    Parameters
    ----------
    header : Header
    whole : bytes
        The header as it stands in the file, and what follows.
    start : int
        Where the table begins.

    Raises
    ------
    InputError
    """
    if header.get("ZCMPTYPE") not in ALGORITHMS:
        raise InputError(
            f"is tile-compressed by {header.get('ZCMPTYPE')!r}, expected one of {', '.join(ALGORITHMS)}: unpack it "
            "with funpack"
        )
    width, shape = n_bytes(header, "Z")
    tile = [whole_number(header, f"ZTILE{i + 1}", n if i == 0 else 1) for i, n in enumerate(shape)]
    packed, n_rows = len(whole) - start, whole_number(header, "NAXIS2")
    if min(tile, default=0) < 1:
        raise InputError(f"has tiles of shape {tile}, expected at least one pixel")
    n_tiles = prod(-(-n // side) for n, side in zip(shape, tile, strict=True))
    if n_tiles > min(n_rows, max(FEW_TILES, packed // SMALLEST_TILE)):
        raise InputError(f"announces {n_tiles} tiles, and has {n_rows} in {packed} bytes")
    if width * prod(shape) > most_unpacked(packed):
        raise InputError(
            f"its tiles announce {width * prod(shape)} bytes, expected at most {most_unpacked(packed)}: unpack it with "
            "funpack if it is meant to be so"
        )
    _refuse_bad_table(header, whole, start, 8 * prod(map(min, tile, shape)))


def binary_table(header: fits.Header, whole: bytes, start: int) -> tuple[fits.ColDefs, NDArray[Any]]:
    """Return the columns of a binary table, and its rows as they stand in the file.

    Parameters
    ----------
    header, whole, start
        See `refuse_bad_tiles`.

    Raises
    ------
    InputError
        If there are too many columns, or they do not make up its rows.
    """
    if whole_number(header, "TFIELDS") > MOST_COLUMNS:
        raise InputError(f"has {header['TFIELDS']} columns, expected at most {MOST_COLUMNS}")
    columns = fits.BinTableHDU.fromstring(whole).columns
    row, n_rows = columns.dtype.newbyteorder(">"), whole_number(header, "NAXIS2")
    if row.itemsize != whole_number(header, "NAXIS1"):
        raise InputError(f"has rows of {header['NAXIS1']} bytes, and columns of {row.itemsize}")
    return columns, np.frombuffer(whole, row, count=n_rows, offset=start)


def _refuse_bad_table(header: fits.Header, whole: bytes, start: int, largest: int) -> None:
    """Refuse tiles that lie outside of the file or over each other, or have more bytes than `largest`."""
    columns, table = binary_table(header, whole, start)
    heap = memoryview(whole)[start + whole_number(header, "THEAP", table.nbytes) :]
    for name in set(TILES) & set(columns.names):
        kind = re.fullmatch(r"1?[PQ]([BIJED])(\(\d*\))?", columns[name].format)
        if not kind:
            raise InputError(f"has the column {name} of format {columns[name].format}, expected bytes of tiles")
        places = table[name].astype(np.int64) * np.array([WIDTHS[kind[1]], 1])
        ends = places.sum(axis=1)
        if (places < 0).any() or (ends < 0).any() or max(ends.max(initial=0), places[:, 0].sum()) > len(heap):
            raise InputError(f"has tiles that lie outside of the file or over each other ({name})")
        if name.startswith("GZIP") or header["ZCMPTYPE"].startswith("GZIP"):
            _refuse_large(places, heap, largest)


def _refuse_large(places: NDArray[np.int64], heap: memoryview, largest: int) -> None:
    """Refuse gzipped tiles that have more bytes than `largest`, or more than one end."""
    for size, offset in places.tolist():
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        if size and (
            len(unpacking.decompress(heap[offset : offset + size], largest + 1)) > largest or unpacking.unused_data
        ):
            raise InputError(f"has a tile that unpacks to more than {largest} bytes")
