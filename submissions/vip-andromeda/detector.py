"""ANDROMEDA of the package VIP: the likelihood of a companion in differences of frames."""

import numpy as np
from algozoo.detectors.contract import Declined
from scipy.ndimage import shift
from vip_hci.invprob import andromeda

FWHM_OVER_RESOLUTION = 1.03
"""FWHM of an Airy disc in lambda / D."""


def detect(cube, angles, psf, fwhm, filtering_fraction):
    """Return ANDROMEDA's normalised S/N, moved by half a pixel, as it cuts a row and a column of odd frames off."""
    if cube.ndim == 4 or cube.shape[-1] % 2 == 0:
        raise Declined("made for one channel and frames of odd size")
    cut = max(len(psf) // 2 - round(1.5 * fwhm), 0)
    stamp = psf[cut : len(psf) - cut, cut : len(psf) - cut]
    sampling = fwhm / FWHM_OVER_RESOLUTION / 2
    snr = andromeda(cube, sampling, angles, stamp, filtering_fraction=filtering_fraction, iwa=1.0)[2]
    return shift(np.pad(snr, (0, 1)), 0.5)
