"""Options that several commands share, and tables in the three formats."""

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

PIPED_WIDTH = 200

format_option = click.option(
    "--format", "style", type=click.Choice(["table", "json", "csv"]), default="table", help="How to print the table."
)


def _one_thread_each(_context: click.Context, _parameter: click.Parameter, workers: int | None) -> int:
    """Choose the number of processes, and leave each one thread: it must be known before numpy is imported."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    return os.cpu_count() or 1 if workers is None else workers


workers_option = click.option(
    "--workers",
    type=click.IntRange(min=0),
    callback=_one_thread_each,
    help="Processes; 0 works in this one.  [default: one per core]",
)
mirror_option = click.option(
    "--mirror",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ALGOZOO_MIRROR",
    help="Folder with copies of the data, looked at before any download (or set ALGOZOO_MIRROR).",
)
store_option = click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("leaderboard/results"),
    show_default=True,
    help="Folder of the results.",
)
site_option = click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("leaderboard/site"),
    show_default=True,
    help="Folder of the pages.",
)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], style: str) -> None:
    """Print rows under named columns as an aligned table, as JSON records or as CSV."""
    if style == "json":
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2))
        return
    if style == "csv":
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([columns, *rows])
        click.echo(buffer.getvalue(), nl=False)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPED_WIDTH)
    console.print(table)
