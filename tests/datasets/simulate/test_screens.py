import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.datasets.simulate.optics import pupil
from algozoo.datasets.simulate.screens import (
    adaptive_optics_spectrum,
    drift,
    screens,
    surface_spectrum,
    waffle_spectrum,
)

INSIDE = pupil(48) > 0


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_screens_have_no_piston_and_unit_root_mean_square(seed, n):
    drawn = screens(n, surface_spectrum, INSIDE, np.random.default_rng(seed))
    assert drawn.shape == (n, 48, 48)
    assert np.allclose(drawn[:, INSIDE].mean(axis=1), 0, atol=1e-12)
    assert np.mean(drawn[:, INSIDE] ** 2) == pytest.approx(1)


def test_adaptive_optics_leaves_most_at_the_edge_of_the_corrected_field():
    frequency = np.linspace(0.5, 20, 400)
    power = adaptive_optics_spectrum(14, 8.0)(frequency, np.zeros(400))
    assert frequency[power.argmax()] < 7.1
    beyond = frequency > 7
    assert np.all(np.diff(power[beyond]) < 0)


def test_waffle_makes_four_spots_on_the_diagonals_at_the_edge_of_the_corrected_field():
    y, x = np.mgrid[-12:12:97j, -12:12:97j]
    power = waffle_spectrum(14)(x, y)
    spots = power > 0.99 * power.max()
    assert np.hypot(x, y)[spots] == pytest.approx(7, abs=0.4)
    assert set(zip(np.sign(x[spots]), np.sign(y[spots]), strict=True)) == {(1, 1), (1, -1), (-1, 1), (-1, -1)}


@pytest.mark.parametrize("lifetime", [1.0, 20.0])
def test_a_drift_keeps_the_variance_and_forgets_with_its_lifetime(lifetime):
    series = drift(np.random.default_rng(0).standard_normal((400, 500)), lifetime)
    assert series.var() == pytest.approx(1, abs=0.05)
    lag = round(lifetime)
    assert np.mean(series[lag:] * series[:-lag]) == pytest.approx(np.exp(-lag / lifetime), abs=0.05)
