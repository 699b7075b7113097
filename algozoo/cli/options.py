"""Options that several commands share, and tables in the three formats."""

from __future__ import annotations

import ast
import csv
import io
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from algozoo.errors import InputError
from algozoo.files import RESULTS, SITES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from algozoo.companions import Companion
    from algozoo.sequence import ADISequence

Command = TypeVar("Command", bound=Callable[..., Any])

PIPED_WIDTH = 200
FILE = click.Path(path_type=Path)

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
    default=RESULTS,
    show_default=True,
    help="Folder of the results.",
)
site_option = click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    default=SITES,
    show_default=True,
    help="Folder of the leaderboards; each is in a folder of its suite's name.",
)


def _without_sandbox(_context: click.Context, _parameter: click.Parameter, unconfined: bool) -> None:  # noqa: FBT001 - as click calls it
    """Say it to all processes that are started, too."""
    if unconfined:
        os.environ["ALGOZOO_SANDBOX"] = "none"


no_sandbox_option = click.option(
    "--no-sandbox",
    is_flag=True,
    expose_value=False,
    callback=_without_sandbox,
    help="Run submissions with your rights, without protection: your own code only. The result records it.",
)


def _centre(_context: click.Context, _parameter: click.Parameter, text: str) -> str | tuple[float, ...]:
    """Read auto, as-is, or a pixel; `algozoo.datasets.read` refuses what is none of these."""
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        return text


def sequence_options(*, required: bool) -> Callable[[Command], Command]:
    """Make the options for an astronomer's own files."""
    options = [
        click.option("--cube", type=FILE, required=required, help="FITS: (n_frames, n, n), the star in the centre."),
        click.option("--angles", type=FILE, required=required, help="FITS or text: parallactic angle of each frame."),
        click.option("--psf", type=FILE, required=required, help="FITS: off-axis, unsaturated, (m, m) with m odd."),
        click.option("--wavelengths", type=FILE, help="FITS or text, in micrometres, of a 4-D cube."),
        click.option("--reference", type=FILE, help="FITS: frames of another star, at the same pixel."),
        click.option("--pixel-scale", type=float, required=required, help="Arcsec per pixel."),
        click.option("--angle-unit", type=click.Choice(["deg", "rad"]), help="Unit of the angles, if it is not plain."),
        click.option(
            "--angle-offset",
            type=float,
            default=0.0,
            help="Degrees added to the angles to bring North up (instrument offset).",
        ),
        click.option(
            "--centre",
            default="as-is",
            show_default=True,
            metavar="auto|as-is|X,Y",
            callback=_centre,
            help="Where the star is in the frames: measured, in their centre, or at a pixel.",
        ),
    ]
    return _all(options)


def star_options(command: Command) -> Command:
    """Add the options that say how bright the star is, and which companions it has."""
    return _all(
        [
            click.option("--star-flux", type=float, help="The star's flux in the unit of the cube, if not the PSF's."),
            click.option(
                "--star-flux-aperture", type=float, help="Diameter in pixels of its aperture; one FWHM by default."
            ),
            click.option(
                "--companion",
                "companions",
                multiple=True,
                metavar="SEP,PA,CONTRAST",
                help="A known one (arcsec, degrees East of North): it is subtracted, its surroundings left out.",
            ),
        ]
    )(command)


def read_companion(text: str, sequence: ADISequence) -> Companion:
    """Read SEPARATION,ANGLE,CONTRAST.

    Raises
    ------
    InputError
        If it is something else.
    """
    from algozoo.companions import Companion

    try:
        separation, angle, contrast = (float(word) for word in text.split(","))
    except ValueError:
        raise InputError(
            f"--companion {text!r}: expected SEPARATION,ANGLE,CONTRAST as in 0.4526,210.47,9.4e-4; "
            "`algozoo datasets add` measures them"
        ) from None
    return Companion.from_sky(sequence, separation=separation, position_angle=angle, contrast=contrast)


def detector_options(command: Command) -> Command:
    """Add the options that choose a detector."""
    return _all(
        [
            click.option("--detector", "name", default="pca", show_default=True, help="See `algozoo detectors`."),
            click.option(
                "--parameter", "-p", "settings", multiple=True, metavar="NAME=VALUE", help="Parameter of the detector."
            ),
            no_sandbox_option,
        ]
    )(command)


def _all(options: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def read_parameters(settings: Sequence[str]) -> dict[str, Any]:
    """Read NAME=VALUE settings; a value that is no Python literal is text.

    Raises
    ------
    InputError
        If there is no equals sign.
    """
    parameters: dict[str, Any] = {}
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator:
            raise InputError(f"--parameter {setting!r}: expected NAME=VALUE, as in n_components=20")
        try:
            parameters[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            parameters[name] = value
    return parameters


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


def print_numbers(table: pd.DataFrame, style: str) -> None:
    """Print a table with four significant digits; what is not a number is empty, or a dash on the screen."""
    rows = [[_short(value) for value in row] for row in table.itertuples(index=False)]
    if style == "table":
        rows = [[_on_screen(value) for value in row] for row in rows]
    print_table([str(column) for column in table.columns], rows, style)


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.4g}")
    return value


def _on_screen(value: Any) -> Any:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else value
