"""Suites: which detectors run on which datasets, with which injections."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PositiveInt

from algozoo.datasets import Dataset, load_dataset
from algozoo.errors import unknown
from algozoo.toml import Line, Name, Printed, PrintedLine, Source, Version, check_table, parse_toml, read_toml

LARGEST_NUMBER = 2**63 - 1
"""Larger numbers are not kept by every reader of TOML and JSON."""


def _read_seed(given: object) -> object:
    if not isinstance(given, str):
        return given
    if not re.fullmatch("[0-9a-fA-F]{32}", given):
        raise ValueError(
            "expected a whole number, such as 1, or 128 bits as a string of 32 hexadecimal digits, which `algozoo "
            "suite seal` draws"
        )
    return int(given, 16)


def written_seed(seed: int) -> int | str:
    """Return a seed as files keep it: a number, or 32 hexadecimal digits if it needs more than 63 bits."""
    return seed if seed <= LARGEST_NUMBER else f"{seed:032x}"


Seed = Annotated[
    int, Field(ge=0, lt=2**128), BeforeValidator(_read_seed), PlainSerializer(written_seed, return_type=int | str)
]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SuiteDataset(_Table):
    """A dataset of a suite.

    Parameters
    ----------
    name : str
        Or the path of a manifest, relative to the suite file.
    optional : bool
        Left out, with a notice, where it cannot be had.
    sequences : int, optional
        How many sequences of an ensemble; all by default.
    injections : int
        Companions for each annulus of each sequence, one a trial. The manifest says where the annuli are.
    """

    name: Line
    optional: bool = False
    sequences: PositiveInt | None = None
    injections: PositiveInt


class SuiteDetector(_Table):
    """A detector of a suite.

    Parameters
    ----------
    name : str
    parameters : dict
        Those that differ from the defaults.
    needs : str, optional
        Package without which the detector is left out, with a notice.
    slow : bool
        Run on request only.
    """

    name: Line
    parameters: dict[str, Any] = Field(default_factory=dict)
    needs: Line | None = None
    slow: bool = False


class Suite(_Table):
    """A suite file. Results of another version of a suite are never mixed in.

    Parameters
    ----------
    name, version, title, description : str
    seed : int
        Of its simulated nights, and of the positions and contrasts of all injected companions. A file may give 128
        bits, as a string of 32 hexadecimal digits.
    datasets, detectors : tuple
    """

    format: Literal[1]
    name: Name
    version: Version
    title: PrintedLine
    description: Printed
    seed: Seed
    datasets: Annotated[tuple[SuiteDataset, ...], Field(min_length=1)]
    detectors: Annotated[tuple[SuiteDetector, ...], Field(min_length=1)]

    def load(self, entry: SuiteDataset, mirror: Path | None = None) -> Dataset:
        """Open a dataset of the suite, with the nights that its seed draws; raises what `load_dataset` raises."""
        return load_dataset(entry.name, mirror=mirror).drawn(self.seed)


def suite_names() -> list[str]:
    """Names of the suites that come with AlgoZoo."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def load_suite(name: str) -> Suite:
    """Read a suite by name, or from a path that ends in `.toml`.

    Raises
    ------
    InputError
        With every mistake of the file, or the nearest names.
    """
    if name.endswith(".toml"):
        return suite_in(parse_toml(Path(name)))
    path = _folder() / f"{name}.toml"
    if not path.is_file():
        raise unknown("suite", name, suite_names())
    return read_toml(path, Suite)


def suite_in(source: Source) -> Suite:
    """Check the document of a suite file, whose paths of manifests are relative to its own folder.

    Raises
    ------
    InputError
        With every mistake.
    """
    suite, folder = check_table(source, Suite), Path(source.origin).parent
    datasets = [
        entry.model_copy(update={"name": str(folder / entry.name)}) if entry.name.endswith(".toml") else entry
        for entry in suite.datasets
    ]
    return suite.model_copy(update={"datasets": tuple(datasets)})


def _folder() -> Path:
    """Folder of the suites: in the installed package, or in the source tree."""
    installed = Path(str(files("algozoo.datasets"))) / "manifests" / "suites"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "datasets" / "suites"
