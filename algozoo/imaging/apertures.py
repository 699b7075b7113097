"""Circular apertures with exact overlap between the circle and each pixel."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import correlate

Array = NDArray[np.float64]


def aperture_sum(image: ArrayLike, x: float, y: float, radius: float) -> float:
    """Sum of an image over a disc, pixels on its rim counted by the area inside.

    Parameters
    ----------
    image : array (ny, nx)
        Zero is assumed outside.
    x, y : float
        Centre of the disc in pixels; the centre of pixel [0, 0] is (0, 0).
    radius : float
        Pixels.
    """
    image = np.asarray(image, dtype=np.float64)
    rows, columns, weights = aperture_pixels(np.array([x]), np.array([y]), radius)
    inside = (rows >= 0) & (rows < image.shape[0]) & (columns >= 0) & (columns < image.shape[1])
    return float(np.sum(image[rows[inside], columns[inside]] * weights[inside]))


def aperture_map(image: ArrayLike, radius: float) -> Array:
    """Sum of an image over the disc around every pixel: the same number as `aperture_sum` gives there.

    Parameters
    ----------
    image : array (ny, nx)
        Zero is assumed outside.
    radius : float
        Pixels.
    """
    half = int(np.ceil(radius + 0.5))
    rows, columns, weights = aperture_pixels(np.array([half]), np.array([half]), radius)
    kernel = np.zeros((2 * half + 1, 2 * half + 1))
    inside = (rows < len(kernel)) & (columns < len(kernel))
    kernel[rows[inside], columns[inside]] = weights[inside]
    return np.asarray(correlate(np.asarray(image, dtype=np.float64), kernel, mode="constant"))


def aperture_pixels(x: Array, y: Array, radius: float) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """Pixels touched by each of many discs and the area of each that lies inside.

    Parameters
    ----------
    x, y : array (n,)
        Centres.
    radius : float

    Returns
    -------
    rows, columns : int array (n, w, w)
    weights : array (n, w, w)
        Between 0 and 1; they add up to ``pi * radius**2`` for each disc.
    """
    width = int(np.ceil(2 * radius)) + 1
    first_x = np.floor(x - radius + 0.5).astype(np.intp)
    first_y = np.floor(y - radius + 0.5).astype(np.intp)
    edges = np.arange(width + 1) - 0.5
    edge_x = (first_x - x)[:, None] + edges
    edge_y = (first_y - y)[:, None] + edges
    corner = _signed_overlap(edge_x[:, None, :] / radius, edge_y[:, :, None] / radius) * radius**2
    weights = np.diff(np.diff(corner, axis=1), axis=2)
    rows = np.broadcast_to((first_y[:, None] + np.arange(width))[:, :, None], weights.shape)
    columns = np.broadcast_to((first_x[:, None] + np.arange(width))[:, None, :], weights.shape)
    return rows, columns, weights.clip(min=0)


def _signed_overlap(x: Array, y: Array) -> Array:
    """Area of the unit disc inside the rectangle from the origin to (x, y), negative in quadrants 2 and 4."""
    a, b = np.minimum(abs(x), 1), np.minimum(abs(y), 1)
    flat = np.minimum(np.sqrt(1 - b * b), a)
    return np.asarray(np.sign(x) * np.sign(y) * (b * flat + _under_arc(a) - _under_arc(flat)))


def _under_arc(t: Array) -> Array:
    """Integral of ``sqrt(1 - s**2)`` from 0 to t."""
    return 0.5 * (t * np.sqrt(1 - t * t) + np.arcsin(t))
