"""ADISequence: the data that every other module speaks of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from algozoo.arguments import Keywords, number
from algozoo.errors import InputError
from algozoo.imaging.apertures import aperture_sum

PSF_FLUX_TOLERANCE = 0.01

FLUX_UNKNOWN = "star_flux_unknown"
"""Key of `ADISequence.meta`: why `star_flux` is not that of the star, and how to state it."""
HEADER = "header"
"""Key of `ADISequence.meta`: keywords and values of the cube's FITS header."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ADISequence(Keywords):
    """An angular-differential-imaging sequence: what a telescope delivered, calibrated and centred.

    The star is at the centre ``((n - 1) / 2, (n - 1) / 2)`` of every frame. The arrays are copied and read-only.

    Parameters
    ----------
    cube : array (n_frames, n, n) or (n_wavelengths, n_frames, n, n)
        Any flux unit; stored as float32.
    parallactic_angles : array (n_frames,)
        Degrees: turning the content of frame t by ``+parallactic_angles[t]`` counter-clockwise (x to the right,
        y up) aligns the sky.
    psf : array (m, m) or (n_wavelengths, m, m)
        Off-axis, unsaturated, centred, m odd, with unit flux in an aperture of diameter `fwhm`.
    star_flux : float or array (n_wavelengths,)
        Flux of the star in that aperture in the unit of `cube`: ``contrast * star_flux * psf`` is a companion.
    pixel_scale : float
        Arcseconds per pixel.
    fwhm : float
        Full width at half maximum of the PSF in pixels; with a 4-D cube the mean of the channels'.
    wavelengths : array (n_wavelengths,), optional
        Micrometres; required with a 4-D cube.
    reference : array (n_reference, n, n) or (n_wavelengths, n_reference, n, n), optional
        Frames of other stars without companions, for reference-star differential imaging.
    north_angle : float or None
        Direction of North in the derotated frame: degrees counter-clockwise from up; None if it is not known.
    name : str
    meta : mapping
        Anything worth keeping about where the data come from.

    Raises
    ------
    InputError
        If a field has another shape or value than stated; the message names it.
    """

    cube: NDArray[np.float32]
    parallactic_angles: NDArray[np.float64]
    psf: NDArray[np.float64]
    star_flux: float | NDArray[np.float64]
    pixel_scale: float
    fwhm: float
    wavelengths: NDArray[np.float64] | None = None
    reference: NDArray[np.float32] | None = None
    north_angle: float | None = 0.0
    name: str = "sequence"
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, dtype in (
            ("cube", np.float32),
            ("reference", np.float32),
            ("parallactic_angles", np.float64),
            ("psf", np.float64),
            ("wavelengths", np.float64),
        ):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _read_only(self.name, name, getattr(self, name), dtype))
        if np.ndim(self.star_flux):
            object.__setattr__(self, "star_flux", _read_only(self.name, "star_flux", self.star_flux, np.float64))
        object.__setattr__(self, "meta", MappingProxyType(dict(self.meta)))
        for check in (_check_cube, _check_angles, _check_scalars, _check_spectral, _check_psf):
            check(self)

    @property
    def n_frames(self) -> int:
        """Number of frames in time."""
        return int(self.cube.shape[-3])

    @property
    def size(self) -> int:
        """Side of a frame in pixels."""
        return int(self.cube.shape[-1])

    @property
    def centre(self) -> float:
        """Pixel coordinate of the star, the same in x and y."""
        return (self.size - 1) / 2

    @property
    def field_rotation(self) -> float:
        """Range of the parallactic angles in degrees, jumps by full turns taken out."""
        return float(np.ptp(np.unwrap(self.parallactic_angles, period=360)))

    def need_star_flux(self) -> None:
        """Raise an `InputError` if the flux of the star is not known, so that contrasts would be wrong."""
        if reason := self.meta.get(FLUX_UNKNOWN):
            raise InputError(f"{self.name}: {reason}")

    def flipped(self) -> Self:
        """Return the twin with reversed angles: the same speckles, but nothing on the sky adds up any more."""
        return replace(self, parallactic_angles=-self.parallactic_angles)

    def __repr__(self) -> str:
        spectral = f"{len(self.cube)} wavelengths x " if self.cube.ndim == 4 else ""
        return (
            f"ADISequence({self.name!r}: {spectral}{self.n_frames} frames of {self.size}x{self.size} px, "
            f"{1000 * self.pixel_scale:.4g} mas/px, FWHM {self.fwhm:.2f} px, "
            f"field rotation {self.field_rotation:.1f} deg)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        values = {f.name: getattr(self, f.name) for f in fields(self)} | {"meta": dict(self.meta)}
        return _rebuild, (type(self), values)


def _rebuild(cls: type[ADISequence], values: dict[str, Any]) -> ADISequence:
    return cls(**values)


def _read_only(sequence: str, name: str, value: Any, dtype: type[np.floating]) -> NDArray[Any]:
    if hasattr(value, "to_value"):
        raise InputError(f"{sequence}: {name} is in {value.unit}, expected plain numbers: give it as {name}.to_value()")
    try:
        array = np.array(value, dtype=dtype, order="C")
    except (TypeError, ValueError) as error:
        raise InputError(f"{sequence}: {name} is not an array of numbers ({error})") from None
    array.flags.writeable = False
    return array


def _check_cube(sequence: ADISequence) -> None:
    for name, cube in (("cube", sequence.cube), ("reference", sequence.reference)):
        if cube is None:
            continue
        if cube.ndim not in {3, 4} or 0 in cube.shape:
            raise InputError(
                f"{sequence.name}: {name} has shape {cube.shape}, expected (n_frames, n, n) "
                "or (n_wavelengths, n_frames, n, n)"
            )
        if cube.shape[-1] != cube.shape[-2]:
            raise InputError(
                f"{sequence.name}: the frames of {name} are {cube.shape[-2]}x{cube.shape[-1]} pixels, expected "
                "square ones: crop them around the star"
            )
        finite = np.isfinite(cube).all(axis=(-1, -2))
        if not finite.all():
            bad = np.argwhere(~finite)
            raise InputError(
                f"{sequence.name}: {name} has NaN or infinite pixels in {len(bad)} of {finite.size} frames, first "
                f"in frame {'/'.join(map(str, bad[0]))}: replace bad pixels or drop these frames (with their angles)"
            )
    if sequence.reference is not None and sequence.reference.shape[-1] != sequence.size:
        raise InputError(
            f"{sequence.name}: reference frames are {sequence.reference.shape[-1]} pixels wide, "
            f"those of cube {sequence.size}: crop both alike"
        )
    if sequence.reference is not None and sequence.reference.shape[:-3] != sequence.cube.shape[:-3]:
        raise InputError(
            f"{sequence.name}: reference has shape {sequence.reference.shape}, expected the axes and channels of cube, "
            f"{sequence.cube.shape}, with any number of frames"
        )


def _check_angles(sequence: ADISequence) -> None:
    angles = sequence.parallactic_angles
    if angles.shape != (sequence.n_frames,):
        raise InputError(
            f"{sequence.name}: parallactic_angles has shape {angles.shape}, expected ({sequence.n_frames},): one angle "
            "for each frame of cube"
        )
    if not np.isfinite(angles).all():
        raise InputError(
            f"{sequence.name}: parallactic_angles has NaN or infinite values, first at {np.argmin(np.isfinite(angles))}"
        )


def _check_scalars(sequence: ADISequence) -> None:
    for name, unit in (("pixel_scale", "arcsec"), ("fwhm", "pix")):
        number(getattr(sequence, name), f"{sequence.name}: {name}", unit)
    if sequence.north_angle is not None:
        number(sequence.north_angle, f"{sequence.name}: north_angle", "deg")
    for flux in np.ravel(sequence.star_flux):
        number(flux, f"{sequence.name}: star_flux")
    for name, unit in (
        ("pixel_scale", "arcsec per pixel"),
        ("fwhm", "pixels"),
        ("star_flux", "units of cube"),
    ):
        if not (np.asarray(getattr(sequence, name)) > 0).all():
            raise InputError(
                f"{sequence.name}: {name} is {getattr(sequence, name)}, expected a positive number of {unit}"
            )
    if sequence.fwhm > sequence.size / 4:
        raise InputError(
            f"{sequence.name}: fwhm is {sequence.fwhm:g} pixels, too wide for frames of {sequence.size} pixels "
            "(at most a quarter)"
        )


def _check_spectral(sequence: ADISequence) -> None:
    channels = sequence.cube.shape[:-3]
    if channels and (sequence.wavelengths is None or sequence.wavelengths.shape != channels):
        shape = None if sequence.wavelengths is None else sequence.wavelengths.shape
        raise InputError(
            f"{sequence.name}: wavelengths has shape {shape}, expected {channels}: one for each channel of the 4-D cube"
        )
    if sequence.wavelengths is not None and not (np.isfinite(sequence.wavelengths) & (sequence.wavelengths > 0)).all():
        raise InputError(f"{sequence.name}: wavelengths has values that are no positive numbers of micrometres")
    if np.shape(sequence.star_flux) not in {(), channels}:
        raise InputError(
            f"{sequence.name}: star_flux has shape {np.shape(sequence.star_flux)}, expected one number"
            + (f" or {channels}" if channels else "")
        )


def _check_psf(sequence: ADISequence) -> None:
    psf = sequence.psf
    stamp = psf.shape[-2:]
    if psf.shape[:-2] != sequence.cube.shape[:-3] or len(stamp) != 2 or stamp[0] != stamp[1] or stamp[0] % 2 == 0:
        expected = "(n_wavelengths, m, m)" if sequence.cube.ndim == 4 else "(m, m)"
        raise InputError(f"{sequence.name}: psf has shape {psf.shape}, expected {expected} with m odd")
    if stamp[0] > sequence.size:
        raise InputError(
            f"{sequence.name}: psf is {stamp[0]} pixels wide, wider than the frames ({sequence.size}): crop it"
        )
    if not np.isfinite(psf).all():
        raise InputError(f"{sequence.name}: psf has NaN or infinite pixels")
    centre = (stamp[0] - 1) / 2
    for channel in psf.reshape(-1, *stamp):
        flux = aperture_sum(channel, centre, centre, sequence.fwhm / 2)
        if abs(flux - 1) > PSF_FLUX_TOLERANCE:
            raise InputError(
                f"{sequence.name}: psf has a flux of {flux:.4g} in the central aperture of diameter fwhm = "
                f"{sequence.fwhm:g} pixels, expected 1: centre and scale it with algozoo.imaging.psf.normalise_psf"
            )
