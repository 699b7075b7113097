"""Matched filter, the best linear one for a known shape in noise; for companions: Ruffio et al. 2017, ApJ 842, 14."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.signal import fftconvolve

from algozoo.detectors.median import Median
from algozoo.detectors.subtraction import Array
from algozoo.imaging.robust import scatter
from algozoo.sequence import ADISequence


@dataclass(frozen=True, kw_only=True)
class MatchedFilter(Median):
    """Correlate the residuals of median subtraction with the PSF, and divide by the scatter at each separation.

    In white noise of standard deviation sigma a source of flux f, in the unit in which `psf` is normalised, has an S/N
    of f sqrt(sum of psf^2) / sigma, the highest that a linear filter can give. What median subtraction takes from a
    companion is not modelled.

    The scatter of a ring is known only as well as its few resolution elements allow; what that does to the S/N is in
    docs/zoo.md.
    """

    name: ClassVar[str] = "matched-filter"
    title: ClassVar[str] = "Matched filter on the residuals of median subtraction"
    reference: ClassVar[str] = "Ruffio et al. 2017, ApJ 842, 14, doi:10.3847/1538-4357/aa72dd"
    version: ClassVar[str] = "2"

    def score(self, image: Array, sequence: ADISequence) -> Array:
        """Return the S/N of a companion at each pixel; of a 4-D sequence one that has the star's spectrum."""
        channels = sequence.psf.reshape(-1, *sequence.psf.shape[-2:])
        flux = np.broadcast_to(sequence.star_flux, len(channels))
        return matched_filter_snr(image, np.average(channels, axis=0, weights=flux), sequence.fwhm)


def matched_filter_snr(image: Array, psf: Array, fwhm: float) -> Array:
    """S/N of a point source at each pixel of an image, from the noise of the filtered image at its separation.

    Parameters
    ----------
    image : array (n, n)
        The star at its centre; zero is assumed outside.
    psf : array (m, m)
        m odd, any normalisation.
    fwhm : float
        Pixels. The noise is that of the annulus of this width around the separation: scatter about the median, from the
        median absolute deviation, so that a companion in it hardly counts.

    Returns
    -------
    array (n, n)
        NaN closer to the star than one FWHM, where the ring of one FWHM would leave the frame, and 0 without noise.
    """
    n = len(image)
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    separation = np.hypot(x, y)
    filtered = fftconvolve(image, psf[::-1, ::-1], mode="same")
    scored = (separation >= fwhm) & (separation <= (n - fwhm) / 2)

    separations = np.arange(fwhm, (n - fwhm) / 2 + 1)
    rings = [filtered[abs(separation - r) <= fwhm / 2] for r in separations]
    level = np.array([np.median(ring) for ring in rings])
    signal = filtered - np.interp(separation, separations, level)
    noise = np.interp(separation, separations, [scatter(ring) for ring in rings])
    snr = np.divide(signal, noise, out=np.zeros_like(signal), where=noise > 0)
    return np.where(scored, snr, np.nan)
