from itertools import product

import numpy as np
import pytest

from algozoo.companions import Companion
from algozoo.detectors.supervised.residuals import annular_residuals
from algozoo.errors import InputError

N_LEVELS, PATCH = 5, 9


def test_splits_lie_in_sectors_that_do_not_overlap(samples):
    """Sorted by azimuth, the split changes three times on the way round an annulus."""
    for label, annulus in product((True, False), np.unique(samples.annulus)):
        chosen = (samples.labels == label) & (samples.annulus == annulus)
        around = samples.split[chosen][np.argsort(samples.azimuth[chosen])]
        assert np.count_nonzero(around != np.roll(around, 1)) == 3


def test_masked_places_hold_no_samples(night, drawn):
    y, x = np.mgrid[:41, :41] - 20
    usable = np.hypot(x - 9, y) > 6
    samples, _ = drawn(night, usable=usable)
    ring = annular_residuals(night, N_LEVELS, PATCH)
    for annulus, azimuth in zip(samples.annulus, samples.azimuth, strict=True):
        companion = Companion(separation=ring[annulus].annulus.centre, azimuth=azimuth, contrast=0)
        assert np.hypot(*np.subtract(companion.position(night), (29, 20))) > 3


def test_no_room_after_masking_is_said(night, drawn):
    with pytest.raises(InputError, match=r"annulus .* has no place for training samples: all of it is masked"):
        drawn(night, usable=np.zeros((41, 41), dtype=bool))
