"""The plan of a suite: a list of shards, each with the content key under which its outcome is kept."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from algozoo.benchmark.provenance import code
from algozoo.benchmark.suite import Suite, SuiteDataset, SuiteDetector
from algozoo.benchmark.trials import TRIALS_VERSION
from algozoo.datasets import Dataset, DatasetUnavailable, fetch
from algozoo.datasets.manifest import NOT_IN_TRIALS, SimulatedManifest
from algozoo.datasets.simulate import simulator_version
from algozoo.detectors.contract import Detector
from algozoo.detectors.registry import create
from algozoo.detectors.versions import detector_version
from algozoo.errors import InputError, unknown

Part = TypeVar("Part", SuiteDataset, SuiteDetector)


@dataclass(frozen=True)
class Shard:
    """The unit of work: all trials of one detector on one sequence. Names only, so that it travels anywhere.

    `code` is that of the process that made it; one of another code does not run it.
    """

    suite: Suite
    dataset: SuiteDataset
    sequence: int
    detector: SuiteDetector
    mirror: Path | None = None
    code: str = field(default_factory=code, repr=False)

    def data(self) -> Dataset:
        """Open the dataset, with the nights of the suite."""
        return self.suite.load(self.dataset, self.mirror)

    def __str__(self) -> str:
        label = create(self.detector.name, **self.detector.parameters).label
        return f"{self.dataset.name}/{self.sequence} {label}"


def plan(
    suite: Suite,
    *,
    mirror: Path | None = None,
    slow: bool = True,
    detectors: Collection[str] = (),
    datasets: Collection[str] = (),
) -> tuple[list[Shard], list[str]]:
    """List the shards of a suite, and what a person should know: which datasets or detectors are left out, and why.

    Each shard holds the whole suite, whatever is chosen of it.

    Parameters
    ----------
    suite : Suite
    mirror : path, optional
        Folder with the files of datasets, looked into before they are downloaded.
    slow : bool
        Include the detectors that the suite calls slow.
    detectors, datasets : collection of str
        Those that are chosen, by name or label, and slow ones among them; all by default.

    Raises
    ------
    InputError
        If the suite names a detector, a parameter or a dataset that does not exist, or one twice, or several sequences
        of a real night, or a dataset without annuli and their contrasts; or if what is chosen is not in the suite.
    AlgoZooError
        If a dataset that is not optional cannot be had.
    """
    labels = [create(entry.name, **entry.parameters).label for entry in suite.detectors]
    _refuse_twins("detector", labels)
    loaded = [suite.load(entry, mirror) for entry in suite.datasets]
    names = [dataset.name for dataset in loaded]
    _refuse_twins("dataset", names)
    chosen = _chosen("detector", suite, detectors, list(zip(labels, suite.detectors, strict=True)))
    to_run, notices = _runnable(chosen, slow=slow or bool(detectors))
    wanted = _chosen("dataset", suite, datasets, list(zip(names, suite.datasets, strict=True)))
    shards = []
    for entry, dataset in zip(suite.datasets, loaded, strict=True):
        _check(entry, dataset)
        if entry not in wanted:
            continue
        try:
            fetch(dataset.manifest, mirror=mirror, folder=dataset.folder)
        except DatasetUnavailable as error:
            if not entry.optional:
                raise
            notices.append(f"dataset {entry.name} is left out: {error}")
            continue
        if dataset.manifest.kind == "real" and (refusal := dataset.flip_refusal(dataset.sequence(0))):
            notices.append(f"dataset {dataset.name} has one empty map only: {refusal}")
        shards += [
            Shard(suite, entry, index, detector, mirror)
            for index in range(entry.sequences or dataset.n_sequences)
            for detector in to_run
        ]
    return shards, notices


def content_key(shard: Shard, detector: Detector | None = None) -> str:
    """Sha256 of all that the outcome of a shard depends on; a detector that is given is taken for its own."""
    return _key(shard, trials_digest(shard), _detector_code(shard.detector, detector))


def content_keys(shards: Sequence[Shard]) -> list[str]:
    """Return the `content_key` of each shard of one suite; what shards share is read once, not once for each."""
    trials = {name: trials_digest(shard) for name, shard in {shard.dataset.name: shard for shard in shards}.items()}
    entries = {str(shard.detector): shard.detector for shard in shards}
    detectors = {name: _detector_code(entry) for name, entry in entries.items()}
    return [_key(shard, trials[shard.dataset.name], detectors[str(shard.detector)]) for shard in shards]


def trials_digest(shard: Shard) -> str:
    """Sha256 of all that makes the trials of a dataset: detectors of equal digest saw the same ones.

    It depends on the suite's name, version and seed, on the number of injections, on the numbers of the dataset's
    manifest, and on the versions of the simulator and of what is between a sequence and a list of candidates.
    """
    suite, manifest = shard.suite, shard.data().manifest
    numbers = manifest.model_dump(mode="json", exclude=set(NOT_IN_TRIALS))
    simulator = simulator_version(manifest.name) if isinstance(manifest, SimulatedManifest) else ""
    return _sha256(
        [suite.name, suite.version, suite.seed, shard.dataset.injections, numbers, simulator, TRIALS_VERSION]
    )


def _key(shard: Shard, trials: str, detector: list[str]) -> str:
    return _sha256([trials, shard.sequence, *detector])


def _detector_code(entry: SuiteDetector, made: Detector | None = None) -> list[str]:
    made = made or create(entry.name, **entry.parameters)
    return [made.name, repr(made.parameters), detector_version(made)]


def _refuse_twins(kind: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"suite: {kind} {name!r} is listed {names.count(name)} times, expected once")


def _chosen(kind: str, suite: Suite, names: Collection[str], entries: Sequence[tuple[str, Part]]) -> list[Part]:
    """Return the entries of a suite that are named, by their label or their name; all, if none is."""
    if isinstance(names, str) or not isinstance(names, Collection):
        raise InputError(f'run: {kind}s is {names!r}, expected a list of names, as in run("quick", {kind}s=[...])')
    known = {name for label, entry in entries for name in (label, entry.name)}
    for name in names:
        if name not in known:
            raise unknown(f"{kind} of suite {suite.name}", str(name), known)
    return [entry for label, entry in entries if not names or label in names or entry.name in names]


def _runnable(detectors: Sequence[SuiteDetector], *, slow: bool) -> tuple[list[SuiteDetector], list[str]]:
    """Detectors that are run, and why others are not; rows of these that are stored stay on the board."""
    left_out = [d.name for d in detectors if d.slow and not slow]
    notices = (
        [f"slow detectors are not run: {', '.join(left_out)}; --all, in Python slow=True, runs them"]
        if left_out
        else []
    )
    wanted = [d for d in detectors if slow or not d.slow]
    missing = {str(d): package for d in wanted if (package := _missing_package(d))}
    notices += [
        f"detector {d.name} is not run: it needs {missing[str(d)]}, which is not installed (docs/detectors/{d.name}.md)"
        for d in wanted
        if str(d) in missing
    ]
    return [d for d in wanted if str(d) not in missing], notices


def _missing_package(entry: SuiteDetector) -> str | None:
    """Return the first module that a detector needs, by its class or by the suite, and that is not installed."""
    needs = [*create(entry.name, **entry.parameters).needs, *filter(None, [entry.needs])]
    return next((package for package in needs if find_spec(package) is None), None)


def _check(entry: SuiteDataset, dataset: Dataset) -> None:
    """Refuse what the dataset does not have: sequences, or annuli with a range of contrasts."""
    if entry.sequences and entry.sequences > 1 and dataset.manifest.kind == "real":
        raise InputError(f"suite: {entry.sequences} sequences of dataset {dataset.name}, expected 1: it is one night")
    annuli = dataset.manifest.annuli
    if not annuli or any(annulus.contrast is None for annulus in annuli):
        raise InputError(
            f"dataset {dataset.name}: its manifest does not say how bright companions shall be injected in which "
            f"annuli; run `algozoo datasets calibrate {entry.name}`"
        )


def _sha256(ingredients: list[Any]) -> str:
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()
