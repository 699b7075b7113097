"""``algozoo detect``: find companions in an astronomer's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from algozoo.cli import nights, options, writing
from algozoo.errors import AlgoZooError, InputError

if TYPE_CHECKING:
    from algozoo.detectors.contract import Detector
    from algozoo.detectors.supervised.progress import Progress
    from algozoo.sequence import ADISequence


@click.command(epilog=options.example("detect betapic --detector annular-pca -o out"))
@nights.dataset
@options.files
@options.wavelengths
@options.detector
@options.mirror
@writing.output
@writing.as_csv
@options.style
def detect(
    dataset: str | None,
    name: str,
    settings: tuple[str, ...],
    mirror: Path | None,
    output: Path,
    *,
    as_csv: bool,
    style: str,
    **files: Any,
) -> None:
    """Run a detector on FITS files, or on DATASET; write the map (FITS and PNG) and a table of candidates (ECSV).

    The table lists the ten highest peaks, whatever their score: how high is enough is for you to say. For S/N maps
    `sigma` is the Gaussian equivalent of the false-alarm probability (Mawet et al. 2014).
    """
    import pandas as pd

    from algozoo.benchmark.training import LEARNING_CURVE
    from algozoo.detectors.contract import Declined
    from algozoo.plots.maps import draw_detection
    from algozoo.products import candidate_table, detection_hdus, with_units

    detector = options.read_detector(name, settings)
    sequence = nights.open_night(dataset, mirror, files).sequence
    click.echo(f"{sequence!r}\n{detector.label}: {detector.title}", err=True)
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
    command = writing.command_line()
    hdus = detection_hdus(result, sequence, detector)
    _say_how(hdus[0].header, files, command)
    options.print_table(list(table.columns), table.to_numpy().tolist(), style)
    facts = {"sequence": sequence.name, "detector": detector.label, "command": command}
    tables = {"candidates": with_units(table, **facts)}
    if fitted.learning_curve is not None:
        curve = pd.DataFrame(fitted.learning_curve, columns=LEARNING_CURVE)
        tables["learning_curve"] = with_units(curve, **facts)
    written = {
        "detection_map.fits": hdus.writeto,
        "detection_map.png": writing.figure_writer(draw_detection(result, table, sequence, detector)),
    }
    writing.write_files(output, written | writing.table_writers(tables, as_csv=as_csv))


def _say_how(header: Any, files: dict[str, Any], command: str) -> None:
    """Name the command and its files in a FITS header."""
    from algozoo.products import for_header

    header["COMMAND"] = for_header(command)
    for part, path in files.items():
        if isinstance(path, Path):
            header[f"HIERARCH FILE {part.upper()}"] = for_header(path.name)
    if files["angle_offset"] is not None:
        header["ANGOFF"] = (files["angle_offset"], "[deg] added to the angles to bring North up")


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
