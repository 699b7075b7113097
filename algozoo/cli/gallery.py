"""``algozoo gallery``: the maps of the detectors on one sequence, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from algozoo.cli import options

if TYPE_CHECKING:
    from algozoo.companions import Companion
    from algozoo.datasets import Dataset
    from algozoo.sequence import ADISequence

COLUMNS = 4
FIRST_ANGLE, STEP = 90.0, 120.0
"""Degrees: where injected companions stand, from the innermost annulus outwards."""


@click.command(epilog=options.example("gallery naco-lp --sequence 3 -d pca -d median -o maps.png"))
@click.argument("dataset")
@click.option(
    "--sequence",
    "index",
    type=int,
    default=0,
    show_default=True,
    help="Number of the sequence of a simulated dataset, from 0.",
)
@options.detectors("Name of a detector; repeat the option for more.  [default: all that need no training]")
@options.mirror
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), required=True, help="PNG file that is written."
)
def gallery(dataset: str, index: int, detectors: tuple[str, ...], mirror: Path | None, output: Path) -> None:
    """Draw the maps of the detectors on a sequence of DATASET, with a circle around each companion.

    DATASET is a name or a manifest that ends in .toml; `algozoo datasets add` makes one from files of your own. A
    simulated sequence has no companion: one is injected into each annulus, as bright as the brightest of the trials.
    """
    from matplotlib.figure import Figure

    from algozoo.datasets import load_dataset
    from algozoo.detectors.registry import BUILT_IN, create
    from algozoo.files import write_whole
    from algozoo.plots.maps import draw_map, shown_field

    drawn = [create(name) for name in detectors or BUILT_IN]
    if not detectors:
        drawn = [detector for detector in drawn if not (detector.control or detector.learns)]
    shown = load_dataset(dataset, mirror=mirror)
    sequence, companions = with_companions(shown, index)
    field = shown_field(shown, sequence)
    columns = min(COLUMNS, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = Figure(figsize=(3.6 * columns, 3.1 * rows + 0.3), layout="constrained")
    figure.suptitle(sequence.name)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, detector in zip(axes, drawn, strict=False):
        click.echo(detector.label, err=True)
        draw_map(axis, detector, sequence, companions, field)
    for axis in axes[len(drawn) :]:
        axis.set_axis_off()
    write_whole(output, lambda path: figure.savefig(path, format="png", dpi=100))
    click.echo(f"Written to {output}", err=True)


def with_companions(dataset: Dataset, index: int) -> tuple[ADISequence, list[Companion]]:
    """Return a sequence and its companions: those that are known, or one injected into each annulus."""
    from algozoo.companions import Companion, inject

    sequence = dataset.sequence(index)
    if dataset.manifest.kind == "real":
        return sequence, dataset.companions(sequence)
    companions = [
        Companion(
            separation=(annulus.inner + annulus.outer) / 2 * sequence.fwhm,
            azimuth=FIRST_ANGLE + STEP * number,
            contrast=annulus.contrast[1],
        )
        for number, annulus in enumerate(dataset.manifest.annuli)
        if annulus.contrast
    ]
    return inject(sequence, companions), companions
