"""TOML written by hand: read, and checked as a whole; all mistakes are told at once, each with its line."""

import re
import reprlib
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from algozoo.errors import InputError
from algozoo.files import read_text
from algozoo.text import in_line


def _matching(pattern: str, expected: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {expected}")
        return text

    return AfterValidator(check)


_NOT_PRINTED = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Control characters but for tabs and line feeds, and those that turn the direction of what follows."""

_PRINTED = _matching(rf"[^{_NOT_PRINTED}]*", "text without control characters")
_IN_LINE = _matching(r"[^\n\t\u2028\u2029]{0,300}", "one line of at most 300 characters")
Printed = Annotated[str, _PRINTED]
PrintedLine = Annotated[str, _PRINTED, _IN_LINE]
Text = Annotated[str, Field(min_length=1), _PRINTED]
Line = Annotated[str, Field(min_length=1), _PRINTED, _IN_LINE]
Name = Annotated[str, _matching(r"[a-z0-9][a-z0-9-]*", "lower-case letters, digits and hyphens")]
DetectorName = Annotated[str, _matching(r"\w[\w.-]*", "letters, digits, dots, underscores and hyphens")]
DetectorLabel = Annotated[
    str,
    _matching(
        rf"\w[\w.-]*( ?\([^{_NOT_PRINTED}\n\t\u2028\u2029]*\))?",
        "the name of a detector, and what is in parentheses after it",
    ),
]
Version = Annotated[str, _matching(r"\d+(\.\d+)*", "numbers and dots in quotes, such as '1' or '1.2'")]
Url = Annotated[
    str, _matching(rf"(https?|file)://[^\s{_NOT_PRINTED}]+", "an address that begins with https:// or file://")
]
Sha256 = Annotated[str, _matching(r"[0-9a-f]{64}", "64 hexadecimal digits in lower case, as sha256sum prints")]

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]

Model = TypeVar("Model", bound=BaseModel)


DEEPEST = 32
"""Values within values."""
MOST_TOLD = 100
MOST_BITS = 256
LONG_INTEGER = f"expected integers of at most {MOST_BITS} bits"

Place = tuple[int | str, ...]

_STRING = r"""\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+'"""
_LONG_KEY = re.compile(rf"""(?<![\w."'-])(?:(?:[\w-]++|{_STRING})[ \t]*+\.[ \t]*+){{{DEEPEST}}}""")
_TOKEN = re.compile(rf"\"\"\"(?:[^\\]|\\.)*?\"{{3,5}}|'''.*?'{{3,5}}|{_STRING}|#[^\n]*|[\[\]{{}}\n]", re.DOTALL)
"""What can hold the end of a statement, or be one."""


class Table(BaseModel):
    """A table of a manifest; a field it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Source:
    """A document, where it comes from, and its text if it was read from a file."""

    origin: str | Path
    document: dict[str, Any]
    text: str = ""


def read_toml(path: Path, model: type[Model]) -> Model:
    """Read a TOML file and check it against a pydantic model.

    Raises
    ------
    InputError
        If the file cannot be read, is not TOML, or has mistakes: the first line names the file and their number,
        each further line gives the dotted path of one, the value found there, what was expected and the line.
    """
    return check_table(parse_toml(path), model)


def parse_toml(path: Path) -> Source:
    """Read a TOML file.

    Raises
    ------
    InputError
        If it cannot be read or is not TOML.
    """
    text = read_text(path)
    if _LONG_KEY.search(text):
        raise InputError(f"{in_line(path)}: is not TOML that can be read: a key has more than {DEEPEST} parts")
    try:
        source = Source(path, tomllib.loads(text), text)
    except tomllib.TOMLDecodeError as error:
        lines = text.split("\n")
        end = f"line {len(lines)}, column {len(lines[-1]) + 1}"
        raise InputError(f"{path}: is not TOML: {str(error).replace('end of document', end)}") from None
    except RecursionError:
        raise InputError(f"{path}: is not TOML that can be read: its values are nested too deeply") from None
    except ValueError:
        raise InputError(f"{path}: is not TOML: {LONG_INTEGER}") from None
    _refuse_extremes(source)
    return source


def _refuse_extremes(source: Source) -> None:
    """Refuse values nested so deeply, and integers so large, that what prints or compares them would stumble."""
    left: list[tuple[Any, int]] = [(source.document, 0)]
    while left:
        value, depth = left.pop()
        if depth > DEEPEST:
            raise InputError(f"{source.origin}: is not TOML that can be read: its values are nested too deeply")
        if isinstance(value, int) and value.bit_length() > MOST_BITS:
            raise InputError(f"{source.origin}: is not TOML: {LONG_INTEGER}")
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        left += [(each, depth + 1) for each in inner]


def check_table(source: Source, model: type[Model]) -> Model:
    """Check a document against a pydantic model.

    Raises
    ------
    InputError
        If it has mistakes; all of them are listed.
    """
    try:
        return model.model_validate(source.document)
    except ValidationError as error:
        mistakes = _by_place(error.errors(include_url=False), source.document)
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = _lines(source.text)
        described = [
            _describe(place, wrong, _line(lines, place)) for place, wrong in list(mistakes.items())[:MOST_TOLD]
        ]
        more = [f"  and {len(mistakes) - MOST_TOLD} more"] if len(mistakes) > MOST_TOLD else []
        raise InputError("\n".join([f"{in_line(source.origin)}: {count}", *described, *more])) from None


PLAIN_WORDS = {
    "missing": "missing",
    "extra_forbidden": "no such field",
    "model_type": "expected a table",
    "dict_type": "expected a table",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "bool_type": "expected true or false",
    "int_type": "expected an integer",
    "int_parsing": "expected an integer",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "string_type": "expected text in quotes",
    "string_too_short": "expected {min_length} or more characters",
    "too_short": "expected {min_length} or more values, found {actual_length}",
    "too_long": "expected {max_length} or fewer values, found {actual_length}",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected {ge} or more",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected {le} or less",
}
"""What is wrong, by the type that pydantic gives a mistake, with what it knows of it."""
REMEDIES = {"missing": "; add it", "extra_forbidden": "; correct its name or remove it"}


def in_words(mistake: ErrorDetails) -> str:
    """Say in plain words what is wrong with a value that pydantic refused."""
    if words := PLAIN_WORDS.get(mistake["type"]):
        context = mistake.get("ctx", {}).items()
        return words.format(**{name: f"{value:g}" if isinstance(value, float) else value for name, value in context})
    return re.sub(r"^\w+ should (be |have )?", "expected ", mistake["msg"].removeprefix("Value error, "))


ALTERNATIVE = re.compile(r"bool|int|float|str|function-.*|constrained-.*")
"""What pydantic adds to the place of a value that may be of several types, for each of them."""


def _by_place(mistakes: Iterable[ErrorDetails], document: Any) -> dict[Place, list[ErrorDetails]]:
    """Gather what is wrong with a value, which may have been tried as several types."""
    gathered: dict[Place, list[ErrorDetails]] = {}
    for mistake in mistakes:
        place = mistake["loc"]
        is_tried = place and ALTERNATIVE.fullmatch(str(place[-1])) and not _holds(document, place)
        gathered.setdefault(place[:-1] if is_tried and mistake["type"] != "missing" else place, []).append(mistake)
    return gathered


def _describe(place: Place, mistakes: Sequence[ErrorDetails], line: int) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    given = mistakes[0]["input"]
    value = "" if isinstance(given, dict | list) else f" = {reprlib.repr(given)}"
    first, *others = dict.fromkeys(map(in_words, mistakes))
    expected = " or ".join([first, *(words.removeprefix("expected ") for words in others)])
    remedy, where = REMEDIES.get(mistakes[0]["type"], ""), f" (line {line})" if line else ""
    return f"  {in_line(path.removeprefix('.'))}{value}: {expected}{remedy}{where}"


def _holds(value: Any, place: Place) -> bool:
    for part in place:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the first line and the text of each statement of valid TOML."""
    start, first, line, depth = 0, 1, 1, 0
    for token in _TOKEN.finditer(text + "\n"):
        found = token.group()
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found, 0)
        line += found.count("\n")
        if found == "\n" and depth == 0:
            yield first, text[start : token.end()]
            start, first = token.end(), line


def _lines(text: str) -> dict[Place, int]:
    """Find the first line of each table and value of valid TOML, but for those within a list or an inline table."""
    lines: dict[Place, int] = {}
    sizes: dict[Place, int] = {}  # of lists of tables
    table: Place = ()

    def inside(keys: Sequence[str]) -> Place:
        place: Place = ()
        for key in keys:
            place = (*place, key)
            place += (sizes[place] - 1,) if place in sizes else ()
        return place

    for line, statement in _statements(text):
        keys, value = [], tomllib.loads(statement)
        while isinstance(value, dict) and len(value) == 1:
            ((key, value),) = value.items()
            keys.append(key)
        if not statement.lstrip().startswith("["):
            place = (*table, *keys)
        elif isinstance(value, list):
            names = (*inside(keys[:-1]), keys[-1])
            sizes[names] = sizes.get(names, 0) + 1
            place = table = inside(keys)
        else:
            place = table = inside(keys)
        for depth in range(1, len(place) + 1):
            lines.setdefault(place[:depth], line)
    return lines


def _line(lines: dict[Place, int], place: Place) -> int:
    """Line of a value, or of the innermost table that should hold it; 0 for the document itself."""
    return next((lines[place[:depth]] for depth in range(len(place), 0, -1) if place[:depth] in lines), 0)
