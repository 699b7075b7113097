"""The runner: makes the simulated sequences that are not there yet, and runs shards, each written as it ends."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from algozoo.benchmark.plan import Shard
from algozoo.benchmark.pool import Died, RunAll, run_here
from algozoo.benchmark.shard import Finished, run_shard, write_failure
from algozoo.benchmark.store import Store
from algozoo.datasets import Dataset, load_dataset
from algozoo.detectors.registry import create
from algozoo.detectors.submitted import Submitted
from algozoo.errors import AlgoZooError


@dataclass(frozen=True)
class Made:
    """A simulated sequence that was made and lies in the cache."""

    dataset: Dataset
    sequence: int

    def __str__(self) -> str:
        return f"{self.dataset.name}/{self.sequence} simulated"


def unmade(shards: Iterable[Shard]) -> list[Made]:
    """List the sequences of some shards that must be simulated first."""
    wanted = dict.fromkeys((shard.dataset.name, shard.sequence, shard.mirror) for shard in shards)
    sequences = [Made(load_dataset(name, mirror=mirror), index) for name, index, mirror in wanted]
    return [made for made in sequences if not made.dataset.is_here(made.sequence)]


def make(sequences: Iterable[Made], run_all: RunAll = run_here) -> Iterator[Made]:
    """Simulate sequences, in parallel, and keep them in the cache.

    Raises
    ------
    AlgoZooError
        If a process died, or the cache cannot be written.
    """
    for made, outcome in run_all(_make, sequences):
        if isinstance(outcome, Died):
            raise AlgoZooError(f"{made}: {outcome.reason}")
        yield made


def run(
    shards: Iterable[Shard],
    store: Store,
    run_all: RunAll = run_here,
    *,
    keep_maps: bool = False,
    tell: Callable[[str], object] = lambda _: None,
) -> Iterator[Finished]:
    """Run shards and write each into the store as it ends.

    Parameters
    ----------
    shards : iterable of Shard
    store : Store
        On a cluster, its folder must be seen by all machines.
    run_all : callable
        See `algozoo.benchmark.pool`.
    keep_maps : bool
        Keep the detection map of every trial, not only of the examples.
    tell : callable
        Gets a line of text for a person when packages of a submission are installed first.

    Yields
    ------
    Finished
        In the order in which they end. A shard whose process died is written as failed trials.

    Raises
    ------
    AlgoZooError
        If the requirements of a submission cannot be installed, or no sandbox works; before any shard is run.
    """
    shards = list(shards)
    for name in dict.fromkeys(shard.detector.name for shard in shards):
        if isinstance(detector := create(name), Submitted):
            detector.prepare(tell)
    task = partial(run_shard, folder=store.folder, keep_maps=keep_maps)
    for shard, outcome in run_all(task, shards):
        yield write_failure(shard, store.folder, outcome.reason) if isinstance(outcome, Died) else outcome


def write_preview(dataset: Dataset, store: Store) -> None:
    """Keep in the store what a dataset looks like, so that the site needs nothing but the store."""
    sequence = dataset.sequence(0)
    about = {
        "manifest": dataset.manifest.model_dump(mode="json"),
        "n_sequences": dataset.n_sequences,
        "n_frames": sequence.n_frames,
        "size": sequence.size,
        "fwhm": sequence.fwhm,
        "field_rotation": sequence.field_rotation,
        "pixel_scale": sequence.pixel_scale,
    }
    cube = sequence.cube.reshape(-1, *sequence.cube.shape[-3:])[0]
    psf = sequence.psf.reshape(-1, *sequence.psf.shape[-2:])[0]
    images = {
        "frame": cube[0],
        "median": np.median(cube, axis=0),
        "psf": psf,
        "angles": sequence.parallactic_angles,
        "valid": dataset.valid_mask(sequence).astype(np.uint8),
    }
    store.write_preview(f"{dataset.name}-{dataset.version}", about, images)


def _make(made: Made) -> None:
    made.dataset.sequence(made.sequence)
