"""Sub-pixel shifts by a Fourier phase ramp on a padded stamp: exact for band-limited images, flux-preserving."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from algozoo.imaging.rotate import odd_fast_length


def shift(image: ArrayLike, dx: ArrayLike, dy: ArrayLike) -> NDArray[np.float64]:
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
    image = np.asarray(image, dtype=np.float64)
    ny, nx = image.shape
    shape = odd_fast_length(2 * ny), odd_fast_length(2 * nx)
    ramp_y = np.exp(-2j * np.pi * np.multiply.outer(dy, fft.fftfreq(shape[0])))
    ramp_x = np.exp(-2j * np.pi * np.multiply.outer(dx, fft.rfftfreq(shape[1])))
    spectrum = fft.rfft2(image, shape) * ramp_y[..., :, None] * ramp_x[..., None, :]
    return fft.irfft2(spectrum, shape)[..., :ny, :nx]


def shift_matrices(size: int, distances: ArrayLike) -> NDArray[np.float64]:
    """Return the matrices of `shift` along one axis: ``shift(image, dx, dy) = M(dy) @ image @ M(dx).T``.

    Many shifts of one small image cost less this way.

    Parameters
    ----------
    size : int
        Of the image along the axis.
    distances : array (n,)
        Pixels.

    Returns
    -------
    array (n, size, size)
    """
    length = odd_fast_length(2 * size)
    steps = np.arange(1 - size, size)
    apart = (steps - np.asarray(distances, dtype=np.float64)[:, None]) * np.pi
    whole = abs(np.sin(apart / length)) < 1e-12  # a shift by whole pixels
    ratio = np.sin(apart) / np.where(whole, 1.0, length * np.sin(apart / length))
    kernel = np.where(whole, 1.0, ratio)
    return np.asarray(kernel[:, np.subtract.outer(np.arange(size), np.arange(size)) + size - 1])
