"""Progress of long work, on the error stream: a bar on a terminal, one line a step when piped."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import click

from algozoo.reporter import Reporter
from algozoo.text import printable


class Terminal(Reporter):
    """Report next to the results, which go to the output stream."""

    def say(self, text: str) -> None:
        """Write one line of text."""
        click.echo(printable(text), err=True)

    def steps(self, total: int) -> AbstractContextManager[Callable[[str], None]]:
        """Count the steps of one long computation."""
        return _bar(total) if sys.stderr.isatty() else super().steps(total)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total)

        def report(text: str) -> None:
            bar.console.print(printable(text), markup=False, highlight=False)
            bar.update(task, advance=1)

        yield report
