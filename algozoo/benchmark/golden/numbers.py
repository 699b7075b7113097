"""Golden files: a few numbers of each array that a part computes, with its version; and how they are compared."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from algozoo.errors import AlgoZooError
from algozoo.files import write_text_whole

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
N_SPREAD = 40
DIGITS = 10


class Case(BaseModel):
    """What one input gave.

    Parameters
    ----------
    declined : str
        The reason, where the part does not apply to the input.
    nan : int
        Number of values that are not finite.
    values : tuple of float
        Quantiles and root mean square of the others, and some of them that are spread evenly.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    declined: str = ""
    nan: int = 0
    values: tuple[float, ...] = ()


class Golden(BaseModel):
    """The numbers of one part.

    Parameters
    ----------
    version : str
        Of the part.
    tolerance : float
        By how much numbers differ between machines, relative to the largest of a case.
    cases : dict
        By the name of the input.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    tolerance: Annotated[float, Field(gt=0)]
    cases: dict[str, Case]


class Move(NamedTuple):
    """A case whose numbers are others than stored, and by how much, relative to the largest."""

    case: str
    size: float

    def __str__(self) -> str:
        return f"{self.case} by {self.size:.2g}" if np.isfinite(self.size) else f"{self.case} altogether"


def summary(array: ArrayLike, n_spread: int = N_SPREAD) -> Case:
    """Take the numbers of an array of any shape that stand for it: quantiles, the root mean square, some values."""
    values = np.asarray(array, dtype=np.float64).ravel()
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Case(nan=values.size)
    spread = finite[np.linspace(0, finite.size - 1, min(n_spread, finite.size)).astype(np.intp)]
    numbers = np.concatenate([np.quantile(finite, QUANTILES), [np.sqrt(np.mean(finite**2))], spread])
    return Case(nan=values.size - finite.size, values=tuple(float(f"{value:.{DIGITS}g}") for value in numbers))


def moves(was: Mapping[str, Case], now: Mapping[str, Case]) -> list[Move]:
    """Compare the cases that both have, and return how far each moved, the farthest first.

    It is infinite where something declined, or is not finite, in one of them only.
    """
    found = (Move(name, _distance(was[name], now[name])) for name in was.keys() & now.keys())
    return sorted(found, key=lambda move: (-move.size, move.case))


def _distance(was: Case, now: Case) -> float:
    before, after = np.array(was.values), np.array(now.values)
    if (bool(was.declined), was.nan, before.shape) != (bool(now.declined), now.nan, after.shape):
        return float("inf")
    change = float(abs(after - before).max(initial=0.0))
    largest = float(abs(before).max(initial=0.0))
    return change / largest if largest else change and float("inf")


def folder() -> Path:
    """Folder of the golden files: in the installed package, or in the source tree."""
    installed = Path(str(files("algozoo"))) / "golden"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "tests" / "golden"


def read(name: str) -> Golden | None:
    """Read the stored numbers of a part; None if there are none.

    Raises
    ------
    AlgoZooError
        If the file is damaged.
    """
    path = _path(name)
    if not path.is_file():
        return None
    try:
        return Golden.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        raise AlgoZooError(f"{path}: holds no golden numbers ({error}); restore the file from git") from None


def write(name: str, golden: Golden) -> Path:
    """Store the numbers of a part, a case in each line, and return the path."""
    cases = {name: case.model_dump(exclude_defaults=True) for name, case in sorted(golden.cases.items())}
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(content)}" for name, content in cases.items())
    head = f'  "version": {json.dumps(golden.version)},\n  "tolerance": {golden.tolerance:g},\n'
    write_text_whole(_path(name), f'{{\n{head}  "cases": {{\n{lines}\n  }}\n}}\n')
    return _path(name)


def _path(name: str) -> Path:
    return folder() / f"{name}.json"
