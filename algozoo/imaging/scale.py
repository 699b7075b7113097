"""Rescaling of frames about their centre, by the spline of degree 7 through their pixels, mirrored at the edges.

A rescaling is separable: one matrix holds the spline's values along a line, and serves rows and columns of every frame.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

Array = NDArray[np.float64]

DEGREE = 7


def scaling_matrix(size: int, factor: float | Array, new_size: int) -> Array:
    """Return the matrix that rescales lines of pixels about their centre, or one for each of several factors.

    ``matrix @ frame @ matrix.T`` is the frame with its content `factor` times as large. Its values are those of the
    frame at the places from which they come: a surface brightness is kept, and a flux grows by ``factor**2``. For an
    Airy pattern of 3.4 pixels FWHM or more the error is below 5e-5 of its peak, further than 5 pixels from the
    edges. Noise is not amplified.

    Parameters
    ----------
    size : int
        Side of the frame in pixels, at least 8.
    factor : float or array (...)
        Above 1 the content grows.
    new_size : int
        Side of the rescaled frame, which has the same centre.

    Returns
    -------
    array (..., new_size, size)
        Lines that would come from outside the frame are zero.
    """
    centre = (size - 1) / 2
    places = centre + (np.arange(new_size) - (new_size - 1) / 2) / np.asarray(factor)[..., None]
    mirrored = [(order, np.zeros(size)) for order in range(1, DEGREE - 1, 2)]
    ends: Any = (mirrored, mirrored)
    spline = make_interp_spline(np.arange(size), np.eye(size), k=DEGREE, bc_type=ends)
    matrix = np.asarray(spline(places))
    matrix[abs(places - centre) > centre * (1 + 1e-12)] = 0
    return matrix
