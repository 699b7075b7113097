import numpy as np
import pytest

from algozoo.detectors.supervised.brightness import _aperture, fit_flux
from algozoo.detectors.supervised.residuals import annular_residuals
from algozoo.detectors.supervised.sectors import Places

N_LEVELS, PATCH = 5, 9


def test_contrasts_give_the_snr_that_is_asked_for(night, drawn):
    """Around the line the S/N scatters by one, as noise does."""
    _, fits = drawn(night)
    residuals = np.concatenate([fit.snr - fit.slope * fit.contrasts for fit in fits])
    assert np.median(abs(residuals)) < 1.2
    assert abs(np.median(residuals)) < 0.5


def test_fresh_companions_have_the_snr_that_was_asked_for(night):
    """The line is of other companions; at the number of components that it was fitted at."""
    ring, rng = annular_residuals(night, N_LEVELS, PATCH)[3], np.random.default_rng(8)
    field = Places(ring, None, 0.0)
    fit = fit_flux(field, rng)
    level = list(ring.levels).index(fit.components)
    weights = _aperture(PATCH, night.fwhm)
    empty = np.tensordot(ring.patches(ring.image(), ring.pixels)[:, level], weights, 2)
    companions = [field.draw(None, rng) for _ in range(60)]
    bright = [np.tensordot(ring.injected(one, [4 / fit.slope])[0, level], weights, 2) for one in companions]
    assert (np.mean(bright) - np.mean(empty)) / np.std(empty) == pytest.approx(4, abs=0.8)
