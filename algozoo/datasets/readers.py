"""Readers for an astronomer's own files: FITS images, and angles as plain text too."""

import gzip
import warnings
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from algozoo.errors import InputError
from algozoo.imaging.psf import NormalisedPSF, normalise_psf
from algozoo.sequence import ADISequence

AngleUnit = Literal["deg", "rad"]

TEXT_SUFFIXES = {".txt", ".csv", ".dat"}
GZIP_MAGIC = b"\x1f\x8b"


def read_sequence(
    *,
    cube: str | Path,
    angles: str | Path,
    psf: str | Path,
    pixel_scale: float,
    angle_unit: AngleUnit | None = None,
    star_flux: float | None = None,
    name: str = "sequence",
) -> ADISequence:
    """Read an ADI sequence from files.

    Parameters
    ----------
    cube : path
        FITS image (n_frames, n, n), the star in the centre ``((n - 1) / 2, (n - 1) / 2)``.
    angles : path
        See `read_angles`.
    psf : path
        See `read_psf`.
    pixel_scale : float
        Arcseconds per pixel.
    angle_unit : {'deg', 'rad'}, optional
        By default the unit that the file states, or else degrees.
    star_flux : float, optional
        Flux of the star in an aperture of diameter FWHM in the unit of the cube; by default that of the PSF as
        read, right if it was taken with the exposure time and the filters of the cube.
    name : str

    Raises
    ------
    InputError
        If a file cannot be used; the message says which, why and how to mend it.
    """
    normalised = read_psf(psf)
    frames, parallactic_angles = read_cube(cube), read_angles(angles, angle_unit)
    try:
        return ADISequence(
            cube=frames,
            parallactic_angles=parallactic_angles,
            psf=normalised.psf,
            star_flux=normalised.flux if star_flux is None else star_flux,
            pixel_scale=pixel_scale,
            fwhm=normalised.fwhm,
            name=name,
        )
    except InputError as error:
        raise InputError(f"{error} (cube {cube}, angles {angles}, psf {psf})") from None


def read_cube(path: str | Path) -> NDArray[np.float32]:
    """Read the frames of a sequence, array (n_frames, ny, nx), from the first image of a FITS file.

    Raises
    ------
    InputError
        If the file is missing, damaged, or has no three-dimensional image.
    """
    data, _ = _read_image(path)
    if data.ndim != 3:
        raise InputError(
            f"{path}: the image has {data.ndim} axes {data.shape}, expected a cube (n_frames, n, n); of a cube with "
            "wavelengths, save one channel or their mean"
        )
    with np.errstate(over="ignore"):  # too large for float32: infinite, and reported as such
        return data.astype(np.float32)


def read_angles(path: str | Path, unit: AngleUnit | None = None) -> NDArray[np.float64]:
    """Read parallactic angles.

    Parameters
    ----------
    path : path
        FITS image (n,), (1, n) or (n, 1), or text (.txt, .csv, .dat): numbers between blanks, commas or line ends,
        ``#`` begins a comment.
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
    stated: str | None
    if Path(path).suffix.lower() in TEXT_SUFFIXES:
        values, stated = _read_numbers(path), None
    else:
        values, stated = _read_image(path)
    if values.size != max(values.shape):
        raise InputError(
            f"{path}: angles have shape {values.shape}, expected one for each frame: (n,), (1, n) or (n, 1)"
        )
    angles = values.ravel().astype(np.float64)
    unit = unit or _angle_unit(path, stated)
    if unit is None and np.all(abs(angles) <= 2 * np.pi):
        raise InputError(
            f"{path}: all angles lie within 2 pi ({angles.min():g} to {angles.max():g}) and no unit is stated, so they "
            "may be radians; say which with angle_unit = 'deg' or 'rad'"
        )
    return np.rad2deg(angles) if unit == "rad" else angles


def read_psf(path: str | Path) -> NormalisedPSF:
    """Read an off-axis PSF and normalise it with `algozoo.imaging.psf.normalise_psf`.

    Parameters
    ----------
    path : path
        FITS image (m, m), m odd, the star unsaturated and within one pixel of the centre.

    Returns
    -------
    NormalisedPSF
        The PSF (m, m), its FWHM in pixels, and the flux it had in an aperture of that diameter.

    Raises
    ------
    InputError
        If the file is missing or damaged, or its image cannot serve as a PSF.
    """
    data, _ = _read_image(path)
    if data.ndim != 2 or data.shape[0] != data.shape[1] or data.shape[0] % 2 == 0:
        raise InputError(f"{path}: the PSF has shape {data.shape}, expected (m, m) with m odd: crop it around the star")
    if not np.isfinite(data).all():
        raise InputError(f"{path}: the PSF has {np.sum(~np.isfinite(data))} NaN or infinite pixels: replace them")
    peak = float(data.max())
    if peak <= 0:
        raise InputError(f"{path}: the PSF is empty, its brightest pixel is {peak:g}: expected a star")
    row, column = np.unravel_index(np.argmax(data), data.shape)
    centre = len(data) // 2
    if max(abs(row - centre), abs(column - centre)) > 1:
        raise InputError(
            f"{path}: the brightest pixel of the PSF is at x = {column}, y = {row}, expected within one pixel of the "
            f"centre ({centre}, {centre}): crop it around the star"
        )
    return _normalise(path, data.astype(np.float64), peak)


def _normalise(path: str | Path, psf: NDArray[np.float64], peak: float) -> NormalisedPSF:
    not_a_star = InputError(
        f"{path}: the PSF does not look like one star (no Gaussian fits its core): expected an unsaturated, off-axis, "
        "background-subtracted one of at least 2 pixels FWHM"
    )
    try:
        with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
            warnings.simplefilter("error")
            normalised = normalise_psf(psf / peak)
            flux = normalised.flux * peak
    except (ArithmeticError, ValueError, Warning):
        raise not_a_star from None
    if not (normalised.flux > 0 and 0 < normalised.fwhm <= len(psf)):
        raise not_a_star
    return normalised._replace(flux=flux)


def _read_image(path: str | Path) -> tuple[NDArray[Any], str | None]:
    """Read the first HDU that holds an image, in native byte order, and its BUNIT."""
    content = _unpacked(path)
    if not content.startswith(b"SIMPLE"):
        raise InputError(f"{path}: is not a FITS file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for hdu in fits.HDUList.fromstring(content):
                if hdu.is_image and hdu.data is not None and hdu.data.size:
                    data = np.asarray(hdu.data, dtype=hdu.data.dtype.newbyteorder("="))
                    return data, hdu.header.get("BUNIT")
    except Exception as error:  # noqa: BLE001 - astropy raises a dozen kinds on a damaged file
        reason = "is truncated, its header announces more" if "too small" in str(error) else f"is damaged ({error})"
        raise InputError(f"{path}: {reason}: copy or download it again") from None
    raise InputError(f"{path}: has no image, expected one in a FITS HDU")


def _unpacked(path: str | Path) -> bytes:
    """Return the bytes of a file, unpacked if it is gzipped."""
    try:
        content = Path(path).read_bytes()
        return gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(f"{path}: is truncated or damaged (gzip): copy or download it again") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def _read_numbers(path: str | Path) -> NDArray[np.float64]:
    try:
        lines = _unpacked(path).decode().splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text, expected numbers") from None
    numbers = []
    for number, line in enumerate(lines, start=1):
        for word in line.split("#")[0].replace(",", " ").split():
            try:
                numbers.append(float(word))
            except ValueError:
                raise InputError(f"{path}: line {number}: {word!r} is not a number") from None
    if not numbers:
        raise InputError(f"{path}: has no numbers, expected one angle for each frame")
    return np.array(numbers)


def _angle_unit(path: str | Path, stated: str | None) -> AngleUnit | None:
    word = str(stated or "").strip().lower()
    if word.startswith("deg"):
        return "deg"
    if word.startswith("rad"):
        return "rad"
    if word:
        raise InputError(f"{path}: BUNIT is {stated!r}, expected 'deg' or 'rad': say which with angle_unit")
    return None
