"""The plan of a suite: a list of shards, each with the content key under which its outcome is kept."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import algozoo
from algozoo.benchmark.suite import Suite, SuiteDataset, SuiteDetector
from algozoo.datasets import DatasetUnavailable, fetch, load_dataset
from algozoo.detectors.registry import create, detector_digest
from algozoo.files import source_digest


@dataclass(frozen=True)
class Shard:
    """The unit of work: all trials of one detector on one sequence. Names only, so that it travels anywhere."""

    suite: Suite
    dataset: SuiteDataset
    sequence: int
    detector: SuiteDetector
    mirror: Path | None = None

    def __str__(self) -> str:
        return f"{self.dataset.name}/{self.sequence} {self.detector.name}"


def plan(suite: Suite, *, mirror: Path | None = None) -> tuple[list[Shard], list[str]]:
    """List the shards of a suite, and the reasons why optional datasets are left out.

    Raises
    ------
    InputError
        If the suite names a detector, a parameter or a dataset that does not exist.
    AlgoZooError
        If a dataset that is not optional cannot be had.
    """
    for detector in suite.detectors:
        create(detector.name, detector.parameters)
    shards, left_out = [], []
    for entry in suite.datasets:
        dataset = load_dataset(entry.name, mirror=mirror)
        try:
            fetch(dataset.manifest, mirror=mirror)
        except DatasetUnavailable as error:
            if not entry.optional:
                raise
            left_out.append(f"dataset {entry.name} is left out: {error}")
            continue
        shards += [
            Shard(suite, entry, index, detector, mirror)
            for index in range(dataset.n_sequences)
            for detector in suite.detectors
        ]
    return shards, left_out


def content_key(shard: Shard) -> str:
    """Sha256 of everything that the outcome of a shard depends on, the code that makes trials included."""
    detector = create(shard.detector.name, shard.detector.parameters)
    dataset = load_dataset(shard.dataset.name, mirror=shard.mirror)
    ingredients = {
        "suite": [shard.suite.name, shard.suite.version, shard.suite.seed],
        "dataset": [shard.dataset.model_dump(mode="json"), dataset.manifest.model_dump(mode="json")],
        "sequence": shard.sequence,
        "detector": [detector.name, repr(detector.parameters), detector_digest(detector)],
        "code": _trial_code(),
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=1)
def _trial_code() -> str:
    """Digest of our own code between a manifest and a list of candidates."""
    package = Path(algozoo.__file__).parent
    places = ("imaging", "datasets", "sequence.py", "companions.py", "benchmark/trials.py", "scoring/candidates.py")
    return source_digest(package / place for place in places)
