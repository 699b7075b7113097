"""Local low-rank plus sparse plus Gaussian decomposition (LLSG): Gomez Gonzalez et al. 2016, A&A 589, A54."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.stats import median_abs_deviation

from algozoo.detectors.contract import Declined
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.errors import InputError
from algozoo.imaging.annuli import annuli, segments
from algozoo.imaging.lowrank import low_rank
from algozoo.imaging.robust import scatter
from algozoo.sequence import ADISequence

Threshold = Literal["mad", "sqrt-mad"]

ANNULUS_WIDTH = 2
"""FWHM, as in the authors' code, which rounds it up to whole pixels."""

SEGMENTS = 4
"""Quarters of each annulus, as in the authors' code."""


@dataclass(frozen=True, kw_only=True)
class LLSG(PSFSubtraction):
    """Split patches of the sequence into low-rank, sparse and noise parts; a companion that moves is in the sparse one.

    Where nothing moves the sparse part is zero, which no other detector leaves: its S/N is a contrast with that, larger
    than others' and no measure of significance. Beta Pictoris b has 98, where `pca` gives it 12.

    Parameters
    ----------
    rank : int
        Of the low-rank part, which takes up the star. The authors' code has 10, which takes up companions too in
        sequences of a few tens of frames: on simulated nights of 61 frames, 5 found more than 2, 10 or 15
        (docs/zoo.md).
    sparsity : float
        The sparse part is what exceeds this many times the threshold. Default of the authors' code.
    threshold : {'mad', 'sqrt-mad'}
        The scatter of what the low-rank part leaves of a patch: 'mad' is its standard deviation, estimated from the
        median absolute deviation; 'sqrt-mad' is the square root of that deviation, as in the authors' code, and
        what it lets through depends on the unit of the cube.
    centred : bool
        Take out the mean frame first, so that a constant background changes nothing. The authors' code does not: there
        the mean frame takes up one of the ranks.
    max_iterations : int
        Alternations between both parts; all are run. The authors' code asks for 10 and runs 11.
    """

    name: ClassVar[str] = "llsg"
    title: ClassVar[str] = "Local low-rank plus sparse plus Gaussian decomposition (LLSG)"
    reference: ClassVar[str] = "Gomez Gonzalez et al. 2016, A&A 589, A54, doi:10.1051/0004-6361/201527387"
    version: ClassVar[str] = "1"

    rank: int = 5
    sparsity: float = 1.0
    threshold: Threshold = "mad"
    centred: bool = True
    max_iterations: int = 10

    def subtract(self, sequence: ADISequence) -> Array:
        """Return the sparse part, patch by patch; 0 in the corners of the frame."""
        self._check(sequence)
        cube = sequence.cube.reshape(sequence.n_frames, -1)
        sparse = np.zeros(cube.shape)
        for annulus in annuli(sequence.size, ANNULUS_WIDTH * sequence.fwhm):
            for segment in segments(sequence.size, annulus, SEGMENTS):
                if self.rank >= len(segment):
                    raise Declined(
                        f"a low-rank part of rank {self.rank} takes up all of a patch of {len(segment)} pixels "
                        f"(annulus {annulus}): lower the rank"
                    )
                patch = cube[:, segment].astype(np.float64)
                if self.centred:
                    patch -= patch.mean(axis=0)
                sparse[:, segment] = self._sparse_part(patch)
        return sparse.reshape(sequence.cube.shape)

    def _sparse_part(self, patch: Array) -> Array:
        """Semi-soft GoDec (Zhou & Tao 2011): what is left, patch - low_rank - sparse, is the Gaussian part."""
        scatter_of = SCATTER[self.threshold]
        sparse = np.zeros(patch.shape)
        for _ in range(self.max_iterations):
            moving = patch - low_rank(patch - sparse, self.rank)
            limit = self.sparsity * scatter_of(moving)
            sparse = moving - moving.clip(-limit, limit)
        return sparse

    def _check(self, sequence: ADISequence) -> None:
        for parameter, valid, expected in (
            ("rank", self.rank >= 1, "1, 2, ..."),
            ("sparsity", 0 <= self.sparsity < np.inf, "0 or more"),
            ("threshold", self.threshold in SCATTER, " or ".join(map(repr, SCATTER))),
            ("max_iterations", self.max_iterations >= 1, "1, 2, ..."),
        ):
            if not valid:
                raise InputError(f"llsg: {parameter} is {getattr(self, parameter)!r}, expected {expected}")
        if self.rank > sequence.n_frames - 1:
            raise Declined(f"a low-rank part of rank {self.rank} takes up all of {sequence.n_frames} frames")


SCATTER: dict[Threshold, Callable[[Array], float]] = {
    "mad": lambda values: float(scatter(values.ravel())),
    "sqrt-mad": lambda values: float(median_abs_deviation(values, axis=None)) ** 0.5,
}
"""Scatter of a patch."""
