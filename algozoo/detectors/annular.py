"""What all detectors share that model the star annulus by annulus, from frames in which the sky has turned away."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from algozoo.detectors.contract import Declined, DetectionMap
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.errors import InputError
from algozoo.imaging.annuli import Annulus, angular_distance, annuli, rotated_apart, rotation_threshold, segments
from algozoo.sequence import ADISequence


class Patch(NamedTuple):
    """A segment of an annulus in all frames.

    `frames` (n_frames, n_pixels) holds what is subtracted, `zone` (n_frames, n_more_pixels) what the model is
    optimised on, and row t of `references` (n_frames, n_frames) is True for the frames that may model frame t.
    """

    annulus: Annulus
    frames: Array
    zone: Array
    references: NDArray[np.bool_]


class Library(NamedTuple):
    """The references of every frame in an annulus: those turned away from it by at least `threshold` degrees."""

    annulus: Annulus
    threshold: float
    references: NDArray[np.bool_]

    @property
    def smallest(self) -> int:
        """Number of references of the frame that has the fewest."""
        return int(self.references.sum(axis=1).min())


@dataclass(frozen=True, kw_only=True)
class AnnularSubtraction(PSFSubtraction):
    """A detector that models the star annulus by annulus; the model of one patch is its only open step.

    Where a frame has too few references in an annulus, most often the innermost, the detector scores no pixel of that
    annulus (NaN), and a companion there counts as missed. It declines a sequence only if it could score no pixel.

    Parameters
    ----------
    annulus_width : float
        In FWHM. The last annulus takes what remains, and is between half and one and a half times as wide.
    n_segments : int
        Sectors into which each annulus is cut.
    rotation : tuple of 2 floats
        By how many FWHM a companion must have moved between a frame and its references, in the middle of the
        innermost and of the outermost annulus; it changes evenly from one annulus to the next.
    max_references : int
        Of the references of a frame only so many are kept, the nearest in angle.
    """

    annulus_width: float = 1.0
    n_segments: int = 1
    rotation: tuple[float, float] = (0.1, 1.0)
    max_references: int = 200

    @property
    def min_references(self) -> int:
        """Fewest references from which the model of a frame can be made."""
        return 1

    @abstractmethod
    def subtract_patch(self, patch: Patch) -> Array:
        """Return what remains of the frames of a patch, (n_frames, n_pixels)."""

    def optimisation_zone(self, annulus: Annulus) -> Annulus:
        """Return where the model of an annulus is optimised: on itself."""
        return annulus

    def subtract(self, sequence: ADISequence) -> Array:
        """Model and subtract patch by patch; 0 where a frame has too few references, and out of the field."""
        self.check_parameters()
        cube = sequence.cube.reshape(sequence.n_frames, -1)
        if sequence.n_frames > 1 and not np.ptp(cube, axis=0).any():
            raise Declined(f"all {sequence.n_frames} frames are equal: nothing tells a companion from the star")
        residuals = np.zeros(cube.shape)
        for annulus, _, references in self._usable(sequence):
            pixels = self._segments(sequence, annulus)
            zones = self._segments(sequence, self.optimisation_zone(annulus))
            for segment, zone in zip(pixels, zones, strict=True):
                optimised = cube[:, zone].astype(np.float64)
                if np.ptp(optimised, axis=0).any():
                    patch = Patch(annulus, cube[:, segment].astype(np.float64), optimised, references)
                    residuals[:, segment] = self.subtract_patch(patch)
        return residuals.reshape(sequence.cube.shape)

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Score every pixel by the S/N of the derotated, combined residuals, where there are enough references."""
        result = super().detect(sequence)
        scores = np.full(result.scores.size, np.nan)
        for annulus, *_ in self._usable(sequence):
            (pixels,) = segments(sequence.size, annulus)
            scores[pixels] = result.scores.flat[pixels]
        return replace(result, scores=scores.reshape(result.scores.shape))

    def check_parameters(self) -> None:
        """Raise an InputError at a parameter that makes no sense."""
        for parameter, valid, expected in (
            ("annulus_width", 0 < self.annulus_width < np.inf, "a positive number of FWHM"),
            ("n_segments", is_count(self.n_segments), "1, 2, ..."),
            ("rotation", len(self.rotation) == 2 and all(0 <= d < np.inf for d in self.rotation), "two numbers >= 0"),
            ("max_references", self.max_references >= self.min_references, f"at least {self.min_references}"),
        ):
            if not valid:
                raise InputError(f"{self.name}: {parameter} is {getattr(self, parameter)}, expected {expected}")

    def _libraries(self, sequence: ADISequence) -> list[Library]:
        rings = annuli(sequence.size, self.annulus_width * sequence.fwhm)
        libraries = []
        for annulus, displacement in zip(rings, np.linspace(*self.rotation, len(rings)), strict=True):
            threshold = rotation_threshold(annulus.centre, sequence.fwhm, displacement)
            references = rotated_apart(sequence.parallactic_angles, threshold, self.max_references)
            libraries.append(Library(annulus, threshold, references))
        return libraries

    def _usable(self, sequence: ADISequence) -> list[Library]:
        libraries = self._libraries(sequence)
        first, last = sequence.fwhm, (sequence.size - sequence.fwhm) / 2
        scored = [library for library in libraries if library.annulus.outer > first and library.annulus.inner <= last]
        if not any(library.smallest >= self.min_references for library in scored):
            raise Declined(self._why_silent(sequence, scored))
        return [library for library in libraries if library.smallest >= self.min_references]

    def _segments(self, sequence: ADISequence, annulus: Annulus) -> tuple[NDArray[np.intp], ...]:
        pixels = segments(sequence.size, annulus, self.n_segments)
        if not all(map(len, pixels)):
            raise InputError(
                f"{self.name}: annulus {annulus}, cut into {self.n_segments} segments, leaves one without pixels: "
                f"take fewer segments, or a larger annulus_width than {self.annulus_width:g} FWHM"
            )
        return pixels

    def _why_silent(self, sequence: ADISequence, scored: list[Library]) -> str:
        needed = self.min_references
        if sequence.n_frames <= needed:
            return (
                f"{sequence.n_frames} frame(s) give at most {sequence.n_frames - 1} references, and {needed} are needed"
            )
        annulus, threshold, references = min(scored, key=lambda library: library.threshold)
        frame = int(references.sum(axis=1).argmin())
        farthest = np.sort(angular_distance(sequence.parallactic_angles), axis=1)[:, -needed].min()
        enough = f" (about {sequence.field_rotation * threshold / farthest:.3g})" if farthest > 0 else ""
        return (
            f"no annulus has enough references; in {annulus}, where it takes least, frame {frame} has "
            f"{references[frame].sum()} that turned by {threshold:.3g} degrees or more, and {needed} are needed: "
            f"the field turns by {sequence.field_rotation:.3g} degrees, take a sequence that turns by more{enough}, "
            f"or a smaller rotation than {self.rotation} FWHM"
        )


def is_count(value: float) -> bool:
    """Whether a number is 1, 2, ..."""
    return value >= 1 and value == int(value)
