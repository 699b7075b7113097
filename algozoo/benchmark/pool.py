"""Where work is done: in this process, on all cores, or on a cluster."""

import logging
import math
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from types import FrameType
from typing import Any, Protocol, TypeVar

from algozoo.errors import AlgoZooError, InputError

Item = TypeVar("Item")
Result = TypeVar("Result")
SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 2**30,  # by default memory is given back all the time
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 2**25,  # and from 128 kB on, once the other is set
}
PATIENCE = 30.0
"""Seconds without a result after which it is looked whether any process is left."""
SETTLING_SECONDS = 0.5


@dataclass(frozen=True)
class Died:
    """What came of a task whose process died."""

    reason: str = "the process that ran it died twice: out of memory (take fewer --workers), or a crash"


class OutOfTimeError(AlgoZooError):
    """What is to be done takes longer than it may."""


class SchedulerLost(AlgoZooError):  # noqa: N818 - a state of the world
    """The Dask scheduler died, or cannot be reached any more."""


Tell = Callable[[str], object]


def say_nothing(text: str) -> None:
    """Do not tell."""


class RunAll(Protocol):
    """What does the work."""

    @property
    def tell(self) -> Tell:
        """What a task calls, wherever it runs, to tell a person of its progress."""

    def __call__(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Died]]:
        """Apply a task to items, and yield each item with its result as they end."""


@dataclass(frozen=True)
class RunHere:
    """Work in this process, one item after the other."""

    tell: Tell = say_nothing
    until: float = math.inf

    def __call__(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Died]]:
        """Apply a task to items."""
        for item in items:
            _time_left(self.until)
            yield item, task(item)


run_here = RunHere()


def _time_left(until: float) -> float:
    """Seconds that are left; raises OutOfTimeError if there are none."""
    if (left := until - time.monotonic()) <= 0:
        raise OutOfTimeError("the time is over")
    return left


@contextmanager
def pool(
    workers: int, scheduler: str | None = None, tell: Tell = say_nothing, until: float = math.inf
) -> Iterator[RunAll]:
    """Start processes for the time of a `with` block.

    Parameters
    ----------
    workers : int
        Processes on this machine; 0 works in this one, for debugging.
    scheduler : str, optional
        Address of a running Dask scheduler to use instead.
    tell : callable
        Gets the lines of text by which tasks tell how far they are.
    until : float
        Time, as `time.monotonic` tells it, at which the work is abandoned: at once, or, in this process, when the item
        that is under way is done.

    Raises
    ------
    InputError
        If the scheduler cannot be reached.
    OutOfTimeError
        If the work is abandoned.
    SchedulerLost
        Within the block, if it cannot be reached any more.
    """
    if workers == 0 and scheduler is None:
        yield RunHere(tell, until)
        return
    import dask  # noqa: PLC0415 - takes most of a second, and is not needed in-process
    from distributed import Client, LocalCluster  # noqa: PLC0415 - as slow to import as dask

    for name in ("distributed.nanny", "distributed.scheduler"):  # warn of workers that died
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("tornado.application", "distributed.client"):  # complain of what Ctrl-C cancels, or a lost scheduler
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with dask.config.set(SETTINGS):
        if scheduler is not None:
            try:
                client = Client(scheduler)
            except (OSError, ValueError) as error:
                raise InputError(
                    f"scheduler {scheduler}: cannot be reached ({error}), expected tcp://HOST:PORT"
                ) from None
            with client:
                yield _RunOn(client, tell, until)
            return
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
            Client(cluster) as client,
        ):
            client.register_worker_callbacks(_leave_interrupts_to_the_user)  # of those that are started later too
            with _interrupts_are_kept() as raise_kept:
                yield _RunOn(client, tell, until, local=True, between=raise_kept)


@contextmanager
def _interrupts_are_kept() -> Iterator[Callable[[], None]]:
    """Remember Ctrl-C and SIGTERM: raised within a finaliser, of which Dask has many, they would be lost."""
    kept: list[int] = []

    def keep(number: int, frame: FrameType | None) -> None:
        kept.append(number)
        signal.default_int_handler(number, frame)

    def raise_kept() -> None:
        if kept:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, keep) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield raise_kept
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave_interrupts_to_the_user() -> None:
    """Ignore Ctrl-C, which a terminal sends to all processes, and do not complain of work that is cancelled."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


class _RunOn:
    """Run on Dask workers, one process each; only the death of a worker is a result, an error of ours is raised."""

    def __init__(
        self,
        client: Any,
        tell: Tell,
        until: float,
        *,
        local: bool = False,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self.client, self.until, self.local, self.between = client, until, local, between
        self.address = client.scheduler.address
        topic = f"algozoo-{client.id}"
        client.subscribe_topic(topic, lambda event: tell(event[1]))
        self.tell = partial(_tell_from_worker, topic)

    def __call__(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Died]]:
        """Apply a task to items."""
        from distributed import KilledWorker  # noqa: PLC0415 - as slow to import as dask

        waiting, futures = iter(items), dict[Any, Item]()
        while True:
            self.between()
            with self._lost_scheduler_is_named():
                n_free = max(sum(self.client.nthreads().values()), 1) - len(futures)
                for item in islice(
                    waiting, max(n_free, 0)
                ):  # one a process, or its death is held against those that wait
                    futures[self.client.submit(_settled, task, item, pure=False)] = item
                done = self._wait(list(futures))
                none_left = not done and self.local and not self.client.nthreads()
            if none_left:
                reason = "no process is left to run it: they died, and could not be started again"
                yield from ((item, Died(reason)) for item in (*futures.values(), *waiting))
            if none_left or not futures:
                return
            for future in done:
                item = futures.pop(future)
                try:
                    yield item, future.result()
                except KilledWorker:
                    yield item, Died()
                except CancelledError:
                    raise self._lost() from None

    def _wait(self, futures: list[Any]) -> Iterable[Any]:
        """Wait for some time until one is done, and return those that are."""
        from distributed import wait  # noqa: PLC0415 - as slow to import as dask

        patience = min(PATIENCE, _time_left(self.until)) if futures else 0.0
        try:
            return wait(futures, timeout=patience, return_when="FIRST_COMPLETED").done if futures else ()
        except TimeoutError:
            return ()

    @contextmanager
    def _lost_scheduler_is_named(self) -> Iterator[None]:
        from distributed.client import ClosedClientError  # noqa: PLC0415 - as slow to import as dask

        try:
            yield
        except (CancelledError, ClosedClientError, OSError) as error:  # it depends on what it was about to do
            raise self._lost() from error

    def _lost(self) -> SchedulerLost:
        return SchedulerLost(
            f"the Dask scheduler {self.address} died, or cannot be reached any more; what is finished is kept. Start "
            "it again, and then the same run to continue"
        )


def _tell_from_worker(topic: str, text: str) -> None:
    from distributed import get_worker  # noqa: PLC0415 - as slow to import as dask

    get_worker().log_event(topic, text)


def _settled(task: Callable[[Item], Result], item: Item) -> Result:
    """Run a task; the first one of a process waits until its keeper knows it, or its death would go unnoticed."""
    _settle()
    return task(item)


@lru_cache(maxsize=1)
def _settle() -> None:
    time.sleep(SETTLING_SECONDS)
