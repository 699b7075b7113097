"""The files of a sequence as arrays, and a sequence of these arrays."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets.arrays import stated, stated_unit
from algozoo.datasets.centring import Placement, centred
from algozoo.datasets.cubes import read_cube
from algozoo.datasets.lists import AngleUnit, read_angles, read_wavelengths
from algozoo.datasets.psfs import PSF, cut, read_psf
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum
from algozoo.sequence import ADISequence

Crop = tuple[int, int, int | None]

KEYWORDS = ("OBJECT", "TELESCOP", "INSTRUME", "DATE-OBS", "RA", "DEC", "RADESYS", "EQUINOX")
"""Of the cube's header, for the headers of what is made of it."""

LARGEST_PIXEL = 1.0
"""Arcseconds; no camera that resolves companions has a larger one."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """What the files of a sequence hold.

    Parameters
    ----------
    cube : array (n_frames, ny, nx) or (n_wavelengths, n_frames, ny, nx)
    reference : array of the same axes, or None
    angles : array (n_frames,)
        Degrees, as in the file.
    wavelengths : array (n_wavelengths,) or None
        Micrometres.
    psf : PSF
    origin : str
        Names of the files, for messages.
    header : dict
        What the header of the cube says under `KEYWORDS` and BUNIT.
    """

    cube: NDArray[np.float32]
    reference: NDArray[np.float32] | None
    angles: NDArray[np.float64]
    wavelengths: NDArray[np.float64] | None
    psf: PSF
    origin: str
    header: dict[str, Any]


def read_files(
    cube: str | Path,
    angles: str | Path,
    psf: str | Path,
    *,
    wavelengths: str | Path | None = None,
    reference: str | Path | None = None,
    axes: str | None = None,
    angle_unit: AngleUnit | None = None,
    angle_column: str | None = None,
    crop: Crop = (0, 0, None),
) -> Material:
    """Read the files of a sequence; the parameters are those of `algozoo.read`.

    Raises
    ------
    InputError
        If a file cannot be used; the message says which, why and how to fix it.
    """
    microns = None if wavelengths is None else read_wavelengths(wavelengths)
    n_wavelengths = None if microns is None else microns.size
    parallactic_angles = read_angles(angles, angle_unit, angle_column)
    frames = read_cube(cube, parallactic_angles.size, n_wavelengths, axes)
    others = None if reference is None else read_cube(reference, None, n_wavelengths, axes)
    if others is not None and others.shape[-2:] != frames.shape[-2:]:
        (ny, nx), (rows, columns) = frames.shape[-2:], others.shape[-2:]
        raise InputError(
            f"{reference}: frames of {columns}x{rows} px, expected those of the cube, {nx}x{ny} px, with the star "
            "at the same pixel: cut both alike"
        )
    unit = stated_unit(cube)
    left, bottom, side = crop
    kept = tuple(slice(start, start + side if side else None) for start in (bottom, left))
    return Material(
        cube=frames[..., *kept],
        reference=None if others is None else others[..., *kept],
        angles=parallactic_angles,
        wavelengths=microns,
        psf=read_psf(psf, n_wavelengths),
        origin=f"cube {cube}, angles {angles}, psf {psf}",
        header=stated(cube, KEYWORDS) | ({} if unit is None else {"BUNIT": unit}),
    )


def sequence_of(
    material: Material,
    placement: Placement,
    *,
    pixel_scale: float,
    angle_offset: float | None = None,
    star_flux: float | None = None,
    star_flux_aperture: float | None = None,
    **fields: Any,
) -> ADISequence:
    """Make a sequence of what was read; the parameters are those of `algozoo.read` and fields of `ADISequence`.

    Raises
    ------
    InputError
        If something does not fit; the message names the files.
    """
    if pixel_scale > LARGEST_PIXEL:
        raise InputError(
            f"pixel_scale is {pixel_scale:g} arcsec, expected at most {LARGEST_PIXEL:g}: if it was meant in mas, give "
            f"{pixel_scale / 1000:g}"
        )
    psf, largest = material.psf.psf, placement.side - (placement.side + 1) % 2
    if largest < psf.shape[-1] <= max(material.cube.shape[-2:]):  # no wider than the frames were before they were cut
        psf = cut(psf, largest)
    with np.errstate(invalid="ignore"):  # an infinite angle is refused below
        angles = np.unwrap(material.angles, period=360)
    try:
        return ADISequence(
            cube=centred(material.cube, placement),
            reference=None if material.reference is None else centred(material.reference, placement),
            parallactic_angles=angles + (angle_offset or 0.0),
            psf=psf,
            star_flux=_star_flux(material.psf, star_flux, star_flux_aperture),
            pixel_scale=pixel_scale,
            fwhm=material.psf.fwhm,
            wavelengths=material.wavelengths,
            north_angle=None if angle_offset is None else 0.0,
            **fields,
        )
    except InputError as error:
        raise InputError(f"{error} ({material.origin})") from None


def _star_flux(psf: PSF, star_flux: float | None, aperture: float | None) -> float | NDArray[np.float64]:
    """Scale the fluxes of the PSFs so that their mean in an aperture (diameter in pixels) is `star_flux`, if given."""
    if star_flux is None:
        return psf.flux
    centre = psf.psf.shape[-1] // 2
    stamps = psf.psf.reshape(-1, *psf.psf.shape[-2:])
    radius = (aperture or psf.fwhm) / 2
    fluxes = np.array([aperture_sum(stamp, centre, centre, radius) for stamp in stamps]) * psf.flux
    scaled = star_flux * (psf.flux / fluxes.mean())
    return scaled if np.ndim(scaled) else float(scaled)
