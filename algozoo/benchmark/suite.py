"""Suites: which detectors run on which datasets, with which injections."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from algozoo.datasets import Dataset, load_dataset
from algozoo.errors import unknown
from algozoo.toml import Name, read_toml


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

    name: str
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

    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    needs: str | None = None
    slow: bool = False


class Suite(_Table):
    """A suite file. Results of another version of a suite are never mixed in.

    Parameters
    ----------
    name, version, title, description : str
    seed : int
        Of its simulated nights, and of the positions and contrasts of all injected companions.
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
