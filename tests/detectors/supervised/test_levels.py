import numpy as np
import pytest

from algozoo.detectors.contract import Declined
from algozoo.detectors.supervised.residuals import annular_residuals

PATCH = 9


def test_levels_rise_and_leave_a_residual(drifting):
    for n_levels in (1, 4, 14):
        for ring in annular_residuals(drifting, n_levels, PATCH):
            assert len(ring.levels) == n_levels
            assert np.all(np.diff(ring.levels) >= 1)
            assert ring.levels[0] >= 1
            assert ring.levels[-1] <= 14


def test_too_few_frames_for_the_levels_are_declined(make_sequence):
    ring = annular_residuals(make_sequence(n_frames=10), 12, PATCH)[0]
    with pytest.raises(Declined, match=r"10 frames of 9 independent ones give at most 8 levels .* lower n_levels"):
        _ = ring.levels
