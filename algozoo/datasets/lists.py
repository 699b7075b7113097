"""Readers for lists of numbers, one for each frame or channel: angles and wavelengths, from images, tables and text."""

from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets.tables import Listed, read_list
from algozoo.errors import InputError

AngleUnit = Literal["deg", "rad"]

WAVELENGTHS = (0.1, 100.0)
"""Micrometres; other numbers are another unit."""

LARGEST_AIRMASS = 10.0
"""Tells the second column of the challenge's angles, which holds airmasses, from angles."""

ANGLE_COLUMNS = frozenset(
    {
        *("parang", "par_ang", "para", "para_ang", "parallactic", "parallactic_angle", "parallactic_angles"),
        *("pa", "angle", "angles", "rotnth", "derot_angle", "derot_angles", "derotation_angle", "derotation_angles"),
    }
)
WAVELENGTH_COLUMNS = frozenset({"wavelength", "wavelengths", "lambda", "lam", "wl", "wls", "wave"})


def read_wavelengths(path: str | Path) -> NDArray[np.float64]:
    """Read the wavelengths of a cube's channels, array (n_wavelengths,) in micrometres, from FITS or text.

    Raises
    ------
    InputError
        If the file is missing or damaged, or if its numbers are no wavelengths in micrometres.
    """
    values = read_list(path, WAVELENGTH_COLUMNS).values
    wavelengths = values.ravel().astype(np.float64)
    if values.size != max(values.shape) or not (np.isfinite(wavelengths).all() and wavelengths.min() > 0):
        raise InputError(f"{path}: wavelengths have shape {values.shape}, expected a list of positive numbers")
    shortest, longest = WAVELENGTHS
    if wavelengths.min() < shortest or wavelengths.max() > longest:
        raise InputError(
            f"{path}: wavelengths from {wavelengths.min():g} to {wavelengths.max():g}, expected micrometres: divide "
            "nanometres by 1000, multiply metres by 1e6"
        )
    if len(np.unique(wavelengths)) < len(wavelengths):
        raise InputError(
            f"{path}: {len(wavelengths)} wavelengths of which {len(np.unique(wavelengths))} differ, expected one for "
            "each channel, all different"
        )
    return wavelengths


def read_angles(path: str | Path, unit: AngleUnit | None = None, column: str | None = None) -> NDArray[np.float64]:
    """Read parallactic angles.

    Parameters
    ----------
    path : path
        FITS image (n,), (1, n) or (n, 1); FITS table; or text (.txt, .csv, .tsv, .dat): numbers between blanks, commas
        or line ends, or a table with one line for each frame; ``#`` begins a comment. A second row or column of
        airmasses is left out.
    unit : {'deg', 'rad'}, optional
        By default what BUNIT or TUNIT says in the FITS header, or else degrees.
    column : str, optional
        Name or number (from 1) of the column of a table; by default the one whose name is that of angles.

    Returns
    -------
    array (n,)
        Degrees.

    Raises
    ------
    InputError
        If the file is missing, damaged, not a list of numbers, if it is not known which column holds the angles, or if
        no unit is known and all angles lie within 2 pi, so that they may be radians.
    """
    if unit not in {None, *get_args(AngleUnit)}:
        raise InputError(f"read: angle_unit is {unit!r}, expected 'deg' or 'rad', or None for the unit of the file")
    values, stated = _angles(path, column)
    if values.size != max(values.shape):
        raise InputError(
            f"{path}: angles have shape {values.shape}, expected one for each frame: (n,), (1, n) or (n, 1); choose "
            "a column of a table with angle_column (--angle-column NAME, or its number from 1)"
        )
    angles = values.ravel().astype(np.float64)
    unit = unit or _angle_unit(path, stated, angles)
    if unit is None:
        raise InputError(
            f"{path}: all angles lie within 2 pi ({angles.min():g} to {angles.max():g}) and no unit is stated, so they "
            "may be radians; say which with angle_unit = 'deg' or 'rad' (--angle-unit)"
        )
    return np.rad2deg(angles) if unit == "rad" else angles


def unit_of_angles(path: str | Path, column: str | None = None) -> AngleUnit | None:
    """Return the unit of a file of angles; None if its header does not state one and the numbers could be radians.

    Raises
    ------
    InputError
        If the file is missing or damaged, or if the header states another unit.
    """
    values, stated = _angles(path, column)
    return _angle_unit(path, stated, values)


def _angles(path: str | Path, column: str | None) -> Listed:
    """Read angles in the unit of the file, without the airmasses that stand next to them in the second challenge."""
    values, stated = read_list(path, ANGLE_COLUMNS, column)
    if values.ndim == 2 and 2 in values.shape and values.size > 2:
        first, others = values if values.shape[0] == 2 else values.T
        if np.all((others >= 1) & (others < LARGEST_AIRMASS)):
            values = first
    return Listed(values, stated)


def _angle_unit(path: str | Path, stated: str | None, angles: NDArray[Any]) -> AngleUnit | None:
    word = str(stated or "").strip(" ?").lower()  # what is not ASCII in a header is read as question marks
    if word.startswith("deg"):
        return "deg"
    if word.startswith("rad"):
        return "rad"
    if word:
        raise InputError(f"{path}: BUNIT is {stated!r}, expected 'deg' or 'rad': say which with angle_unit")
    return None if np.all(abs(angles) <= 2 * np.pi) else "deg"
