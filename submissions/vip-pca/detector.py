"""Full-frame PCA of the package VIP."""

from algozoo.detectors.contract import Declined
from algozoo.imaging.snr import snr_map
from vip_hci.psfsub import pca


def detect(cube, angles, fwhm, n_components):
    """Return the S/N map of VIP's residual image; VIP turns frames as we do, about the same centre if they are odd."""
    if cube.ndim == 4 or cube.shape[-1] % 2 == 0:
        raise Declined("made for one channel and frames of odd size")
    image = pca(cube=cube, angle_list=angles, ncomp=n_components, nproc=1, check_memory=False, verbose=False)
    return snr_map(image, fwhm)
