import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.imaging.apertures import aperture_map, aperture_pixels, aperture_sum

coordinate, radius = st.floats(10, 30), st.floats(0.3, 8)


@given(coordinate, coordinate, radius)
def test_weights_add_up_to_the_area_of_the_circle(x, y, r):
    assert aperture_sum(np.ones((41, 41)), x, y, r) == pytest.approx(np.pi * r**2, rel=1e-10)


@given(coordinate, coordinate, radius)
def test_weights_are_fractions_of_a_pixel(x, y, r):
    _, _, weights = aperture_pixels(np.array([x]), np.array([y]), r)
    assert weights.min() >= 0
    assert weights.max() <= 1 + 1e-12


@given(coordinate, coordinate, radius)
def test_first_moments_are_those_of_the_circle(x, y, r):
    _, columns = np.mgrid[:41, :41]
    moment = aperture_sum(columns, x, y, r) / (np.pi * r**2)
    assert moment == pytest.approx(x, abs=0.5 / r)


def test_overlap_equals_fine_sampling():
    rows, columns, weights = aperture_pixels(np.array([5.3]), np.array([6.1]), 2.4)
    fine = (np.arange(1000) + 0.5) / 1000 - 0.5
    for row, column, weight in zip(rows.ravel(), columns.ravel(), weights.ravel(), strict=True):
        inside = np.hypot(column + fine[None, :] - 5.3, row + fine[:, None] - 6.1) < 2.4
        assert weight == pytest.approx(inside.mean(), abs=2e-3)


def test_outside_the_image_counts_as_zero():
    assert aperture_sum(np.ones((11, 11)), 0, 0, 3) < np.pi * 9 / 2
    assert aperture_sum(np.ones((11, 11)), -20, 5, 3) == 0


@pytest.mark.parametrize("radius", [0.4, 1.5, 2.37, 4.0])
def test_map_equals_the_sum_at_every_pixel(radius):
    image = np.random.default_rng(0).normal(size=(13, 16))
    sums = [[aperture_sum(image, x, y, radius) for x in range(16)] for y in range(13)]
    np.testing.assert_allclose(aperture_map(image, radius), sums, atol=1e-12)
