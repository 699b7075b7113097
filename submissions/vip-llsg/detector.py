"""Local low-rank plus sparse plus Gaussian decomposition (LLSG) of the package VIP."""

from algozoo.detectors.contract import Declined
from algozoo.imaging.snr import snr_map
from vip_hci.psfsub import llsg


def detect(cube, angles, fwhm, rank, threshold):
    """Return the S/N map of VIP's sparse image; VIP turns frames as we do, about the same centre if they are odd."""
    if cube.ndim == 4 or cube.shape[-1] % 2 == 0:
        raise Declined("made for one channel and frames of odd size")
    image = llsg(cube, angles, fwhm, rank=rank, thresh=threshold, random_seed=0, nproc=1, verbose=False)
    return snr_map(image, fwhm)
