import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.detectors.median import Median
from algozoo.detectors.subtraction import PSFSubtraction
from algozoo.imaging.contrast import ring_noise, student_threshold
from algozoo.limits.classical import classical_limits, measure_throughput
from algozoo.limits.probe import Field, Probe


@dataclass(frozen=True, kw_only=True)
class Nothing(PSFSubtraction):
    """Subtract nothing: the whole companion is left."""

    name: ClassVar[str] = "nothing"

    def subtract(self, sequence):
        return sequence.cube.astype(float)


def test_what_is_not_subtracted_goes_through_whole(field):
    probe = Probe(Nothing(combine="mean"), field)
    throughput = measure_throughput(probe, 3, 0.05, [10.0, 100.0, 200.0])
    assert throughput.mean == pytest.approx(1, abs=0.02)
    assert throughput.scatter < 0.02


def test_self_subtraction_is_what_the_median_takes(field):
    """A companion that moves little is in the median, and gone; one that moves far stays."""
    probe = Probe(Median(combine="mean"), field)
    inner, outer = (measure_throughput(probe, separation, 0.5, [10.0, 100.0]).mean for separation in (1.6, 3.9))
    assert inner < outer < 1


def test_classical_limit_is_threshold_times_noise_over_throughput(field, rng):
    probe = Probe(Nothing(), field)
    limits = classical_limits(probe, 3, rng)
    ring = ring_noise(probe.empty.image, 3 * field.null.fwhm, field.null.fwhm)
    others = ring.n_apertures - 1
    flux = student_threshold(5, others) * ring.noise * np.sqrt(1 + 1 / others)
    assert limits["n_apertures"] == 18
    assert limits["contrast_student"] == pytest.approx(flux / 1000 / limits["throughput_student"], rel=0.06)
    assert limits["contrast_laplace"] > 1.5 * limits["contrast_student"]


def test_known_companion_does_not_spoil_the_limit(make_sequence, rng):
    empty = make_sequence(n_frames=20, parallactic_angles=np.linspace(0, 120, 20))
    planet = Companion(separation=13, azimuth=200, contrast=0.3)
    with_planet = inject(empty, [planet])
    seen = {
        "alone": Field.of_sequence(empty, []),
        "removed": Field.of_sequence(with_planet, [planet]),
        "ignored": Field.of_sequence(with_planet, []),
    }
    noise = {name: classical_limits(Probe(Nothing(), field), 3, rng)["noise"] for name, field in seen.items()}
    assert noise["removed"] == pytest.approx(noise["alone"], rel=0.2)
    assert noise["ignored"] > 5 * noise["alone"]


def test_a_limit_brighter_than_the_star_is_none(field, rng):
    faint_star = dataclasses.replace(field, null=dataclasses.replace(field.null, star_flux=1.0))
    limits = classical_limits(Probe(Nothing(), faint_star), 3, rng)
    assert np.isnan(limits["contrast_student"])
    assert limits["status_student"] == "not reached by a companion as bright as the star"
