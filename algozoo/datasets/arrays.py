"""Numbers from files of others: FITS images, gzipped or not, and archives of arrays.

What a file announces is held against its size before anything is unpacked or allocated; see `algozoo.files`.
"""

import os
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from algozoo.datasets.hdus import Extension, extensions_in, naming, split_extension, with_data
from algozoo.datasets.tiles import is_tiled, refuse_bad_tiles
from algozoo.errors import InputError
from algozoo.files import Unpacked, open_file, unpacked
from algozoo.text import in_line

TEXT_SUFFIXES = {".txt", ".csv", ".tsv", ".dat", ".ecsv"}
LARGEST_LIST = 2**22
"""Bytes of a file of angles, wavelengths or one number."""
LONGEST_WORD = 40


class Image(NamedTuple):
    """An image in native byte order, and what its header says."""

    values: NDArray[Any]
    facts: dict[str, Any]


def read_image(path: str | Path, largest: int = sys.maxsize) -> tuple[NDArray[Any], str | None]:
    """Read the first image of a FITS file, or the one of the HDU in ``file.fits[EXT]``.

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
    file, chosen = split_extension(path)
    with unpacked(file) as content:
        return image_in(content.up_to(largest), path, chosen)


def image_in(
    content: Unpacked, path: str | Path, chosen: str | None = None, *, unpack_tiles: bool = True
) -> tuple[NDArray[Any], str | None]:
    """Read the first image of an open FITS file; see `read_image` and `images_in`."""
    for values, facts in images_in(content, path, ("BUNIT",), chosen, unpack_tiles=unpack_tiles):
        return values, facts.get("BUNIT")
    raise InputError(f"{in_line(path)}: has no image, expected one in a FITS HDU")


def stated_unit(path: str | Path) -> str | None:
    """Return what BUNIT says in the first header of a FITS file that has it, up to that of its first image.

    Parameters
    ----------
    path : path
        ``file.fits[EXT]`` for the header of that HDU.

    Raises
    ------
    InputError
        As `read_image`.
    """
    file, chosen = split_extension(path)
    with unpacked(file) as content:
        for extension in extensions_in(content, path, chosen):
            with naming(path):
                if "BUNIT" in extension.header:
                    return in_line(extension.header["BUNIT"])
                if _is_image(extension) or is_tiled(extension.header):
                    return None
    return None


def stated(path: str | Path, keys: Iterable[str]) -> dict[str, Any]:
    """Return what the headers of a FITS file say, up to that of its first image; the first that has a key counts.

    Parameters
    ----------
    path : path
        Of ``file.fits[EXT]`` the header of that HDU counts before the first of the file.
    keys : iterable of str
        Those that are missing, or whose value cannot be read, are left out.

    Raises
    ------
    InputError
        As `read_image`.
    """
    file, chosen = split_extension(path)
    found: dict[str, Any] = {}
    for hdu in (None,) if chosen is None else (chosen, "0"):
        with unpacked(file) as content:
            for extension in extensions_in(content, path, hdu):
                for key in keys:
                    with suppress(fits.VerifyError):
                        value = extension.header.get(key)
                        found |= {} if value is None or key in found else {key: value}
                if _is_image(extension) or is_tiled(extension.header):
                    break
    return found


def images_in(
    content: Unpacked,
    path: str | Path,
    keys: tuple[str, ...],
    chosen: str | None = None,
    *,
    unpack_tiles: bool = True,
) -> Iterator[Image]:
    """Read the images of an open FITS file, one after the other.

    Parameters
    ----------
    content : Unpacked
    path : path
        What messages call it.
    keys : tuple of str
        What is wanted of their headers; the facts are those that are there.
    chosen : str, optional
        See `extensions_in`.
    unpack_tiles : bool
        Whether tile-compressed images count.

    Raises
    ------
    InputError
        As `read_image`.
    """
    for extension in extensions_in(content, path, chosen):
        with naming(path):
            tiled = unpack_tiles and is_tiled(extension.header)
            hdu = _image_hdu(extension, content, tiled=tiled) if tiled or _is_image(extension) else None
            if hdu is None or hdu.data is None or not hdu.data.size:
                continue
            values = np.asarray(hdu.data, dtype=hdu.data.dtype.newbyteorder("="))
            facts = {key: hdu.header[key] for key in keys if key in hdu.header}
        yield Image(values, facts)


def _is_image(extension: Extension) -> bool:
    return extension.size > 0 and extension.header.get("XTENSION", "IMAGE") == "IMAGE"


def _image_hdu(extension: Extension, content: Unpacked, *, tiled: bool) -> Any:
    whole = with_data(extension, content)
    if not tiled:
        return (fits.ImageHDU if "XTENSION" in extension.header else fits.PrimaryHDU).fromstring(whole)
    refuse_bad_tiles(extension.header, whole, len(extension.raw))
    return fits.CompImageHDU(bintable=fits.BinTableHDU.fromstring(whole))


def number_in(content: Unpacked, path: str | Path, *, unpack_tiles: bool = True) -> float:
    """Read a single number from an open FITS file; see `algozoo.datasets.tables.read_number` and `images_in`."""
    first = next(extensions_in(content, path))
    if first.header["NAXIS"] == 0 and first.header["BITPIX"] == -32 and len(number := content.stream.read(4)) == 4:
        return one_number(np.frombuffer(number, ">f4"), path)
    content.stream.seek(0)
    return one_number(image_in(content, path, unpack_tiles=unpack_tiles)[0], path)


def one_number(values: NDArray[Any], path: str | Path) -> float:
    """Return the only value of an array, to six digits, as float32 has them; it is an error if there are others."""
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
