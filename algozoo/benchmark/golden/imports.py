"""Golden numbers of what third-party code may import of us: arrays, the sequence, and what detectors are made from."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from algozoo.benchmark.golden.detectors import map_cases
from algozoo.benchmark.golden.inputs import FWHM, INPUTS, gaussian
from algozoo.benchmark.golden.numbers import Case, summary
from algozoo.companions import Companion, inject
from algozoo.detectors.annular import AnnularSubtraction, Patch
from algozoo.detectors.library import library_frames
from algozoo.detectors.spectral import subtract_spectral_median
from algozoo.detectors.subtraction import PSFSubtraction
from algozoo.imaging import (
    annuli,
    apertures,
    combine,
    contrast,
    lowrank,
    psf,
    references,
    robust,
    rotate,
    scale,
    shift,
    snr,
)
from algozoo.sequence import ADISequence

Array = NDArray[np.float64]
SOLVERS = {
    "principal_weights": partial(references.principal_weights, n_components=3),
    "projection_weights": partial(references.projection_weights, n_components=3),
    "least_squares_weights": partial(references.least_squares_weights, cutoff=0.01),
}


@dataclass(frozen=True, kw_only=True)
class WithoutMean(PSFSubtraction):
    """Subtract the mean frame."""

    name: ClassVar[str] = "without-mean"

    def subtract(self, sequence: ADISequence) -> Array:
        """Subtract."""
        return np.asarray(sequence.cube - library_frames(sequence, "own").mean(axis=0))


@dataclass(frozen=True, kw_only=True)
class WithoutNeighbours(AnnularSubtraction):
    """Subtract from each patch the mean of its references."""

    name: ClassVar[str] = "without-neighbours"

    def subtract_patch(self, patch: Patch) -> Array:
        """Subtract."""
        weights = patch.references / patch.references.sum(axis=1, keepdims=True)
        return np.asarray(patch.frames[: len(weights)] - weights @ patch.frames)


def imports_cases() -> dict[str, Case]:
    """Compute the golden numbers of what third-party code may import."""
    cases: dict[str, Case] = {}
    for detector in (WithoutMean(), WithoutNeighbours(n_segments=2, max_references=9)):
        for kind in ("adi", "ifs", "rdi", "even"):
            cases |= map_cases(detector, kind)
    groups = _frames_moved(), _sums(), _models(), _rings(), _sequences()
    return cases | {name: summary(values) for group in groups for name, values in group.items()}


def _frames_moved() -> dict[str, ArrayLike]:
    found: dict[str, ArrayLike] = {}
    for kind in ("adi", "even"):
        sequence = INPUTS[kind]()
        frames, angles = sequence.cube[:6], [-130.0, -45.0, 0.0, 20.0, 90.0, 200.0]
        found |= {
            f"{kind}: derotate": rotate.derotate(frames, angles),
            f"{kind}: shift": shift.shift(frames[0], [0.0, 0.3, -2.0], [1.0, -0.6, 0.25]),
            f"{kind}: shift_matrices": shift.shift_matrices(sequence.size, [0.0, 0.4, 1.0]),
            f"{kind}: scaling_matrix": scale.scaling_matrix(sequence.size, np.array([0.8, 1.0, 1.3]), 37),
        }
        found |= {f"{kind}: combine {how}": combine.combine(frames, how) for how in get_args(combine.Combination)}
    return found


def _sums() -> dict[str, ArrayLike]:
    image = INPUTS["adi"]().cube[0].astype(np.float64)
    y, x = np.mgrid[:41, :41] - 20
    usable = (x > -15) & (y > -15)
    fit = psf.fit_gaussian(gaussian(21, 10.3, 9.8))
    normalised = psf.normalise_psf(gaussian(21, 10.3, 9.8))
    return {
        "aperture_sum": [apertures.aperture_sum(image, *at) for at in ((20.2, 11.7, 2.0), (0.5, 39.0, 3.1))],
        "aperture_map": apertures.aperture_map(image, 2.0),
        "snr_map": snr.snr_map(image, FWHM),
        "snr_at": [snr.snr_at(image, at, 20.0, FWHM) for at in (26.0, 31.5)],
        "significance": snr.significance([1.0, 5.0, 20.0], [5.0, 9.0, 15.0], FWHM),
        "ring_sums": np.concatenate(contrast.ring_sums(image, 9.0, 10.0, FWHM)),
        "ring_noise": contrast.ring_noise(image, 9.0, FWHM, usable),
        "signal_to_noise": contrast.signal_to_noise(100.0, contrast.ring_noise(image, 9.0, FWHM)),
        "student_threshold": [contrast.student_threshold(5, n) for n in (5, 20)],
        "fit_gaussian": fit,
        "normalise_psf": np.append(normalised.psf, (normalised.fwhm, normalised.flux)),
        "locate": psf.locate(image, 20.0, 20.0, FWHM),
        "scatter": robust.scatter(image),
    }


def _models() -> dict[str, ArrayLike]:
    found: dict[str, ArrayLike] = {}
    for kind in ("adi", "long"):
        cube = INPUTS[kind]().cube[..., 8:18, 8:18]
        frames = cube.reshape(len(cube), -1) - cube.reshape(len(cube), -1).mean(axis=0, dtype=np.float64)
        apart = annuli.rotated_apart(np.arange(len(frames)) * 2.5, 10.0, 8)
        few = frames[:, :45]  # fewer pixels than frames, in one of both
        for number in (3, 0.8):
            components = lowrank.leading_components(frames, number)
            left = frames.copy()
            lowrank.remove_components(left, components)
            found[f"{kind}: leading_components {number}"] = abs(components)
            found[f"{kind}: remove_components {number}"] = left
        found[f"{kind}: low_rank"] = lowrank.low_rank(few, 3)
        found |= {f"{kind}: {name}": references.weigh(frames, apart, solve) for name, solve in SOLVERS.items()}
    return found


def _rings() -> dict[str, ArrayLike]:
    rings = annuli.annuli(41, 5.0)
    return {
        "annuli": rings,
        "segments": np.concatenate(annuli.segments(41, rings[2], 3)),
        "rotation_threshold": [annuli.rotation_threshold(ring.centre, FWHM, 0.5) for ring in rings],
        "rotated_apart": annuli.rotated_apart(np.arange(30) * 13.0, 20.0, 7),
    }


def _sequences() -> dict[str, ArrayLike]:
    adi, rdi, ifs = (INPUTS[kind]() for kind in ("adi", "rdi", "ifs"))
    channel = subtract_spectral_median(ifs)
    return {
        "library_frames": library_frames(rdi, "both"),
        "subtract_spectral_median": channel.cube,
        "subtract_spectral_median: psf": channel.psf,
        "inject": inject(adi, [Companion(separation=12.0, azimuth=30.0, contrast=0.1)]).cube,
        "flipped": adi.flipped().parallactic_angles,
    }
