"""Lists of numbers from files of others: images and the columns of tables, in FITS and text."""

import codecs
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from algozoo.datasets.arrays import LARGEST_LIST, LONGEST_WORD, TEXT_SUFFIXES, images_in, number_in, one_number
from algozoo.datasets.hdus import extensions_in, naming, split_extension, with_data
from algozoo.datasets.tiles import binary_table, is_tiled
from algozoo.errors import InputError
from algozoo.files import text_in, unpacked
from algozoo.text import in_line

MOST_TOLD = 50
"""Names of columns in a message."""
Row = tuple[int, list[str]]
"""Number of a line, and its words."""


class Listed(NamedTuple):
    """Numbers along one or two axes, and their unit where the file states one."""

    values: NDArray[Any]
    unit: str | None


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
    file, chosen = split_extension(path)
    if file.suffix.lower() in TEXT_SUFFIXES:
        return _text_list(path, known, column)
    with unpacked(file) as content:
        if column is None:
            for values, facts in images_in(content, path, ("BUNIT",), chosen):
                return Listed(values, facts.get("BUNIT"))
            content.stream.seek(0)
        for extension in extensions_in(content, path, chosen):
            with naming(path):
                if extension.header.get("XTENSION") != "BINTABLE" or is_tiled(extension.header):
                    continue
                columns, rows = binary_table(extension.header, with_data(extension, content), len(extension.raw))
            return _column_of(path, columns, rows, choose_column(path, columns.names, known, column))
    wanted = "image or binary table" if column is None else f"table, expected one with a column {column!r}"
    raise InputError(f"{in_line(path)}: has no {wanted}")


def read_number(path: str | Path) -> float:
    """Read a single number, such as a pixel scale: text, or a FITS image of one pixel.

    The challenge's plate scales are FITS files with a number behind a header that announces none (NAXIS = 0).

    Raises
    ------
    InputError
        If the file is missing or damaged, or holds something else.
    """
    if Path(path).suffix.lower() in TEXT_SUFFIXES:
        return one_number(read_list(path, frozenset()).values, path)
    with unpacked(path) as content:
        return number_in(content.up_to(LARGEST_LIST), path)


def _column_of(path: str | Path, columns: fits.ColDefs, rows: NDArray[Any], name: str) -> Listed:
    """Read a column of a binary table, whose numbers stand in its rows and not behind them."""
    found = columns[name]
    if not re.fullmatch("1?[BIJKED]", found.format) or not rows.size:
        raise InputError(
            f"{in_line(path)}: column {in_line(name)} has {rows.size} rows of format {in_line(found.format)}, expected "
            "one number in each"
        )
    with naming(path):
        values = rows[name].astype(np.float64) * (found.bscale or 1) + (found.bzero or 0)
        if found.null is not None:
            values[rows[name] == found.null] = np.nan
    return Listed(values, found.unit)


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
    shown = ", ".join(in_line(name[:LONGEST_WORD]) for name in columns[:MOST_TOLD])
    raise InputError(
        f"{in_line(path)}: a table with the columns {shown}"
        + ("; which one holds the numbers is not known" if column is None else f", and none is {column!r}")
        + ": name it with angle_column (--angle-column NAME, or its number from 1)"
    )


def _text_list(path: str | Path, known: frozenset[str], column: str | None) -> Listed:
    """Read a list of numbers, or a column of a table whose names are in its first line or in the comment before it."""
    lines = _text_of(path).splitlines()
    rows = [(number, words) for number, line in enumerate(lines, start=1) if (words := _words(line.split("#")[0]))]
    if not rows:
        raise InputError(f"{in_line(path)}: has no numbers, expected at least one")
    comments = [_words(line.strip().lstrip("#")) for line in lines[: rows[0][0] - 1]]
    width = len(rows[0][1])
    names = next((words for words in reversed(comments) if len(words) == width), None)
    if len(rows) > 1 and not any(map(_is_number, rows[0][1])):
        names = rows.pop(0)[1]
    ragged = [number for number, words in rows if len(words) != width]
    if ragged and (names or column is not None):
        raise InputError(f"{in_line(path)}: line {ragged[0]}: expected {width} columns, as in the lines before")
    if ragged or (len(rows) == 1 and column is None):  # a list, broken into lines of any length
        return Listed(np.array([_number(word, path, line) for line, words in rows for word in words]), None)
    wanted = list(range(width))
    if column is not None or (names and width > 1):
        columns = names or [str(k + 1) for k in wanted]
        wanted = [columns.index(choose_column(path, columns, known, column))]
    values = np.array([[_number(words[k], path, line) for k in wanted] for line, words in rows])
    return Listed(values[:, 0] if len(wanted) == 1 else values, None)


def _text_of(path: str | Path) -> str:
    """Read text in UTF-8, or in UTF-16 where a byte-order mark says so."""
    with unpacked(path) as content:
        marked = content.stream.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        content.stream.seek(0)
        return text_in(content.stream, path, LARGEST_LIST, "utf-16" if marked else "utf-8-sig")


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
        raise InputError(f"{in_line(path)}: line {line}: {word[:LONGEST_WORD]!r} is not a number")
    return float(word)
