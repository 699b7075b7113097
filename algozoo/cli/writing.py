"""What a command writes: a folder that is tried before the work, tables and figures, all or none."""

from __future__ import annotations

import shlex
import sys
from contextlib import contextmanager, suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, cast

import click

from algozoo.cli.options import FOLDER, Command
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import working_folder, write_all_whole
from algozoo.text import in_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from astropy.table import Table
    from matplotlib.figure import Figure


def output(command: Command) -> Command:
    """Take --output and --overwrite; the folder is made before the work, and removed if nothing was written."""

    @wraps(command)
    def run(*args: Any, output: Path, overwrite: bool, **rest: Any) -> Any:
        with place_to_write(output, overwrite=overwrite):
            return command(*args, output=output, **rest)

    replace = click.option("--overwrite", is_flag=True, help="Write into a folder that is not empty.")
    folder = click.option("--output", "-o", type=FOLDER, required=True, help="Folder of the new files.")
    return cast("Command", folder(replace(run)))


as_csv = click.option("--csv", "as_csv", is_flag=True, help="Write tables as CSV, without units, instead of ECSV.")


@contextmanager
def place_to_write(folder: Path, *, overwrite: bool) -> Iterator[None]:
    """Make a folder and try to write into it; at the end it is removed if it is empty and was not there before.

    Parameters
    ----------
    folder : path
    overwrite : bool
        Whether it may hold files.

    Raises
    ------
    InputError
        If it holds files.
    AlgoZooError
        If it cannot be written.
    """
    made: list[Path] = []
    try:
        try:
            if not overwrite and folder.is_dir() and any(folder.iterdir()):
                raise InputError(
                    f"{in_line(folder)}: is not empty: give another --output, or --overwrite to replace files of the "
                    "same names"
                )
            made = [place for place in (folder, *folder.parents) if not place.exists()]
            with working_folder(folder):
                pass
        except OSError as error:
            reason = error.strerror
            raise AlgoZooError(f"{in_line(folder)}: cannot be written ({reason}): give another --output") from None
        yield
    finally:
        for place in made:
            with suppress(OSError):  # it holds files
                place.rmdir()


def figure_writer(figure: Figure) -> Callable[[Path], object]:
    """Return what writes a figure of matplotlib to a PNG file."""
    return partial(figure.savefig, format="png", dpi=120)


def command_line() -> str:
    """Return the command as a shell takes it."""
    return shlex.join(["algozoo", *sys.argv[1:]])


def table_writers(tables: Mapping[str, Table], *, as_csv: bool) -> dict[str, Callable[[Path], object]]:
    """Return what writes tables to files of their names: ECSV with units, or CSV."""
    suffix = "csv" if as_csv else "ecsv"
    return {
        f"{name}.{suffix}": partial(table.write, format=f"ascii.{suffix}", overwrite=True)
        for name, table in tables.items()
    }


def write_files(folder: Path, files: Mapping[str, Callable[[Path], object]]) -> None:
    """Write files by name, all or none, and say so."""
    write_all_whole(folder, files)
    click.echo(f"Written to {in_line(folder)}: {', '.join(files)}", err=True)
