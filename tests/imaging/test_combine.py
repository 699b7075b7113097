import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.imaging.combine import BLOCK, combine, temporal_median

METHODS = ["median", "mean", "trimmed-mean"]


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 100), scale=st.floats(0.1, 10), offset=st.floats(-5, 5))
def test_combination_is_equivariant_and_ignores_the_order_of_frames(method, seed, scale, offset):
    rng = np.random.default_rng(seed)
    frames = rng.standard_normal((11, 3, 4))
    combined = combine(frames, method)
    assert np.allclose(combine(scale * frames[::-1] + offset, method), scale * combined + offset)


@pytest.mark.parametrize("method", ["median", "trimmed-mean"])
def test_one_wild_frame_in_twenty_does_no_harm(method):
    frames = np.zeros((20, 2, 2))
    frames[7] = 1e9
    assert np.array_equal(combine(frames, method), np.zeros((2, 2)))


def test_trimmed_mean_drops_a_tenth_at_either_end():
    frames = np.arange(10.0).reshape(10, 1, 1) ** 3
    assert combine(frames, "trimmed-mean")[0, 0] == pytest.approx(np.mean(np.arange(1, 9) ** 3))


def test_unknown_method_is_refused_by_name():
    with pytest.raises(ValueError, match="mode"):
        combine(np.zeros((2, 2, 2)), "mode")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_frames", [1, 2, 11, 64])
def test_median_is_that_of_numpy_in_double_precision(n_frames, dtype):
    rng = np.random.default_rng(0)
    frames = rng.standard_normal((n_frames, 2, BLOCK // 2 + 3)).astype(dtype)
    frames[:, :, :5], frames[0, 0, 0], frames[0, 0, 1] = 7, np.nan, np.inf
    expected = np.median(frames.astype(np.float64), axis=0)
    assert np.array_equal(temporal_median(frames), expected, equal_nan=True)
