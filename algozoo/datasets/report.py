"""What a sequence shows, in plain words, and what its flaws do to results: the same at every door."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from algozoo.datasets.centring import Placement, centre_of, offset_warnings
from algozoo.datasets.inspection import (
    StarCentre,
    angle_jumps,
    duplicated_frames,
    empty_frames,
    measure_star,
    outlying_frames,
    pixels_without_data,
    saturated_frames,
    sense_of_rotation,
)
from algozoo.datasets.nulls import flip_arc
from algozoo.datasets.psfs import PSF
from algozoo.errors import InputError
from algozoo.sequence import FLUX_UNKNOWN, ADISequence

LEAST_ARC = 1.0
"""FWHM that a companion should move between frames at `ARC_SEPARATION` FWHM from the star."""

ARC_SEPARATION = 2.0

GIVE_FLUX = (
    "give the star's flux in one FWHM in the unit of the cube, star_flux (--star-flux), or how the PSF was taken: "
    "exposure_ratio, the exposure time of a frame over that of the PSF (--exposure-ratio), and nd_transmission, that "
    "of its neutral-density filter (--nd-transmission)"
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the frames, the angles and the PSF show.

    Parameters
    ----------
    shape : tuple of int
        Of the cube.
    star : StarCentre
    psf : PSF
    brightest : float
        Brightest pixel of the median of all frames.
    bad_frames, empty, duplicated, saturated, outlying, jumps : list
        Frames with NaN or infinite pixels, without an image, pairs of equal frames, clipped frames, frames unlike the
        others, frames before which angles jump.
    without_data : int
        Pixels that are NaN, or have one value, in all frames.
    """

    shape: tuple[int, ...]
    star: StarCentre
    psf: PSF
    brightest: float
    bad_frames: list[int]
    empty: list[int]
    duplicated: list[tuple[int, int]]
    saturated: list[int]
    outlying: list[int]
    jumps: list[int]
    without_data: int

    @property
    def flux_refusal(self) -> str | None:
        """Why the flux in the file of the PSF cannot be the star's in the unit of the cube, or None if it can."""
        flux = float(np.mean(self.psf.flux))
        if self.psf.clipped:
            return f"the star's flux is not known, as the PSF is clipped: {GIVE_FLUX}"
        if flux > self.brightest:
            return None
        return (
            f"the star's flux is not known: the PSF has {flux:.4g} in one FWHM, and the median frame has more in one "
            f"pixel ({self.brightest:.4g}): they have not one unit: {GIVE_FLUX}"
        )


def look(cube: NDArray[np.float32], angles: NDArray[np.float64], psf: PSF) -> Look:
    """Note what a sequence shows.

    Parameters
    ----------
    cube : array (n_frames, ny, nx) or (n_wavelengths, n_frames, ny, nx)
    angles : array (n_frames,)
        Degrees.
    psf : PSF

    Raises
    ------
    InputError
        If the median frame is empty.
    """
    finite = np.isfinite(cube)
    whole = cube if finite.all() else np.where(finite, cube, 0)
    median = np.median(whole.reshape(-1, *cube.shape[-2:]), axis=0).astype(np.float64)
    if np.ptp(median) == 0 and finite.all():
        raise InputError(f"cube: every pixel of the median frame is {median.flat[0]:g}: there is no star in it")
    good = finite.all(axis=(-1, -2)).reshape(-1, cube.shape[-3]).all(axis=0)
    empty = empty_frames(cube)
    channel = whole.reshape(-1, *cube.shape[-3:]).mean(axis=0)
    return Look(
        shape=cube.shape,
        star=measure_star(whole, psf.fwhm),
        psf=psf,
        brightest=float(median.max()),
        bad_frames=[int(t) for t in np.flatnonzero(~good) if t not in empty],
        empty=empty,
        duplicated=[(a, b) for a, b in duplicated_frames(cube) if b not in empty],
        saturated=[t for t in saturated_frames(cube) if t not in empty],
        outlying=[t for t in outlying_frames(channel) if t not in empty],
        jumps=angle_jumps(angles),
        without_data=int(pixels_without_data(cube).sum()),
    )


def describe(seen: Look, placement: Placement, units: str) -> list[str]:
    """Say in a few lines what the files show."""
    ny, nx = seen.shape[-2:]
    spectral = f"{seen.shape[0]} wavelengths x " if len(seen.shape) == 4 else ""
    return [
        f"shape: {spectral}{seen.shape[-3]} frames of {nx}x{ny} px",
        f"star, by the symmetry of its halo: {_star(seen.star, placement)}",
        f"frames: {_kept(seen, placement)}",
        f"FWHM of the PSF: {seen.psf.fwhm:.2f} px; its flux in one FWHM: {np.mean(seen.psf.flux):.6g}",
        f"brightest pixel of the median frame: {seen.brightest:.6g}",
        f"units: {units}; "
        + (
            "the PSF is not in that of the cube: contrasts need star_flux"
            if seen.flux_refusal
            else "the PSF is taken for the star as the cube would show it, unless star_flux says otherwise"
        ),
        f"empty frames: {_frames(seen.empty)}; saturated: {_frames(seen.saturated)}; NaN: {_frames(seen.bad_frames)}",
        f"duplicated frames: {_pairs(seen.duplicated)}; frames unlike the others: {_frames(seen.outlying)}",
        f"jumps of the angles: {_frames(seen.jumps)}; pixels without data: {seen.without_data}",
    ]


def _star(star: StarCentre, placement: Placement) -> str:
    if not np.isfinite(star.error):
        return "not found, taken for centred"
    x, y = centre_of(placement)
    offset = np.hypot(star.x - x, star.y - y)
    return (
        f"at x = {star.x:.2f}, y = {star.y:.2f} to within {star.error:.2f} px, {offset:.2f} px from "
        f"x = {x:.4g}, y = {y:.4g}, which comes to the centre"
    )


def _kept(seen: Look, placement: Placement) -> str:
    left, bottom, side, dx, dy = placement
    moved = f"shifted by {dx:+.2f}, {dy:+.2f} px in x, y; " if dx or dy else ""
    if seen.shape[-2:] == (side, side):
        return f"{moved}kept whole"
    return f"{moved}columns from {left} and rows from {bottom} are kept, {side}x{side} px"


def findings(seen: Look, placement: Placement) -> Iterator[str]:
    """Say what is wrong with the files, and what it does to results."""
    yield from seen.psf.notes
    yield from offset_warnings((seen.shape[-2], seen.shape[-1]), placement, seen.star)
    if seen.empty:
        yield (
            f"{_frames(seen.empty)} {_is(seen.empty)} empty: they show no star and no companion, and make both look "
            "fainter; drop them with their angles"
        )
    if seen.without_data:
        yield (
            f"{seen.without_data} pixels have no data (NaN, or one value in all frames): maps mean nothing there, nor "
            "where the frames are rotated across them"
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
    if seen.outlying:
        yield (
            f"{_frames(seen.outlying)} {_is(seen.outlying)} unlike the others: an open loop, a cloud or a jump leaves "
            "residuals; look, and drop what is bad with its angle"
        )
    if seen.jumps:
        yield (
            f"the angle jumps by more than half a turn before {_frames(seen.jumps)}: taken for rotation, this would "
            "smear companions within a frame; full turns are taken out when the angles are read"
        )


def flux_warning(seen: Look, sequence: ADISequence) -> str | None:
    """Say that the star's flux as stated contradicts the frames."""
    flux = float(np.mean(sequence.star_flux))
    if FLUX_UNKNOWN in sequence.meta or flux > seen.brightest:
        return None
    return (
        f"the star has {flux:.4g} in one FWHM as stated, and the median frame has more in one pixel "
        f"({seen.brightest:.4g}): contrasts are too large if both have one unit"
    )


def rotation_report(sequence: ADISequence) -> tuple[str, list[str]]:
    """Say how much the field rotates, and which way; and what is wrong with that.

    Returns
    -------
    str
        A line for the report.
    list of str
        Warnings.
    """
    arc = flip_arc(sequence, ARC_SEPARATION) / 2
    sense = sense_of_rotation(sequence)
    measured = f"{sense.given:.1f} sigma with these angles, {sense.reversed:.1f} with reversed ones"
    words = {
        1: "a source adds up with these angles, so their sign is right",
        -1: "a source adds up with the opposite sign",
        0: "no source is bright enough to show whether their sign is right",
    }[sense.verdict]
    line = (
        f"field rotation: {sequence.field_rotation:.1f} deg, {arc:.1f} FWHM at {ARC_SEPARATION:g} FWHM from the star; "
        f"{words} ({measured})"
    )
    warnings = []
    if arc < LEAST_ARC:
        warnings.append(
            f"the field turns by {sequence.field_rotation:.1f} deg only: at {ARC_SEPARATION:g} FWHM a companion moves "
            f"by {arc:.2f} FWHM and is largely subtracted with the star; expect poor limits near the star"
        )
    if sense.verdict == -1:
        warnings.append(
            f"the angles seem to have the wrong sign, which smears companions: the brightest source has {measured}: "
            "save them with the opposite sign"
        )
    if sequence.north_angle is None:
        warnings.append(
            "North is not known: angles are counted from up in the derotated frame; angle_offset (--angle-offset) is "
            "added to the angles to bring North up, and is 0 where they do so already"
        )
    return line, warnings


def _is(frames: list[int]) -> str:
    return "is" if len(frames) == 1 else "are"


def _frames(frames: list[int]) -> str:
    shown = ", ".join(map(str, frames[:5])) + (", ..." if len(frames) > 5 else "")
    return f"{'frame' if len(frames) == 1 else f'{len(frames)} frames,'} {shown}" if frames else "none"


def _pairs(pairs: list[tuple[int, int]]) -> str:
    shown = ", ".join(f"{a} and {b}" for a, b in pairs[:5]) or "none"
    return shown + (f", and {len(pairs) - 5} more" if len(pairs) > 5 else "")
