import numpy as np
import pytest

from algozoo.detectors.supervised.residuals import annular_residuals
from algozoo.detectors.supervised.samples import draw_samples


@pytest.fixture(scope="session")
def night(make_sequence):
    """Twenty frames of white noise, through which the field turns by 80 degrees."""
    return make_sequence(n_frames=20, parallactic_angles=np.linspace(0, 80, 20))


@pytest.fixture(scope="session")
def drifting(make_sequence):
    """Speckles that drift in four patterns, and noise."""
    rng = np.random.default_rng(3)
    drifts = np.cumsum(rng.standard_normal((16, 4)), axis=0)
    cube = np.tensordot(drifts, rng.standard_normal((4, 41, 41)), 1) + rng.standard_normal((16, 41, 41)) + 20
    return make_sequence(cube=cube, parallactic_angles=np.linspace(-20, 55, 16))


@pytest.fixture(scope="session")
def drawn():
    """Draw samples of five levels and 9x9 px, 80 of each class in an annulus."""

    def drawn(sequence, seed=0, **settings):
        residuals = annular_residuals(sequence, 5, 9)
        settings = {"snr": (1.0, 3.0), "normalisation": "noise"} | settings
        return draw_samples(residuals, 80, np.random.default_rng(seed), **settings)

    return drawn


@pytest.fixture(scope="session")
def samples(drawn, night):
    return drawn(night)[0]
