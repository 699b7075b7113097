"""What values the parameters of a detector may have: declared by annotation, checked and described in one place."""

import inspect
import re
from dataclasses import Field as DataclassField
from dataclasses import fields
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Components = Count | Fraction
"""A number of principal components, or the fraction of the variance that they explain together."""

BOUNDS = {
    "ge": "{} or more",
    "gt": "more than {}",
    "le": "{} or less",
    "lt": "less than {}",
    "min_length": "{} values or more",
}
WORDS: dict[Any, str] = {bool: "true or false", int: "an integer", float: "a number", str: "a text"}


class Declared(NamedTuple):
    """The values that a parameter may have: as pydantic checks them, and in words."""

    adapter: TypeAdapter[Any]
    expected: str

    def accepts(self, value: object) -> bool:
        """Return whether a value has the type and is within the bounds."""
        try:
            self.adapter.validate_python(plain(value))
        except ValidationError:
            return False
        return True


def plain(value: Any) -> Any:
    """Return a list as a tuple, which TOML lacks, and a number of NumPy as one of Python."""
    if isinstance(value, list | tuple):
        return tuple(map(plain, value))
    return value.item() if isinstance(value, np.generic) else value


def parameter_fields(cls: type) -> tuple[DataclassField[Any], ...]:
    """List the fields of a detector's class that are parameters: not what it learned, which no comparison regards."""
    return tuple(field for field in fields(cls) if field.init and field.compare)


@cache
def declared(cls: type) -> dict[str, Declared]:
    """Return what each parameter of a detector's class may be, by name."""
    hints = get_type_hints(cls, include_extras=True)
    strict = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)
    return {
        field.name: Declared(TypeAdapter(hints[field.name], config=strict), described(hints[field.name]))
        for field in parameter_fields(cls)
    }


def meanings(cls: type) -> dict[str, str]:
    """Return what the docstrings of a detector's class and of its bases say of each parameter."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = (inspect.cleandoc(base.__doc__ or "") + "\n").partition("\nParameters\n----------\n")[2]
        for entry in re.finditer(r"^(\w+) : .*\n((?:    .*\n|\n)*)", section, re.MULTILINE):
            found[entry[1]] = " ".join(entry[2].split())
    return found


def described(annotation: Any) -> str:
    """Say what values an annotation allows, such as 'an integer (1 or more)'; plain strings in it are part of that."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        rules = [rule for each in arguments[1:] if isinstance(each, FieldInfo) for rule in each.metadata]
        bounds = [words.format(getattr(rule, b)) for rule in rules for b, words in BOUNDS.items() if hasattr(rule, b)]
        bounds += [each for each in arguments[1:] if isinstance(each, str)]
        return f"{described(arguments[0])} ({', '.join(bounds)})" if bounds else described(arguments[0])
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin in {Union, UnionType}:
        return " or ".join(map(described, arguments))
    if origin is tuple:
        return f"a list [{', '.join('...' if each is Ellipsis else described(each) for each in arguments)}]"
    return WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)))
