"""``algozoo detect``: find companions in an astronomer's own files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from algozoo.cli import options
from algozoo.errors import AlgoZooError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from algozoo.detectors.contract import Detector
    from algozoo.detectors.supervised.progress import Progress
    from algozoo.sequence import ADISequence


@click.command()
@options.files(required=True)
@options.centre
@options.detector
@options.output
@options.style
def detect(name: str, settings: tuple[str, ...], output: Path, style: str, **files: Any) -> None:
    """Run a detector on FITS files; write the detection map (FITS and PNG) and a table of candidates (CSV).

    The table lists the ten highest peaks, whatever their score: how high is enough is for you to say. For S/N maps
    `sigma` is the Gaussian equivalent of the false-alarm probability (Mawet et al. 2014).
    """
    from algozoo.benchmark.training import write_learning_curve
    from algozoo.datasets.readers import read
    from algozoo.detectors.contract import Declined
    from algozoo.plots.maps import draw_detection
    from algozoo.products import candidate_table, detection_hdus

    detector = options.read_detector(name, settings)
    sequence = read(**files)
    click.echo(f"{sequence!r}\n{detector.label}: {detector.title}", err=True)
    for notice in _notices(sequence):
        _notice(notice)
    try:
        fitted = _fitted(detector, sequence.flipped())
        result = fitted.detect(sequence)
    except Declined as reason:
        raise AlgoZooError(f"{detector.label} declines this sequence: {reason}") from None
    if note := fitted.note(sequence):
        _notice(note)
    table = candidate_table(result, sequence)
    if table.empty:
        _notice("the map has no peak, so there is no candidate: are the frames all alike?")
    hdus = detection_hdus(result, sequence, detector)
    for part, path in files.items():
        if isinstance(path, Path):
            hdus[0].header[f"HIERARCH FILE {part.upper()}"] = path.name
    hdus[0].header["ANGOFF"] = (files["angle_offset"], "[deg] added to the angles to bring North up")
    options.print_table(list(table.columns), table.to_numpy().tolist(), style)
    written = {
        "detection_map.fits": hdus.writeto,
        "detection_map.png": options.figure_writer(draw_detection(result, table, sequence, detector)),
        "candidates.csv": partial(table.to_csv, index=False),
    }
    if fitted.learning_curve is not None:
        written["learning_curve.csv"] = partial(write_learning_curve, detector=fitted)
    options.write_files(output, written)


def _notice(text: str) -> None:
    click.echo(f"Notice: {text}", err=True)


def _fitted(detector: Detector, sequence: ADISequence) -> Detector:
    """Fit a detector, and report how far it is; a model that is in the cache is used again."""
    from algozoo.benchmark.training import ORACLE_EMPTY, TRANSFER, train

    if (training := detector.training(ensemble=False)) in {TRANSFER, ORACLE_EMPTY}:
        raise InputError(f"train={training!r}: there is one sequence only, expected 'flipped', its flipped twin")

    def report(progress: Progress) -> None:
        click.echo(f"Training: {progress}", err=True)

    return train(detector, sequence, report=report)


def _notices(sequence: ADISequence) -> Iterator[str]:
    """Say what is legal and still not likely to be meant."""
    from algozoo.datasets.nulls import flip_arc

    arc = flip_arc(sequence, 1)
    if arc < 1:
        yield (
            f"the field turns by {sequence.field_rotation:.1f} deg, {arc:.1f} FWHM at 2 FWHM from the star: companions "
            "there move too little to be told from it"
        )
    if sequence.pixel_scale > 1:
        yield f"a pixel scale of {sequence.pixel_scale:g} arcsec is a coarse one; was it meant in mas?"
