"""What can be told of a sequence by looking at it: where the star is, which way the field turns, what is wrong."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter

from algozoo.imaging.combine import combine
from algozoo.imaging.lowrank import leading_components
from algozoo.imaging.psf import fit_gaussian
from algozoo.imaging.rotate import derotate
from algozoo.imaging.snr import significance, snr_map
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]

LARGEST_OFFSET = 0.5
"""Pixels that the star may be off the centre."""

SATURATED_PIXELS = 4
"""Pixels of one frame at the very maximum of the cube that are no coincidence."""

CLEAR_DETECTION = 5.0
"""Standard deviations that a source needs to tell the sense of rotation."""

CLEAR_LEAD = 1.5
"""Standard deviations by which it must stand out more than the brightest one of the other sense."""

N_COMPONENTS = 10
"""At most, and at most a quarter of the frames."""


class StarCentre(NamedTuple):
    """Where the star is, in pixels, and how far apart two ways to tell lie."""

    x: float
    y: float
    error: float


def find_star(image: Array, fwhm: float) -> StarCentre:
    """Find the star, behind a coronagraph or not, in the median of the frames.

    It is the point about which the image is most symmetric (the peak of its convolution with itself), whether the star
    is a peak or a hole with a ring; the error is the distance from the Gaussian that fits the halo, smoothed by one
    FWHM.

    Parameters
    ----------
    image : array (ny, nx)
    fwhm : float
        Pixels.
    """
    light: Array = np.asarray(image, dtype=np.float64) - np.median(image)
    ny, nx = light.shape
    shape = [fft.next_fast_len(2 * side, real=True) for side in light.shape]
    doubled = fft.irfft2(fft.rfft2(light, shape) ** 2, shape)[: 2 * ny - 1, : 2 * nx - 1]
    row, column = np.unravel_index(np.argmax(doubled), doubled.shape)
    y = (row + _vertex(doubled[:, column], int(row))) / 2
    x = (column + _vertex(doubled[row], int(column))) / 2
    try:
        halo = fit_gaussian(gaussian_filter(light, fwhm))
    except ValueError:
        return StarCentre(float(x), float(y), np.inf)
    return StarCentre(float(x), float(y), float(np.hypot(halo.x - x, halo.y - y)))


def _vertex(line: Array, peak: int) -> float:
    """Offset of the vertex of the parabola through a peak and its neighbours."""
    if not 0 < peak < len(line) - 1:
        return 0.0
    before, here, after = line[peak - 1 : peak + 2]
    curvature = 2 * here - before - after
    return float((after - before) / (2 * curvature)) if curvature > 0 else 0.0


def centring_crop(shape: tuple[int, int], star: StarCentre) -> tuple[int, int, int]:
    """Return the first column, the first row and the side of the largest square with the star in its centre.

    Half a pixel off is left; of an even and an odd side the one with less.
    """
    sides = []
    for side in range(min(shape), 0, -1):
        left, bottom = round(star.x - (side - 1) / 2), round(star.y - (side - 1) / 2)
        if min(left, bottom) >= 0 and left + side <= shape[1] and bottom + side <= shape[0]:
            off = np.hypot(star.x - left - (side - 1) / 2, star.y - bottom - (side - 1) / 2)
            sides.append((off, left, bottom, side))
        if len(sides) == 2:
            break
    _, left, bottom, side = min(sides)
    return left, bottom, side


def duplicated_frames(cube: ArrayLike) -> list[tuple[int, int]]:
    """Return pairs of frames that hold the same numbers, the earlier first; `cube` is (..., n_frames, ny, nx)."""
    frames = np.asarray(cube)
    first: dict[bytes, int] = {}
    contents = (np.ascontiguousarray(frames[..., t, :, :]).tobytes() for t in range(frames.shape[-3]))
    return [(earlier, t) for t, content in enumerate(contents) if (earlier := first.setdefault(content, t)) != t]


def saturated_frames(cube: ArrayLike) -> list[int]:
    """Return the frames in which several pixels share the maximum of the cube, where the detector was full."""
    frames = np.asarray(cube)
    counts = (frames == np.nanmax(frames)).sum(axis=(-1, -2))
    return [int(t) for t in np.flatnonzero(counts.reshape(-1, frames.shape[-3]).max(axis=0) >= SATURATED_PIXELS)]


def angle_jumps(angles: ArrayLike) -> list[int]:
    """Return the frames before which the angle jumps by more than half a turn, as where 359 becomes 1."""
    return [int(t) + 1 for t in np.flatnonzero(abs(np.diff(np.asarray(angles))) > 180)]


def sense_of_rotation(sequence: ADISequence) -> int:
    """Tell which way the frames must be turned to align the sky, if the data can tell.

    Full-frame PCA residuals are derotated with the angles and with their negative: a companion adds up in one only.

    Returns
    -------
    int
        1 if the angles are right, -1 if their signs are wrong, 0 if nothing is bright enough to tell.
    """
    frames = sequence.cube.reshape(-1, *sequence.cube.shape[-3:]).mean(axis=0, dtype=np.float64)
    matrix: Array = frames.reshape(len(frames), -1) - frames.reshape(len(frames), -1).mean(axis=0)
    components = leading_components(matrix, max(min(N_COMPONENTS, len(matrix) // 4), 1))
    residuals = (matrix - matrix @ components.T @ components).reshape(frames.shape)
    right, wrong = (
        _brightest(combine(derotate(residuals, sign * sequence.parallactic_angles)), sequence.fwhm) for sign in (1, -1)
    )
    if max(right, wrong) < CLEAR_DETECTION or abs(right - wrong) < CLEAR_LEAD:
        return 0
    return 1 if right > wrong else -1


def _brightest(image: Array, fwhm: float) -> float:
    """Significance of the brightest source beyond 1.5 FWHM from the star."""
    snr = snr_map(image, fwhm)
    y, x = np.mgrid[: len(image), : len(image)] - (len(image) - 1) / 2
    separation = np.hypot(x, y)
    valid = np.isfinite(snr) & (separation > 1.5 * fwhm)
    return float(significance(snr[valid], separation[valid], fwhm).max()) if valid.any() else 0.0
