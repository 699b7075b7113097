"""The parts of the package that have a version, each with the numbers that it is held by."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_limits

from algozoo.benchmark.golden.detectors import detector_cases
from algozoo.benchmark.golden.imports import imports_cases
from algozoo.benchmark.golden.numbers import Case
from algozoo.benchmark.golden.real import real_cases
from algozoo.benchmark.golden.simulator import preset_cases, simulator_cases
from algozoo.benchmark.golden.trials import trials_cases
from algozoo.benchmark.plan import Shard
from algozoo.benchmark.suite import load_suite
from algozoo.benchmark.trials import TRIALS_VERSION
from algozoo.datasets import load_dataset
from algozoo.datasets.simulate import SIMULATOR_VERSION, VERSIONS
from algozoo.detectors.registry import BUILT_IN, registered
from algozoo.detectors.submitted.detector import IMPORTS_VERSION
from algozoo.errors import unknown

PRESET = "simulator-"
REAL = "quick/"


@dataclass(frozen=True)
class Part:
    """What has a version.

    Parameters
    ----------
    name : str
        Of the golden file: that of a detector; 'simulator', or with the name of a dataset; 'trials'; 'imports'; or a
        real trial, 'quick/DATASET/DETECTOR'.
    version : str
    home : str
        Where the version stands in the code.
    cases : callable
        Computes the numbers.
    """

    name: str
    version: str
    home: str
    cases: Callable[[], dict[str, Case]]

    def compute(self) -> dict[str, Case]:
        """Compute the numbers, in one thread."""
        with threadpool_limits(1):
            return self.cases()


def synthetic_parts() -> list[str]:
    """Name the parts whose numbers need no data, in the order of their cost."""
    return ["trials", "imports", *(f"{PRESET}{name}" for name in VERSIONS), "simulator", *BUILT_IN]


def real_parts() -> list[str]:
    """Name the pairs of dataset and detector of the suite `quick`, a trial of each.

    The map of `random` has nothing to do with that of a night which differs in the last bit.
    """
    suite = load_suite("quick")
    detectors = dict.fromkeys(entry.name for entry in suite.detectors if entry.name != "random")
    return [f"{REAL}{dataset.name}/{detector}" for dataset in suite.datasets for detector in detectors]


def parts_of(shards: Iterable[Shard]) -> list[str]:
    """Name the parts on which the outcome of shards depends."""
    shards = list(shards)
    named = {shard.detector.name for shard in shards}
    datasets = [load_dataset(name) for name in dict.fromkeys(shard.dataset.name for shard in shards)]
    names = {"trials", *(named & BUILT_IN.keys()), *(["imports"] if named - BUILT_IN.keys() else [])}
    for dataset in datasets:
        if dataset.manifest.kind == "simulated":
            names.add(f"{PRESET}{dataset.name}" if dataset.name in VERSIONS else "simulator")
    return [name for name in synthetic_parts() if name in names]


def part(name: str, mirror: Path | None = None) -> Part:
    """Return a part by its name.

    Parameters
    ----------
    name : str
    mirror : path, optional
        Folder with the files of real datasets.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    preset = name.removeprefix(PRESET)
    if name in BUILT_IN:
        return Part(name, *_detector_version(name), partial(detector_cases, name))
    if name == "trials":
        return Part(name, TRIALS_VERSION, "TRIALS_VERSION in algozoo/benchmark/trials.py", trials_cases)
    if name == "imports":
        return Part(name, IMPORTS_VERSION, "IMPORTS_VERSION in algozoo/detectors/submitted/detector.py", imports_cases)
    if name == "simulator":
        return Part(name, SIMULATOR_VERSION, f"SIMULATOR_VERSION in {SIMULATOR}", simulator_cases)
    if preset in VERSIONS:
        home = f"VERSIONS[{preset!r}], and SIMULATOR_VERSION, in {SIMULATOR}"
        return Part(name, VERSIONS[preset], home, partial(preset_cases, preset))
    if name in real_parts():
        return _real_part(name, mirror)
    raise unknown("part", name, [*synthetic_parts(), *real_parts()])


SIMULATOR = "algozoo/datasets/simulate/versions.py"


def _real_part(name: str, mirror: Path | None) -> Part:
    _, dataset, detector = name.split("/")
    version, home = _detector_version(detector)
    depends = {"detector": version, "simulator": VERSIONS.get(dataset, ""), "trials": TRIALS_VERSION}
    versions = ", ".join(f"{what} {version}" for what, version in depends.items() if version)
    home = f"the version of what moved: {home}, or those of the simulator or the trials"
    return Part(name, versions, home, partial(real_cases, dataset, detector, mirror))


def _detector_version(name: str) -> tuple[str, str]:
    cls = registered()[name].detector_class()
    return cls.version, f"{cls.__name__}.version in {cls.__module__.replace('.', '/')}.py"
