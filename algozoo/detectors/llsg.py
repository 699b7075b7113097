"""Local low-rank plus sparse plus Gaussian decomposition (LLSG): Gomez Gonzalez et al. 2016, A&A 589, A54."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algozoo.detectors.contract import Declined
from algozoo.detectors.parameters import Count, NotNegative
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.imaging.annuli import annuli, segments
from algozoo.imaging.lowrank import low_rank
from algozoo.imaging.robust import scatter
from algozoo.sequence import ADISequence

ANNULUS_WIDTH = 2
"""FWHM, as in the authors' code, which rounds it up to whole pixels."""

SEGMENTS = 4
"""Quarters of each annulus, as in the authors' code."""

ITERATIONS = 10
"""Alternations between the low-rank and the sparse part. The authors' code asks for 10 and runs 11."""


@dataclass(frozen=True, kw_only=True)
class LLSG(PSFSubtraction):
    """Split patches of the sequence into low-rank, sparse and noise parts; a companion that moves is in the sparse one.

    Where nothing moves the sparse part is zero, which no other detector leaves: its S/N is a contrast with that, larger
    than others' and no measure of significance (docs/zoo.md).

    The mean frame is taken out first, so that a constant background changes nothing, and the scatter is a standard
    deviation estimated from the median absolute deviation, so that the unit of the cube changes nothing. The authors'
    code does neither: the mean frame takes up one of its ranks, and its threshold is the square root of the deviation.

    Parameters
    ----------
    rank : int
        Of the low-rank part, which takes up the star. The authors' code has 10, which takes up companions too in
        sequences of a few tens of frames.
    sparsity : float
        The sparse part is what exceeds this many times the scatter of what the low-rank part leaves of a patch. Default
        of the authors' code.
    """

    name: ClassVar[str] = "llsg"
    title: ClassVar[str] = "Local low-rank plus sparse plus Gaussian decomposition (LLSG)"
    reference: ClassVar[str] = "Gomez Gonzalez et al. 2016, A&A 589, A54, doi:10.1051/0004-6361/201527387"
    version: ClassVar[str] = "2"

    rank: Count = 5
    sparsity: NotNegative = 1.0

    def subtract(self, sequence: ADISequence) -> Array:
        """Return the sparse part, patch by patch; 0 in the corners of the frame."""
        if self.rank > sequence.n_frames - 1:
            raise Declined(f"a low-rank part of rank {self.rank} takes up all of {sequence.n_frames} frames")
        cube = sequence.cube.reshape(sequence.n_frames, -1)
        sparse = np.zeros(cube.shape)
        for annulus in annuli(sequence.size, ANNULUS_WIDTH * sequence.fwhm):
            for segment in segments(sequence.size, annulus, SEGMENTS):
                if self.rank >= len(segment):
                    raise Declined(
                        f"a low-rank part of rank {self.rank} takes up all of a patch of {len(segment)} pixels "
                        f"(annulus {annulus}): lower the rank"
                    )
                sparse[:, segment] = self.sparse_part(cube[:, segment].astype(np.float64))
        return sparse.reshape(sequence.cube.shape)

    def sparse_part(self, patch: Array) -> Array:
        """Return what moves in a patch (n_frames, n_pixels)."""
        return godec(patch - patch.mean(axis=0), self.rank, self._noise, ITERATIONS)

    def _noise(self, left: Array) -> float:
        return self.sparsity * float(scatter(left.ravel()))


def godec(patch: Array, rank: int, limit: Callable[[Array], float], iterations: int) -> Array:
    """Return the sparse part of a patch by semi-soft GoDec (Zhou & Tao 2011).

    The Gaussian part is what is left, ``patch - low_rank - sparse``.

    Parameters
    ----------
    patch : array (n_frames, n_pixels)
    rank : int
        Of the low-rank part.
    limit : callable
        Returns how much of what the low-rank part leaves counts as noise.
    iterations : int
        Alternations between both parts; all are run.

    Returns
    -------
    array (n_frames, n_pixels)
    """
    sparse = np.zeros(patch.shape)
    for _ in range(iterations):
        moving = patch - low_rank(patch - sparse, rank)
        noise = limit(moving)
        sparse = moving - moving.clip(-noise, noise)
    return sparse
