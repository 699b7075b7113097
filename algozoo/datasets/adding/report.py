"""What the files of a sequence show, told in plain words, and what its flaws do to results."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets.adding.folders import Files
from algozoo.datasets.adding.inspection import (
    LARGEST_OFFSET,
    StarCentre,
    angle_jumps,
    centring_crop,
    duplicated_frames,
    find_star,
    saturated_frames,
    sense_of_rotation,
)
from algozoo.datasets.arrays import stated_unit
from algozoo.datasets.nulls import flip_refusal
from algozoo.datasets.psfs import read_psf, read_spectral_psf
from algozoo.datasets.readers import read_angles, read_cube, read_wavelengths, unit_of_angles
from algozoo.errors import InputError
from algozoo.sequence import ADISequence
from algozoo.text import in_line

LEAST_ARC = 1.0
"""FWHM that a companion should move between frames at `ARC_SEPARATION` FWHM from the star."""

ARC_SEPARATION = 2.0


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the files show.

    Parameters
    ----------
    shape : tuple of int
        Of the cube, as `read_cube` returns it.
    star : StarCentre
    crop : tuple of int or None
        First column, first row and side of what is to be kept; None for whole frames.
    fwhm : float
        Pixels.
    psf_flux : float
        Flux of the star in one FWHM in the file of the PSF, the mean over the channels.
    brightest : float
        Brightest pixel of the median of all frames.
    bad_frames, duplicated, saturated, jumps : list
        Frames with NaN or infinite pixels, pairs of equal frames, clipped frames, frames before which angles jump.
    """

    shape: tuple[int, ...]
    star: StarCentre
    crop: tuple[int, int, int] | None
    fwhm: float
    psf_flux: float
    brightest: float
    bad_frames: list[int]
    duplicated: list[tuple[int, int]]
    saturated: list[int]
    jumps: list[int]

    @property
    def offset(self) -> float:
        """Distance of the star from the centre of the frames as they are, in pixels."""
        ny, nx = self.shape[-2:]
        return float(np.hypot(self.star.x - (nx - 1) / 2, self.star.y - (ny - 1) / 2))

    @property
    def psf_in_cube_units(self) -> bool:
        """Whether the flux of the PSF can be the star's in the unit of the cube: brighter than all that is left."""
        return self.psf_flux > self.brightest


def look(files: Files) -> Look:
    """Read the files of a sequence and note what they show.

    Raises
    ------
    InputError
        If a file cannot be used; what a crop fixes is only noted.
    """
    angles = read_angles(files["angles"], unit_of_angles(files["angles"]) or "deg")
    n_wavelengths = read_wavelengths(files["wavelengths"]).size if "wavelengths" in files else None
    cube = read_cube(files["cube"], angles.size, n_wavelengths)
    psf = read_psf(files["psf"]) if n_wavelengths is None else read_spectral_psf(files["psf"])
    median = _median_frame(cube)
    if np.ptp(median) == 0:
        raise InputError(
            f"{files['cube']}: every pixel of the median frame is {median.flat[0]:g}: there is no star in it"
        )
    star = find_star(median, psf.fwhm)
    finite = np.isfinite(cube).all(axis=(-1, -2)).reshape(-1, cube.shape[-3]).all(axis=0)
    return Look(
        shape=cube.shape,
        star=star,
        crop=_crop(median.shape, star),
        fwhm=psf.fwhm,
        psf_flux=float(np.mean(psf.flux)),
        brightest=float(median.max()),
        bad_frames=[int(t) for t in np.flatnonzero(~finite)],
        duplicated=duplicated_frames(cube),
        saturated=saturated_frames(cube),
        jumps=angle_jumps(angles),
    )


def describe(files: Files, seen: Look) -> list[str]:
    """Tell in plain words what the files show."""
    ny, nx = seen.shape[-2:]
    spectral = f"{seen.shape[0]} wavelengths x " if len(seen.shape) == 4 else ""
    star = f"at x = {seen.star.x:.2f}, y = {seen.star.y:.2f} to within {seen.star.error:.2f} px"
    crop = "frames are kept whole"
    if seen.crop:
        left, bottom, side = seen.crop
        crop = f"columns from {left} and rows from {bottom} are kept, {side}x{side} px: this centres the star"
    return [
        *(f"{part.replace('_', ' ')}: {in_line(path.name)}" for part, path in files.items()),
        f"shape: {spectral}{seen.shape[-3]} frames of {nx}x{ny} px",
        f"star, by the symmetry of its halo: {star}, {seen.offset:.2f} px from the centre of the frames",
        f"crop: {crop}",
        f"FWHM of the PSF: {seen.fwhm:.2f} px; its flux in one FWHM: {seen.psf_flux:.6g}",
        f"brightest pixel of the median frame: {seen.brightest:.6g}",
        f"units: {_units(files)}",
        f"bad pixels (NaN): {_frames(seen.bad_frames)}",
        f"saturated frames: {_frames(seen.saturated)}",
        f"duplicated frames: {_pairs(seen.duplicated)}",
        f"jumps of the angles: {_frames(seen.jumps)}",
    ]


def _units(files: Files) -> str:
    """Say in which unit the files are, by their headers, and what is taken for granted."""
    said = [f"{part} {stated_unit(files[part]) or 'not stated'}" for part in ("cube", "psf")]
    return (
        f"{', '.join(said)}; the PSF is taken for the star as the cube would show it, unless --star-flux says otherwise"
    )


def describe_rotation(sequence: ADISequence) -> str:
    """Tell how much the field turns, and which way."""
    sense = {
        1: "a source adds up with these angles, so their sign is right",
        -1: "a source adds up with the opposite sign",
        0: "no source is bright enough to tell whether their sign is right",
    }[sense_of_rotation(sequence)]
    return f"field rotation: {sequence.field_rotation:.1f} deg; {sense}"


def warnings_of(seen: Look, sequence: ADISequence, inner: float) -> Iterator[str]:
    """Tell what is wrong with a sequence, and what it does to results.

    Parameters
    ----------
    seen : Look
    sequence : ADISequence
        Made of the same files.
    inner : float
        Inner edge of the valid field in FWHM.
    """
    if seen.offset > LARGEST_OFFSET and seen.crop:
        yield (
            f"the star is {seen.offset:.2f} px off the centre: derotation about the centre would smear companions by "
            "as much; the crop fixes it. If you know that the star is centred, write crop = { x = 0, y = 0 }"
        )
    if seen.offset > LARGEST_OFFSET and not seen.crop:
        yield (
            f"the star seems {seen.offset:.2f} px off the centre, told to {seen.star.error:.2f} px only: if it is, "
            "derotation smears companions by as much; check the centring"
        )
    if seen.duplicated:
        yield (
            f"equal frames: {_pairs(seen.duplicated)}: they count twice, so that the noise looks smaller than it is; "
            "drop one of each with its angle"
        )
    if seen.saturated:
        yield (
            f"clipped pixels in {_frames(seen.saturated)}: speckles there do not follow the others and leave residuals "
            "near the star; begin the valid field outside, or drop these frames"
        )
    if seen.jumps:
        yield (
            f"the angle jumps by more than half a turn before {_frames(seen.jumps)}: taken for rotation, this would "
            "smear companions within a frame; full turns are taken out when the angles are read"
        )
    arc = np.deg2rad(sequence.field_rotation) * ARC_SEPARATION
    if arc < LEAST_ARC:
        yield (
            f"the field turns by {sequence.field_rotation:.1f} deg only: at {ARC_SEPARATION:g} FWHM a companion moves "
            f"by {arc:.2f} FWHM and is largely subtracted with the star; expect poor limits near the star"
        )
    if sense_of_rotation(sequence) == -1:
        yield "the angles seem to have the wrong sign, which smears every companion: save them with the opposite sign"
    refusal = flip_refusal(sequence, inner)
    if refusal:
        yield refusal


def _median_frame(cube: NDArray[np.float32]) -> NDArray[np.float64]:
    finite = np.where(np.isfinite(cube), cube, 0).astype(np.float64)
    return np.asarray(np.median(finite.reshape(-1, *cube.shape[-2:]), axis=0))


def _crop(shape: tuple[int, ...], star: StarCentre) -> tuple[int, int, int] | None:
    ny, nx = shape
    offset = np.hypot(star.x - (nx - 1) / 2, star.y - (ny - 1) / 2)
    if ny == nx and offset <= max(LARGEST_OFFSET, star.error):
        return None
    return centring_crop((ny, nx), star)


def _frames(frames: list[int]) -> str:
    shown = ", ".join(map(str, frames[:5])) + (", ..." if len(frames) > 5 else "")
    return f"{'frame' if len(frames) == 1 else f'{len(frames)} frames,'} {shown}" if frames else "none"


def _pairs(pairs: list[tuple[int, int]]) -> str:
    shown = ", ".join(f"{a} and {b}" for a, b in pairs[:5]) or "none"
    return shown + (f", and {len(pairs) - 5} more" if len(pairs) > 5 else "")
