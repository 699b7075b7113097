"""``algozoo limits``: how faint a companion a detector can find in one sequence, and whether that is true."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from algozoo.cli.options import (
    detector_options,
    format_option,
    mirror_option,
    print_numbers,
    read_companion,
    read_parameters,
    sequence_options,
    star_options,
)
from algozoo.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from algozoo.datasets.centring import Centre
    from algozoo.detectors.contract import Detector
    from algozoo.limits.probe import Field

SHOWN = ["separation", "claim", "contrast", "expected", "recovered", "low", "high", "found", "n", "closes"]


@click.command()
@click.argument("dataset", required=False)
@sequence_options(required=False)
@star_options
@detector_options
@click.option("--separation", "-s", "separations", multiple=True, type=float, help="In FWHM; repeat it for more.")
@click.option(
    "--injections",
    type=int,
    default=36,
    show_default=True,
    help="Companions at each separation for the completeness; a third as many test each claim.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the azimuths.")
@mirror_option
@click.option(
    "--output", "-o", type=click.Path(file_okay=False, path_type=Path), required=True, help="New files go here."
)
@format_option
def limits(
    dataset: str | None,
    cube: Path | None,
    angles: Path | None,
    psf: Path | None,
    wavelengths: Path | None,
    reference: Path | None,
    pixel_scale: float | None,
    angle_unit: Literal["deg", "rad"] | None,
    angle_offset: float,
    centre: Centre,
    star_flux: float | None,
    star_flux_aperture: float | None,
    companions: tuple[str, ...],
    name: str,
    settings: tuple[str, ...],
    separations: tuple[float, ...],
    injections: int,
    seed: int,
    mirror: Path | None,
    output: Path,
    style: str,
) -> None:
    """Measure the detection limits of a detector on DATASET, or on FITS files, and test each limit that is claimed.

    Writes limits.ecsv, completeness.ecsv, closure.ecsv and limits.png. The table that is printed says for each claim
    what companions of that contrast, injected at fresh azimuths, showed.
    """
    import numpy as np

    from algozoo.cli.progress import Terminal
    from algozoo.datasets import load_dataset
    from algozoo.datasets.readers import read
    from algozoo.detectors.registry import create
    from algozoo.limits.measure import choose_separations, measure_limits
    from algozoo.limits.probe import Field

    detector = create(name, **read_parameters(settings))
    if detector.control:
        raise InputError(f"{name} is a control of the board and has no limit in data; see `algozoo detectors`")
    own = {"--cube": cube, "--angles": angles, "--psf": psf, "--pixel-scale": pixel_scale}
    missing = [option for option, value in own.items() if value is None]
    if dataset is None:
        if cube is None or angles is None or psf is None or pixel_scale is None:
            raise InputError(f"name a dataset (see `algozoo datasets`), or give {', '.join(missing)}")
        sequence = read(
            cube=cube,
            angles=angles,
            psf=psf,
            wavelengths=wavelengths,
            reference=reference,
            pixel_scale=pixel_scale,
            angle_unit=angle_unit,
            angle_offset=angle_offset,
            centre=centre,
            star_flux=star_flux,
            star_flux_aperture=star_flux_aperture,
        )
        field = Field.of_sequence(sequence, [read_companion(text, sequence) for text in companions])
    else:
        if len(missing) < len(own) or companions or star_flux:
            raise InputError(f"{dataset} says all about its files; leave out the options that describe your own")
        field = Field.of_dataset(load_dataset(dataset, mirror=mirror), 0)
    click.echo(f"{field.null!r}\n{detector.label}: {detector.title}", err=True)
    if field.null.cube.ndim == 4:
        raise InputError(
            f"{field.null.name} has {len(field.null.cube)} wavelengths; limits are measured in one channel: save one "
            "as a cube of its own"
        )
    chosen = choose_separations(field, separations)
    with Terminal().steps(len(chosen)) as report:
        measured = measure_limits(
            detector,
            field,
            separations=chosen,
            injections=injections,
            rng=np.random.default_rng(seed),
            report=report,
        )
    tables = {"limits": measured.table, "completeness": measured.cells, "closure": measured.closure}
    facts = {
        "sequence": repr(field.null),
        "detector": detector.label,
        "fwhm_px": field.null.fwhm,
        "seed": seed,
        "notes": list(measured.notices),
    }
    _write(output, tables, facts, field, detector)
    print_numbers(measured.closure[SHOWN], style)
    for notice in measured.notices:
        click.echo(f"Note: {notice}.", err=True)
    click.echo(f"Written to {output}: {', '.join(f'{stem}.ecsv' for stem in tables)}, limits.png", err=True)


def _write(
    output: Path, tables: dict[str, pd.DataFrame], facts: dict[str, Any], field: Field, detector: Detector
) -> None:
    """Write all files, each whole or not at all."""
    from astropy.table import Table

    from algozoo.files import write_whole
    from algozoo.plots.limits import draw_limits

    for stem, frame in tables.items():
        table = Table.from_pandas(frame)
        table.meta.update(facts)
        for column in table.colnames:
            unit = {"separation_arcsec": "arcsec", "separation_px": "pix"}.get(column)
            if unit:
                table[column].unit = unit

        def save(path: Path, table: Table = table) -> None:
            table.write(path, format="ascii.ecsv", overwrite=True)

        write_whole(output / f"{stem}.ecsv", save)
    figure = draw_limits(tables["limits"], tables["closure"], field.null, detector.label)
    write_whole(output / "limits.png", lambda path: figure.savefig(path, format="png", dpi=120))
