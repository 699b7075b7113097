"""What all detectors share that model the star annulus by annulus, from frames in which the sky has turned away."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from algozoo.detectors.contract import Declined, DetectionMap
from algozoo.detectors.library import Library, library_cubes, library_frames
from algozoo.detectors.parameters import Count, NotNegative
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.errors import InputError
from algozoo.imaging.annuli import Annulus, angular_distance, annuli, rotated_apart, rotation_threshold, segments
from algozoo.sequence import ADISequence

Rotation = tuple[NotNegative, NotNegative]


class References(NamedTuple):
    """The frames that may model each frame in an annulus.

    Row t of `allowed` (n_frames, n_library) is True for the frames of the library whose sky has turned from that of
    frame t by at least `threshold` degrees, and for all frames of another star. The library holds the sequence's own
    frames first.
    """

    annulus: Annulus
    threshold: float
    allowed: NDArray[np.bool_]

    @property
    def fewest(self) -> int:
        """Number of references of the frame that has the fewest."""
        return int(self.allowed.sum(axis=1).min())


class Patch(NamedTuple):
    """A segment of an annulus in all frames of the library, those of the sequence first.

    `frames` (n_library, n_pixels) holds what is subtracted, `zone` (n_library, n_more_pixels) what the model is
    optimised on; `references` (n_frames, n_library) is as `References.allowed`.
    """

    annulus: Annulus
    frames: Array
    zone: Array
    references: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class AnnularSubtraction(PSFSubtraction):
    """A detector that models the star annulus by annulus; the model of one patch is its only abstract method.

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
        Of the sequence's own frames only so many serve as references of a frame, the nearest in angle.
    library : {'own', 'reference', 'both'}
        Where references come from: the sequence itself, another star, for which nothing must turn, or both.
    """

    annulus_width: Annotated[float, Field(ge=0.1)] = 1.0
    n_segments: Count = 1
    rotation: Rotation = (0.1, 1.0)
    max_references: Count = 200
    library: Library = "own"

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
        usable = self._usable(sequence)
        cubes: list[NDArray[Any]] = [sequence.cube]
        if self.library != "own":
            cubes.append(library_frames(sequence, "reference"))
        residuals = np.zeros((sequence.n_frames, sequence.size**2))
        for annulus, _, allowed in usable:
            pixels = self._segments(sequence, annulus)
            zones = self._segments(sequence, self.optimisation_zone(annulus))
            for segment, zone in zip(pixels, zones, strict=True):
                patch = Patch(annulus, _taken(cubes, segment), _taken(cubes, zone), allowed)
                if np.ptp(patch.zone, axis=0).any():
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
        """Check also that there are enough references for the model of a frame."""
        super().check_parameters()
        if self.library == "own" and self.max_references < self.min_references:
            raise InputError(
                f"{self.name}: max_references is {self.max_references}, expected {self.min_references} or more, as the "
                "model of a frame needs"
            )

    def _references(self, sequence: ADISequence) -> list[References]:
        rings = annuli(sequence.size, self.annulus_width * sequence.fwhm)
        others = np.ones((sequence.n_frames, self._n_others(sequence)), dtype=bool)
        references = []
        for annulus, displacement in zip(rings, np.linspace(*self.rotation, len(rings)), strict=True):
            threshold = rotation_threshold(annulus.centre, sequence.fwhm, displacement)
            own = rotated_apart(sequence.parallactic_angles, threshold, self.max_references)
            allowed = np.hstack([own & (self.library != "reference"), others])
            references.append(References(annulus, threshold, allowed))
        return references

    def _n_others(self, sequence: ADISequence) -> int:
        return 0 if self.library == "own" else library_cubes(sequence, self.library)[-1].shape[-3]

    def _usable(self, sequence: ADISequence) -> list[References]:
        references = self._references(sequence)
        scored = _scored(references, sequence)
        if not any(r.fewest >= self.min_references for r in scored):
            easiest = min(scored, key=lambda r: r.threshold)
            raise Declined(
                f"no annulus has enough references; where it takes least, {self._shortage(sequence, easiest)}"
            )
        return [r for r in references if r.fewest >= self.min_references]

    def note(self, sequence: ADISequence) -> str:
        """Say where nothing is scored, and what would help there."""
        silent = [r for r in _scored(self._references(sequence), sequence) if r.fewest < self.min_references]
        if not silent:
            return ""
        where = ", ".join(str(r.annulus) for r in silent)
        hardest = max(silent, key=lambda r: r.threshold)
        return f"nothing is scored in {where}, for want of references: {self._shortage(sequence, hardest)}"

    def _segments(self, sequence: ADISequence, annulus: Annulus) -> tuple[NDArray[np.intp], ...]:
        pixels = segments(sequence.size, annulus, self.n_segments)
        if not all(map(len, pixels)):
            raise InputError(
                f"{self.name}: annulus {annulus}, cut into {self.n_segments} segments, leaves one without pixels: "
                f"take fewer segments, or a larger annulus_width than {self.annulus_width:g} FWHM"
            )
        return pixels

    def _shortage(self, sequence: ADISequence, references: References) -> str:
        """Say what an annulus lacks, and what would help."""
        needed, others = self.min_references, self._n_others(sequence)
        most = others + (sequence.n_frames - 1 if self.library != "reference" else 0)
        if most < needed:
            return f"a frame has at most {most} references with library={self.library!r}, and {needed} are needed"
        frame = int(references.allowed.sum(axis=1).argmin())
        distances = np.sort(angular_distance(sequence.parallactic_angles), axis=1)
        farthest = distances[:, others - needed].min()
        enough = f" (about {sequence.field_rotation * references.threshold / farthest:.3g})" if farthest > 0 else ""
        return (
            f"in {references.annulus} frame {frame} has {references.fewest} that turned by "
            f"{references.threshold:.3g} degrees or more, and {needed} are needed: the field turns by "
            f"{sequence.field_rotation:.3g} degrees, take a sequence that turns by more{enough}, or a smaller rotation "
            f"than {self.rotation} FWHM"
        )


def _scored(references: list[References], sequence: ADISequence) -> list[References]:
    """Those of annuli in which the S/N is defined: from one FWHM to where apertures leave the frame."""
    first, last = sequence.fwhm, (sequence.size - sequence.fwhm) / 2
    return [r for r in references if r.annulus.outer > first and r.annulus.inner <= last]


def _taken(cubes: list[NDArray[Any]], pixels: NDArray[np.intp]) -> Array:
    return np.concatenate([cube.reshape(len(cube), -1)[:, pixels] for cube in cubes], dtype=np.float64)
