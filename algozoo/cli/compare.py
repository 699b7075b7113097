"""``algozoo compare``: which detector finds more companions in an astronomer's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from algozoo.cli.options import (
    format_option,
    no_sandbox_option,
    print_numbers,
    read_companion,
    sequence_options,
    star_options,
)

if TYPE_CHECKING:
    from algozoo.datasets.centring import Centre


@click.command()
@sequence_options(required=True)
@star_options
@click.option(
    "--detector", "-d", "detectors", multiple=True, required=True, help="See `algozoo detectors`; repeat it for more."
)
@no_sandbox_option
@click.option(
    "--injections", type=click.IntRange(min=1), default=60, show_default=True, help="Companions, one at a time."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of their positions.")
@click.option(
    "--output", "-o", type=click.Path(file_okay=False, path_type=Path), required=True, help="New files go here."
)
@format_option
def compare(
    cube: Path,
    angles: Path,
    psf: Path,
    wavelengths: Path | None,
    reference: Path | None,
    pixel_scale: float,
    angle_unit: Literal["deg", "rad"] | None,
    angle_offset: float,
    centre: Centre,
    star_flux: float | None,
    star_flux_aperture: float | None,
    companions: tuple[str, ...],
    detectors: tuple[str, ...],
    injections: int,
    seed: int,
    output: Path,
    style: str,
) -> None:
    """Inject companions into FITS files and count those that each detector finds, and its false positives.

    Writes scores.csv, which is printed, curves.csv, outcomes.parquet and curves.png. The contrasts of the companions
    are calibrated first, which takes minutes, and kept for the next time.
    """
    import matplotlib as mpl

    from algozoo.benchmark.compare import compare as compare_detectors
    from algozoo.cli.progress import Terminal
    from algozoo.datasets import read
    from algozoo.files import write_whole

    mpl.use("Agg")  # the figure goes to a file
    sequence = read(
        cube,
        angles,
        psf,
        wavelengths=wavelengths,
        reference=reference,
        pixel_scale=pixel_scale,
        angle_unit=angle_unit,
        angle_offset=angle_offset,
        centre=centre,
        star_flux=star_flux,
        star_flux_aperture=star_flux_aperture,
        name=cube.stem,
    )
    report = Terminal()
    report.say(repr(sequence))
    comparison = compare_detectors(
        sequence,
        detectors,
        injections=injections,
        companions=[read_companion(text, sequence) for text in companions],
        seed=seed,
        report=report,
    )
    table, curves, figure = comparison.table(), comparison.curves(), comparison.plot()
    write_whole(output / "scores.csv", lambda path: table.to_csv(path, index=False))
    write_whole(output / "curves.csv", lambda path: curves.to_csv(path, index=False))
    write_whole(output / "outcomes.parquet", lambda path: comparison.outcomes.to_parquet(path, index=False))
    write_whole(output / "curves.png", lambda path: figure.savefig(path, format="png", dpi=120))
    print_numbers(table, style)
    for notice in comparison.notices:
        report.say(f"Notice: {notice}")
    report.say(f"Written to {output}: scores.csv, curves.csv, outcomes.parquet, curves.png")
