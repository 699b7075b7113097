"""Reader for cubes, whose axes come in any order."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets.arrays import read_image
from algozoo.errors import InputError

CLEARLY_SMOOTHER = 0.5
"""Ratio of the steps along two axes of which one is time: the star hardly changes from frame to frame."""


def read_cube(
    path: str | Path, n_frames: int | None = None, n_wavelengths: int | None = None, axes: str | None = None
) -> NDArray[np.float32]:
    """Read the frames of a sequence from an image of a FITS file.

    Parameters
    ----------
    path : path
        Image (n_frames, ny, nx), or with the frames on the last axis; with wavelengths (n_wavelengths, n_frames, ny,
        nx) or, as in the second data challenge, (n_frames, n_wavelengths, ny, nx).
    n_frames, n_wavelengths : int, optional
        Numbers of angles and wavelengths, which tell the axes apart; required of a cube with wavelengths.
    axes : str, optional
        Order of the axes as numpy counts them (the first is the last of the FITS header): letters of t (frames),
        w (wavelengths), y and x, as in 'wtyx' or 'yxt'. By default it follows from the numbers.

    Returns
    -------
    array (n_frames, ny, nx) or (n_wavelengths, n_frames, ny, nx)

    Raises
    ------
    InputError
        If the file is missing or damaged, has no such image, or if its axes cannot be told apart.
    """
    data, _ = read_image(path)
    if axes is not None:
        data = _reordered(path, data, axes, spectral=n_wavelengths is not None)
    elif n_wavelengths is not None:
        data = _wavelengths_first(path, data, n_frames, n_wavelengths)
    elif data.ndim != 3:
        raise InputError(
            f"{path}: the image has {data.ndim} axes {data.shape}, expected a cube (n_frames, ny, nx); of a cube with "
            "wavelengths, give the file of the wavelengths too, or save one channel or their mean"
        )
    else:
        data = _frames_first(path, data, n_frames)
    with np.errstate(over="ignore"):  # too large for float32: infinite, and reported as such
        return data.astype(np.float32)


def _reordered(path: str | Path, data: NDArray[Any], axes: str, *, spectral: bool) -> NDArray[Any]:
    letters = axes.replace(",", "").replace(" ", "").lower()
    expected = "wtyx" if spectral else "tyx"
    if sorted(letters) != sorted(expected) or data.ndim != len(letters):
        raise InputError(
            f"{path}: axes is {axes!r} and the image has {data.ndim} axes {data.shape}, expected one letter for each "
            f"axis of {', '.join(expected)}, as in {expected!r}"
        )
    return np.transpose(data, [letters.index(letter) for letter in expected])


def _frames_first(path: str | Path, data: NDArray[Any], n_frames: int | None) -> NDArray[Any]:
    """Move the frames from the last axis to the first, where the number of angles says that they are there."""
    if n_frames is None or data.shape[-1] != n_frames:
        return data
    if data.shape[0] != n_frames:
        return np.moveaxis(data, -1, 0)
    with np.errstate(all="ignore"):
        first, last = (float(np.nanmean(abs(np.diff(data.astype(np.float64), axis=axis)))) for axis in (0, -1))
    if last < CLEARLY_SMOOTHER * first:
        raise InputError(
            f"{path}: the first and the last axis of {data.shape} have as many elements as there are angles, and the "
            "frames seem to lie along the last one: say so with axes = 'yxt' (--axes yxt), or 'tyx' if they do not"
        )
    return data


def _wavelengths_first(path: str | Path, data: NDArray[Any], n_frames: int | None, n_wavelengths: int) -> NDArray[Any]:
    expected = f"(n_wavelengths, n_frames, n, n) or (n_frames, n_wavelengths, n, n) with {n_wavelengths} wavelengths"
    if n_frames is not None:
        expected += f" and {n_frames} frames"
    if data.ndim != 4 or n_wavelengths not in data.shape[:2]:
        raise InputError(
            f"{path}: the image has shape {data.shape}, expected {expected}; name another order with axes (--axes yxtw)"
        )
    if data.shape[:2] == (n_wavelengths, n_wavelengths):
        raise InputError(
            f"{path}: as many frames as wavelengths, {n_wavelengths}: which axis is which cannot be told; name their "
            "order with axes (--axes wtyx or twyx)"
        )
    return data if data.shape[0] == n_wavelengths else np.swapaxes(data, 0, 1)
