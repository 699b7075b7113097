from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from algozoo.leaderboard.images import pixels


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_a_picture_is_the_same_in_any_unit(seed, unit, zero):
    values = np.random.default_rng(seed).normal(size=(9, 9))
    valid = np.ones((9, 9), dtype=bool)
    first, second = (imread(BytesIO(pixels(image, valid)[0])) for image in (values, unit * (values + zero)))
    assert np.allclose(first, second, atol=2 / 255)


def test_the_brightest_pixel_is_white_y_is_up_and_the_rest_of_the_field_transparent():
    values, valid = np.zeros((5, 5)), np.ones((5, 5), dtype=bool)
    values[4, 1], valid[0, 3] = 8.0, False
    values[0, 3] = 99.0
    png, low, high = pixels(values, valid)
    drawn = imread(BytesIO(png))
    assert (low, high) == pytest.approx((0, 8))
    assert drawn[0, 1].tolist() == [1, 1, 1, 1]
    assert drawn[4, 3, 3] == 0
    assert drawn[..., 3].sum() == 24
