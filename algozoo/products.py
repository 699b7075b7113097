"""What one detection map becomes: a table of candidates with their positions on the sky, and a FITS file."""

from typing import Any

import numpy as np
import pandas as pd
from astropy.io import fits

from algozoo import __version__
from algozoo.companions import Companion
from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.imaging.psf import locate
from algozoo.imaging.snr import significance
from algozoo.scoring import find_candidates
from algozoo.sequence import ADISequence

N_CANDIDATES = 10


def candidate_table(result: DetectionMap, sequence: ADISequence) -> pd.DataFrame:
    """List the highest peaks of a map, one FWHM from the star or more, with their position on the sky.

    The position is measured in the residual image, where there is one: self-subtraction moves the peak of an
    S/N map by up to half a FWHM.
    """
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
        Companion(separation=r, azimuth=a, contrast=0).to_sky(sequence) for r, a in zip(separation, angle, strict=True)
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
