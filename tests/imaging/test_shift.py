import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.imaging.shift import shift, shift_matrices

y, x = np.mgrid[:41, :41]


def source(cx: float, cy: float, fwhm: float = 4.0) -> np.ndarray:
    return np.exp(-4 * np.log(2) * ((x - cx) ** 2 + (y - cy) ** 2) / fwhm**2)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_shift_equals_the_analytic_shifted_source(dx, dy):
    assert np.allclose(shift(source(20, 20), dx, dy), source(20 + dx, 20 + dy), atol=1e-5)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_shift_keeps_flux(dx, dy):
    assert shift(source(20, 20), dx, dy).sum() == pytest.approx(source(20, 20).sum(), rel=1e-6)


def test_whole_pixels_are_exact_and_nothing_wraps_round():
    image = np.random.default_rng(0).standard_normal((9, 12))
    moved = shift(image, 3, -2)
    assert np.allclose(moved[:7, 3:], image[2:, :9])
    assert np.allclose(moved[7:], 0)
    assert np.allclose(moved[:, :3], 0)


def test_many_shifts_at_once_equal_one_after_the_other():
    dx, dy = np.array([0.3, -1.2]), np.array([0.0, 2.5])
    assert np.allclose(shift(source(20, 20), dx, dy), [shift(source(20, 20), *d) for d in zip(dx, dy, strict=True)])


@given(st.floats(-3, 3), st.floats(-3, 3), st.integers(3, 12))
def test_matrices_shift_as_the_phase_ramp_does(dx, dy, size):
    image = np.random.default_rng(size).standard_normal((size, size))
    [along_x], [along_y] = shift_matrices(size, [dx]), shift_matrices(size, [dy])
    assert np.allclose(along_y @ image @ along_x.T, shift(image, dx, dy), atol=1e-12)
