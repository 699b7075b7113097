"""The sky's turn over a telescope on an altazimuth mount."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

Array = NDArray[np.float64]

LONGEST_NIGHT = 10.0
"""Hours; no sequence is longer."""


def parallactic_angle(hour_angle: ArrayLike, declination: float, latitude: float) -> Array:
    """Angle at the star between the directions to the pole and to the zenith (Meeus 1998, eq. 14.1).

    Parameters
    ----------
    hour_angle : array
        Hours West of the meridian, in increasing order.
    declination, latitude : float
        Of the star and of the telescope, in degrees.

    Returns
    -------
    array
        Degrees, without jumps.
    """
    hour_angle = np.deg2rad(15 * np.asarray(hour_angle, dtype=np.float64))
    declination, latitude = np.deg2rad(declination), np.deg2rad(latitude)
    towards_pole = np.tan(latitude) * np.cos(declination) - np.sin(declination) * np.cos(hour_angle)
    return np.asarray(np.unwrap(np.rad2deg(np.arctan2(np.sin(hour_angle), towards_pole)), period=360))


def field_rotation(duration: float, hour_angle: float, declination: float, latitude: float) -> float:
    """Range of the parallactic angles, in degrees, during `duration` hours around `hour_angle`."""
    return float(np.ptp(parallactic_angle(hour_angle + duration * np.linspace(-0.5, 0.5, 101), declination, latitude)))


def hour_angles(n_frames: int, rotation: float, hour_angle: float, declination: float, latitude: float) -> Array:
    """Hour angles of equally spaced frames, `hour_angle` (hours) in the middle, while the field turns by `rotation`.

    Raises
    ------
    ValueError
        If the field does not turn that far in `LONGEST_NIGHT`.
    """

    def missing(duration: float) -> float:
        return rotation - field_rotation(duration, hour_angle, declination, latitude)

    duration = brentq(missing, 0, LONGEST_NIGHT, xtol=1e-9)
    return np.asarray(hour_angle + duration * np.linspace(-0.5, 0.5, n_frames))
