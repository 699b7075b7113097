"""Classical ADI: Marois et al. 2006, ApJ 641, 556."""

from dataclasses import dataclass
from typing import ClassVar

from algozoo.detectors.library import Library, library_frames
from algozoo.detectors.subtraction import Array, PSFSubtraction
from algozoo.imaging.combine import temporal_median
from algozoo.sequence import ADISequence


@dataclass(frozen=True, kw_only=True)
class Median(PSFSubtraction):
    """Subtract from each frame the median of all frames, in which a companion that moves leaves little.

    Parameters
    ----------
    library : {'own', 'reference', 'both'}
        Take the median of the sequence's own frames, of those of a reference star, or of both.
    """

    name: ClassVar[str] = "median"
    title: ClassVar[str] = "Median subtraction (classical ADI)"
    reference: ClassVar[str] = "Marois et al. 2006, ApJ 641, 556, doi:10.1086/500401"
    version: ClassVar[str] = "2"

    library: Library = "own"

    def subtract(self, sequence: ADISequence) -> Array:
        """Subtract the temporal median (their eq. 1)."""
        at_least = 1 if self.library == "reference" else 2
        return sequence.cube - temporal_median(library_frames(sequence, self.library, at_least=at_least))
