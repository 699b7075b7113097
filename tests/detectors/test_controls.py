import numpy as np
import pytest

from algozoo.companions import Companion
from algozoo.detectors.controls import Blank, Oracle, Random

PLANET = Companion(separation=12, azimuth=70, contrast=0.02)


def test_oracle_points_at_what_it_was_told_and_at_nothing_else(make_sequence):
    sequence = make_sequence()
    assert Oracle().detect(sequence).scores.max() == 0
    scores = Oracle().told((PLANET,)).detect(sequence).scores
    row, column = np.unravel_index(scores.argmax(), scores.shape)
    assert (column, row) == pytest.approx(PLANET.position(sequence), abs=0.5)


def test_random_is_the_same_for_the_same_frames_only(make_sequence):
    first, again, other = (Random().detect(make_sequence(seed=s)).scores for s in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, Random().detect(make_sequence().flipped()).scores)
    assert not np.array_equal(first, Random(seed=1).detect(make_sequence()).scores)


def test_blank_says_the_same_everywhere(make_sequence):
    assert np.ptp(Blank().detect(make_sequence()).scores) == 0
