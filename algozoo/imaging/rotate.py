"""Rotation of frames by three Fourier shears (Unser, Thevenaz & Yaroslavsky 1995, IEEE Trans. Image Process. 4, 1371).

A rotation is a shear along x, one along y and one along x again; each shear moves every line by a sub-pixel
amount, which a phase ramp does exactly for band-limited content and without loss of flux.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

PADDING = 2
"""Lines are padded to this many times their length: the middle shear moves content by half a frame either way."""


def odd_fast_length(at_least: int) -> int:
    """Return the smallest odd length >= `at_least` that the FFT likes; an odd length has no Nyquist term."""
    length = at_least | 1
    while fft.next_fast_len(length, real=True) != length:
        length += 2
    return length


def rotate(frame: ArrayLike, angle: float) -> NDArray[np.float64]:
    """Rotate the content of a frame about its centre `((n - 1) / 2, (n - 1) / 2)`.

    Parameters
    ----------
    frame : array (n, n)
        Zero is assumed outside.
    angle : float
        Degrees, counter-clockwise with x to the right and y (the row index) up.

    Returns
    -------
    array (n, n)
        Float64. On a scene sampled at 2 pixels per FWHM or better the error is below 2e-6 of the peak.
    """
    frame = np.asarray(frame, dtype=np.float64)
    quarters = round(angle / 90)
    theta = np.deg2rad(angle - 90 * quarters)
    frame = np.rot90(frame, -quarters)
    if theta == 0:
        return frame.copy()

    n = frame.shape[-1]
    length = odd_fast_length(PADDING * n)
    start = (length - n) // 2
    inside = slice(start, start + n)
    along_x = _phases(np.tan(theta / 2), -(n - 1) / 2, n, length)
    along_y = _phases(-np.sin(theta), -start - (n - 1) / 2, length, length).T

    wide = np.zeros((n, length))
    wide[:, inside] = frame
    wide = fft.irfft(fft.rfft(wide, axis=1) * along_x, length, axis=1)
    square = np.zeros((length, length))
    square[inside] = wide
    wide = fft.irfft(fft.rfft(square, axis=0) * along_y, length, axis=0)[inside]
    return fft.irfft(fft.rfft(wide, axis=1) * along_x, length, axis=1)[:, inside]


def _phases(shear: float, first: float, n_lines: int, length: int) -> NDArray[np.complex128]:
    """Fourier phases that shift line `first + i` by `-shear` times its number, (n_lines, length // 2 + 1).

    Each doubling of the lines is a product with one row, which costs a tenth of the exponentials.
    """
    per_line = 2j * np.pi * shear * fft.rfftfreq(length)
    phases = np.empty((n_lines, per_line.size), dtype=np.complex128)
    phases[0] = np.exp(first * per_line)
    done = 1
    while done < n_lines:
        more = min(done, n_lines - done)
        np.multiply(phases[:more], np.exp(done * per_line), out=phases[done : done + more])
        done += more
    return phases


def derotate(cube: ArrayLike, parallactic_angles: ArrayLike) -> NDArray[np.float64]:
    """Align the sky of a stack: turn frame t by its parallactic angle, counter-clockwise.

    Parameters
    ----------
    cube : array (n_frames, n, n)
    parallactic_angles : array (n_frames,)
        Degrees.

    Returns
    -------
    array (n_frames, n, n)
    """
    frames, angles = np.asarray(cube), np.asarray(parallactic_angles)
    turned = np.empty(frames.shape)
    for target, frame, angle in zip(turned, frames, angles, strict=True):
        target[:] = rotate(frame, angle)
    return turned
