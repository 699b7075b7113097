"""Companions of a star, and their injection into a sequence."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from algozoo.arguments import Keywords, checked, expect, number
from algozoo.errors import InputError
from algozoo.imaging.shift import shift_matrices
from algozoo.sequence import ADISequence

if TYPE_CHECKING:
    from astropy.units import Quantity

Array = NDArray[np.float64]

FROM_SKY = "Companion.from_sky(separation=0.6, position_angle=45, contrast=3e-4, sequence=night)"

SMEARING_STEP = 0.2
"""Arc in FWHM above which the motion within an exposure is resolved, and the largest step along it."""


@dataclass(frozen=True, kw_only=True)
class Companion(Keywords):
    """A point source next to the star; `from_sky` makes one from its position on the sky.

    Parameters
    ----------
    separation : float
        Distance from the star in pixels.
    azimuth : float
        Degrees counter-clockwise from +x in the derotated frame; the position angle, East of North, is another angle.
    contrast : float
        Flux relative to the star, both in an aperture of diameter FWHM. Negative in a removal.
    """

    separation: float
    azimuth: float
    contrast: float

    def __post_init__(self) -> None:
        for name, unit in (("separation", "pix"), ("azimuth", "deg"), ("contrast", "")):
            number(getattr(self, name), f"companion: {name}", unit)
        if self.separation < 0:
            raise InputError(f"companion: separation is {self.separation}, expected a number of pixels >= 0")

    @classmethod
    @checked
    def from_sky(
        cls,
        sequence: ADISequence,
        *,
        separation: "float | Quantity",
        position_angle: "float | Quantity",
        contrast: float,
    ) -> Self:
        """Make a companion from its position on the sky.

        Parameters
        ----------
        sequence : ADISequence
            Gives the pixel scale and the direction of North.
        separation : float or Quantity
            Arcseconds, or a Quantity.
        position_angle : float or Quantity
            Degrees East of North, or a Quantity; East is 90 degrees counter-clockwise from North.
        contrast : float

        Raises
        ------
        InputError
            If an argument is of another type or unit, or the direction of North is not known.
        """
        expect(sequence, ADISequence, "from_sky: sequence", FROM_SKY)
        angle = number(position_angle, "from_sky: position_angle", "deg", quantity=True)
        return cls(
            separation=number(separation, "from_sky: separation", "arcsec", quantity=True) / sequence.pixel_scale,
            azimuth=(angle + 90 + _north(sequence)) % 360,
            contrast=contrast,
        )

    @checked
    def to_sky(self, sequence: ADISequence) -> tuple[float, float]:
        """Return the separation in arcseconds and the position angle in degrees East of North.

        Raises
        ------
        InputError
            If the direction of North is not known.
        """
        expect(sequence, ADISequence, "to_sky: sequence", "companion.to_sky(night)")
        return (
            self.separation * sequence.pixel_scale,
            (self.azimuth - 90 - _north(sequence)) % 360,
        )

    @checked
    def position(self, sequence: ADISequence) -> tuple[float, float]:
        """Return x and y in the derotated frame, in pixels."""
        expect(sequence, ADISequence, "position: sequence", "companion.position(night)")
        x, y = self.track(sequence.centre, np.zeros(1))
        return float(x[0]), float(y[0])

    def track(self, centre: float, parallactic_angles: ArrayLike) -> tuple[Array, Array]:
        """Return x and y in frames of the given parallactic angles, before derotation."""
        angle = np.deg2rad(self.azimuth - np.asarray(parallactic_angles))
        return centre + self.separation * np.cos(angle), centre + self.separation * np.sin(angle)


def _north(sequence: ADISequence) -> float:
    if sequence.north_angle is None:
        raise InputError(
            f"{sequence.name}: North is not known, so that there are no position angles: give angle_offset "
            "(--angle-offset), the degrees added to the angles to bring North up, 0 where they do so already"
        )
    return sequence.north_angle


@checked
def inject(
    sequence: ADISequence,
    companions: Companion | Iterable[Companion],
    *,
    smearing: bool = True,
    flux_factors: ArrayLike | None = None,
) -> ADISequence:
    """Add companions to every frame of a sequence.

    Parameters
    ----------
    sequence : ADISequence
        Not changed.
    companions : Companion or iterable of Companion
    smearing : bool
        Spread each companion along the arc that it sweeps during an exposure. The arc is taken from the
        angles of the neighbouring frames, that is, for exposures without gaps.
    flux_factors : array (n_frames,), optional
        Transmission of each frame, which multiplies the companions' flux.

    Returns
    -------
    ADISequence

    Raises
    ------
    InputError
        If a companion lies outside the frame, `flux_factors` has another length, or an argument another type.
    """
    chosen = listed(sequence, companions, f"inject(night, {FROM_SKY})")
    expect(smearing, bool, "inject: smearing", "inject(night, companion, smearing=False)")
    factors = _flux_factors(flux_factors, sequence.n_frames)

    cube = sequence.cube.astype(np.float64)
    channels = cube.reshape(-1, *cube.shape[-3:])
    stamps = sequence.psf.reshape(-1, *sequence.psf.shape[-2:])
    fluxes = np.broadcast_to(sequence.star_flux, len(channels))
    for companion in chosen:
        if companion.separation > sequence.centre + 0.5:
            raise InputError(
                f"companion at {companion.separation:.1f} px from the star: outside the frame, whose edge is "
                f"{sequence.centre + 0.5:.1f} px away"
            )
        for channel, psf, star_flux in zip(channels, stamps, fluxes, strict=True):
            images = source_images(companion, sequence, psf, smearing=smearing)
            for frame, flux, row, column, image in zip(
                channel, companion.contrast * star_flux * factors, *images, strict=True
            ):
                _add(frame, flux * image, row, column)
    return replace(sequence, cube=cube.astype(np.float32))


@checked
def remove(sequence: ADISequence, companions: Companion | Iterable[Companion]) -> ADISequence:
    """Subtract companions: injection with negative contrast."""
    chosen = listed(sequence, companions, f"remove(night, {FROM_SKY})")
    return inject(sequence, [replace(companion, contrast=-companion.contrast) for companion in chosen])


def listed(sequence: ADISequence, companions: Companion | Iterable[Companion], call: str) -> list[Companion]:
    """Return one companion or several as a list.

    Raises
    ------
    InputError
        If the sequence or one of them is something else; the message shows `call`, the right one.
    """
    function = call.partition("(")[0]
    expect(sequence, ADISequence, f"{function}: sequence", call)
    if isinstance(companions, Companion):
        return [companions]
    expect(companions, (Companion, Iterable), f"{function}: companions", call)
    chosen = list(companions)
    for companion in chosen:
        expect(companion, Companion, f"{function}: companion", call)
    return chosen


def _flux_factors(given: ArrayLike | None, n_frames: int) -> Array:
    try:
        factors = np.ones(n_frames) if given is None else np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"inject: flux_factors is not an array of numbers ({error})") from None
    if factors.shape != (n_frames,) or not np.isfinite(factors).all():
        raise InputError(f"inject: flux_factors has shape {factors.shape}, expected {n_frames} finite numbers")
    return factors


def _exposure_rotation(parallactic_angles: Array) -> Array:
    """Rotation during each exposure: the smaller of the steps to the neighbours, so that a pause does not count."""
    if len(parallactic_angles) == 1:
        return np.zeros(1)
    steps = abs(np.diff(np.unwrap(parallactic_angles, period=360)))
    return np.asarray(np.minimum(np.append(steps[0], steps), np.append(steps, steps[-1])))


def _sub_exposures(companion: Companion, sequence: ADISequence, sweep: Array) -> list[Array]:
    """Parallactic angles at the middles of equal parts of each exposure, one part where the arc is short."""
    arcs = companion.separation * np.deg2rad(sweep) / (SMEARING_STEP * sequence.fwhm)
    parts = np.where(arcs > 1, np.maximum(3, np.ceil(arcs)), 1).astype(int)
    return [
        angle + width * ((np.arange(n) + 0.5) / n - 0.5)
        for angle, width, n in zip(sequence.parallactic_angles, sweep, parts, strict=True)
    ]


def source_images(
    companion: Companion, sequence: ADISequence, psf: Array, *, smearing: bool = True
) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """Draw the PSF where a companion is in each frame.

    Parameters
    ----------
    companion : Companion
    sequence : ADISequence
    psf : array (m, m)
    smearing : bool
        As for `inject`.

    Returns
    -------
    rows, columns : int array (n_frames,)
        Place of the first pixel of each image in its frame; it may be outside.
    images : array (n_frames, k, k)
        A little larger than the PSF.
    """
    sweep = _exposure_rotation(sequence.parallactic_angles) if smearing else np.zeros(sequence.n_frames)
    parts = _sub_exposures(companion, sequence, sweep)
    counts = np.array([len(part) for part in parts])
    starts = np.cumsum(counts) - counts
    x, y = companion.track(sequence.centre, np.concatenate(parts))
    mean_x, mean_y = np.add.reduceat(x, starts) / counts, np.add.reduceat(y, starts) / counts
    columns, rows = np.rint(mean_x).astype(np.intp), np.rint(mean_y).astype(np.intp)
    along_x, along_y = x - np.repeat(columns, counts), y - np.repeat(rows, counts)
    reach = int(np.ceil(max(abs(along_x).max(), abs(along_y).max()))) + 1
    source = np.pad(psf, reach)
    shifted = shift_matrices(len(source), along_y) @ source @ shift_matrices(len(source), along_x).transpose(0, 2, 1)
    if len(shifted) > len(counts):
        shifted = np.add.reduceat(shifted, starts) / counts[:, None, None]
    half = len(source) // 2
    return rows - half, columns - half, shifted


def _add(frame: Array, image: Array, row: int, column: int) -> None:
    """Add an image to a frame, in place; cut at its edges."""
    rows, columns = slice(max(row, 0), row + len(image)), slice(max(column, 0), column + len(image))
    visible = frame[rows, columns]
    top, left = rows.start - row, columns.start - column
    visible += image[top : top + visible.shape[0], left : left + visible.shape[1]]
