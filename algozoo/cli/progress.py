"""Progress of long work: a bar on a terminal, one line a step when piped."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from time import monotonic

import click

from algozoo.benchmark.shard import Finished


def say(text: str) -> None:
    """Tell at once of something that takes long, beside the results."""
    click.echo(text, err=True)


def progress(steps: Iterable[Finished], total: int) -> int:
    """Consume a stream of finished shards, show counts, rate and time left; return the number of failed maps."""
    failed = 0

    def counted() -> Iterator[Finished]:
        nonlocal failed
        for step in steps:
            failed += step.n_failed
            yield step

    (_bar if sys.stdout.isatty() else _lines)(counted(), total)
    return failed


def _lines(steps: Iterable[Finished], total: int) -> None:
    start, maps = monotonic(), 0
    for done, step in enumerate(steps, start=1):
        maps += step.n_trials
        elapsed = monotonic() - start
        left = elapsed / done * (total - done)
        click.echo(
            f"[{done}/{total}] {step}: {step.n_trials} maps{_failures(step)}; "
            f"{maps / elapsed:.1f} maps/s, {left:.0f} s left"
        )


def _bar(steps: Iterable[Finished], total: int) -> None:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f} maps/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task, start, maps = bar.add_task("starting workers", total=total, rate=0.0), monotonic(), 0
        for step in steps:
            maps += step.n_trials
            if step.n_failed:
                bar.console.print(f"{step}{_failures(step)}", markup=False)
            bar.update(task, advance=1, description=str(step), rate=maps / (monotonic() - start))


def _failures(step: Finished) -> str:
    return f", {step.n_failed} failed ({step.reason})" if step.n_failed else ""


@contextmanager
def steps(total: int) -> Iterator[Callable[[str], None]]:
    """Count the steps of one long computation: a bar on a terminal, one line a step when piped.

    Yields
    ------
    callable
        To be called with a line of text as each step is done; both go to the error stream.
    """
    if not sys.stderr.isatty():
        start, done = monotonic(), count(1)
        yield lambda text: click.echo(f"[{next(done)}/{total}] {text}; {monotonic() - start:.0f} s", err=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total)

        def step(text: str) -> None:
            bar.console.print(text, markup=False, highlight=False)
            bar.update(task, advance=1)

        yield step


def tell(done: Iterable[object], total: int) -> None:
    """Consume a stream of things that are done, whose text says what they are, and count them as `steps` does."""
    with steps(total) as report:
        for thing in done:
            report(str(thing))
