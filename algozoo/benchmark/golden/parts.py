"""The parts of the package that have a version, each with the numbers that it is held by."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
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
from algozoo.detectors.registry import BUILT_IN, Entry, registered
from algozoo.detectors.submitted.detector import IMPORTS_VERSION
from algozoo.errors import unknown

HAS_NO_REAL_TRIAL = "random"
"""Its map has nothing to do with that of a night which differs in the last bit."""


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

    @property
    def is_real(self) -> bool:
        """Whether it is a real trial, which may need data."""
        return "/" in self.name

    @property
    def can_run(self) -> bool:
        """Whether the packages are there that it needs."""
        detector = self.name.rpartition("/")[2]
        needs = registered()[detector].detector_class().needs if detector in BUILT_IN else ()
        return all(find_spec(package) for package in needs)

    def compute(self) -> dict[str, Case]:
        """Compute the numbers, in one thread."""
        with threadpool_limits(1):
            return self.cases()


def parts(mirror: Path | None = None) -> dict[str, Part]:
    """Return all parts by name: those that need no data, in the order of their cost, then the real trials.

    Parameters
    ----------
    mirror : path, optional
        Folder with the files of real datasets.
    """
    simulator = "SIMULATOR_VERSION in algozoo/datasets/simulate/versions.py"
    imports = "IMPORTS_VERSION in algozoo/detectors/submitted/detector.py"
    entries = registered()
    detectors = {name: Part(name, *_version(entries[name]), partial(detector_cases, name)) for name in BUILT_IN}
    listed = [
        Part("trials", TRIALS_VERSION, "TRIALS_VERSION in algozoo/benchmark/trials.py", trials_cases),
        Part("imports", IMPORTS_VERSION, imports, imports_cases),
        *(
            Part(_preset(n), v, f"VERSIONS[{n!r}], and {simulator}", partial(preset_cases, n))
            for n, v in VERSIONS.items()
        ),
        Part("simulator", SIMULATOR_VERSION, simulator, simulator_cases),
        *detectors.values(),
    ]
    suite = load_suite("quick")
    for dataset in (entry.name for entry in suite.datasets):
        for name in dict.fromkeys(entry.name for entry in suite.detectors if entry.name != HAS_NO_REAL_TRIAL):
            of_detector = detectors[name]
            depends = {"detector": of_detector.version, "simulator": VERSIONS.get(dataset), "trials": TRIALS_VERSION}
            versions = ", ".join(f"{what} {version}" for what, version in depends.items() if version)
            home = f"the version of what moved: {of_detector.home}, or those of the simulator or the trials"
            cases = partial(real_cases, dataset, name, mirror)
            listed.append(Part(f"quick/{dataset}/{name}", versions, home, cases))
    return {each.name: each for each in listed}


def parts_of(shards: Iterable[Shard]) -> list[Part]:
    """Return the parts on which the outcome of shards depends."""
    shards = list(shards)
    named = {shard.detector.name for shard in shards}
    names = {"trials", *(named & BUILT_IN.keys()), *(["imports"] if named - BUILT_IN.keys() else [])}
    for dataset in (load_dataset(name) for name in {shard.dataset.name for shard in shards}):
        if dataset.manifest.kind == "simulated":
            names.add(_preset(dataset.name) if dataset.name in VERSIONS else "simulator")
    return [one for one in parts().values() if one.name in names]


def part(name: str, mirror: Path | None = None) -> Part:
    """Return one of `parts` by its name.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    known = parts(mirror)
    if name not in known:
        raise unknown("part", name, known)
    return known[name]


def _preset(name: str) -> str:
    return f"simulator-{name}"


def _version(entry: Entry) -> tuple[str, str]:
    cls = entry.detector_class()
    return cls.version, f"{cls.__name__}.version in {cls.__module__.replace('.', '/')}.py"
