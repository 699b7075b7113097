"""Numbers from files: FITS images, gzipped or not, and plain text."""

import gzip
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from algozoo.errors import InputError

TEXT_SUFFIXES = {".txt", ".csv", ".tsv", ".dat", ".ecsv"}
GZIP_MAGIC = b"\x1f\x8b"
FITS_BLOCK = 2880


def read_image(path: str | Path) -> tuple[NDArray[Any], str | None]:
    """Read the first HDU of a FITS file that holds an image.

    Returns
    -------
    array
        In native byte order.
    str or None
        What BUNIT says in its header.

    Raises
    ------
    InputError
        If the file is missing, damaged, or has no image.
    """
    return image_in(unpacked(path), path)


def image_in(content: bytes, path: str | Path, *, unpack_tiles: bool = True) -> tuple[NDArray[Any], str | None]:
    """Read the first image in the bytes of a FITS file; see `read_image`.

    Parameters
    ----------
    content : bytes
    path : path
        What messages call it.
    unpack_tiles : bool
        Whether tile-compressed images count; a small file of them can hold a huge one.
    """
    if not content.startswith(b"SIMPLE"):
        raise InputError(f"{path}: is not a FITS file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for hdu in fits.HDUList.fromstring(content, disable_image_compression=not unpack_tiles):
                packed = isinstance(hdu, fits.BinTableHDU) and not unpack_tiles
                if hdu.is_image and not packed and hdu.data is not None and hdu.data.size:
                    data = np.asarray(hdu.data, dtype=hdu.data.dtype.newbyteorder("="))
                    return data, hdu.header.get("BUNIT")
    except Exception as error:  # noqa: BLE001 - astropy raises a dozen kinds on a damaged file
        reason = "is truncated, its header announces more" if "too small" in str(error) else f"is damaged ({error})"
        raise InputError(f"{path}: {reason}: copy or download it again") from None
    raise InputError(f"{path}: has no image, expected one in a FITS HDU")


def read_numbers(path: str | Path) -> NDArray[np.float64]:
    """Read the numbers of a text file, between blanks, commas or line ends; ``#`` begins a comment.

    Raises
    ------
    InputError
        If the file is missing, is not text, or holds anything else or nothing.
    """
    try:
        lines = unpacked(path).decode().splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text, expected numbers") from None
    numbers = []
    for number, line in enumerate(lines, start=1):
        for word in line.split("#")[0].replace(",", " ").split():
            try:
                numbers.append(float(word))
            except ValueError:
                raise InputError(f"{path}: line {number}: {word!r} is not a number") from None
    if not numbers:
        raise InputError(f"{path}: has no numbers, expected at least one")
    return np.array(numbers)


def unpacked(path: str | Path) -> bytes:
    """Return the bytes of a file, unpacked if it is gzipped."""
    try:
        content = Path(path).read_bytes()
        return gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(f"{path}: is truncated or damaged (gzip): copy or download it again") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


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
    return number_in(unpacked(path), path)


def number_in(content: bytes, path: str | Path, *, unpack_tiles: bool = True) -> float:
    """Read a single number from the bytes of a FITS file; see `read_number` and `image_in`."""
    if content.startswith(b"SIMPLE") and len(content) > FITS_BLOCK and _announces_nothing(content):
        return _one_number(np.frombuffer(content, ">f4", count=1, offset=FITS_BLOCK), path)
    return _one_number(image_in(content, path, unpack_tiles=unpack_tiles)[0], path)


def _one_number(values: NDArray[Any], path: str | Path) -> float:
    if values.size != 1 or not np.isfinite(values).all():
        raise InputError(f"{path}: has {values.size} values, expected one finite number")
    return float(f"{values.ravel()[0]:.6g}")


def _announces_nothing(content: bytes) -> bool:
    cards = [content[start : start + 80].decode("latin-1") for start in range(0, FITS_BLOCK, 80)]
    values = {card[:8].strip(): card[10:].partition("/")[0].strip() for card in cards}
    return values.get("NAXIS") == "0" and values.get("BITPIX") == "-32"
