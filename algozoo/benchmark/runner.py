"""The runner: shards on one core, on all cores or on a cluster, each written as it ends."""

import logging
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from algozoo.benchmark.plan import Shard
from algozoo.benchmark.shard import Finished, run_shard, write_failure
from algozoo.benchmark.store import Store
from algozoo.datasets import Dataset
from algozoo.errors import InputError

Task = Callable[[Shard], Finished]
SCHEDULING = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.scheduler.worker-saturation": 1.0,  # one shard a worker, or its death is held against the next one too
}
RunAll = Callable[[Task, Iterable[Shard]], Iterator[tuple[Shard, Finished | str]]]


def run(
    shards: list[Shard], store: Store, *, workers: int, scheduler: str | None = None, keep_maps: bool = False
) -> Iterator[Finished]:
    """Run shards and write each into the store as it ends.

    Parameters
    ----------
    shards : list of Shard
    store : Store
        With a scheduler, its folder must be seen by all machines.
    workers : int
        Processes on this machine; 0 works in this one, for debugging.
    scheduler : str, optional
        Address of a running Dask scheduler to use instead.
    keep_maps : bool
        Keep the detection map of every trial, not only of the examples.

    Yields
    ------
    Finished
        In the order in which they end. A shard whose process died is written as failed trials.
    """
    task = partial(run_shard, folder=store.folder, keep_maps=keep_maps)
    with _pool(workers, scheduler) as run_all:
        for shard, outcome in run_all(task, shards):
            yield outcome if isinstance(outcome, Finished) else write_failure(shard, store.folder, outcome)


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


@contextmanager
def _pool(workers: int, scheduler: str | None) -> Iterator[RunAll]:
    if workers == 0 and scheduler is None:
        yield _run_here
        return
    import dask  # noqa: PLC0415 - takes most of a second, and is not needed in-process
    from distributed import Client, LocalCluster  # noqa: PLC0415

    with dask.config.set(SCHEDULING):
        if scheduler is not None:
            try:
                client = Client(scheduler)
            except (OSError, ValueError) as error:
                raise InputError(
                    f"scheduler {scheduler}: cannot be reached ({error}), expected tcp://HOST:PORT"
                ) from None
            with client:
                yield partial(_run_on, client)
            return
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
            Client(cluster) as client,
        ):
            client.run(_leave_interrupts_to_the_user)
            yield partial(_run_on, client)


def _leave_interrupts_to_the_user() -> None:
    """Ignore Ctrl-C, which a terminal sends to all processes, and do not complain of work that is cancelled."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("distributed").setLevel(logging.ERROR)


def _run_here(task: Task, shards: Iterable[Shard]) -> Iterator[tuple[Shard, Finished | str]]:
    for shard in shards:
        yield shard, task(shard)


def _run_on(client: Any, task: Task, shards: Iterable[Shard]) -> Iterator[tuple[Shard, Finished | str]]:
    """Run on Dask workers, one process each; only the death of a worker is an outcome, an error of ours is raised."""
    from distributed import KilledWorker, as_completed  # noqa: PLC0415

    futures = {client.submit(task, shard, pure=False): shard for shard in shards}
    for future in as_completed(futures):
        try:
            yield futures[future], future.result()
        except KilledWorker:
            yield futures[future], "the process that ran it died twice: out of memory, or a crash"
