"""``algozoo cache``: where downloaded and simulated data are kept, how much it is, and its removal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from algozoo.cli import options
from algozoo.errors import InputError, unknown

if TYPE_CHECKING:
    from algozoo.datasets.cache import Kind

MEGABYTE = 1e6


@click.group(invoke_without_command=True, epilog=options.example("cache"))
@options.style
@click.pass_context
def cache(context: click.Context, style: str) -> None:
    """Show where AlgoZoo keeps what it downloaded and made, and how much, or remove it.

    The cache is the folder that the environment variable ALGOZOO_CACHE names, or one of the operating system's. What is
    removed is downloaded or made again when it is needed.
    """
    from algozoo.datasets.cache import KINDS

    if context.invoked_subcommand is None:
        _show(tuple(KINDS), style)


@cache.command(epilog=options.example("cache clear simulated trained"))
@click.argument("kinds", metavar="[KIND]...", nargs=-1)
@click.option("--yes", is_flag=True, help="Remove the files without a question.")
def clear(kinds: tuple[Kind, ...], yes: bool) -> None:  # noqa: FBT001 - a flag of the command line
    """Remove what the cache holds of each KIND, as `algozoo cache` lists them, or of all.

    While another process uses the cache nothing is removed.
    """
    from algozoo.datasets.cache import KINDS
    from algozoo.datasets.cache import clear as clear_cache

    for kind in kinds:
        if kind not in KINDS:
            raise unknown("part of the cache", kind, KINDS)
    chosen = kinds or tuple(KINDS)
    if not yes:
        if not sys.stdin.isatty():
            raise InputError("nobody to ask whether to remove it; say --yes")
        _show(chosen, "table")
        click.confirm("Remove this?", abort=True)
    clear_cache(chosen)
    click.echo(f"Removed: {', '.join(chosen)}")


def _show(kinds: tuple[Kind, ...], style: str) -> None:
    from algozoo.datasets.cache import KINDS, contents, kind_folder

    rows = []
    for kind in kinds:
        held = contents(kind)
        rows.append((kind, KINDS[kind], held.n_files, round(held.n_bytes / MEGABYTE, 1), str(kind_folder(kind))))
    options.print_table(("kind", "what", "files", "MB", "folder"), rows, style)
    if style == "table":
        click.echo(f"Together {sum(row[3] for row in rows):.1f} MB", err=True)
