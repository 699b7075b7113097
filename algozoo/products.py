"""What is written for an astronomer: tables with units, and a map as a FITS file with its place on the sky."""

import re
from collections.abc import Iterable
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pandas as pd
from astropy.coordinates import Angle
from astropy.io import fits
from astropy.table import Column, QTable, Table

from algozoo import __version__
from algozoo.arguments import checked, expect
from algozoo.datasets.readers import KEYWORDS
from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.errors import InputError
from algozoo.files import write_whole
from algozoo.imaging.psf import locate
from algozoo.imaging.snr import significance
from algozoo.scoring import find_candidates
from algozoo.sequence import HEADER, ADISequence

N_CANDIDATES = 10
POSITION_ANGLE = "position_angle_deg"
FROM_UP = "angle_from_up_deg"
"""Counter-clockwise in the derotated frame, where the direction of North is not known."""
UNITS = {"arcsec": u.arcsec, "px": u.pix, "deg": u.deg, "seconds": u.s}
"""By the last word of a column's name; the others are numbers without unit."""
UNIT_NOT_STATED = "unit of the cube"


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
        where North is not known), the score under the name of its kind and, of an S/N map, `sigma`: the Gaussian
        equivalent of its false-alarm probability.

    Raises
    ------
    InputError
        If the arguments are something else, or the map is not one of this sequence.
    """
    table = QTable(with_units(candidate_table(result, sequence), sequence=sequence.name))
    table[result.kind].unit = u.one
    if "sigma" in table.colnames:
        table["sigma"].unit = u.one
    for name in table.colnames:
        table.rename_column(name, re.sub("_(px|arcsec|deg)$", "", name))
    return table


def with_units(frame: pd.DataFrame, **facts: Any) -> Table:
    """Return a table whose columns have the units that their names end with, and the versions of what made it.

    Parameters
    ----------
    frame : DataFrame
    **facts
        More of what a reader must know, for `Table.meta`.
    """
    table = Table(meta=facts | {"versions": versions()})
    for name, values in frame.items():
        numbers = pd.api.types.is_numeric_dtype(values)
        unit = UNITS.get(str(name).rpartition("_")[2])
        table[str(name)] = Column(values if numbers else values.fillna("").astype(str).to_list(), unit=unit)
    return table


def versions() -> dict[str, str]:
    """Return the versions that a map and its candidates depend on."""
    return {"algozoo": __version__} | {package: version(package) for package in ("numpy", "scipy", "astropy")}


def write_map(result: DetectionMap, path: str | Path, sequence: ADISequence | None = None) -> None:
    """Write a map to a FITS file; see `DetectionMap.write`."""
    expect(path, (str, Path), "write: path", 'detection.write("map.fits")')
    write_whole(Path(path), map_hdus(result, sequence).writeto)


def detection_hdus(result: DetectionMap, sequence: ADISequence, detector: Detector) -> fits.HDUList:
    """Return the images of `map_hdus`, whose header also names the detector and its parameters."""
    hdus = map_hdus(result, sequence)
    header = hdus[0].header
    header["DETECTOR"] = detector.name
    header["DETVERS"] = (str(detector.version), "version of the detector")
    for key, value in detector.parameters.items():
        header[f"HIERARCH PARAM {key.upper()}"] = for_header(str(value))
    return hdus


def map_hdus(result: DetectionMap, sequence: ADISequence | None = None) -> fits.HDUList:
    """Return the map, the residual image and the fluxes as images, each with its unit and its place on the sky."""
    header = fits.Header({"CREATOR": f"AlgoZoo {__version__}"})
    for package, number in versions().items():
        header[f"HIERARCH VERSION {package.upper()}"] = number
    unit, axes = UNIT_NOT_STATED, fits.Header()
    if sequence is not None:
        expect(sequence, ADISequence, "write: sequence", 'detection.write("map.fits", night)')
        _check_shape(result, sequence)
        _describe(header, sequence)
        axes = sky_axes(sequence)
        unit = for_header(str(sequence.meta.get(HEADER, {}).get("BUNIT", UNIT_NOT_STATED)))
    hdus = fits.HDUList([fits.PrimaryHDU(result.scores.astype("float32"), header)])
    for name, image in (("RESIDUAL", result.image), ("FLUX", result.flux)):
        if image is not None:
            hdus.append(fits.ImageHDU(image.astype("float32"), name=name))
    for hdu in hdus:
        hdu.header["BUNIT"] = unit
        hdu.header.update(axes)
    hdus[0].header["BUNIT"] = "S/N" if result.kind == "snr" else result.kind
    return hdus


def _describe(header: fits.Header, sequence: ADISequence) -> None:
    """Write what a sequence is into a header, with what the header of its cube says."""
    header["OBJECT"] = for_header(sequence.name)
    header.update(_carried(sequence, KEYWORDS))
    header["FWHM"] = (round(sequence.fwhm, 4), "[pix] of the PSF")
    header["PIXSCALE"] = (sequence.pixel_scale, "[arcsec]")
    header["NFRAMES"] = sequence.n_frames
    header["FIELDROT"] = (round(sequence.field_rotation, 3), "[deg] range of the parallactic angles")
    header["NORTHANG"] = (
        "unknown" if sequence.north_angle is None else sequence.north_angle,
        "[deg] from up to North, counter-clockwise",
    )


def _carried(sequence: ADISequence, keys: Iterable[str]) -> dict[str, str | float]:
    """Return what the header of the cube says, as far as it can be written."""
    stated = {key: sequence.meta.get(HEADER, {}).get(key) for key in keys}
    text = {key: for_header(value) for key, value in stated.items() if isinstance(value, str)}
    return text | {key: value for key, value in stated.items() if isinstance(value, int | float) and isfinite(value)}


def sky_axes(sequence: ADISequence) -> fits.Header:
    """Return the world coordinates of the derotated frame, whose reference pixel is the star's.

    Right ascension and declination where North is known and the header of the cube states those of the star; else
    offsets from the star in arcsec, towards East and North or, where North is not known, to the left and up.
    """
    north = np.deg2rad(sequence.north_angle or 0.0)
    star = None if sequence.north_angle is None else star_position(sequence)
    names, unit = ("LEFT", "UP") if sequence.north_angle is None else ("EAST", "NORTH"), "arcsec"
    if star is not None:
        names, unit = ("RA---TAN", "DEC--TAN"), "deg"
    header = fits.Header({"WCSAXES": 2} | _carried(sequence, ("RADESYS", "EQUINOX")))
    for axis, name, sense, value in zip((1, 2), names, (-1, 1), star or (0.0, 0.0), strict=True):
        header[f"CTYPE{axis}"] = (name, "" if star else "offset from the star")
        header[f"CUNIT{axis}"] = unit
        header[f"CRPIX{axis}"] = (sequence.centre + 1, "the star")
        header[f"CRVAL{axis}"] = value
        header[f"CDELT{axis}"] = float((sense * sequence.pixel_scale * u.arcsec).to_value(unit))
    cosine, sine = float(np.cos(north)), float(np.sin(north))
    header.update({"PC1_1": cosine, "PC1_2": sine, "PC2_1": 0 - sine, "PC2_2": cosine})
    return header


def star_position(sequence: ADISequence) -> tuple[float, float] | None:
    """Return right ascension and declination in degrees as the header of the cube states them, None if it does not.

    Numbers are degrees; text with colons or blanks is hours and degrees.
    """
    stated = sequence.meta.get(HEADER, {})
    try:
        ra, dec = (_degrees(stated.get(key), unit) for key, unit in (("RA", u.hourangle), ("DEC", u.deg)))
    except (ValueError, TypeError):
        return None
    return (ra, dec) if 0 <= ra <= 360 and abs(dec) <= 90 else None


def _degrees(value: Any, unit: u.UnitBase) -> float:
    try:
        return float(value)
    except ValueError:
        return float(Angle(value, unit).deg)


def for_header(text: str) -> str:
    """Return text as a FITS header can hold it, other characters as escapes."""
    return text.encode("unicode_escape").decode()


def _check_shape(result: DetectionMap, sequence: ADISequence) -> None:
    if len(result.scores) != sequence.size:
        raise InputError(
            f"sequence: its frames are {sequence.size} px wide and the map is {len(result.scores)} px, expected the "
            "sequence that the map was made of"
        )
