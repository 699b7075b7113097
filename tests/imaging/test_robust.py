import numpy as np
import pytest
from scipy.stats import median_abs_deviation

from algozoo.imaging.robust import scatter


def test_it_is_the_standard_deviation_of_normal_noise():
    noise = np.random.default_rng(0).normal(5.0, 2.0, size=100_000)
    assert float(scatter(noise)) == pytest.approx(2.0, rel=0.02)


def test_an_outlier_hardly_changes_it():
    values = np.random.default_rng(0).normal(size=1000)
    spoilt = values.copy()
    spoilt[:10] = 1e6
    assert float(scatter(spoilt)) == pytest.approx(float(scatter(values)), rel=0.05)


def test_it_is_taken_along_an_axis():
    images = np.random.default_rng(0).normal(size=(3, 50)) * [[1], [10], [100]]
    assert scatter(images) == pytest.approx([float(scatter(image)) for image in images])
    assert np.array_equal(scatter(images.T, axis=0), scatter(images))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "axis"), [((1, 3), 0), ((7, 4), 0), ((7, 4), 1), ((4, 30, 5), 1), ((10_001,), -1)])
def test_scatter_is_scipys_median_absolute_deviation(shape, axis, dtype):
    values = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    values.flat[::5] = 1
    values.flat[-1] = np.nan
    expected = 1.4826 * median_abs_deviation(values, axis=axis)
    assert np.array_equal(scatter(values, axis), expected, equal_nan=True)
