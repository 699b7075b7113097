"""Readers for an astronomer's own files: FITS images, and angles as plain text too."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from algozoo.arguments import checked, expect, number
from algozoo.datasets.arrays import TEXT_SUFFIXES, read_image, read_numbers
from algozoo.datasets.centring import Centre, centred, star_position
from algozoo.datasets.psfs import SpectralPSF, read_psf, read_spectral_psf
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum
from algozoo.imaging.psf import NormalisedPSF
from algozoo.sequence import ADISequence

if TYPE_CHECKING:
    from astropy.units import Quantity

READ = 'read("cube.fits", "angles.fits", "psf.fits", pixel_scale=0.02719); ADISequence(cube=..., ...) takes arrays'
AngleUnit = Literal["deg", "rad"]

WAVELENGTHS = (0.1, 100.0)
"""Micrometres; other numbers are another unit."""

LARGEST_AIRMASS = 10.0
"""Tells the second column of the challenge's angles, which holds airmasses, from angles."""


@checked
def read(
    cube: str | Path,
    angles: str | Path,
    psf: str | Path,
    *,
    pixel_scale: "float | Quantity",
    wavelengths: str | Path | None = None,
    reference: str | Path | None = None,
    centre: Centre = "as-is",
    angle_unit: AngleUnit | None = None,
    angle_offset: "float | Quantity" = 0.0,
    star_flux: float | None = None,
    star_flux_aperture: float | None = None,
    crop: tuple[int, int, int | None] = (0, 0, None),
    name: str = "sequence",
) -> ADISequence:
    """Read an ADI sequence from files.

    Parameters
    ----------
    cube : path
        See `read_cube`.
    angles : path
        See `read_angles`.
    psf : path
        See `read_psf`, or `read_spectral_psf` with wavelengths.
    pixel_scale : float or Quantity
        Arcseconds per pixel.
    wavelengths : path, optional
        See `read_wavelengths`; required with a 4-D cube.
    reference : path, optional
        Frames of another star, without companions: as `cube`, its star at the same pixel, the number of frames free.
    centre : {'as-is', 'auto'} or tuple (x, y)
        Where the star is in the cropped frames: in their centre ``((n - 1) / 2, (n - 1) / 2)``; where the symmetry of
        its halo shows it; or at a pixel. Unless 'as-is', the frames are shifted and cropped to an odd size.
    angle_unit : {'deg', 'rad'}, optional
        By default the unit that the file states, or else degrees.
    angle_offset : float or Quantity
        Degrees added to the angles, to bring North up. Jumps by full turns are taken out.
    star_flux : float, optional
        Flux of the star in the unit of the cube; by default that of the PSF as read, which is right if it was taken
        with the exposure time and the filters of the cube. With wavelengths, the mean over the channels, whose ratios
        are those of the PSF.
    star_flux_aperture : float, optional
        Diameter in pixels of the aperture of `star_flux`; one FWHM by default.
    crop : tuple of int
        Columns and rows cut at the start of each frame, and the side of what is kept (None: all the rest).
    name : str

    Raises
    ------
    InputError
        If a file cannot be used; the message says which, why and how to fix it.
    """
    optional = {"wavelengths": wavelengths or psf, "reference": reference or cube}
    for argument, path in {"cube": cube, "angles": angles, "psf": psf, **optional}.items():
        expect(path, (str, Path), f"read: {argument}", READ)
    if angle_unit not in {None, *get_args(AngleUnit)}:
        raise InputError(f"read: angle_unit is {angle_unit!r}, expected 'deg' or 'rad', or None for that of the file")
    expect(name, str, "read: name", READ)
    flux, aperture = (
        None if value is None else number(value, f"read: {argument}", unit)
        for argument, value, unit in (("star_flux", star_flux, ""), ("star_flux_aperture", star_flux_aperture, "pix"))
    )
    scale = number(pixel_scale, "read: pixel_scale", "arcsec", quantity=True)
    offset = number(angle_offset, "read: angle_offset", "deg", quantity=True)
    microns = None if wavelengths is None else read_wavelengths(wavelengths)
    parallactic_angles = read_angles(angles, angle_unit)
    cubes = _read_cubes(cube, reference, crop, parallactic_angles.size, None if microns is None else microns.size)
    normalised: NormalisedPSF | SpectralPSF = read_psf(psf) if microns is None else read_spectral_psf(psf)
    if star := star_position(cubes["cube"], centre, normalised.fwhm):
        cubes = {role: centred(frames, star) for role, frames in cubes.items()}
    try:
        return ADISequence(
            **cubes,
            parallactic_angles=np.unwrap(parallactic_angles, period=360) + offset,
            psf=normalised.psf,
            star_flux=_star_flux(normalised, flux, aperture),
            pixel_scale=scale,
            fwhm=normalised.fwhm,
            wavelengths=microns,
            name=name,
            meta={"star": star} if star else {},
        )
    except InputError as error:
        raise InputError(f"{error} (cube {cube}, angles {angles}, psf {psf})") from None


def _read_cubes(
    cube: str | Path,
    reference: str | Path | None,
    crop: tuple[int, int, int | None],
    n_frames: int,
    n_wavelengths: int | None,
) -> dict[str, Any]:
    """Read the frames of the star and of the reference star, if there is one, and crop both alike."""
    cubes = {"cube": read_cube(cube, n_frames, n_wavelengths)}
    if reference is not None:
        cubes["reference"] = read_cube(reference, None, n_wavelengths)
        (ny, nx), (rows, columns) = (frames.shape[-2:] for frames in cubes.values())
        if (rows, columns) != (ny, nx):
            raise InputError(
                f"{reference}: frames of {columns}x{rows} px, expected those of the cube, {nx}x{ny} px, with the star "
                "at the same pixel: cut both alike"
            )
    left, bottom, side = crop
    kept = tuple(slice(start, start + side if side else None) for start in (bottom, left))
    return {role: frames[..., *kept] for role, frames in cubes.items()}


def _star_flux(
    normalised: NormalisedPSF | SpectralPSF, star_flux: float | None, aperture: float | None
) -> float | NDArray[np.float64]:
    """Scale the fluxes of the PSFs so that their mean in an aperture (diameter in pixels) is `star_flux`, if given."""
    if star_flux is None:
        return normalised.flux
    centre = normalised.psf.shape[-1] // 2
    stamps = normalised.psf.reshape(-1, *normalised.psf.shape[-2:])
    radius = (aperture or normalised.fwhm) / 2
    fluxes = np.array([aperture_sum(stamp, centre, centre, radius) for stamp in stamps]) * normalised.flux
    scaled = star_flux * (normalised.flux / fluxes.mean())
    return scaled if np.ndim(scaled) else float(scaled)


def read_cube(path: str | Path, n_frames: int | None = None, n_wavelengths: int | None = None) -> NDArray[np.float32]:
    """Read the frames of a sequence from the first image of a FITS file.

    Parameters
    ----------
    path : path
        Image (n_frames, n, n), or with wavelengths (n_wavelengths, n_frames, n, n) or, as in the second data challenge,
        (n_frames, n_wavelengths, n, n).
    n_frames, n_wavelengths : int, optional
        Numbers of angles and wavelengths, which tell the first two axes apart; required of a cube with wavelengths.

    Returns
    -------
    array (n_frames, n, n) or (n_wavelengths, n_frames, n, n)

    Raises
    ------
    InputError
        If the file is missing or damaged, has no such image, or if its axes cannot be told apart.
    """
    data, _ = read_image(path)
    if n_wavelengths is None and data.ndim != 3:
        raise InputError(
            f"{path}: the image has {data.ndim} axes {data.shape}, expected a cube (n_frames, n, n); of a cube with "
            "wavelengths, give the file of the wavelengths too, or save one channel or their mean"
        )
    if n_wavelengths is not None:
        data = _wavelengths_first(path, data, n_frames, n_wavelengths)
    with np.errstate(over="ignore"):  # too large for float32: infinite, and reported as such
        return data.astype(np.float32)


def _wavelengths_first(path: str | Path, data: NDArray[Any], n_frames: int | None, n_wavelengths: int) -> NDArray[Any]:
    expected = f"(n_wavelengths, n_frames, n, n) or (n_frames, n_wavelengths, n, n) with {n_wavelengths} wavelengths"
    if n_frames is not None:
        expected += f" and {n_frames} frames"
    if data.ndim != 4 or n_wavelengths not in data.shape[:2]:
        raise InputError(f"{path}: the image has shape {data.shape}, expected {expected}")
    if data.shape[:2] == (n_wavelengths, n_wavelengths):
        raise InputError(
            f"{path}: as many frames as wavelengths, {n_wavelengths}: which axis is which cannot be told; drop a frame "
            "and its angle"
        )
    return data if data.shape[0] == n_wavelengths else np.swapaxes(data, 0, 1)


def read_wavelengths(path: str | Path) -> NDArray[np.float64]:
    """Read the wavelengths of a cube's channels, array (n_wavelengths,) in micrometres, from FITS or text.

    Raises
    ------
    InputError
        If the file is missing or damaged, or if its numbers are no wavelengths in micrometres.
    """
    values, _ = _read_list(path)
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


def read_angles(path: str | Path, unit: AngleUnit | None = None) -> NDArray[np.float64]:
    """Read parallactic angles.

    Parameters
    ----------
    path : path
        FITS image (n,), (1, n) or (n, 1), or text (.txt, .csv, .dat): numbers between blanks, commas or line ends,
        ``#`` begins a comment. A second row or column of airmasses is left out.
    unit : {'deg', 'rad'}, optional
        By default what BUNIT says in the FITS header, or else degrees.

    Returns
    -------
    array (n,)
        Degrees.

    Raises
    ------
    InputError
        If the file is missing, damaged, not a list of numbers, or if no unit is known and all angles lie within
        2 pi, so that they may be radians.
    """
    values, stated = _read_list(path)
    values = _without_airmasses(values)
    if values.size != max(values.shape):
        raise InputError(
            f"{path}: angles have shape {values.shape}, expected one for each frame: (n,), (1, n) or (n, 1)"
        )
    angles = values.ravel().astype(np.float64)
    unit = unit or _angle_unit(path, stated, angles)
    if unit is None:
        raise InputError(
            f"{path}: all angles lie within 2 pi ({angles.min():g} to {angles.max():g}) and no unit is stated, so they "
            "may be radians; say which with angle_unit = 'deg' or 'rad'"
        )
    return np.rad2deg(angles) if unit == "rad" else angles


def unit_of_angles(path: str | Path) -> AngleUnit | None:
    """Tell the unit of a file of angles; None if its header does not state one and the numbers could be radians.

    Raises
    ------
    InputError
        If the file is missing or damaged, or if the header states another unit.
    """
    values, stated = _read_list(path)
    return _angle_unit(path, stated, values)


def _read_list(path: str | Path) -> tuple[NDArray[Any], str | None]:
    """Read numbers from text or FITS, and their unit where the header states one."""
    return (read_numbers(path), None) if Path(path).suffix.lower() in TEXT_SUFFIXES else read_image(path)


def _angle_unit(path: str | Path, stated: str | None, angles: NDArray[Any]) -> AngleUnit | None:
    word = str(stated or "").strip().lower()
    if word.startswith("deg"):
        return "deg"
    if word.startswith("rad"):
        return "rad"
    if word:
        raise InputError(f"{path}: BUNIT is {stated!r}, expected 'deg' or 'rad': say which with angle_unit")
    return None if np.all(abs(angles) <= 2 * np.pi) else "deg"


def _without_airmasses(values: NDArray[Any]) -> NDArray[Any]:
    """Return angles without the airmasses that stand next to them in the second data challenge: (n, 2) or (2, n)."""
    if values.ndim != 2 or 2 not in values.shape or values.size <= 2:
        return values
    angles, others = values if values.shape[0] == 2 else values.T
    return angles if np.all((others >= 1) & (others < LARGEST_AIRMASS)) else values
