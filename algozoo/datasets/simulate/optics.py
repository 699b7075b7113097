"""Pupil, coronagraph, and the propagation of light from the one through the other onto a detector."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

CENTRAL_OBSCURATION = 0.2
"""Diameter of the secondary mirror's shadow, in pupil diameters."""


def pupil_coordinates(n_pixels: int) -> tuple[Array, Array]:
    """Return x and y of the pixels of a pupil, in pupil diameters from its centre."""
    y, x = (np.mgrid[:n_pixels, :n_pixels] - (n_pixels - 1) / 2) / n_pixels
    return x, y


def pupil(n_pixels: int) -> Array:
    """Amplitude in a round pupil with a central obscuration, edges one pixel soft, of unit energy."""
    radius = np.hypot(*pupil_coordinates(n_pixels))
    outside_secondary = np.clip((radius - CENTRAL_OBSCURATION / 2) * n_pixels + 0.5, 0, 1)
    amplitude = outside_secondary * np.clip((0.5 - radius) * n_pixels + 0.5, 0, 1)
    return np.asarray(amplitude / np.sqrt(np.sum(amplitude**2)))


def rejected_modes(amplitude: Array, order: int) -> Array:
    """Orthonormal fields that a coronagraph takes away: the flat wavefront, and both tilts too if it is of order 4.

    Such an ideal coronagraph (Cavarroc et al. 2006, A&A 447, 397) leaves, of a tilted wavefront, a doughnut at order
    2 and next to nothing at order 4. Order 0 is none.

    Returns
    -------
    array (0, 1 or 3, n_pixels)
    """
    x, y = pupil_coordinates(len(amplitude))
    modes = np.stack([amplitude, amplitude * x, amplitude * y])[: {0: 0, 2: 1, 4: 3}[order]].reshape(-1, amplitude.size)
    return np.asarray(modes / np.linalg.norm(modes, axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class Optics:
    """A pupil, a coronagraph and a detector at one wavelength.

    Parameters
    ----------
    amplitude : array (p, p)
        Of the light in the pupil.
    modes : array (k, p * p)
        Fields that the coronagraph takes away.
    leak : float
        Fraction of their amplitude that it lets pass.
    kernel : array (n, p)
        Matrix Fourier transform from the pupil to the pixels of the detector along one axis
        (Soummer et al. 2007, Opt. Express 15, 15935).
    wavelength : float
        Nanometres.
    """

    amplitude: Array
    modes: Array
    leak: float
    kernel: Complex
    wavelength: float

    def image(self, path_differences: Array, weights: Array) -> Array:
        """Sum of the images of a star behind screens, in units of the star's flux.

        Parameters
        ----------
        path_differences : array (n_screens, p, p)
            Nanometres.
        weights : array (n_screens,)

        Returns
        -------
        array (n, n)
        """
        phase = path_differences * (2 * np.pi / self.wavelength)
        light = np.empty(phase.shape, dtype=np.complex128)
        light.real = self.amplitude * np.cos(phase)
        light.imag = self.amplitude * np.sin(phase)
        flat = light.reshape(len(light), -1)
        flat -= (1 - self.leak) * (flat @ self.modes.T) @ self.modes
        fields = self.kernel @ (light @ self.kernel.T)
        return np.asarray(np.tensordot(weights, fields.real**2 + fields.imag**2, axes=1))


def detector_kernel(size: int, n_pixels: int, sampling: float) -> Complex:
    """Matrix Fourier transform along one axis; two of them keep the light's energy.

    Parameters
    ----------
    size : int
        Pixels of the detector; the star is in the middle.
    n_pixels : int
        Pixels across the pupil.
    sampling : float
        Pixels per lambda/D.
    """
    on_sky = (np.arange(size) - (size - 1) / 2) / sampling
    in_pupil = (np.arange(n_pixels) - (n_pixels - 1) / 2) / n_pixels
    kernel = np.exp(-2j * np.pi * np.outer(on_sky, in_pupil)) / np.sqrt(sampling * n_pixels)
    return np.asarray(kernel)
