"""The manifest of a submission: what is known of a third-party detector without importing it."""

import keyword
from pathlib import Path
from typing import Annotated, Any

from packaging.requirements import InvalidRequirement, Requirement
from pydantic import AfterValidator, Field, ValidationInfo, create_model, field_validator

from algozoo.detectors.contract import Kind
from algozoo.errors import InputError
from algozoo.toml import Line, Name, Table, Text, read_toml

MANIFEST = "submission.toml"
ENTRY_FILE = "detector.py"
DATA = ("cube", "angles", "psf", "fwhm", "wavelengths", "reference", "pixel_scale", "star_flux")
"""What a plain function gets by name; a parameter has another name."""

Value = bool | int | float | str


def _is_pinned(text: str) -> str:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise ValueError(f"expected a requirement such as 'vip-hci==1.6.4': {str(error).splitlines()[0]}") from None
    pins = [(specifier.operator, specifier.version[-1]) for specifier in requirement.specifier]
    if requirement.url or len(pins) != 1 or pins[0][0] != "==" or pins[0][1] == "*":
        raise ValueError("expected one pinned version, such as 'vip-hci==1.6.4'")
    return text


def _is_a_free_argument(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise ValueError("expected a name that Python allows for an argument")
    if name in DATA:
        raise ValueError("is what the detector gets as data: expected another name")
    return name


Pinned = Annotated[str, AfterValidator(_is_pinned)]
Argument = Annotated[str, AfterValidator(_is_a_free_argument)]


class Parameter(Table):
    """A parameter of a detector: its default, the values worth trying, and what it does."""

    default: Value
    grid: Annotated[tuple[Value, ...], Field(strict=False)] = ()
    description: Text

    @field_validator("grid")
    @classmethod
    def _is_of_the_kind_of_the_default(cls, grid: tuple[Value, ...], info: ValidationInfo) -> tuple[Value, ...]:
        default = info.data.get("default")
        if default is not None and not {_sort(value) for value in grid} <= {_sort(default)}:
            raise ValueError(f"expected values of the kind of the default, {default!r}")
        return grid

    @property
    def type(self) -> Any:
        """Type of its values: that of the default, and of the numbers in the grid."""
        types = {type(value) for value in (self.default, *self.grid)}
        return int | float if float in types else types.pop()


class Needs(Table):
    """What one map may take: memory (MB) of all its processes, time (minutes), and whether it uses a GPU."""

    memory_mb: Annotated[int, Field(ge=64, le=65536)] = 2048
    minutes: Annotated[float, Field(gt=0, le=60)] = 5.0
    gpu: bool = False


class Submission(Table):
    """What `submission.toml` says.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and hyphens; that of the folder.
    title, reference, licence : str
        As on the board.
    authors : tuple of str
    kind : {'snr', 'probability', 'log_odds', 'likelihood_ratio', 'ratio'}
        Of the map that a plain function returns.
    parameters : dict
        Tables by name, each with `default`, `grid` and `description`.
    needs : Needs
    training : str
        What it learns from: "none", or a sentence; only then is `fit` called.
    requirements : tuple of str
        What pip installs for it, each pinned to one version.
    reproducible : bool
        Whether the same sequence gives the same map; false leaves only fresh nights to check its row.
    """

    name: Name
    title: Line
    authors: Annotated[tuple[Line, ...], Field(strict=False, min_length=1)]
    reference: Line
    licence: Line
    kind: Kind
    parameters: dict[Argument, Parameter] = Field(default_factory=dict)
    needs: Needs = Field(default_factory=Needs)
    training: Text = "none"
    requirements: Annotated[tuple[Pinned, ...], Field(strict=False)] = ()
    reproducible: bool = True

    @property
    def supervised(self) -> bool:
        """Whether it learns from a sequence before it detects."""
        return self.training != "none"


def read_submission(folder: Path) -> Submission:
    """Read and check the manifest of a submission, without looking into its code.

    Parameters
    ----------
    folder : path
        With `submission.toml` and `detector.py`.

    Raises
    ------
    InputError
        If either file is not there, or the manifest has mistakes or another name than the folder: all are listed, those
        of the manifest with their lines.
    """
    own = folder.resolve().name

    def is_that_of_the_folder(name: str) -> str:
        if name != own:
            raise ValueError(f"expected that of its folder, {own!r}")
        return name

    mistakes = [
        f"{folder}: has no {file}; a submission is a folder with {MANIFEST} and {ENTRY_FILE}"
        for file in (MANIFEST, ENTRY_FILE)
        if not (folder / file).is_file()
    ]
    if (folder / MANIFEST).is_file():
        placed: Any = (Annotated[Name, AfterValidator(is_that_of_the_folder)], ...)
        try:
            submission = read_toml(folder / MANIFEST, create_model("Submission", __base__=Submission, name=placed))
        except InputError as error:
            mistakes.append(str(error).replace(".[key] =", " ="))
    if mistakes:
        raise InputError("\n".join(mistakes))
    return submission


def _sort(value: Value) -> str:
    return "number" if type(value) in {int, float} else type(value).__name__
