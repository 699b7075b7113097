from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import lstsq

from algozoo.imaging.references import least_squares_weights, principal_weights, projection_weights, weigh

seeds = st.integers(0, 2**32 - 1)


def draw(seed, n_references=8, n_pixels=40):
    """References of unequal strength, a frame, and the products between them."""
    rng = np.random.default_rng(seed)
    references = rng.standard_normal((n_references, n_pixels)) * rng.uniform(0.1, 10, (n_references, 1)) + 5
    frame = rng.standard_normal(n_pixels)
    return references, frame, references @ references.T, references @ frame


@given(seeds, st.integers(1, 8))
def test_projection_leaves_what_is_orthogonal_to_the_components(seed, k):
    references, frame, products, target = draw(seed)
    components = np.linalg.svd(references, full_matrices=False)[2][:k]
    residual = frame - projection_weights(products, target, k) @ references
    assert np.allclose(residual, frame - components.T @ (components @ frame), atol=1e-7)


@given(seeds, st.integers(1, 7))
def test_principal_weights_project_about_the_mean(seed, k):
    references, frame, products, target = draw(seed)
    mean = references.mean(axis=0)
    components = np.linalg.svd(references - mean, full_matrices=False)[2][:k]
    weights = principal_weights(products, target, k)
    assert weights.sum() == pytest.approx(1)
    residual = frame - weights @ references
    assert np.allclose(residual, frame - mean - components.T @ (components @ (frame - mean)), atol=1e-7)


@given(seeds, st.integers(1, 7), st.floats(-50, 50))
def test_principal_weights_do_not_see_what_never_changes(seed, k, level):
    references, frame, products, target = draw(seed)
    higher = references + level
    weights = principal_weights(higher @ higher.T, higher @ (frame + level), k)
    assert np.allclose(weights, principal_weights(products, target, k), atol=1e-6)


@given(seeds, st.sampled_from([1e-6, 1e-3, 0.05, 0.5]), st.sampled_from([1, 2, 3, 8]))
def test_least_squares_is_that_of_scipy_with_the_same_cutoff(seed, cutoff, n_references):
    references, frame, products, target = draw(seed, n_references)
    expected = lstsq(references.T, frame, cond=cutoff)[0]
    assert np.allclose(least_squares_weights(products, target, cutoff), expected, atol=1e-8)


@pytest.mark.parametrize("n", [1, 2, 60, 250])
def test_weights_are_those_of_the_eigenvectors_of_numpy(n):
    _, _, products, target = draw(3, n, 400)
    variances, vectors = np.linalg.eigh(products)
    for leading in {1, max(n // 2, 1), n}:
        chosen = vectors[:, -leading:]
        expected = chosen @ ((target @ chosen) / variances[-leading:])
        assert np.allclose(projection_weights(products, target, leading), expected, rtol=0, atol=1e-10)
    chosen = vectors[:, variances > 0.04 * variances[-1]]
    expected = chosen @ ((target @ chosen) / variances[variances > 0.04 * variances[-1]])
    assert np.allclose(least_squares_weights(products, target, 0.2), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("cutoff", [1e-4, 1e-6])
def test_least_squares_keeps_singular_values_down_to_the_cutoff(cutoff):
    """The squares of the smallest are a 1e-12th of the largest."""
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.standard_normal((40, 5)))[0].T
    references = np.diag([1, 1e-2, 3e-4, 3e-6, 3e-8]) @ directions
    frame = rng.standard_normal(40)
    weights = least_squares_weights(references @ references.T, references @ frame, cutoff)
    expected = lstsq(references.T, frame, cond=cutoff)[0]
    assert np.allclose(weights @ references, expected @ references, atol=1e-3)


@pytest.mark.parametrize("solve", [principal_weights, projection_weights])
def test_references_of_too_low_a_rank_are_named(solve):
    references = np.tile(draw(0)[0][:3], (2, 1))
    allowed = np.array([[False, True, True, True, True, True]])
    rank = 2 if solve is principal_weights else 3
    with pytest.raises(ValueError, match=f"the references of frame 0 span {rank} components, 4 are asked for"):
        weigh(references, allowed, partial(solve, n_components=4))


def test_only_references_weigh():
    frames = draw(0)[0]
    allowed = np.arange(8) > np.arange(3)[:, None]
    weights = weigh(frames, allowed, partial(least_squares_weights, cutoff=1e-6))
    assert weights.shape == (3, 8)
    assert np.array_equal(weights != 0, allowed)


def test_references_of_zeros_weigh_nothing():
    assert not least_squares_weights(np.zeros((3, 3)), np.zeros(3), 0.01).any()
