"""The contract of a detector as a test, for authors, the command line and CI alike."""

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from functools import cached_property
from time import perf_counter

import numpy as np

from algozoo.companions import Companion, inject
from algozoo.datasets import load_dataset
from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.sequence import ADISequence

OBVIOUS_SNR = 50
"""Brightness of the obvious planet, in standard deviations of its neighbourhood in a single frame's aperture."""


@dataclass(frozen=True)
class Check:
    """One clause of the contract: what was checked, whether it holds, and what was found."""

    clause: str
    passed: bool
    found: str


@dataclass(frozen=True)
class ContractReport:
    """All clauses for one detector, and the seconds that one map took."""

    detector: str
    checks: tuple[Check, ...]
    seconds_per_map: float

    @property
    def passed(self) -> bool:
        """True if every clause holds."""
        return all(check.passed for check in self.checks)

    def __str__(self) -> str:
        lines = [f"{'ok    ' if check.passed else 'FAILED'} {check.clause}: {check.found}" for check in self.checks]
        return "\n".join([f"{self.detector}: {self.seconds_per_map:.3g} s per map", *lines])


def check_detector(detector: Detector, *, first: DetectionMap | None = None, repeat: bool = True) -> ContractReport:
    """Hold a detector against the contract, on a small simulated sequence.

    Parameters
    ----------
    detector : Detector
        With the parameters that are to be used.
    first : DetectionMap, optional
        Its map of sequence 0 of `tiny` with the `obvious_planet`, if it was made already.
    repeat : bool
        Whether the map is made again, to see that it is the same and that the input is left alone.

    Returns
    -------
    ContractReport
        All clauses are checked, also when an early one fails; an exception of the detector is a failed clause.

    Examples
    --------
    >>> from algozoo.detectors.median import Median
    >>> check_detector(Median()).passed
    True
    """
    sequence = load_dataset("tiny").sequence(0)
    planet = obvious_planet(sequence)
    probe = _Probe(detector, sequence, planet, first, repeat)
    checks = tuple(_attempt(clause, check) for clause, check in probe.clauses().items())
    return ContractReport(detector.label, checks, probe.seconds_per_map)


@dataclass
class _Probe:
    detector: Detector
    sequence: ADISequence
    planet: Companion
    known: DetectionMap | None
    repeat: bool
    seconds_per_map: float = float("nan")

    def clauses(self) -> dict[str, Callable[[], str]]:
        checks = {
            "parameters are recoverable and within their bounds": self.parameters_are_recoverable,
            "map has the shape of a frame": self.map_has_the_shape_of_a_frame,
            "scores are finite where it scores": self.scores_are_finite,
        }
        if self.repeat:
            if self.detector.reproducible:
                checks["same input gives the same map"] = self.same_input_same_map
            checks["input is left unchanged"] = self.input_is_unchanged
        if not self.detector.control:
            checks["larger is better on an obvious planet"] = self.larger_is_better
        return checks

    @cached_property
    def injected(self) -> ADISequence:
        return inject(self.sequence, [self.planet])

    @cached_property
    def first(self) -> DetectionMap:
        return self.known or self.detect(self.injected)

    @cached_property
    def again(self) -> tuple[DetectionMap, bool]:
        """The map of the same input once more, and whether that input was left alone."""
        injected = inject(self.sequence, [self.planet])
        before = _content(injected)
        return self.detect(injected), before == _content(injected)

    def detect(self, injected: ADISequence) -> DetectionMap:
        fitted = self.detector.fit(self.sequence.flipped())
        start = perf_counter()
        result = fitted.detect(injected)
        self.seconds_per_map = perf_counter() - start
        _hold(isinstance(result, DetectionMap), f"detect returned {type(result).__name__}, expected a DetectionMap")
        return result

    def parameters_are_recoverable(self) -> str:
        cls = type(self.detector)
        _hold(is_dataclass(cls), f"{cls.__name__} is no dataclass")
        _hold(getattr(cls, "__dataclass_params__").frozen, f"{cls.__name__} is not frozen")  # noqa: B009 - unknown to types
        _hold(cls(**self.detector.parameters) == self.detector, "made again from its parameters, it differs")
        self.detector.check_parameters()
        return ", ".join(self.detector.parameters) or "none"

    def map_has_the_shape_of_a_frame(self) -> str:
        shape, size = self.first.scores.shape, self.sequence.size
        _hold(shape == (size, size), f"{shape}, expected {(size, size)}")
        return f"{shape[0]}x{shape[1]}"

    def scores_are_finite(self) -> str:
        scores = self.first.scores
        _hold(not np.isinf(scores).any(), f"{np.isinf(scores).sum()} infinite scores")
        _hold(bool(np.isfinite(scores).any()), "no pixel is scored")
        return f"{np.isfinite(scores).mean():.0%} of the frame is scored"

    def same_input_same_map(self) -> str:
        first, second = self.first.scores, self.again[0].scores
        if not np.array_equal(first, second, equal_nan=True):
            with np.errstate(invalid="ignore"):
                raise _Violation(f"differs by up to {np.nanmax(abs(first - second)):.3g}")
        return "identical"

    def input_is_unchanged(self) -> str:
        _hold(self.again[1], "cube, angles or psf were written to")
        return "unchanged"

    def larger_is_better(self) -> str:
        scores = self.first.scores
        row, column = np.unravel_index(np.nanargmax(scores), scores.shape)
        x, y = self.planet.position(self.sequence)
        distance = float(np.hypot(column - x, row - y)) / self.sequence.fwhm
        _hold(distance <= 1, f"the highest score is {distance:.1f} FWHM from the planet, expected within 1")
        return f"the highest score is {distance:.2f} FWHM from it"


def _content(sequence: ADISequence) -> tuple[bytes, ...]:
    return sequence.cube.tobytes(), sequence.parallactic_angles.tobytes(), sequence.psf.tobytes()


class _Violation(Exception):  # noqa: N818 - private, and no error
    """A clause of the contract does not hold."""


def _hold(condition: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise _Violation(otherwise)


def _attempt(clause: str, check: Callable[[], str]) -> Check:
    try:
        return Check(clause, passed=True, found=check())
    except Exception as error:  # noqa: BLE001 - whatever a detector raises is a finding
        found = str(error) if isinstance(error, _Violation) else f"{type(error).__name__}: {error}"
        return Check(clause, passed=False, found=found)


def obvious_planet(sequence: ADISequence, azimuth: float = 70.0) -> Companion:
    """Return a companion, half-way out, far above the scatter of the frames there."""
    separation = sequence.size / 4
    y, x = np.mgrid[: sequence.size, : sequence.size] - sequence.centre
    ring = abs(np.hypot(x, y) - separation) < sequence.fwhm / 2
    aperture_noise = sequence.cube[..., ring].std() * np.sqrt(np.pi) * sequence.fwhm / 2
    contrast = OBVIOUS_SNR * aperture_noise / float(np.mean(sequence.star_flux))
    return Companion(separation=separation, azimuth=azimuth, contrast=contrast)
