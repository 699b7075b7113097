"""Annuli around the star, their segments, and which frames have rotated far enough to serve as references there."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.intp]


class Annulus(NamedTuple):
    """The pixels whose centres are at a separation of at least `inner` and less than `outer` pixels from the star."""

    inner: float
    outer: float

    @property
    def centre(self) -> float:
        """Separation in the middle, in pixels."""
        return (self.inner + self.outer) / 2

    def __str__(self) -> str:
        return f"{self.inner:.4g}-{self.outer:.4g} px"


def annuli(size: int, width: float) -> tuple[Annulus, ...]:
    """Cut the field into annuli, the first of which is a disc around the star.

    The field is the disc that stays in the frame however it is turned, with all pixels that its rim touches.

    Parameters
    ----------
    size : int
        Side of a frame in pixels.
    width : float
        Of each annulus in pixels; the last one takes what remains and is between half and one and a half times as wide.
    """
    field = size / 2 + np.sqrt(0.5)
    number = max(1, round(field / width))
    edges = [*(k * width for k in range(number)), float(field)]
    return tuple(Annulus(inner, outer) for inner, outer in pairwise(edges))


def segments(size: int, annulus: Annulus, number: int = 1) -> tuple[Indices, ...]:
    """Pixels of an annulus, cut into sectors of equal angle, as indices into a flattened frame.

    Parameters
    ----------
    size : int
        Side of a frame in pixels, the star at its centre ``(size - 1) / 2``.
    annulus : Annulus
        It may reach out of the frame.
    number : int
        Of segments; the first starts at +x and they go counter-clockwise.

    Returns
    -------
    tuple of int arrays (n_pixels,)
    """
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    separation = np.hypot(x, y)
    turns = np.arctan2(y, x) / (2 * np.pi) % 1
    sector = np.where((annulus.inner <= separation) & (separation < annulus.outer), np.floor(turns * number), -1)
    return tuple(np.flatnonzero(sector == k) for k in range(number))


def rotation_threshold(separation: float, fwhm: float, displacement: float) -> float:
    """Angle in degrees by which the field must turn to move a source at `separation` by `displacement` FWHM.

    Parameters
    ----------
    separation, fwhm : float
        Pixels.
    displacement : float
        Multiples of `fwhm`, measured along the tangent: half of it is the tangent of half the angle.
    """
    return float(np.rad2deg(2 * np.arctan2(displacement * fwhm, 2 * separation)))


def rotated_apart(angles: ArrayLike, threshold: float, most: int) -> NDArray[np.bool_]:
    """Which frames have turned far enough from each frame.

    Parameters
    ----------
    angles : array (n_frames,)
        Parallactic angles in degrees; differences are taken the short way round.
    threshold : float
        Least difference in degrees; even with 0 a frame is not its own reference.
    most : int
        Of those far enough only so many are kept, the nearest in angle, which are the most alike.

    Returns
    -------
    bool array (n_frames, n_frames)
        Row t is True where a frame may serve as a reference for frame t.
    """
    angles = np.asarray(angles, dtype=np.float64)
    distance = angular_distance(angles)
    far = (distance >= threshold) & ~np.eye(len(angles), dtype=bool)
    order = np.lexsort((np.broadcast_to(angles, distance.shape), np.where(far, distance, np.inf)))
    nearest = np.zeros_like(far)
    np.put_along_axis(nearest, order[:, :most], values=True, axis=1)
    return far & nearest


def angular_distance(angles: ArrayLike) -> NDArray[np.float64]:
    """Differences between all pairs of angles the short way round, 0 to 180 degrees, (n, n)."""
    angles = np.asarray(angles, dtype=np.float64)
    return np.asarray(abs((angles[:, None] - angles + 180) % 360 - 180))
