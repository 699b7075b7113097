"""Sub-pixel shifts by a Fourier phase ramp on a padded stamp: exact for band-limited images, flux-preserving."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from algozoo.imaging.rotate import odd_fast_length

Array = NDArray[np.float64]


def shift(image: ArrayLike, dx: ArrayLike, dy: ArrayLike) -> Array:
    """Move an image by sub-pixel amounts.

    Parameters
    ----------
    image : array (ny, nx)
        Zero is assumed outside.
    dx, dy : array (...)
        Shifts in pixels towards larger x (columns) and y (rows).

    Returns
    -------
    array (..., ny, nx)
        One shifted copy for each shift, on the grid of `image`; what leaves it is lost.
    """
    spectrum = Spectrum(image)
    return spectrum.filtered(spectrum.ramp(dx, dy))


class Spectrum:
    """Fourier transform of padded images, for those that are moved more than once.

    Parameters
    ----------
    images : array (..., ny, nx)
        Zero is assumed outside.
    """

    def __init__(self, images: ArrayLike) -> None:
        images = np.asarray(images, dtype=np.float64)
        self._ny, self._nx = images.shape[-2:]
        self._shape = odd_fast_length(2 * self._ny), odd_fast_length(2 * self._nx)
        self._spectrum = fft.rfft2(images, self._shape)

    def ramp(self, dx: ArrayLike, dy: ArrayLike) -> NDArray[np.complex128]:
        """Return the filter that moves by dx and dy (...) pixels; the mean of some is that of the moved copies."""
        ramp_y = np.exp(-2j * np.pi * np.multiply.outer(dy, fft.fftfreq(self._shape[0])))
        ramp_x = np.exp(-2j * np.pi * np.multiply.outer(dx, fft.rfftfreq(self._shape[1])))
        return np.asarray(ramp_y[..., :, None] * ramp_x[..., None, :])

    def filtered(self, ramp: NDArray[np.complex128]) -> Array:
        """Return the images after a filter, (..., ny, nx)."""
        return np.asarray(fft.irfft2(self._spectrum * ramp, self._shape)[..., : self._ny, : self._nx])
