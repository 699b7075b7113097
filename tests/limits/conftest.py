import numpy as np
import pytest

from algozoo.limits.probe import Field


@pytest.fixture
def rng():
    return np.random.default_rng(4)


@pytest.fixture
def field(make_sequence):
    """Return a field that ends at exactly 4 FWHM; the FWHM that a fit gives depends on rounding."""
    return Field.of_sequence(make_sequence(n_frames=20, parallactic_angles=np.linspace(0, 120, 20), fwhm=4.0), [])
