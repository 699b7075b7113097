"""Signal-to-noise ratio with the penalty for few resolution elements: Mawet et al. 2014, 10.1088/0004-637X/792/2/97.

The flux in an aperture of diameter FWHM is compared with that in all other non-overlapping apertures at the same
separation (none is left out); the ratio follows a Student law with two degrees of freedom fewer than apertures.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.stats import norm
from scipy.stats import t as student_t

from algozoo.imaging.apertures import aperture_pixels, aperture_sum

Array = NDArray[np.float64]

LARGEST_KEPT = 128
"""Side in pixels of the largest frames whose apertures are kept from one map to the next: 60 MB for a FWHM of 4.8 px.
With the third power of the side this would grow to gigabytes; larger frames compute them again for each map."""
BLOCK = 4096
"""Apertures that are computed at a time."""


class Rings(NamedTuple):
    """The rings through some pixels: sums over apertures as a matrix, the first of each ring, and where it lies."""

    apertures: csr_array
    starts: NDArray[np.intp]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]


def n_apertures(separation: ArrayLike, fwhm: float) -> NDArray[np.intp]:
    """Return the number of apertures of diameter `fwhm` that fit side by side on a ring of radius `separation`."""
    with np.errstate(invalid="ignore"):
        half_angle = np.arcsin(fwhm / (2 * np.asarray(separation, dtype=np.float64)))
    return np.floor(np.pi / half_angle + 1e-9).astype(np.intp)


def snr_at(image: ArrayLike, x: float, y: float, fwhm: float) -> float:
    """S/N of an image at one position (Mawet et al. 2014, eq. 9).

    Parameters
    ----------
    image : array (ny, nx)
        Derotated and combined residuals, the star at the centre.
    x, y : float
        Pixels.
    fwhm : float
        Diameter of the apertures in pixels.

    Returns
    -------
    float
        0 where the noise apertures have no spread at all.
    """
    image = np.asarray(image, dtype=np.float64)
    ring_x, ring_y, _ = _rings(np.array([x]), np.array([y]), _centre(image.shape), fwhm)
    sums = [aperture_sum(image, ax, ay, fwhm / 2) for ax, ay in zip(ring_x, ring_y, strict=True)]
    return float(_student(np.array(sums)[:, None], np.array([0]))[0, 0])


def snr_map(image: ArrayLike, fwhm: float) -> Array:
    """S/N of every pixel of an image, exact: the same number as `snr_at` gives there.

    Parameters
    ----------
    image : array (n, n)
    fwhm : float
        Pixels.

    Returns
    -------
    array (n, n)
        NaN closer to the star than one FWHM and where an aperture would leave the frame.
    """
    image = np.asarray(image, dtype=np.float64)
    turned = np.ascontiguousarray(np.stack([np.rot90(image, k) for k in range(4)]).reshape(4, -1).T)
    result = np.full(image.shape, np.nan)
    views = [np.rot90(result, k) for k in range(4)]
    rings_of = _kept_rings if len(image) <= LARGEST_KEPT else _rings_of_a_quarter
    for apertures, starts, rows, columns in rings_of(len(image), float(fwhm)):
        for view, scores in zip(views, _student(apertures @ turned, starts).T, strict=True):
            view[rows, columns] = scores
    return result


def significance(snr: ArrayLike, separation: ArrayLike, fwhm: float) -> Array:
    """Gaussian standard deviations with the false-alarm probability that an S/N has under Student's law.

    Parameters
    ----------
    snr : array
    separation : array
        Pixels, at least one FWHM.
    fwhm : float
        Pixels.

    Returns
    -------
    array
        From the survival functions of both laws, so that nothing saturates (Mawet et al. 2014, eq. 10).
    """
    p = student_t.sf(np.asarray(snr, dtype=np.float64), n_apertures(separation, fwhm) - 2)
    return np.asarray(norm.isf(p))


@lru_cache(maxsize=2)
def _kept_rings(n: int, fwhm: float) -> tuple[Rings, ...]:
    return tuple(_rings_of_a_quarter(n, fwhm))


def _rings_of_a_quarter(n: int, fwhm: float) -> Iterator[Rings]:
    """Yield all apertures around the pixels of one quarter of the frame, a block of pixels at a time.

    The other three quarters see the same apertures when the frame is turned by 90 degrees.
    """
    centre = _centre((n, n))
    y, x = np.mgrid[:n, :n] - centre[0]
    separation = np.hypot(x, y)
    quarter = (x > 0) & (y >= 0) & (separation >= fwhm) & (separation <= (n - fwhm) / 2)
    rows, columns = (places.astype(np.int32) for places in np.nonzero(quarter))
    ends = np.cumsum(n_apertures(separation[quarter], fwhm))
    for pixels in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(ends // BLOCK)) + 1):
        ring_x, ring_y, starts = _rings(columns[pixels].astype(float), rows[pixels].astype(float), centre, fwhm)
        pixel_rows, pixel_columns, weights = aperture_pixels(ring_x, ring_y, fwhm / 2)
        touched = weights > 0
        pointers = np.concatenate([[0], np.cumsum(touched.sum(axis=(1, 2)))]).astype(np.int32)
        indices = (pixel_rows * n + pixel_columns)[touched].astype(np.int32)
        apertures = csr_array((weights[touched], indices, pointers), shape=(len(ring_x), n * n))
        yield Rings(apertures, starts, rows[pixels], columns[pixels])


def _rings(x: Array, y: Array, centre: tuple[float, float], fwhm: float) -> tuple[Array, Array, NDArray[np.intp]]:
    """Centres of the apertures around the star through each position: the position first, then clockwise, touching."""
    separation = np.hypot(x - centre[0], y - centre[1])
    counts = n_apertures(separation, fwhm)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    step = np.arange(counts.sum()) - np.repeat(starts, counts)
    angle = np.repeat(np.arctan2(y - centre[1], x - centre[0]), counts)
    angle -= step * np.repeat(2 * np.arcsin(fwhm / (2 * separation)), counts)
    radius = np.repeat(separation, counts)
    return centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle), starts


def _student(sums: Array, starts: NDArray[np.intp]) -> Array:
    """Two-sample t of the first aperture of each ring against the others; `sums` is (n_apertures, n_images)."""
    counts = np.diff(np.append(starts, len(sums)))[:, None]
    test, others = sums[starts], counts - 1
    mean = (np.add.reduceat(sums, starts) - test) / others
    deviations = sums - np.repeat(mean, counts[:, 0], axis=0)
    squares = np.add.reduceat(deviations**2, starts) - (test - mean) ** 2
    noise = np.sqrt(squares.clip(min=0) / (others - 1) * (1 + 1 / others))
    flat = noise <= abs(mean) * 1e-12
    return np.where(flat, 0.0, (test - mean) / np.where(flat, 1.0, noise))


def _centre(shape: tuple[int, ...]) -> tuple[float, float]:
    return (shape[1] - 1) / 2, (shape[0] - 1) / 2
