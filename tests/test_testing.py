from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from algozoo.detectors.contract import DetectionMap, Detector
from algozoo.detectors.median import Median
from algozoo.testing import check_detector


@dataclass(frozen=True, kw_only=True)
class Base(Detector):
    name: ClassVar[str] = "bad"
    title: ClassVar[str] = "Bad"
    reference: ClassVar[str] = "none"

    def detect(self, sequence):
        return Median().detect(sequence)


class Unlucky(Base):
    calls: ClassVar[list[int]] = []

    def detect(self, sequence):
        self.calls.append(1)
        return DetectionMap(scores=Median().detect(sequence).scores + len(self.calls), kind="snr")


class Vandal(Base):
    def detect(self, sequence):
        sequence.cube.flags.writeable = True
        sequence.cube[0] += 1
        return Median().detect(sequence)


class Infinite(Base):
    def detect(self, sequence):
        return DetectionMap(scores=np.full((sequence.size, sequence.size), np.inf), kind="snr")


class Silent(Base):
    def detect(self, sequence):
        return DetectionMap(scores=np.full((sequence.size, sequence.size), np.nan), kind="snr")


class Cropping(Base):
    def detect(self, sequence):
        return DetectionMap(scores=Median().detect(sequence).scores[1:, 1:], kind="snr")


class UpsideDown(Base):
    def detect(self, sequence):
        return DetectionMap(scores=-Median().detect(sequence).scores, kind="snr")


class Crashing(Base):
    def detect(self, sequence):  # noqa: ARG002
        raise RuntimeError("no")


class Untyped(Base):
    def detect(self, sequence):
        return Median().detect(sequence).scores


@dataclass(frozen=True, kw_only=True)
class Forgetful(Base):
    power: int = 1
    hidden: int = field(default=0, init=False)

    def __post_init__(self):
        object.__setattr__(self, "power", self.power + 1)


@pytest.mark.parametrize(
    ("detector", "clause", "found"),
    [
        (Unlucky(), "same input", "differs by up to 1"),
        (Vandal(), "input is left unchanged", "written to"),
        (Infinite(), "finite", "infinite scores"),
        (Silent(), "finite", "no pixel is scored"),
        (Cropping(), "shape", "(60, 60), expected (61, 61)"),
        (UpsideDown(), "obvious planet", "FWHM from the planet"),
        (Crashing(), "shape", "RuntimeError: no"),
        (Untyped(), "shape", "returned ndarray, expected a DetectionMap"),
        (Forgetful(power=3), "recoverable", "differs"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Detector) else "",
)
def test_a_broken_clause_is_found(detector, clause, found):
    report = check_detector(detector)
    broken = {check.clause: check.found for check in report.checks if not check.passed}
    assert any(clause in name and found in broken[name] for name in broken), report
    assert not report.passed
    assert "FAILED" in str(report)


def test_a_good_detector_passes_and_is_timed():
    report = check_detector(Median())
    assert report.passed, report
    assert len(report.checks) == 6
    assert "s per map" in str(report)


def test_one_that_declares_it_need_not_give_the_same_map_twice():
    class Declared(Unlucky):
        reproducible: ClassVar[bool] = False

    report = check_detector(Declared())
    assert report.passed, report
    assert "same input" not in str(report)
