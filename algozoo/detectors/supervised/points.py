"""Frames at points of the sky: which pixels of each frame show a point, and what a companion puts there."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from algozoo.companions import Companion, source_images
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


def turn_points(x: NDArray[Any], y: NDArray[Any], turn: float) -> tuple[Array, Array]:
    """Return points turned clockwise: where on the sky lies what a turn of the sky brings there."""
    cosine, sine = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    return x * cosine + y * sine, y * cosine - x * sine


def interpolation_taps(sequence: ADISequence, angles: Array, x: ArrayLike, y: ArrayLike) -> tuple[Indices, Array]:
    """Four pixels and weights, (n, n_frames, 4), that interpolate frames of some angles linearly at points of the sky.

    Points outside the frame take the value of its edge.
    """
    x, y, last = np.asarray(x, dtype=float), np.asarray(y, dtype=float), sequence.size - 1
    cosine, sine = np.cos(np.deg2rad(angles))[:, None], np.sin(np.deg2rad(angles))[:, None]
    column = (sequence.centre + x * cosine + y * sine).clip(0, last)
    row = (sequence.centre + y * cosine - x * sine).clip(0, last)
    left, below = (np.minimum(place.astype(np.intp), last - 1) for place in (column, row))
    right_part, upper_part = column - left, row - below
    left_part, lower_part, first = 1 - right_part, 1 - upper_part, below * sequence.size + left
    pixels, weights = np.empty((*first.T.shape, 4), dtype=np.intp), np.empty((*first.T.shape, 4))
    for corner, (step, weight) in enumerate(
        (
            (0, lower_part * left_part),
            (1, lower_part * right_part),
            (sequence.size, upper_part * left_part),
            (sequence.size + 1, upper_part * right_part),
        )
    ):
        np.add(first.T, step, out=pixels[..., corner])
        weights[..., corner] = weight.T
    return pixels, weights


def boxed_source(companion: Companion, sequence: ADISequence, pixels: Indices) -> tuple[tuple[slice, slice], Array]:
    """Images of a companion of contrast 1, (n_frames, n_pixels), and the box of the frame which they fill.

    The box holds some given pixels too.
    """
    rows, columns, images = source_images(companion, sequence, sequence.psf)
    images *= float(sequence.star_flux)
    reach = images.shape[-1]
    box = tuple(
        slice(max(min(first.min(), at.min()), 0), min(max(first.max() + reach, at.max() + 1), sequence.size))
        for first, at in zip((rows, columns), np.divmod(pixels, sequence.size), strict=True)
    )
    height, width = (side.stop - side.start for side in box)
    source = np.zeros((len(images), height, width))
    for frame, row, column, image in zip(source, rows - box[0].start, columns - box[1].start, images, strict=True):
        top, left = max(row, 0), max(column, 0)
        frame[top : row + reach, left : column + reach] = image[
            top - row : height - row, left - column : width - column
        ]
    return (box[0], box[1]), source.reshape(len(images), -1)


def renumbered(pixels: Indices, box: tuple[slice, slice], size: int) -> tuple[Indices, Indices]:
    """Pixels of a box that occur among some of the frame, in order, and the number of each in that order."""
    rows, columns = np.divmod(pixels, size)
    width = box[1].stop - box[1].start
    in_box = (rows - box[0].start) * width + columns - box[1].start
    occurs = np.zeros((box[0].stop - box[0].start) * width, dtype=bool)
    occurs[in_box] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[in_box]


def derotation_of(taps: Indices, weights: Array, n_pixels: int) -> csr_array:
    """Operator (n, n_frames * n_pixels) that derotates frames and sums them; taps and weights are (n, n_frames, 4)."""
    n, n_frames, _ = taps.shape
    columns = taps.reshape(n, -1) + np.repeat(n_pixels * np.arange(n_frames), 4)
    starts = 4 * n_frames * np.arange(n + 1)
    return csr_array((weights.ravel(), columns.ravel(), starts), shape=(n, n_frames * n_pixels))


def pixels_near(pixels: Indices, size: int, half: int) -> NDArray[np.bool_]:
    """Pixels of a frame that belong to a patch around any of some pixels."""
    mask = np.zeros((size + 2 * half, size + 2 * half), dtype=bool)
    rows, columns = np.divmod(pixels, size)
    for row in range(2 * half + 1):
        for column in range(2 * half + 1):
            mask[rows + row, columns + column] = True
    return mask[half : half + size, half : half + size]
