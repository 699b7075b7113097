"""What callers pass: a wrong call, type or unit raises our error, which names the argument and the right call."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from math import isfinite
from typing import Any, ParamSpec, Self, TypeVar, cast

import numpy as np

from algozoo.errors import InputError

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


class Keywords:
    """Base of dataclasses: a call that does not fit their fields raises an `InputError` with the right call."""

    def __new__(cls, *positional: object, **given: object) -> Self:
        """Refuse what the constructor does not take."""
        _bind(cls.__name__, signature(partial(cls.__init__, None)), *positional, **given)
        return super().__new__(cls)

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        """Return the arguments with which `copy` and `pickle` call `__new__`."""
        return (), {field.name: getattr(self, field.name) for field in fields(cast("Any", self)) if field.init}


def checked(function: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """Make a function raise an `InputError` with the right call where its arguments do not fit its signature."""
    own = signature(function)

    @wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        _bind(function.__qualname__, own, *args, **kwargs)
        return function(*args, **kwargs)

    return call


def expect(value: object, kind: type | tuple[type, ...], argument: str, call: str) -> None:
    """Check the type of an argument.

    Raises
    ------
    InputError
        If it is another; the message shows `call`, the right one.
    """
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        raise InputError(
            f"{argument} is {_shown(value)}, expected {' or '.join(each.__name__ for each in kinds)}, as in {call}"
        )


def integer(value: Any, least: int, argument: str, call: str) -> int:
    """Return an argument as an integer, one of NumPy included.

    Raises
    ------
    InputError
        If it is something else or less than `least`; the message shows `call`, the right one.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{argument} is {_shown(value)}, expected an integer, {least} or more, as in {call}")
    return int(value)


def number(value: Any, argument: str, unit: str = "", *, quantity: bool = False) -> float:
    """Return an argument as a plain, finite number.

    Parameters
    ----------
    value : float or astropy Quantity
    argument : str
        Its name, for the message.
    unit : str
        As astropy writes it; empty for what has none.
    quantity : bool
        Convert a Quantity to this unit; otherwise it is refused.

    Raises
    ------
    InputError
        If it is not one finite number, or a quantity of another kind.
    """
    expected = f"expected a number in {unit}" if unit else "expected a number without a unit"
    if hasattr(value, "to_value") and not quantity:
        raise InputError(f"{argument} is {value}, {expected}: give it without its unit, as in value.to_value({unit!r})")
    if hasattr(value, "to_value"):
        try:
            value = value.to_value(unit)
        except Exception:  # noqa: BLE001 - astropy has several errors, all of them mean that the unit does not fit
            raise InputError(f"{argument} is {value}, {expected}, or a Quantity that converts to it") from None
    if isinstance(value, bool | str) or np.ndim(value) != 0 or not np.isrealobj(value):
        raise InputError(f"{argument} is {_shown(value)}, {expected}")
    try:
        plain = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{argument} is {_shown(value)}, {expected}") from None
    if not isfinite(plain):
        raise InputError(f"{argument} is {plain}, expected a finite number")
    return plain


def _bind(name: str, own: Signature, /, *positional: object, **given: object) -> None:
    try:
        own.bind(*positional, **given)
    except TypeError as error:
        shown = ", ".join(filter(None, map(_example, own.parameters.values())))
        raise InputError(f"{name}: {error}; the call is {name}({shown})") from None


def _example(parameter: Parameter) -> str:
    """Write a parameter as in a call, with its default if that can be written; nothing for that of a method itself."""
    if parameter.name in {"self", "cls"}:
        return ""
    if parameter.kind is Parameter.VAR_KEYWORD:
        return "parameter=value"
    if parameter.kind is not Parameter.KEYWORD_ONLY:
        return parameter.name
    default = "..." if parameter.default is Parameter.empty else repr(parameter.default)
    return "" if default.startswith("<") else f"{parameter.name}={default}"


def _shown(value: object) -> str:
    """Show a value in a message, or the type of one that is too long for it."""
    text = repr(value)
    return text if len(text) <= 60 and "\n" not in text else f"of type {type(value).__name__}"
