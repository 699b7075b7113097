"""How long training samples with a companion take, and beside them the plain way: inject, model anew, derotate."""

import numpy as np
import pytest

from algozoo.companions import Companion, inject
from algozoo.detectors.supervised.residuals import annular_residuals

LEVELS, PATCH, CONTRASTS = 20, 7, (1e-4, 3e-4)
PLANET = Companion(separation=20.3, azimuth=33, contrast=1e-4)


@pytest.fixture(scope="module")
def ring(sequence):
    made = annular_residuals(sequence, LEVELS, PATCH)[3]
    assert made.levels[-1] > LEVELS  # what belongs to the annulus is there before the clock starts
    return made


@pytest.mark.benchmark(group="two MLAR samples at one place, 61 frames, 20 levels, 7 x 7 px")
def test_samples(benchmark, ring):
    patches = benchmark(ring.injected, PLANET, CONTRASTS)
    assert patches.shape == (2, LEVELS, PATCH, PATCH)


@pytest.mark.benchmark(group="two MLAR samples at one place, 61 frames, 20 levels, 7 x 7 px")
def test_samples_the_plain_way(benchmark, sequence):
    x, y = np.subtract(PLANET.position(sequence), sequence.centre)
    grid_x, grid_y = np.meshgrid(*[np.arange(PATCH) - PATCH // 2] * 2)

    def make():
        patches = []
        for contrast in CONTRASTS:
            companion = Companion(**vars(PLANET) | {"contrast": contrast})
            ring = annular_residuals(inject(sequence, [companion]), LEVELS, PATCH)[3]
            patches.append(ring.at(x + grid_x.ravel(), y + grid_y.ravel()))
        return np.array(patches)

    assert np.isfinite(benchmark.pedantic(make, rounds=3)).all()
