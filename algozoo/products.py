"""What one detection map becomes: a table of candidates with their positions on the sky, and a FITS file."""

from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import QTable

from algozoo import __version__
from algozoo.arguments import checked, expect
from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.errors import InputError
from algozoo.files import write_whole
from algozoo.imaging.psf import locate
from algozoo.imaging.snr import significance
from algozoo.scoring import find_candidates
from algozoo.sequence import ADISequence

N_CANDIDATES = 10
POSITION_ANGLE = "position_angle_deg"
FROM_UP = "angle_from_up_deg"
"""Counter-clockwise in the derotated frame, where the direction of North is not known."""


def candidate_table(result: DetectionMap, sequence: ADISequence) -> pd.DataFrame:
    """List the highest peaks of a map, one FWHM from the star or more, with their position on the sky.

    Where the direction of North is not known, the angle is that from up in the derotated frame, and is named so.

    The position is measured in the residual image, where there is one: self-subtraction moves the peak of an
    S/N map by up to half a FWHM.

    Raises
    ------
    InputError
        If the map is not one of this sequence.
    """
    call = "candidates(detector.detect(night), night)"
    expect(result, DetectionMap, "candidates: result", call)
    expect(sequence, ADISequence, "candidates: sequence", call)
    _check_shape(result, sequence)
    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    peaks = find_candidates(result.scores, fwhm=sequence.fwhm, valid=np.hypot(x, y) >= sequence.fwhm)
    px, py, score = peaks.x[:N_CANDIDATES], peaks.y[:N_CANDIDATES], peaks.score[:N_CANDIDATES]
    noise_radius = np.hypot(px - sequence.centre, py - sequence.centre)
    if result.image is not None:
        fits = [locate(result.image, x, y, sequence.fwhm) for x, y in zip(px, py, strict=True)]
        px, py = np.array(fits, dtype=float).reshape(-1, 2).T
    separation = np.hypot(px - sequence.centre, py - sequence.centre)
    angle = np.rad2deg(np.arctan2(py - sequence.centre, px - sequence.centre))
    from_up = (angle - 90 - (sequence.north_angle or 0.0)) % 360
    columns: dict[str, Any] = {
        "x_px": np.round(px, 2),
        "y_px": np.round(py, 2),
        "separation_arcsec": np.round(separation * sequence.pixel_scale, 4),
        FROM_UP if sequence.north_angle is None else POSITION_ANGLE: np.round(from_up, 2),
        result.kind: np.round(score, 3),
    }
    if result.kind == "snr":
        columns["sigma"] = np.round(significance(score, noise_radius, sequence.fwhm), 2)
    return pd.DataFrame(columns)


@checked
def candidates(result: DetectionMap, sequence: ADISequence) -> QTable:
    """Return the highest peaks of a map, best first, with units; see `candidate_table`.

    Parameters
    ----------
    result : DetectionMap
    sequence : ADISequence
        That of the map.

    Returns
    -------
    QTable
        x and y (pix, in the derotated frame), separation (arcsec), position_angle (deg, East of North; or angle_from_up
        where North is not known), the score under
        the name of its kind and, of an S/N map, `sigma`: the Gaussian equivalent of its false-alarm probability.

    Raises
    ------
    InputError
        If the arguments are something else, or the map is not one of this sequence.
    """
    units = {"x_px": u.pix, "y_px": u.pix, "separation_arcsec": u.arcsec, POSITION_ANGLE: u.deg, FROM_UP: u.deg}
    listed = candidate_table(result, sequence)
    table = QTable(meta={"sequence": sequence.name})
    for name, values in listed.items():
        unit = units.get(str(name), u.one)
        table[str(name).removesuffix(f"_{'px' if unit == u.pix else unit}")] = values.to_numpy(dtype=float) * unit
    return table


def write_map(result: DetectionMap, path: str | Path, sequence: ADISequence | None = None) -> None:
    """Write a map to a FITS file; see `DetectionMap.write`."""
    expect(path, (str, Path), "write: path", 'detection.write("map.fits")')
    write_whole(Path(path), map_hdus(result, sequence).writeto)


def detection_hdus(result: DetectionMap, sequence: ADISequence, detector: Detector) -> fits.HDUList:
    """Return the images of `map_hdus`, whose header also names the detector and its parameters."""
    hdus = map_hdus(result, sequence)
    header = hdus[0].header
    header["DETECTOR"] = detector.name
    for key, value in detector.parameters.items():
        header[f"HIERARCH PARAM {key.upper()}"] = str(value)
    return hdus


def map_hdus(result: DetectionMap, sequence: ADISequence | None = None) -> fits.HDUList:
    """Return the map, the residual image and the fluxes as images, with a header that describes them."""
    header = fits.Header()
    header["BUNIT"] = "S/N" if result.kind == "snr" else result.kind
    header["CREATOR"] = f"AlgoZoo {__version__}"
    if sequence is not None:
        expect(sequence, ADISequence, "write: sequence", 'detection.write("map.fits", night)')
        _check_shape(result, sequence)
        _describe(header, sequence)
    hdus = fits.HDUList([fits.PrimaryHDU(result.scores.astype("float32"), header)])
    for name, image in (("RESIDUAL", result.image), ("FLUX", result.flux)):
        if image is not None:
            hdus.append(fits.ImageHDU(image.astype("float32"), name=name))
    return hdus


def _describe(header: fits.Header, sequence: ADISequence) -> None:
    """Write what a sequence is into a header, and how its pixels lie on the sky."""
    header["OBJECT"] = printable(sequence.name)
    header["FWHM"] = (round(sequence.fwhm, 4), "[pix] of the PSF")
    header["NFRAMES"] = sequence.n_frames
    header["FIELDROT"] = (round(sequence.field_rotation, 3), "[deg] range of the parallactic angles")
    known = sequence.north_angle is not None
    for axis, towards, step in ((1, "EAST" if known else "LEFT", -1), (2, "NORTH" if known else "UP", 1)):
        header[f"CTYPE{axis}"] = (towards, "offset from the star" + (", North up and East left" if known else ""))
        header[f"CUNIT{axis}"] = "arcsec"
        header[f"CRPIX{axis}"] = sequence.centre + 1
        header[f"CRVAL{axis}"] = 0.0
        header[f"CDELT{axis}"] = step * sequence.pixel_scale
    header["NORTHANG"] = (
        sequence.north_angle if known else "unknown",
        "[deg] from up to North, counter-clockwise",
    )
    north = np.deg2rad(sequence.north_angle or 0.0)
    cosine, sine = np.cos(north), np.sin(north)
    for element, value in {"PC1_1": cosine, "PC1_2": sine, "PC2_1": 0 - sine, "PC2_2": cosine}.items():
        header[element] = float(value)


def printable(text: str) -> str:
    """Return text as a FITS header can hold it, other characters as escapes."""
    return text.encode("unicode_escape").decode()


def _check_shape(result: DetectionMap, sequence: ADISequence) -> None:
    if len(result.scores) != sequence.size:
        raise InputError(
            f"sequence: its frames are {sequence.size} px wide and the map is {len(result.scores)} px, expected the "
            "sequence that the map was made of"
        )
