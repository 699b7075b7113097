from itertools import islice

import numpy as np
import pytest

from algozoo.companions import Companion
from algozoo.detectors.median import Median
from algozoo.errors import InputError
from algozoo.limits.probe import Field, Probe


@pytest.fixture
def probe(field):
    return Probe(Median(), field)


def test_at_the_threshold_empty_maps_hold_one_false_positive_each(probe):
    found = sum((peaks.score > probe.threshold).sum() for peaks in probe.empty_candidates)
    assert len(probe.empty_candidates) == found == 2


def test_a_bright_companion_is_found_where_it_is_and_a_faint_one_is_not(probe):
    bright, faint = (probe.look(Companion(separation=12, azimuth=70, contrast=c)) for c in (0.1, 1e-9))
    assert probe.is_found(bright)
    assert not probe.is_found(faint)
    row = probe.outcome(3, "injected", 0, bright.candidates, bright.companion)
    best = int(np.argmax(row.candidate_score))
    assert np.hypot(row.candidate_x[best] - row.x, row.candidate_y[best] - row.y) <= row.fwhm


def test_angles_are_spread_evenly_and_shun_known_companions(make_sequence, rng):
    sequence = make_sequence(n_frames=20, parallactic_angles=np.linspace(0, 120, 20), fwhm=4.0)
    known = Companion(separation=12, azimuth=90, contrast=1e-9)
    field = Field.of_sequence(sequence, [known])
    angles = np.sort(list(islice(Probe(Median(), field).angles(3, rng), 60)))
    assert np.sort(np.diff(angles))[-2] < 10  # and one gap at the companion
    around = [Companion(separation=12, azimuth=angle, contrast=0).position(sequence) for angle in angles]
    assert np.hypot(*np.subtract(around, known.position(sequence)).T).min() > sequence.fwhm


def test_a_ring_that_is_all_masked_has_no_angle(make_sequence, rng):
    around = [Companion(separation=8, azimuth=angle, contrast=1e-9) for angle in range(0, 360, 20)]
    probe = Probe(Median(), Field.of_sequence(make_sequence(), around))
    with pytest.raises(InputError, match="no place 2 FWHM from the star is free of known companions"):
        next(probe.angles(2, rng))
