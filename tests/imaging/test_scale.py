import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import j1

from algozoo.imaging.scale import scaling_matrix

SIZE = 61
factors = st.floats(0.6, 1.6)


def airy(size: int, x: float, y: float, fwhm: float = 3.4) -> np.ndarray:
    """Airy pattern at (x, y) from the centre."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    r = np.hypot(columns - x, rows - y) * np.pi * 1.029 / fwhm + 1e-9
    return (2 * j1(r) / r) ** 2


@given(factors, st.integers(40, 90))
def test_an_airy_pattern_is_rescaled_to_5e_5_of_its_peak(factor, new_size):
    """Further than 5 pixels from the edges; there the spline is mirrored, and off by 2e-3 at most."""
    matrix = scaling_matrix(SIZE, factor, new_size)
    expected = airy(new_size, 7.3 * factor, -4.1 * factor, 3.4 * factor)
    distance = 30 - abs(np.arange(new_size) - (new_size - 1) / 2) / factor
    error = abs(matrix @ airy(SIZE, 7.3, -4.1) @ matrix.T - expected)
    for margin, tolerance in ((5, 5e-5), (0, 2e-3)):
        inner = distance >= margin
        assert error[np.ix_(inner, inner)].max() <= tolerance


@given(factors)
def test_noise_is_not_amplified(factor):
    assert np.linalg.norm(scaling_matrix(SIZE, factor, 80), axis=1).max() <= 1.05


@given(st.floats(0.7, 1.2))
def test_flux_grows_with_the_square_of_the_factor(factor):
    y, x = np.mgrid[:SIZE, :SIZE] - 30
    spot = np.exp(-((x - 3.2) ** 2 + (y + 5.7) ** 2) / 8)
    matrix = scaling_matrix(SIZE, factor, 81)
    assert (matrix @ spot @ matrix.T).sum() == pytest.approx(factor**2 * spot.sum(), rel=1e-3)


@given(factors)
def test_a_constant_stays_and_outside_is_zero(factor):
    matrix = scaling_matrix(SIZE, factor, 80)
    inside = abs(np.arange(80) - 39.5) / factor <= 30
    assert np.allclose(matrix.sum(axis=1), inside)


def test_there_and_back_is_the_frame():
    there, back = scaling_matrix(SIZE, 1.3, 79), scaling_matrix(79, 1 / 1.3, SIZE)
    frame = airy(SIZE, 3, 4)
    assert np.allclose(back @ there @ frame @ there.T @ back.T, frame, atol=5e-5)


def test_the_factor_one_changes_nothing():
    assert np.allclose(scaling_matrix(SIZE, 1.0, SIZE), np.eye(SIZE), atol=1e-12)
