"""Suites: which detectors run on which datasets, with which injections."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from algozoo.datasets.manifest import Name, read_toml
from algozoo.errors import unknown


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Annulus(_Table):
    """Where companions are injected and how bright they are.

    Parameters
    ----------
    inner, outer : float
        Separation in FWHM.
    contrast : (float, float)
        Range from which contrasts are drawn, uniformly in their logarithm.
    """

    inner: Annotated[float, Field(gt=0)]
    outer: Annotated[float, Field(gt=0)]
    contrast: tuple[Annotated[float, Field(gt=0, lt=1)], Annotated[float, Field(gt=0, lt=1)]]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.inner >= self.outer:
            raise ValueError(f"inner is {self.inner:g} and outer {self.outer:g} FWHM, expected inner < outer")
        if self.contrast[0] > self.contrast[1]:
            raise ValueError(f"contrast is {list(self.contrast)}, expected the fainter end first")
        return self


class SuiteDataset(_Table):
    """A dataset of a suite.

    Parameters
    ----------
    name : str
        Or the path of a manifest, relative to the suite file.
    optional : bool
        Left out, with a notice, where it cannot be had.
    injections : int
        Companions for each annulus of each sequence, one a trial.
    annuli : tuple of Annulus
    """

    name: str
    optional: bool = False
    injections: PositiveInt
    annuli: Annotated[tuple[Annulus, ...], Field(min_length=1)]


class SuiteDetector(_Table):
    """A detector of a suite, with those parameters that differ from its defaults."""

    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class Suite(_Table):
    """A suite file. Results of another version of a suite are never mixed in.

    Parameters
    ----------
    name, version, title, description : str
    seed : int
        Of the positions and contrasts of all injected companions.
    datasets, detectors : tuple
    """

    format: Literal[1]
    name: Name
    version: str
    title: str
    description: str
    seed: Annotated[int, Field(ge=0)]
    datasets: Annotated[tuple[SuiteDataset, ...], Field(min_length=1)]
    detectors: Annotated[tuple[SuiteDetector, ...], Field(min_length=1)]


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
        return _located(read_toml(Path(name), Suite), Path(name).parent)
    path = _folder() / f"{name}.toml"
    if not path.is_file():
        raise unknown("suite", name, suite_names())
    return read_toml(path, Suite)


def _located(suite: Suite, folder: Path) -> Suite:
    """Take the paths of manifests relative to the suite's own folder."""
    datasets = [
        entry.model_copy(update={"name": str(folder / entry.name)}) if entry.name.endswith(".toml") else entry
        for entry in suite.datasets
    ]
    return suite.model_copy(update={"datasets": tuple(datasets)})


def _folder() -> Path:
    """Folder of the suites: in the installed package, or in the source tree."""
    installed = Path(str(files("algozoo.datasets"))) / "manifests" / "suites"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "datasets" / "suites"
