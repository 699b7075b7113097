"""HDUs of a FITS file chosen as ``file.fits[EXT]``, and the columns of tables in FITS and text."""

import codecs
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from algozoo.datasets import arrays
from algozoo.datasets.arrays import TEXT_SUFFIXES
from algozoo.errors import InputError

Row = tuple[int, list[str]]
"""Number of a line, and its words."""


class Listed(NamedTuple):
    """Numbers along one or two axes, and their unit where the file states one."""

    values: NDArray[Any]
    unit: str | None


def read_image(path: str | Path) -> Listed:
    """Read the first image of a FITS file, or the one of the HDU in ``file.fits[EXT]``, and what BUNIT says.

    Raises
    ------
    InputError
        If the file is missing, damaged, or has no such image.
    """
    file, extension = split_extension(path)
    if extension is None:
        return Listed(*arrays.read_image(file))
    with _opened(file, extension) as hdus:
        if not (hdus[0].is_image and hdus[0].data is not None and hdus[0].data.size):
            raise InputError(f"{path}: this HDU holds no image")
        data = hdus[0].data
        return Listed(np.asarray(data, dtype=data.dtype.newbyteorder("=")), hdus[0].header.get("BUNIT"))


def stated_unit(path: str | Path) -> str:
    """Return what BUNIT says in the first header of a FITS file that has it, for people to read."""
    file, extension = split_extension(path)
    with _opened(file, extension) as hdus:
        units = [str(hdu.header["BUNIT"]) for hdu in hdus if "BUNIT" in hdu.header]
    return units[0] if units else "not stated"


def split_extension(path: str | Path) -> tuple[Path, str | None]:
    """Split ``file.fits[EXT]`` into the file and the name or number of the HDU, which is None for a plain path."""
    match = re.fullmatch(r"(.+)\[([^\[\]]+)\]", str(path), re.DOTALL)
    if match is None or Path(path).exists():
        return Path(path), None
    return Path(match[1]), match[2]


def read_list(path: str | Path, known: frozenset[str], column: str | None = None) -> Listed:
    """Read numbers from text, a FITS image or a FITS table.

    Parameters
    ----------
    path : path
    known : set of str
        Names that their column in a table may have, in lower case with underscores.
    column : str, optional
        Name or number, from 1, of that column.

    Raises
    ------
    InputError
        If the file is missing or damaged, holds no such numbers, or it is not known in which column they are.
    """
    file, extension = split_extension(path)
    if file.suffix.lower() in TEXT_SUFFIXES:
        return _text_list(path, known, column)
    with _opened(file, extension) as hdus:
        images = [hdu for hdu in hdus if hdu.is_image and hdu.data is not None and hdu.data.size]
        tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not hdu.is_image]
        if tables and (column is not None or not images):
            table = tables[0]
            name = choose_column(path, table.columns.names, known, column)
            values = np.asarray(table.data[name])
            if values.ndim != 1 or not np.issubdtype(values.dtype, np.number) or not values.size:
                raise InputError(f"{path}: column {name} has shape {values.shape} of {values.dtype}, expected numbers")
            return Listed(values.astype(values.dtype.newbyteorder("=")), table.columns[name].unit)
    if column is not None:
        raise InputError(f"{path}: has no table, expected one with a column {column!r}")
    return read_image(path)


def choose_column(path: str | Path, columns: list[str], known: frozenset[str], column: str | None) -> str:
    """Return the column that was asked for by name or number, or the only one whose name is known; see `read_list`."""
    if column is not None:
        if column.isdecimal() and 1 <= int(column) <= len(columns) and column not in columns:
            return columns[int(column) - 1]
        found = [name for name in columns if name.lower() == column.lower()]
    else:
        plain = {name: re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in columns}
        found = [name for name in columns if plain[name] in known] or (columns if len(columns) == 1 else [])
    if len(found) == 1:
        return found[0]
    raise InputError(
        f"{path}: a table with the columns {', '.join(columns)}"
        + ("; which one holds the numbers is not known" if column is None else f", and none is {column!r}")
        + ": name it with angle_column (--angle-column NAME, or its number from 1)"
    )


def _text_list(path: str | Path, known: frozenset[str], column: str | None) -> Listed:
    """Read a list of numbers, or a column of a table whose names are in its first line or in the comment before it."""
    lines = _read_lines(path)
    rows = [(number, words) for number, line in enumerate(lines, start=1) if (words := _words(line.split("#")[0]))]
    if not rows:
        raise InputError(f"{path}: has no numbers, expected at least one")
    comments = [_words(line.strip().lstrip("#")) for line in lines[: rows[0][0] - 1]]
    width = len(rows[0][1])
    names = next((words for words in reversed(comments) if len(words) == width), None)
    if len(rows) > 1 and not any(map(_is_number, rows[0][1])):
        names = rows.pop(0)[1]
    ragged = [number for number, words in rows if len(words) != width]
    if ragged and (names or column is not None):
        raise InputError(f"{path}: line {ragged[0]}: expected {width} columns, as in the lines before")
    if ragged or (len(rows) == 1 and column is None):  # a list, broken into lines of any length
        return Listed(np.array([_number(word, path, line) for line, words in rows for word in words]), None)
    wanted = list(range(width))
    if column is not None or (names and width > 1):
        columns = names or [str(k + 1) for k in wanted]
        wanted = [columns.index(choose_column(path, columns, known, column))]
    values = np.array([[_number(words[k], path, line) for k in wanted] for line, words in rows])
    return Listed(values[:, 0] if len(wanted) == 1 else values, None)


def _read_lines(path: str | Path) -> list[str]:
    """Read text in UTF-8, or in UTF-16 where a byte-order mark says so."""
    content = arrays.unpacked(path)
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding).splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text, expected numbers") from None


def _words(line: str) -> list[str]:
    """Split a line at its tabs, semicolons or commas, or else at its blanks."""
    separator = next((each for each in "\t;," if each in line), None)
    words = [word.strip().strip('"') for word in line.split(separator)]
    while words and not words[-1]:
        words.pop()
    return words


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _number(word: str, path: str | Path, line: int) -> float:
    if not _is_number(word):
        raise InputError(f"{path}: line {line}: {word!r} is not a number")
    return float(word)


@contextmanager
def _opened(path: Path, extension: str | None) -> Iterator[Any]:
    """Open a FITS file: all its HDUs, or a list of the one that is chosen."""
    content = arrays.unpacked(path)
    if not content.startswith(b"SIMPLE"):
        raise InputError(f"{path}: is not a FITS file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hdus = fits.HDUList.fromstring(content)
            if extension is None:
                yield hdus
                return
            named = [hdu for k, hdu in enumerate(hdus) if extension.upper() in {str(k), hdu.name.upper()}]
            if not named:
                names = ", ".join(f"{k} {hdu.name}".strip() for k, hdu in enumerate(hdus))
                raise InputError(  # noqa: TRY301 - it names what is there
                    f"{path}: there is no HDU {extension!r}, expected one of {names}"
                )
            yield named[:1]
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - astropy raises a dozen kinds on a damaged file
        reason = "is truncated, its header announces more" if "too small" in str(error) else f"is damaged ({error})"
        raise InputError(f"{path}: {reason}: copy or download it again") from None
