"""``algozoo detect``: find companions in an astronomer's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from algozoo.cli.options import detector_options, format_option, print_table, read_parameters, sequence_options
from algozoo.errors import AlgoZooError, InputError

if TYPE_CHECKING:
    from algozoo.datasets.centring import Centre
    from algozoo.detectors.contract import Detector
    from algozoo.detectors.supervised.progress import Progress
    from algozoo.sequence import ADISequence


@click.command()
@sequence_options(required=True)
@detector_options
@click.option(
    "--output", "-o", type=click.Path(file_okay=False, path_type=Path), required=True, help="New files go here."
)
@format_option
def detect(
    cube: Path,
    angles: Path,
    psf: Path,
    wavelengths: Path | None,
    reference: Path | None,
    pixel_scale: float,
    angle_unit: Literal["deg", "rad"] | None,
    angle_offset: float,
    centre: Centre,
    name: str,
    settings: tuple[str, ...],
    output: Path,
    style: str,
) -> None:
    """Run a detector on FITS files; write the detection map (FITS and PNG) and a table of candidates (CSV).

    The table lists the ten highest peaks, whatever their score: how high is enough is for you to say. For S/N maps
    `sigma` is the Gaussian equivalent of the false-alarm probability (Mawet et al. 2014).
    """
    from algozoo.benchmark.training import write_learning_curve
    from algozoo.datasets.readers import read
    from algozoo.detectors.contract import Declined
    from algozoo.detectors.registry import create
    from algozoo.files import write_whole
    from algozoo.plots.maps import draw_detection
    from algozoo.products import candidate_table, detection_hdus

    detector = create(name, **read_parameters(settings))
    if detector.control:
        raise InputError(f"{name} is a control of the board and finds nothing in data; see `algozoo detectors`")
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
    )
    click.echo(f"{sequence!r}\n{detector.label}: {detector.title}", err=True)
    for notice in _notices(sequence):
        click.echo(f"Notice: {notice}", err=True)
    try:
        fitted = _fitted(detector, sequence.flipped())
        result = fitted.detect(sequence)
    except Declined as reason:
        raise AlgoZooError(f"{detector.label} declines this sequence: {reason}") from None
    if note := fitted.note(sequence):
        click.echo(f"Notice: {note}", err=True)
    table = candidate_table(result, sequence)
    if table.empty:
        click.echo("Notice: the map has no peak, so there is no candidate: are the frames all alike?", err=True)
    figure = draw_detection(result, table, sequence, detector)
    hdus = detection_hdus(result, sequence, detector)
    files = {"CUBE": cube, "ANGLES": angles, "PSF": psf, "WAVELENGTHS": wavelengths, "REFERENCE": reference}
    for part, path in files.items():
        if path:
            hdus[0].header[f"HIERARCH FILE {part}"] = path.name
    hdus[0].header["ANGOFF"] = (angle_offset, "[deg] added to the angles to bring North up")
    write_whole(output / "detection_map.fits", hdus.writeto)
    write_whole(output / "detection_map.png", lambda path: figure.savefig(path, format="png", dpi=120))
    write_whole(output / "candidates.csv", lambda path: table.to_csv(path, index=False))
    written = "detection_map.fits, detection_map.png, candidates.csv"
    if write_learning_curve(output / "learning_curve.csv", fitted):
        written += ", learning_curve.csv"
    print_table(list(table.columns), table.to_numpy().tolist(), style)
    click.echo(f"Written to {output}: {written}", err=True)


def _fitted(detector: Detector, sequence: ADISequence) -> Detector:
    """Fit a detector, and say how far it is; a model that is in the cache is used again."""
    from algozoo.benchmark.training import ORACLE_EMPTY, TRANSFER, train

    if (training := detector.training(ensemble=False)) in {TRANSFER, ORACLE_EMPTY}:
        raise InputError(f"train={training!r}: there is one sequence only, expected 'flipped', its flipped twin")

    def tell(progress: Progress) -> None:
        click.echo(f"Training: {progress}", err=True)

    return train(detector, sequence, report=tell)


def _notices(sequence: ADISequence) -> list[str]:
    """Say what is legal and still not likely to be meant."""
    import numpy as np

    notices = []
    arc = 2 * np.deg2rad(sequence.field_rotation)
    if arc < 1:
        notices.append(
            f"the field turns by {sequence.field_rotation:.1f} deg, {arc:.1f} FWHM at 2 FWHM from the star: companions "
            "there move too little to be told from it"
        )
    if sequence.pixel_scale > 1:
        notices.append(f"a pixel scale of {sequence.pixel_scale:g} arcsec is a coarse one; was it meant in mas?")
    return notices
