"""``algozoo detect``: find companions in an astronomer's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from algozoo.cli.options import detector_options, format_option, print_table, read_parameters, sequence_options
from algozoo.errors import AlgoZooError, InputError

if TYPE_CHECKING:
    import pandas as pd
    from astropy.io import fits
    from matplotlib.figure import Figure

    from algozoo.detectors.contract import DetectionMap, Detector
    from algozoo.detectors.supervised.progress import Progress
    from algozoo.sequence import ADISequence

N_CANDIDATES = 10


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
    from algozoo.datasets.readers import read_sequence
    from algozoo.detectors.contract import Declined
    from algozoo.detectors.registry import create
    from algozoo.files import write_whole

    detector = create(name, read_parameters(settings))
    if detector.control:
        raise InputError(f"{name} is a control of the board and finds nothing in data; see `algozoo detectors`")
    sequence = read_sequence(
        cube=cube,
        angles=angles,
        psf=psf,
        wavelengths=wavelengths,
        reference=reference,
        pixel_scale=pixel_scale,
        angle_unit=angle_unit,
        angle_offset=angle_offset,
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
    figure = _figure(result, table, sequence, detector)
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
    from algozoo.benchmark.training import train
    from algozoo.detectors.supervised.base import Supervised

    if isinstance(detector, Supervised) and detector.train not in {"auto", "flipped"}:
        raise InputError(f"train={detector.train!r}: there is one sequence only, expected 'flipped', its flipped twin")

    def tell(progress: Progress) -> None:
        click.echo(f"Training: {progress}", err=True)

    return train(detector, sequence, report=tell) if isinstance(detector, Supervised) else detector.fit(sequence)


def candidate_table(result: DetectionMap, sequence: ADISequence) -> pd.DataFrame:
    """List the highest peaks of a map, one FWHM from the star or more, with their place on the sky.

    The place is that of the source in the residual image, where there is one: self-subtraction moves the peak of an
    S/N map by up to half a FWHM.
    """
    import numpy as np
    import pandas as pd

    from algozoo.companions import Companion
    from algozoo.imaging.psf import locate
    from algozoo.imaging.snr import significance
    from algozoo.scoring import find_candidates

    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    peaks = find_candidates(result.scores, fwhm=sequence.fwhm, valid=np.hypot(x, y) >= sequence.fwhm)
    px, py, score = peaks.x[:N_CANDIDATES], peaks.y[:N_CANDIDATES], peaks.score[:N_CANDIDATES]
    noise_radius = np.hypot(px - sequence.centre, py - sequence.centre)
    if result.image is not None:
        fits = [locate(result.image, x, y, sequence.fwhm) for x, y in zip(px, py, strict=True)]
        px, py = np.array(fits, dtype=float).reshape(-1, 2).T
    separation = np.hypot(px - sequence.centre, py - sequence.centre)
    angle = np.rad2deg(np.arctan2(py - sequence.centre, px - sequence.centre))
    sky = [
        Companion(separation=r, position_angle=a, contrast=0).to_sky(sequence)
        for r, a in zip(separation, angle, strict=True)
    ]
    columns: dict[str, Any] = {
        "x_px": np.round(px, 2),
        "y_px": np.round(py, 2),
        "separation_arcsec": np.round([s for s, _ in sky], 4),
        "position_angle_deg": np.round([a for _, a in sky], 2),
        result.kind: np.round(score, 3),
    }
    if result.kind == "snr":
        columns["sigma"] = np.round(significance(score, noise_radius, sequence.fwhm), 2)
    return pd.DataFrame(columns)


def detection_hdus(result: DetectionMap, sequence: ADISequence, detector: Detector) -> fits.HDUList:
    """Return the map, with a header that says what it is and where it came from, and the residual image."""
    from astropy.io import fits

    from algozoo import __version__

    header = fits.Header()
    header["BUNIT"] = "S/N" if result.kind == "snr" else result.kind
    header["OBJECT"] = sequence.name
    header["CREATOR"] = f"AlgoZoo {__version__}"
    header["DETECTOR"] = detector.name
    for key, value in detector.parameters.items():
        header[f"HIERARCH PARAM {key.upper()}"] = str(value)
    header["FWHM"] = (round(sequence.fwhm, 4), "[pix] of the PSF")
    header["NFRAMES"] = sequence.n_frames
    header["FIELDROT"] = (round(sequence.field_rotation, 3), "[deg] range of the parallactic angles")
    for axis, towards, step in ((1, "EAST", -1), (2, "NORTH", 1)):
        header[f"CTYPE{axis}"] = (towards, "offset from the star, North up and East left")
        header[f"CUNIT{axis}"] = "arcsec"
        header[f"CRPIX{axis}"] = sequence.centre + 1
        header[f"CRVAL{axis}"] = 0.0
        header[f"CDELT{axis}"] = step * sequence.pixel_scale
    hdus = fits.HDUList([fits.PrimaryHDU(result.scores.astype("float32"), header)])
    if result.image is not None:
        hdus.append(fits.ImageHDU(result.image.astype("float32"), name="RESIDUAL"))
    return hdus


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


def _figure(result: DetectionMap, table: pd.DataFrame, sequence: ADISequence, detector: Detector) -> Figure:
    from matplotlib.figure import Figure

    reach = (sequence.centre + 0.5) * sequence.pixel_scale
    figure = Figure(figsize=(6.4, 5.4), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(result.scores, origin="lower", extent=(-reach, reach, -reach, reach), cmap="viridis")
    figure.colorbar(image, ax=axes, label="S/N" if result.kind == "snr" else result.kind)
    axes.plot(0, 0, "+", color="white")
    for rank, (x, y) in enumerate(zip(table["x_px"], table["y_px"], strict=True), start=1):
        place = (x - sequence.centre) * sequence.pixel_scale, (y - sequence.centre) * sequence.pixel_scale
        axes.annotate(str(rank), place, (6, 6), textcoords="offset points", color="white", fontsize=8)
        axes.plot(*place, "o", mfc="none", mec="white", ms=9)
    axes.set(title=f"{sequence.name}: {detector.label}", xlabel="offset [arcsec]", ylabel="offset [arcsec], North up")
    return figure
