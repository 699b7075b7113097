"""The yardsticks of the board: what everything, nothing and chance would score."""

import zlib
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from algozoo.companions import Companion
from algozoo.detectors.contract import DetectionMap, Detector, Kind
from algozoo.detectors.parameters import Seed
from algozoo.sequence import ADISequence


@dataclass(frozen=True, kw_only=True)
class Blank(Detector):
    """Say nothing: the same score everywhere."""

    name: ClassVar[str] = "blank"
    title: ClassVar[str] = "Control: the same score everywhere"
    reference: ClassVar[str] = "AlgoZoo"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "ratio"
    control: ClassVar[bool] = True

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Return a constant map."""
        return DetectionMap(scores=np.zeros((sequence.size, sequence.size)), kind=self.kind)


@dataclass(frozen=True, kw_only=True)
class Random(Detector):
    """Guess: white noise, the same for the same frames.

    Parameters
    ----------
    seed : int
    """

    name: ClassVar[str] = "random"
    title: ClassVar[str] = "Control: white noise"
    reference: ClassVar[str] = "AlgoZoo"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "ratio"
    control: ClassVar[bool] = True

    seed: Seed = 0

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Return standard normal noise, seeded by the frames."""
        self.check_parameters()
        fingerprint = zlib.crc32(sequence.cube.tobytes() + sequence.parallactic_angles.tobytes())
        rng = np.random.default_rng([self.seed, fingerprint])
        return DetectionMap(scores=rng.standard_normal((sequence.size, sequence.size)), kind=self.kind)


@dataclass(frozen=True, kw_only=True)
class Oracle(Detector):
    """Know the answer: a peak on each companion, of which only the runner can tell.

    Parameters
    ----------
    companions : tuple of Companion
        Filled in by `told`; empty on a sequence without companions.
    """

    name: ClassVar[str] = "oracle"
    title: ClassVar[str] = "Control: told the truth"
    reference: ClassVar[str] = "AlgoZoo"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "probability"
    control: ClassVar[bool] = True

    companions: tuple[Companion, ...] = ()

    def told(self, companions: tuple[Companion, ...]) -> Self:
        """Return the oracle that knows these companions."""
        return replace(self, companions=companions)

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Return a Gaussian of unit height and the PSF's width at each companion."""
        y, x = np.mgrid[: sequence.size, : sequence.size]
        scores = np.zeros((sequence.size, sequence.size))
        for companion in self.companions:
            cx, cy = companion.position(sequence)
            scores += np.exp(-4 * np.log(2) * ((x - cx) ** 2 + (y - cy) ** 2) / sequence.fwhm**2)
        return DetectionMap(scores=scores, kind=self.kind)
