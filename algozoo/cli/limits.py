"""``algozoo limits``: how faint a companion a detector can find in one sequence, and whether that is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from algozoo.cli import nights, options, writing
from algozoo.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from algozoo.limits.probe import Field

SHOWN = ["separation", "claim", "contrast", "expected", "recovered", "low", "high", "found", "n", "closes"]


@click.command(epilog=options.example("limits betapic --parameter n_components=5 -o out"))
@nights.dataset
@options.files
@options.flux
@options.companions
@options.detector
@click.option(
    "--separation",
    "-s",
    "separations",
    multiple=True,
    type=float,
    help="Separation in FWHM; repeat the option for more. By default the field decides.",
)
@options.injections(36, "Companions at each separation for the completeness; a third as many test each claim.")
@options.seed
@options.mirror
@writing.output
@writing.as_csv
@options.style
def limits(
    dataset: str | None,
    companions: tuple[str, ...],
    name: str,
    settings: tuple[str, ...],
    separations: tuple[float, ...],
    injections: int,
    seed: int,
    mirror: Path | None,
    output: Path,
    *,
    as_csv: bool,
    style: str,
    **files: Any,
) -> None:
    """Measure the detection limits of a detector on DATASET, or on FITS files, and test each limit that is claimed.

    Writes limits.ecsv, completeness.ecsv, closure.ecsv and limits.png. The table that is printed says for each claim
    what companions of that contrast, injected at fresh azimuths, showed.
    """
    import numpy as np

    from algozoo.cli.progress import Terminal
    from algozoo.limits.measure import choose_separations, measure_limits
    from algozoo.plots.limits import draw_limits
    from algozoo.products import with_units

    detector = options.read_detector(name, settings)
    field = _field(dataset, mirror, companions, files)
    click.echo(f"{field.null!r}\n{detector.label}: {detector.title}", err=True)
    chosen, rng = choose_separations(field, separations), np.random.default_rng(seed)
    with Terminal().steps(len(chosen)) as report:
        measured = measure_limits(detector, field, separations=chosen, injections=injections, rng=rng, report=report)
    options.print_numbers(measured.closure[SHOWN], style)
    for notice in measured.notices:
        click.echo(f"Note: {notice}.", err=True)
    facts = {"sequence": repr(field.null), "detector": detector.label, "fwhm_px": field.null.fwhm, "seed": seed}
    facts |= {"command": writing.command_line(), "notes": list(measured.notices)}
    frames = {"limits": measured.table, "completeness": measured.cells, "closure": measured.closure}
    tables = {name: with_units(frame, **facts) for name, frame in frames.items()}
    figure = draw_limits(measured.table, measured.closure, field.null, detector.label)
    written = writing.table_writers(tables, as_csv=as_csv)
    writing.write_files(output, {**written, "limits.png": writing.figure_writer(figure)})


def _field(dataset: str | None, mirror: Path | None, companions: tuple[str, ...], files: dict[str, Any]) -> Field:
    """Take the sequence of a dataset with the field of its manifest, or an astronomer's own files."""
    from algozoo.limits.probe import Field

    night = nights.open_night(dataset, mirror, files, companions)
    if night.dataset is None:
        field = Field.of_sequence(night.sequence, night.companions)
    else:
        field = Field.of_dataset(night.dataset, 0)
    if field.null.cube.ndim == 4:
        raise InputError(
            f"{field.null.name} has {len(field.null.cube)} wavelengths; limits are measured in one channel: save one "
            "as a cube of its own"
        )
    return field
