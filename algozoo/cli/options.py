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
from algozoo.text import in_line, no_formula

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from algozoo.companions import Companion
    from algozoo.detectors.contract import Detector
    from algozoo.sequence import ADISequence

Command = TypeVar("Command", bound=Callable[..., Any])

PIPED_WIDTH = 200
KINDS = ("snr", "probability", "log_odds", "likelihood_ratio", "ratio")
"""What the map of a detector can hold."""
PATH = click.Path(path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
POSITIVE = click.FloatRange(min=0, min_open=True)

style = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="Format of the printed table.",
)
suite = click.option(
    "--suite", default="quick", show_default=True, help="Name of a suite, or a file that ends in .toml."
)
seed = click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**63 - 1),
    default=0,
    show_default=True,
    help="Seed of the positions of the injected companions.",
)
datasets = click.option(
    "--dataset", "datasets", multiple=True, help="Take only this dataset of the suite; repeat the option for more."
)


def example(arguments: str) -> str:
    """Make the end of a help text, an example on a line of its own, which click leaves as it is."""
    return f"\b\nExample:\n  algozoo {arguments}"


def injections(default: int, what: str) -> Callable[[Command], Command]:
    """Make the option for the number of companions that are injected."""
    return click.option("--injections", type=click.IntRange(min=1), default=default, show_default=True, help=what)


def detectors(what: str, *, required: bool = False) -> Callable[[Command], Command]:
    """Make the option for the names of several detectors."""
    return click.option("--detector", "-d", "detectors", multiple=True, required=required, help=what)


def _one_thread_each(_context: click.Context, _parameter: click.Parameter, workers: int | None) -> int:
    """Choose the number of processes, and leave each one thread: it must be known before numpy is imported."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    return os.cpu_count() or 1 if workers is None else workers


workers = click.option(
    "--workers",
    type=click.IntRange(min=0),
    callback=_one_thread_each,
    help="Number of processes; 0 works in the process of the command.  [default: one per core]",
)


def whole_number(text: str) -> int:
    """Read a whole number, in decimal digits or, after 0x, in hexadecimal ones."""
    number = int(text, 0)
    if number < 0:
        raise ValueError
    return number


fresh = click.option("--fresh", is_flag=True, help="Check a row on simulated nights that nobody has seen.")
mirror = click.option(
    "--mirror",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ALGOZOO_MIRROR",
    help="Folder with copies of the data, looked at before any download (or set ALGOZOO_MIRROR).",
)
store = click.option("--store", type=FOLDER, default=RESULTS, show_default=True, help="Folder of the results.")
site = click.option(
    "--site",
    type=FOLDER,
    default=SITES,
    show_default=True,
    help="Folder of the leaderboards; that of a suite is in a folder of its name.",
)


def _without_sandbox(_context: click.Context, _parameter: click.Parameter, unconfined: bool) -> None:  # noqa: FBT001 - as click calls it
    """Say it to all processes that are started, too."""
    if unconfined:
        os.environ["ALGOZOO_SANDBOX"] = "none"


no_sandbox = click.option(
    "--no-sandbox",
    is_flag=True,
    expose_value=False,
    callback=_without_sandbox,
    help="Run submissions with your rights and without protection: only for your own code. The result records it.",
)


def _centre(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | tuple[float, ...] | None:
    """Read auto, as-is, or a pixel; `algozoo.datasets.read` refuses what is none of these."""
    if text is None:
        return None
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        return text


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Make one decorator of several options, which the help lists in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


files = together(
    click.option("--cube", type=PATH, help="FITS file of the frames, (n_frames, ny, nx); file.fits[EXT] names an HDU."),
    click.option(
        "--angles", type=PATH, help="FITS or text file of the parallactic angle of each frame, a list or a table."
    ),
    click.option(
        "--psf", type=PATH, help="FITS file of an off-axis, unsaturated PSF (m, m), or of several exposures (k, m, m)."
    ),
    click.option("--reference", type=PATH, help="FITS file of frames of a reference star, at the same pixel."),
    click.option("--pixel-scale", type=POSITIVE, help="Size of a pixel in arcsec."),
    click.option(
        "--axes",
        metavar="tyx|yxt|...",
        help="Order of the cube's axes as numpy has it, t for frames; guessed by default.",
    ),
    click.option(
        "--angle-unit", type=click.Choice(["deg", "rad"]), help="Unit of the angles, whatever their file states."
    ),
    click.option(
        "--angle-column", metavar="NAME", help="Column of a table that has the angles: its name, or its number from 1."
    ),
    click.option(
        "--angle-offset",
        type=float,
        help="Degrees added to the angles to bring North up; 0 if they do so already. Without it North is unknown.",
    ),
    click.option(
        "--centre",
        metavar="auto|as-is|X,Y",
        callback=_centre,
        help="Where the star is in the frames: measured, in their centre, or at a pixel. By default it is taken for "
        "centred, and refused if it is measured elsewhere.",
    ),
)
wavelengths = click.option(
    "--wavelengths", type=PATH, help="FITS or text file of the wavelengths of a 4-D cube, in micrometres."
)


flux = together(
    click.option(
        "--star-flux", type=POSITIVE, help="Flux of the star in the unit of the cube; that of the PSF by default."
    ),
    click.option(
        "--star-flux-aperture",
        type=POSITIVE,
        help="Diameter in pixels of the aperture that --star-flux was measured in; one FWHM by default.",
    ),
    click.option("--exposure-ratio", type=POSITIVE, help="Exposure time of a frame divided by that of the PSF."),
    click.option(
        "--nd-transmission",
        type=POSITIVE,
        help="Transmission of the neutral-density filter of the PSF: 0.01 for density 2.",
    ),
)
companions = click.option(
    "--companion",
    "companions",
    multiple=True,
    metavar="SEP,PA,CONTRAST",
    help="Known companion (arcsec, degrees East of North): it is subtracted, and nothing is scored around it.",
)
detector = together(
    click.option(
        "--detector",
        "-d",
        "name",
        default="pca",
        show_default=True,
        help="Name of the detector; see `algozoo detectors`.",
    ),
    click.option(
        "--parameter",
        "-p",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        help="Parameter of the detector, which `algozoo detectors NAME` describes; repeat the option for more.",
    ),
    no_sandbox,
)


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


def read_detector(name: str, settings: Sequence[str]) -> Detector:
    """Create a detector that can work on data from its name and NAME=VALUE settings; a value may be plain text.

    Raises
    ------
    InputError
        If there is no such detector or parameter, an equals sign is missing, or the detector is a control.
    """
    from algozoo.detectors.registry import create

    parameters: dict[str, Any] = {}
    for setting in settings:
        parameter, separator, value = setting.partition("=")
        if not separator:
            raise InputError(f"--parameter {setting!r}: expected NAME=VALUE, as in n_components=20")
        try:
            parameters[parameter] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            parameters[parameter] = value
    detector = create(name, **parameters)
    if detector.control:
        raise InputError(f"{name} is a control of the board and finds nothing in data; see `algozoo detectors`")
    return detector


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], style: str) -> None:
    """Print rows under named columns as an aligned table, as JSON records or as CSV."""
    if style == "json":
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2))
        return
    if style == "csv":
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(
            [columns, *([no_formula(value) for value in row] for row in rows)]
        )
        click.echo(buffer.getvalue(), nl=False)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(in_line(value)) for value in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPED_WIDTH)
    console.print(table)


def print_numbers(table: pd.DataFrame, style: str) -> None:
    """Print a table with four significant digits; what is not a number is empty, or a dash on the screen."""

    def short(value: Any) -> Any:
        if isinstance(value, float):
            value = None if math.isnan(value) else float(f"{value:.4g}")
        if style != "table":
            return value
        if value is None:
            return "-"
        return f"{value:g}" if isinstance(value, float) else value

    rows = [[short(value) for value in row] for row in table.itertuples(index=False)]
    print_table([str(column) for column in table.columns], rows, style)
