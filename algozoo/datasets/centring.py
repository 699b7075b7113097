"""Bring the star to the centre of the frames: found or given, shifted by Fourier, cropped to an odd size."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from algozoo.arguments import number
from algozoo.datasets.adding.inspection import StarCentre, find_star
from algozoo.errors import InputError
from algozoo.imaging.shift import shift

Centre = Literal["auto", "as-is"] | tuple[float, float]
Cube = NDArray[np.float32]


def star_position(cube: Cube, centre: Centre, fwhm: float) -> StarCentre | None:
    """Return where the star is in the frames.

    Parameters
    ----------
    cube : array (..., n_frames, ny, nx)
    centre : {'auto', 'as-is'} or tuple (x, y)
        Find it in the median of all frames, take it for centred, or where it is in pixels.
    fwhm : float
        Pixels.

    Returns
    -------
    StarCentre or None
        None where it is taken for centred.

    Raises
    ------
    InputError
        If `centre` is something else or outside the frames, or no star is found.
    """
    if isinstance(centre, str) and centre == "as-is":
        return None
    if isinstance(centre, str) and centre == "auto":
        median = np.median(cube.reshape(-1, *cube.shape[-2:]), axis=0).astype(np.float64)
        star = find_star(median, fwhm) if np.isfinite(median).all() and np.ptp(median) else None
        if star is None or not np.isfinite(star.error):
            raise InputError("centre is 'auto', and no star is found in the median frame: give centre=(x, y) in pixels")
        return star
    if not isinstance(centre, tuple | list) or len(centre) != 2:
        raise InputError(
            f"centre is {centre!r}, expected 'auto', 'as-is' or the star's pixel, as in centre=(50.2, 49.8)"
        )
    x, y = (number(value, "centre", "pix") for value in centre)
    ny, nx = cube.shape[-2:]
    if not (0 <= x <= nx - 1 and 0 <= y <= ny - 1):
        raise InputError(f"centre is {(x, y)}, outside the frames of {nx}x{ny} px: x is the column, y the row")
    return StarCentre(x, y, error=0.0)


def centred(cube: Cube, star: StarCentre) -> Cube:
    """Return the largest frames of odd size with the star on their central pixel.

    Beyond the edges each frame is taken to go on with its median.

    Parameters
    ----------
    cube : array (..., n_frames, ny, nx)
    star : StarCentre

    Returns
    -------
    array (..., n_frames, n, n)
    """
    ny, nx = cube.shape[-2:]
    column, row = round(star.x), round(star.y)
    half = min(column, row, nx - 1 - column, ny - 1 - row)
    kept = np.s_[row - half : row + half + 1, column - half : column + half + 1]
    frames: NDArray[Any] = cube.reshape(-1, ny, nx)
    moved = np.empty((len(frames), 2 * half + 1, 2 * half + 1), dtype=np.float32)
    for frame, target in zip(frames, moved, strict=True):
        level = float(np.median(frame))
        target[:] = shift(frame - level, column - star.x, row - star.y)[kept] + level
    return moved.reshape(*cube.shape[:-2], *moved.shape[1:])
