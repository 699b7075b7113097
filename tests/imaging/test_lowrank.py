import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.imaging.lowrank import leading_components, remove_components


def frames(seed: int = 0, n: int = 15, pixels: int = 200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((n, pixels)) * np.geomspace(100, 1, n)[:, None]
    return matrix - matrix.mean(axis=0)


@given(st.integers(0, 50), st.integers(1, 14))
def test_components_span_the_leading_singular_vectors(seed, k):
    components = leading_components(frames(seed), k)
    expected = np.linalg.svd(frames(seed), full_matrices=False)[2][:k]
    assert np.allclose(components @ components.T, np.eye(k), atol=1e-8)
    assert np.allclose(abs(np.sum(components * expected, axis=1)), 1, atol=1e-6)


@given(st.floats(0.05, 0.999))
def test_fraction_asks_for_the_fewest_components_that_explain_it(fraction):
    variances = np.linalg.svd(frames(), compute_uv=False) ** 2
    explained = np.cumsum(variances) / variances.sum()
    k = len(leading_components(frames(), fraction))
    assert explained[k - 1] >= fraction
    assert k == 1 or explained[k - 2] < fraction


def test_no_more_components_than_the_rank():
    rank_two = np.outer([1, -1, 0, 0], np.arange(50)) + np.outer([0, 0, 1, -1], np.arange(50) ** 2)
    assert len(leading_components(rank_two.astype(float), 4)) == 2


@pytest.mark.parametrize("k", [1, 0.5])
def test_nothing_has_no_components(k):
    assert leading_components(np.zeros((4, 10)), k).shape == (0, 10)


def test_nothing_of_the_components_is_left():
    matrix = frames(n=70)
    components = leading_components(matrix, 5)
    left = matrix.copy()
    remove_components(left, components)
    assert np.allclose(left @ components.T, 0, atol=1e-9)
    assert np.allclose((matrix - left) @ components.T @ components, matrix - left)
