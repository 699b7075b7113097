"""The frames from which a model of the star is built: the sequence's own, those of a reference star, or both."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from algozoo.detectors.contract import Declined
from algozoo.imaging.combine import temporal_median
from algozoo.sequence import ADISequence

Library = Literal["own", "reference", "both"]


def library_frames(sequence: ADISequence, library: Library, *, at_least: int = 1) -> NDArray[np.float64]:
    """Return the frames that a model of the star is built from, those of the reference star in the sequence's unit.

    The reference star has another brightness and its nights another background: its frames are multiplied by one factor
    and one constant is added, those that bring their median frame closest to that of the sequence (least squares over
    the field). What differs from frame to frame is left to the algorithm.

    Parameters
    ----------
    sequence : ADISequence
        With a 3-D cube.
    library : {'own', 'reference', 'both'}
        Angular differential imaging, reference-star differential imaging, or both together.
    at_least : int
        Number of frames that the algorithm needs.

    Returns
    -------
    array (n_library, n, n)
        The sequence's own frames first.

    Raises
    ------
    Declined
        If the sequence has no reference frames and they are asked for, or there are fewer frames than needed.
    """
    cubes = library_cubes(sequence, library)
    if sum(map(len, cubes)) < at_least:
        raise Declined(f"at least {at_least} frames are needed, library={library!r} has {sum(map(len, cubes))}")
    parts = [_matched(cube, sequence) if cube is sequence.reference else cube.astype(np.float64) for cube in cubes]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def library_cubes(sequence: ADISequence, library: Library) -> list[NDArray[np.float32]]:
    """Return the cubes, 3-D or 4-D, that a model of the star is built from; raises `Declined` as above."""
    if library == "own":
        return [sequence.cube]
    if sequence.reference is None:
        raise Declined(f"library={library!r} needs a sequence with reference frames; this one has none")
    return [sequence.reference] if library == "reference" else [sequence.cube, sequence.reference]


def _matched(reference: NDArray[np.float32], sequence: ADISequence) -> NDArray[np.float64]:
    frames = reference.astype(np.float64)
    theirs, ours = temporal_median(frames), temporal_median(sequence.cube)
    spread = np.var(theirs)
    factor = np.mean((theirs - theirs.mean()) * (ours - ours.mean())) / spread if spread > 0 else 1.0
    frames -= theirs.mean()
    frames *= factor
    frames += ours.mean()
    return frames
