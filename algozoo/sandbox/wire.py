"""Messages through a pipe: facts as JSON, arrays of floats, and bytes; read strictly, as they may be hostile."""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algozoo.errors import AlgoZooError

LARGEST_HEADER = 65536
_LENGTH = struct.Struct("<I")
_DTYPES: dict[object, np.dtype[Any]] = {"<f4": np.dtype("<f4"), "<f8": np.dtype("<f8")}
_LARGEST_DIMENSIONS = 8


class GarbledError(AlgoZooError):
    """What came through the pipe is no message."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Message:
    """Facts, arrays of floating-point numbers by name, and bytes that are passed on as they are."""

    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    blob: bytes | memoryview = b""

    def pack(self) -> list[bytes | memoryview]:
        """Return the pieces of the message, to be written one after the other."""
        arrays = {name: np.asarray(array, _float(array.dtype), order="C") for name, array in self.arrays.items()}
        header = {
            "facts": dict(self.facts),
            "arrays": [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()],
            "blob": len(self.blob),
        }
        text = json.dumps(header).encode()
        return [
            _LENGTH.pack(len(text)),
            text,
            *(array.reshape(-1).view(np.uint8).data for array in arrays.values()),
            self.blob,
        ]


def unpack(data: bytes | bytearray | memoryview | mmap) -> Message:
    """Read a message; its arrays share memory with `data`, and nothing is allocated before sizes are checked.

    Raises
    ------
    GarbledError
        If it is no message, or not a whole one.
    """
    view = memoryview(data)
    header, position = _header(view)
    arrays = {}
    for name, dtype, shape in header["arrays"]:
        size = math.prod(shape) * _DTYPES[dtype].itemsize
        if size > len(view) - position:
            raise GarbledError(
                f"an array of shape {_short(shape)} is announced, {size:.4g} bytes, and {len(view) - position} came"
            )
        try:
            arrays[name] = np.frombuffer(view[position : position + size], _DTYPES[dtype]).reshape(shape)
        except ValueError:  # it has no bytes, but more pixels on its other sides than can be counted
            raise GarbledError(f"an array of shape {_short(shape)} is announced, which is too large") from None
        position += size
    if len(view) - position != header["blob"]:
        raise GarbledError(f"{len(view) - position} bytes came after the arrays, {header['blob']} were announced")
    return Message(facts=header["facts"], arrays=arrays, blob=view[position:])


def _header(view: memoryview) -> tuple[dict[str, Any], int]:
    if len(view) < _LENGTH.size:
        raise GarbledError("nothing came" if not len(view) else "less than a header came")
    (length,) = _LENGTH.unpack(view[: _LENGTH.size])
    end = _LENGTH.size + length
    if length > LARGEST_HEADER or end > len(view):
        raise GarbledError(f"a header of {length} bytes is announced, at most {LARGEST_HEADER} are taken")
    try:
        header = json.loads(bytes(view[_LENGTH.size : end]))
        arrays_are_right = all(_is_description(*description) for description in header["arrays"])
        blob_is_right = type(header["blob"]) is int
        facts_are_right = isinstance(header["facts"], dict)
    except (ValueError, RecursionError, TypeError, KeyError):
        raise GarbledError("the header is not what it should be") from None
    if not (arrays_are_right and blob_is_right and facts_are_right):
        raise GarbledError("the header is not what it should be")
    return header, end


def _is_description(name: object, dtype: object, shape: object) -> bool:
    return (
        isinstance(name, str)
        and dtype in _DTYPES
        and isinstance(shape, list)
        and len(shape) <= _LARGEST_DIMENSIONS
        and all(type(side) is int and 0 <= side < 2**63 for side in shape)
    )


def _float(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return _DTYPES["<f4" if dtype == np.float32 else "<f8"]


def _short(shape: list[int]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
