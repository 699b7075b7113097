"""KLIP of the package pyKLIP, in annuli."""

import numpy as np
from algozoo.detectors.contract import Declined
from algozoo.imaging.snr import snr_map
from pyklip.klip import rotate
from pyklip.parallelized import klip_parallelized


def detect(cube, angles, fwhm, n_modes, movement):
    """Return the S/N map of the mean of the residuals, outside of one FWHM; pyKLIP turns frames as we do."""
    if cube.ndim == 4:
        raise Declined("made for one channel")
    n, centre = len(cube), np.full(2, (cube.shape[-1] - 1) / 2)
    options = {"mode": "ADI", "subsections": 4, "movement": movement, "numbasis": n_modes, "numthreads": 1}
    annuli = int((centre[0] - fwhm) / (2 * fwhm))
    places = np.tile(centre, (n, 1)), angles, np.ones(n), np.arange(n)
    options |= {"annuli": annuli, "OWA": centre[0], "aligned_center": centre, "verbose": False}
    residuals, *_ = klip_parallelized(cube, *places, fwhm, **options)
    turned = [rotate(frame, angle, centre, centre) for frame, angle in zip(residuals[0], angles, strict=True)]
    return snr_map(np.nan_to_num(np.nanmean(turned, axis=0)), fwhm)
