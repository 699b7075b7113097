"""Random screens of optical path difference in a pupil, and how they drift.

Spatial frequencies are in cycles per pupil diameter.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.float64]
PowerSpectrum = Callable[[Array, Array], Array]
"""Power at frequencies along x and y."""

SURFACE_SLOPE = -2.0
"""Of the power spectrum of polished optics."""
OUTER_SCALE_M = 22.0
"""Of the atmosphere over Paranal (Martin et al. 2000, A&AS 144, 39)."""


WAFFLE_WIDTH = 0.7
"""Standard deviation of its peaks."""


def surface_spectrum(x: Array, y: Array) -> Array:
    """Power of the aberrations of optical surfaces, and of the drifts of these."""
    return np.asarray(np.maximum(np.hypot(x, y), 0.5) ** SURFACE_SLOPE)


def waffle_spectrum(n_actuators: int) -> PowerSpectrum:
    """Power of the pattern that a deformable mirror makes unseen by its wavefront sensor.

    It makes four blinking spots on the diagonals, at the edge of the corrected field.
    """
    along_axis = n_actuators / 2 / np.sqrt(2)

    def spectrum(x: Array, y: Array) -> Array:
        return np.asarray(np.exp(-((abs(x) - along_axis) ** 2 + (abs(y) - along_axis) ** 2) / (2 * WAFFLE_WIDTH**2)))

    return spectrum


def adaptive_optics_spectrum(n_actuators: int, diameter: float) -> PowerSpectrum:
    """Power of what adaptive optics leaves of the atmosphere (Jolissaint et al. 2006, J. Opt. Soc. Am. A 23, 382).

    Beyond the highest frequency that the deformable mirror can make, the atmosphere is uncorrected; below, servo lag
    leaves a share that grows as the square of the frequency.

    Parameters
    ----------
    n_actuators : int
        Across the pupil.
    diameter : float
        Metres.
    """
    cutoff = n_actuators / 2

    def spectrum(x: Array, y: Array) -> Array:
        frequency = np.hypot(x, y)
        atmosphere = (frequency**2 + (diameter / OUTER_SCALE_M) ** 2) ** (-11 / 6)
        return np.asarray(atmosphere * np.minimum(frequency / cutoff, 1) ** 2)

    return spectrum


def screens(n: int, spectrum: PowerSpectrum, inside: NDArray[np.bool_], rng: np.random.Generator) -> Array:
    """Draw screens with a power spectrum, free of piston, of unit root mean square over the pupil and over all screens.

    Parameters
    ----------
    n : int
    spectrum : callable
    inside : bool array (p, p)
        The pupil.

    Returns
    -------
    array (n, p, p)
    """
    p = len(inside)
    frequency = p * fft.fftfreq(2 * p)
    amplitude = np.sqrt(spectrum(*np.meshgrid(frequency, frequency)))
    amplitude[0, 0] = 0
    half = (n + 1) // 2
    noise = rng.standard_normal((2, half, 2 * p, 2 * p))
    light = fft.ifft2((noise[0] + 1j * noise[1]) * amplitude)[:, :p, :p]
    drawn = np.concatenate([light.real, light.imag])[:n]
    drawn -= drawn[:, inside].mean(axis=1)[:, None, None]
    return np.asarray(drawn / np.sqrt(np.mean(drawn[:, inside] ** 2)))


def drift(innovations: Array, lifetime: float) -> Array:
    """Turn independent values into a first-order autoregressive series along the first axis, of the same variance.

    Parameters
    ----------
    innovations : array (n_frames, ...)
    lifetime : float
        Frames after which the correlation has fallen to 1/e.
    """
    memory = np.exp(-1 / lifetime)
    series = innovations.copy()
    for t in range(1, len(series)):
        series[t] = memory * series[t - 1] + np.sqrt(1 - memory**2) * innovations[t]
    return series
