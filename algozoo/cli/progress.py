"""Progress of a run: a bar on a terminal, one line a step when piped."""

import sys
from collections.abc import Iterable, Iterator
from time import monotonic

import click

from algozoo.benchmark.shard import Finished


def progress(finished: Iterable[Finished], total: int) -> int:
    """Consume the stream of finished shards and show counts, rate and time left; return the number of failed trials."""
    failed = 0

    def counted() -> Iterator[Finished]:
        nonlocal failed
        for shard in finished:
            failed += shard.n_failed
            yield shard

    (_bar if sys.stdout.isatty() else _lines)(counted(), total)
    return failed


def _lines(finished: Iterable[Finished], total: int) -> None:
    start, maps = monotonic(), 0
    for done, shard in enumerate(finished, start=1):
        maps += shard.n_trials
        elapsed = monotonic() - start
        left = elapsed / done * (total - done)
        click.echo(
            f"[{done}/{total}] {shard.shard}: {shard.n_trials} maps{_failures(shard)}; "
            f"{maps / elapsed:.1f} maps/s, {left:.0f} s left"
        )


def _bar(finished: Iterable[Finished], total: int) -> None:
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
        for shard in finished:
            maps += shard.n_trials
            if shard.n_failed:
                bar.console.print(f"{shard.shard}{_failures(shard)}", markup=False)
            bar.update(task, advance=1, description=str(shard.shard), rate=maps / (monotonic() - start))


def _failures(shard: Finished) -> str:
    return f", {shard.n_failed} failed ({shard.reason})" if shard.n_failed else ""
