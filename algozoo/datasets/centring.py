"""Bring the star to the centre of the frames: where it must be, where it is, and how the frames are cut and shifted."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from algozoo.arguments import number
from algozoo.datasets.inspection import StarCentre
from algozoo.errors import InputError
from algozoo.imaging.shift import shift

Centre = Literal["auto", "as-is"] | tuple[float, float]
Cube = NDArray[np.float32]

LARGEST_OFFSET = 0.5
"""Pixels that the star may be off the centre."""

NOTED_OFFSET = 0.3
"""Pixels from which on an offset is worth a warning."""

ERRORS = 3.0
"""An offset counts if it is as many times the error with which it is measured."""


class Placement(NamedTuple):
    """First column, first row and side of the square that is kept, after a shift by (dx, dy) pixels."""

    left: int
    bottom: int
    side: int
    dx: float = 0.0
    dy: float = 0.0


def expected_centre(shape: tuple[int, int], star: StarCentre | None) -> tuple[float, float]:
    """Return where the star is taken to be in frames (ny, nx): the centre (x, y) by one of two conventions.

    It is the central pixel, which of an even number n is number n / 2, counted from 0, as the SPHERE Data Centre and
    VIP have it; or, where both sides are even, the point between the central pixels. The one that is closer to the
    measured star counts, or the latter if there is none.
    """
    centres = _centres(shape)
    if star is None or not np.isfinite(star.error):
        return centres[0]
    return min(centres, key=lambda centre: _distance(star, centre))


def _centres(shape: tuple[int, int]) -> list[tuple[float, float]]:
    """Return the one or two centres that frames may have."""
    ny, nx = shape
    pixel = float(nx // 2), float(ny // 2)
    return [pixel] if nx % 2 or ny % 2 else [((nx - 1) / 2, (ny - 1) / 2), pixel]


def place(shape: tuple[int, int], centre: Centre | None, star: StarCentre | None) -> Placement:
    """Say how frames are shifted and cut so that the star is in their centre.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the frames.
    centre : {'auto', 'as-is'}, tuple (x, y) or None
        Where the star is: where it was measured, in the centre of the frames, or at a pixel. None: in the centre,
        which the measurement must not contradict.
    star : StarCentre or None
        As measured; None if there is nothing to measure.

    Raises
    ------
    InputError
        If `centre` is something else or outside the frames, if no star is found, or if it is not where it should be.
    """
    if centre is None or (isinstance(centre, str) and centre == "as-is"):
        expected = expected_centre(shape, star if centre is None else None)
        if centre is None and star is not None and _is_off(offset := _distance(star, expected), star):
            raise InputError(
                f"the star is {offset:.2f} px off the centre: by the symmetry of its halo it is at x = {star.x:.2f}, "
                f"y = {star.y:.2f}, to within {star.error:.2f} px, expected x = {expected[0]:g}, y = {expected[1]:g}: "
                "separations and position angles would be wrong. Shift the frames with centre='auto' (--centre auto) "
                "or with its position, centre=(x, y) (--centre X,Y); or keep them if you know better, centre='as-is' "
                "(--centre as-is)"
            )
        return _square(shape, *expected)
    x, y = _found(star) if isinstance(centre, str) and centre == "auto" else _given(shape, centre)
    return _square(shape, round(x), round(y))._replace(dx=round(x) - x, dy=round(y) - y)


def _is_off(offset: float, star: StarCentre) -> bool:
    return offset > LARGEST_OFFSET and offset > ERRORS * star.error


def _distance(star: StarCentre, centre: tuple[float, float]) -> float:
    return float(np.hypot(star.x - centre[0], star.y - centre[1]))


def centre_of(placement: Placement) -> tuple[float, float]:
    """Return the pixel (x, y) of the frames as they were that comes to the centre."""
    left, bottom, side, dx, dy = placement
    return left + (side - 1) / 2 - dx, bottom + (side - 1) / 2 - dy


def offset_warnings(shape: tuple[int, int], placement: Placement, star: StarCentre) -> Iterator[str]:
    """Say that the star seems a little off the centre, or that its centre is uncertain."""
    x, y = centre_of(placement)
    offset = _distance(star, (x, y))
    if np.isfinite(star.error) and offset > NOTED_OFFSET:
        yield (
            f"the star seems {offset:.2f} px off the centre, measured to within {star.error:.2f} px: if it is, "
            "separations are wrong by as much and companions are smeared; --centre auto shifts the frames"
        )
    whole = placement.dx == placement.dy == 0
    centres = _centres(shape)
    if whole and len(centres) == 2 and (x, y) in centres:
        near, far = sorted(_distance(star, centre) for centre in centres)
        if far - near > star.error:
            return
        yield (
            f"the star may be on pixel n / 2 or half a pixel before it in frames of {shape[1]}x{shape[0]} px, measured "
            f"to within {star.error:.2f} px; it is taken for x = {x:g}, y = {y:g}: --centre X,Y states it"
        )


def _found(star: StarCentre | None) -> tuple[float, float]:
    if star is None or not np.isfinite(star.error):
        raise InputError("centre is 'auto', and no star is found in the median frame: give centre=(x, y) in pixels")
    return star.x, star.y


def _given(shape: tuple[int, int], centre: Any) -> tuple[float, float]:
    if not isinstance(centre, tuple | list) or len(centre) != 2:
        raise InputError(
            f"centre is {centre!r}, expected 'auto', 'as-is' or the star's pixel, as in centre=(50.2, 49.8)"
        )
    x, y = (number(value, "centre", "pix") for value in centre)
    ny, nx = shape
    if not (0 <= x <= nx - 1 and 0 <= y <= ny - 1):
        raise InputError(f"centre is {(x, y)}, outside the frames of {nx}x{ny} px: x is the column, y the row")
    return x, y


def _square(shape: tuple[int, int], x: float, y: float) -> Placement:
    """Return the largest square around a pixel, or around the point between pixels."""
    ny, nx = shape
    half = min(x, y, nx - 1 - x, ny - 1 - y)
    return Placement(round(x - half), round(y - half), round(2 * half + 1))


def centred(cube: Cube, placement: Placement) -> Cube:
    """Return shifted and cut frames.

    Beyond the edges each frame is taken to go on with its median. Whole frames are not copied.

    Parameters
    ----------
    cube : array (..., n_frames, ny, nx)
    placement : Placement

    Returns
    -------
    array (..., n_frames, n, n)
    """
    left, bottom, side, dx, dy = placement
    kept = np.s_[bottom : bottom + side, left : left + side]
    if dx == dy == 0:
        return cube[..., *kept]
    frames: NDArray[Any] = cube.reshape(-1, *cube.shape[-2:])
    moved = np.empty((len(frames), side, side), dtype=np.float32)
    for frame, target in zip(frames, moved, strict=True):
        level = float(np.median(frame))
        target[:] = shift(frame - level, dx, dy)[kept] + level
    return moved.reshape(*cube.shape[:-2], side, side)
