"""What a sequence shows when it is looked at: where the star is, which way the field turns, what is wrong."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, ndimage

from algozoo.imaging.combine import combine
from algozoo.imaging.lowrank import leading_components
from algozoo.imaging.robust import scatter
from algozoo.imaging.rotate import derotate
from algozoo.imaging.snr import significance, snr_map
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]

LEAST_SYMMETRY = 0.5
"""Correlation of an image with its copy rotated by half a turn that shows a star; noise has 0.2 or less, nights 0.8."""

LEAST_ERROR = 0.09
"""FWHM: aberrations move the core of a star within its symmetric halo by about as much (docs/your-data.md)."""

SATURATED_PIXELS = 4
"""Pixels of one frame at the very maximum of the cube that are no coincidence."""

OUTLYING = 6.0
"""Standard deviations below the median correlation with the median frame, at which a frame differs from the others."""

CLEAR_DETECTION = 5.0
"""Standard deviations that a source needs to show the sense of rotation."""

CLEAR_LEAD = 1.5
"""Standard deviations by which it must stand out more than the brightest one of the other sense."""

N_COMPONENTS = 10
"""At most, and at most a quarter of the frames."""


class StarCentre(NamedTuple):
    """Where the star is, in pixels, and an error that 90 % of the measurements of simulated nights do not exceed."""

    x: float
    y: float
    error: float


def measure_star(cube: ArrayLike, fwhm: float) -> StarCentre:
    """Find the star in the median of the frames; its error is at least half its way from first to last quarter.

    A companion that outshines the star moves, and the star is then not found to a fraction of that.

    Parameters
    ----------
    cube : array (..., n_frames, ny, nx)
        Finite.
    fwhm : float
        Pixels.
    """
    frames = np.asarray(cube)
    quarters = np.array_split(frames, min(4, frames.shape[-3]), axis=-3)
    medians = (np.median(part.reshape(-1, *part.shape[-2:]), axis=0) for part in (frames, quarters[0], quarters[-1]))
    star, first, last = (find_star(median, fwhm) for median in medians)
    return star._replace(error=max(star.error, float(np.hypot(last.x - first.x, last.y - first.y)) / 2))


def find_star(image: Array, fwhm: float) -> StarCentre:
    """Find the star in an image, behind a coronagraph or not.

    It is the point about which the image, or its square root, is most symmetric (the peak of its convolution with
    itself), whether the star is a peak or a hole with a ring: of the two the one with the smaller standard error, which
    follows from the light that is not symmetric, taken for noise that is correlated over one FWHM. The error is the
    largest of three: the standard error, the distance between the two, as where another source is as bright, and
    `LEAST_ERROR`. It is infinite where the image has no symmetry.

    Parameters
    ----------
    image : array (ny, nx)
        Finite.
    fwhm : float
        Pixels.
    """
    light: Array = np.asarray(image, dtype=np.float64) - np.median(image)
    points = []
    for values in (light, np.sign(light) * np.sqrt(abs(light))):
        x, y = _most_symmetric(values)
        points.append(StarCentre(x, y, _standard_error(values, x, y, fwhm)))
    best, other = sorted(points, key=lambda point: point.error)
    apart = float(np.hypot(best.x - other.x, best.y - other.y))
    return best._replace(error=max(best.error, apart, LEAST_ERROR * fwhm))


def _most_symmetric(light: Array) -> tuple[float, float]:
    """Return the point of symmetry, in the largest square around it: frames that end on one side would pull it."""
    x, y = _peak_of_convolution(light)
    column, row = round(x), round(y)
    half = min(column, row, light.shape[1] - 1 - column, light.shape[0] - 1 - row)
    around = light[row - half : row + half + 1, column - half : column + half + 1]
    inside_x, inside_y = _peak_of_convolution(around)
    return column - half + inside_x, row - half + inside_y


def _peak_of_convolution(light: Array) -> tuple[float, float]:
    """Return half the position of the peak of an image's convolution with itself."""
    ny, nx = light.shape
    shape = [fft.next_fast_len(2 * side, real=True) for side in light.shape]
    doubled = fft.irfft2(fft.rfft2(light, shape) ** 2, shape)[: 2 * ny - 1, : 2 * nx - 1]
    row, column = np.unravel_index(np.argmax(doubled), doubled.shape)
    y = (row + _vertex(doubled[:, column], int(row))) / 2
    x = (column + _vertex(doubled[row], int(column))) / 2
    return float(x), float(y)


def _standard_error(light: Array, x: float, y: float, fwhm: float) -> float:
    """Return the error of the point of symmetry; infinite where there is none.

    To first order the noise N moves it by sum(N dE/dx) / sum((dE/dx)^2), with E the symmetric part of the light; the
    antisymmetric part is a sample of N that has the same values, but for the sign, on both sides.
    """
    column, row = round(x), round(y)
    half = min(column, row, light.shape[1] - 1 - column, light.shape[0] - 1 - row)
    if half < 1:
        return np.inf
    centred = ndimage.shift(light, (row - y, column - x), order=3, mode="nearest")
    part = centred[row - half : row + half + 1, column - half : column + half + 1]
    even, odd = (part + part[::-1, ::-1]) / 2, (part - part[::-1, ::-1]) / 2
    if np.sum(even**2) - np.sum(odd**2) < LEAST_SYMMETRY * np.sum(part**2) or not part.any():
        return np.inf
    slopes = np.gradient(even)
    errors = [fwhm * np.sqrt(2 * np.sum(odd**2 * slope**2)) / np.sum(slope**2) for slope in slopes]
    return float(np.hypot(*errors))


def _vertex(line: Array, peak: int) -> float:
    """Offset of the vertex of the parabola through a peak and its neighbours."""
    if not 0 < peak < len(line) - 1:
        return 0.0
    before, here, after = line[peak - 1 : peak + 2]
    curvature = 2 * here - before - after
    return float((after - before) / (2 * curvature)) if curvature > 0 else 0.0


def duplicated_frames(cube: ArrayLike) -> list[tuple[int, int]]:
    """Return pairs of frames that hold the same numbers, the earlier first; `cube` is (..., n_frames, ny, nx)."""
    frames = np.asarray(cube)
    first: dict[bytes, int] = {}
    contents = (np.ascontiguousarray(frames[..., t, :, :]).tobytes() for t in range(frames.shape[-3]))
    return [(earlier, t) for t, content in enumerate(contents) if (earlier := first.setdefault(content, t)) != t]


def empty_frames(cube: ArrayLike) -> list[int]:
    """Return the frames without any image: all their pixels have one value, or none."""
    frames = np.asarray(cube)
    lowest, highest = frames.min(axis=(-1, -2)), frames.max(axis=(-1, -2))
    flat = (lowest == highest) | ~np.isfinite(frames).any(axis=(-1, -2))
    return [int(t) for t in np.flatnonzero(flat.reshape(-1, frames.shape[-3]).any(axis=0))]


def pixels_without_data(cube: ArrayLike) -> NDArray[np.bool_]:
    """Return the pixels that are never finite, or hold one and the same value in all frames, as a border of zeros does.

    Parameters
    ----------
    cube : array (..., n_frames, ny, nx)

    Returns
    -------
    array of bool (ny, nx)
    """
    frames = np.asarray(cube)
    frames = frames.reshape(-1, *frames.shape[-2:])
    good = np.isfinite(frames)
    lowest = np.where(good, frames, np.inf).min(axis=0)
    highest = np.where(good, frames, -np.inf).max(axis=0)
    return np.asarray(lowest >= highest) if len(frames) > 1 else ~good.any(axis=0)


def saturated_frames(cube: ArrayLike) -> list[int]:
    """Return the frames in which several pixels share the maximum of the cube, where the detector was full."""
    frames = np.asarray(cube)
    counts = (frames == np.nanmax(frames)).sum(axis=(-1, -2))
    return [int(t) for t in np.flatnonzero(counts.reshape(-1, frames.shape[-3]).max(axis=0) >= SATURATED_PIXELS)]


def outlying_frames(cube: ArrayLike) -> list[int]:
    """Return the frames that resemble the median frame much less than the others do.

    Parameters
    ----------
    cube : array (n_frames, ny, nx)
        Finite.
    """
    frames = np.asarray(cube, dtype=np.float64).reshape(len(np.asarray(cube)), -1)
    usual = np.median(frames, axis=0)
    frames, usual = frames - frames.mean(axis=1, keepdims=True), usual - usual.mean()
    norms = np.sqrt(np.sum(frames**2, axis=1) * np.sum(usual**2))
    likeness = np.divide(frames @ usual, norms, out=np.zeros(len(frames)), where=norms > 0)
    middle = float(np.median(likeness))
    far = (middle - likeness > OUTLYING * scatter(likeness)) & (1 - likeness > 2 * (1 - middle))
    return [int(t) for t in np.flatnonzero(far)]


def angle_jumps(angles: ArrayLike) -> list[int]:
    """Return the frames before which the angle jumps by more than half a turn, as where 359 becomes 1."""
    return [int(t) + 1 for t in np.flatnonzero(abs(np.diff(np.asarray(angles))) > 180)]


class Sense(NamedTuple):
    """How much the brightest source stands out (Gaussian sigma) with the angles as they are and reversed."""

    given: float
    reversed: float

    @property
    def verdict(self) -> int:
        """1 if the angles are right, -1 if their signs are wrong, 0 if nothing is bright enough to tell."""
        if max(self) < CLEAR_DETECTION or abs(self.given - self.reversed) < CLEAR_LEAD:
            return 0
        return 1 if self.given > self.reversed else -1


def sense_of_rotation(sequence: ADISequence) -> Sense:
    """Measure which way the frames must be rotated to align the sky.

    Full-frame PCA residuals are derotated with the angles and with their negative: a companion adds up in one only.
    """
    frames = sequence.cube.reshape(-1, *sequence.cube.shape[-3:]).mean(axis=0, dtype=np.float64)
    matrix: Array = frames.reshape(len(frames), -1) - frames.reshape(len(frames), -1).mean(axis=0)
    components = leading_components(matrix, max(min(N_COMPONENTS, len(matrix) // 4), 1))
    residuals = (matrix - matrix @ components.T @ components).reshape(frames.shape)
    return Sense(
        *(
            _brightest(combine(derotate(residuals, sign * sequence.parallactic_angles)), sequence.fwhm)
            for sign in (1, -1)
        )
    )


def _brightest(image: Array, fwhm: float) -> float:
    """Significance of the brightest source beyond 1.5 FWHM from the star."""
    snr = snr_map(image, fwhm)
    y, x = np.mgrid[: len(image), : len(image)] - (len(image) - 1) / 2
    separation = np.hypot(x, y)
    valid = np.isfinite(snr) & (separation > 1.5 * fwhm)
    return float(significance(snr[valid], separation[valid], fwhm).max()) if valid.any() else 0.0
